// SPDX-License-Identifier: Apache-2.0
/* Loaders become pseudo rules behind the real ones: they tag a task instead of judging it. */
#include <string.h>

#include "policy/evidence.h"
#include "policy/parse.h"

struct raw {
	const char *id;
	unsigned int tag; /* enum lw_tag_state; LW_TAG_NONE: not given */
	const cJSON *exec, *evidence;
};

static void parse_tag(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "candidate", "loader" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "tag", words, LW_COUNT(words), &i))
		*(unsigned int *)out = i ? LW_TAG_LOADER : LW_TAG_CANDIDATE;
}

#define AT(member) offsetof(struct raw, member)

static const struct lw_key loader_keys[] = {
	{ "id", lw_parse_id, AT(id), true },
	{ "exec", lw_parse_raw, AT(exec), true },
	{ "evidence", lw_parse_raw, AT(evidence), false },
	{ "tag", parse_tag, AT(tag), false },
};

__u32 lw_tag_rule_new(struct lw_doc *doc, const struct lw_ptr *ptr, const char *id,
		      unsigned int kind, unsigned int arg)
{
	struct lw_src *src = lw_src_new(doc, ptr);

	if (!src)
		return LW_NO_SRC;
	src->id = id;
	src->action = LW_ALERT; /* anything but allow: "tag it" */
	src->record = 0;
	src->rule.on = LW_ON(kind);
	src->rule.arg = arg;
	src->pseudo = true;
	src->has_path = true;
	return src - doc->src;
}

static void one_exec(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	if (!cJSON_IsString(v))
		lw_wrong_type(doc, ptr, v, "a glob (a string)");
	else
		lw_glob_add(doc, ptr, v->valuestring, *(__u32 *)out, false);
}

static void add_set(struct lw_doc *doc, const struct lw_ptr *ptr, const char *id,
		    const struct lw_evidence *set)
{
	__u32 src = lw_tag_rule_new(doc, ptr, lw_hint(doc, "evidence:%s/%s", id, set->name),
				    LW_TAG_EVIDENCE, LW_TAG_LOADER);

	if (src != LW_NO_SRC)
		lw_evidence_globs(doc, ptr, set, src);
}

struct evidence_ctx {
	const char *id;
	__u32 custom; /* the pseudo rule of globs that belong to no set */
};

static void one_evidence(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	struct evidence_ctx *c = out;
	const struct lw_evidence *set;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "the name of a set, or a glob (a string)");
		return;
	}
	set = lw_evidence_find(v->valuestring);
	if (set) {
		add_set(doc, ptr, c->id, set);
		return;
	}
	if (!strpbrk(v->valuestring, "/*~@:")) {
		lw_doc_error(doc, ptr, lw_evidence_hint(doc), "no evidence is named `%.64s`",
			     v->valuestring);
		return;
	}
	if (c->custom == LW_NO_SRC)
		c->custom = lw_tag_rule_new(doc, ptr, lw_hint(doc, "evidence:%s/paths", c->id),
					    LW_TAG_EVIDENCE, LW_TAG_LOADER);
	if (c->custom != LW_NO_SRC)
		lw_glob_add(doc, ptr, v->valuestring, c->custom, false);
}

static void finish_loader(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r)
{
	struct lw_ptr exec = { .up = ptr, .key = "exec" }, ev = { .up = ptr, .key = "evidence" };
	struct evidence_ctx c = { .id = r->id ? r->id : "?", .custom = LW_NO_SRC };
	unsigned int tag = r->tag;
	__u32 src;

	if (tag == LW_TAG_NONE)
		tag = r->evidence ? LW_TAG_CANDIDATE : LW_TAG_LOADER;
	if (tag == LW_TAG_CANDIDATE && !r->evidence)
		lw_doc_warn(doc, ptr, "add \"evidence\", or set \"tag\": \"loader\"",
			    "a candidate without evidence of its own may never become a loader");
	src = lw_tag_rule_new(doc, ptr, lw_hint(doc, "loader:%s", c.id), LW_TAG_EXEC, tag);
	if (src != LW_NO_SRC && r->exec)
		lw_parse_list(doc, &exec, r->exec, "globs", one_exec, &src);
	if (r->evidence)
		lw_parse_list(doc, &ev, r->evidence, "evidence", one_evidence, &c);
}

static void check_twice(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *list,
			const cJSON *item)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(item, "id"), *other, *at;
	struct lw_ptr p = { .up = ptr, .key = "id" };

	if (!cJSON_IsString(id))
		return;
	for (other = list->child; other != item; other = other->next) {
		at = cJSON_GetObjectItemCaseSensitive(other, "id");
		if (cJSON_IsString(at) && strcmp(at->valuestring, id->valuestring) == 0) {
			lw_doc_error(doc, &p, "give every loader its own id",
				     "the id `%.64s` is taken", id->valuestring);
			return;
		}
	}
}

void lw_parse_loaders(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v)
{
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(v)) {
		lw_wrong_type(doc, ptr, v, "a list of loaders");
		return;
	}
	if (!v->child)
		lw_doc_warn(doc, ptr, "remove the key, or name what loads models",
			    "no loaders: only what `loadward run` starts is watched");
	cJSON_ArrayForEach (item, v) {
		struct raw r = { .tag = LW_TAG_NONE };
		struct lw_ptr at = { .up = ptr, .index = i++ };

		if (i > LW_RULES_MAX) {
			lw_doc_error(doc, &at, NULL, "more than %u loaders", LW_RULES_MAX);
			return;
		}
		size_t errors = doc->report->errors, first = doc->n_src;

		lw_parse_object(doc, &at, item, loader_keys, LW_COUNT(loader_keys), &r);
		check_twice(doc, &at, v, item);
		if (cJSON_IsObject(item))
			finish_loader(doc, &at, &r);
		for (size_t k = first; k < doc->n_src; k++)
			doc->src[k].broken = doc->report->errors > errors;
	}
}
