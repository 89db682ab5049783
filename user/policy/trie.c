// SPDX-License-Identifier: Apache-2.0
/* Address blocks to nibble tries whose leaves hold the list of every rule that covers them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"

/* What is known of all addresses below a node: rules that cover them, and those with exceptions. */
struct cover {
	struct lw_rule_set match, except;
};

struct level {
	struct cover cover;
	struct lw_cidr **inside; /* blocks that are smaller than the node */
	size_t n;
	unsigned int bits; /* of the node's own prefix */
};

static void set_bit(struct lw_rule_set *set, __u32 i)
{
	set->bits[i >> 6] |= 1ULL << (i & 63);
}

static unsigned int nibble_of(const struct lw_cidr *c, unsigned int bits)
{
	__u8 byte = c->addr[bits >> 3];

	return bits & 4 ? byte & 15 : byte >> 4;
}

static int leaf(struct lw_compiler *c, const struct cover *cover, __u32 *ret_slot)
{
	__u32 src[LW_RULES_MAX];
	size_t n = 0;
	int list;

	for (__u32 i = 0; i < LW_RULES_MAX; i++)
		if ((cover->match.bits[i >> 6] & ~cover->except.bits[i >> 6]) >> (i & 63) & 1)
			src[n++] = i;
	list = lw_list_make(c, LW_ON_IP, src, n);
	if (list < 0)
		return list;
	*ret_slot = LW_TRIE_LEAF | list;
	return 0;
}

static int node(struct lw_compiler *c, const struct level *at, __u32 *ret_slot);

/* The part of a node behind one nibble. */
static int child(struct lw_compiler *c, const struct level *at, unsigned int nibble,
		 struct lw_cidr **room, __u32 *ret_slot)
{
	struct level below = { .cover = at->cover, .inside = room, .bits = at->bits + 4 };

	for (size_t i = 0; i < at->n; i++) {
		struct lw_cidr *cidr = at->inside[i];
		unsigned int own = nibble_of(cidr, at->bits);

		if (cidr->bits >= below.bits) {
			if (own != nibble)
				continue;
		} else if ((own ^ nibble) >> (below.bits - cidr->bits)) {
			continue;
		}
		if (cidr->bits <= below.bits)
			set_bit(cidr->except ? &below.cover.except : &below.cover.match, cidr->src);
		else
			below.inside[below.n++] = cidr;
	}
	return below.n ? node(c, &below, ret_slot) : leaf(c, &below.cover, ret_slot);
}

static int node(struct lw_compiler *c, const struct level *at, __u32 *ret_slot)
{
	struct lw_cidr **room;
	__u32 slot = c->n_trie;
	int err = 0;

	if (slot + 16 > LW_TRIE_MAX) {
		struct lw_src *src = &c->doc->src[at->inside[0]->src];

		lw_doc_error(c->doc, src->ptr, "use fewer or larger blocks",
			     "the address blocks up to rule `%s` need more than %u trie nodes",
			     src->id, LW_TRIE_MAX / 16);
		c->reported = true;
		return -E2BIG;
	}
	room = calloc(at->n, sizeof(*room));
	if (!room)
		return -ENOMEM;
	c->n_trie += 16;
	for (unsigned int i = 0; i < 16 && !err; i++)
		err = child(c, at, i, room, &c->img->trie[slot + i]);
	free(room);
	*ret_slot = slot;
	return err;
}

/* One address family. The root is a node even when one leaf would do: hdr.trieN is a slot. */
static int family(struct lw_compiler *c, bool v6, struct lw_cidr **inside, __u32 *ret_root)
{
	struct level root = { .inside = inside };
	__u32 slot, any;
	int err;

	for (size_t i = 0; i < c->doc->n_src; i++) {
		const struct lw_src *s = &c->doc->src[i];

		if (!s->broken && (s->rule.on & LW_ON_IP) && !s->has_path && !s->has_cidr)
			set_bit(&root.cover.match, i);
	}
	for (size_t i = 0; i < c->doc->n_cidrs; i++) {
		struct lw_cidr *cidr = &c->doc->cidrs[i];

		if (cidr->v6 != v6 || c->doc->src[cidr->src].broken)
			continue;
		if (!cidr->bits)
			set_bit(cidr->except ? &root.cover.except : &root.cover.match, cidr->src);
		else
			inside[root.n++] = cidr;
	}
	if (root.n)
		return node(c, &root, ret_root);
	slot = c->n_trie;
	err = leaf(c, &root.cover, &any);
	if (err)
		return err;
	if (slot + 16 > LW_TRIE_MAX)
		return -E2BIG;
	for (unsigned int i = 0; i < 16; i++)
		c->img->trie[slot + i] = any;
	c->n_trie += 16;
	*ret_root = slot;
	return 0;
}

int lw_trie_compile(struct lw_compiler *c)
{
	struct lw_cidr **inside = calloc(c->doc->n_cidrs + 1, sizeof(*inside));
	int err;

	if (!inside)
		return -ENOMEM;
	err = family(c, false, inside, &c->img->hdr.trie4);
	if (!err)
		err = family(c, true, inside, &c->img->hdr.trie6);
	if (err == -E2BIG && !c->reported) {
		lw_doc_error(c->doc, NULL, "use fewer or larger blocks", "too many address blocks");
		c->reported = true;
	}
	free(inside);
	return err;
}
