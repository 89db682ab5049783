// SPDX-License-Identifier: Apache-2.0
/* Is it a pickle? Its opcodes are read as pickletools does, as far as the bytes reach. */
#include <ctype.h>
#include <string.h>

#include "enrich/model_format.h"

/* Opcodes that show a pickle where the bytes end before its STOP, and no protocol is named. */
#define ENOUGH 8

enum arg {
	A_BAD = 0,
	A_NONE,
	A_1, /* bytes */
	A_2,
	A_4,
	A_8,
	A_LEN1, /* a length of as many bytes, then that much */
	A_LEN4,
	A_LEN8,
	A_NUMBER, /* a line */
	A_STRING, /* one in quotes */
	A_LINE,
	A_NAMES, /* two lines: module and name */
};

static const uint8_t args[256] = {
	['('] = A_NONE,	  [')'] = A_NONE,   ['.'] = A_NONE,  ['0'] = A_NONE,   ['1'] = A_NONE,
	['2'] = A_NONE,	  ['B'] = A_LEN4,   ['C'] = A_LEN1,  ['F'] = A_NUMBER, ['G'] = A_8,
	['I'] = A_NUMBER, ['J'] = A_4,	    ['K'] = A_1,     ['L'] = A_NUMBER, ['M'] = A_2,
	['N'] = A_NONE,	  ['P'] = A_LINE,   ['Q'] = A_NONE,  ['R'] = A_NONE,   ['S'] = A_STRING,
	['T'] = A_LEN4,	  ['U'] = A_LEN1,   ['V'] = A_LINE,  ['X'] = A_LEN4,   [']'] = A_NONE,
	['a'] = A_NONE,	  ['b'] = A_NONE,   ['c'] = A_NAMES, ['d'] = A_NONE,   ['e'] = A_NONE,
	['g'] = A_NUMBER, ['h'] = A_1,	    ['i'] = A_NAMES, ['j'] = A_4,      ['l'] = A_NONE,
	['o'] = A_NONE,	  ['p'] = A_NUMBER, ['q'] = A_1,     ['r'] = A_4,      ['s'] = A_NONE,
	['t'] = A_NONE,	  ['u'] = A_NONE,   ['}'] = A_NONE,  [0x80] = A_1,     [0x81] = A_NONE,
	[0x82] = A_1,	  [0x83] = A_2,	    [0x84] = A_4,    [0x85] = A_NONE,  [0x86] = A_NONE,
	[0x87] = A_NONE,  [0x88] = A_NONE,  [0x89] = A_NONE, [0x8a] = A_LEN1,  [0x8b] = A_LEN4,
	[0x8c] = A_LEN1,  [0x8d] = A_LEN8,  [0x8e] = A_LEN8, [0x8f] = A_NONE,  [0x90] = A_NONE,
	[0x91] = A_NONE,  [0x92] = A_NONE,  [0x93] = A_NONE, [0x94] = A_NONE,  [0x95] = A_8,
	[0x96] = A_LEN8,  [0x97] = A_NONE,  [0x98] = A_NONE,
};

struct reader {
	const uint8_t *p;
	size_t len, at;
	uint64_t left; /* bytes of the file from @at on */
	bool end;      /* the bytes end, the file does not */
};

static bool skip(struct reader *r, uint64_t n)
{
	if (n > r->left)
		return false;
	r->left -= n;
	r->end = n > r->len - r->at;
	r->at += r->end ? r->len - r->at : n;
	return true;
}

static bool sized(struct reader *r, size_t bytes)
{
	uint64_t n = 0;

	if (r->len - r->at < bytes) {
		r->end = true;
		return r->left >= bytes;
	}
	for (size_t i = bytes; i-- > 0;)
		n = n << 8 | r->p[r->at + i];
	return skip(r, bytes) && skip(r, n);
}

static bool fits_line(const uint8_t *s, size_t len, enum arg arg)
{
	if (arg == A_STRING)
		return len >= 2 && (s[0] == '\'' || s[0] == '"') && s[len - 1] == s[0];
	for (size_t i = 0; i < len; i++) {
		if (arg == A_NUMBER && !isdigit(s[i]) && !memchr("+-.eLinfa", s[i], 9))
			return false;
		if (arg == A_NAMES && s[i] < 0x80 && !isalnum(s[i]) && s[i] != '_' && s[i] != '.')
			return false;
	}
	return len || arg == A_LINE;
}

static bool line(struct reader *r, enum arg arg)
{
	const uint8_t *s = r->p + r->at, *nl = memchr(s, '\n', r->len - r->at);

	if (!nl) {
		r->end = true;
		return r->left > r->len - r->at && fits_line(s, r->len - r->at, A_LINE);
	}
	return fits_line(s, nl - s - (nl > s && nl[-1] == '\r'), arg) && skip(r, nl - s + 1);
}

static bool argument(struct reader *r, enum arg arg)
{
	switch (arg) {
	case A_NONE:
		return true;
	case A_1:
	case A_2:
	case A_4:
	case A_8:
		return skip(r, 1U << (arg - A_1));
	case A_LEN1:
		return sized(r, 1);
	case A_LEN4:
		return sized(r, 4);
	case A_LEN8:
		return sized(r, 8);
	case A_NAMES:
		return line(r, arg) && (r->end || line(r, arg));
	case A_BAD:
		return false;
	default:
		return line(r, arg);
	}
}

bool lw_pickle_sniff(const uint8_t *p, size_t len, uint64_t size)
{
	struct reader r = { .p = p, .len = len, .left = size };
	bool named = len >= 2 && p[0] == 0x80 && p[1] >= 2 && p[1] <= 5;
	size_t n = 0;

	while (r.at < r.len && !r.end) {
		uint8_t op = r.p[r.at];

		/* Nothing is on the stack yet. */
		if (!n && (op == '.' || op == '0' || op == 'R'))
			return false;
		if (!skip(&r, 1) || !argument(&r, args[op]))
			return named && n > 1;
		n++;
		if (op == '.')
			return n > 1;
	}
	return named || n >= ENOUGH;
}
