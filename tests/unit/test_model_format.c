// SPDX-License-Identifier: Apache-2.0
/* enrich/model_format: what bytes are, whatever the file is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bytes.h"

/* In memory of its own, so that a byte too many is seen. */
static enum lw_format sniff(const void *data, size_t len, bool source)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct test_bytes b = { copy, len };
	struct lw_format_file f = { test_read, &b, len, source };
	enum lw_format found;

	memcpy(copy, data, len);
	found = lw_format_sniff(&f);
	free(copy);
	return found;
}

#define IS(text, format) assert_int_equal(sniff(text, sizeof(text) - 1, false), format)

static void pickles(void **state)
{
	char proto0[] = "cposix\nsystem\n(S'id'\ntR.";
	char large[20000] = "\x80\x04\x95\x00\x00\x01\x00\x00\x00\x00\x00\x8e\x00\x00\x01";

	(void)state;
	IS("\x80\x02}q\x00.", LW_FORMAT_PICKLE);
	IS("\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94(e.", LW_FORMAT_PICKLE);
	IS("\x80\x02\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.", LW_FORMAT_PICKLE); /* torch before 1.6 */
	IS(proto0, LW_FORMAT_PICKLE);
	IS("(lp0\nI1\naI2\na.", LW_FORMAT_PICKLE);
	assert_int_equal(sniff(large, sizeof(large), false), LW_FORMAT_PICKLE);
	IS("", LW_FORMAT_UNKNOWN);
	IS(".", LW_FORMAT_UNKNOWN);
	IS("hello, world\n", LW_FORMAT_UNKNOWN);
	IS("{\"a\": 1}", LW_FORMAT_UNKNOWN);
	IS("config\nvalue\nother line\n", LW_FORMAT_UNKNOWN);
	IS("\x80\x02", LW_FORMAT_PICKLE);
	IS("\x80\x09xx", LW_FORMAT_UNKNOWN);
}

static void packed_pickles(void **state)
{
	uint8_t packed[256];
	uLongf len = sizeof(packed);

	(void)state;
	assert_int_equal(compress(packed, &len,
				  (const uint8_t *)"\x80\x02]q\x00(K\x01K\x02"
						   "e.",
				  11),
			 Z_OK);
	assert_int_equal(sniff(packed, len, false), LW_FORMAT_PICKLE);
	assert_int_equal(compress(packed, &len, (const uint8_t *)"just text", 9), Z_OK);
	assert_int_equal(sniff(packed, len, false), LW_FORMAT_UNKNOWN);
}

static void arrays(void **state)
{
	(void)state;
	IS("\x93NUMPY\x01\x00\x16\x00{'descr': '<i8', ...}\n", LW_FORMAT_NUMPY);
	IS("\x93NUMPY\x01\x00\x16\x00{'descr': '|O', .....}\n", LW_FORMAT_NUMPY_OBJECT);
	IS("\x93NUMPY\x02\x00\x1f\x00\x00\x00{'descr': [('a','<i4'),('b','O')]}\n",
	   LW_FORMAT_NUMPY_OBJECT);
	IS("\x93NUMPY\x01\x00\xff\xff{'descr'", LW_FORMAT_NUMPY);
	IS("\x93NUMPY", LW_FORMAT_UNKNOWN);
}

static void data(void **state)
{
	uint8_t far[2048] = { 0 };

	(void)state;
	IS("\x02\0\0\0\0\0\0\0{}", LW_FORMAT_SAFETENSORS);
	IS("\xff\0\0\0\0\0\0\0{}", LW_FORMAT_UNKNOWN); /* longer than the file */
	IS("GGUF\x03\0\0\0\0\0\0\0", LW_FORMAT_GGUF);
	IS("GGUF\0\0\0\x03\0\0\0\0", LW_FORMAT_GGUF);
	IS("GGUF", LW_FORMAT_UNKNOWN);
	IS("\x89HDF\r\n\x1a\n...", LW_FORMAT_HDF5);
	memcpy(far + 1024, "\x89HDF\r\n\x1a\n", 8);
	assert_int_equal(sniff(far, sizeof(far), false), LW_FORMAT_HDF5);
	IS("\x08\x0a\x12\x04test\x3a\x02\x12\x00", LW_FORMAT_ONNX);
	IS("\x08\x0a\x12\x04test", LW_FORMAT_UNKNOWN);	       /* no graph */
	IS("\x08\x0a\x3a\xff\x01", LW_FORMAT_UNKNOWN);	       /* longer than the file */
	IS("\x12\x04test\x3a\x02\x12\x00", LW_FORMAT_UNKNOWN); /* no version */
}

static void sources(void **state)
{
	static const char text[] = "# \xc3\xa9\nimport os\n";

	(void)state;
	assert_int_equal(sniff(text, sizeof(text) - 1, true), LW_FORMAT_PYTHON);
	assert_int_equal(sniff(text, sizeof(text) - 1, false), LW_FORMAT_UNKNOWN);
	assert_int_equal(sniff("# latin \xe9 one\n", 14, true), LW_FORMAT_PYTHON);
	assert_int_equal(sniff("\0\0", 2, true), LW_FORMAT_UNKNOWN);
	assert_int_equal(sniff("\x80\x02}q\x00.", 6, true), LW_FORMAT_PICKLE);
	IS("\xa7\x0d\r\n\0\0\0\0aaaabbbb\xe3", LW_FORMAT_PYTHON);
}

/* An archive of members that are not compressed; @wide: with the records of a large one. */
struct zip {
	uint8_t p[4096], dir[2048];
	size_t len, dir_len, n;
};

static void le(uint8_t *p, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = value >> 8 * i;
}

static void member(struct zip *z, const char *name, const char *content, size_t len)
{
	uint8_t *local = z->p + z->len, *entry = z->dir + z->dir_len;
	size_t n = strlen(name);

	memcpy(local, "PK\3\4", 4);
	le(local + 26, n, 2);
	memcpy(local + 30, name, n);
	memcpy(local + 30 + n, content, len);
	memcpy(entry, "PK\1\2", 4);
	le(entry + 28, n, 2);
	le(entry + 42, z->len, 4);
	memcpy(entry + 46, name, n);
	z->len += 30 + n + len;
	z->dir_len += 46 + n;
	z->n++;
}

static size_t finish(struct zip *z, bool wide)
{
	uint64_t at = z->len, end;
	uint8_t *p;

	memcpy(z->p + z->len, z->dir, z->dir_len);
	z->len += z->dir_len;
	end = z->len;
	if (wide) {
		p = z->p + z->len;
		memcpy(p, "PK\6\6", 4);
		le(p + 40, z->dir_len, 8);
		le(p + 48, at, 8);
		memcpy(p + 56, "PK\6\7", 4);
		le(p + 64, end, 8);
		z->len += 76;
	}
	p = z->p + z->len;
	memcpy(p, "PK\5\6", 4);
	le(p + 10, z->n, 2);
	le(p + 12, wide ? UINT32_MAX : z->dir_len, 4);
	le(p + 16, wide ? UINT32_MAX : at, 4);
	z->len += 22;
	return z->len;
}

static void archives(void **state)
{
	static const char *const names[][3] = {
		{ "archive/data.pkl", "archive/data/0", NULL },
		{ "config.json", "model.weights.h5", "metadata.json" },
		{ "a.npy", "b.npy", NULL },
		{ "readme.txt", NULL, NULL },
	};
	static const enum lw_format want[] = { LW_FORMAT_ZIP_PICKLE, LW_FORMAT_KERAS,
					       LW_FORMAT_NUMPY, LW_FORMAT_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (int wide = 0; wide < 2; wide++) {
			struct zip z = {};

			for (size_t k = 0; k < 3 && names[i][k]; k++)
				member(&z, names[i][k], "x", 1);
			finish(&z, wide);
			assert_int_equal(sniff(z.p, z.len, false), want[i]);
			/* Cut anywhere, it is nothing, and nothing bad happens. */
			for (size_t cut = 0; cut < z.len; cut++)
				assert_int_equal(sniff(z.p, cut, false), LW_FORMAT_UNKNOWN);
		}
	}
}

static void arrays_in_archives(void **state)
{
	static const char object[] = "\x93NUMPY\x01\x00\x16\x00{'descr': '|O', .....}\n";
	struct zip z = {};

	(void)state;
	member(&z, "plain.npy", "\x93NUMPY\x01\x00\x16\x00{'descr': '<i8', ...}\n", 33);
	member(&z, "object.npy", object, sizeof(object) - 1);
	finish(&z, false);
	assert_int_equal(sniff(z.p, z.len, false), LW_FORMAT_NUMPY_OBJECT);
}

static void names(void **state)
{
	(void)state;
	for (enum lw_format f = 1; f < LW_FORMAT_COUNT; f++)
		assert_int_equal(lw_format_find(lw_format_name(f)), f);
	assert_int_equal(lw_format_find("pickled"), LW_FORMAT_UNKNOWN);
	assert_string_equal(lw_format_name(LW_FORMAT_COUNT), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pickles),
		cmocka_unit_test(packed_pickles),
		cmocka_unit_test(arrays),
		cmocka_unit_test(data),
		cmocka_unit_test(sources),
		cmocka_unit_test(archives),
		cmocka_unit_test(arrays_in_archives),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("model format", tests, NULL, NULL);
}
