// SPDX-License-Identifier: Apache-2.0
/* Globs as text: for what looks at the file system, not for matching. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/doc.h"

#define EXPAND_MAX 1024U /* globs from one with braces */

/* The end of an element that starts at @p: backslash pairs and brackets are one. */
static const char *skip_element(const char *p)
{
	if (*p == '\\' && p[1])
		return p + 2;
	if (*p != '[')
		return p + 1;
	p++;
	p += *p == '!' || *p == '^';
	do {
		if (*p == '\\' && p[1])
			p++;
		if (*p)
			p++;
	} while (*p && *p != ']');
	return *p ? p + 1 : p;
}

/* The brace that closes the one at @p, or NULL. */
static const char *closing(const char *p)
{
	size_t depth = 0;

	for (; *p; p = skip_element(p)) {
		if (*p == '{')
			depth++;
		if (*p == '}' && !--depth)
			return p;
	}
	return NULL;
}

struct list {
	char *glob[EXPAND_MAX];
	size_t n, max;
	bool full;
};

static void add(struct list *l, const char *head, size_t n_head, const char *alt, size_t n_alt,
		const char *rest)
{
	size_t n_rest = strlen(rest);
	char *text;

	if (l->n == l->max) {
		l->full = true;
		return;
	}
	text = malloc(n_head + n_alt + n_rest + 1);
	if (!text) {
		l->full = true;
		return;
	}
	memcpy(text, head, n_head);
	memcpy(text + n_head, alt, n_alt);
	memcpy(text + n_head + n_alt, rest, n_rest + 1);
	l->glob[l->n++] = text;
}

/* Replaces the first brace of l->glob[i], if there is one, by its alternatives. */
static bool expand_one(struct list *l, size_t i)
{
	_cleanup_free_ char *glob = l->glob[i];
	const char *open = glob, *end, *start;
	size_t depth = 0;

	while (*open && *open != '{')
		open = skip_element(open);
	end = *open ? closing(open) : NULL;
	if (!end) {
		l->glob[i] = lw_steal_ptr(glob);
		return false;
	}
	l->glob[i] = l->glob[--l->n];
	start = open + 1;
	for (const char *p = open; p <= end; p = skip_element(p)) {
		depth += *p == '{';
		if ((*p == ',' && depth == 1) || p == end) {
			add(l, glob, open - glob, start, p - start, end + 1);
			start = p + 1;
		}
		depth -= *p == '}';
	}
	return true;
}

void lw_glob_expand(const char *glob, size_t max, void (*fn)(const char *glob, void *arg),
		    void *arg)
{
	struct list l = { .max = max < EXPAND_MAX ? max : EXPAND_MAX };

	add(&l, glob, strlen(glob), "", 0, "");
	for (size_t i = 0; i < l.n && !l.full;)
		i += !expand_one(&l, i);
	if (l.full)
		fn(glob, arg);
	for (size_t i = 0; i < l.n; i++) {
		if (!l.full)
			fn(l.glob[i], arg);
		free(l.glob[i]);
	}
}

bool lw_glob_literal(const char *glob, char *buf)
{
	size_t n = 0;

	while (*glob && !strchr("*?[{", *glob) && n < LW_GLOB_MAX) {
		glob += *glob == '\\' && glob[1];
		buf[n++] = *glob++;
	}
	buf[n] = '\0';
	return !*glob;
}
