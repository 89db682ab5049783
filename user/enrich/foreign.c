// SPDX-License-Identifier: Apache-2.0
#include "enrich/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * These calls change the calling thread alone, and the kernel takes CAP_DAC_* away with them. What
 * it has accepted is seen by asking for an id that it cannot accept.
 */
int lw_foreign_rights(uid_t uid, gid_t gid)
{
	syscall(SYS_setfsgid, gid);
	syscall(SYS_setfsuid, uid);
	if ((uid_t)syscall(SYS_setfsuid, -1) == uid && (gid_t)syscall(SYS_setfsgid, -1) == gid)
		return 0;
	lw_foreign_own();
	return -EPERM;
}

void lw_foreign_own(void)
{
	syscall(SYS_setfsuid, geteuid());
	syscall(SYS_setfsgid, getegid());
}

/* What a name leads to is looked at (O_PATH) before it is opened: that can have an effect. */
int lw_foreign_open(int root, const char *name, int (*check)(int fd, void *arg), void *arg)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	_cleanup_close_ int path = syscall(SYS_openat2, root, name, &how, sizeof(how));
	struct stat st;
	char link[32];
	int r, fd;

	if (path < 0 || fstat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = check(path, arg);
	if (r < 0)
		return r;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
