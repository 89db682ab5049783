// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";

size_t lw_utf8_len(const char *s, size_t len, uint32_t *ret_cp)
{
	const unsigned char *p = (const unsigned char *)s;
	uint32_t cp, min;
	size_t n;

	if (p[0] < 0x80) {
		*ret_cp = p[0];
		return 1;
	}
	if (p[0] >= 0xf0) {
		n = 4;
		cp = p[0] & 0x0f;
		min = 0x10000;
	} else if (p[0] >= 0xe0) {
		n = 3;
		cp = p[0] & 0x0f;
		min = 0x800;
	} else {
		n = 2;
		cp = p[0] & 0x1f;
		min = 0x80;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < min || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_cp = cp;
	return n;
}

bool lw_utf8_hides(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c ||
	       (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff;
}

char *lw_fmt_u64(char *p, uint64_t value)
{
	char tmp[20];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = '0' + value % 10;
		value /= 10;
	} while (value);
	memcpy(p, tmp + i, sizeof(tmp) - i);
	return p + sizeof(tmp) - i;
}

char *lw_fmt_hex(char *p, const void *data, size_t len)
{
	const unsigned char *b = data;

	for (size_t i = 0; i < len; i++) {
		*p++ = hex_digits[b[i] >> 4];
		*p++ = hex_digits[b[i] & 15];
	}
	return p;
}

void lw_sb_init(struct lw_sb *sb, char *buf, size_t cap)
{
	*sb = (struct lw_sb){ .buf = buf, .cap = cap };
	buf[0] = '\0';
}

/* All of it or nothing: an escape or a character must not be divided. */
static bool sb_put(struct lw_sb *sb, const char *s, size_t len)
{
	if (sb->cut || len >= sb->cap - sb->len) {
		sb->cut = true;
		return false;
	}
	memcpy(sb->buf + sb->len, s, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
	return true;
}

void lw_sb_mem(struct lw_sb *sb, const char *s, size_t len)
{
	size_t room = sb->cap - sb->len - 1;

	if (sb->cut)
		return;
	sb_put(sb, s, len < room ? len : room);
	sb->cut = len > room;
}

void lw_sb_str(struct lw_sb *sb, const char *s)
{
	lw_sb_mem(sb, s, strlen(s));
}

void lw_sb_u64(struct lw_sb *sb, uint64_t value)
{
	char tmp[20];

	lw_sb_mem(sb, tmp, lw_fmt_u64(tmp, value) - tmp);
}

static size_t escape_byte(char *out, unsigned char byte)
{
	memcpy(out, "\\x", 2);
	return lw_fmt_hex(out + 2, &byte, 1) - out;
}

static size_t escape_char(char *out, uint32_t cp)
{
	unsigned char b[2] = { cp >> 8, cp };

	if (cp == '\n' || cp == '\t' || cp == '\\') {
		out[0] = '\\';
		out[1] = cp == '\n' ? 'n' : cp == '\t' ? 't' : '\\';
		return 2;
	}
	if (cp < 0x80)
		return escape_byte(out, cp);
	memcpy(out, "\\u{", 3);
	lw_fmt_hex(out + 3, b, 2);
	out[7] = '}';
	return 8;
}

void lw_sb_safe(struct lw_sb *sb, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t cp;
		size_t n = lw_utf8_len(s + i, len - i, &cp);
		char tmp[8];
		bool ok;

		if (!n)
			ok = sb_put(sb, tmp, escape_byte(tmp, s[i]));
		else if (cp == '\\' || lw_utf8_hides(cp))
			ok = sb_put(sb, tmp, escape_char(tmp, cp));
		else
			ok = sb_put(sb, s + i, n);
		if (!ok)
			return;
		i += n ? n : 1;
	}
}

/* Bytes and columns of the escape or character at the start of @s. */
static size_t one(const char *s, size_t len, size_t *ret_columns, char out[static 8],
		  size_t *ret_bytes)
{
	struct lw_sb sb;
	uint32_t cp;
	size_t n = lw_utf8_len(s, len, &cp);
	char tmp[16];

	lw_sb_init(&sb, tmp, sizeof(tmp));
	lw_sb_safe(&sb, s, n ? n : 1);
	memcpy(out, tmp, sb.len);
	*ret_bytes = sb.len;
	/* Hangul Jamo is where wide characters begin; few that are not wide follow. */
	*ret_columns = (uint8_t)tmp[0] < 0x80 ? sb.len : cp >= 0x1100 ? 2 : 1;
	return n ? n : 1;
}

static size_t columns_of(const char *s, size_t len)
{
	size_t all = 0, columns, bytes;
	char out[8];

	for (size_t i = 0; i < len; all += columns)
		i += one(s + i, len - i, &columns, out, &bytes);
	return all;
}

void lw_sb_clip(struct lw_sb *sb, const char *s, size_t len, size_t columns, enum lw_cut cut)
{
	size_t all = columns_of(s, len), skip = 0, room = columns, n, bytes;
	bool clip = all > columns;
	char out[8];

	if (clip) {
		room--;
		skip = cut == LW_CUT_START ? all - room : 0;
	}
	if (clip && cut == LW_CUT_START)
		lw_sb_str(sb, "…");
	for (size_t i = 0, at = 0; i < len;) {
		i += one(s + i, len - i, &n, out, &bytes);
		at += n;
		if (at - n < skip)
			continue;
		if (n > room)
			break;
		room -= n;
		lw_sb_mem(sb, out, bytes);
	}
	if (clip && cut == LW_CUT_END)
		lw_sb_str(sb, "…");
}
