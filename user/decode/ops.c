// SPDX-License-Identifier: Apache-2.0
#include "decode/ops.h"

#include <string.h>

#include "lw_kinds.h"

static const struct lw_op ops[] = {
#define LW_OP(kind, word, value)  { LW_##kind, word, value, false },
#define LW_BIT(kind, word, value) { LW_##kind, word, value, true },
#include "lw_ops.def"
#undef LW_OP
#undef LW_BIT
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

static const char *const calls[] = {
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) [LW_CALL_##name] = #name,
#include "lw_calls.def"
#undef LW_CALL
};

const struct lw_op *lw_op_rows(size_t *ret_n)
{
	*ret_n = OPS;
	return ops;
}

const struct lw_op *lw_op_find(unsigned int kind, const char *word)
{
	for (size_t i = 0; i < OPS; i++)
		if (ops[i].kind == kind && strcmp(ops[i].word, word) == 0)
			return &ops[i];
	return NULL;
}

static const struct lw_op *first_of(unsigned int kind)
{
	for (size_t i = 0; i < OPS; i++)
		if (ops[i].kind == kind)
			return &ops[i];
	return NULL;
}

bool lw_op_has_rows(unsigned int kind)
{
	return first_of(kind);
}

bool lw_op_has_bits(unsigned int kind)
{
	const struct lw_op *op = first_of(kind);

	return op && op->bit;
}

const char *lw_call_name(unsigned int call)
{
	return call && call < sizeof(calls) / sizeof(calls[0]) ? calls[call] : "unknown";
}
