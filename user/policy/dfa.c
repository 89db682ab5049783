// SPDX-License-Identifier: Apache-2.0
#include "policy/dfa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/doc.h"

#define HASH_SLOTS (2 * LW_DFA_STATES_MAX)

struct state {
	__u32 first, n; /* its nodes, in items[] */
};

/* Transitions of one state that were computed already: most classes lead to the same place. */
struct seen {
	const __u32 *nodes;
	size_t n;
	__u32 target;
};

struct build {
	const struct lw_dfa_env *env;
	struct lw_dfa *dfa;
	struct state *states;
	size_t cap_states, cap_trans;
	__u32 *items;
	size_t n_items, cap_items;
	__u32 *hash; /* state + 1; 0: free */
	__u32 *mark, gen;
	__u32 *stack;
	__u32 *set; /* the state under construction */
	size_t n_set;
	__u32 *srcs;
	__u32 *bucket; /* nodes that a state goes to, by class */
	size_t cap_bucket;
	__u8 (*classes)[256]; /* of each byte set */
	__u16 *n_classes;
	__u64 work;
};

static int grow(void *array, size_t *cap, size_t need, size_t max, size_t size)
{
	size_t more = *cap ? *cap : 256;
	void *grown;

	if (need <= *cap)
		return 0;
	if (need > max)
		return -E2BIG;
	while (more < need)
		more *= 2;
	grown = realloc(*(void **)array, more * size);
	if (!grown)
		return -ENOMEM;
	*(void **)array = grown;
	*cap = more;
	return 0;
}

/* Bytes that no glob tells apart share a column of the table. */
static int find_classes(struct build *b)
{
	const struct lw_nfa *nfa = b->env->nfa;
	__u8 *of = b->dfa->byte_class;
	unsigned int n = 1;

	b->classes = calloc(nfa->n_sets, sizeof(*b->classes));
	b->n_classes = calloc(nfa->n_sets, sizeof(*b->n_classes));
	if (!b->classes || !b->n_classes)
		return -ENOMEM;
	for (size_t i = 0; i < nfa->n; i++)
		if (nfa->nodes[i].type == LW_NFA_BYTE)
			b->n_classes[nfa->nodes[i].set] = 1;
	for (size_t s = 0; s < nfa->n_sets; s++) {
		short split[256];

		if (!b->n_classes[s])
			continue;
		memset(split, -1, sizeof(split));
		for (unsigned int c = 0; c < 256; c++) {
			unsigned int old = of[c];
			bool out = true;

			if (!lw_set_has(&nfa->sets[s], c))
				continue;
			/* Does the class have bytes outside the set? */
			if (split[old] < 0) {
				out = false;
				for (unsigned int d = 0; d < 256 && !out; d++)
					out = of[d] == old && !lw_set_has(&nfa->sets[s], d);
				split[old] = out ? (short)n++ : (short)old;
			}
			of[c] = split[old];
		}
	}
	b->dfa->nclasses = n;
	for (size_t s = 0; s < nfa->n_sets; s++) {
		bool done[256] = { false };
		unsigned int k = 0;

		if (!b->n_classes[s])
			continue;
		for (unsigned int c = 0; c < 256; c++) {
			if (lw_set_has(&nfa->sets[s], c) && !done[of[c]]) {
				done[of[c]] = true;
				b->classes[s][k++] = of[c];
			}
		}
		b->n_classes[s] = k;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	__u32 x = *(const __u32 *)a, y = *(const __u32 *)b;

	return x < y ? -1 : x > y;
}

static void sort(__u32 *v, size_t n)
{
	if (n > 48) {
		qsort(v, n, sizeof(*v), by_value);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		__u32 x = v[i];
		size_t k = i;

		for (; k && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* A `**` in the state under construction: from here on its rule matches, whatever follows. */
struct tail {
	__u32 node;
	__u32 src;
	bool except; /* it is an exception: from here on the rule does not match */
	bool open;   /* an exception may still follow */
};

#define TAILS_MAX 16 /* looked at in one state; more only means that less is left out */

static size_t find_tails(struct build *b, struct tail tails[TAILS_MAX])
{
	const struct lw_nfa_node *nodes = b->env->nfa->nodes;
	size_t n = 0;

	for (size_t i = 0; i < b->n_set && n < TAILS_MAX; i++) {
		const struct lw_nfa_node *node = &nodes[b->set[i]];

		if (node->tail)
			tails[n++] = (struct tail){ .node = b->set[i],
						    .src = node->src,
						    .except = node->except };
	}
	for (size_t i = 0; n && i < b->n_set; i++) {
		const struct lw_nfa_node *node = &nodes[b->set[i]];

		for (size_t k = 0; node->except && node->type == LW_NFA_BYTE && k < n; k++)
			tails[k].open |= tails[k].src == node->src;
	}
	return n;
}

/* Has @t settled what the rest of the rule of node @at can still say? @left: its kinds so far. */
static bool settles(struct build *b, const struct tail *t, __u32 at, __u64 *left)
{
	const struct lw_nfa_node *node = &b->env->nfa->nodes[at];

	if (t->src == node->src) {
		/* The rule is out altogether, or it matches: then its first `**` stays. */
		return t->except || (!t->open && t->node != at && (!node->tail || t->node < at));
	}
	if (t->src > node->src || t->open)
		return false;
	*left &= ~b->env->settled(b->env->arg, t->src, node->src);
	if (!*left && b->env->dominated)
		b->env->dominated(b->env->arg, node->src, t->src);
	return !*left;
}

/*
 * Where a rule's `**` decides on everything that follows, other nodes of the rule add nothing, and
 * neither do later rules that ask for no more. Without this, rules that are settled already would
 * multiply the states of all others.
 */
static void drop_settled(struct build *b)
{
	const struct lw_nfa_node *nodes = b->env->nfa->nodes;
	struct tail tails[TAILS_MAX];
	size_t n_tails = find_tails(b, tails), n = 0;

	for (size_t i = 0; n_tails && i < b->n_set; i++) {
		const struct lw_nfa_node *node = &nodes[b->set[i]];
		bool drop = false;
		__u64 left;

		if (node->type == LW_NFA_BYTE && node->src != LW_NO_SRC) {
			left = b->env->kinds[node->src];
			for (size_t k = 0; k < n_tails && !drop; k++)
				drop = settles(b, &tails[k], b->set[i], &left);
		}
		if (!drop)
			b->set[n++] = b->set[i];
	}
	if (n_tails)
		b->n_set = n;
}

/* The nodes that wait for a byte, or accept, reached from @seed without reading one. */
static int closure(struct build *b, const __u32 *seed, size_t n)
{
	const struct lw_nfa_node *nodes = b->env->nfa->nodes;
	size_t top = 0;

	b->gen++;
	b->n_set = 0;
	for (size_t i = 0; i < n; i++) {
		b->stack[top++] = seed[i];
		while (top) {
			__u32 at = b->stack[--top];
			const struct lw_nfa_node *node = &nodes[at];

			b->work++;
			if (b->mark[at] == b->gen)
				continue;
			b->mark[at] = b->gen;
			if (node->type == LW_NFA_SPLIT) {
				b->stack[top++] = node->other;
				b->stack[top++] = node->next;
			} else if (node->glob != b->env->skip || b->env->skip == LW_NFA_NONE) {
				b->set[b->n_set++] = at;
			}
		}
	}
	sort(b->set, b->n_set);
	drop_settled(b);
	return b->work > LW_DFA_WORK_MAX ? -E2BIG : 0;
}

/* The rules that match here: those of ACCEPT nodes less those with an exception. */
static int accept_list(struct build *b)
{
	const struct lw_nfa_node *nodes = b->env->nfa->nodes;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < b->n_set; i++) {
		const struct lw_nfa_node *node = &nodes[b->set[i]];

		if (node->type == LW_NFA_ACCEPT)
			b->srcs[n++] = node->src << 1 | !node->except;
	}
	if (!n)
		return 0;
	/* An exception sorts before the match that it takes back. */
	sort(b->srcs, n);
	for (size_t i = 0; i < n; i++) {
		__u32 src = b->srcs[i] >> 1;
		bool taken_back = !(b->srcs[i] & 1);

		while (i + 1 < n && b->srcs[i + 1] >> 1 == src)
			i++;
		if (!taken_back)
			b->srcs[kept++] = src;
	}
	return b->env->list(b->env->arg, b->srcs, kept);
}

static size_t hash_set(const __u32 *v, size_t n)
{
	__u64 h = n;

	for (size_t i = 0; i < n; i++)
		h = (h ^ v[i]) * 0x9e3779b97f4a7c15ULL;
	return (h ^ h >> 29) & (HASH_SLOTS - 1);
}

/* Adds b->set as a state; @at: its free slot in the hash. */
static int add_state(struct build *b, size_t at, __u32 *ret_state)
{
	struct lw_dfa *d = b->dfa;
	size_t old_cap = b->cap_states;
	int list, err;

	if (d->n == LW_DFA_STATES_MAX)
		return -E2BIG;
	err = grow(&b->states, &b->cap_states, d->n + 1, LW_DFA_STATES_MAX, sizeof(*b->states));
	if (!err && b->cap_states != old_cap) {
		__u32 *grown = realloc(d->list, b->cap_states * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		d->list = grown;
	}
	if (!err)
		err = grow(&d->trans, &b->cap_trans, (size_t)(d->n + 1) * d->nclasses,
			   LW_DFA_SLOTS_MAX, sizeof(*d->trans));
	if (!err)
		err = grow(&b->items, &b->cap_items, b->n_items + b->n_set, LW_DFA_ITEMS_MAX,
			   sizeof(*b->items));
	if (err)
		return err;
	list = accept_list(b);
	if (list < 0)
		return list;
	if (b->n_set)
		memcpy(b->items + b->n_items, b->set, b->n_set * sizeof(*b->set));
	for (size_t i = 0; b->env->cost && i < b->n_set; i++)
		if (b->env->nfa->nodes[b->set[i]].glob != LW_NFA_NONE)
			b->env->cost[b->env->nfa->nodes[b->set[i]].glob]++;
	b->states[d->n] = (struct state){ .first = b->n_items, .n = b->n_set };
	b->n_items += b->n_set;
	d->list[d->n] = list;
	b->hash[at] = d->n + 1;
	*ret_state = d->n++;
	return 0;
}

static int find_state(struct build *b, __u32 *ret_state)
{
	size_t at = hash_set(b->set, b->n_set);

	for (; b->hash[at]; at = (at + 1) & (HASH_SLOTS - 1)) {
		const struct state *s = &b->states[b->hash[at] - 1];

		if (s->n == b->n_set &&
		    (!s->n || memcmp(b->items + s->first, b->set, s->n * sizeof(*b->set)) == 0)) {
			*ret_state = b->hash[at] - 1;
			return 0;
		}
	}
	return add_state(b, at, ret_state);
}

/* b->bucket[from[c] .. from[c + 1]): the nodes that class c leads to. */
static int fill_buckets(struct build *b, __u32 state, size_t from[257])
{
	const struct lw_nfa_node *nodes = b->env->nfa->nodes;
	const struct state s = b->states[state];
	size_t at[257] = { 0 };
	int err;

	for (size_t i = 0; i < s.n; i++) {
		const struct lw_nfa_node *node = &nodes[b->items[s.first + i]];

		for (unsigned int k = 0; node->type == LW_NFA_BYTE && k < b->n_classes[node->set];
		     k++)
			at[b->classes[node->set][k] + 1]++;
	}
	from[0] = 0;
	for (unsigned int c = 0; c < b->dfa->nclasses; c++) {
		from[c + 1] = from[c] + at[c + 1];
		at[c] = from[c];
	}
	b->work += from[b->dfa->nclasses];
	err = grow(&b->bucket, &b->cap_bucket, from[b->dfa->nclasses], (size_t)1 << 32,
		   sizeof(*b->bucket));
	for (size_t i = 0; i < s.n && !err; i++) {
		const struct lw_nfa_node *node = &nodes[b->items[s.first + i]];

		for (unsigned int k = 0; node->type == LW_NFA_BYTE && k < b->n_classes[node->set];
		     k++)
			b->bucket[at[b->classes[node->set][k]]++] = node->next;
	}
	return err;
}

static int expand(struct build *b, __u32 state)
{
	__u32 k = b->dfa->nclasses;
	struct seen seen[8];
	size_t from[257], n_seen = 0;
	int err = fill_buckets(b, state, from);

	for (__u32 c = 0; c < k && !err; c++) {
		size_t n = from[c + 1] - from[c], i = 0;
		const __u32 *nodes;
		__u32 target = 0;

		if (!n) {
			b->dfa->trans[state * k + c] = 0;
			continue;
		}
		nodes = b->bucket + from[c];
		while (i < n_seen &&
		       (seen[i].n != n || memcmp(seen[i].nodes, nodes, n * sizeof(*nodes)) != 0))
			i++;
		if (i < n_seen) {
			b->dfa->trans[state * k + c] = seen[i].target;
			continue;
		}
		err = closure(b, nodes, n);
		if (!err)
			err = find_state(b, &target);
		if (err)
			break;
		b->dfa->trans[state * k + c] = target;
		if (n_seen < 8)
			seen[n_seen++] = (struct seen){ nodes, n, target };
	}
	return err;
}

static int build(struct build *b)
{
	const struct lw_nfa *nfa = b->env->nfa;
	size_t n = nfa->n + 1;
	__u32 dead;
	int err;

	b->hash = calloc(HASH_SLOTS, sizeof(*b->hash));
	b->mark = calloc(n, sizeof(*b->mark));
	/* A node is pushed once for each edge to it: at most two leave a node; and the seed. */
	b->stack = calloc(2 * n + 1, sizeof(*b->stack));
	b->set = calloc(n, sizeof(*b->set));
	b->srcs = calloc(n, sizeof(*b->srcs));
	if (!b->hash || !b->mark || !b->stack || !b->set || !b->srcs)
		return -ENOMEM;
	err = find_classes(b);
	b->n_set = 0;
	if (!err)
		err = find_state(b, &dead);
	for (int i = 0; i < LW_START_COUNT && !err; i++) {
		err = closure(b, nfa->starts[i].node, nfa->starts[i].n);
		if (!err)
			err = find_state(b, &b->dfa->start[i]);
	}
	for (__u32 s = 0; !err && s < b->dfa->n; s++)
		err = expand(b, s);
	return err;
}

int lw_dfa_build(const struct lw_dfa_env *env, struct lw_dfa *ret_dfa)
{
	struct lw_dfa dfa = { 0 };
	struct build b = { .env = env, .dfa = &dfa };
	int err = build(&b);

	free(b.states);
	free(b.items);
	free(b.hash);
	free(b.mark);
	free(b.stack);
	free(b.set);
	free(b.srcs);
	free(b.bucket);
	free(b.classes);
	free(b.n_classes);
	if (err)
		lw_dfa_free(&dfa);
	*ret_dfa = dfa;
	return err;
}

void lw_dfa_free(struct lw_dfa *dfa)
{
	free(dfa->trans);
	free(dfa->list);
	*dfa = (struct lw_dfa){ 0 };
}
