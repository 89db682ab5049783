// SPDX-License-Identifier: Apache-2.0
#include "forensic/rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "decode/names.h"

static int copy_text(struct lw_rule_text *ret, const struct lw_policy *policy, unsigned int rule,
		     unsigned int severity)
{
	const char *reason = lw_policy_rule_reason(policy, rule);

	ret->severity = lw_severity_number(severity);
	ret->id = strdup(lw_policy_rule_id(policy, rule));
	ret->reason = reason ? strdup(reason) : NULL;
	return ret->id && (ret->reason || !reason) ? 0 : -ENOMEM;
}

static int make_json(struct lw_rules *r, const struct lw_policy *policy)
{
	/* An escape is at most six times as long as what it stands for. */
	size_t cap = 6 * strlen(policy->name) + strlen(policy->digest) + 2 * LW_JW_RESERVE;
	struct lw_jw w;

	r->json = malloc(cap);
	if (!r->json)
		return -ENOMEM;
	lw_jw_init(&w, r->json, cap);
	lw_jw_obj(&w, LW_K("policy"));
	lw_jw_cstr(&w, LW_K("name"), policy->name);
	lw_jw_cstr(&w, LW_K("digest"), policy->digest);
	lw_jw_end(&w);
	r->json_len = w.pos;
	return 0;
}

static void clear(struct lw_rules *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->rules[i].id);
		free(r->rules[i].reason);
	}
	free(r->rules);
	free(r->unresolved.id);
	free(r->unresolved.reason);
	free(r->dflt.id);
	free(r->dflt.reason);
	free(r->json);
	*r = (struct lw_rules){};
}

int lw_rules_add(struct lw_rules_table *t, uint32_t gen, const struct lw_policy *policy)
{
	struct lw_rules r = { .gen = gen, .mode = policy->mode };
	size_t n = policy->image->hdr.nrules;
	int err = make_json(&r, policy);

	r.rules = calloc(n ? n : 1, sizeof(*r.rules));
	if (!r.rules)
		err = -ENOMEM;
	while (!err && r.n < n) {
		err = copy_text(&r.rules[r.n], policy, r.n, policy->rules[r.n].severity);
		r.n++;
	}
	if (!err)
		err = copy_text(&r.unresolved, policy, LW_RULE_UNRESOLVED, LW_SEV_HIGH);
	if (!err)
		err = copy_text(&r.dflt, policy, LW_RULE_NONE, LW_SEV_MEDIUM);
	if (err) {
		clear(&r);
		return err;
	}
	t->last = (t->last + 1) % LW_RULES_KEPT;
	clear(&t->kept[t->last]);
	t->kept[t->last] = r;
	return 0;
}

void lw_rules_clear(struct lw_rules_table *t)
{
	for (size_t i = 0; i < LW_RULES_KEPT; i++)
		clear(&t->kept[i]);
}

const struct lw_rules *lw_rules_of(const struct lw_rules_table *t, uint32_t gen)
{
	const struct lw_rules *newest = &t->kept[t->last];

	if (!newest->gen)
		return NULL;
	if (!gen || newest->gen == gen)
		return newest;
	for (size_t i = 0; i < LW_RULES_KEPT; i++) {
		if (t->kept[i].gen == gen)
			return &t->kept[i];
	}
	return NULL;
}

const struct lw_rule_text *lw_rules_text(const struct lw_rules *rules, unsigned int rule)
{
	if (!rules)
		return NULL;
	if (rule < rules->n)
		return &rules->rules[rule];
	if (rule == LW_RULE_UNRESOLVED)
		return &rules->unresolved;
	return rule == LW_RULE_NONE ? &rules->dflt : NULL;
}
