// SPDX-License-Identifier: Apache-2.0
/*
 * Line tables: minor version, first line (4 bytes), instruction (4 bytes), where the table is cut,
 * the table. A line is from 1 to the largest one or not known, and a table without its end tells
 * the same line or none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/python_lines.h"
#include "lw_python.h"

#define HEAD 10

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "not " #condition "\n"); \
			abort(); \
		} \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lw_span table = { (const char *)data + HEAD, len - HEAD };
	uint32_t whole, part;
	int32_t first, lasti;

	if (len < HEAD || len > HEAD + LW_PY_LINES)
		return 0;
	memcpy(&first, data + 1, sizeof(first));
	memcpy(&lasti, data + 5, sizeof(lasti));
	whole = lw_py_line(data[0], table, false, first, lasti);
	MUST(whole <= INT32_MAX);
	table.len = table.len * data[9] / 256;
	part = lw_py_line(data[0], table, true, first, lasti);
	MUST(!part || part == whole);
	return 0;
}
