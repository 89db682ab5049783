// SPDX-License-Identifier: Apache-2.0
#include "action/rejudge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/ops.h"

/* The query that the kernel side has asked with. */
static struct lw_query query_of(const struct lw_ev *ev)
{
	struct lw_query q = { .kind = ev->kind, .access = LW_ACC_WRITE, .phase = ev->phase };

	if (lw_op_has_bits(ev->kind))
		q.access |= ev->call.op;
	else
		q.port = ev->call.op;
	return q;
}

/* As lw_match_state() in the kernel: with a directory's name goes what lies below it. */
static struct lw_verdict judge(const struct lw_policy *policy, const struct lw_query *q,
			       const char *path, size_t len)
{
	struct lw_verdict v = lw_policy_match_path(policy, path, len, q);
	char below[LW_PATH_BUF + 2];

	if (q->kind != LW_FILE_RENAME && q->kind != LW_FILE_SYMLINK)
		return v;
	memcpy(below, path, len);
	memcpy(below + len, "/\1", 2);
	return lw_stricter(v, lw_policy_match_path(policy, below, len + 2, q));
}

static struct lw_verdict judge_name(const struct lw_policy *policy, const struct lw_ev *ev,
				    ssize_t len, const char *path)
{
	struct lw_query q = query_of(ev);

	if (!len)
		return (struct lw_verdict){ .rule = LW_RULE_NONE };
	if (len < 0)
		return lw_verdict_of(policy->image, LW_RULE_UNRESOLVED, ev->kind);
	return judge(policy, &q, path, len);
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
	if (c->path.len > 0)
		str[LW_STR_PATH] = (struct lw_span){ c->path.path, c->path.len };
	if (c->target.len > 0)
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

int lw_rejudge(const struct lw_policy *policy, struct lw_change *c)
{
	struct lw_verdict path = judge_name(policy, c->ev, c->path.len, c->path.path);
	struct lw_verdict target = judge_name(policy, c->ev, c->target.len, c->target.path);
	struct lw_verdict v = lw_stricter(path, target);
	struct lw_ev *ev;

	if (v.action < LW_ALERT || v.action <= c->ev->action)
		return 0;
	ev = with_names(c);
	if (!ev)
		return -ENOMEM;
	free(c->ev);
	c->ev = ev;
	ev->gen = policy->image->hdr.gen;
	ev->rule = v.rule;
	ev->action = v.action;
	ev->backend = LW_BE_USER;
	ev->outcome = LW_OUT_ALERTED;
	ev->flags &= ~(LW_EVF_BY_INODE | LW_EVF_TARGET | LW_EVF_OBSERVED | LW_EVF_KILL_SENT);
	ev->flags |= LW_EVF_VIOLATION;
	if (v.rule != path.rule || v.action != path.action)
		ev->flags |= LW_EVF_TARGET;
	return 1;
}
