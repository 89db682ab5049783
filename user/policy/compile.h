/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_COMPILE_H
#define LW_POLICY_COMPILE_H

/* From a checked document to the image. */

#include "policy/doc.h"

/* Kinds whose objects are text that the automaton reads. */
#define LW_ON_WALKED (LW_ON_PATH | LW_ON(LW_DNS_QUERY))

/* Rules that match one object, in file order. */
struct lw_rule_set {
	__u64 bits[LW_RULES_MAX / 64];
};

struct lw_compiler {
	struct lw_doc *doc;
	struct lw_image *img;
	__u32 n_list;		      /* used slots of img->list */
	__u16 list_hash[LW_LIST_MAX]; /* offset + 1; 0: free */
	__u64 *kinds;		      /* of each rule by path */
	__u32 n_trie;
	bool by_name;  /* lists of the automaton are made: see lw_rule_covers() */
	bool reported; /* the list that was too long */
};

/**
 * lw_list_make() - the rule list of an object.
 * @kinds: kinds of event that the object takes part in: a rule counts there with these only
 * @src: rules that match it, ascending
 * @n: how many
 *
 * Rules that can decide on nothing after those before them are left out; they are told, for the
 * report on rules that never decide.
 *
 * Return: offset in img->list; -E2BIG when the list is too long (reported) or the table is full.
 */
int lw_list_make(struct lw_compiler *c, __u64 kinds, const __u32 *src, size_t n);

/**
 * lw_rule_covers() - the kinds of @b on which it can say nothing where @a, before it, matches.
 * @by_name: both match one text. Of names of hosts: both then match its addresses; else another
 *	`domain` may match other addresses.
 */
__u64 lw_rule_covers(const struct lw_rule *a, const struct lw_rule *b, bool by_name);

/** lw_paths_compile() - all globs to img's automaton. Return: 0, also when reported; -ENOMEM. */
int lw_paths_compile(struct lw_compiler *c);

/** lw_trie_compile() - all address blocks to tries. Return: 0, also when reported; -ENOMEM. */
int lw_trie_compile(struct lw_compiler *c);

/**
 * lw_compile() - a document without errors to an image.
 * @ret_img: from calloc()
 *
 * Return: 0, also when problems were reported (*ret_img is then NULL); -ENOMEM.
 */
int lw_compile(struct lw_doc *doc, struct lw_image **ret_img);

#endif
