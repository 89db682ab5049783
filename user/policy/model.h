/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_MODEL_H
#define LW_POLICY_MODEL_H

/*
 * The `model` of rules. User space judges it, since only user space knows models; the kernel has
 * one bit for each rule that has one: lw_query.models.
 */

#include <cjson/cJSON.h>

#include "policy/doc.h"

struct lw_model_rules;

/** lw_parse_model() - a rule's `model`. In parse_model.c. */
void lw_parse_model(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src);

/** lw_model_digest() - of all conditions: the image has bits for them only. */
void lw_model_digest(const struct lw_doc *doc, unsigned char ret[32]);

/**
 * lw_model_rules_make() - the conditions of a document's rules, in the order of their bits.
 * @doc: compiled, without errors
 * @ret: NULL where no rule has one; lw_model_rules_free()
 *
 * Return: 0, -ENOMEM, -E2BIG: a bound of the automaton is hit.
 */
int lw_model_rules_make(const struct lw_doc *doc, struct lw_model_rules **ret);
void lw_model_rules_free(struct lw_model_rules *rules);

#endif
