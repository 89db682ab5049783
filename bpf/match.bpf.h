/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_MATCH_BPF_H
#define LW_MATCH_BPF_H

/* From an object to a verdict, with the profile's image. */

#include "task.bpf.h"

/* A verdict as the return value of a global function. */
static __always_inline int lw_pack(struct lw_verdict v)
{
	return v.rule | v.action << 16 | v.record << 24;
}

static __always_inline struct lw_verdict lw_unpack(int v)
{
	return (struct lw_verdict){ .rule = v, .action = v >> 16, .record = v >> 24 };
}

static __always_inline const struct lw_image *lw_image_get(__u32 profile)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&lw_images, &profile);

	return inner ? bpf_map_lookup_elem(inner, &zero) : NULL;
}

/* Of two verdicts on one object; remembers in the event when the inode decided. */
static __always_inline struct lw_verdict lw_by_inode(struct lw_scratch *s, struct lw_verdict path,
						     struct lw_verdict inode)
{
	struct lw_verdict v = lw_stricter(path, inode);

	if (v.action != path.action || v.rule != path.rule)
		s->ev.flags |= LW_EVF_BY_INODE;
	return v;
}

/* The verdict of a rule list on the object that s->q describes. */
static __always_inline struct lw_verdict lw_match_list(struct lw_scratch *s, __u32 slot,
						       const struct lw_image *img, __u32 profile,
						       __u32 list)
{
	__u32 rule = list ? lw_list_rule(slot, profile, list) : LW_RULE_NONE;

	return lw_verdict_of(img, rule, s->q.kind);
}

/* The verdict on an object without a name: by the rules of its kind that name none. */
static __always_inline struct lw_verdict lw_match_any(struct lw_scratch *s, __u32 slot,
						      const struct lw_image *img, __u32 profile)
{
	return lw_match_list(s, slot, img, profile,
			     img->hdr.list_any[s->q.kind & (LW_KIND_MAX - 1)]);
}

/* What a state of the automaton says; @below: and of whatever lies below it as a directory. */
static __always_inline struct lw_verdict lw_match_state(struct lw_scratch *s, __u32 slot,
							const struct lw_image *img, __u32 profile,
							__u32 state, int below)
{
	struct lw_verdict v = lw_match_list(s, slot, img, profile, lw_dfa_list(img, state));

	if (!below)
		return v;
	/* A byte that no glob spells out stands for any name. */
	state = lw_dfa_next(img, lw_dfa_next(img, state, '/'), 1);
	return lw_stricter(v, lw_match_list(s, slot, img, profile, lw_dfa_list(img, state)));
}

/* The states of the automaton for the path in scratch: see lw_match_walked(). */
static __always_inline struct lw_states lw_walked_states(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile)
{
	__u32 canon = s->canon_state, at = canon ? s->canon_pos : LW_PATH_BUF;
	struct lw_states states = {};

	states.path = lw_path_dfa(s, slot, profile, img->hdr.start, 0, s->pos, at);
	if (states.path == canon)
		canon = 0;
	if (at < LW_PATH_BUF)
		states.path = lw_path_dfa(s, slot, profile, states.path, 0, at, LW_PATH_BUF);
	if (canon)
		states.inode = lw_path_dfa(s, slot, profile, canon, 0, at, LW_PATH_BUF);
	return states;
}

/* The verdict of both on the object that s->q describes; @below: and whatever lies below it. */
static __always_inline struct lw_verdict lw_match_states(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile,
							 struct lw_states states, int below)
{
	struct lw_verdict v = lw_match_state(s, slot, img, profile, states.path, below);

	if (!states.inode)
		return v;
	return lw_by_inode(s, v, lw_match_state(s, slot, img, profile, states.inode, below));
}

/*
 * Judges the path in scratch: by the way it was reached, and where its inode or that of a directory
 * above it is one that the policy names, by that name too. Most objects are reached by the name
 * that the policy knows: then the automaton is in the same state there, and one pass is enough.
 * @below: and whatever lies below it
 */
static __always_inline struct lw_verdict lw_match_walked(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile,
							 int below)
{
	return lw_match_states(s, slot, img, profile, lw_walked_states(s, slot, img, profile),
			       below);
}

/* Judges a name that is only text: string @role of the event. */
static __always_inline struct lw_verdict
lw_match_text(struct lw_scratch *s, __u32 slot, const struct lw_image *img, __u32 profile, int role)
{
	__u32 off = s->ev.str[role].off, end = off + s->ev.str[role].len;
	__u32 state = lw_path_dfa(s, slot, profile, img->hdr.start, 1, off, end);

	return lw_match_list(s, slot, img, profile, lw_dfa_list(img, state));
}

/*
 * Judges string @role, which lw_path_join_at() has just made: as text, and where the place that it
 * starts from is known to the policy by inode, by that name too.
 */
static __always_inline struct lw_verdict lw_match_joined(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile,
							 int role, int below)
{
	__u32 off = s->ev.str[role].off, end = off + s->ev.str[role].len, canon = s->canon_state;
	__u32 state = lw_path_dfa(s, slot, profile, img->hdr.start, 1, off, end), at;
	struct lw_verdict v = lw_match_state(s, slot, img, profile, state, below);

	if (!canon || s->low < s->base)
		return v;
	/* The state of a named directory has read its '/'. */
	at = s->canon_pos < LW_PATH_BUF ? off + s->canon_pos - s->pos : s->base + 1;
	state = lw_path_dfa(s, slot, profile, canon, 1, at, end);
	return lw_by_inode(s, v, lw_match_state(s, slot, img, profile, state, below));
}

/* Judges a network address. */
static __always_inline struct lw_verdict lw_match_net(struct lw_scratch *s, __u32 slot,
						      const struct lw_image *img, __u32 profile,
						      const struct lw_ev_net *net)
{
	__u32 list = img->hdr.list_any[s->q.kind & (LW_KIND_MAX - 1)];

	if (net->family == AF_INET || net->family == AF_INET6)
		list = lw_trie_list(img, net->addr, net->family == AF_INET6);
	return lw_match_list(s, slot, img, profile, list);
}

/* The verdict on what could not be resolved: never silent, never stricter than an alert. */
static __always_inline struct lw_verdict lw_unresolved(const struct lw_image *img, __u32 kind)
{
	return lw_verdict_of(img, LW_RULE_UNRESOLVED, kind);
}

#endif
