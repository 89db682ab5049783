// SPDX-License-Identifier: Apache-2.0
/* What policy/policy.h reports: every check, with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "policies.h"

#define HEAD "{\"version\":1,\"name\":\"t\",\n"

/* One rule on a line of its own, line 3; %s is what the test is about. */
#define RULE(rest) HEAD "\"rules\":[\n{\"id\":\"a\"," rest "}]}"
#define OPEN(rest) RULE("\"on\":\"file.open\",\"action\":\"kill\"," rest)

#define HOST(name) RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"domain\":[" name "]")
#define HOST_AT	   "/rules/0/domain/0"

struct sample {
	const char *text;
	enum lw_problem_level level;
	int line, column;
	const char *pointer;
	const char *message; /* a part of it */
	const char *hint;    /* a part of it; NULL: not looked at */
};

#define ERR  LW_PROBLEM_ERROR
#define WARN LW_PROBLEM_WARNING

static const struct sample samples[] = {
	/* Grammar. */
	{ "", ERR, 1, 1, "", "ends too early", NULL },
	{ "{\n\"version\":1,}", ERR, 2, 13, "", "key must be a string", NULL },
	{ "{\"a\":[1,]}", ERR, 1, 9, "", "not a JSON value", NULL },
	{ "{\"a\":01}", ERR, 1, 7, "", "',' or '}' expected", NULL },
	{ "{\"a\":1.}", ERR, 1, 6, "", "not a number", NULL },
	{ "{\"a\":\"\\x\"}", ERR, 1, 7, "", "unknown escape", NULL },
	{ "{\"a\":\"\\ud800x\"}", ERR, 1, 7, "", "surrogate", NULL },
	{ "{\"a\":\"\\u0000\"}", ERR, 1, 7, "", "must not contain NUL", NULL },
	{ "{\"a\":\"\x01\"}", ERR, 1, 7, "", "control character", NULL },
	{ "{\"a\":\"\xff\"}", ERR, 1, 7, "", "not UTF-8", NULL },
	{ "{\"a\":\"\xc0\xaf\"}", ERR, 1, 7, "", "not UTF-8", NULL },
	{ "{\"a\":\"x", ERR, 1, 6, "", "does not end", NULL },
	{ "{} x", ERR, 1, 4, "", "after the end", NULL },
	{ "{\"version\":1,\n \"version\":1}", ERR, 2, 2, "", "there twice", NULL },
	{ "{\"a\":{\"b\":1,\"\\u0062\":2}}", ERR, 1, 13, "", "there twice", NULL },
	{ "[]", ERR, 1, 1, "", "an object expected", NULL },
	/* The document. */
	{ "{\"name\":\"t\"}", ERR, 1, 1, "", "`version` is missing", NULL },
	{ "{\"version\":1}", ERR, 1, 1, "", "`name` is missing", NULL },
	{ "{\"version\":2,\"name\":\"t\"}", ERR, 1, 12, "/version", "version 1 only", NULL },
	{ "{\"version\":\"1\",\"name\":\"t\"}", ERR, 1, 12, "/version", "a number", NULL },
	{ HEAD "\"rule\":[]}", ERR, 2, 1, "/rule", "unknown key `rule`", "`rules`" },
	{ HEAD "\"mode\":\"enforc\"}", ERR, 2, 8, "/mode", "is no mode", "`enforce`" },
	{ HEAD "\"record\":[\"net.conect\"]}", ERR, 2, 11, "/record/0", "no kind of event",
	  "`net.connect`" },
	{ HEAD "\"default\":{\"file\":\"alow\"}}", ERR, 2, 19, "/default/file", "is no action",
	  "`allow`" },
	{ HEAD "\"default\":{\"net\":{\"record\":true}}}", ERR, 2, 18, "/default/net",
	  "`action` is missing", NULL },
	{ HEAD "\"rules\":{}}", ERR, 2, 9, "/rules", "a list of rules expected", NULL },
	{ HEAD "\"rules\":[7]}", ERR, 2, 10, "/rules/0", "an object expected", NULL },
	/* A rule. */
	{ RULE("\"on\":\"file.open\""), ERR, 3, 1, "/rules/0", "`action` is missing", NULL },
	{ RULE("\"action\":\"kill\""), ERR, 3, 1, "/rules/0", "`on` is missing", NULL },
	{ RULE("\"on\":\"file.opn\",\"action\":\"kill\""), ERR, 3, 16, "/rules/0/on",
	  "no kind of event", "`file.open`" },
	{ RULE("\"on\":\"process.fork\",\"action\":\"kill\""), ERR, 3, 16, "/rules/0/on",
	  "recorded, never judged", "record" },
	{ OPEN("\"pth\":[\"/a\"]"), ERR, 3, 44, "/rules/0/pth", "unknown key", "`path`" },
	{ OPEN("\"path\":7"), ERR, 3, 51, "/rules/0/path", "a glob (a string) expected", NULL },
	{ OPEN("\"path\":[]"), ERR, 3, 51, "/rules/0/path", "empty list", NULL },
	{ OPEN("\"path\":[\"/a\",7]"), ERR, 3, 57, "/rules/0/path/1", "a number", NULL },
	{ OPEN("\"severity\":\"hgh\""), ERR, 3, 55, "/rules/0/severity", "is no severity",
	  "`high`" },
	{ OPEN("\"access\":\"wirte\""), ERR, 3, 53, "/rules/0/access", "is no access", "`write`" },
	{ OPEN("\"phase\":[\"boot\"]"), ERR, 3, 53, "/rules/0/phase/0", "is no phase", NULL },
	{ OPEN("\"record\":1"), ERR, 3, 53, "/rules/0/record", "true or false expected", NULL },
	{ OPEN("\"reason\":\"a\\u001bb\""), ERR, 3, 53, "/rules/0/reason", "control character",
	  NULL },
	{ OPEN("\"domain\":[\"x\"]"), ERR, 3, 44, "/rules/0/domain", "net.connect, net.send and",
	  NULL },
	{ OPEN("\"model.hub\":\"x\""), ERR, 3, 44, "/rules/0/model.hub", "not supported", NULL },
	{ OPEN("\"cidr\":[\"10.0.0.0/8\"]"), ERR, 3, 44, "/rules/0/cidr", "has a meaning for",
	  NULL },
	{ OPEN("\"port\":1"), ERR, 3, 44, "/rules/0/port", "has a meaning for", NULL },
	{ OPEN("\"protocol\":\"tcp\""), ERR, 3, 44, "/rules/0/protocol", "has a meaning for",
	  NULL },
	{ OPEN("\"same_executable\":true"), ERR, 3, 44, "/rules/0/same_executable",
	  "process.exec only", NULL },
	{ OPEN("\"process\":\"self\""), ERR, 3, 54, "/rules/0/process", "is no process", NULL },
	{ OPEN("\"except\":{\"cidr\":\"::/0\"}"), ERR, 3, 53, "/rules/0/except",
	  "judges no addresses", NULL },
	{ OPEN("\"except\":{}"), WARN, 3, 53, "/rules/0/except", "empty exception", NULL },
	{ OPEN("\"except\":{\"pat\":1}"), ERR, 3, 54, "/rules/0/except/pat", "unknown key",
	  "`path`" },
	{ RULE("\"on\":\"process.exec\",\"action\":\"kill\",\"access\":\"read\""), ERR, 3, 47,
	  "/rules/0/access", "file.* only", NULL },
	{ RULE("\"on\":\"file.*\",\"action\":\"kill\",\"access\":\"read\""), ERR, 3, 41,
	  "/rules/0/access", "a `write`", "add `write`" },
	{ RULE("\"on\":\"file.chmod\",\"action\":\"kill\",\"access\":\"write\","
	       "\"operation\":\"setuid\""),
	  ERR, 3, 45, "/rules/0/access", "`operation` says more", NULL },
	{ RULE("\"on\":[\"file.open\",\"net.connect\"],\"action\":\"deny\",\"cidr\":\"::1\""), ERR,
	  3, 60, "/rules/0/cidr", "has a meaning for", NULL },
	{ HEAD "\"rules\":[{\"id\":\"A b\",\"on\":\"file.open\",\"action\":\"kill\"}]}", ERR, 2, 16,
	  "/rules/0/id", "bad id", "a-z" },
	/* Names of hosts. */
	{ HOST("7"), ERR, 3, 56, HOST_AT, "a name of a host (a string)", NULL },
	{ HOST("\"\""), ERR, 3, 56, HOST_AT, "empty", "*.hf.co" },
	{ HOST("\"*.\""), ERR, 3, 56, HOST_AT, "empty", NULL },
	{ HOST("\"https://example.com\""), ERR, 3, 56, HOST_AT, "a URL", NULL },
	{ HOST("\"x.y:443\""), ERR, 3, 56, HOST_AT, "more than a name", NULL },
	{ HOST("\"x.y/z\""), ERR, 3, 56, HOST_AT, "more than a name", NULL },
	{ HOST("\"b\u00fccher.de\""), ERR, 3, 56, HOST_AT, "xn--", NULL },
	{ HOST("\"a b\""), ERR, 3, 56, HOST_AT, "no name of a host has", NULL },
	{ HOST("\"a.*.b\""), ERR, 3, 56, HOST_AT, "in front only", NULL },
	{ HOST("\"cdn*.b\""), ERR, 3, 56, HOST_AT, "in front only", NULL },
	{ HOST("\"a..b\""), ERR, 3, 56, HOST_AT, "an empty label", NULL },
	{ HOST("\".b\""), ERR, 3, 56, HOST_AT, "an empty label", NULL },
	{ HOST("\"a.b.\""), ERR, 3, 56, HOST_AT, "a dot at its end", NULL },
	{ HOST("\"10.0.0.1\""), ERR, 3, 56, HOST_AT, "use `cidr`", NULL },
	{ HOST("\"a\"],\"cidr\":[\"::/0\""), ERR, 3, 46, "/rules/0/domain", "has a `cidr`",
	  "a rule of its own" },
	{ HOST("\"a\"],\"path\":[\"/x\""), ERR, 3, 46, "/rules/0/domain", "has a `path`", NULL },
	{ RULE("\"on\":\"net.*\",\"action\":\"deny\",\"domain\":\"a\""), ERR, 3, 40,
	  "/rules/0/domain", "has a meaning for", NULL },
	{ RULE("\"on\":\"net.*\",\"action\":\"deny\",\"except\":{\"domain\":\"a\"}"), ERR, 3, 49,
	  "/rules/0/except", "an exception by `domain`", NULL },
	{ RULE("\"on\":[\"net.send\",\"dns.query\"],\"action\":\"deny\",\"except\":{\"domain\":"
	       "\"a\"}"),
	  ERR, 3, 66, "/rules/0/except", "of the name for connections", "dns.query" },
	{ HEAD "\"resolvers\":[\"dns.example\"]}", ERR, 2, 14, "/resolvers/0", "no address",
	  "system" },
	{ HEAD "\"resolvers\":[1]}", ERR, 2, 14, "/resolvers/0", "an address (a string)", NULL },
	{ HEAD "\"rules\":[{\"id\":\"a\",\"on\":\"net.connect\",\"action\":\"allow\",\"domain\":"
	       "\"*.a\"},\n{\"id\":\"b\",\"on\":\"net.connect\",\"action\":\"deny\",\"domain\":"
	       "\"b.a\"}]}",
	  WARN, 3, 1, "/rules/1", "`b` never decides", "before `a`" },
	{ HEAD "\"rules\":[{\"id\":\"a\",\"on\":\"net.connect\",\"action\":\"deny\"},\n"
	       "{\"id\":\"b\",\"on\":\"net.connect\",\"action\":\"allow\",\"domain\":\"x\"}]}",
	  WARN, 3, 1, "/rules/1", "`b` never decides", "before `a`" },
	/* Globs. */
	{ OPEN("\"path\":[\"etc/x\"]"), ERR, 3, 52, "/rules/0/path/0", "not absolute", NULL },
	{ OPEN("\"path\":[\"*.pem\"]"), ERR, 3, 52, "/rules/0/path/0", "not absolute", NULL },
	{ OPEN("\"path\":[\"~bob/x\"]"), ERR, 3, 52, "/rules/0/path/0", "every home", NULL },
	{ OPEN("\"path\":[\"/a/[x\"]"), ERR, 3, 52, "/rules/0/path/0", "without its `]`", NULL },
	{ OPEN("\"path\":[\"/a/{x\"]"), ERR, 3, 52, "/rules/0/path/0", "without its `}`", NULL },
	{ OPEN("\"path\":[\"/a/x}\"]"), ERR, 3, 52, "/rules/0/path/0", "without its `{`", NULL },
	{ OPEN("\"path\":[\"/a/[z-a]\"]"), ERR, 3, 52, "/rules/0/path/0", "backwards", NULL },
	{ OPEN("\"path\":[\"/a/[/]\"]"), ERR, 3, 52, "/rules/0/path/0", "within `[...]`", NULL },
	{ OPEN("\"path\":[\"/a/***\"]"), ERR, 3, 52, "/rules/0/path/0", "two `*`", NULL },
	{ OPEN("\"path\":[\"/a/\\\\\"]"), ERR, 3, 52, "/rules/0/path/0", "at the end", NULL },
	{ OPEN("\"path\":[\"/a/../b\"]"), ERR, 3, 52, "/rules/0/path/0", "`..` component", NULL },
	{ OPEN("\"path\":[\"/a//b\"]"), ERR, 3, 52, "/rules/0/path/0", "empty", NULL },
	{ OPEN("\"path\":[\"/a/\"]"), ERR, 3, 52, "/rules/0/path/0", "ends in `/`", "/**" },
	{ OPEN("\"path\":[\"{/a,b}\"]"), ERR, 3, 52, "/rules/0/path/0", "not absolute", NULL },
	/* Addresses and ports. */
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[\"10.1.2.3/8\"]"), WARN, 3, 54,
	  "/rules/0/cidr/0", "bits behind its prefix", "10.0.0.0/8" },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[\"10.0.0/8\"]"), ERR, 3, 54,
	  "/rules/0/cidr/0", "bad address block", NULL },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[\"::1/129\"]"), ERR, 3, 54,
	  "/rules/0/cidr/0", "bad address block", NULL },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[\"1.2.3.4/08\"]"), ERR, 3, 54,
	  "/rules/0/cidr/0", "bad address block", NULL },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"cidr\":[\"::ffff:10.0.0.1\"]"), ERR, 3,
	  54, "/rules/0/cidr/0", "IPv4-mapped", "10.0.0.1/32" },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"port\":65536"), ERR, 3, 53,
	  "/rules/0/port", "0 to 65535", NULL },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"port\":[1,\"9-8\"]"), ERR, 3, 56,
	  "/rules/0/port/1", "bad port", NULL },
	{ RULE("\"on\":\"net.connect\",\"action\":\"deny\",\"port\":[1.5]"), ERR, 3, 54,
	  "/rules/0/port/0", "whole number", NULL },
	/* Rules among each other. */
	{ HEAD "\"rules\":[\n"
	       "{\"id\":\"a\",\"on\":\"file.open\",\"path\":\"/a\",\"action\":\"kill\"},\n"
	       "{\"id\":\"a\",\"on\":\"file.open\",\"path\":\"/b\",\"action\":\"kill\"}]}",
	  ERR, 4, 7, "/rules/1/id", "`a` is taken", NULL },
	{ HEAD "\"rules\":[\n"
	       "{\"id\":\"a\",\"on\":\"file.open\",\"path\":\"/a/**\",\"action\":\"kill\"},\n"
	       "{\"id\":\"b\",\"on\":\"file.open\",\"path\":\"/a/*/c\",\"action\":\"alert\"}]}",
	  WARN, 4, 1, "/rules/1", "`b` never decides: `a`", "before `a`" },
	{ HEAD "\"rules\":[\n"
	       "{\"id\":\"a\",\"on\":\"net.*\",\"cidr\":\"10.0.0.0/8\",\"action\":\"deny\"},\n"
	       "{\"id\":\"b\",\"on\":\"net.connect\",\"cidr\":\"10.2.0.0/16\",\"action\":\"allow\"}"
	       "]}",
	  WARN, 4, 1, "/rules/1", "`b` never decides: `a`", NULL },
	{ HEAD "\"rules\":[\n"
	       "{\"id\":\"a\",\"on\":\"net.socket\",\"protocol\":\"raw\",\"action\":\"deny\"},\n"
	       "{\"id\":\"b\",\"on\":\"net.socket\",\"protocol\":\"raw\",\"action\":\"alert\"}]}",
	  WARN, 4, 1, "/rules/1", "`b` never decides: `a`", NULL },
	{ OPEN("\"path\":\"/a/*\",\"except\":{\"path\":\"/a/**\"}"), WARN, 3, 1, "/rules/0",
	  "matches nothing", NULL },
	/* Loaders. */
	{ HEAD "\"loaders\":[]}", WARN, 2, 11, "/loaders", "no loaders", NULL },
	{ HEAD "\"loaders\":[{\"id\":\"p\"}]}", ERR, 2, 12, "/loaders/0", "`exec` is missing",
	  NULL },
	{ HEAD "\"loaders\":[{\"id\":\"p\",\"exec\":[\"**/p\"],\"evidence\":[\"hub\"]}]}", ERR, 2,
	  50, "/loaders/0/evidence/0", "no evidence is named `hub`", "hub-cache" },
	{ HEAD "\"loaders\":[{\"id\":\"p\",\"exec\":[\"p\"]}]}", ERR, 2, 30, "/loaders/0/exec/0",
	  "not absolute", NULL },
	{ HEAD "\"loaders\":[{\"id\":\"p\",\"exec\":[\"**/p\"],\"tag\":\"candidate\"}]}", WARN, 2,
	  12, "/loaders/0", "without evidence", NULL },
	{ HEAD "\"loaders\":[{\"id\":\"p\",\"exec\":[\"/p\"]},\n{\"id\":\"p\",\"exec\":[\"/q\"]}]}",
	  ERR, 3, 7, "/loaders/1/id", "`p` is taken", NULL },
	{ HEAD
	  "\"loaders\":[{\"id\":\"p\",\"exec\":[\"**/p\"]},\n{\"id\":\"q\",\"exec\":[\"/x/p\"]}]}",
	  WARN, 3, 1, "/loaders/1", "`loader:q` never decides", NULL },
};

static bool check_sample(const struct sample *s)
{
	struct lw_policy *policy;
	struct lw_report report;
	int r = lw_policy_parse(s->text, strlen(s->text), NULL, &test_env, &policy, &report);
	const struct lw_problem *p = report.items;
	bool good = report.n == 1 && p->level == s->level && p->line == s->line &&
		    p->column == s->column && strcmp(p->pointer, s->pointer) == 0 &&
		    strstr(p->message, s->message) &&
		    (!s->hint || (p->hint && strstr(p->hint, s->hint))) &&
		    r == (s->level == ERR ? -EINVAL : 0) && report.errors == (s->level == ERR) &&
		    (policy != NULL) == (r == 0);

	if (!good) {
		print_error("wanted %d:%d %s (%s) for %s\n", s->line, s->column, s->message,
			    s->pointer, s->text);
		print_report(&report);
	}
	lw_report_free(&report);
	lw_policy_free(policy);
	return good;
}

static void test_samples(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		bad += !check_sample(&samples[i]);
	assert_int_equal(bad, 0);
}

/* All at once, in the order of the file, and a broken rule shadows nothing. */
static void test_all_at_once(void **state)
{
	static const char text[] =
		HEAD "\"mode\":\"on\",\n\"rules\":[\n"
		     "{\"id\":\"a\",\"on\":\"file.open\",\"pth\":\"/a\",\"action\":\"kill\"},\n"
		     "{\"id\":\"b\",\"on\":\"file.open\",\"path\":\"/b\",\"action\":\"kil\"},\n"
		     "{\"id\":\"c\",\"on\":\"file.open\",\"path\":\"/c/**\",\"action\":\"kill\"},\n"
		     "{\"id\":\"d\",\"on\":\"file.open\",\"path\":\"/c/d\",\"action\":\"kill\"}]}";
	static const int lines[] = { 2, 4, 5, 7 };
	struct lw_policy *policy;
	struct lw_report report;

	(void)state;
	assert_int_equal(lw_policy_parse(text, strlen(text), NULL, &test_env, &policy, &report),
			 -EINVAL);
	assert_null(policy);
	if (report.n != 4)
		print_report(&report);
	assert_int_equal(report.n, 4);
	assert_int_equal(report.errors, 3);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(report.items[i].line, lines[i]);
	lw_report_free(&report);
}

static void test_many_problems(void **state)
{
	size_t n = 5000;
	char *text = malloc(n * 16 + 64), *p = text;
	struct lw_policy *policy;
	struct lw_report report;

	(void)state;
	assert_non_null(text);
	p += sprintf(p, "{\"version\":1,\"name\":\"t\"");
	for (size_t i = 0; i < n; i++)
		p += sprintf(p, ",\"k%zu\":1", i);
	p += sprintf(p, "}");
	assert_int_equal(lw_policy_parse(text, p - text, NULL, &test_env, &policy, &report),
			 -EINVAL);
	assert_int_equal(report.errors, n);
	assert_int_equal(report.n, 201);
	lw_report_free(&report);
	free(text);
}

static void test_files(void **state)
{
	struct lw_policy *policy;
	struct lw_report report;

	(void)state;
	assert_int_equal(lw_policy_load("/nonexistent/x", NULL, &policy, &report), -ENOENT);
	assert_int_equal(report.errors, 1);
	assert_non_null(strstr(report.items[0].message, "No such file"));
	lw_report_free(&report);
	assert_int_equal(lw_policy_load("/", NULL, &policy, &report), -EISDIR);
	lw_report_free(&report);
	assert_int_equal(lw_policy_load("/dev/zero", NULL, &policy, &report), -ENOTSUP);
	assert_non_null(strstr(report.items[0].message, "not a regular file"));
	lw_report_free(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_many_problems),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
