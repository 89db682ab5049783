// SPDX-License-Identifier: Apache-2.0
/* Rule lists: what is tried, in file order, for one object. Equal lists are stored once. */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

static bool same_hosts(const struct lw_rule *a, const struct lw_rule *b, bool by_name)
{
	/* Exceptions: the names in the automaton are those that the rule does not apply to. */
	if (by_name)
		return !((a->flags | b->flags) & LW_RULE_UNNAMED);
	return !a->domain || a->domain == b->domain;
}

__u64 lw_rule_covers(const struct lw_rule *a, const struct lw_rule *b, bool by_name)
{
	if ((a->access && (!b->access || (b->access & ~a->access))) ||
	    (a->proto && (!b->proto || (b->proto & ~a->proto))) ||
	    (a->phase && (!b->phase || (b->phase & ~a->phase))) || (a->cond & ~b->cond) ||
	    (a->model && a->model != b->model) || a->port_lo > b->port_lo ||
	    a->port_hi < b->port_hi || !same_hosts(a, b, by_name))
		return 0;
	return a->on & b->on;
}

static __u32 src_of_row(const struct lw_doc *doc, __u32 row)
{
	__u32 lo = 0, hi = doc->n_src;

	while (hi - lo > 1) {
		__u32 mid = (lo + hi) / 2;

		if (doc->src[mid].first_row <= row)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static void note_shadow(struct lw_src *src, __u32 by)
{
	if (by < src->shadow)
		src->shadow = by;
}

/* Is there a place for one more row? Only for a row that can still decide on something. */
static bool take_row(struct lw_compiler *c, const __u16 *rows, size_t n, __u32 row, __u64 kinds,
		     struct lw_src *src)
{
	const struct lw_rule *r = &c->img->rules[row];
	__u64 left = r->on & kinds;

	for (size_t i = 0; i < n && left; i++) {
		const struct lw_rule *before = &c->img->rules[rows[i]];
		__u64 both = lw_rule_covers(before, r, c->by_name) & left;

		if (!both)
			continue;
		left &= ~both;
		if (src_of_row(c->doc, rows[i]) != (__u32)(src - c->doc->src))
			note_shadow(src, src_of_row(c->doc, rows[i]));
	}
	if (c->by_name && src->rule.domain) {
		src->named |= left & LW_ON_REACH;
		src->alive |= left & ~LW_ON_REACH;
	} else {
		src->alive |= left;
	}
	return left;
}

static int store(struct lw_compiler *c, const __u16 *rows, size_t n)
{
	__u64 h = n;
	size_t at;

	for (size_t i = 0; i < n; i++)
		h = (h ^ rows[i]) * 0x9e3779b97f4a7c15ULL;
	at = (h ^ h >> 31) & (LW_LIST_MAX - 1);
	for (; c->list_hash[at]; at = (at + 1) & (LW_LIST_MAX - 1)) {
		const __u16 *old = &c->img->list[c->list_hash[at] - 1];

		if (memcmp(old, rows, n * sizeof(*rows)) == 0 && old[n] == LW_RULE_NONE)
			return c->list_hash[at] - 1;
	}
	if (c->n_list + n + 1 > LW_LIST_MAX)
		return -E2BIG;
	memcpy(&c->img->list[c->n_list], rows, n * sizeof(*rows));
	c->img->list[c->n_list + n] = LW_RULE_NONE;
	c->list_hash[at] = c->n_list + 1;
	c->n_list += n + 1;
	return c->list_hash[at] - 1;
}

static int too_long(struct lw_compiler *c, const struct lw_src *s)
{
	if (!c->reported)
		lw_doc_error(c->doc, s->ptr,
			     "join rules that ask for the same, or put general ones first",
			     "more than %u rules, up to this one, apply to one object",
			     LW_LIST_LEN_MAX - 1);
	c->reported = true;
	return -E2BIG;
}

int lw_list_make(struct lw_compiler *c, __u64 kinds, const __u32 *src, size_t n)
{
	__u16 rows[LW_LIST_LEN_MAX + 1];
	size_t n_rows = 0;

	for (size_t i = 0; i < n; i++) {
		struct lw_src *s = &c->doc->src[src[i]];

		s->seen = true;
		for (__u32 r = s->first_row; r < s->first_row + s->n_rows; r++) {
			if (!take_row(c, rows, n_rows, r, kinds, s))
				continue;
			if (n_rows == LW_LIST_LEN_MAX - 1)
				return too_long(c, s);
			rows[n_rows++] = r;
		}
	}
	return n_rows ? store(c, rows, n_rows) : 0;
}
