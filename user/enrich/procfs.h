/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_PROCFS_H
#define LW_ENRICH_PROCFS_H

#include <stddef.h>
#include <stdint.h>

#include "lw_limits.h"

struct lw_procfs {
	uint32_t ppid;
	size_t exe_len, args_len;
	char exe[LW_PATH_MAX];
	char args[LW_ARGS_MAX]; /* NUL-separated */
};

/**
 * lw_procfs_read() - program and arguments of a process that runs already.
 * @proc: where procfs is, normally "/proc"
 * @pid: process
 * @start: ns since boot, to tell it from a later process with the same number
 * @ret: what was found; a kernel thread has neither program nor arguments
 *
 * Return: 0; -ESRCH when there is no such process (any more); -EBADMSG; -errno.
 */
int lw_procfs_read(const char *proc, uint32_t pid, uint64_t start, struct lw_procfs *ret);

#endif
