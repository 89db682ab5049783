/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RING_H
#define RING_H

/* io_uring without a library: one ring a way, requests one by one or several at once. */
#include <linux/io_uring.h>

#include "trigger.h"

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif
/* Operations that the headers of older systems lack. */
#define RING_OP_FTRUNCATE 55
#define RING_OP_BIND	  56
#define RING_OP_LISTEN	  57

#define RING_ENTRIES 8

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

#define RING_WORD(base, off) ((unsigned int *)((base) + (off)))

/** ring_open() - make a ring. Return: 0, or -errno. */
static inline int ring_open(struct ring *r, unsigned int flags)
{
	int prot = PROT_READ | PROT_WRITE;

	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->fd = syscall(SYS_io_uring_setup, RING_ENTRIES, &r->p);
	if (r->fd < 0)
		return -errno;
	r->sq = mmap(NULL, r->p.sq_off.array + RING_ENTRIES * 4, prot, MAP_SHARED, r->fd,
		     IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe), prot,
		     MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, RING_ENTRIES * sizeof(*r->sqes), prot, MAP_SHARED, r->fd,
		       IORING_OFF_SQES);
	if (r->sq == MAP_FAILED || r->cq == MAP_FAILED || r->sqes == MAP_FAILED)
		die("io_uring maps");
	return 0;
}

/** ring_push() - put a request into the queue; nobody has been told yet. */
static inline void ring_push(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *RING_WORD(r->sq, r->p.sq_off.tail), i = tail % RING_ENTRIES;

	r->sqes[i] = *sqe;
	RING_WORD(r->sq, r->p.sq_off.array)[i] = i;
	__atomic_store_n(RING_WORD(r->sq, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
}

static inline unsigned int ring_waiting(struct ring *r)
{
	return __atomic_load_n(RING_WORD(r->cq, r->p.cq_off.tail), __ATOMIC_ACQUIRE) -
	       *RING_WORD(r->cq, r->p.cq_off.head);
}

/** ring_enter() - submit @n requests, wait for @wait completions. Return: as the call. */
static inline long ring_enter(struct ring *r, unsigned int n, unsigned int wait)
{
	unsigned int flags = wait ? IORING_ENTER_GETEVENTS : 0;

	if (r->p.flags & IORING_SETUP_SQPOLL) {
		n = 0;
		flags |= IORING_ENTER_SQ_WAKEUP;
	}
	return syscall(SYS_io_uring_enter, r->fd, n, wait, flags, NULL, 0);
}

/** ring_result() - what the next completion says; it must be there. */
static inline int ring_result(struct ring *r)
{
	unsigned int head = *RING_WORD(r->cq, r->p.cq_off.head);
	struct io_uring_cqe *cqe = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes);
	int res;

	if (!ring_waiting(r)) {
		errno = ENODATA;
		die("no completion");
	}
	res = cqe[head % r->p.cq_entries].res;
	__atomic_store_n(RING_WORD(r->cq, r->p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return res;
}

/** ring_do() - one request and what came of it: a result, or -errno. */
static inline int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	ring_push(r, sqe);
	if (ring_enter(r, 1, 1) < 0)
		return -errno;
	return ring_result(r);
}

/** ring_register() - io_uring_register. */
static inline long ring_register(struct ring *r, unsigned int op, void *arg, unsigned int n)
{
	return syscall(SYS_io_uring_register, r->fd, op, arg, n);
}

#endif
