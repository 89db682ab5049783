// SPDX-License-Identifier: Apache-2.0
#include "decode/python_lines.h"

#define UNIT 2 /* bytes of a code unit */

/* The kinds of an entry of a location table that matter for lines. */
enum {
	LOC_ONE_LINE0 = 10, /* line + 0, two columns follow; 11: + 1, 12: + 2 */
	LOC_ONE_LINE2 = 12,
	LOC_NO_COLUMNS = 13, /* a signed varint: lines */
	LOC_LONG = 14,	     /* the same, and three varints */
	LOC_NONE = 15,	     /* no line */
};

static uint32_t line_of(int64_t line)
{
	return line > 0 && line <= INT32_MAX ? line : 0;
}

/*
 * Objects/lnotab_notes.txt of 3.6 to 3.9: pairs of bytes to go and lines to go, the latter signed.
 * An empty table is legal: all is on the first line.
 */
static uint32_t from_lnotab(struct lw_span t, bool cut, int64_t line, int64_t lasti)
{
	int64_t at = 0;

	for (size_t i = 0; i + 1 < t.len; i += 2) {
		at += (uint8_t)t.s[i];
		if (at > lasti)
			return line_of(line);
		line += (int8_t)t.s[i + 1];
	}
	return cut ? 0 : line_of(line);
}

/*
 * Objects/lnotab_notes.txt of 3.10: pairs of a range's bytes and the lines to go to it, signed;
 * -128: it has no line, and the one before counts for the next range.
 */
static uint32_t from_linetable(struct lw_span t, int64_t line, int64_t lasti)
{
	int64_t end = 0;

	for (size_t i = 0; i + 1 < t.len; i += 2) {
		int8_t lines = t.s[i + 1];

		end += (uint8_t)t.s[i];
		if (lines != INT8_MIN)
			line += lines;
		if (end > lasti)
			return lines == INT8_MIN ? 0 : line_of(line);
	}
	return 0;
}

/* Six bits a byte, the lowest first; bit 6: more follow. Bit 0 of the number is its sign. */
static bool read_svarint(struct lw_span t, size_t at, int64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; at < t.len && shift <= 30; shift += 6) {
		uint8_t byte = t.s[at++];

		value |= (uint64_t)(byte & 0x3f) << shift;
		if (!(byte & 0x40)) {
			*ret_value = value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
			return true;
		}
	}
	return false;
}

/*
 * Objects/locations.md of 3.11 and 3.12, InternalDocs/code_objects.md since: entries that begin
 * with the only byte whose bit 7 is set: four bits of kind, three of code units less one.
 */
static uint32_t from_locations(struct lw_span t, int64_t line, int64_t lasti)
{
	int64_t end = 0;

	for (size_t i = 0; i < t.len;) {
		uint8_t head = t.s[i++];
		unsigned int kind = head >> 3 & 15;
		int64_t lines = 0;

		if (!(head & 0x80))
			return 0;
		if (kind >= LOC_ONE_LINE0 && kind <= LOC_ONE_LINE2)
			lines = kind - LOC_ONE_LINE0;
		else if ((kind == LOC_NO_COLUMNS || kind == LOC_LONG) &&
			 !read_svarint(t, i, &lines))
			return 0;
		line += lines;
		end += ((head & 7) + 1) * UNIT;
		if (end > lasti)
			return kind == LOC_NONE ? 0 : line_of(line);
		while (i < t.len && !(t.s[i] & 0x80))
			i++;
	}
	return 0;
}

uint32_t lw_py_line(unsigned int minor, struct lw_span table, bool cut, int32_t first,
		    int32_t lasti)
{
	if (lasti < 0)
		return line_of(first);
	if (minor < 10)
		return from_lnotab(table, cut, first, lasti);
	if (minor == 10)
		return from_linetable(table, first, lasti);
	return from_locations(table, first, lasti);
}
