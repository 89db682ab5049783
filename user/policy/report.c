// SPDX-License-Identifier: Apache-2.0
#include "policy/doc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void add(struct lw_doc *doc, struct lw_problem p)
{
	struct lw_report *r = doc->report;
	struct lw_problem *grown;

	if (!p.pointer || !p.message) {
		doc->err = -ENOMEM;
		goto drop;
	}
	grown = realloc(r->items, (r->n + 1) * sizeof(*grown));
	if (!grown) {
		doc->err = -ENOMEM;
		goto drop;
	}
	r->items = grown;
	r->items[r->n++] = p;
	return;
drop:
	free(p.pointer);
	free(p.message);
	free(p.hint);
}

/*
 * A message names what stands in the file: anything. It is shown on terminals and in JSON, so what
 * hides there, and a character that a bound has cut, is escaped. Backslashes stay as they are.
 */
static char *printable(const char *s)
{
	size_t left = strlen(s);
	char *text = malloc(10 * left + 1), *p = text;

	while (text && left) {
		uint32_t cp;
		size_t n = lw_utf8_len(s, left, &cp);

		if (!n)
			p += sprintf(p, "\\x%02x", (unsigned char)*s);
		else if (lw_utf8_hides(cp))
			p += sprintf(p, "\\u{%x}", cp);
		else
			p = mempcpy(p, s, n);
		n = n ? n : 1;
		s += n;
		left -= n;
	}
	if (text)
		*p = '\0';
	return text;
}

/* The last problem that is listed says that there are more; errors are counted beyond it. */
static bool full(struct lw_doc *doc, enum lw_problem_level level)
{
	struct lw_report *r = doc->report;

	if (level == LW_PROBLEM_ERROR)
		r->errors++;
	if (r->n < LW_PROBLEMS_MAX)
		return false;
	if (r->n == LW_PROBLEMS_MAX)
		add(doc, (struct lw_problem){ .level = level,
					      .pointer = strdup(""),
					      .message = strdup("more problems follow; these are "
								"the first that were found") });
	return true;
}

static void problem(struct lw_doc *doc, enum lw_problem_level level, const struct lw_ptr *ptr,
		    bool key, const char *hint, const char *fmt, va_list ap)
{
	_cleanup_free_ char *message = NULL;
	struct lw_problem p = { .level = level };

	if (full(doc, level))
		return;
	p.pointer = lw_ptr_format(ptr);
	if (vasprintf(&message, fmt, ap) < 0)
		message = NULL;
	p.message = message ? printable(message) : NULL;
	if (hint)
		p.hint = printable(hint);
	if (doc->text)
		lw_json_line_col(doc->text, doc->len, lw_json_locate(doc->text, doc->len, ptr, key),
				 &p.line, &p.column);
	add(doc, p);
}

void lw_problem(struct lw_doc *doc, enum lw_problem_level level, const struct lw_ptr *ptr,
		const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem(doc, level, ptr, false, hint, fmt, ap);
	va_end(ap);
}

void lw_problem_key(struct lw_doc *doc, enum lw_problem_level level, const struct lw_ptr *ptr,
		    const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem(doc, level, ptr, true, hint, fmt, ap);
	va_end(ap);
}

void lw_problem_at(struct lw_doc *doc, size_t at, const char *message)
{
	struct lw_problem p = { .level = LW_PROBLEM_ERROR };

	if (full(doc, LW_PROBLEM_ERROR))
		return;
	p.pointer = strdup("");
	p.message = strdup(message);
	lw_json_line_col(doc->text, doc->len, at, &p.line, &p.column);
	add(doc, p);
}

/* By place in the file; what was found first at one place stays first (the sort is stable). */
void lw_report_sort(struct lw_report *report)
{
	for (size_t i = 1; i < report->n; i++) {
		struct lw_problem p = report->items[i];
		size_t k = i;

		for (; k; k--) {
			const struct lw_problem *q = &report->items[k - 1];

			if (q->line < p.line || (q->line == p.line && q->column <= p.column))
				break;
			report->items[k] = report->items[k - 1];
		}
		report->items[k] = p;
	}
}

void lw_report_free(struct lw_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->n; i++) {
		free(report->items[i].pointer);
		free(report->items[i].message);
		free(report->items[i].hint);
	}
	free(report->items);
	*report = (struct lw_report){ 0 };
}

const char *lw_hint(struct lw_doc *doc, const char *fmt, ...)
{
	char *text, *kept;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	kept = lw_arena_strndup(&doc->arena, text, n);
	free(text);
	return kept;
}

/* Levenshtein distance, for words of fewer than 32 bytes; else too far. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[33];
	size_t n = strlen(b), m = strlen(a);

	if (n > 31 || m > 31)
		return 99;
	for (size_t k = 0; k <= n; k++)
		row[k] = k;
	for (size_t i = 1; i <= m; i++) {
		unsigned int diag = row[0];

		row[0] = i;
		for (size_t k = 1; k <= n; k++) {
			unsigned int old = row[k], best = diag + (a[i - 1] != b[k - 1]);

			if (old + 1 < best)
				best = old + 1;
			if (row[k - 1] + 1 < best)
				best = row[k - 1] + 1;
			row[k] = best;
			diag = old;
		}
	}
	return row[n];
}

const char *lw_nearest(const char *word, const char *const *names, size_t n)
{
	unsigned int best = strlen(word) < 4 ? 2 : 3;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned int d = distance(word, names[i]);

		if (d < best) {
			best = d;
			found = names[i];
		}
	}
	return found;
}

void *lw_grow(struct lw_doc *doc, void **array, size_t *n, size_t *cap, size_t size)
{
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		void *grown = lw_arena_alloc(&doc->arena, more * size);

		if (!grown) {
			doc->err = -ENOMEM;
			return NULL;
		}
		if (*n)
			memcpy(grown, *array, *n * size);
		*array = grown;
		*cap = more;
	}
	return (char *)*array + (*n)++ * size;
}

const struct lw_ptr *lw_ptr_keep(struct lw_doc *doc, const struct lw_ptr *ptr)
{
	struct lw_ptr *kept;

	if (!ptr)
		return NULL;
	kept = lw_arena_alloc(&doc->arena, sizeof(*kept));
	if (!kept) {
		doc->err = -ENOMEM;
		return NULL;
	}
	*kept = *ptr;
	kept->up = lw_ptr_keep(doc, ptr->up);
	if (ptr->key)
		kept->key = lw_keep(doc, ptr->key);
	return kept;
}

char *lw_keep(struct lw_doc *doc, const char *s)
{
	char *kept = lw_arena_strndup(&doc->arena, s, strlen(s));

	if (!kept)
		doc->err = -ENOMEM;
	return kept;
}
