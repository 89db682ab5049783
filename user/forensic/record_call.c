// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "decode/ops.h"
#include "forensic/record.h"
#include "lw_image.h"

void lw_record_operation(struct lw_jw *w, unsigned int kind, unsigned int op)
{
	char number[16];
	const struct lw_op *rows;
	size_t n;
	bool found = false;

	rows = lw_op_rows(&n);
	lw_jw_arr(w, LW_K("operation"));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind != kind)
			continue;
		if (rows[i].bit ? !(op & rows[i].value) : op != rows[i].value)
			continue;
		lw_jw_cstr(w, LW_NOKEY, rows[i].word);
		found = true;
	}
	if (!found && !lw_op_has_bits(kind)) {
		snprintf(number, sizeof(number), "%u", op);
		lw_jw_cstr(w, LW_NOKEY, number);
	}
	lw_jw_end(w);
}

static void write_args(struct lw_jw *w, const struct lw_ev_call *c)
{
	lw_jw_arr(w, LW_K("args"));
	for (size_t i = 0; i < sizeof(c->args) / sizeof(c->args[0]); i++) {
		char hex[20];

		snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)c->args[i]);
		lw_jw_cstr(w, LW_NOKEY, hex);
	}
	lw_jw_end(w);
}

static void write_target(struct lw_jw *w, const struct lw_ev_call *c)
{
	if (!c->target && !c->cond)
		return;
	lw_jw_obj(w, LW_K("target"));
	if (c->target) {
		lw_jw_u64(w, LW_K("pid"), c->target);
		if (c->target_start)
			lw_record_entity(w, LW_K("entity_id"), c->target, c->target_start);
	}
	lw_jw_cstr(w, LW_K("relation"),
		   c->cond & LW_COND_MONITOR	  ? "monitor"
		   : c->cond & LW_COND_OTHER_PROC ? "other"
						  : "loader");
	lw_jw_end(w);
}

void lw_record_call(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;

	if (!lw_ev_is_call(ev))
		return;
	lw_jw_obj(w, LW_K("call"));
	if (ev->call.call) {
		lw_jw_cstr(w, LW_K("name"), lw_call_name(ev->call.call));
		if (!(ev->flags & LW_EVF_URING)) /* a request has no arguments */
			write_args(w, &ev->call);
	}
	if (lw_op_has_rows(ev->kind))
		lw_record_operation(w, ev->kind, ev->call.op);
	if (ev->flags & LW_EVF_COMPAT)
		lw_jw_bool(w, LW_K("compat"), true);
	write_target(w, &ev->call);
	lw_jw_end(w);
}
