// SPDX-License-Identifier: Apache-2.0
#include "policy/json.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lw_limits.h"

/* A key of an object that is being read: keys are compared by the hash of their decoded bytes. */
struct seen {
	uint64_t hash;
	size_t at;
};

struct scan {
	const char *text;
	size_t len;
	size_t pos;
	unsigned int depth;
	struct seen *seen; /* keys of all open objects */
	size_t n_seen, cap_seen;
	int err;
	void (*fn)(const struct lw_json_problem *problem, void *arg);
	void *arg;
	/* lw_json_locate() */
	const struct lw_ptr *want[LW_POLICY_DEPTH_MAX + 1];
	uint64_t want_hash[LW_POLICY_DEPTH_MAX + 1];
	size_t n_want, matched;
	size_t found_value, found_key;
};

static void say(struct scan *s, size_t at, const char *message)
{
	struct lw_json_problem p = { .at = at, .message = message };

	s->err = -EINVAL;
	if (s->fn)
		s->fn(&p, s->arg);
}

/* Ends the scan. */
static bool fail(struct scan *s, size_t at, const char *message)
{
	say(s, at, message);
	return false;
}

static int peek(const struct scan *s)
{
	return s->pos < s->len ? (unsigned char)s->text[s->pos] : -1;
}

static void skip_space(struct scan *s)
{
	while (s->pos < s->len && memchr(" \t\r\n", s->text[s->pos], 4))
		s->pos++;
}

static uint64_t hash_byte(uint64_t h, unsigned char c)
{
	return (h ^ c) * 0x100000001b3ULL;
}

#define HASH_START 0xcbf29ce484222325ULL

static uint64_t hash_string(const char *s)
{
	uint64_t h = HASH_START;

	while (*s)
		h = hash_byte(h, *s++);
	return h;
}

static uint64_t hash_codepoint(uint64_t h, uint32_t c)
{
	if (c < 0x80)
		return hash_byte(h, c);
	if (c < 0x800)
		return hash_byte(hash_byte(h, 0xc0 | c >> 6), 0x80 | (c & 63));
	if (c < 0x10000) {
		h = hash_byte(h, 0xe0 | c >> 12);
	} else {
		h = hash_byte(h, 0xf0 | c >> 18);
		h = hash_byte(h, 0x80 | (c >> 12 & 63));
	}
	return hash_byte(hash_byte(h, 0x80 | (c >> 6 & 63)), 0x80 | (c & 63));
}

static bool hex4(struct scan *s, uint32_t *ret)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, s->pos++) {
		int c = peek(s);

		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
			v = v << 4 | ((c | 32) - 'a' + 10);
		else
			return false;
	}
	*ret = v;
	return true;
}

/* After "\u". */
static bool scan_unicode(struct scan *s, uint64_t *h)
{
	size_t at = s->pos - 2;
	uint32_t c, low;

	if (!hex4(s, &c))
		return fail(s, at, "\\u needs four hexadecimal digits");
	if (!c)
		return fail(s, at, "a string must not contain NUL");
	if (c >= 0xd800 && c < 0xdc00) {
		if (s->len - s->pos < 2 || memcmp(s->text + s->pos, "\\u", 2) != 0)
			return fail(s, at, "half of a surrogate pair");
		s->pos += 2;
		if (!hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
			return fail(s, at, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		return fail(s, at, "half of a surrogate pair");
	}
	*h = hash_codepoint(*h, c);
	return true;
}

static bool scan_escape(struct scan *s, uint64_t *h)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(s);
	const char *p = c > 0 ? strchr(from, c) : NULL;

	s->pos++;
	if (c == 'u')
		return scan_unicode(s, h);
	if (!p)
		return fail(s, s->pos - 2, "unknown escape in a string");
	*h = hash_byte(*h, to[p - from]);
	return true;
}

static bool scan_string(struct scan *s, uint64_t *ret_hash)
{
	uint64_t h = HASH_START;
	size_t start = s->pos++;

	for (;;) {
		int c = peek(s);
		uint32_t cp;
		size_t n;

		if (c < 0)
			return fail(s, start, "this string does not end");
		if (c == '"')
			break;
		if (c < 0x20)
			return fail(s, s->pos,
				    c ? "control character in a string" : "NUL byte in the text");
		if (c == '\\') {
			s->pos++;
			if (!scan_escape(s, &h))
				return false;
			continue;
		}
		n = lw_utf8_len(s->text + s->pos, s->len - s->pos, &cp);
		if (!n)
			return fail(s, s->pos, "not UTF-8");
		while (n--)
			h = hash_byte(h, s->text[s->pos++]);
	}
	s->pos++;
	if (ret_hash)
		*ret_hash = h;
	return true;
}

static bool scan_digits(struct scan *s)
{
	size_t start = s->pos;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->pos++;
	return s->pos > start;
}

static bool scan_number(struct scan *s)
{
	size_t start = s->pos;

	if (peek(s) == '-')
		s->pos++;
	if (peek(s) == '0')
		s->pos++;
	else if (!scan_digits(s))
		return fail(s, start, "not a number");
	if (peek(s) == '.') {
		s->pos++;
		if (!scan_digits(s))
			return fail(s, start, "not a number");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->pos++;
		if (peek(s) == '+' || peek(s) == '-')
			s->pos++;
		if (!scan_digits(s))
			return fail(s, start, "not a number");
	}
	return true;
}

static bool scan_word(struct scan *s)
{
	static const char *const word[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(word[i]);

		if (s->len - s->pos >= n && memcmp(s->text + s->pos, word[i], n) == 0) {
			s->pos += n;
			return true;
		}
	}
	if (peek(s) == 0)
		return fail(s, s->pos, "NUL byte in the text");
	return fail(s, s->pos, peek(s) < 0 ? "the text ends too early" : "not a JSON value");
}

static bool scan_value(struct scan *s);

/* A value one level down: is it on the way to what is looked for? */
static bool scan_child(struct scan *s, size_t depth, bool on_way, size_t key_at)
{
	bool ok;

	if (on_way) {
		s->matched = depth + 1;
		s->found_key = key_at;
		s->found_value = s->pos;
	}
	ok = scan_value(s);
	/* Found: stop. */
	if (on_way && s->n_want && s->matched == s->n_want)
		return false;
	return ok;
}

static bool remember_key(struct scan *s, uint64_t hash, size_t at)
{
	if (s->n_seen == s->cap_seen) {
		size_t cap = s->cap_seen ? s->cap_seen * 2 : 64;
		struct seen *grown = realloc(s->seen, cap * sizeof(*grown));

		if (!grown) {
			s->err = -ENOMEM;
			return false;
		}
		s->seen = grown;
		s->cap_seen = cap;
	}
	s->seen[s->n_seen++] = (struct seen){ .hash = hash, .at = at };
	return true;
}

static int by_hash(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void report_twice(struct scan *s, size_t first)
{
	size_t n = s->n_seen - first;

	if (n > 1) {
		struct seen *keys = s->seen + first;

		qsort(keys, n, sizeof(*keys), by_hash);
		for (size_t i = 1; i < n; i++)
			if (keys[i].hash == keys[i - 1].hash)
				say(s, keys[i].at, "this key is there twice");
	}
	s->n_seen = first;
}

static bool scan_member(struct scan *s, size_t depth)
{
	size_t key_at = s->pos;
	uint64_t hash;
	bool on_way;

	if (peek(s) != '"')
		return fail(s, s->pos, "a key must be a string in double quotes");
	if (!scan_string(s, &hash) || (s->fn && !remember_key(s, hash, key_at)))
		return false;
	skip_space(s);
	if (peek(s) != ':')
		return fail(s, s->pos, "':' expected after a key");
	s->pos++;
	skip_space(s);
	on_way = depth < s->n_want && s->matched == depth && s->want[depth]->key &&
		 s->want_hash[depth] == hash;
	return scan_child(s, depth, on_way, key_at);
}

static bool scan_element(struct scan *s, size_t depth, size_t index)
{
	bool on_way = depth < s->n_want && s->matched == depth && !s->want[depth]->key &&
		      s->want[depth]->index == index;

	return scan_child(s, depth, on_way, s->pos);
}

/* An object or an array. */
static bool scan_nested(struct scan *s, bool object)
{
	size_t depth = s->depth, first = s->n_seen;
	char end = object ? '}' : ']';

	if (++s->depth > LW_POLICY_DEPTH_MAX)
		return fail(s, s->pos, "nested too deeply");
	s->pos++;
	skip_space(s);
	for (size_t i = 0; peek(s) != end; i++) {
		if (i) {
			if (peek(s) != ',')
				return fail(s, s->pos,
					    object ? "',' or '}' expected" : "',' or ']' expected");
			s->pos++;
			skip_space(s);
		}
		if (!(object ? scan_member(s, depth) : scan_element(s, depth, i)))
			return false;
		skip_space(s);
	}
	s->pos++;
	s->depth--;
	report_twice(s, first);
	return true;
}

static bool scan_value(struct scan *s)
{
	int c = peek(s);

	if (c == '{' || c == '[')
		return scan_nested(s, c == '{');
	if (c == '"')
		return scan_string(s, NULL);
	if (c == '-' || (c >= '0' && c <= '9'))
		return scan_number(s);
	return scan_word(s);
}

int lw_json_check(const char *text, size_t len,
		  void (*fn)(const struct lw_json_problem *problem, void *arg), void *arg)
{
	struct scan s = { .text = text, .len = len, .fn = fn, .arg = arg };

	skip_space(&s);
	if (scan_value(&s)) {
		skip_space(&s);
		if (s.pos < len)
			say(&s, s.pos,
			    peek(&s) ? "text after the end of the document"
				     : "NUL byte in the text");
	}
	free(s.seen);
	return s.err;
}

size_t lw_json_locate(const char *text, size_t len, const struct lw_ptr *ptr, bool key)
{
	struct scan s = { .text = text, .len = len };
	size_t n = 0;

	for (const struct lw_ptr *p = ptr; p; p = p->up)
		n++;
	if (n > LW_POLICY_DEPTH_MAX)
		return 0;
	s.n_want = n;
	for (const struct lw_ptr *p = ptr; p; p = p->up) {
		s.want[--n] = p;
		s.want_hash[n] = p->key ? hash_string(p->key) : 0;
	}
	skip_space(&s);
	s.found_key = s.found_value = s.pos;
	if (s.n_want)
		scan_value(&s);
	return key && s.matched == s.n_want ? s.found_key : s.found_value;
}

void lw_json_line_col(const char *text, size_t len, size_t at, int *ret_line, int *ret_col)
{
	size_t start = 0;
	int line = 1;

	if (at > len)
		at = len;
	for (size_t i = 0; i < at; i++) {
		if (text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	*ret_line = line;
	*ret_col = (int)(at - start) + 1;
}

static int ptr_print(FILE *f, const struct lw_ptr *ptr)
{
	if (!ptr)
		return 0;
	ptr_print(f, ptr->up);
	if (!ptr->key)
		return fprintf(f, "/%zu", ptr->index);
	fputc('/', f);
	for (const char *p = ptr->key; *p; p++) {
		if (*p == '~' || *p == '/')
			fprintf(f, "~%c", *p == '/' ? '1' : '0');
		else
			fputc(*p, f);
	}
	return 0;
}

char *lw_ptr_format(const struct lw_ptr *ptr)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	ptr_print(f, ptr);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
