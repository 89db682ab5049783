// SPDX-License-Identifier: Apache-2.0
#include "enrich/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"

void lw_host_read(struct lw_host *ret)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	struct utsname u;

	memset(ret, 0, sizeof(*ret));
	if (!uname(&u)) {
		snprintf(ret->hostname, sizeof(ret->hostname), "%s", u.nodename);
		snprintf(ret->kernel, sizeof(ret->kernel), "%s", u.release);
	}
	if (f && fgets(ret->boot_id, sizeof(ret->boot_id), f))
		ret->boot_id[strcspn(ret->boot_id, "\n")] = '\0';
}
