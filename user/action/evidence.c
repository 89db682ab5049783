/* SPDX-License-Identifier: Apache-2.0 */
#include "action/evidence.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"

/* Descriptors and mappings read of one process: a loader with more is judged by the first ones. */
#define LINKS_MAX 65536

static int scan(const struct lw_policy *policy, const char *dir)
{
	struct lw_query q = { .kind = LW_TAG_EVIDENCE, .access = LW_ACC_READ };
	_cleanup_closedir_ DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return -errno;
	for (int n = 0; n < LINKS_MAX && (e = readdir(d)); n++) {
		char target[PATH_MAX];
		ssize_t len = readlinkat(dirfd(d), e->d_name, target, sizeof(target));
		struct lw_verdict v;

		if (len <= 0 || target[0] != '/')
			continue;
		v = lw_policy_match_path(policy, target, len, &q);
		if (v.rule != LW_RULE_NONE)
			return v.rule;
	}
	return LW_RULE_NONE;
}

int lw_evidence_of(const struct lw_policy *policy, pid_t pid)
{
	char dir[64];
	int r;

	snprintf(dir, sizeof(dir), "/proc/%d/fd", pid);
	r = scan(policy, dir);
	if (r != LW_RULE_NONE)
		return r;
	snprintf(dir, sizeof(dir), "/proc/%d/map_files", pid);
	return scan(policy, dir);
}
