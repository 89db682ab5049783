/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_DFA_H
#define LW_POLICY_DFA_H

/* From the globs' automaton to the smallest deterministic one, with bounded time and memory. */

#include "policy/nfa.h"

/*
 * Bounds before minimisation. A larger automaton hardly ever shrinks to what the image holds, and a
 * hostile policy must not take more than about a second and 100 MiB.
 */
#define LW_DFA_SLOTS_MAX  (1U << 22) /* transitions: 16 MiB, four times the image's table */
#define LW_DFA_STATES_MAX (1U << 17)
#define LW_DFA_ITEMS_MAX  (1U << 22) /* nodes in all states: 16 MiB */
#define LW_DFA_WORK_MAX	  (1U << 27) /* nodes visited */

struct lw_dfa {
	__u32 n;
	__u32 nclasses;
	__u32 start[LW_START_COUNT];
	__u32 *trans; /* state * nclasses + class -> state; state 0 is dead */
	__u32 *list;  /* state -> number that lw_dfa_env.list gave; 0: none */
	__u8 byte_class[256];
};

/* What the construction must know of the rules, by number. */
struct lw_dfa_env {
	const struct lw_nfa *nfa;
	const __u64 *kinds; /* kinds that the rule judges by path */
	__u32 skip;	    /* leave out this glob (LW_NFA_NONE: none) */
	__u64 *cost;	    /* by glob: nodes in all states; NULL: not wanted */
	/* The rules that match in a state, ascending. Return: a number for the set, or -errno. */
	int (*list)(void *arg, const __u32 *src, size_t n);
	/* The kinds of rule @src on which it can say nothing where @by, before it, matches. */
	__u64 (*settled)(void *arg, __u32 by, __u32 src);
	/* Rule @src was left out of a state, since @by decides on all that follows. */
	void (*dominated)(void *arg, __u32 src, __u32 by);
	void *arg;
};

/**
 * lw_dfa_build() - subset construction.
 *
 * Return: 0; -E2BIG when a bound is hit; -ENOMEM; what env->list returned.
 */
int lw_dfa_build(const struct lw_dfa_env *env, struct lw_dfa *ret_dfa);

/** lw_dfa_minimise() - merge equivalent states; a walk from the starts numbers them. */
int lw_dfa_minimise(struct lw_dfa *dfa);

void lw_dfa_free(struct lw_dfa *dfa);

#endif
