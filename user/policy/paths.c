// SPDX-License-Identifier: Apache-2.0
/* All globs of a policy to one automaton in the image. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/dfa.h"

/* The globs that cost most are tried to be left out, to name the one that helps. */
#define CULPRITS 4

static int list_cb(void *arg, const __u32 *src, size_t n)
{
	struct lw_compiler *c = arg;
	int list;

	c->by_name = true;
	list = lw_list_make(c, LW_ON_WALKED, src, n);
	c->by_name = false;
	return list;
}

static __u64 settled_cb(void *arg, __u32 by, __u32 src)
{
	const struct lw_compiler *c = arg;
	const struct lw_src *a = &c->doc->src[by];

	/* Ranges are rows of their own: none of them alone covers anything. */
	return a->n_ports ? 0 : lw_rule_covers(&a->rule, &c->doc->src[src].rule, true);
}

static void dominated_cb(void *arg, __u32 src, __u32 by)
{
	struct lw_compiler *c = arg;
	struct lw_src *s = &c->doc->src[src];

	s->seen = true;
	if (by < s->shadow)
		s->shadow = by;
}

/* The globs of `~`, which all hang behind one set of homes, and the others. */
struct nfa_build {
	struct lw_nfa *nfa;
	const struct lw_doc *doc;
	__u32 home[LW_START_COUNT]; /* first node behind a home */
	struct lw_glob_end *ends;   /* of each rule's globs, and of its exceptions */
};

static int add_glob(struct nfa_build *b, const struct lw_glob *g, __u32 number)
{
	struct lw_nfa_node proto = { .src = g->src, .glob = number };
	const struct lw_src *s = &b->doc->src[g->src];
	enum lw_start start = g->domain	  ? LW_START_DOMAIN
			      : s->pseudo ? LW_START_TAG
					  : LW_START_RULES;
	bool home = g->text[0] == '~';
	__u32 entry;
	int err;

	/* Names that a rule on connections does not apply to set its bit as others do. */
	proto.except = g->except && !(s->rule.flags & LW_RULE_UNNAMED && g->domain);
	err = lw_glob_build(b->nfa, g->text + home, proto, &b->ends[2 * g->src + proto.except],
			    &entry);

	if (err)
		return err;
	if (!home)
		return lw_nfa_start(b->nfa, start, entry);
	if (b->home[start] != LW_NFA_NONE)
		entry = lw_nfa_add(b->nfa, (struct lw_nfa_node){ .type = LW_NFA_SPLIT,
								 .next = entry,
								 .other = b->home[start],
								 .src = LW_NO_SRC,
								 .glob = LW_NFA_NONE });
	b->home[start] = entry;
	return entry == LW_NFA_NONE ? -E2BIG : 0;
}

static int add_homes(struct nfa_build *b, enum lw_start start)
{
	struct lw_nfa_node proto = { .src = LW_NO_SRC, .glob = LW_NFA_NONE };
	int err = 0;

	for (size_t i = 0; b->home[start] != LW_NFA_NONE && i < b->doc->n_homes && !err; i++) {
		struct lw_glob_end end = { b->home[start], LW_NFA_NONE };
		__u32 entry;

		err = lw_glob_build(b->nfa, b->doc->homes[i], proto, &end, &entry);
		if (!err)
			err = lw_nfa_start(b->nfa, start, entry);
	}
	return err;
}

/* A rule that judges paths or names of hosts and names none: every one. */
static int add_unbound(struct nfa_build *b, const struct lw_src *s, __u32 src)
{
	struct lw_nfa_node proto = { .src = src, .glob = LW_NFA_NONE };
	__u32 entry;
	int err;

	if (s->broken || !(s->rule.on & LW_ON_WALKED) || s->has_path || s->has_cidr ||
	    s->has_ports || s->has_domain)
		return 0;
	err = lw_glob_build(b->nfa, "**", proto, &b->ends[2 * src], &entry);
	if (!err && s->rule.on & LW_ON_PATH)
		err = lw_nfa_start(b->nfa, LW_START_RULES, entry);
	if (!err && s->rule.on & LW_ON(LW_DNS_QUERY))
		err = lw_nfa_start(b->nfa, LW_START_DOMAIN, entry);
	return err;
}

static int build_nfa(struct lw_compiler *c, struct lw_nfa *nfa)
{
	struct lw_doc *doc = c->doc;
	struct nfa_build b = { .nfa = nfa,
			       .doc = doc,
			       .home = { LW_NFA_NONE, LW_NFA_NONE, LW_NFA_NONE } };
	int err = 0;

	b.ends = lw_arena_alloc(&doc->arena, (2 * doc->n_src + 1) * sizeof(*b.ends));
	if (!b.ends)
		return -ENOMEM;
	for (size_t i = 0; i < 2 * doc->n_src; i++)
		b.ends[i] = (struct lw_glob_end){ LW_NFA_NONE, LW_NFA_NONE };
	for (size_t i = 0; i < doc->n_src && !err; i++)
		err = add_unbound(&b, &doc->src[i], i);
	for (size_t i = 0; i < doc->n_globs && !err; i++) {
		const struct lw_glob *g = &doc->globs[i];

		if (doc->src[g->src].broken)
			continue;
		err = add_glob(&b, g, i);
		if (err == -E2BIG)
			lw_doc_error(doc, g->ptr, "use fewer or shorter globs",
				     "DFA too large: the globs up to this one are too many");
	}
	for (int i = 0; i < LW_START_COUNT && !err; i++)
		err = add_homes(&b, i);
	return err;
}

/* Slots of a row in the image, as a power of two. */
static unsigned int row_shift(const struct lw_dfa *d)
{
	unsigned int shift = 0;

	while ((1U << shift) < d->nclasses)
		shift++;
	return shift;
}

static bool fits(const struct lw_dfa *d)
{
	return d->n <= LW_STATES_MAX && (__u64)d->n << row_shift(d) <= LW_TRANS_MAX;
}

/* States of the automaton without one glob; 0: still too large. */
static __u32 measure_without(struct lw_compiler *c, const struct lw_dfa_env *env, __u32 glob)
{
	struct lw_dfa_env without = *env;
	struct lw_dfa dfa;
	__u32 n = 0;

	/* The image is lost anyway: its lists are made anew. */
	c->n_list = 1;
	memset(c->list_hash, 0, sizeof(c->list_hash));
	c->reported = true;
	without.skip = glob;
	without.cost = NULL;
	without.dominated = NULL;
	if (lw_dfa_build(&without, &dfa))
		return 0;
	if (!lw_dfa_minimise(&dfa) && fits(&dfa))
		n = dfa.n;
	lw_dfa_free(&dfa);
	return n;
}

static void report_too_large(struct lw_compiler *c, const struct lw_dfa_env *env)
{
	__u32 best = LW_NFA_NONE, best_n = 0, first = LW_NFA_NONE;
	const struct lw_glob *g;
	const char *hint = "use fewer `**` and `*` before other text, or shorter globs";

	for (int i = 0; i < CULPRITS; i++) {
		__u32 top = 0, n;

		for (size_t k = 1; k < c->doc->n_globs; k++)
			if (env->cost[k] > env->cost[top])
				top = k;
		if (!c->doc->n_globs || !env->cost[top])
			break;
		env->cost[top] = 0;
		if (first == LW_NFA_NONE)
			first = top;
		n = measure_without(c, env, top);
		if (n && (!best_n || n < best_n)) {
			best = top;
			best_n = n;
		}
	}
	if (best == LW_NFA_NONE)
		best = first;
	if (best == LW_NFA_NONE) {
		lw_doc_error(c->doc, NULL, hint, "DFA too large");
		return;
	}
	g = &c->doc->globs[best];
	if (best_n)
		hint = lw_hint(c->doc, "without it the DFA has %u states; %s", best_n, hint);
	lw_doc_error(c->doc, g->ptr, hint, "DFA too large: `%.128s` costs most", g->text);
}

static void to_image(struct lw_image *img, const struct lw_dfa *d)
{
	img->hdr.nstates = d->n;
	img->hdr.nclasses = d->nclasses;
	img->hdr.shift = row_shift(d);
	img->hdr.start = d->start[LW_START_RULES];
	img->hdr.start_tag = d->start[LW_START_TAG];
	img->hdr.start_domain = d->start[LW_START_DOMAIN];
	memcpy(img->hdr.byte_class, d->byte_class, sizeof(d->byte_class));
	for (__u32 i = 0; i < d->n; i++)
		img->accept[i] = d->list[i];
	for (__u32 i = 0; i < d->n; i++)
		for (__u32 c = 0; c < d->nclasses; c++)
			img->trans[(i << img->hdr.shift) + c] = d->trans[i * d->nclasses + c];
}

static int compile_nfa(struct lw_compiler *c, const struct lw_nfa *nfa)
{
	struct lw_dfa dfa = { 0 };
	__u64 *cost = calloc(c->doc->n_globs + 1, sizeof(*cost));
	struct lw_dfa_env env = { .nfa = nfa,
				  .kinds = c->kinds,
				  .skip = LW_NFA_NONE,
				  .cost = cost,
				  .list = list_cb,
				  .settled = settled_cb,
				  .dominated = dominated_cb,
				  .arg = c };
	int err;

	if (!cost)
		return -ENOMEM;
	err = lw_dfa_build(&env, &dfa);
	if (!err)
		err = lw_dfa_minimise(&dfa);
	if (!err && fits(&dfa))
		to_image(c->img, &dfa);
	else if ((!err || err == -E2BIG) && !c->reported)
		report_too_large(c, &env);
	lw_dfa_free(&dfa);
	free(cost);
	return err;
}

int lw_paths_compile(struct lw_compiler *c)
{
	struct lw_nfa nfa;
	int err = lw_nfa_init(&nfa);

	if (!err)
		err = build_nfa(c, &nfa);
	if (!err)
		err = compile_nfa(c, &nfa);
	lw_nfa_free(&nfa);
	return err;
}
