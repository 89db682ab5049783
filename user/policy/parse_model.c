// SPDX-License-Identifier: Apache-2.0
/* The `model` of a rule: what is to have been loaded. */
#include <stdio.h>
#include <string.h>

#include "policy/model.h"
#include "policy/nfa.h"
#include "policy/parse.h"

struct raw {
	const cJSON *format, *hub, *repo;
	int pinned;
};

static const struct lw_key model_keys[] = {
	{ "format", lw_parse_raw, offsetof(struct raw, format), false },
	{ "hub", lw_parse_raw, offsetof(struct raw, hub), false },
	{ "repo", lw_parse_raw, offsetof(struct raw, repo), false },
	{ "pinned", lw_parse_bool, offsetof(struct raw, pinned), false },
};

static void one_format(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const char *words[LW_FORMAT_COUNT - 1];
	unsigned int i;

	for (i = 0; i < LW_COUNT(words); i++)
		words[i] = lw_format_name(i + 1);
	if (lw_parse_word(doc, ptr, v, "format of a model", words, LW_COUNT(words), &i))
		*(__u32 *)out |= 1U << (i + 1);
}

static void one_hub(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const char *words[LW_HUB_COUNT - 1];
	unsigned int i;

	for (i = 0; i < LW_COUNT(words); i++)
		words[i] = lw_hub_name(i + 1);
	if (lw_parse_word(doc, ptr, v, "hub", words, LW_COUNT(words), &i))
		*(__u32 *)out |= 1U << (i + 1);
}

/* A repository is matched as a path is, so that globs mean the same everywhere. */
static void one_repo(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	char glob[LW_GLOB_MAX + 2];
	struct lw_glob_error e;
	struct lw_glob *slot;
	const char *text;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "a glob (a string)");
		return;
	}
	text = v->valuestring;
	if (!*text || *text == '~' || strlen(text) > LW_GLOB_MAX) {
		lw_doc_error(doc, ptr,
			     "write for example acme/*, or /srv/models/** for directories",
			     "bad glob of repositories `%.128s`", text);
		return;
	}
	snprintf(glob, sizeof(glob), "%s%s", *text == '/' || !strncmp(text, "**", 2) ? "" : "/",
		 text);
	if (lw_glob_check(glob, &e) < 0) {
		lw_doc_error(doc, ptr, e.hint, "bad glob `%.128s`: %s", text, e.message);
		return;
	}
	slot = lw_grow(doc, (void **)&doc->repos, &doc->n_repos, &doc->cap_repos, sizeof(*slot));
	if (slot)
		*slot = (struct lw_glob){ .text = lw_keep(doc, glob),
					  .ptr = lw_ptr_keep(doc, ptr),
					  .src = *(__u32 *)out };
}

void lw_parse_model(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src)
{
	struct lw_ptr format = { .up = ptr, .key = "format" }, hub = { .up = ptr, .key = "hub" };
	struct lw_ptr repo = { .up = ptr, .key = "repo" };
	struct raw r = { .pinned = -1 };
	struct lw_model_cond *cond = &doc->src[src].model;

	lw_parse_object(doc, ptr, v, model_keys, LW_COUNT(model_keys), &r);
	if (!cJSON_IsObject(v))
		return;
	if (!v->child)
		lw_doc_error(doc, ptr, "remove it, or say which models",
			     "an empty `model` asks for nothing");
	doc->src[src].has_model = true;
	cond->pinned = r.pinned;
	if (r.format)
		lw_parse_list(doc, &format, r.format, "formats", one_format, &cond->formats);
	if (r.hub)
		lw_parse_list(doc, &hub, r.hub, "hubs", one_hub, &cond->hubs);
	if (r.repo)
		lw_parse_list(doc, &repo, r.repo, "globs", one_repo, &src);
	cond->repo = r.repo != NULL;
}
