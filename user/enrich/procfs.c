// SPDX-License-Identifier: Apache-2.0
#include "enrich/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"

/* All reads go through one descriptor of /proc/PID: it stays with the process, not the number. */
static ssize_t read_at(int dir, const char *name, char *buf, size_t cap)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (len < cap && (n = read(fd, buf + len, cap - len)) != 0) {
		if (n < 0)
			return -errno;
		len += n;
	}
	return len;
}

/* Fields 4 (ppid) and 22 (start, in clock ticks); the name before them may hold any byte. */
static int parse_stat(const char *text, uint32_t *ret_ppid, uint64_t *ret_ticks)
{
	const char *p = strrchr(text, ')');

	if (!p || sscanf(p + 1,
			 " %*c %" SCNu32 " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			 "%*s %*s %*s %*s %" SCNu64,
			 ret_ppid, ret_ticks) != 2)
		return -EBADMSG;
	return 0;
}

int lw_procfs_read(const char *proc, uint32_t pid, uint64_t start, struct lw_procfs *ret)
{
	uint64_t ticks, tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK);
	_cleanup_close_ int dir = -1;
	char path[96], stat[1024];
	ssize_t n;
	int err;

	ret->exe_len = ret->args_len = 0;
	if (snprintf(path, sizeof(path), "%s/%" PRIu32, proc, pid) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read_at(dir, "stat", stat, sizeof(stat) - 1);
	if (n < 0)
		return n;
	stat[n] = '\0';
	err = parse_stat(stat, &ret->ppid, &ticks);
	if (err)
		return err;
	if (ticks != start / tick)
		return -ESRCH;
	n = readlinkat(dir, "exe", ret->exe, sizeof(ret->exe));
	if (n > 0 && (size_t)n < sizeof(ret->exe))
		ret->exe_len = n;
	n = read_at(dir, "cmdline", ret->args, sizeof(ret->args));
	if (n > 0)
		ret->args_len = n;
	return 0;
}
