/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_TEXT_H
#define LW_BASE_TEXT_H

/*
 * Text that others wrote: file names, arguments, thread names. Any byte may be in it, so nothing is
 * shown on a terminal or written to a log before it went through here or through json_writer.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * lw_utf8_len() - length of the UTF-8 sequence at the start of a text.
 * @s: text
 * @len: bytes, at least 1
 * @ret_cp: the code point when the sequence is valid
 *
 * Strict (Unicode table 3-7): no overlong form, no surrogate, nothing above U+10FFFF.
 *
 * Return: 1 to 4 bytes, or 0 when the first byte does not start a valid sequence.
 */
size_t lw_utf8_len(const char *s, size_t len, uint32_t *ret_cp);

/**
 * lw_utf8_hides() - does a character act on the display instead of being seen?
 *
 * Control characters (C0, DEL, C1), line and paragraph separators and the bidirectional controls:
 * with them a file name can erase or reorder what a terminal shows.
 */
bool lw_utf8_hides(uint32_t cp);

/** lw_fmt_u64() - decimal digits to @p (20 bytes at most, no NUL). Return: end of the digits. */
char *lw_fmt_u64(char *p, uint64_t value);

/** lw_fmt_hex() - lower-case hex of @len bytes to @p (2 * @len bytes, no NUL). Return: its end. */
char *lw_fmt_hex(char *p, const void *data, size_t len);

/* A bounded string builder in the caller's buffer: always ends in NUL, what does not fit is cut. */
struct lw_sb {
	char *buf;
	size_t len; /* without NUL */
	size_t cap; /* bytes of buf, at least 1 */
	bool cut;   /* something did not fit */
};

/** lw_sb_init() - start an empty text in @buf of @cap (at least 1) bytes. */
void lw_sb_init(struct lw_sb *sb, char *buf, size_t cap);

void lw_sb_mem(struct lw_sb *sb, const char *s, size_t len);
void lw_sb_str(struct lw_sb *sb, const char *s);
void lw_sb_u64(struct lw_sb *sb, uint64_t value);

/**
 * lw_sb_safe() - add hostile text so that it is one harmless line.
 * @sb: builder
 * @s: any bytes
 * @len: bytes
 *
 * Valid UTF-8 stays as it is; characters that lw_utf8_hides() names become \n, \t, \xNN or
 * \u{HEX}, bytes that are no UTF-8 become \xNN and a backslash becomes two, so that the original
 * can be told from the result. The cut never divides a character or an escape.
 */
void lw_sb_safe(struct lw_sb *sb, const char *s, size_t len);

/** Which end of a text matters less. */
enum lw_cut { LW_CUT_END, LW_CUT_START };

/**
 * lw_sb_clip() - lw_sb_safe(), within a number of columns of a terminal.
 * @sb: builder
 * @s: any bytes
 * @len: bytes
 * @columns: at least 1; what is cut away leaves one of them to an ellipsis
 * @cut: the end that is given up
 *
 * Wide characters count two columns, all others one, also those that take none.
 */
void lw_sb_clip(struct lw_sb *sb, const char *s, size_t len, size_t columns, enum lw_cut cut);

#endif
