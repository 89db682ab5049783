// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

/*
 * What becomes of a byte: 0 is copied, a letter is written after a backslash, 'u' is \u00XX, 'm'
 * starts (or fails to start) a sequence of several bytes.
 */
static const char class_of[256] = {
	[0 ... 7] = 'u', ['\b'] = 'b',	['\t'] = 't', ['\n'] = 'n',
	[11] = 'u',	 ['\f'] = 'f',	['\r'] = 'r', [14 ... 31] = 'u',
	['"'] = '"',	 ['\\'] = '\\', [127] = 'u',  [128 ... 255] = 'm',
};

static void container(struct lw_jw *w, const char *key, size_t klen, bool array)
{
	/* A closing bracket is paid for here, so that lw_jw_end() never lacks room. */
	char *p = w->depth < LW_JW_DEPTH ? lw_jw_begin(w, key, klen, 2) : NULL;

	if (!p) {
		w->truncated = true;
		w->skip++;
		return;
	}
	*p++ = array ? '[' : '{';
	lw_jw_commit(w, p);
	w->comma = false;
	w->arrays = array ? w->arrays | 1U << w->depth : w->arrays & ~(1U << w->depth);
	w->depth++;
}

void lw_jw_obj(struct lw_jw *w, const char *key, size_t klen)
{
	container(w, key, klen, false);
}

void lw_jw_arr(struct lw_jw *w, const char *key, size_t klen)
{
	container(w, key, klen, true);
}

void lw_jw_end(struct lw_jw *w)
{
	if (w->skip) {
		w->skip--;
		return;
	}
	w->depth--;
	w->buf[w->pos++] = w->arrays >> w->depth & 1 ? ']' : '}';
	w->comma = true;
}

/* Bytes at the start of @s that need nothing but copying, found eight at a time. */
static size_t clean_span(const char *s, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		uint64_t v, quote, slash, low;

		memcpy(&v, s + i, 8);
		quote = v ^ ONES * '"';
		slash = v ^ ONES * '\\';
		/* High bit of a byte: it is < 0x20, or zero after the xor, or >= 0x7f. */
		low = (v - ONES * 0x20) | (quote - ONES) | (slash - ONES) | (v + ONES) | v;
		if (low & HIGHS)
			break;
	}
	while (i < len && !class_of[(unsigned char)s[i]])
		i++;
	return i;
}

static char *put_u(char *p, uint16_t unit)
{
	unsigned char b[2] = { unit >> 8, unit };

	p[0] = '\\';
	p[1] = 'u';
	return lw_fmt_hex(p + 2, b, 2);
}

/* One character that is not simply copied. @out has 6 bytes or more. */
static char *escape_one(char *out, const char *s, size_t len, size_t *ret_used, bool *ret_lossy)
{
	char class = class_of[(unsigned char)s[0]];
	uint32_t cp;
	size_t n;

	*ret_used = 1;
	if (class == 'u')
		return put_u(out, (unsigned char)s[0]);
	if (class != 'm') {
		out[0] = '\\';
		out[1] = class;
		return out + 2;
	}
	n = lw_utf8_len(s, len, &cp);
	if (!n) {
		*ret_lossy = true;
		return put_u(out, 0xfffd);
	}
	*ret_used = n;
	if (lw_utf8_hides(cp))
		return put_u(out, cp);
	memcpy(out, s, n);
	return out + n;
}

/* The text between the quotes. NULL when it does not end before @end. */
static char *escape(char *p, const char *end, const char *s, size_t len, bool *ret_lossy)
{
	while (len) {
		size_t n = clean_span(s, len);

		if ((size_t)(end - p) < n)
			return NULL;
		memcpy(p, s, n);
		p += n;
		s += n;
		len -= n;
		if (!len)
			break;
		if (end - p < 6)
			return NULL;
		p = escape_one(p, s, len, &n, ret_lossy);
		s += n;
		len -= n;
	}
	return p;
}

bool lw_jw_str(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len)
{
	char *p = lw_jw_begin(w, key, klen, len + 2);
	bool lossy = false;

	if (!p)
		return true;
	*p++ = '"';
	/* The last byte before the limit is for the quote. */
	p = escape(p, w->buf + w->limit - 1, s, len, &lossy);
	if (!p) {
		w->truncated = true;
		return true;
	}
	*p++ = '"';
	lw_jw_commit(w, p);
	return !lossy;
}

bool lw_jw_text(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len)
{
	bool clean;

	w->limit -= w->keep;
	clean = lw_jw_str(w, key, klen, s, len);
	w->limit += w->keep;
	return clean;
}

void lw_jw_hex(struct lw_jw *w, const char *key, size_t klen, const void *data, size_t len)
{
	char *p = lw_jw_begin(w, key, klen, 2 * len + 2 + w->keep);

	if (!p)
		return;
	*p++ = '"';
	p = lw_fmt_hex(p, data, len);
	*p++ = '"';
	lw_jw_commit(w, p);
}

void lw_jw_bytes(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len)
{
	char twin[64];

	if (lw_jw_text(w, key, klen, s, len) || klen + 6 > sizeof(twin))
		return;
	memcpy(twin, key, klen);
	memcpy(twin + klen, "_bytes", 6);
	lw_jw_hex(w, twin, klen + 6, s, len);
}

void lw_jw_splice(struct lw_jw *w, size_t at, const char *json, size_t len)
{
	size_t comma = w->buf[at] != '}';

	memmove(w->buf + at + len + comma, w->buf + at, w->pos - at);
	memcpy(w->buf + at, json, len);
	if (comma)
		w->buf[at + len] = ',';
	w->pos += len + comma;
}
