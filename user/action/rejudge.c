// SPDX-License-Identifier: Apache-2.0
#include "action/rejudge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lw_image.h"

static struct lw_verdict verdict_of(const struct lw_found *f)
{
	if (f->error)
		return (struct lw_verdict){ .rule = LW_RULE_UNRESOLVED, .action = LW_ALERT };
	if (!f->path)
		return (struct lw_verdict){ .rule = LW_RULE_NONE };
	return f->verdict;
}

/* The event with the names that were resolved. */
static struct lw_ev *with_names(const struct lw_change *c)
{
	struct lw_span str[LW_STR_COUNT];
	size_t size = sizeof(*c->ev);
	struct lw_ev *ev;
	char *p;

	for (int i = 0; i < LW_STR_COUNT; i++)
		str[i] = lw_ev_str(c->ev, i);
	if (c->path.path)
		str[LW_STR_PATH] = (struct lw_span){ c->path.path, c->path.len };
	if (c->target.path)
		str[LW_STR_TARGET] = (struct lw_span){ c->target.path, c->target.len };
	for (int i = 0; i < LW_STR_COUNT; i++)
		size += str[i].len;
	ev = malloc(size);
	if (!ev)
		return NULL;
	memcpy(ev, c->ev, sizeof(*ev));
	ev->size = size;
	p = ev->data;
	for (int i = 0; i < LW_STR_COUNT; i++) {
		ev->str[i] = (struct lw_str){ .off = p - ev->data, .len = str[i].len };
		memcpy(p, str[i].s, str[i].len);
		p += str[i].len;
	}
	return ev;
}

int lw_rejudge(struct lw_change *c)
{
	struct lw_verdict path = verdict_of(&c->path), target = verdict_of(&c->target);
	struct lw_verdict v = lw_stricter(path, target);
	struct lw_ev *ev;

	if (v.action < LW_ALERT || v.action <= c->ev->action)
		return 0;
	ev = with_names(c);
	if (!ev)
		return -ENOMEM;
	free(c->ev);
	c->ev = ev;
	if (c->path.path || c->target.path)
		ev->gen = c->path.path ? c->path.gen : c->target.gen;
	ev->rule = v.rule;
	ev->action = v.action;
	ev->backend = LW_BE_USER;
	ev->outcome = LW_OUT_ALERTED;
	ev->flags &= ~(LW_EVF_BY_INODE | LW_EVF_TARGET | LW_EVF_OBSERVED | LW_EVF_KILL_SENT |
		       LW_EVF_UNASKED);
	ev->flags |= LW_EVF_VIOLATION;
	if (v.rule != path.rule || v.action != path.action)
		ev->flags |= LW_EVF_TARGET;
	return 1;
}
