// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "policy/compile.h"
#include "policy/model.h"
#include "policy/named.h"

static char *dup_or_null(const char *s, int *err)
{
	char *copy = s ? strdup(s) : NULL;

	if (s && !copy)
		*err = -ENOMEM;
	return copy;
}

static int describe_rules(struct lw_policy *p, const struct lw_doc *doc)
{
	int err = 0;

	p->rules = calloc(p->image->hdr.nrules + 1, sizeof(*p->rules));
	if (!p->rules)
		return -ENOMEM;
	for (size_t i = 0; i < doc->n_src; i++) {
		const struct lw_src *s = &doc->src[i];

		for (__u32 r = s->first_row; r < s->first_row + s->n_rows; r++) {
			struct lw_rule_info *info = &p->rules[r];

			info->id = dup_or_null(s->id, &err);
			info->reason = dup_or_null(s->reason, &err);
			info->pointer = lw_ptr_format(s->ptr);
			info->action = s->action;
			info->severity = s->severity;
			if (!info->pointer)
				err = -ENOMEM;
		}
	}
	return err;
}

static int keep_resolvers(struct lw_policy *p, const struct lw_doc *doc)
{
	p->resolvers_system = doc->resolvers_system || !doc->resolvers_given;
	p->n_resolvers = doc->n_resolvers;
	p->resolvers = calloc(doc->n_resolvers + 1, sizeof(*p->resolvers));
	if (!p->resolvers)
		return -ENOMEM;
	if (doc->n_resolvers)
		memcpy(p->resolvers, doc->resolvers, doc->n_resolvers * sizeof(*p->resolvers));
	return 0;
}

static int make_policy(const struct lw_doc *doc, const char *file, struct lw_image *img,
		       struct lw_policy **ret_policy)
{
	struct lw_policy *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p) {
		free(img);
		return -ENOMEM;
	}
	p->image = img;
	p->mode = doc->mode;
	p->file = dup_or_null(file, &err);
	p->name = dup_or_null(doc->name, &err);
	sodium_bin2hex(p->digest, sizeof(p->digest), img->hdr.digest, sizeof(img->hdr.digest));
	if (!err)
		err = describe_rules(p, doc);
	if (!err)
		err = lw_named_collect(doc, &p->named, &p->n_named);
	if (!err)
		err = keep_resolvers(p, doc);
	if (!err)
		err = lw_model_rules_make(doc, &p->models);
	if (err) {
		lw_policy_free(p);
		return err;
	}
	*ret_policy = p;
	return 0;
}

static int parse(struct lw_doc *doc, const char *name, const struct lw_policy_env *env,
		 struct lw_policy **ret_policy)
{
	struct lw_image *img = NULL;
	int err = 0;

	if (doc->len > LW_POLICY_FILE_MAX) {
		doc->text = NULL; /* no position in it is of use */
		lw_doc_error(doc, NULL, NULL, "larger than %u bytes", LW_POLICY_FILE_MAX);
		return doc->err ? doc->err : -EINVAL;
	}
	err = lw_doc_parse(doc, env ? env->self : NULL);
	if (!err)
		err = lw_homes_find(doc, env);
	if (!err)
		err = lw_compile(doc, &img);
	if (!err)
		lw_symlink_check(doc);
	if (!err)
		err = doc->err;
	if (err || !img) {
		free(img);
		return err ? err : -EINVAL;
	}
	return make_policy(doc, name, img, ret_policy);
}

int lw_policy_parse(const char *text, size_t len, const char *name, const struct lw_policy_env *env,
		    struct lw_policy **ret_policy, struct lw_report *ret_report)
{
	struct lw_doc doc = { .text = text, .len = len, .report = ret_report };
	int err;

	*ret_policy = NULL;
	*ret_report = (struct lw_report){ 0 };
	err = parse(&doc, name ? name : "<text>", env, ret_policy);
	lw_report_sort(ret_report);
	lw_arena_free(&doc.arena);
	return err;
}

/* One byte more than allowed is enough to know. */
static int read_file(const char *path, char **ret_text, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;
	size_t len = 0;

	/* Non-blocking: a FIFO must not hang the daemon. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	text = malloc(LW_POLICY_FILE_MAX + 1);
	if (!text)
		return -ENOMEM;
	while (len <= LW_POLICY_FILE_MAX) {
		ssize_t n = read(fd, text + len, LW_POLICY_FILE_MAX + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += n;
	}
	*ret_text = lw_steal_ptr(text);
	*ret_len = len;
	return 0;
}

int lw_policy_load(const char *path, const struct lw_policy_env *env, struct lw_policy **ret_policy,
		   struct lw_report *ret_report)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int err = read_file(path, &text, &len);

	if (err) {
		struct lw_doc doc = { .report = ret_report };

		*ret_policy = NULL;
		*ret_report = (struct lw_report){ 0 };
		lw_doc_error(&doc, NULL, NULL, "cannot read the file: %s",
			     err == -ENOTSUP ? "not a regular file" : strerror(-err));
		return err;
	}
	return lw_policy_parse(text, len, path, env, ret_policy, ret_report);
}

void lw_policy_free(struct lw_policy *policy)
{
	if (!policy)
		return;
	for (__u32 i = 0; policy->rules && i < policy->image->hdr.nrules; i++) {
		free(policy->rules[i].id);
		free(policy->rules[i].reason);
		free(policy->rules[i].pointer);
	}
	free(policy->rules);
	free(policy->resolvers);
	lw_named_free(policy->named, policy->n_named);
	lw_model_rules_free(policy->models);
	free(policy->image);
	free(policy->file);
	free(policy->name);
	free(policy);
}

const char *lw_policy_rule_id(const struct lw_policy *policy, unsigned int rule)
{
	if (rule < policy->image->hdr.nrules)
		return policy->rules[rule].id;
	return rule == LW_RULE_UNRESOLVED ? "unresolved" : "default";
}

const char *lw_policy_rule_reason(const struct lw_policy *policy, unsigned int rule)
{
	if (rule < policy->image->hdr.nrules)
		return policy->rules[rule].reason;
	if (rule == LW_RULE_UNRESOLVED)
		return "the object could not be resolved, so no rule could judge it";
	return NULL;
}

struct lw_verdict lw_policy_match_path(const struct lw_policy *policy, const char *path, size_t len,
				       const struct lw_query *q)
{
	const struct lw_image *img = policy->image;
	__u32 state = (LW_ON(q->kind & 63) & LW_ON_TAG) ? img->hdr.start_tag : img->hdr.start;

	for (size_t i = 0; i < len; i++)
		state = lw_dfa_next(img, state, path[i]);
	return lw_verdict_of(img, lw_list_first(img, lw_dfa_list(img, state), q), q->kind);
}

struct lw_verdict lw_policy_match_addr(const struct lw_policy *policy, const unsigned char *addr,
				       bool v6, const struct lw_query *q)
{
	const struct lw_image *img = policy->image;
	__u32 list = lw_trie_list(img, addr, v6);

	return lw_verdict_of(img, lw_list_first(img, list, q), q->kind);
}

static __u32 name_list(const struct lw_image *img, const char *name, size_t len)
{
	__u32 state = img->hdr.start_domain;

	for (size_t i = 0; i < len; i++)
		state = lw_dfa_next(img, state, name[i]);
	return lw_dfa_list(img, state);
}

__u64 lw_policy_names(const struct lw_policy *policy, const char *name, size_t len)
{
	__u32 list = name_list(policy->image, name, len);
	__u64 names = 0;

	for (__u32 i = 0; list && i < LW_LIST_LEN_MAX; i += LW_LIST_CHUNK)
		if (!lw_list_names(policy->image, list + i, &names))
			break;
	return names;
}

struct lw_verdict lw_policy_match_name(const struct lw_policy *policy, const char *name, size_t len,
				       const struct lw_query *q)
{
	const struct lw_image *img = policy->image;
	struct lw_query own = *q;

	own.names = ~0ULL; /* the list is of those rules that the name satisfies */
	return lw_verdict_of(img, lw_list_first(img, name_list(img, name, len), &own), q->kind);
}
