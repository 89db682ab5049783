// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "decode/python_frame.h"
#include "lw_dns.h"
#include "lw_image.h"

static const size_t str_max[LW_STR_COUNT] = {
	[LW_STR_PATH] = LW_PATH_BUF, [LW_STR_NAME] = LW_PATH_MAX, [LW_STR_SCRIPT] = LW_PATH_BUF,
	[LW_STR_EXE] = LW_PATH_BUF,  [LW_STR_ARGS] = LW_ARGS_MAX, [LW_STR_TARGET] = LW_PATH_BUF,
};

static bool strings_ok(const struct lw_ev *ev)
{
	size_t room = ev->size - sizeof(*ev);

	for (size_t i = 0; i < LW_STR_COUNT; i++) {
		const struct lw_str *s = &ev->str[i];

		if (s->len > str_max[i] || (s->len && (size_t)s->off + s->len > room))
			return false;
		/* lw_ev_str() makes a pointer of it even when the length is 0. */
		if (s->off > room)
			return false;
	}
	return true;
}

static bool enums_ok(const struct lw_ev *ev)
{
	return ev->kind < LW_KIND_COUNT && ev->cpu < LW_CPUS_MAX && ev->action <= LW_KILL_LOADER &&
	       ev->outcome <= LW_OUT_FAILED && ev->backend <= LW_BE_USER &&
	       ev->why <= LW_WHY_SEED && ev->phase <= LW_PHASE_SERVE &&
	       ev->state <= LW_TAG_LOADER && ev->py_state < LW_PY_STATE_COUNT &&
	       ev->py_frames <= LW_PY_FRAMES &&
	       (ev->rule < LW_RULES_MAX || ev->rule >= LW_RULE_UNRESOLVED) && ev->error <= 0 &&
	       ev->error >= -4095;
}

static bool loader_ok(const struct lw_ev *ev)
{
	const struct lw_ev_loader *l = &ev->loader;

	if (ev->kind != LW_LOADER_START && ev->kind != LW_LOADER_END)
		return true;
	return l->state <= LW_TAG_LOADER && l->why <= LW_WHY_SEED &&
	       (l->why_rule < LW_RULES_MAX || l->why_rule >= LW_RULE_UNRESOLVED);
}

static bool call_ok(const struct lw_ev *ev)
{
	return !lw_ev_is_call(ev) || ev->call.call < LW_CALL_COUNT;
}

static bool dns_ok(const struct lw_ev *ev)
{
	size_t len = ev->str[LW_STR_TARGET].len, size = sizeof(struct lw_dns_answer);

	return ev->kind != LW_DNS_ANSWER || (len % size == 0 && len / size <= LW_DNS_ANSWERS);
}

static bool pickle_ok(const struct lw_ev *ev)
{
	const struct lw_str *module = &ev->str[LW_STR_NAME], *name = &ev->str[LW_STR_TARGET];

	return ev->kind != LW_PICKLE_GLOBAL ||
	       (lw_py_str_ok(module->len, LW_PICKLE_NAME, ev->pickle.module_kind) &&
		lw_py_str_ok(name->len, LW_PICKLE_NAME, ev->pickle.name_kind));
}

int lw_ev_check(const void *data, size_t len, const struct lw_ev **ret_ev)
{
	const struct lw_ev *ev = data;

	if ((uintptr_t)data % 8 || len < sizeof(*ev) || len > sizeof(*ev) + LW_DATA_MAX)
		return -EBADMSG;
	if (ev->size != len || !ev->tag || !enums_ok(ev) || !loader_ok(ev) || !call_ok(ev) ||
	    !strings_ok(ev) || !dns_ok(ev) || !pickle_ok(ev))
		return -EBADMSG;
	*ret_ev = ev;
	return 0;
}

struct lw_span lw_ev_comm(const struct lw_ev *ev)
{
	return (struct lw_span){ ev->comm, strnlen(ev->comm, sizeof(ev->comm)) };
}

bool lw_ev_is_net(const struct lw_ev *ev)
{
	return ev->kind >= LW_NET_SOCKET && ev->kind <= LW_NET_LISTEN;
}

bool lw_ev_is_file(const struct lw_ev *ev)
{
	return ev->kind == LW_FILE_OPEN || ev->kind == LW_PROCESS_EXEC;
}

bool lw_ev_is_call(const struct lw_ev *ev)
{
	return ev->kind >= LW_FILE_UNLINK && ev->kind <= LW_SYSCALL_COMPAT;
}

bool lw_ev_is_change(const struct lw_ev *ev)
{
	return ev->kind >= LW_FILE_UNLINK && ev->kind <= LW_FILE_SETXATTR;
}

bool lw_ev_is_dns(const struct lw_ev *ev)
{
	return ev->kind == LW_DNS_QUERY || ev->kind == LW_DNS_ANSWER;
}
