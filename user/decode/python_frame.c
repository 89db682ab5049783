// SPDX-License-Identifier: Apache-2.0
#include "decode/python_frame.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define FLAGS	    (LW_PYF_FILE_CUT | LW_PYF_NAME_CUT | LW_PYF_LINES_CUT | LW_PYF_BAD)
#define REPLACEMENT 0xfffdU

/* Bytes of one character; 0: no such kind. */
static size_t width_of(unsigned int kind)
{
	switch (kind) {
	case LW_PY_ASCII:
	case LW_PY_LATIN1:
		return 1;
	case LW_PY_UCS2:
	case LW_PY_UCS4:
		return kind;
	default:
		return 0;
	}
}

bool lw_py_str_ok(size_t len, size_t max, unsigned int kind)
{
	size_t width = width_of(kind);

	return width && len <= max && len % width == 0;
}

int lw_py_frame_check(const void *data, size_t len, const struct lw_py_frame **ret_frame)
{
	const struct lw_py_frame *f = data;

	if ((uintptr_t)data % 8 || len < sizeof(*f) || f->size != len)
		return -EBADMSG;
	if (!f->stack || f->nr >= LW_PY_FRAMES || f->flags & ~FLAGS)
		return -EBADMSG;
	if (!lw_py_str_ok(f->file_len, LW_PY_FILE, f->file_kind) ||
	    !lw_py_str_ok(f->name_len, LW_PY_NAME, f->name_kind) || f->lines_len > LW_PY_LINES)
		return -EBADMSG;
	if (sizeof(*f) + f->file_len + f->name_len + f->lines_len > len)
		return -EBADMSG;
	*ret_frame = f;
	return 0;
}

static char *put(char *p, uint32_t cp)
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = REPLACEMENT;
	if (cp < 0x80) {
		*p++ = cp;
		return p;
	}
	if (cp < 0x800) {
		*p++ = 0xc0 | cp >> 6;
	} else {
		if (cp < 0x10000) {
			*p++ = 0xe0 | cp >> 12;
		} else {
			*p++ = 0xf0 | cp >> 18;
			*p++ = 0x80 | (cp >> 12 & 0x3f);
		}
		*p++ = 0x80 | (cp >> 6 & 0x3f);
	}
	*p++ = 0x80 | (cp & 0x3f);
	return p;
}

/* In the byte order of the machine, as the interpreter has it; not aligned. */
static uint32_t char_at(const char *s, size_t width)
{
	uint32_t wide;
	uint16_t half;

	if (width == 1)
		return (unsigned char)*s;
	if (width == 2) {
		memcpy(&half, s, sizeof(half));
		return half;
	}
	memcpy(&wide, s, sizeof(wide));
	return wide;
}

size_t lw_py_text(char *to, struct lw_span from, unsigned int kind)
{
	size_t width = width_of(kind);
	char *p = to;

	for (size_t i = 0; width && i + width <= from.len; i += width) {
		uint32_t cp = char_at(from.s + i, width);

		p = put(p, kind == LW_PY_ASCII && cp >= 0x80 ? REPLACEMENT : cp);
	}
	return p - to;
}
