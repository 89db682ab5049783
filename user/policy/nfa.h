/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_NFA_H
#define LW_POLICY_NFA_H

/*
 * Globs as one nondeterministic automaton over bytes. Nodes are linked to what follows them, so a
 * glob is built from its end to its start.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lw_types.h"

#define LW_NFA_NODES_MAX (1U << 19) /* 10 MiB; the globs of a policy file of 1 MiB fit */
#define LW_NFA_SETS_MAX	 4096U	    /* different byte sets: 128 KiB */
#define LW_NFA_NONE	 0xffffffffU

/* Byte sets 0..255 are the single bytes. */
#define LW_SET_ANY	 256U
#define LW_SET_COMPONENT 257U /* any but '/' */

struct lw_set {
	__u64 bits[4];
};

enum lw_nfa_type {
	LW_NFA_BYTE,   /* one byte of `set`, then `next` */
	LW_NFA_SPLIT,  /* `next` and `other` */
	LW_NFA_ACCEPT, /* rule `src` matches, or with `except` does not after all */
};

struct lw_nfa_node {
	__u32 next;
	__u32 other;
	__u32 src;  /* rule; LW_NO_SRC: shared by several (homes) */
	__u32 glob; /* for the report on what costs most */
	__u16 set;
	__u8 type;
	__u8 except : 1;
	__u8 tail : 1; /* everything behind this node is accepted: the `**` at a glob's end */
};

/*
 * What tags a task has a start of its own: in one walk with the rules, each forbidden directory
 * would be multiplied by everything that a model file or an interpreter may be called. So have
 * names of hosts, which are no paths.
 */
enum lw_start { LW_START_RULES, LW_START_TAG, LW_START_DOMAIN, LW_START_COUNT };

struct lw_nfa {
	struct lw_nfa_node *nodes;
	size_t n, cap;
	struct lw_set *sets;
	size_t n_sets;
	__u16 set_hash[2 * LW_NFA_SETS_MAX]; /* set + 1; 0: free */
	struct lw_starts {
		__u32 *node;
		size_t n, cap;
	} starts[LW_START_COUNT];
};

/* Why a glob is refused. */
struct lw_glob_error {
	const char *message;
	const char *hint;
};

int lw_nfa_init(struct lw_nfa *nfa);
void lw_nfa_free(struct lw_nfa *nfa);

/** lw_nfa_add() - a node. Return: its index, or LW_NFA_NONE when there is no room or memory. */
__u32 lw_nfa_add(struct lw_nfa *nfa, struct lw_nfa_node node);

/** lw_nfa_start() - one more place to begin at. Return: 0, -ENOMEM. */
int lw_nfa_start(struct lw_nfa *nfa, enum lw_start start, __u32 node);

/** lw_nfa_set() - the number of a byte set. Return: -1 when there are too many. */
int lw_nfa_set(struct lw_nfa *nfa, const struct lw_set *set);

static inline void lw_set_add(struct lw_set *set, unsigned char c)
{
	set->bits[c >> 6] |= 1ULL << (c & 63);
}

static inline int lw_set_has(const struct lw_set *set, unsigned char c)
{
	return set->bits[c >> 6] >> (c & 63) & 1;
}

/**
 * lw_glob_check() - is this a glob?
 * @text: bytes, at most LW_GLOB_MAX
 * @ret_error: what is wrong
 *
 * Return: 0; -EINVAL.
 */
int lw_glob_check(const char *text, struct lw_glob_error *ret_error);

/*
 * Where the globs of one rule end. They share these nodes, so that states which differ only in the
 * glob that has matched are the same state.
 */
struct lw_glob_end {
	__u32 node; /* ACCEPT, or what follows a home; LW_NFA_NONE: made when it is needed */
	__u32 tail; /* the `**` that leads there; the same */
};

/**
 * lw_glob_build() - a glob as nodes.
 * @nfa: automaton
 * @text: glob that passed lw_glob_check(), without its leading `~`
 * @proto: src, glob and except of the new nodes
 * @end: where it leads
 * @ret_entry: first node
 *
 * Return: 0; -E2BIG when a bound of the automaton is hit; -EINVAL when it is no glob.
 */
int lw_glob_build(struct lw_nfa *nfa, const char *text, struct lw_nfa_node proto,
		  struct lw_glob_end *end, __u32 *ret_entry);

#endif
