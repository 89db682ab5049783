/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_MATCH_H
#define LW_MATCH_H

/*
 * The policy matcher. This one header is compiled into the BPF programs and into user space, so
 * `policy test` and replay cannot differ from the kernel. Every index is masked: an image that
 * user space got wrong can give a wrong rule, never an access out of bounds.
 */

#include "lw_abi.h"

/**
 * lw_dfa_next() - one step of the path automaton.
 * @img: compiled policy
 * @state: current state, from hdr.start, an inode's state, or this function
 * @byte: next byte of the path
 *
 * Return: the next state. State 0 is the dead state: it accepts nothing and leads only to itself.
 */
static __always_inline __u32 lw_dfa_next(const struct lw_image *img, __u32 state, __u8 byte)
{
	__u32 i = (state << (img->hdr.shift & 31)) + img->hdr.byte_class[byte];

	return img->trans[i & (LW_TRANS_MAX - 1)];
}

/** lw_dfa_list() - the rule list of a state: rules whose globs match what was read so far. */
static __always_inline __u32 lw_dfa_list(const struct lw_image *img, __u32 state)
{
	return img->accept[state & (LW_STATES_MAX - 1)];
}

/*
 * Do the loader's models satisfy a rule? Where that is not known, it counts as satisfied for what
 * forbids, and as not satisfied for what allows.
 */
static __always_inline int lw_rule_models(const struct lw_rule *r, const struct lw_query *q,
					  __u32 gen)
{
	__u32 bit = (r->model - 1) & 63;

	if ((q->models_gen && q->models_gen != gen) || q->unsure >> bit & 1)
		return r->action != LW_ALLOW;
	return q->models >> bit & 1;
}

static __always_inline int lw_rule_applies(const struct lw_rule *r, const struct lw_query *q,
					   __u32 gen)
{
	if (!(r->on & LW_ON(q->kind & 63)))
		return 0;
	if (r->access && !(r->access & q->access))
		return 0;
	if (r->proto && !(r->proto & q->proto))
		return 0;
	if ((r->cond & q->cond) != r->cond)
		return 0;
	if (r->phase && !(r->phase & (1U << (q->phase & 15))))
		return 0;
	if (r->domain && (q->names >> ((r->domain - 1) & 63) & 1) == !!(r->flags & LW_RULE_UNNAMED))
		return 0;
	if (r->model && !lw_rule_models(r, q, gen))
		return 0;
	return q->port >= r->port_lo && q->port <= r->port_hi;
}

/**
 * lw_list_chunk() - the first rule that applies among LW_LIST_CHUNK of a list.
 * @img: compiled policy
 * @list: slot to start at
 * @q: what is known of the object
 *
 * Return: rule index, LW_RULE_NONE at the end of the list, or LW_RULE_MORE.
 */
static __always_inline __u32 lw_list_chunk(const struct lw_image *img, __u32 list,
					   const struct lw_query *q)
{
	for (__u32 i = 0; i < LW_LIST_CHUNK; i++) {
		__u32 r = img->list[(list + i) & (LW_LIST_MAX - 1)];

		if (r >= LW_RULES_MAX)
			return LW_RULE_NONE;
		if (lw_rule_applies(&img->rules[lw_mask(r, LW_RULES_MAX)], q, img->hdr.gen))
			return r;
	}
	return LW_RULE_MORE;
}

/**
 * lw_list_first() - the first rule of a list that applies.
 * @list: from lw_dfa_list(), lw_trie_list() or hdr.list_any[kind]
 *
 * The compiler refuses a list longer than LW_LIST_LEN_MAX, so the bound loses nothing. BPF has the
 * same loop around a global function (walk.bpf.c).
 *
 * Return: rule index, or LW_RULE_NONE.
 */
static __always_inline __u32 lw_list_first(const struct lw_image *img, __u32 list,
					   const struct lw_query *q)
{
	for (__u32 i = 0; i < LW_LIST_LEN_MAX; i += LW_LIST_CHUNK) {
		__u32 r = lw_list_chunk(img, list + i, q);

		if (r != LW_RULE_MORE)
			return r;
	}
	return LW_RULE_NONE;
}

/**
 * lw_list_names() - which `domain` rules are in a list, LW_LIST_CHUNK entries of it.
 * @list: slot to start at; the list is one of lw_dfa_list() from hdr.start_domain
 * @names: their bits are added: lw_query.names
 *
 * Return: 1 when the list goes on.
 */
static __always_inline int lw_list_names(const struct lw_image *img, __u32 list, __u64 *names)
{
	for (__u32 i = 0; i < LW_LIST_CHUNK; i++) {
		__u32 r = img->list[(list + i) & (LW_LIST_MAX - 1)];
		__u32 domain;

		if (r >= LW_RULES_MAX)
			return 0;
		domain = img->rules[lw_mask(r, LW_RULES_MAX)].domain;
		if (domain)
			*names |= 1ULL << ((domain - 1) & 63);
	}
	return 1;
}

/**
 * lw_trie_list() - the rule list of an IP address.
 * @img: compiled policy
 * @addr: network order, 4 or 16 bytes
 * @v6: 0 for IPv4 (v4-mapped addresses are looked up as IPv4 by the caller)
 */
static __always_inline __u32 lw_trie_list(const struct lw_image *img, const __u8 *addr, int v6)
{
	__u32 slot = v6 ? img->hdr.trie6 : img->hdr.trie4;
	__u32 nibbles = v6 ? 32 : 8;

	for (__u32 i = 0; i < 32; i++) {
		__u8 byte, nibble;
		__u32 next;

		if (i >= nibbles)
			break;
		byte = addr[(i >> 1) & 15];
		nibble = i & 1 ? byte & 15 : byte >> 4;
		next = img->trie[(slot + nibble) & (LW_TRIE_MAX - 1)];
		if (next & LW_TRIE_LEAF)
			return next & 0xffff;
		slot = next;
	}
	return 0;
}

/** lw_verdict_of() - the action of a rule index, or of the kind's default for LW_RULE_NONE. */
static __always_inline struct lw_verdict lw_verdict_of(const struct lw_image *img, __u32 rule,
						       __u32 kind)
{
	struct lw_verdict v = { .rule = rule };

	if (rule < LW_RULES_MAX) {
		const struct lw_rule *r = &img->rules[lw_mask(rule, LW_RULES_MAX)];

		v.action = r->action;
		v.record = r->flags & LW_RULE_RECORD;
	} else if (rule == LW_RULE_NONE) {
		v.action = img->hdr.default_action[kind & 63];
		v.record = img->hdr.default_record[kind & 63];
	} else {
		v.action = LW_ALERT;
		v.record = 1;
	}
	return v;
}

/**
 * lw_stricter() - of two names for one object, the verdict that counts.
 *
 * An object is judged by the path it was reached by and by the canonical path of its inode (and of
 * each directory above it). The stricter action wins, so no second name relaxes a rule; of two
 * equal actions the rule that comes first in the file is named.
 */
static __always_inline struct lw_verdict lw_stricter(struct lw_verdict a, struct lw_verdict b)
{
	if (a.action != b.action)
		return a.action > b.action ? a : b;
	a.record |= b.record;
	if (b.rule < a.rule)
		a.rule = b.rule;
	return a;
}

#endif
