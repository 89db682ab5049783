// SPDX-License-Identifier: Apache-2.0
/* include/lw_calls.def against the system's own headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "decode/ops.h"
#include "lw_kinds.h"

#define NR_MAX	   1024 /* of the dispatcher's tables */
#define NR_UNIFORM 424	/* from here on a call has one number on all architectures (5.1) */

static const struct call {
	const char *name;
	unsigned int kind;
	int x86_64, x32, ia32, arm64;
} calls[] = {
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) \
	{ #name, LW_##kind, x86_64, x32, ia32, arm64 },
#include "lw_calls.def"
#undef LW_CALL
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* "62", "(__X32_SYSCALL_BIT + 524)" or "(0x40000000 + 524)". Return: -1 when the name stayed. */
static int number_of(const char *text)
{
	const char *plus = strchr(text, '+');

	if (strncmp(text, "__NR", 4) == 0)
		return -1;
	return atoi(plus ? plus + 1 : text);
}

/*
 * @column: what the table says of this entry. A header that is older than a call does not know it
 * yet: that is counted, and no error.
 */
static void compare(const struct call_number *header, int (*column)(const struct call *),
		    const char *what)
{
	unsigned int newer = 0;

	for (size_t i = 0; i < CALLS; i++) {
		int have = column(&calls[i]), want = number_of(header[i].text);

		assert_string_equal(header[i].name, calls[i].name);
		if (want < 0 && have >= NR_UNIFORM) {
			print_message("# %s: %s is newer than this header\n", what, calls[i].name);
			newer++;
		} else if (want != have) {
			fail_msg("%s: %s is %d, the table says %d", what, calls[i].name, want,
				 have);
		}
	}
	/* Nearly all of them are old. */
	assert_true(newer < CALLS / 10);
}

#ifdef __x86_64__
static int column_x86_64(const struct call *c)
{
	return c->x86_64;
}

static int column_ia32(const struct call *c)
{
	return c->ia32;
}

/* The number of x86_64, but for those that have one of their own. */
static int column_x32(const struct call *c)
{
	return c->x32 >= 0 ? c->x32 : c->x86_64;
}

static void native(void **state)
{
	(void)state;
	compare(calls_x86_64, column_x86_64, "x86_64");
}

static void entry_of_32_bits(void **state)
{
	(void)state;
	compare(calls_ia32, column_ia32, "ia32");
}

static void entry_x32(void **state)
{
	(void)state;
	compare(calls_x32, column_x32, "x32");
}
#endif

static int column_arm64(const struct call *c)
{
	return c->arm64;
}

static void arm64(void **state)
{
	(void)state;
	compare(calls_generic, column_arm64, "arm64");
}

static void take(int number, const char *name, const char **taken)
{
	if (number < 0)
		return;
	if (number >= NR_MAX)
		fail_msg("%s: %d does not fit", name, number);
	if (taken[number])
		fail_msg("%s and %s have the number %d", name, taken[number], number);
	taken[number] = name;
}

/* The dispatcher's tables are made with designated initialisers: the last one would win. */
static void each_number_once(void **state)
{
	const char *x86_64[NR_MAX] = { 0 }, *x32[NR_MAX] = { 0 }, *ia32[NR_MAX] = { 0 };
	const char *arm64_of[NR_MAX] = { 0 };

	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		const struct call *c = &calls[i];

		take(c->x86_64, c->name, x86_64);
		take(c->x86_64, c->name, x32);
		take(c->x32, c->name, x32);
		take(c->ia32, c->name, ia32);
		take(c->arm64, c->name, arm64_of);
		if (c->x86_64 < 0 && c->ia32 < 0)
			fail_msg("%s has no number at all", c->name);
		if ((c->x86_64 >= NR_UNIFORM || c->ia32 >= NR_UNIFORM || c->arm64 >= NR_UNIFORM) &&
		    (c->x86_64 != c->ia32 || c->x86_64 != c->arm64 || c->x32 >= 0))
			fail_msg("%s has different numbers", c->name);
	}
}

static void names_and_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		assert_true(calls[i].kind < LW_KIND_COUNT);
		assert_string_equal(lw_call_name(i + 1), calls[i].name);
		for (size_t j = i + 1; j < CALLS; j++)
			assert_string_not_equal(calls[i].name, calls[j].name);
	}
	assert_string_equal(lw_call_name(LW_CALL_NONE), "unknown");
	assert_string_equal(lw_call_name(LW_CALL_COUNT), "unknown");
}

/* A word and a value mean one thing; a kind has rows of one form, and they stand together. */
static void operations(void **state)
{
	const struct lw_op *ops;
	size_t n;

	(void)state;
	ops = lw_op_rows(&n);
	for (size_t i = 0; i < n; i++) {
		assert_true(ops[i].kind < LW_KIND_COUNT);
		assert_ptr_equal(lw_op_find(ops[i].kind, ops[i].word), &ops[i]);
		assert_int_equal(lw_op_has_bits(ops[i].kind), ops[i].bit);
		assert_true(ops[i].value <= 0xffff);
		if (ops[i].bit)
			assert_true(ops[i].value && !(ops[i].value & (ops[i].value - 1)));
		for (size_t j = i + 1; j < n; j++) {
			if (ops[i].kind != ops[j].kind)
				continue;
			if (ops[i].value == ops[j].value)
				fail_msg("%s and %s are both %u", ops[i].word, ops[j].word,
					 ops[i].value);
			if (ops[j - 1].kind != ops[j].kind)
				fail_msg("%s stands apart from its kind", ops[j].word);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef __x86_64__
		cmocka_unit_test(native),	   cmocka_unit_test(entry_of_32_bits),
		cmocka_unit_test(entry_x32),
#endif
		cmocka_unit_test(arm64),	   cmocka_unit_test(each_number_once),
		cmocka_unit_test(names_and_kinds), cmocka_unit_test(operations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
