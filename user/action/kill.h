/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_KILL_H
#define LW_ACTION_KILL_H

#include "bpfctl/bpf.h"

/**
 * lw_kill_loader() - SIGKILL to every process of a loader.
 * @id: loader
 *
 * The kernel side has condemned the loader already (each task dies at its next hook); this ends the
 * tasks that make no system call. Where all processes of the loader's cgroup and those below are
 * its own, cgroup.kill ends them in one step; then every process that is left is signalled by
 * pidfd, so that a reused pid is never hit. How many have ended, and when, is in `loader.end`.
 *
 * Return: 1 when cgroup.kill was used, 0 when not, or -errno.
 */
int lw_kill_loader(struct lw_bpf *bpf, __u64 id);

/**
 * lw_kill_process() - SIGKILL to one process of a loader.
 *
 * For a call that a cgroup hook has denied outside of any system call (io_uring): no exit hook
 * follows that could send the signal. Return: 0, -ESRCH when it has gone, -errno.
 */
int lw_kill_process(struct lw_bpf *bpf, __u64 id, pid_t pid);

#endif
