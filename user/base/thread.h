/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_THREAD_H
#define LW_BASE_THREAD_H

/* Threads that do what may take long, and waiting for them. */

#include <pthread.h>
#include <time.h>

/** lw_thread_start() - a thread that takes no signals: those are the loop's. Return: 0, -errno. */
int lw_thread_start(pthread_t *ret, void *(*fn)(void *), void *arg);

/** lw_cond_init() - a condition that is waited for until a time of lw_deadline(). */
void lw_cond_init(pthread_cond_t *cond);

/** lw_deadline() - @ms from now, for pthread_cond_timedwait(). */
struct timespec lw_deadline(int ms);

#endif
