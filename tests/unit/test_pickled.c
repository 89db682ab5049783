// SPDX-License-Identifier: Apache-2.0
/* enrich/pickled.h: the globals that a process has unpickled last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "enrich/pickled.h"
#include "records.h"

static struct lw_pickled *list;
static struct test_event t;

static int teardown(void **state)
{
	(void)state;
	free(list);
	list = NULL;
	return 0;
}

static struct lw_pickle_text text_of(const void *module, size_t module_len,
				     unsigned int module_kind, const void *name, size_t name_len,
				     unsigned int name_kind)
{
	struct lw_ev *ev = test_event(&t, LW_PICKLE_GLOBAL);
	struct lw_pickle_text text;

	test_str_n(ev, LW_STR_NAME, module, module_len);
	test_str_n(ev, LW_STR_TARGET, name, name_len);
	ev->pickle.module_kind = module_kind;
	ev->pickle.name_kind = name_kind;
	lw_pickle_text(ev, &text);
	return text;
}

static int add(const char *module, const char *name)
{
	struct lw_pickle_text text =
		text_of(module, strlen(module), LW_PY_ASCII, name, strlen(name), LW_PY_ASCII);

	return lw_pickled_add(&list, &text);
}

static void expect(unsigned int i, const char *want)
{
	struct lw_span have = lw_pickled_get(list, i);

	assert_true(i < list->n);
	assert_int_equal(have.len, strlen(want));
	assert_memory_equal(have.s, want, have.len);
}

static void texts(void **state)
{
	static const uint16_t two[] = { 0x4e2d, 0xd800 };
	struct lw_pickle_text text =
		text_of("caf\xe9", 4, LW_PY_LATIN1, two, sizeof(two), LW_PY_UCS2);

	(void)state;
	assert_int_equal(text.module, 5);
	assert_int_equal(text.name, 6);
	assert_memory_equal(text.text, "caf\xc3\xa9.\xe4\xb8\xad\xef\xbf\xbd", 12);
	/* What could not be read is absent. */
	text = text_of("", 0, LW_PY_ASCII, "", 0, LW_PY_ASCII);
	assert_int_equal(text.module + text.name, 0);
}

static void newest_first(void **state)
{
	(void)state;
	assert_int_equal(add("os", "system"), 1);
	assert_int_equal(add("builtins", "eval"), 1);
	assert_int_equal(add("os", "system"), 0);
	assert_int_equal(list->n, 2);
	expect(0, "os.system");
	expect(1, "builtins.eval");
	assert_int_equal(add("o", "s.system"), 1); /* another one */
	assert_int_equal(list->n, 3);
}

static void the_oldest_go(void **state)
{
	char name[16];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(add("m", name), 1);
	}
	assert_int_equal(list->n, LW_PICKLED_MAX);
	expect(0, "m.n99");
	expect(LW_PICKLED_MAX - 1, "m.n84");
	assert_int_equal(add("m", "n0"), 1);
}

static void the_longest(void **state)
{
	static char long_name[LW_PICKLE_NAME];
	struct lw_pickle_text text;

	(void)state;
	memset(long_name, 0xff, sizeof(long_name)); /* three bytes each */
	for (unsigned int i = 0; i < 10; i++) {
		long_name[0] = 'a' + i;
		text = text_of(long_name, sizeof(long_name), LW_PY_ASCII, long_name,
			       sizeof(long_name), LW_PY_ASCII);
		assert_true(text.module + 1 + text.name <= sizeof(text.text));
		assert_int_equal(lw_pickled_add(&list, &text), 1);
		assert_true(list->used <= LW_PICKLED_BYTES);
	}
	assert_int_equal(list->n, 2);
	assert_int_equal(lw_pickled_get(list, 0).s[0], 'j');
	assert_int_equal(add("os", "system"), 1);
	expect(0, "os.system");
}

/* A child shares the list until one of them changes it. */
static void shared(void **state)
{
	struct lw_pickled *child;

	(void)state;
	add("os", "system");
	child = list;
	child->refs++;
	add("builtins", "eval");
	assert_ptr_not_equal(child, list);
	assert_int_equal(child->refs, 1);
	assert_int_equal(child->n, 1);
	assert_int_equal(list->refs, 1);
	assert_int_equal(list->n, 2);
	free(child);
}

#define TEST(fn) cmocka_unit_test_teardown(fn, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(texts),	   TEST(newest_first), TEST(the_oldest_go),
		TEST(the_longest), TEST(shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
