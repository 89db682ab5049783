/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_JSON_WRITER_H
#define LW_BASE_JSON_WRITER_H

/*
 * Streaming JSON writer into a buffer of the caller. cJSON is used wherever JSON is read; for
 * writing it builds a tree of allocations and prints it, several microseconds a record, where the
 * whole budget of a record is 1.5 us. Here a member costs a copy of its key and its value.
 *
 * What comes out is always one valid JSON text in valid UTF-8, whatever the bytes and however small
 * the buffer: a member that does not fit is left out as a whole (lw_jw.truncated is set), brackets
 * always have room. Keys are literals of the program: they are not escaped.
 *
 * Strings: control characters and those that lw_utf8_hides() names are escaped, valid UTF-8 is
 * kept, and each byte that is no UTF-8 becomes \ufffd. Where the bytes matter, lw_jw_bytes() adds
 * "<key>_bytes" with all of them in hex, and only then, so nothing is lost.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"

#define LW_JW_DEPTH   16U /* objects and arrays within each other */
#define LW_JW_RESERVE 64U /* bytes kept back: closing brackets, one splice */

struct lw_jw {
	char *buf;
	size_t pos;
	size_t limit; /* members end at or before it; brackets and splices may use the rest */
	size_t keep;  /* bytes before limit that hostile text leaves to the members that follow */
	uint32_t arrays; /* bit d: the container at depth d is an array */
	uint8_t depth;
	uint8_t skip;	/* containers open that did not fit: their members are left out */
	bool comma;	/* the next member needs one */
	bool truncated; /* something was left out */
};

/* A key of the program and its length: lw_jw_u64(w, LW_K("pid"), pid). */
#define LW_K(literal) literal, sizeof(literal) - 1
#define LW_NOKEY      NULL, 0 /* an element of an array, or the root */

/** lw_jw_init() - start a text in @buf; @cap is at least 2 * LW_JW_RESERVE bytes. */
static inline void lw_jw_init(struct lw_jw *w, char *buf, size_t cap)
{
	*w = (struct lw_jw){ .buf = buf, .limit = cap - LW_JW_RESERVE };
}

/*
 * Starts a member of at most @room bytes of value: comma and key. NULL: it does not fit, and is
 * left out. Otherwise write the value there and call lw_jw_commit() with its end.
 */
static inline char *lw_jw_begin(struct lw_jw *w, const char *key, size_t klen, size_t room)
{
	char *p = w->buf + w->pos;

	if (__builtin_expect(w->skip || w->pos + klen + room + 4 > w->limit, 0)) {
		w->truncated = true;
		return NULL;
	}
	if (w->comma)
		*p++ = ',';
	if (key) {
		*p++ = '"';
		memcpy(p, key, klen);
		p += klen;
		*p++ = '"';
		*p++ = ':';
	}
	return p;
}

static inline void lw_jw_commit(struct lw_jw *w, const char *end)
{
	w->pos = end - w->buf;
	w->comma = true;
}

void lw_jw_obj(struct lw_jw *w, const char *key, size_t klen);
void lw_jw_arr(struct lw_jw *w, const char *key, size_t klen);
/** lw_jw_end() - close the innermost object or array. */
void lw_jw_end(struct lw_jw *w);

static inline void lw_jw_u64(struct lw_jw *w, const char *key, size_t klen, uint64_t value)
{
	char *p = lw_jw_begin(w, key, klen, 20);

	if (p)
		lw_jw_commit(w, lw_fmt_u64(p, value));
}

static inline void lw_jw_i64(struct lw_jw *w, const char *key, size_t klen, int64_t value)
{
	char *p = lw_jw_begin(w, key, klen, 20);

	if (!p)
		return;
	if (value < 0)
		*p++ = '-';
	lw_jw_commit(w, lw_fmt_u64(p, value < 0 ? -(uint64_t)value : (uint64_t)value));
}

static inline void lw_jw_bool(struct lw_jw *w, const char *key, size_t klen, bool value)
{
	char *p = lw_jw_begin(w, key, klen, 5);

	if (!p)
		return;
	memcpy(p, value ? "true" : "false", value ? 4 : 5);
	lw_jw_commit(w, p + (value ? 4 : 5));
}

/** lw_jw_raw() - a value that is JSON already, for example a cached one. */
static inline void lw_jw_raw(struct lw_jw *w, const char *key, size_t klen, const char *json,
			     size_t len)
{
	char *p = lw_jw_begin(w, key, klen, len);

	if (!p)
		return;
	memcpy(p, json, len);
	lw_jw_commit(w, p + len);
}

/** lw_jw_members() - members ("key":value,... without braces) made before; may be empty. */
static inline void lw_jw_members(struct lw_jw *w, const char *json, size_t len)
{
	if (len)
		lw_jw_raw(w, LW_NOKEY, json, len);
}

/**
 * lw_jw_str() - a string of any bytes.
 *
 * Return: false when some bytes were no UTF-8 and became \ufffd.
 */
bool lw_jw_str(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len);

/** lw_jw_cstr() - a string of the program or one that ends in NUL. */
static inline void lw_jw_cstr(struct lw_jw *w, const char *key, size_t klen, const char *s)
{
	lw_jw_str(w, key, klen, s, strlen(s));
}

/** lw_jw_hex() - a string with the hex of @len bytes; leaves lw_jw.keep bytes free. */
void lw_jw_hex(struct lw_jw *w, const char *key, size_t klen, const void *data, size_t len);

/**
 * lw_jw_text() - lw_jw_str() for text that others wrote: it leaves lw_jw.keep bytes free.
 *
 * So nobody can choose his names such that what is said of him is what does not fit.
 */
bool lw_jw_text(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len);

/** lw_jw_bytes() - lw_jw_text(), and "<key>_bytes" in hex when that lost something. */
void lw_jw_bytes(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len);

/**
 * lw_jw_splice() - insert a member at an earlier position, once, from the reserve.
 * @w: writer
 * @at: the value that w->pos had directly after a '{'
 * @json: "key":value, at most 31 bytes
 * @len: bytes
 */
void lw_jw_splice(struct lw_jw *w, size_t at, const char *json, size_t len);

#endif
