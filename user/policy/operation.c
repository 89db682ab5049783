// SPDX-License-Identifier: Apache-2.0
/* `operation` of a rule: words of include/lw_ops.def, or numbers. */
#include <string.h>

#include "decode/ops.h"
#include "policy/parse.h"

struct operations {
	unsigned int kind;
	__u16 *bits;
	struct lw_ports **ranges;
	size_t *n, *cap;
};

static void add_number(struct lw_doc *doc, struct operations *o, unsigned int value)
{
	struct lw_ports *slot = lw_grow(doc, (void **)o->ranges, o->n, o->cap, sizeof(*slot));

	if (slot)
		*slot = (struct lw_ports){ .lo = value, .hi = value };
}

static void one_operation(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const char *names[64], *near;
	struct operations *o = out;
	const struct lw_op *rows, *op;
	size_t n_rows, n = 0;

	if (cJSON_IsNumber(v) && !lw_op_has_bits(o->kind) && v->valuedouble >= 0 &&
	    v->valuedouble <= 65535 && v->valuedouble == (int)v->valuedouble) {
		add_number(doc, o, (unsigned int)v->valuedouble);
		return;
	}
	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "an operation (a word, or a number up to 65535)");
		return;
	}
	op = lw_op_find(o->kind, v->valuestring);
	if (op && op->bit) {
		*o->bits |= op->value;
		return;
	}
	if (op) {
		add_number(doc, o, op->value);
		return;
	}
	rows = lw_op_rows(&n_rows);
	for (size_t i = 0; i < n_rows && n < LW_COUNT(names); i++)
		if (rows[i].kind == o->kind)
			names[n++] = rows[i].word;
	near = n ? lw_nearest(v->valuestring, names, n) : NULL;
	lw_doc_error(doc, ptr, near ? lw_hint(doc, "did you mean `%s`?", near) : NULL,
		     "this kind has no operation `%.64s`", v->valuestring);
}

void lw_parse_operation(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u64 on,
			__u16 *ret_bits, struct lw_ports **ret_ranges, size_t *ret_n)
{
	size_t cap = *ret_n;
	struct operations o = { .bits = ret_bits, .ranges = ret_ranges, .n = ret_n, .cap = &cap };

	/* A word means something else to each kind. */
	if (!on || (on & (on - 1))) {
		lw_doc_error(doc, ptr, "give each kind a rule of its own",
			     "`operation` needs a rule on exactly one kind");
		return;
	}
	o.kind = __builtin_ctzll(on);
	lw_parse_list(doc, ptr, v, "operations", one_operation, &o);
}
