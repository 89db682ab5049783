/* SPDX-License-Identifier: Apache-2.0 */
#include "action/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* A fork that was under way during one round is seen by the next. */
#define ROUNDS_MAX 8
/* Nesting of cgroups below the loader's own that is looked through. */
#define CGROUP_DEPTH_MAX 16

#define PF_EXITING 0x00000004 /* include/linux/sched.h, in /proc/PID/stat */

struct cgroup_path {
	char path[4096];
};

struct round {
	struct lw_bpf *bpf;
	__u64 id;
	int killed;
};

int lw_kill_process(struct lw_bpf *bpf, __u64 id, pid_t pid)
{
	_cleanup_close_ int pidfd = syscall(SYS_pidfd_open, pid, 0);

	/* The descriptor holds this process; only now is it certain that the pid is still ours. */
	if (pidfd < 0 || lw_bpf_tag_of_pid(bpf, pid) != id)
		return -ESRCH;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0)
		return -errno;
	return 0;
}

static int kill_one(pid_t pid, void *arg)
{
	struct round *round = arg;

	if (lw_kill_process(round->bpf, round->id, pid) == 0)
		round->killed++;
	return 0;
}

/* The cgroup v2 path of a process, relative to the root of the hierarchy; "" is the root itself. */
static int cgroup_of(pid_t pid, char *ret, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	char file[64], line[4096];

	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	f = fopen(file, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		return (size_t)snprintf(ret, size, "%s", line + 4) < size ? 0 : -ENAMETOOLONG;
	}
	return -ENOENT;
}

/*
 * Is a process over, and only not yet out of its cgroup? It lost its tag when it began to end: the
 * loader's own, which the kernel has just killed, must not count as somebody else's.
 */
static int is_ending(pid_t pid)
{
	_cleanup_fclose_ FILE *f = NULL;
	char file[64], text[4096], *p;
	unsigned int flags = 0;
	size_t n;

	snprintf(file, sizeof(file), "/proc/%d/stat", pid);
	f = fopen(file, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (!n)
		return 1;
	p = strrchr(text, ')'); /* what comes before is the process's own word */
	return p && sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & PF_EXITING;
}

/* Return: 1 when every process below @dir is the loader's, 0 when not. */
static int all_ours(struct lw_bpf *bpf, __u64 id, int dir, int depth)
{
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC), pid;

	f = fd >= 0 ? fdopen(fd, "re") : NULL;
	if (!f) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	/* A process of another pid namespace is shown as 0: nobody's that we know. */
	while (fscanf(f, "%d", &pid) == 1)
		if (pid <= 0 || (lw_bpf_tag_of_pid(bpf, pid) != id && !is_ending(pid)))
			return 0;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((e = readdir(d))) {
		_cleanup_close_ int sub = -1;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		sub = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (sub < 0 || depth >= CGROUP_DEPTH_MAX || !all_ours(bpf, id, sub, depth + 1))
			return 0;
	}
	return 1;
}

/* The cgroup of the first process that still has one. */
static int find_cgroup(pid_t pid, void *arg)
{
	struct cgroup_path *found = arg;

	return cgroup_of(pid, found->path, sizeof(found->path)) ? 0 : -ECANCELED;
}

/* All of it in one step, where the loader has a cgroup to itself. Return: 1 when it was. */
static int kill_cgroup(struct lw_bpf *bpf, __u64 id)
{
	_cleanup_close_ int root = -1, dir = -1, file = -1;
	struct cgroup_path found = {};
	const char *path = found.path;
	char own[4096];

	lw_bpf_each_pid(bpf, id, find_cgroup, &found);
	if (!path[0] || cgroup_of(getpid(), own, sizeof(own)))
		return 0;
	/* Never a cgroup that we live in, or below. */
	if (!strncmp(own, path, strlen(path)) && strchr("/", own[strlen(path)]))
		return 0;
	root = lw_cgroup_root();
	dir = root >= 0 ? openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir < 0 || !all_ours(bpf, id, dir, 0))
		return 0;
	/* Since 5.14. */
	file = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	return file >= 0 && write(file, "1", 1) == 1;
}

int lw_kill_loader(struct lw_bpf *bpf, __u64 id)
{
	int by_cgroup = kill_cgroup(bpf, id);

	/* What another cgroup holds of it, and what forked meanwhile. */
	for (int i = 0; i < ROUNDS_MAX; i++) {
		struct round round = { .bpf = bpf, .id = id };
		int r = lw_bpf_each_pid(bpf, id, kill_one, &round);

		if (r < 0)
			return r;
		if (!round.killed)
			break;
	}
	return by_cgroup;
}
