/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_PYTHON_FRAME_H
#define LW_DECODE_PYTHON_FRAME_H

/* Bytes from the ring lw_stacks to a frame that the rest of the program may trust. */

#include "decode/decode.h"
#include "lw_python.h"

/* Bytes that a character of a str may need in UTF-8, for each byte that it has in the record. */
#define LW_PY_UTF8_GROWTH 3U

/**
 * lw_py_frame_check() - validate a frame.
 * @data: bytes of one ring buffer record, aligned to 8
 * @len: bytes
 * @ret_frame: the frame inside @data
 *
 * Checks the sizes, the number, the version, the flags and that each str is whole characters of a
 * known kind. What the texts and the line table say stays hostile.
 *
 * Return: 0, -EBADMSG.
 */
int lw_py_frame_check(const void *data, size_t len, const struct lw_py_frame **ret_frame);

/** lw_py_str_ok() - whether @len bytes, @max at most, are whole characters of a known kind. */
bool lw_py_str_ok(size_t len, size_t max, unsigned int kind);

/* The parts of a checked frame, as the interpreter has them; lw_py_text() makes them readable. */
static inline struct lw_span lw_py_frame_file(const struct lw_py_frame *f)
{
	return (struct lw_span){ f->data, f->file_len };
}

static inline struct lw_span lw_py_frame_name(const struct lw_py_frame *f)
{
	return (struct lw_span){ f->data + f->file_len, f->name_len };
}

static inline struct lw_span lw_py_frame_lines(const struct lw_py_frame *f)
{
	return (struct lw_span){ f->data + f->file_len + f->name_len, f->lines_len };
}

/**
 * lw_py_text() - a str of the interpreter (PEP 393) as UTF-8.
 * @to: text, without NUL; @from.len * LW_PY_UTF8_GROWTH bytes are always enough
 * @from: whole characters
 * @kind: LW_PY_ASCII ...
 *
 * What is no code point that may be written (surrogates, which stand for bytes of a file name that
 * are no UTF-8, and what lies above U+10FFFF) becomes U+FFFD.
 *
 * Return: bytes in @to; the text is valid UTF-8 and may hold any character, also NUL.
 */
size_t lw_py_text(char *to, struct lw_span from, unsigned int kind);

#endif
