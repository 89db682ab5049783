// SPDX-License-Identifier: Apache-2.0
/* decode/python_frame.h: which records are frames, and what the texts in them become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/text.h"
#include "decode/python_frame.h"
#include "python_frames.h"
#include "records.h"

static struct test_frame t;

static int check(size_t len)
{
	const struct lw_py_frame *f;

	return lw_py_frame_check(t.bytes, len, &f);
}

static struct lw_py_frame *good(void)
{
	return test_frame(&t, 5, 0, "/a/b.py", "f.<locals>.g", 12);
}

static void parts(void **state)
{
	struct lw_py_frame *f = good();
	const struct lw_py_frame *checked;

	(void)state;
	memcpy(f->data + f->file_len + f->name_len, "\2\1", 2);
	f->lines_len = 2;
	f->size += 2;
	assert_int_equal(lw_py_frame_check(t.bytes, f->size, &checked), 0);
	assert_ptr_equal(checked, f);
	assert_int_equal(lw_py_frame_file(f).len, 7);
	assert_memory_equal(lw_py_frame_file(f).s, "/a/b.py", 7);
	assert_memory_equal(lw_py_frame_name(f).s, "f.<locals>.g", 12);
	assert_memory_equal(lw_py_frame_lines(f).s, "\2\1", 2);
}

static void empty_parts(void **state)
{
	(void)state;
	test_frame(&t, 5, 0, "", "", 0);
	assert_int_equal(check(sizeof(struct lw_py_frame)), 0);
	assert_int_equal(check(sizeof(struct lw_py_frame) - 1), -EBADMSG);
	assert_int_equal(check(0), -EBADMSG);
}

#define BAD(change) \
	do { \
		struct lw_py_frame *f = good(); \
		size_t len = f->size; \
\
		assert_int_equal(check(len), 0); \
		change; \
		if (check(len) != -EBADMSG) \
			fail_msg("accepted after " #change); \
	} while (0)

static void refused(void **state)
{
	const struct lw_py_frame *f0;

	(void)state;
	BAD(f->stack = 0);
	BAD(f->nr = LW_PY_FRAMES);
	BAD(f->flags = 0x10);
	BAD(f->size++);
	BAD(f->size--);
	BAD(len--);
	BAD(f->name_len++);
	BAD(f->lines_len = 1);
	BAD(f->file_kind = 3);
	BAD(f->name_kind = 5);
	BAD(f->file_kind = LW_PY_UCS2); /* 7 bytes */
	BAD(f->file_len = LW_PY_FILE + 1);
	BAD(f->name_len = LW_PY_NAME + 1);
	BAD(f->lines_len = LW_PY_LINES + 1);
	assert_int_equal(lw_py_frame_check(t.bytes + 4, 200, &f0), -EBADMSG);
}

static void longest(void **state)
{
	static char file[LW_PY_FILE], name[LW_PY_NAME];
	struct lw_py_frame *f =
		test_frame_n(&t, 1, LW_PY_FRAMES - 1, file, sizeof(file), name, sizeof(name), 1);

	(void)state;
	f->lines_len = LW_PY_LINES;
	f->size = sizeof(t.bytes);
	f->file_kind = LW_PY_UCS4;
	assert_int_equal(check(f->size), 0);
}

static void expect(const void *from, size_t len, unsigned int kind, const char *want)
{
	char *have = malloc(len * LW_PY_UTF8_GROWTH + 1);
	size_t n = lw_py_text(have, (struct lw_span){ from, len }, kind);

	assert_true(n <= len * LW_PY_UTF8_GROWTH);
	assert_true(test_is_utf8(have, n));
	assert_int_equal(n, strlen(want));
	assert_memory_equal(have, want, n);
	free(have);
}

#define BAD_CHAR "\xef\xbf\xbd"

static void texts(void **state)
{
	static const uint16_t two[] = { 'a', 0xe9, 0x20ac, 0xdcff, 0xd83d, 0xde00, 0xffff };
	static const uint32_t four[] = { 'a',	   0x1f600, 0xd83d,	0x10ffff,
					 0x110000, 0xdfff,  0xffffffff, 0xe000 };

	(void)state;
	expect("/a b", 4, LW_PY_ASCII, "/a b");
	expect("a\x80\xff", 3, LW_PY_ASCII, "a" BAD_CHAR BAD_CHAR);
	expect("a\xe9\xff", 3, LW_PY_LATIN1, "a\xc3\xa9\xc3\xbf");
	expect(two, sizeof(two), LW_PY_UCS2,
	       "a\xc3\xa9\xe2\x82\xac" BAD_CHAR BAD_CHAR BAD_CHAR "\xef\xbf\xbf");
	expect(four, sizeof(four), LW_PY_UCS4,
	       "a\xf0\x9f\x98\x80" BAD_CHAR "\xf4\x8f\xbf\xbf" BAD_CHAR BAD_CHAR BAD_CHAR
	       "\xee\x80\x80");
	/* Not aligned, not whole, of no kind. */
	expect((const char *)two + 1, 5, LW_PY_UCS2, "\xee\xa4\x80\xea\xb0\x80");
	expect("abc", 3, 3, "");
	expect("", 0, LW_PY_UCS4, "");
}

/* Every character of every kind has its own UTF-8, or the replacement. */
static void every_character(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp < 0x110100; cp++) {
		bool valid = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
		uint32_t back = 0;
		char text[16];
		size_t n = lw_py_text(text, (struct lw_span){ (char *)&cp, 4 }, LW_PY_UCS4);

		assert_int_equal(lw_utf8_len(text, n, &back), n);
		assert_int_equal(back, valid ? cp : 0xfffd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),   cmocka_unit_test(empty_parts),
		cmocka_unit_test(refused), cmocka_unit_test(longest),
		cmocka_unit_test(texts),   cmocka_unit_test(every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
