// SPDX-License-Identifier: Apache-2.0
/* base/json_writer.h, base/text.h, base/stamp.h, base/log.h */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/stamp.h"
#include "records.h"

static cJSON *finish(struct lw_jw *w)
{
	assert_true(test_is_utf8(w->buf, w->pos));
	w->buf[w->pos] = '\0';
	return cJSON_ParseWithOpts(w->buf, NULL, 1);
}

static void values_and_nesting(void **state)
{
	char buf[1024];
	struct lw_jw w;
	cJSON *o;

	(void)state;
	lw_jw_init(&w, buf, sizeof(buf));
	lw_jw_obj(&w, LW_NOKEY);
	lw_jw_u64(&w, LW_K("max"), UINT64_MAX);
	lw_jw_i64(&w, LW_K("min"), INT64_MIN);
	lw_jw_bool(&w, LW_K("t"), true);
	lw_jw_arr(&w, LW_K("a"));
	lw_jw_u64(&w, LW_NOKEY, 0);
	lw_jw_obj(&w, LW_NOKEY);
	lw_jw_end(&w);
	lw_jw_arr(&w, LW_NOKEY);
	lw_jw_end(&w);
	lw_jw_end(&w);
	lw_jw_raw(&w, LW_K("r"), LW_K("[1,2]"));
	lw_jw_members(&w, LW_K("\"x\":1,\"y\":2"));
	lw_jw_members(&w, "", 0);
	lw_jw_hex(&w, LW_K("h"), "\0\xff", 2);
	lw_jw_end(&w);
	o = finish(&w);
	assert_string_equal(buf, "{\"max\":18446744073709551615,\"min\":-9223372036854775808,"
				 "\"t\":true,\"a\":[0,{},[]],\"r\":[1,2],\"x\":1,\"y\":2,"
				 "\"h\":\"00ff\"}");
	assert_non_null(o);
	assert_false(w.truncated);
	cJSON_Delete(o);
}

static void expect_str(const char *in, size_t len, const char *out, bool clean)
{
	char buf[512];
	struct lw_jw w;

	lw_jw_init(&w, buf, sizeof(buf));
	assert_int_equal(lw_jw_str(&w, LW_NOKEY, in, len), clean);
	cJSON_Delete(finish(&w));
	assert_string_equal(buf, out);
}

#define EXPECT_STR(in, out, clean) expect_str(in, sizeof(in) - 1, out, clean)

static void escapes(void **state)
{
	(void)state;
	EXPECT_STR("", "\"\"", true);
	EXPECT_STR("plain ascii, longer than eight", "\"plain ascii, longer than eight\"", true);
	EXPECT_STR("\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"", true);
	EXPECT_STR("\0a\x1f\x7f", "\"\\u0000a\\u001f\\u007f\"", true);
	EXPECT_STR("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80",
		   "\"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80\"", true);
	/* What acts on a display: CSI (C1), right-to-left override, line separator. */
	EXPECT_STR("\xc2\x9b"
		   "2J\xe2\x80\xae\xe2\x80\xa8",
		   "\"\\u009b2J\\u202e\\u2028\"", true);
	/* Lone continuation, overlong, surrogate, too high, cut short. */
	EXPECT_STR("\x80", "\"\\ufffd\"", false);
	EXPECT_STR("\xc0\xaf", "\"\\ufffd\\ufffd\"", false);
	EXPECT_STR("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", false);
	EXPECT_STR("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"", false);
	EXPECT_STR("a\xe2\x82", "\"a\\ufffd\\ufffd\"", false);
	EXPECT_STR("\xff\xfe", "\"\\ufffd\\ufffd\"", false);
	/* A real U+FFFD loses nothing. */
	EXPECT_STR("\xef\xbf\xbd", "\"\xef\xbf\xbd\"", true);
}

static void bytes_twin_only_when_lossy(void **state)
{
	char buf[256];
	struct lw_jw w;
	cJSON *o;

	(void)state;
	lw_jw_init(&w, buf, sizeof(buf));
	lw_jw_obj(&w, LW_NOKEY);
	lw_jw_bytes(&w, LW_K("good"), "abc", 3);
	lw_jw_bytes(&w, LW_K("bad"), "a\xff", 2);
	lw_jw_end(&w);
	o = finish(&w);
	assert_null(cJSON_GetObjectItem(o, "good_bytes"));
	assert_string_equal(cJSON_GetObjectItem(o, "bad_bytes")->valuestring, "61ff");
	cJSON_Delete(o);
}

/* A document with all there is, in a buffer of each size: valid, in bounds, and said to be cut. */
static void write_all_kinds(struct lw_jw *w)
{
	lw_jw_obj(w, LW_NOKEY);
	lw_jw_u64(w, LW_K("n"), 123456);
	lw_jw_obj(w, LW_K("o"));
	lw_jw_bytes(w, LW_K("s"), "abc\xff\n\"xyz", 9);
	lw_jw_arr(w, LW_K("a"));
	for (int i = 0; i < 5; i++) {
		lw_jw_obj(w, LW_NOKEY);
		lw_jw_str(w, LW_K("k"), "\x01\x02\x03", 3);
		lw_jw_end(w);
	}
	lw_jw_end(w);
	lw_jw_end(w);
	lw_jw_bool(w, LW_K("last"), false);
	lw_jw_end(w);
}

static void every_buffer_size(void **state)
{
	size_t full = 0;

	(void)state;
	for (size_t cap = 2 * LW_JW_RESERVE; cap < 512; cap++) {
		char *buf = malloc(cap); /* so that ASan sees one byte too many */
		size_t at;
		struct lw_jw w;
		cJSON *o;
		char *text;

		lw_jw_init(&w, buf, cap);
		write_all_kinds(&w);
		at = 1;
		lw_jw_splice(&w, at, LW_K("\"t\":1"));
		assert_true(w.pos <= cap);
		text = strndup(buf, w.pos);
		o = cJSON_ParseWithOpts(text, NULL, 1);
		assert_non_null(o);
		assert_non_null(cJSON_GetObjectItem(o, "t"));
		if (!w.truncated) {
			full++;
			assert_non_null(cJSON_GetObjectItem(o, "last"));
		}
		cJSON_Delete(o);
		free(text);
		free(buf);
	}
	assert_in_range(full, 100, 380);
}

static void too_deep_is_left_out(void **state)
{
	char buf[1024];
	struct lw_jw w;
	cJSON *o;

	(void)state;
	lw_jw_init(&w, buf, sizeof(buf));
	for (unsigned int i = 0; i < 2 * LW_JW_DEPTH; i++)
		lw_jw_arr(&w, LW_NOKEY);
	lw_jw_u64(&w, LW_NOKEY, 1);
	for (unsigned int i = 0; i < 2 * LW_JW_DEPTH; i++)
		lw_jw_end(&w);
	assert_true(w.truncated);
	o = finish(&w);
	assert_non_null(o);
	cJSON_Delete(o);
}

static void splice_into_empty_object(void **state)
{
	char buf[256];
	struct lw_jw w;

	(void)state;
	lw_jw_init(&w, buf, sizeof(buf));
	lw_jw_obj(&w, LW_NOKEY);
	lw_jw_end(&w);
	lw_jw_splice(&w, 1, LW_K("\"t\":true"));
	cJSON_Delete(finish(&w));
	assert_string_equal(buf, "{\"t\":true}");
}

/* Hostile text leaves room for what is said of it. */
static void kept_room(void **state)
{
	char buf[1024], big[2048];
	struct lw_jw w;
	cJSON *o;

	(void)state;
	memset(big, 'x', sizeof(big));
	for (size_t len = 0; len < sizeof(big); len++) {
		lw_jw_init(&w, buf, sizeof(buf));
		w.keep = 100;
		lw_jw_obj(&w, LW_NOKEY);
		lw_jw_bytes(&w, LW_K("path"), big, len);
		lw_jw_cstr(&w, LW_K("verdict"), "killed-after-possible-effect");
		lw_jw_end(&w);
		o = finish(&w);
		assert_non_null(cJSON_GetObjectItem(o, "verdict"));
		assert_int_equal(w.truncated, !cJSON_GetObjectItem(o, "path"));
		cJSON_Delete(o);
	}
	assert_true(w.truncated);
}

/* Random bytes: what comes back from cJSON is what went in, bytes that are no UTF-8 excepted. */
static void random_bytes(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		char in[64], buf[1024];
		size_t len = rand_r(&seed) % sizeof(in);
		struct lw_jw w;
		bool clean;
		cJSON *o;

		for (size_t i = 0; i < len; i++)
			in[i] = 1 + rand_r(&seed) % (round & 1 ? 255 : 127);
		lw_jw_init(&w, buf, sizeof(buf));
		clean = lw_jw_str(&w, LW_NOKEY, in, len);
		o = finish(&w);
		assert_non_null(o);
		assert_int_equal(clean, test_is_utf8(in, len));
		if (clean) {
			assert_int_equal(strlen(o->valuestring), len);
			assert_memory_equal(o->valuestring, in, len);
		}
		cJSON_Delete(o);
	}
}

static void safe_text(void **state)
{
	char buf[64];
	struct lw_sb sb;

	(void)state;
	lw_sb_init(&sb, buf, sizeof(buf));
	lw_sb_safe(&sb, "a\n\t\\\x1b[2J\xff\xe2\x80\xae\xc3\xa4", 14);
	assert_string_equal(buf, "a\\n\\t\\\\\\x1b[2J\\xff\\u{202e}\xc3\xa4");
	assert_false(sb.cut);
	/* The cut divides neither an escape nor a character. */
	for (size_t cap = 1; cap < 32; cap++) {
		lw_sb_init(&sb, buf, cap);
		lw_sb_safe(&sb, "\xc3\xa4\xff\xc3\xa4\xff", 6);
		assert_true(test_is_utf8(buf, strlen(buf)));
		assert_int_equal(sb.cut, cap <= 12);
		assert_true(!strlen(buf) || buf[strlen(buf) - 1] == 'f' ||
			    buf[strlen(buf) - 1] == '\xa4');
	}
	lw_sb_init(&sb, buf, 5);
	lw_sb_u64(&sb, 1234567);
	assert_string_equal(buf, "1234");
	assert_true(sb.cut);
}

static void stamps(void **state)
{
	static const uint64_t secs[] = { 0,	     951782399,	 951782400,  1709164800, 1709251199,
					 1735689599, 1795430348, 4102444800, 7258118400 };
	char out[LW_STAMP_LEN + 1] = "", want[64], day[32];
	struct lw_stamp st = {}, now = {};
	struct timespec ts;

	(void)state;
	for (size_t i = 0; i < sizeof(secs) / sizeof(secs[0]); i++) {
		time_t t = secs[i];
		struct tm tm;

		lw_stamp_format(&st, secs[i] * 1000000000 + 7, out);
		gmtime_r(&t, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(want, sizeof(want), "%s.000000007Z", day);
		assert_string_equal(out, want);
	}
	lw_stamp_format(&st, UINT64_MAX, out);
	assert_memory_equal(out, "2262-", 5);
	lw_stamp_sync(&now);
	clock_gettime(CLOCK_REALTIME, &ts);
	lw_stamp_format(&now, lw_stamp_now(), out);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:", gmtime(&ts.tv_sec));
	assert_memory_equal(out, day, 11); /* the day; an hour could pass in between */
}

static void capture(const char *path, void (*fn)(void), char *buf, size_t cap)
{
	int saved = dup(2), fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(fd >= 0 && saved >= 0);
	dup2(fd, 2);
	fn();
	dup2(saved, 2);
	close(saved);
	n = pread(fd, buf, cap - 1, 0);
	assert_true(n >= 0);
	buf[n] = '\0';
	close(fd);
}

static void say_hostile(void)
{
	lw_log_set_level(LW_LOG_INFO);
	lw_info("path %s", "a\nb\033[31m");
	lw_debug("not shown");
	lw_error("%s", "\xff");
}

static void say_long(void)
{
	char *s = malloc(100001);

	memset(s, 'y', 100000);
	s[100000] = '\0';
	lw_warning("%s", s);
	free(s);
}

static void log_lines(void **state)
{
	char path[] = "/tmp/loadward-test-log-XXXXXX", buf[8192];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	capture(path, say_hostile, buf, sizeof(buf));
	assert_string_equal(buf, "loadward: path a\\nb\\x1b[31m\nloadward: error: \\xff\n");
	capture(path, say_long, buf, sizeof(buf));
	assert_in_range(strlen(buf), 4000, 4200);
	assert_ptr_equal(strchr(buf, '\n'), buf + strlen(buf) - 1);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_and_nesting),
		cmocka_unit_test(escapes),
		cmocka_unit_test(bytes_twin_only_when_lossy),
		cmocka_unit_test(every_buffer_size),
		cmocka_unit_test(too_deep_is_left_out),
		cmocka_unit_test(splice_into_empty_object),
		cmocka_unit_test(kept_room),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(safe_text),
		cmocka_unit_test(stamps),
		cmocka_unit_test(log_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
