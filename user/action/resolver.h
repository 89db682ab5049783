/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_RESOLVER_H
#define LW_ACTION_RESOLVER_H

/*
 * A thread that finds out where the names of changes lead, and what the policy says of that. A file
 * system that a loader has mounted, or one whose server is gone, may make it wait for ever: never
 * the loop that records and kills.
 */

#include "action/resolve.h"
#include "bpfctl/bpf.h"

/* Where a name leads. */
struct lw_found {
	int error;  /* -errno: it cannot be told */
	char *path; /* resolved, from malloc(); NULL: there is nothing to add */
	__u32 len;
	__u32 gen; /* of the policy's image that judged */
	struct lw_verdict verdict;
};

/* A change, and where its names lead. */
struct lw_change {
	struct lw_ev *ev;
	struct lw_found path, target;
};

struct lw_resolver;

/**
 * lw_resolver_new() - start the thread.
 * @bpf: tells whether a pid is still of the loader, and judges; must outlive the resolver
 * @ret: free with lw_resolver_free()
 */
int lw_resolver_new(struct lw_bpf *bpf, struct lw_resolver **ret);

/** lw_resolver_free() - end it; a thread that a file system holds is left behind. May be NULL. */
void lw_resolver_free(struct lw_resolver *resolver);

/** lw_resolver_fd() - readable when there are answers. */
int lw_resolver_fd(const struct lw_resolver *resolver);

/**
 * lw_resolver_ask() - queue a copy of an event whose flags ask for it (LW_EVF_FIND_*).
 *
 * Return: 0; -EAGAIN: the queue is full; -ENOMEM.
 */
int lw_resolver_ask(struct lw_resolver *resolver, const struct lw_ev *ev);

/**
 * lw_resolver_read() - hand over the answers that are there, those without news left out.
 * @fn: may change the change; it is freed afterwards
 */
void lw_resolver_read(struct lw_resolver *resolver, void (*fn)(struct lw_change *change, void *arg),
		      void *arg);

/**
 * lw_resolver_wait() - wait for an answer.
 * @timeout_ms: at most that long
 *
 * Return: number of questions that are not answered and read yet; -ETIMEDOUT.
 */
int lw_resolver_wait(struct lw_resolver *resolver, int timeout_ms);

#endif
