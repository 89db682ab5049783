/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_LOOP_LOOP_H
#define LW_LOOP_LOOP_H

#include <signal.h>
#include <stdint.h>

/*
 * One epoll loop, one thread: rings, signals and timers are file descriptors. A handler returns 0
 * to go on, a positive value to end the loop with it, or -errno to end it with an error.
 */

struct lw_loop;
struct signalfd_siginfo;

typedef int (*lw_fd_fn)(int fd, uint32_t events, void *arg);
typedef int (*lw_signal_fn)(const struct signalfd_siginfo *si, void *arg);

int lw_loop_new(struct lw_loop **ret_loop);
void lw_loop_free(struct lw_loop *loop);

/** lw_loop_add_fd() - call @fn when @fd is readable. The loop does not own @fd. */
int lw_loop_add_fd(struct lw_loop *loop, int fd, lw_fd_fn fn, void *arg);
int lw_loop_remove_fd(struct lw_loop *loop, int fd);

/** lw_loop_add_signals() - block @mask in this thread and deliver it to @fn from now on. */
int lw_loop_add_signals(struct lw_loop *loop, const sigset_t *mask, lw_signal_fn fn, void *arg);

/** lw_loop_add_timer() - call @fn every @period_ms milliseconds. */
int lw_loop_add_timer(struct lw_loop *loop, unsigned int period_ms, lw_fd_fn fn, void *arg);

/**
 * lw_loop_run() - until a handler ends it.
 *
 * Return: what the handler returned, or -errno of epoll itself.
 */
int lw_loop_run(struct lw_loop *loop);

#endif
