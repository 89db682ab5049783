/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_MATCH_BPF_H
#define LW_MATCH_BPF_H

/* From an object to a verdict, with the profile's image. */

#include "task.bpf.h"

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

/*
 * Judges the path in scratch: by the way it was reached, and where its inode or that of a directory
 * above it is one that the policy names, by that name too. @ret_list: rules of the reached path.
 */
static __always_inline struct lw_verdict lw_match_walked(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile,
							 __u32 *ret_list)
{
	__u32 state = img->hdr.start, off = s->pos;
	struct lw_verdict v = {};

	for (int by_inode = 0; by_inode < 2; by_inode++) {
		struct lw_verdict name;
		__u32 list;

		state = lw_path_dfa(s, slot, profile, state, 0, off, LW_PATH_BUF);
		list = lw_dfa_list(img, state);
		name = lw_match_list(s, slot, img, profile, list);
		if (by_inode) {
			v = lw_by_inode(s, v, name);
			break;
		}
		v = name;
		*ret_list = list;
		if (!s->canon_state)
			break;
		state = s->canon_state;
		off = s->canon_pos;
	}
	return v;
}

/* Judges a name that is only text: string @role of the event. */
static __always_inline struct lw_verdict
lw_match_text(struct lw_scratch *s, __u32 slot, const struct lw_image *img, __u32 profile, int role)
{
	__u32 off = s->ev.str[role].off, end = off + s->ev.str[role].len;
	__u32 state = lw_path_dfa(s, slot, profile, img->hdr.start, 1, off, end);

	return lw_match_list(s, slot, img, profile, lw_dfa_list(img, state));
}

/* Judges a network address. */
static __always_inline struct lw_verdict lw_match_net(struct lw_scratch *s, __u32 slot,
						      const struct lw_image *img, __u32 profile,
						      const struct lw_ev_net *net)
{
	__u32 list = img->hdr.list_any;

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
