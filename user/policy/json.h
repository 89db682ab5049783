/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_JSON_H
#define LW_POLICY_JSON_H

/*
 * What cJSON does not tell or is too lenient in: strict grammar (RFC 8259), bounded depth, UTF-8,
 * no NUL, no key twice, and the position of a value. Runs before cJSON sees the text.
 */

#include <stdbool.h>
#include <stddef.h>

/* One key or array index on the way to a value; a list that ends at the document. */
struct lw_ptr {
	const struct lw_ptr *up;
	const char *key; /* NULL: an array element */
	size_t index;
};

struct lw_json_problem {
	size_t at; /* byte offset */
	const char *message;
};

/**
 * lw_json_check() - is the text strict JSON?
 * @text: any bytes
 * @len: bytes
 * @fn: called for each problem: a key that is there twice, or what ends the check: bad grammar
 * @arg: passed through
 *
 * Return: 0, or -EINVAL when @fn was called; -ENOMEM.
 */
int lw_json_check(const char *text, size_t len,
		  void (*fn)(const struct lw_json_problem *problem, void *arg), void *arg);

/**
 * lw_json_locate() - where a value stands.
 * @text: text that passed lw_json_check()
 * @len: bytes
 * @ptr: the way to it; NULL: the document
 * @key: the position of the value's key rather than of the value
 *
 * Return: byte offset; that of the innermost value on the way that exists.
 */
size_t lw_json_locate(const char *text, size_t len, const struct lw_ptr *ptr, bool key);

/** lw_json_line_col() - line and column (bytes), both from 1, of an offset. */
void lw_json_line_col(const char *text, size_t len, size_t at, int *ret_line, int *ret_col);

/** lw_ptr_format() - JSON pointer (RFC 6901). Return: malloc()ed, or NULL. */
char *lw_ptr_format(const struct lw_ptr *ptr);

#endif
