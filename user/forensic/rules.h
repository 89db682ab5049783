/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_RULES_H
#define LW_FORENSIC_RULES_H

/*
 * What the rules of a policy are called, by generation of its image. After a reload events that the
 * old policy judged are still under way, so the last few are kept. They are copies: the policy
 * itself may be freed at once.
 */

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

#define LW_RULES_KEPT 4 /* generations; a reload is an act of a person, events are read in < 1 s */

struct lw_rule_text {
	char *id;
	char *reason;	  /* NULL: none */
	uint8_t severity; /* event.severity */
};

struct lw_rules {
	uint32_t gen; /* 0: free */
	enum lw_mode mode;
	size_t n;
	struct lw_rule_text *rules;
	struct lw_rule_text unresolved, dflt;
	char *json; /* "policy":{...} for records */
	size_t json_len;
};

struct lw_rules_table {
	struct lw_rules kept[LW_RULES_KEPT];
	unsigned int last; /* index of the newest */
};

/** lw_rules_add() - copy the names of a policy. Return: 0, -ENOMEM (the table is unchanged). */
int lw_rules_add(struct lw_rules_table *t, uint32_t gen, const struct lw_policy *policy);
void lw_rules_clear(struct lw_rules_table *t);

/** lw_rules_of() - by generation; NULL: not kept. Generation 0 is the newest. */
const struct lw_rules *lw_rules_of(const struct lw_rules_table *t, uint32_t gen);

/** lw_rules_text() - names of a rule index, of LW_RULE_NONE and LW_RULE_UNRESOLVED; or NULL. */
const struct lw_rule_text *lw_rules_text(const struct lw_rules *rules, unsigned int rule);

#endif
