// SPDX-License-Identifier: Apache-2.0
#include "policy/nfa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int lw_nfa_init(struct lw_nfa *nfa)
{
	*nfa = (struct lw_nfa){ 0 };
	nfa->sets = calloc(LW_NFA_SETS_MAX, sizeof(*nfa->sets));
	if (!nfa->sets)
		return -ENOMEM;
	for (unsigned int c = 0; c < 256; c++)
		lw_set_add(&nfa->sets[c], c);
	memset(&nfa->sets[LW_SET_ANY], 0xff, sizeof(struct lw_set));
	memset(&nfa->sets[LW_SET_COMPONENT], 0xff, sizeof(struct lw_set));
	nfa->sets[LW_SET_COMPONENT].bits['/' >> 6] &= ~(1ULL << ('/' & 63));
	nfa->n_sets = LW_SET_COMPONENT + 1;
	return 0;
}

void lw_nfa_free(struct lw_nfa *nfa)
{
	free(nfa->nodes);
	free(nfa->sets);
	for (int i = 0; i < LW_START_COUNT; i++)
		free(nfa->starts[i].node);
	*nfa = (struct lw_nfa){ 0 };
}

__u32 lw_nfa_add(struct lw_nfa *nfa, struct lw_nfa_node node)
{
	if (nfa->n == LW_NFA_NODES_MAX)
		return LW_NFA_NONE;
	if (nfa->n == nfa->cap) {
		size_t cap = nfa->cap ? nfa->cap * 2 : 1024;
		struct lw_nfa_node *grown = realloc(nfa->nodes, cap * sizeof(*grown));

		if (!grown)
			return LW_NFA_NONE;
		nfa->nodes = grown;
		nfa->cap = cap;
	}
	nfa->nodes[nfa->n] = node;
	return nfa->n++;
}

int lw_nfa_start(struct lw_nfa *nfa, enum lw_start start, __u32 node)
{
	struct lw_starts *s = &nfa->starts[start];

	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		__u32 *grown = realloc(s->node, cap * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->node = grown;
		s->cap = cap;
	}
	s->node[s->n++] = node;
	return 0;
}

int lw_nfa_set(struct lw_nfa *nfa, const struct lw_set *set)
{
	const __u64 *b = set->bits;
	__u64 h = (b[0] ^ b[1] * 3 ^ b[2] * 5 ^ b[3] * 7) * 0x9e3779b97f4a7c15ULL;
	size_t mask = 2 * LW_NFA_SETS_MAX - 1, at = h >> 40 & mask;

	for (; nfa->set_hash[at]; at = (at + 1) & mask)
		if (memcmp(&nfa->sets[nfa->set_hash[at] - 1], set, sizeof(*set)) == 0)
			return nfa->set_hash[at] - 1;
	if (nfa->n_sets == LW_NFA_SETS_MAX)
		return -1;
	nfa->sets[nfa->n_sets] = *set;
	nfa->set_hash[at] = ++nfa->n_sets;
	return nfa->n_sets - 1;
}
