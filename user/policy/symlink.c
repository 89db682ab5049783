// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel judges resolved paths. A glob whose literal part leads through a symlink on this host
 * never matches by path; it still matches failed opens, and what the inode index knows.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "policy/doc.h"

#define CHECK_MAX   4096U /* globs looked at: a hostile policy must not make a flood of lstat() */
#define EXPAND_SAID 64U	  /* names of one glob: a list of programs means those that are there */
#define TWIN_MAX    256U  /* globs of one rule that are compared */

struct check {
	struct lw_doc *doc;
	const struct lw_glob *glob;
	unsigned int n;
	bool said;
};

/* The first part of @path that is a symlink, cut there; the rest of it in @ret_rest. */
static bool find_link(char *path, const char **ret_rest)
{
	struct stat st;

	for (char *p = path + 1;; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = '\0';
		if (lstat(path, &st))
			return false;
		if (S_ISLNK(st.st_mode)) {
			*p = c;
			*ret_rest = p;
			return true;
		}
		*p = c;
		if (!c)
			return false;
	}
}

/* What follows @n literal bytes of a glob. */
static const char *behind(const char *glob, size_t n)
{
	while (n--)
		glob += glob[0] == '\\' && glob[1] ? 2 : 1;
	return glob;
}

struct twin {
	const char *text;
	bool found;
};

static void compare(const char *text, void *arg)
{
	struct twin *t = arg;

	t->found |= strcmp(text, t->text) == 0;
}

/* A rule that names the resolved path as well has said all. */
static bool has_twin(const struct lw_doc *doc, const struct lw_glob *g, const char *resolved)
{
	struct twin t = { .text = resolved };
	unsigned int n = 0;

	for (size_t i = 0; i < doc->n_globs && n < TWIN_MAX && !t.found; i++) {
		const struct lw_glob *other = &doc->globs[i];

		if (other->src != g->src || other->except != g->except)
			continue;
		n++;
		lw_glob_expand(other->text, EXPAND_SAID, compare, &t);
	}
	return t.found;
}

static void check_one(const char *text, void *arg)
{
	struct check *c = arg;
	char path[LW_GLOB_MAX + 1], link[LW_GLOB_MAX + 1];
	_cleanup_free_ char *real = NULL;
	const char *rest, *resolved;

	if (c->said || c->n++ == CHECK_MAX || text[0] != '/')
		return;
	/* Up to the last whole component. */
	if (!lw_glob_literal(text, path))
		*strrchr(path, '/') = '\0';
	if (!path[0] || !find_link(path, &rest))
		return;
	memcpy(link, path, rest - path);
	link[rest - path] = '\0';
	real = realpath(link, NULL);
	resolved = real ? lw_hint(c->doc, "%s%s", real, behind(text, strlen(link))) : NULL;
	if (resolved && has_twin(c->doc, c->glob, resolved))
		return;
	c->said = true;
	lw_doc_warn(c->doc, c->glob->ptr,
		    resolved ? lw_hint(c->doc, "the resolved path is %s", resolved)
			     : "it leads nowhere",
		    "`%s` is a symlink here, and rules match resolved paths", link);
}

void lw_symlink_check(struct lw_doc *doc)
{
	struct check c = { .doc = doc };

	for (size_t i = 0; i < doc->n_globs && c.n < CHECK_MAX; i++) {
		c.glob = &doc->globs[i];
		c.said = false;
		if (!doc->src[c.glob->src].broken)
			lw_glob_expand(c.glob->text, EXPAND_SAID, check_one, &c);
	}
}
