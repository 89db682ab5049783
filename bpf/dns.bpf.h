/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_DNS_BPF_H
#define LW_DNS_BPF_H

/*
 * Names of hosts. A socket by which a loader asks for names is marked when it connects or sends to
 * port 53 (cgroup.bpf.c); the packets of marked sockets are read (dns.bpf.c), and what a trusted
 * answer says is in lw_names before the loader can see the answer. A connection finds it there.
 */

#include "match.bpf.h"

#define LW_LIST_CHUNKS (LW_LIST_LEN_MAX / LW_LIST_CHUNK)

int lw_names_find(__u32 slot, __u32 profile, __u64 tag, __u64 netns);

/* Copies a name behind the event as string NAME. Return: its offset in s->data. */
static __always_inline __u32 lw_host_attach(struct lw_scratch *s, const char *name, __u32 len)
{
	__u32 off = s->used;

	if (off > LW_DATA_MAX - LW_PATH_MAX)
		return off;
	len &= 255;
	if (bpf_probe_read_kernel(&s->data[off], len, name))
		return off;
	s->ev.str[LW_STR_NAME].off = off;
	s->ev.str[LW_STR_NAME].len = len;
	s->used = off + len;
	return off;
}

/* The rules that match the host whose name is string NAME. Return: a list. */
static __always_inline __u32 lw_host_list(struct lw_scratch *s, __u32 slot,
					  const struct lw_image *img, __u32 profile)
{
	__u32 off = s->ev.str[LW_STR_NAME].off, end = off + s->ev.str[LW_STR_NAME].len;

	return lw_dfa_list(img, lw_path_dfa(s, slot, profile, img->hdr.start_domain, 1, off, end));
}

static __always_inline void lw_addr_of(struct lw_addr_key *ret_key, __u64 tag, __u64 netns, int v6)
{
	__builtin_memset(ret_key, 0, sizeof(*ret_key));
	ret_key->tag = tag;
	ret_key->netns = netns;
	ret_key->v6 = v6;
}

/**
 * lw_names_of() - the names of an address, for the rules with `domain`.
 * @s: scratch; the event's address is judged; gets s->names, and the event the name
 * @netns: cookie of the socket's network namespace
 *
 * Under another policy than the one that made the entry, the name is judged anew.
 */
static __always_inline void lw_names_of(struct lw_scratch *s, __u32 slot, const struct lw_tag *tag,
					const struct lw_image *img, __u64 netns)
{
	s->names = 0;
	if (img->hdr.ndomains)
		lw_names_find(slot, tag->profile, tag->id, netns);
}

#endif
