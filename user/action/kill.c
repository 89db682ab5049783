/* SPDX-License-Identifier: Apache-2.0 */
#include "action/kill.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* A fork that was under way during one round is seen by the next. */
#define ROUNDS_MAX 8

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

int lw_kill_loader(struct lw_bpf *bpf, __u64 id)
{
	int total = 0;

	for (int i = 0; i < ROUNDS_MAX; i++) {
		struct round round = { .bpf = bpf, .id = id };
		int r = lw_bpf_each_pid(bpf, id, kill_one, &round);

		if (r < 0)
			return r;
		if (!round.killed)
			break;
		total += round.killed;
	}
	return total;
}
