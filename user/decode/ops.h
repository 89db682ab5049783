/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_OPS_H
#define LW_DECODE_OPS_H

#include <stdbool.h>
#include <stddef.h>

/* What a call does: the rows of include/lw_ops.def. */
struct lw_op {
	unsigned int kind; /* enum lw_kind */
	const char *word;
	unsigned int value; /* number, or a bit */
	bool bit;
};

/** lw_op_rows() - all rows; those of a kind stand together. */
const struct lw_op *lw_op_rows(size_t *ret_n);

/** lw_op_find() - the operation that a kind calls @word, or NULL. */
const struct lw_op *lw_op_find(unsigned int kind, const char *word);

/** lw_op_has_rows() - whether calls of a kind do one of several things. */
bool lw_op_has_rows(unsigned int kind);

/** lw_op_has_bits() - whether operations of a kind may hold together. */
bool lw_op_has_bits(unsigned int kind);

/** lw_call_name() - name of a system call of lw_calls.def; "unknown" where there is none. */
const char *lw_call_name(unsigned int call);

#endif
