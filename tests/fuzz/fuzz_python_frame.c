// SPDX-License-Identifier: Apache-2.0
/*
 * Frames: bytes as the ring has them. What is accepted has its parts within the record, and its
 * texts become valid UTF-8 that fits.
 */
#include <stdint.h>

#include "decode/python_frame.h"

#include "../unit/records.h"

static void text(struct lw_span s, unsigned int kind)
{
	char *to = malloc(s.len * LW_PY_UTF8_GROWTH + 1);
	size_t n = to ? lw_py_text(to, s, kind) : 0;

	if (!to || n > s.len * LW_PY_UTF8_GROWTH || !test_is_utf8(to, n))
		abort();
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct lw_py_frame *f;
	struct lw_span lines;
	void *copy;

	if (len > sizeof(*f) + LW_PY_FILE + LW_PY_NAME + LW_PY_LINES + 8)
		return 0;
	copy = aligned_alloc(8, (len + 8) / 8 * 8);
	if (!copy)
		abort();
	memcpy(copy, data, len);
	/* Else nearly no input has the right size. */
	if (len >= sizeof(*f) && len % 2 == 0)
		((struct lw_py_frame *)copy)->size = len;
	if (!lw_py_frame_check(copy, len, &f)) {
		text(lw_py_frame_file(f), f->file_kind);
		text(lw_py_frame_name(f), f->name_kind);
		lines = lw_py_frame_lines(f);
		if (lines.s + lines.len > (const char *)copy + len)
			abort();
	}
	free(copy);
	return 0;
}
