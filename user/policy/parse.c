// SPDX-License-Identifier: Apache-2.0
/* The document: which keys there are and what may stand behind them. Rules are in parse_rule.c. */
#include "policy/evidence.h"
#include "policy/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_LEN_MAX 128U  /* bytes of an id or a name */
#define TEXT_LEN_MAX 1024U /* bytes of a reason or a description */

const char *lw_json_type(const cJSON *v)
{
	switch (v->type & 0xff) {
	case cJSON_String:
		return "a string";
	case cJSON_Number:
		return "a number";
	case cJSON_Array:
		return "a list";
	case cJSON_Object:
		return "an object";
	case cJSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

void lw_wrong_type(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *want)
{
	lw_doc_error(doc, ptr, NULL, "%s expected, but this is %s", want, lw_json_type(v));
}

/* A key of a later version, or one that is not known at all. */
static void unknown_key(struct lw_doc *doc, const struct lw_ptr *ptr, const char *key,
			const struct lw_key *keys, size_t n)
{
	const char *names[32], *near;

	if (strncmp(key, "model.", 6) == 0 || strcmp(key, "model") == 0) {
		lw_problem_key(doc, LW_PROBLEM_ERROR, ptr,
			       "remove the rule, or name addresses (cidr) or files (path)",
			       "`%s` is not supported by this version", key);
		return;
	}
	for (size_t i = 0; i < n; i++)
		names[i] = keys[i].name;
	near = lw_nearest(key, names, n);
	lw_problem_key(doc, LW_PROBLEM_ERROR, ptr,
		       near ? lw_hint(doc, "did you mean `%s`?", near) : NULL,
		       "unknown key `%.64s`", key);
}

void lw_parse_object(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v,
		     const struct lw_key *keys, size_t n, void *out)
{
	const cJSON *item;

	if (!cJSON_IsObject(v)) {
		lw_wrong_type(doc, ptr, v, "an object");
		return;
	}
	cJSON_ArrayForEach (item, v) {
		struct lw_ptr at = { .up = ptr, .key = item->string };
		size_t i = 0;

		while (i < n && strcmp(keys[i].name, item->string) != 0)
			i++;
		if (i == n)
			unknown_key(doc, &at, item->string, keys, n);
		else
			keys[i].parse(doc, &at, item, (char *)out + keys[i].offset);
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].required && !cJSON_GetObjectItemCaseSensitive(v, keys[i].name))
			lw_doc_error(doc, ptr, NULL, "`%s` is missing", keys[i].name);
}

void lw_parse_list(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *want,
		   void (*fn)(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v,
			      void *out),
		   void *out)
{
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(v)) {
		fn(doc, ptr, v, out);
		return;
	}
	if (!v->child)
		lw_doc_error(doc, ptr, "remove the key to match everything", "empty list of %s",
			     want);
	cJSON_ArrayForEach (item, v) {
		struct lw_ptr at = { .up = ptr, .index = i++ };

		fn(doc, &at, item, out);
	}
}

/* A string for people: it is printed on terminals and in logs, so no control characters. */
static const char *parse_text(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v,
			      size_t max)
{
	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "a string");
		return NULL;
	}
	if (strlen(v->valuestring) > max) {
		lw_doc_error(doc, ptr, NULL, "longer than %zu bytes", max);
		return NULL;
	}
	for (const unsigned char *p = (const unsigned char *)v->valuestring; *p; p++) {
		if (*p < 0x20 || *p == 0x7f) {
			lw_doc_error(doc, ptr, NULL, "control character in a text");
			return NULL;
		}
	}
	return lw_keep(doc, v->valuestring);
}

void lw_parse_text(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	*(const char **)out = parse_text(doc, ptr, v, TEXT_LEN_MAX);
}

void lw_parse_id(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const char *id = parse_text(doc, ptr, v, NAME_LEN_MAX);

	if (!id)
		return;
	if (!*id || id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-")]) {
		lw_doc_error(doc, ptr, "use a-z, 0-9, '.', '_' and '-'", "bad id `%s`", id);
		return;
	}
	*(const char **)out = id;
}

bool lw_parse_word(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, const char *what,
		   const char *const *words, size_t n, unsigned int *ret)
{
	const char *near;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "a string");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(v->valuestring, words[i]) == 0) {
			*ret = i;
			return true;
		}
	}
	near = lw_nearest(v->valuestring, words, n);
	lw_doc_error(doc, ptr, near ? lw_hint(doc, "did you mean `%s`?", near) : NULL,
		     "`%.64s` is no %s", v->valuestring, what);
	return false;
}

void lw_parse_action(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "allow", "alert", "deny", "kill", "kill-loader" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "action", words, 5, &i))
		*(enum lw_action *)out = i;
}

void lw_parse_raw(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	(void)doc;
	(void)ptr;
	*(const cJSON **)out = v;
}

void lw_parse_bool(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	if (!cJSON_IsBool(v))
		lw_wrong_type(doc, ptr, v, "true or false");
	else
		*(int *)out = cJSON_IsTrue(v);
}

void lw_parse_kind(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const char *near;
	__u64 mask;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "a kind of event (a string)");
		return;
	}
	mask = lw_kind_mask(v->valuestring);
	near = lw_kind_nearest(v->valuestring);
	if (!mask)
		lw_doc_error(doc, ptr, near ? lw_hint(doc, "did you mean `%s`?", near) : NULL,
			     "no kind of event is named `%.64s`", v->valuestring);
	*(__u64 *)out |= mask;
}

static void parse_version(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	(void)out;
	if (!cJSON_IsNumber(v))
		lw_wrong_type(doc, ptr, v, "a number");
	else if (v->valuedouble != 1)
		lw_doc_error(doc, ptr, "write 1", "this program reads version 1 only");
}

static void parse_name(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	(void)out;
	doc->name = parse_text(doc, ptr, v, NAME_LEN_MAX);
	if (doc->name && !*doc->name)
		lw_doc_error(doc, ptr, NULL, "the name is empty");
}

static void parse_description(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v,
			      void *out)
{
	(void)out;
	parse_text(doc, ptr, v, TEXT_LEN_MAX);
}

static void parse_mode(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "observe", "enforce" };
	unsigned int i;

	(void)out;
	if (lw_parse_word(doc, ptr, v, "mode", words, 2, &i))
		doc->mode = i ? LW_MODE_ENFORCE : LW_MODE_OBSERVE;
}

static void parse_record(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	(void)out;
	doc->record = 0;
	if (!cJSON_IsArray(v))
		lw_wrong_type(doc, ptr, v, "a list of kinds of event");
	else if (v->child)
		lw_parse_list(doc, ptr, v, "kinds", lw_parse_kind, &doc->record);
}

static const struct lw_key default_keys[] = {
	{ "action", lw_parse_action, offsetof(struct lw_default, action), true },
	{ "record", lw_parse_bool, offsetof(struct lw_default, record), false },
};

static void parse_default(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	struct lw_default *d = out;

	if (cJSON_IsObject(v))
		lw_parse_object(doc, ptr, v, default_keys, 2, d);
	else
		lw_parse_action(doc, ptr, v, &d->action);
}

static const struct lw_key defaults_keys[] = {
	{ "file", parse_default, offsetof(struct lw_doc, dflt[LW_DEFAULT_FILE]), false },
	{ "net", parse_default, offsetof(struct lw_doc, dflt[LW_DEFAULT_NET]), false },
	{ "exec", parse_default, offsetof(struct lw_doc, dflt[LW_DEFAULT_EXEC]), false },
	{ "system", parse_default, offsetof(struct lw_doc, dflt[LW_DEFAULT_SYSTEM]), false },
};

static void parse_defaults(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	(void)out;
	lw_parse_object(doc, ptr, v, defaults_keys, LW_COUNT(defaults_keys), doc);
}

struct parts {
	const cJSON *loaders, *rules;
};

static const struct lw_key doc_keys[] = {
	{ "version", parse_version, 0, true },
	{ "name", parse_name, 0, true },
	{ "description", parse_description, 0, false },
	{ "mode", parse_mode, 0, false },
	{ "loaders", lw_parse_raw, offsetof(struct parts, loaders), false },
	{ "rules", lw_parse_raw, offsetof(struct parts, rules), false },
	{ "default", parse_defaults, 0, false },
	{ "record", parse_record, 0, false },
	{ "resolvers", lw_parse_resolvers, 0, false },
	{ "$schema", parse_description, 0, false },
};

/* Ids are compared over the whole file: a record names its rule by nothing else. */
static void check_ids(struct lw_doc *doc)
{
	for (size_t i = 0; i < doc->n_src; i++) {
		const struct lw_src *a = &doc->src[i];
		struct lw_ptr at = { .up = a->ptr, .key = "id" };

		if (!a->id || a->pseudo || a->builtin)
			continue;
		for (size_t k = 0; k < i; k++) {
			if (doc->src[k].id && strcmp(doc->src[k].id, a->id) == 0) {
				lw_doc_error(doc, &at, "give every rule its own id",
					     "the id `%s` is taken", a->id);
				break;
			}
		}
	}
}

static void set_defaults(struct lw_doc *doc)
{
	doc->mode = LW_MODE_ENFORCE;
	doc->record = LW_ON(LW_PROCESS_FORK) | LW_ON(LW_PROCESS_EXEC) | LW_ON(LW_PROCESS_EXIT) |
		      lw_kind_mask("net.*") | lw_kind_mask("loader.*");
	for (int i = 0; i < LW_DEFAULT_COUNT; i++)
		doc->dflt[i].record = -1;
	doc->dflt[LW_DEFAULT_NET].action = LW_ALERT;
	doc->dflt[LW_DEFAULT_EXEC].action = LW_ALERT;
	doc->dflt[LW_DEFAULT_SYSTEM].action = LW_ALERT;
}

static void json_problem(const struct lw_json_problem *problem, void *arg)
{
	lw_problem_at(arg, problem->at, problem->message);
}

int lw_doc_parse(struct lw_doc *doc, const struct lw_policy_self *self)
{
	const struct lw_ptr rules = { .key = "rules" }, loaders = { .key = "loaders" };
	struct parts parts = { NULL, NULL };
	cJSON *root;
	int err;

	set_defaults(doc);
	err = lw_json_check(doc->text, doc->len, json_problem, doc);
	if (err)
		return err == -ENOMEM ? err : doc->err;
	root = cJSON_ParseWithLength(doc->text, doc->len);
	if (!root)
		return -ENOMEM; /* the grammar is right */
	lw_parse_object(doc, NULL, root, doc_keys, LW_COUNT(doc_keys), &parts);
	if (self)
		lw_self_rules(doc, self);
	if (parts.rules)
		lw_resolver_rule(doc, parts.rules);
	/* Loaders come after the rules, wherever they stand in the file: see lw_doc.src. */
	if (parts.rules)
		lw_parse_rules(doc, &rules, parts.rules);
	if (parts.loaders)
		lw_parse_loaders(doc, &loaders, parts.loaders);
	lw_artefact_rules(doc);
	check_ids(doc);
	cJSON_Delete(root);
	return doc->err;
}
