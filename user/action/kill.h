/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_KILL_H
#define LW_ACTION_KILL_H

#include "bpfctl/bpf.h"

/**
 * lw_kill_loader() - SIGKILL to every process of a loader.
 * @id: loader
 *
 * The kernel side has condemned the loader already (each task dies at its next hook); this ends the
 * tasks that make no system call. Processes are signalled by pidfd, so a reused pid is never hit.
 *
 * Return: number of processes signalled, or -errno.
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
