/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_PYTHON_LINES_H
#define LW_DECODE_PYTHON_LINES_H

/* Line of an instruction, from the table that a code object of CPython 3.x has for it. */

#include <stdbool.h>
#include <stdint.h>

#include "decode/decode.h"

/**
 * lw_py_line() - line at which a frame stands.
 * @minor: of CPython 3.x: up to 9 co_lnotab, 10 co_linetable (PEP 626), from 11 the location table
 * @table: any bytes
 * @cut: the end of the table is missing
 * @first: co_firstlineno
 * @lasti: byte of the instruction in the bytecode; < 0: before the first one
 *
 * Return: the line, from 1; 0: the instruction has none, or the table does not tell.
 */
uint32_t lw_py_line(unsigned int minor, struct lw_span table, bool cut, int32_t first,
		    int32_t lasti);

#endif
