// SPDX-License-Identifier: Apache-2.0
/* The `model` of rules: which of them a loader satisfies. */
#include "policy/model.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/nfa.h"

/* What is known of a condition. */
enum truth { NO, UNSURE, YES };

struct lw_model_rules {
	size_t n;
	struct {
		struct lw_model_cond cond;
		bool allows;
	} rule[LW_MODEL_RULES_MAX];
	struct lw_nfa nfa; /* of the globs of `repo`; `src` of a node is a bit */
};

static int add_repos(const struct lw_doc *doc, struct lw_model_rules *rules, __u32 src, __u32 bit)
{
	for (size_t i = 0; i < doc->n_repos; i++) {
		struct lw_nfa_node proto = { .src = bit, .glob = LW_NFA_NONE };
		struct lw_glob_end end = { LW_NFA_NONE, LW_NFA_NONE };
		__u32 entry;
		int err;

		if (doc->repos[i].src != src)
			continue;
		err = lw_glob_build(&rules->nfa, doc->repos[i].text, proto, &end, &entry);
		if (!err)
			err = lw_nfa_start(&rules->nfa, LW_START_RULES, entry);
		if (err)
			return err;
	}
	return 0;
}

void lw_model_digest(const struct lw_doc *doc, unsigned char ret[32])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < doc->n_src; i++)
		crypto_hash_sha256_update(&state, (const unsigned char *)&doc->src[i].model,
					  sizeof(doc->src[i].model));
	for (size_t i = 0; i < doc->n_repos; i++) {
		const struct lw_glob *g = &doc->repos[i];

		crypto_hash_sha256_update(&state, (const unsigned char *)&g->src, sizeof(g->src));
		crypto_hash_sha256_update(&state, (const unsigned char *)g->text,
					  strlen(g->text) + 1);
	}
	crypto_hash_sha256_final(&state, ret);
}

int lw_model_rules_make(const struct lw_doc *doc, struct lw_model_rules **ret)
{
	struct lw_model_rules *rules = NULL;
	int err = 0;

	*ret = NULL;
	for (__u32 i = 0; i < doc->n_src && !err; i++) {
		const struct lw_src *s = &doc->src[i];

		if (!s->rule.model)
			continue;
		if (!rules) {
			rules = calloc(1, sizeof(*rules));
			if (!rules)
				return -ENOMEM;
			err = lw_nfa_init(&rules->nfa);
			if (err)
				break;
		}
		rules->rule[rules->n].cond = s->model;
		rules->rule[rules->n].allows = s->action == LW_ALLOW;
		err = add_repos(doc, rules, i, rules->n++);
	}
	if (err) {
		lw_model_rules_free(rules);
		return err;
	}
	*ret = rules;
	return 0;
}

void lw_model_rules_free(struct lw_model_rules *rules)
{
	if (!rules)
		return;
	lw_nfa_free(&rules->nfa);
	free(rules);
}

/* The nodes that a text has come to. */
struct states {
	__u32 *node;
	size_t n;
	bool *in; /* by node */
};

/* Adds a node, or what it leads to without a byte. */
static void enter(const struct lw_nfa *nfa, struct states *s, __u32 node)
{
	size_t done = s->n;

	if (node == LW_NFA_NONE || s->in[node])
		return;
	s->in[node] = true;
	s->node[s->n++] = node;
	for (; done < s->n; done++) {
		const struct lw_nfa_node *n = &nfa->nodes[s->node[done]];
		__u32 next[2] = { n->next, n->other };

		for (int i = 0; n->type == LW_NFA_SPLIT && i < 2; i++) {
			if (next[i] == LW_NFA_NONE || s->in[next[i]])
				continue;
			s->in[next[i]] = true;
			s->node[s->n++] = next[i];
		}
	}
}

static void step(const struct lw_nfa *nfa, const struct states *from, struct states *to,
		 unsigned char c)
{
	for (size_t i = 0; i < to->n; i++)
		to->in[to->node[i]] = false;
	to->n = 0;
	for (size_t i = 0; i < from->n; i++) {
		const struct lw_nfa_node *n = &nfa->nodes[from->node[i]];

		if (n->type == LW_NFA_BYTE && lw_set_has(&nfa->sets[n->set], c))
			enter(nfa, to, n->next);
	}
}

/* Bits of the rules with a glob that matches. Return: 0, -ENOMEM. */
static int match_repo(const struct lw_model_rules *rules, const char *repo, __u64 *ret)
{
	const struct lw_nfa *nfa = &rules->nfa;
	_cleanup_free_ __u32 *nodes = calloc(2 * nfa->n + 1, sizeof(*nodes));
	_cleanup_free_ bool *in = calloc(2 * nfa->n + 1, sizeof(*in));
	struct states at[2] = { { nodes, 0, in }, { nodes + nfa->n, 0, in + nfa->n } };
	int now = 0;

	*ret = 0;
	if (!nodes || !in)
		return -ENOMEM;
	for (size_t i = 0; i < nfa->starts[LW_START_RULES].n; i++)
		enter(nfa, &at[0], nfa->starts[LW_START_RULES].node[i]);
	if (*repo != '/') {
		step(nfa, &at[0], &at[1], '/');
		now = 1;
	}
	for (; *repo; repo++, now = !now)
		step(nfa, &at[now], &at[!now], *repo);
	for (size_t i = 0; i < at[now].n; i++) {
		const struct lw_nfa_node *n = &nfa->nodes[at[now].node[i]];

		if (n->type == LW_NFA_ACCEPT)
			*ret |= 1ULL << (n->src & 63);
	}
	return 0;
}

/* What forbids asks for one file of a format; what allows, that there is no other one. */
static enum truth judge_format(const struct lw_model_cond *cond, bool allows,
			       const struct lw_model *m)
{
	bool open = m->pending || m->unread;

	if (allows) {
		if (m->formats & ~cond->formats)
			return NO;
		return open || !m->formats ? UNSURE : YES;
	}
	if (m->formats & cond->formats)
		return YES;
	return open ? UNSURE : NO;
}

static enum truth judge_pinned(bool want, const struct lw_model *m)
{
	if (m->pinned == LW_PIN_UNKNOWN)
		return UNSURE;
	return (m->pinned == LW_PINNED) == want ? YES : NO;
}

static enum truth least(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

static enum truth most(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

/* @repos: bits of the rules whose globs match it; @named: they do or do not. */
static enum truth judge(const struct lw_model_rules *rules, size_t i, const struct lw_model *m,
			__u64 repos, bool named)
{
	const struct lw_model_cond *cond = &rules->rule[i].cond;
	enum truth t = YES;

	if (cond->hubs)
		t = least(t, !m->hub ? UNSURE : cond->hubs >> m->hub & 1 ? YES : NO);
	if (cond->repo)
		t = least(t, !named ? UNSURE : repos >> i & 1 ? YES : NO);
	if (cond->formats)
		t = least(t, judge_format(cond, rules->rule[i].allows, m));
	if (cond->pinned >= 0)
		t = least(t, judge_pinned(cond->pinned, m));
	return t;
}

void lw_policy_models(const struct lw_policy *policy, const struct lw_model *const *models,
		      size_t n, bool all, __u64 *ret_satisfied, __u64 *ret_unsure)
{
	const struct lw_model_rules *rules = policy->models;
	enum truth t[LW_MODEL_RULES_MAX];

	*ret_satisfied = *ret_unsure = 0;
	/* What allows holds for all of them, what forbids for one. */
	for (size_t i = 0; rules && i < rules->n; i++)
		t[i] = rules->rule[i].allows && n ? YES : NO;
	for (size_t k = 0; rules && k < n; k++) {
		bool named = models[k]->repo != NULL;
		__u64 repos = 0;

		if (named && match_repo(rules, models[k]->repo, &repos) < 0)
			named = false;
		for (size_t i = 0; i < rules->n; i++) {
			enum truth one = judge(rules, i, models[k], repos, named);

			t[i] = rules->rule[i].allows ? least(t[i], one) : most(t[i], one);
		}
	}
	for (size_t i = 0; rules && i < rules->n; i++) {
		if (!all)
			t[i] = rules->rule[i].allows ? least(t[i], UNSURE) : most(t[i], UNSURE);
		*ret_satisfied |= (__u64)(t[i] == YES) << i;
		*ret_unsure |= (__u64)(t[i] == UNSURE) << i;
	}
}
