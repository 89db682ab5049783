// SPDX-License-Identifier: Apache-2.0
/* decode/python_lines.h: every instruction against what the interpreters themselves say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/python_lines.h"

#define VECTORS "tests/fixtures/python-lines.txt"

#define SPAN(s) ((struct lw_span){ s, sizeof(s) - 1 })

/* A code object: see tests/fixtures/python-lines.py. */
struct vector {
	unsigned int minor;
	int32_t first;
	struct lw_span table;
	char *lines; /* "OFFSET:LINE ... END" */
};

/* Hex to bytes, in place. */
static struct lw_span unhex(char *s)
{
	size_t n = *s == '-' ? 0 : strlen(s) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(s + 2 * i, "%2x", &byte), 1);
		s[i] = byte;
	}
	return (struct lw_span){ s, n };
}

static struct vector parse(char *line)
{
	struct vector v;
	char *save;

	v.minor = strtoul(strtok_r(line, " ", &save), NULL, 10);
	v.first = strtol(strtok_r(NULL, " ", &save), NULL, 10);
	v.table = unhex(strtok_r(NULL, " ", &save));
	v.lines = strtok_r(NULL, "\n", &save);
	assert_non_null(v.lines);
	return v;
}

/* Return: instructions that were compared. */
static size_t compare(const struct vector *v)
{
	char *at = v->lines;
	long offset = strtol(at, &at, 10);
	size_t n = 0;

	while (*at == ':') {
		uint32_t want = strtoul(at + 1, &at, 10);
		long next = strtol(at, &at, 10);

		for (; offset < next; offset += 2, n++) {
			uint32_t have = lw_py_line(v->minor, v->table, false, v->first, offset);
			uint32_t cut = lw_py_line(v->minor, v->table, true, v->first, offset);

			if (have != want)
				fail_msg("3.%u, first line %d, offset %ld: %u, not %u", v->minor,
					 v->first, offset, have, want);
			assert_true(cut == want || cut == 0);
		}
	}
	return n;
}

/* Without its end, a table tells the same line or none. */
static void cut_short(const struct vector *v)
{
	long end = strtol(strrchr(v->lines, ' '), NULL, 10);

	for (size_t len = 0; len < v->table.len; len += 1 + v->table.len / 8) {
		char *copy = malloc(len ? len : 1); /* so that a byte too much is seen */
		struct lw_span part = { copy, len };

		memcpy(copy, v->table.s, len);
		for (long offset = 0; offset < end; offset += 2) {
			uint32_t whole = lw_py_line(v->minor, v->table, false, v->first, offset);
			uint32_t line = lw_py_line(v->minor, part, true, v->first, offset);

			if (line && line != whole)
				fail_msg("3.%u, %zu bytes, offset %ld: %u, not %u", v->minor, len,
					 offset, line, whole);
		}
		free(copy);
	}
}

static void as_the_interpreters_say(void **state)
{
	const char *file = getenv("LW_PYTHON_LINES");
	FILE *f = fopen(file ? file : VECTORS, "re");
	size_t objects[16] = {}, instructions = 0, size = 0, all = 0;
	char *line = NULL;

	(void)state;
	if (!f)
		fail_msg("%s cannot be opened: run the test from the top directory", VECTORS);
	while (getline(&line, &size, f) > 0) {
		struct vector v = parse(line);

		assert_in_range(v.minor, 8, 15);
		objects[v.minor]++;
		all++;
		instructions += compare(&v);
		if (!file)
			cut_short(&v);
	}
	free(line);
	fclose(f);
	print_message("%zu instructions of %zu code objects\n", instructions, all);
	for (unsigned int minor = 8; !file && minor <= 13; minor++)
		assert_true(objects[minor] > 50);
}

static void before_the_first_instruction(void **state)
{
	(void)state;
	for (unsigned int minor = 8; minor <= 15; minor++) {
		assert_int_equal(lw_py_line(minor, SPAN("\2\1\2\1"), false, 7, -1), 7);
		assert_int_equal(lw_py_line(minor, SPAN(""), false, 7, INT32_MIN), 7);
		assert_int_equal(lw_py_line(minor, SPAN(""), false, -7, -1), 0);
	}
}

static void empty_tables(void **state)
{
	(void)state;
	assert_int_equal(lw_py_line(9, SPAN(""), false, 7, 100), 7);
	assert_int_equal(lw_py_line(9, SPAN(""), true, 7, 100), 0);
	assert_int_equal(lw_py_line(10, SPAN(""), false, 7, 100), 0);
	assert_int_equal(lw_py_line(11, SPAN(""), false, 7, 100), 0);
}

static void broken_tables(void **state)
{
	(void)state;
	/* Half a pair. */
	assert_int_equal(lw_py_line(9, SPAN("\2\1\2"), false, 7, 100), 8);
	assert_int_equal(lw_py_line(10, SPAN("\2\1\2"), false, 7, 2), 0);
	/* Lines before the first, and beyond what a line can be. */
	assert_int_equal(lw_py_line(9, SPAN("\0\200"), false, 7, 0), 0);
	assert_int_equal(lw_py_line(9, SPAN("\0\177"), false, INT32_MAX, 0), 0);
	assert_int_equal(lw_py_line(10, SPAN("\2\201"), false, 7, 0), 0);
	/* An entry that does not begin as one. */
	assert_int_equal(lw_py_line(11, SPAN("\0\0"), false, 7, 0), 0);
	/* A number that does not end, one that is too long, the largest ones. */
	assert_int_equal(lw_py_line(11, SPAN("\350\177"), false, 7, 0), 0);
	assert_int_equal(lw_py_line(11, SPAN("\350\177\177\177\177\177\177\1"), false, 7, 0), 0);
	assert_int_equal(lw_py_line(11, SPAN("\350\177\177\177\177\177\77"), false, 7, 0), 0);
	assert_int_equal(lw_py_line(11, SPAN("\350\176\177\177\177\177\77"), false, 7, 0), 0);
	/* A number that says 3: line 10. */
	assert_int_equal(lw_py_line(11, SPAN("\350\6"), false, 7, 0), 10);
	assert_int_equal(lw_py_line(11, SPAN("\370"), false, 7, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_interpreters_say),
		cmocka_unit_test(before_the_first_instruction),
		cmocka_unit_test(empty_tables),
		cmocka_unit_test(broken_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
