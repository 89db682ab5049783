// SPDX-License-Identifier: Apache-2.0
/* Policies that mean harm: each is refused, or compiles within its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "policies.h"

static char text[LW_POLICY_FILE_MAX + 2];

/* Parses what stands in text[0 .. len) from memory of just that size. */
static int parse(size_t len, struct lw_policy **ret_policy, struct lw_report *ret_report)
{
	char *exact = malloc(len ? len : 1);
	int r;

	assert_non_null(exact);
	memcpy(exact, text, len);
	r = lw_policy_parse(exact, len, NULL, &test_env, ret_policy, ret_report);
	free(exact);
	return r;
}

static void must_refuse(size_t len, const char *message, const char *pointer)
{
	struct lw_policy *policy;
	struct lw_report report;
	bool found = false;

	assert_int_equal(parse(len, &policy, &report), -EINVAL);
	assert_null(policy);
	for (size_t i = 0; i < report.n; i++)
		found |= strstr(report.items[i].message, message) &&
			 (!pointer || strcmp(report.items[i].pointer, pointer) == 0);
	if (!found)
		print_report(&report);
	assert_true(found);
	lw_report_free(&report);
}

static void test_sizes(void **state)
{
	(void)state;
	memset(text, ' ', sizeof(text));
	must_refuse(LW_POLICY_FILE_MAX + 1, "larger than", "");
	must_refuse(LW_POLICY_FILE_MAX, "ends too early", "");
	memset(text, '[', sizeof(text));
	must_refuse(LW_POLICY_FILE_MAX, "nested too deeply", "");
	memset(text, 0, 100);
	must_refuse(100, "NUL byte", "");
	memcpy(text, "{\"version\":1,\"name\":\"a\0b\"}", 26);
	must_refuse(26, "NUL byte", "");
	memcpy(text, "{}\0", 3);
	must_refuse(3, "NUL byte", "");
	memcpy(text, "\xef\xbb\xbf{}", 5);
	must_refuse(5, "not a JSON value", "");
}

#define HEAD "{\"version\":1,\"name\":\"t\",\"rules\":["

static void test_depth(void **state)
{
	struct lw_policy *policy;
	struct lw_report report;
	size_t n = 0;

	(void)state;
	/* As deep as allowed: a wrong type, no crash. */
	n += sprintf(text, "{\"name\":");
	for (unsigned int i = 1; i < LW_POLICY_DEPTH_MAX; i++)
		text[n++] = '[';
	for (unsigned int i = 1; i < LW_POLICY_DEPTH_MAX; i++)
		text[n++] = ']';
	text[n++] = '}';
	assert_int_equal(parse(n, &policy, &report), -EINVAL);
	assert_null(strstr(report.items[0].message, "deeply"));
	lw_report_free(&report);
}

/* The classic: which of the last 20 components was an `a`? 2^20 states. */
static void test_exponential(void **state)
{
	size_t n = 0;

	(void)state;
	n += sprintf(text + n,
		     HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":["
			  "\"/etc/**\",\"/**a????????????????????\"]}]}");
	must_refuse(n, "DFA too large: `/**a????", "/rules/0/path/1");
}

/* Of many globs that are cheap alone, the one that helps when it is left out. */
static void test_names_the_cause(void **state)
{
	size_t n = sprintf(text, HEAD);

	(void)state;
	for (int i = 0; i < 40; i++)
		n += sprintf(text + n,
			     "%s{\"id\":\"r%d\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":"
			     "\"/srv/data%d/**/key\"}",
			     i ? "," : "", i, i);
	n += sprintf(text + n, ",{\"id\":\"bad\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":"
			       "\"/**/[ab]*[cd]?????????????[ef]*/x\"}]}");
	must_refuse(n, "DFA too large", "/rules/40/path");
}

/* Rules that are all the same for one path: refused by name, not cut. */
static void test_long_list(void **state)
{
	size_t n = sprintf(text, HEAD);

	(void)state;
	for (int i = 0; i < 70; i++)
		n += sprintf(
			text + n,
			"%s{\"id\":\"r%d\",\"on\":\"net.connect\",\"action\":\"deny\",\"port\":%d}",
			i ? "," : "", i, i + 1);
	n += sprintf(text + n, "]}");
	must_refuse(n, "more than 63 rules", "/rules/63");
}

static void test_too_many(void **state)
{
	size_t n = sprintf(text, HEAD);

	(void)state;
	for (int i = 0; i < 1100; i++)
		n += sprintf(text + n,
			     "%s{\"id\":\"r%d\",\"on\":\"file.open\",\"path\":\"/a%d\",\"action\":"
			     "\"kill\"}",
			     i ? "," : "", i, i);
	n += sprintf(text + n, "]}");
	must_refuse(n, "more than 1024 rules", "/rules/1024");

	n = sprintf(text,
		    HEAD "{\"id\":\"p\",\"on\":\"net.connect\",\"action\":\"deny\",\"port\":[");
	for (int i = 0; i < 1100; i++)
		n += sprintf(text + n, "%s%d", i ? "," : "", 2 * i);
	n += sprintf(text + n, "]}]}");
	must_refuse(n, "more than 1024 rules", "/rules/0");

	n = sprintf(text,
		    HEAD "{\"id\":\"c\",\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[");
	for (int i = 0; i < 500; i++)
		n += sprintf(text + n, "%s\"%x:%x::%x\"", i ? "," : "", 0x2000 + i, i * 7, i);
	n += sprintf(text + n, "]}]}");
	must_refuse(n, "trie nodes", "/rules/0");
}

/* A megabyte of one thing. */
static void test_floods(void **state)
{
	struct lw_policy *policy;
	struct lw_report report;
	size_t n;

	(void)state;
	n = sprintf(text, HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":[");
	while (n < LW_POLICY_FILE_MAX - 64)
		n += sprintf(text + n, "%s\"/%zx/**\"", text[n - 1] == '[' ? "" : ",", n);
	n += sprintf(text + n, "]}]}");
	must_refuse(n, "DFA too large", NULL);

	n = sprintf(text, HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":[");
	while (n < LW_POLICY_FILE_MAX - 64)
		n += sprintf(text + n, "%s\"[\"", text[n - 1] == '[' ? "" : ",");
	n += sprintf(text + n, "]}]}");
	must_refuse(n, "not absolute", "/rules/0/path/0");

	/* Braces within braces: 2^200 globs, few states. */
	n = sprintf(text,
		    HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":\"/");
	for (int i = 0; i < 200; i++)
		n += sprintf(text + n, "{a,b}");
	n += sprintf(text + n, "\"}]}");
	assert_int_equal(parse(n, &policy, &report), 0);
	lw_report_free(&report);
	lw_policy_free(policy);

	n = sprintf(text,
		    HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\",\"path\":\"/");
	for (int i = 0; i < 500; i++)
		text[n++] = '{';
	for (int i = 0; i < 500; i++)
		text[n++] = '}';
	n += sprintf(text + n, "\"}]}");
	assert_int_equal(parse(n, &policy, &report), 0);
	lw_report_free(&report);
	lw_policy_free(policy);

	/* A glob of the largest size, and one more. */
	for (size_t len = LW_GLOB_MAX; len <= LW_GLOB_MAX + 1; len++) {
		n = sprintf(text, HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"action\":\"kill\","
				       "\"path\":\"/");
		memset(text + n, 'x', len - 1);
		n += len - 1;
		n += sprintf(text + n, "\"}]}");
		assert_int_equal(parse(n, &policy, &report), len > LW_GLOB_MAX ? -EINVAL : 0);
		lw_report_free(&report);
		lw_policy_free(policy);
	}
}

/* Every cut of a good policy: refused or not, never worse. */
static void test_cuts(void **state)
{
	static const char good[] =
		HEAD "{\"id\":\"a\",\"on\":[\"file.open\",\"net.*\"],\"path\":[\"~/.x/{a,b}*/**\"],"
		     "\"action\":\"kill\",\"reason\":\"\\u00e4\\n\"}],\"loaders\":[{\"id\":\"p\","
		     "\"exec\":\"/p\",\"evidence\":[\"pickle-file\"]}]}";
	size_t good_len = sizeof(good) - 1;

	(void)state;
	for (size_t n = 0; n < good_len; n++) {
		struct lw_policy *policy;
		struct lw_report report;

		memcpy(text, good, n);
		assert_int_equal(parse(n, &policy, &report), -EINVAL);
		assert_true(report.errors > 0);
		lw_report_free(&report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	    cmocka_unit_test(test_depth),
		cmocka_unit_test(test_exponential), cmocka_unit_test(test_names_the_cause),
		cmocka_unit_test(test_long_list),   cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_floods),	    cmocka_unit_test(test_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
