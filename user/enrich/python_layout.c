// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "enrich/python_elf.h"

#define NO     LW_PY_ABSENT
#define FIELDS 25 /* of a row, and of struct lw_py_layout from `interpreters` on */

_Static_assert(offsetof(struct lw_py_layout, type) ==
		       offsetof(struct lw_py_layout, interpreters) + 2 * (FIELDS - 1),
	       "the fields of a row lie one behind the other");

struct row {
	__u8 minor, free_threaded, shim, kind_bit, ascii_bit;
	__u16 fields[FIELDS];
};

static const struct row rows[] = {
#define LW_PYTHON(minor, ft, shim, kind, ascii, ...) \
	{ minor, ft, shim, kind, ascii, { __VA_ARGS__ } },
#define LW_PYTHON_DEBUG(...)
#include "enrich/python_layouts.def"
#undef LW_PYTHON
#undef LW_PYTHON_DEBUG
};

/* Where struct _Py_DebugOffsets tells a field. */
static const struct debug {
	__u16 minor, size;
	__u16 fields[FIELDS];
} debugs[] = {
#define LW_PYTHON(...)
#define LW_PYTHON_DEBUG(minor, size, ...) { minor, size, { __VA_ARGS__ } },
#include "enrich/python_layouts.def"
#undef LW_PYTHON
#undef LW_PYTHON_DEBUG
};

static const struct row *find_row(unsigned int minor, bool free_threaded)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].minor == minor && rows[i].free_threaded == free_threaded)
			return &rows[i];
	return NULL;
}

static const struct debug *find_debug(unsigned int minor)
{
	for (size_t i = 0; i < sizeof(debugs) / sizeof(debugs[0]); i++)
		if (debugs[i].minor == minor)
			return &debugs[i];
	return NULL;
}

/* Return: false when what it says cannot be. */
static bool take_debug(const struct debug *d, bool free_threaded, const char *bytes, size_t size,
		       __u16 fields[FIELDS])
{
	if (size < d->size)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		__u64 v;

		/* Bytecode of each thread: only builds without the lock have it. */
		if (d->fields[i] == NO || (fields[i] == NO && !free_threaded))
			continue;
		memcpy(&v, bytes + d->fields[i], sizeof(v));
		if (v >= NO)
			return false;
		fields[i] = v;
	}
	return true;
}

static unsigned int max_of(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* Bytes that the walk copies of a frame, and of a code object. Return: false: more than it can. */
static bool set_sizes(struct lw_py_layout *l)
{
	unsigned int last = l->minor >= 11 ? sizeof(__u64) : sizeof(__u32);
	unsigned int frame =
		max_of(max_of(l->frame_prev, l->frame_code) + sizeof(__u64), l->frame_instr + last);
	unsigned int code = max_of(max_of(l->code_file, l->code_name), l->code_lines);

	if (l->frame_owner != NO)
		frame = max_of(frame, l->frame_owner + 1);
	if (l->frame_tlbc != NO)
		frame = max_of(frame, l->frame_tlbc + sizeof(__u32));
	code = max_of(max_of(code, l->type) + sizeof(__u64), l->code_first + sizeof(__u32));
	if (frame >= LW_PY_FRAME_MAX || code >= LW_PY_CODE_MAX)
		return false;
	l->frame_size = frame;
	l->code_size = code;
	return true;
}

/* The walk takes pointers from their place in a copy. */
static bool is_aligned(const struct lw_py_layout *l)
{
	return !((l->frame_prev | l->frame_code | l->frame_instr | l->code_file | l->code_name |
		  l->code_lines | l->type) &
		 7) &&
	       !(l->code_first & 3);
}

struct lw_py_layout lw_python_layout(unsigned int minor, bool free_threaded, const void *debug,
				     size_t size)
{
	const struct row *row = find_row(minor, free_threaded);
	const struct debug *d = debug ? find_debug(minor) : NULL;
	struct lw_py_layout l = { .minor = minor < 255 ? minor : 255 };
	__u16 fields[FIELDS];

	if (!row)
		return l;
	memcpy(fields, row->fields, sizeof(fields));
	if (d && !take_debug(d, free_threaded, debug, size, fields))
		return l;
	memcpy(&l.interpreters, fields, sizeof(fields));
	l.shim = row->shim;
	l.kind_bit = row->kind_bit;
	l.ascii_bit = row->ascii_bit;
	l.compact_bit = row->ascii_bit - 1;
	l.known = set_sizes(&l) && is_aligned(&l);
	return l;
}
