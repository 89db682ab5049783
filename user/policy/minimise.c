// SPDX-License-Identifier: Apache-2.0
/*
 * Hopcroft's algorithm: start from the states with equal rule lists, and split what a byte class
 * leads apart, until nothing splits. O(classes * states * log states).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/dfa.h"

struct part {
	__u32 n, k;
	__u32 *in_first; /* incoming transitions of state * k + class: in[in_first[i] .. [i + 1]) */
	__u32 *in;
	__u32 *elem;  /* states, by block */
	__u32 *where; /* state -> index in elem */
	__u32 *block; /* state -> block */
	__u32 *first, *end,
		*hit; /* of a block in elem; hit: those found in this round stand first */
	__u32 n_blocks;
	__u32 *todo; /* blocks to split by */
	__u32 n_todo;
	bool *queued;
	__u32 *touched, *split;
};

static int part_init(struct part *p, const struct lw_dfa *d)
{
	size_t n = d->n, m = n * d->nclasses;

	p->n = d->n;
	p->k = d->nclasses;
	p->in_first = calloc(m + 1, sizeof(__u32));
	p->in = calloc(m, sizeof(__u32));
	p->elem = calloc(10 * n, sizeof(__u32));
	p->queued = calloc(n, sizeof(bool));
	if (!p->in_first || !p->in || !p->elem || !p->queued)
		return -ENOMEM;
	p->where = p->elem + n;
	p->block = p->elem + 2 * n;
	p->first = p->elem + 3 * n;
	p->end = p->elem + 4 * n;
	p->hit = p->elem + 5 * n;
	p->todo = p->elem + 6 * n;
	p->touched = p->elem + 7 * n;
	p->split = p->elem + 8 * n;
	for (size_t i = 0; i < m; i++)
		p->in_first[(size_t)d->trans[i] * p->k + i % p->k]++;
	for (size_t i = 1; i <= m; i++)
		p->in_first[i] += p->in_first[i - 1];
	for (size_t i = m; i--;)
		p->in[--p->in_first[(size_t)d->trans[i] * p->k + i % p->k]] = i / p->k;
	return 0;
}

static void queue(struct part *p, __u32 block)
{
	if (p->queued[block])
		return;
	p->queued[block] = true;
	p->todo[p->n_todo++] = block;
}

struct by_list {
	__u32 list, state;
};

static int compare_lists(const void *a, const void *b)
{
	const struct by_list *x = a, *y = b;

	if (x->list != y->list)
		return x->list < y->list ? -1 : 1;
	return x->state < y->state ? -1 : x->state > y->state;
}

static int first_blocks(struct part *p, const struct lw_dfa *d)
{
	struct by_list *order = calloc(p->n, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (__u32 i = 0; i < p->n; i++)
		order[i] = (struct by_list){ d->list[i], i };
	qsort(order, p->n, sizeof(*order), compare_lists);
	for (__u32 i = 0; i < p->n; i++) {
		if (!i || order[i].list != order[i - 1].list) {
			p->first[p->n_blocks] = p->hit[p->n_blocks] = i;
			p->n_blocks++;
		}
		p->elem[i] = order[i].state;
		p->where[order[i].state] = i;
		p->block[order[i].state] = p->n_blocks - 1;
		p->end[p->n_blocks - 1] = i + 1;
	}
	free(order);
	for (__u32 i = 0; i < p->n_blocks; i++)
		queue(p, i);
	return 0;
}

/* Moves a state that leads to the splitter to the front of its block. */
static __u32 mark_state(struct part *p, __u32 state, __u32 n_touched)
{
	__u32 b = p->block[state], to = p->hit[b], from = p->where[state], other = p->elem[to];

	if (from < to)
		return n_touched;
	if (to == p->first[b])
		p->touched[n_touched++] = b;
	p->elem[from] = other;
	p->where[other] = from;
	p->elem[to] = state;
	p->where[state] = to;
	p->hit[b]++;
	return n_touched;
}

/* Splits a block into the states that were marked and the others. */
static void split_block(struct part *p, __u32 b)
{
	__u32 mid = p->hit[b], made;

	p->hit[b] = p->first[b];
	if (mid == p->end[b])
		return;
	made = p->n_blocks++;
	/* The smaller part becomes the new block: its states are renamed, and it must be queued. */
	if (mid - p->first[b] <= p->end[b] - mid) {
		p->first[made] = p->first[b];
		p->end[made] = mid;
		p->first[b] = p->hit[b] = mid;
	} else {
		p->first[made] = mid;
		p->end[made] = p->end[b];
		p->end[b] = mid;
	}
	p->hit[made] = p->first[made];
	for (__u32 i = p->first[made]; i < p->end[made]; i++)
		p->block[p->elem[i]] = made;
	queue(p, made);
}

static void refine(struct part *p)
{
	while (p->n_todo) {
		__u32 b = p->todo[--p->n_todo], n = p->end[b] - p->first[b];

		p->queued[b] = false;
		/* The block may be split by itself: go on with its states as they are now. */
		memcpy(p->split, p->elem + p->first[b], n * sizeof(__u32));
		for (__u32 c = 0; c < p->k; c++) {
			__u32 n_touched = 0;

			for (__u32 i = 0; i < n; i++) {
				size_t at = (size_t)p->split[i] * p->k + c;

				for (__u32 k = p->in_first[at]; k < p->in_first[at + 1]; k++)
					n_touched = mark_state(p, p->in[k], n_touched);
			}
			for (__u32 i = 0; i < n_touched; i++)
				split_block(p, p->touched[i]);
		}
	}
}

/* One state for each block; the dead one is 0, the others as a walk from the starts meets them. */
static int rebuild(struct part *p, struct lw_dfa *d)
{
	size_t k = d->nclasses;
	__u32 *number = calloc(p->n_blocks, sizeof(__u32)), n = 0;
	__u32 *order = calloc(p->n_blocks, sizeof(__u32));
	__u32 *trans = calloc(p->n_blocks * k, sizeof(__u32));
	__u32 *list = calloc(p->n_blocks, sizeof(__u32));

	if (!number || !order || !trans || !list) {
		free(number);
		free(order);
		free(trans);
		free(list);
		return -ENOMEM;
	}
	/* number: state + 1; 0: not met yet. */
	order[n] = p->block[0];
	number[p->block[0]] = ++n;
	for (int i = 0; i < LW_START_COUNT; i++) {
		__u32 start = p->block[d->start[i]];

		if (!number[start]) {
			order[n] = start;
			number[start] = ++n;
		}
		d->start[i] = number[start] - 1;
	}
	for (__u32 i = 0; i < n; i++) {
		__u32 state = p->elem[p->first[order[i]]];

		list[i] = d->list[state];
		for (size_t c = 0; c < k; c++) {
			__u32 to = p->block[d->trans[state * k + c]];

			if (!number[to]) {
				order[n] = to;
				number[to] = ++n;
			}
			trans[i * k + c] = number[to] - 1;
		}
	}
	d->n = n;
	free(number);
	free(order);
	free(d->trans);
	free(d->list);
	d->trans = trans;
	d->list = list;
	return 0;
}

int lw_dfa_minimise(struct lw_dfa *dfa)
{
	struct part p = { 0 };
	int err = part_init(&p, dfa);

	if (!err)
		err = first_blocks(&p, dfa);
	if (!err) {
		refine(&p);
		err = rebuild(&p, dfa);
	}
	free(p.in_first);
	free(p.in);
	free(p.elem);
	free(p.queued);
	return err;
}
