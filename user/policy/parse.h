/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_PARSE_H
#define LW_POLICY_PARSE_H

/* Reading JSON objects by tables of keys; every problem is reported, and reading goes on. */

#include <cjson/cJSON.h>

#include "policy/doc.h"

#define LW_COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef void lw_parse_fn(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out);

struct lw_key {
	const char *name;
	lw_parse_fn *parse;
	size_t offset; /* of what @parse fills, in the object that is read */
	bool required;
};

const char *lw_json_type(const cJSON *v);
void lw_wrong_type(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *want);

void lw_parse_object(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v,
		     const struct lw_key *keys, size_t n, void *out);
/* @fn for each element of a list, or for a value that stands alone. @want names the elements. */
void lw_parse_list(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *want,
		   lw_parse_fn *fn, void *out);
bool lw_parse_word(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *what,
		   const char *const *words, size_t n, unsigned int *ret);

lw_parse_fn lw_parse_raw;    /* const cJSON * */
lw_parse_fn lw_parse_text;   /* const char * */
lw_parse_fn lw_parse_id;     /* const char * */
lw_parse_fn lw_parse_action; /* enum lw_action */
lw_parse_fn lw_parse_bool;   /* int */
lw_parse_fn lw_parse_kind;   /* __u64: kinds are added */

/* parse_rule.c, parse_loader.c */
void lw_parse_rules(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v);
void lw_parse_loaders(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v);
struct lw_src *lw_src_new(struct lw_doc *doc, const struct lw_ptr *ptr);
void lw_glob_add(struct lw_doc *doc, const struct lw_ptr *ptr, const char *text, __u32 src,
		 bool except);

/* A pseudo rule, by path. Return: its number, or LW_NO_SRC. */
__u32 lw_tag_rule_new(struct lw_doc *doc, const struct lw_ptr *ptr, const char *id,
		      unsigned int kind, unsigned int arg);

/*
 * operation.c: a rule's `operation`, once it is known what the rule is on. @ret_bits gets LW_BIT
 * operations, @ret_ranges (an array of @ret_n, from lw_grow()) LW_OP operations.
 */
void lw_parse_operation(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u64 on,
			__u16 *ret_bits, struct lw_ports **ret_ranges, size_t *ret_n);

/* self.c: before the rules of the file. */
void lw_self_rules(struct lw_doc *doc, const struct lw_policy_self *self);

/*
 * domain.c: a list element of a rule's `domain`; the document's `resolvers`; and the built-in rule
 * of a document whose rules name hosts.
 */
void lw_domain_add(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src,
		   bool except);
lw_parse_fn lw_parse_resolvers;
void lw_resolver_rule(struct lw_doc *doc, const cJSON *rules);

/* cidr.c: a list element of a rule's `cidr`. */
void lw_cidr_add(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src,
		 bool except);

#endif
