// SPDX-License-Identifier: Apache-2.0
#include "enrich/pickled.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/python_frame.h"

LW_STATIC_ASSERT(LW_PICKLED_BYTES >= sizeof(((struct lw_pickle_text *)0)->text), "one always fits");

void lw_pickle_text(const struct lw_ev *ev, struct lw_pickle_text *ret)
{
	ret->module = lw_py_text(ret->text, lw_ev_str(ev, LW_STR_NAME), ev->pickle.module_kind);
	ret->text[ret->module] = '.';
	ret->name = lw_py_text(ret->text + ret->module + 1, lw_ev_str(ev, LW_STR_TARGET),
			       ev->pickle.name_kind);
}

static void drop(struct lw_pickled *p, unsigned int i)
{
	size_t at = 0;

	for (unsigned int k = 0; k < i; k++)
		at += p->len[k];
	p->used -= p->len[i];
	memmove(p->data + at, p->data + at + p->len[i], p->used - at);
	p->n--;
	memmove(p->len + i, p->len + i + 1, (p->n - i) * sizeof(p->len[0]));
}

static unsigned int find(const struct lw_pickled *p, const char *text, size_t len)
{
	size_t at = 0;
	unsigned int i;

	for (i = 0; i < p->n; at += p->len[i++])
		if (p->len[i] == len && !memcmp(p->data + at, text, len))
			break;
	return i;
}

/* A list that nobody else has. */
static int own(struct lw_pickled **at)
{
	struct lw_pickled *p;

	if (*at && (*at)->refs == 1)
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	if (*at) {
		*p = **at;
		(*at)->refs--;
	}
	p->refs = 1;
	*at = p;
	return 0;
}

int lw_pickled_add(struct lw_pickled **at, const struct lw_pickle_text *text)
{
	size_t len = text->module + 1 + text->name;
	struct lw_pickled *p;
	unsigned int i;
	bool known;

	if (own(at) < 0)
		return -ENOMEM;
	p = *at;
	i = find(p, text->text, len);
	known = i < p->n;
	if (known)
		drop(p, i);
	while (p->n == LW_PICKLED_MAX || p->used + len > LW_PICKLED_BYTES)
		drop(p, 0);
	memcpy(p->data + p->used, text->text, len);
	p->len[p->n++] = len;
	p->used += len;
	return !known;
}

struct lw_span lw_pickled_get(const struct lw_pickled *p, unsigned int i)
{
	unsigned int which = p->n - 1 - i;
	size_t at = 0;

	for (unsigned int k = 0; k < which; k++)
		at += p->len[k];
	return (struct lw_span){ p->data + at, p->len[which] };
}
