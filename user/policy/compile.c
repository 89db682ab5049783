// SPDX-License-Identifier: Apache-2.0
#include "policy/compile.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model.h"
#include "policy/nfa.h"

static void check_globs(struct lw_doc *doc)
{
	for (size_t i = 0; i < doc->n_globs; i++) {
		const struct lw_glob *g = &doc->globs[i];
		struct lw_glob_error e;

		if (g->domain || !lw_glob_check(g->text, &e))
			continue;
		lw_doc_error(doc, g->ptr, e.hint, "bad glob `%.128s`: %s", g->text, e.message);
		doc->src[g->src].broken = true;
	}
}

static int add_row(struct lw_compiler *c, struct lw_src *s, __u64 on, struct lw_ports ports,
		   bool record)
{
	struct lw_rule *row;

	if (!on)
		return 0;
	if (c->img->hdr.nrules == LW_RULES_MAX) {
		lw_doc_error(c->doc, s->ptr, "each port range of a rule counts as one",
			     "more than %u rules, up to this one", LW_RULES_MAX);
		return -E2BIG;
	}
	row = &c->img->rules[c->img->hdr.nrules++];
	*row = s->rule;
	row->on = on;
	row->port_lo = ports.lo;
	row->port_hi = ports.hi;
	row->action = s->action;
	row->severity = s->severity;
	row->flags = s->rule.flags | (record ? LW_RULE_RECORD : 0);
	if (s->action != LW_ALLOW)
		c->img->hdr.judged |= on;
	s->n_rows++;
	return 0;
}

/*
 * One rule of the file as rows of the table: a row for each port range, and, where only some of the
 * kinds that it allows are to be recorded, one for those and one for the others.
 */
static int expand_rule(struct lw_compiler *c, struct lw_src *s)
{
	static const struct lw_ports all = { 0, 65535 };
	size_t n = s->n_ports ? s->n_ports : 1;
	__u64 on = s->rule.on, recorded = c->doc->record;
	int err = 0;

	s->first_row = c->img->hdr.nrules;
	if (s->broken)
		return 0;
	/* A socket has no port yet. */
	if (s->has_ports)
		on &= ~LW_ON(LW_NET_SOCKET);
	/* What is not allowed is reported in any case. */
	if (s->record >= 0 || s->action != LW_ALLOW)
		recorded = s->record == 0 ? 0 : ~0ULL;
	for (size_t i = 0; i < n && !err; i++) {
		struct lw_ports ports = s->n_ports ? s->ports[i] : all;

		err = add_row(c, s, on & recorded, ports, true);
		if (!err)
			err = add_row(c, s, on & ~recorded, ports, false);
	}
	return err;
}

/*
 * A rule on connections that names hosts gets a bit: an answer sets it for the addresses of a name
 * that the rule matches. Without names of its own, those of its exceptions: then it applies where
 * the bit is not set.
 */
static int number_domain(struct lw_compiler *c, struct lw_src *s)
{
	struct lw_image_hdr *h = &c->img->hdr;

	if (s->broken || !(s->rule.on & LW_ON_REACH) || !(s->has_domain || s->except_domain))
		return 0;
	if (h->ndomains == LW_DOMAINS_MAX) {
		lw_doc_error(c->doc, s->ptr, "join rules that ask for the same",
			     "more than %u rules on connections name hosts, up to this one",
			     LW_DOMAINS_MAX);
		return -E2BIG;
	}
	s->rule.domain = ++h->ndomains;
	if (!s->has_domain)
		s->rule.flags |= LW_RULE_UNNAMED;
	return 0;
}

/* A rule that asks for models gets a bit, which user space sets for a loader. */
static int number_model(struct lw_compiler *c, struct lw_src *s)
{
	struct lw_image_hdr *h = &c->img->hdr;

	if (s->broken || !s->has_model)
		return 0;
	if (h->nmodels == LW_MODEL_RULES_MAX) {
		lw_doc_error(c->doc, s->ptr, "join rules that ask for the same",
			     "more than %u rules ask for models, up to this one",
			     LW_MODEL_RULES_MAX);
		return -E2BIG;
	}
	s->rule.model = ++h->nmodels;
	return 0;
}

static int expand_rules(struct lw_compiler *c)
{
	size_t n = c->doc->n_src;
	int err = 0;

	c->kinds = lw_arena_alloc(&c->doc->arena, (n + 1) * sizeof(*c->kinds));
	if (!c->kinds)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		struct lw_src *s = &c->doc->src[i];

		c->kinds[i] = s->rule.on & LW_ON_WALKED;
		err = number_domain(c, s);
		if (!err)
			err = number_model(c, s);
		if (!err)
			err = expand_rule(c, s);
	}
	return err;
}

static int compile_any(struct lw_compiler *c)
{
	__u32 src[LW_RULES_MAX];

	for (unsigned int kind = 0; kind < LW_KIND_COUNT; kind++) {
		__u64 on = LW_ON(kind);
		size_t n = 0;
		int list;

		if (!(on & LW_ON_UNNAMED))
			continue;
		for (size_t i = 0; i < c->doc->n_src && n < LW_RULES_MAX; i++) {
			const struct lw_src *s = &c->doc->src[i];

			if (!s->broken && (s->rule.on & on) && !s->has_path && !s->has_cidr &&
			    !s->has_domain)
				src[n++] = i;
		}
		list = lw_list_make(c, on, src, n);
		if (list < 0)
			return list;
		c->img->hdr.list_any[kind] = list;
	}
	return 0;
}

static void fill_header(struct lw_compiler *c)
{
	struct lw_image_hdr *h = &c->img->hdr;

	h->magic = LW_IMAGE_MAGIC;
	h->version = LW_IMAGE_VERSION;
	h->mode = c->doc->mode;
	for (unsigned int k = 0; k < LW_KIND_COUNT; k++) {
		const struct lw_default *d = &c->doc->dflt[lw_kind_default(k)];

		h->default_action[k] = d->action;
		h->default_record[k] = d->record >= 0 ? d->record : !!(c->doc->record & LW_ON(k));
		if (d->action != LW_ALLOW)
			h->judged |= LW_ON(k);
	}
	/* List 0 is the empty one. */
	c->img->list[0] = LW_RULE_NONE;
	c->n_list = 1;
}

static bool decides(const struct lw_src *s)
{
	/* Of a rule that names hosts, the addresses must be left to it and the names as well. */
	if (s->has_domain && s->rule.domain && !s->named)
		return s->alive & ~LW_ON_REACH;
	return s->alive;
}

/* Rules that are never the first to match. Evidence of several loaders may well overlap. */
static void report_shadowed(struct lw_doc *doc)
{
	for (size_t i = 0; i < doc->n_src; i++) {
		const struct lw_src *s = &doc->src[i];

		/* One of the file may well say what is built in too. */
		if (s->broken || decides(s) || !s->n_rows || s->builtin ||
		    (s->shadow != LW_NO_SRC && doc->src[s->shadow].builtin) ||
		    (s->pseudo && s->rule.on == LW_ON(LW_TAG_EVIDENCE)))
			continue;
		if (!s->seen)
			lw_doc_warn(doc, s->ptr, "are all its objects among its own exceptions?",
				    "rule `%s` matches nothing", s->id);
		else if (s->shadow != LW_NO_SRC)
			lw_doc_warn(doc, s->ptr,
				    lw_hint(doc, "move it before `%s`, or remove it",
					    doc->src[s->shadow].id),
				    "rule `%s` never decides: `%s` matches before it", s->id,
				    doc->src[s->shadow].id);
	}
}

/* The parts do not depend on each other: each may add its problems. */
static int compile_parts(struct lw_compiler *c)
{
	int (*const parts[])(struct lw_compiler * c) = { lw_paths_compile, lw_trie_compile,
							 compile_any };
	bool whole = true;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int err = parts[i](c);

		if (err && err != -E2BIG)
			return err;
		whole = whole && !err;
	}
	if (whole)
		report_shadowed(c->doc);
	return 0;
}

int lw_compile(struct lw_doc *doc, struct lw_image **ret_img)
{
	struct lw_compiler *c = calloc(1, sizeof(*c));
	int err;

	*ret_img = NULL;
	if (!c)
		return -ENOMEM;
	c->doc = doc;
	c->img = calloc(1, sizeof(*c->img));
	if (!c->img) {
		free(c);
		return -ENOMEM;
	}
	check_globs(doc);
	fill_header(c);
	err = expand_rules(c);
	if (!err)
		err = compile_parts(c);
	if (!err && !doc->err && !doc->report->errors) {
		if (c->img->hdr.nmodels)
			lw_model_digest(doc, c->img->hdr.models);
		crypto_hash_sha256(c->img->hdr.digest, (const unsigned char *)c->img,
				   sizeof(*c->img));
		*ret_img = c->img;
		c->img = NULL;
	}
	free(c->img);
	free(c);
	if (doc->err)
		return doc->err;
	return err == -E2BIG ? 0 : err;
}
