// SPDX-License-Identifier: Apache-2.0
/* enrich/stacks.h: frames of many stacks at once, lost ones, and what is given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "enrich/stacks.h"
#include "python_frames.h"

#define SECOND 1000000000ULL

static struct test_frame t;
static struct lw_stacks *stacks;

static int setup(void **state)
{
	(void)state;
	return lw_stacks_new(LW_STACKS_BYTES, &stacks);
}

static int teardown(void **state)
{
	(void)state;
	lw_stacks_free(stacks);
	return 0;
}

static int add_at(uint64_t now, uint64_t id, unsigned int nr)
{
	char file[32];
	struct lw_py_frame *f;

	snprintf(file, sizeof(file), "/s%llu/f%u.py", (unsigned long long)id, nr);
	f = test_frame(&t, id, nr, file, "run", nr + 1);
	return lw_stacks_add(stacks, f, f->size, now);
}

static int add(uint64_t id, unsigned int nr)
{
	return add_at(0, id, nr);
}

static void expect(uint64_t id, unsigned int n)
{
	const struct lw_stack *s = lw_stacks_find(stacks, id);
	unsigned int nr = 0;
	char file[32];

	assert_non_null(s);
	assert_int_equal(s->n, n);
	for (const struct lw_frame *f = s->newest; f; f = f->older, nr++) {
		snprintf(file, sizeof(file), "/s%llu/f%u.py", (unsigned long long)id, nr);
		assert_int_equal(f->nr, nr);
		assert_int_equal(f->line, nr + 1);
		assert_int_equal(lw_frame_file(f).len, strlen(file));
		assert_memory_equal(lw_frame_file(f).s, file, strlen(file));
		assert_int_equal(lw_frame_name(f).len, 3);
		assert_memory_equal(lw_frame_name(f).s, "run", 3);
	}
	assert_int_equal(nr, n);
}

/* As the CPUs of a large machine send them. */
static void mixed_up(void **state)
{
	struct lw_stacks_stats st;

	(void)state;
	for (unsigned int nr = 0; nr < LW_PY_FRAMES; nr++)
		for (uint64_t id = 1; id <= 200; id++)
			assert_int_equal(add(id << 40, nr), 0);
	for (uint64_t id = 1; id <= 200; id++)
		expect(id << 40, LW_PY_FRAMES);
	assert_null(lw_stacks_find(stacks, 0));
	assert_null(lw_stacks_find(stacks, 201ULL << 40));
	lw_stacks_stats(stacks, &st);
	assert_int_equal(st.stacks, 200);
	assert_int_equal(st.evicted, 0);
}

static void a_hole(void **state)
{
	const struct lw_stack *s;

	(void)state;
	assert_int_equal(add(1, 0), 0);
	assert_int_equal(add(1, 3), 0);
	s = lw_stacks_find(stacks, 1);
	assert_int_equal(s->n, 2);
	assert_int_equal(s->newest->older->nr, 3);
	/* Twice, or against the order. */
	assert_int_equal(add(1, 3), -EBADMSG);
	assert_int_equal(add(1, 2), -EBADMSG);
	assert_int_equal(s->n, 2);
}

static void no_frame(void **state)
{
	struct lw_py_frame *f = test_frame(&t, 1, 0, "/x.py", "f", 1);

	(void)state;
	assert_int_equal(lw_stacks_add(stacks, f, f->size - 1, 0), -EBADMSG);
	assert_int_equal(lw_stacks_add(stacks, f, 0, 0), -EBADMSG);
	assert_null(lw_stacks_find(stacks, 1));
}

static void what_the_texts_become(void **state)
{
	struct lw_py_frame *f = test_frame(&t, 1, 0, "/\xff.py", "\xe9", 7);
	const struct lw_frame *have;

	(void)state;
	f->name_kind = LW_PY_LATIN1;
	f->flags = LW_PYF_FILE_CUT;
	assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
	have = lw_stacks_find(stacks, 1)->newest;
	assert_memory_equal(lw_frame_file(have).s, "/\xef\xbf\xbd.py", 7);
	assert_memory_equal(lw_frame_name(have).s, "\xc3\xa9", 2);
	assert_int_equal(have->line, 7);
	assert_int_equal(have->flags, LW_PYF_FILE_CUT);
	/* A frame that could not be read has no line, even where an empty table would have one. */
	f->nr = 1;
	f->flags = LW_PYF_BAD;
	assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
	assert_int_equal(lw_stacks_find(stacks, 1)->oldest->line, 0);
	f->nr = 2;
	f->flags = LW_PYF_LINES_CUT;
	assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
	assert_int_equal(lw_stacks_find(stacks, 1)->oldest->line, 0);
}

static void the_oldest_is_given_up(void **state)
{
	static char file[LW_PY_FILE];
	struct lw_stacks_stats st;
	uint64_t id = 0;

	(void)state;
	memset(file, 0xff, sizeof(file));
	do {
		struct lw_py_frame *f = test_frame_n(&t, ++id, 0, file, sizeof(file), "", 0, 1);

		assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
		lw_stacks_stats(stacks, &st);
		assert_true(st.bytes <= LW_STACKS_BYTES);
	} while (!st.evicted);
	/* A whole ring of the longest names has gone in before. */
	assert_true(id * (LW_PY_FILE + sizeof(struct lw_py_frame)) > LW_RING_STACKS);
	assert_null(lw_stacks_find(stacks, 1));
	assert_non_null(lw_stacks_find(stacks, 2));
	assert_non_null(lw_stacks_find(stacks, id));
}

static void by_age(void **state)
{
	struct lw_stacks_stats st;

	(void)state;
	assert_int_equal(add_at(1 * SECOND, 1, 0), 0);
	assert_int_equal(add_at(2 * SECOND, 2, 0), 0);
	assert_int_equal(add_at(9 * SECOND, 1, 1), 0);
	lw_stacks_expire(stacks, 2 * SECOND);
	lw_stacks_expire(stacks, (1 + LW_STACK_AGE_S) * SECOND);
	expect(1, 2);
	lw_stacks_expire(stacks, (1 + LW_STACK_AGE_S) * SECOND + 1);
	assert_null(lw_stacks_find(stacks, 1));
	expect(2, 1);
	lw_stacks_expire(stacks, 100 * SECOND);
	lw_stacks_stats(stacks, &st);
	assert_int_equal(st.stacks, 0);
	assert_int_equal(st.bytes, 0);
	/* Empty, it is used again. */
	assert_int_equal(add_at(100 * SECOND, 3, 0), 0);
	expect(3, 1);
}

static void copies(void **state)
{
	struct lw_stack *copy;

	(void)state;
	for (unsigned int nr = 0; nr < 10; nr++)
		assert_int_equal(add(1, nr), 0);
	copy = lw_stack_copy(lw_stacks_find(stacks, 1), 1 << 20);
	assert_int_equal(copy->n, 10);
	assert_int_equal(copy->bytes, lw_stacks_find(stacks, 1)->bytes);
	lw_stack_free(copy);
	copy = lw_stack_copy(lw_stacks_find(stacks, 1), 200);
	assert_in_range(copy->n, 1, 9);
	assert_true(copy->bytes <= 200);
	assert_int_equal(copy->newest->nr, 0);
	assert_null(copy->oldest->older);
	lw_stack_free(copy);
	lw_stack_free(NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mixed_up), TEST(a_hole),
		TEST(no_frame), TEST(what_the_texts_become),
		TEST(by_age),	TEST(the_oldest_is_given_up),
		TEST(copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
