// SPDX-License-Identifier: Apache-2.0
/* `model` of a rule: what it asks for, and what is made of what is not known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "policies.h"

#define HEAD "{\"version\":1,\"name\":\"t\",\"default\":{\"file\":\"allow\"},\"rules\":["
#define RULE(model, action) \
	HEAD "{\"id\":\"r\",\"on\":\"file.open\",\"path\":[\"/x\"],\"model\":" model \
	     ",\"action\":\"" action "\"}]}"

enum { NO, UNSURE, YES };

static int judge(const struct lw_policy *p, const struct lw_model *const *models, size_t n,
		 bool all)
{
	__u64 satisfied, unsure;

	lw_policy_models(p, models, n, all, &satisfied, &unsure);
	assert_int_equal(satisfied & unsure, 0);
	assert_int_equal((satisfied | unsure) & ~1ULL, 0);
	return satisfied ? YES : unsure ? UNSURE : NO;
}

static int one(const char *text, const struct lw_model *m)
{
	struct lw_policy *p = must_parse(text);
	int r = judge(p, &m, 1, true);

	lw_policy_free(p);
	return r;
}

static struct lw_model net = { .hub = LW_HUB_HUGGINGFACE,
			       .pinned = LW_PINNED,
			       .formats = 1U << LW_FORMAT_SAFETENSORS | 1U << LW_FORMAT_PYTHON,
			       .repo = "acme/net" };

static void conditions(void **state)
{
	struct lw_model m = net;

	(void)state;
	assert_int_equal(one(RULE("{\"hub\":\"huggingface\"}", "deny"), &m), YES);
	assert_int_equal(one(RULE("{\"hub\":[\"local\",\"modelscope\"]}", "deny"), &m), NO);
	assert_int_equal(one(RULE("{\"pinned\":true}", "deny"), &m), YES);
	assert_int_equal(one(RULE("{\"pinned\":false}", "deny"), &m), NO);
	assert_int_equal(one(RULE("{\"format\":\"safetensors\"}", "deny"), &m), YES);
	assert_int_equal(one(RULE("{\"format\":\"pickle\"}", "deny"), &m), NO);
	/* All of a rule must hold. */
	assert_int_equal(one(RULE("{\"hub\":\"huggingface\",\"pinned\":false}", "deny"), &m), NO);
	/* What allows knows every format of the model. */
	assert_int_equal(one(RULE("{\"format\":\"safetensors\"}", "allow"), &m), NO);
	assert_int_equal(one(RULE("{\"format\":[\"safetensors\",\"python\"]}", "allow"), &m), YES);
}

static void not_known(void **state)
{
	struct lw_model m = net;

	(void)state;
	m.pending = true;
	assert_int_equal(one(RULE("{\"format\":\"pickle\"}", "deny"), &m), UNSURE);
	assert_int_equal(one(RULE("{\"format\":[\"safetensors\",\"python\"]}", "allow"), &m),
			 UNSURE);
	assert_int_equal(one(RULE("{\"format\":\"safetensors\"}", "deny"), &m), YES);
	m = net;
	m.formats = 0;
	assert_int_equal(one(RULE("{\"format\":\"safetensors\"}", "allow"), &m), UNSURE);
	m.unread = true;
	assert_int_equal(one(RULE("{\"format\":\"pickle\"}", "deny"), &m), UNSURE);
	m = net;
	m.pinned = LW_PIN_UNKNOWN;
	assert_int_equal(one(RULE("{\"pinned\":true}", "allow"), &m), UNSURE);
	assert_int_equal(one(RULE("{\"pinned\":false}", "deny"), &m), UNSURE);
	m.repo = NULL;
	assert_int_equal(one(RULE("{\"repo\":\"acme/*\"}", "deny"), &m), UNSURE);
	assert_int_equal(one(RULE("{\"repo\":\"acme/*\",\"hub\":\"local\"}", "deny"), &m), NO);
}

static void several(void **state)
{
	struct lw_model other = net;
	const struct lw_model *both[] = { &net, &other };
	struct lw_policy *deny = must_parse(RULE("{\"repo\":\"acme/*\"}", "deny"));
	struct lw_policy *allow = must_parse(RULE("{\"repo\":\"acme/*\"}", "allow"));

	(void)state;
	other.repo = "evil/net";
	assert_int_equal(judge(deny, both, 0, true), NO);
	assert_int_equal(judge(allow, both, 0, true), NO);
	assert_int_equal(judge(allow, both, 1, true), YES);
	assert_int_equal(judge(deny, both, 2, true), YES);
	assert_int_equal(judge(allow, both, 2, true), NO);
	/* There were more, of which nothing is known. */
	assert_int_equal(judge(deny, both, 0, false), UNSURE);
	assert_int_equal(judge(deny, both, 1, false), YES);
	assert_int_equal(judge(allow, both, 1, false), UNSURE);
	assert_int_equal(judge(allow, both, 2, false), NO);
	lw_policy_free(deny);
	lw_policy_free(allow);
}

static void repositories(void **state)
{
	static const struct {
		const char *glob, *repo;
		int want;
	} table[] = {
		{ "acme/*", "acme/net", YES },
		{ "acme/*", "acme", NO },
		{ "acme/*", "xacme/net", NO },
		{ "*", "gpt2", YES },
		{ "*", "acme/net", NO },
		{ "*/*", "acme/net", YES },
		{ "**", "acme/net", YES },
		{ "{a,b}/n?t", "b/net", YES },
		{ "[ab]/net", "b/net", YES },
		{ "[ab]/net", "c/net", NO },
		{ "acme/n*-2", "acme/net-2", YES },
		{ "acme/n*-2", "acme/net-3", NO },
		{ "/srv/models/**", "/srv/models/a/b", YES },
		{ "/srv/models/**", "/srv/other/a", NO },
		{ "**/net", "/srv/net", YES },
		{ "acme/net", "acme/net2", NO },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct lw_model m = net;

		m.repo = (char *)table[i].repo;
		snprintf(text, sizeof(text), RULE("{\"repo\":\"%s\"}", "deny"), table[i].glob);
		if (one(text, &m) != table[i].want)
			fail_msg("%s of %s", table[i].glob, table[i].repo);
	}
}

/* Two rules are two bits, in the order of the file; a rule without `model` has none. */
static void bits(void **state)
{
	static const char text[] =
		HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"path\":[\"/x\"],\"model\":{\"pinned\":"
		     "false},\"action\":\"deny\"},"
		     "{\"id\":\"b\",\"on\":\"file.open\",\"path\":[\"/x\"],\"model\":{\"hub\":"
		     "\"local\"},\"action\":\"deny\"},"
		     "{\"id\":\"c\",\"on\":\"file.open\",\"path\":[\"/x\"],\"action\":\"alert\"}]}";
	struct lw_query q = { .kind = LW_FILE_OPEN, .access = LW_ACC_READ };
	struct lw_policy *p = must_parse(text);

	(void)state;
	assert_int_equal(p->image->hdr.nmodels, 2);
	assert_string_equal(path_rule(p, "/x", q), "c");
	q.models = 2;
	assert_string_equal(path_rule(p, "/x", q), "b");
	q.models = 3;
	assert_string_equal(path_rule(p, "/x", q), "a");
	q.models = 0;
	q.unsure = 2;
	assert_string_equal(path_rule(p, "/x", q), "b");
	/* What was found out under another policy counts for nothing. */
	p->image->hdr.gen = 7;
	q = (struct lw_query){ .kind = LW_FILE_OPEN, .access = LW_ACC_READ, .models_gen = 6 };
	assert_string_equal(path_rule(p, "/x", q), "a");
	q.models_gen = 7;
	assert_string_equal(path_rule(p, "/x", q), "c");
	lw_policy_free(p);
}

static void unsure_allows_nothing(void **state)
{
	struct lw_query q = { .kind = LW_FILE_OPEN, .access = LW_ACC_READ, .models = 1 };
	struct lw_policy *p = must_parse(RULE("{\"pinned\":true}", "allow"));

	(void)state;
	assert_string_equal(path_rule(p, "/x", q), "r");
	q.unsure = 1;
	assert_string_equal(path_rule(p, "/x", q), "default");
	lw_policy_free(p);
}

/* Both rules can decide: neither shadows the other. A rule without `model` shadows those after. */
static void shadows(void **state)
{
	static const char text[] =
		HEAD "{\"id\":\"a\",\"on\":\"file.open\",\"path\":[\"/x\"],\"action\":\"deny\"},"
		     "{\"id\":\"b\",\"on\":\"file.open\",\"path\":[\"/x\"],\"model\":{\"hub\":"
		     "\"local\"},\"action\":\"kill\"}]}";
	struct lw_policy *p;
	struct lw_report report;

	(void)state;
	assert_int_equal(lw_policy_parse(text, sizeof(text) - 1, NULL, &test_env, &p, &report), 0);
	assert_int_equal(report.n, 1);
	assert_string_equal(report.items[0].pointer, "/rules/1");
	lw_report_free(&report);
	lw_policy_free(p);
}

static void digests(void **state)
{
	struct lw_policy *a = must_parse(RULE("{\"repo\":\"acme/*\"}", "deny"));
	struct lw_policy *b = must_parse(RULE("{\"repo\":\"acme/?\"}", "deny"));
	struct lw_policy *c = must_parse(RULE("{\"repo\":\"acme/*\"}", "deny"));

	(void)state;
	assert_string_not_equal(a->digest, b->digest);
	assert_string_equal(a->digest, c->digest);
	lw_policy_free(a);
	lw_policy_free(b);
	lw_policy_free(c);
}

/* Everything that is wrong is said, each at its place. */
static void errors(void **state)
{
	static const struct {
		const char *model, *pointer;
	} table[] = {
		{ "{}", "/rules/0/model" },
		{ "3", "/rules/0/model" },
		{ "{\"hubs\":\"local\"}", "/rules/0/model/hubs" },
		{ "{\"hub\":\"hugginface\"}", "/rules/0/model/hub" },
		{ "{\"hub\":[]}", "/rules/0/model/hub" },
		{ "{\"hub\":[\"local\",7]}", "/rules/0/model/hub/1" },
		{ "{\"format\":\"zip\"}", "/rules/0/model/format" },
		{ "{\"format\":[]}", "/rules/0/model/format" },
		{ "{\"repo\":\"\"}", "/rules/0/model/repo" },
		{ "{\"repo\":\"~/x\"}", "/rules/0/model/repo" },
		{ "{\"repo\":[\"a/*\",\"b/[\"]}", "/rules/0/model/repo/1" },
		{ "{\"repo\":[]}", "/rules/0/model/repo" },
		{ "{\"pinned\":\"yes\"}", "/rules/0/model/pinned" },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct lw_policy *p;
		struct lw_report report;

		snprintf(text, sizeof(text), RULE("%s", "deny"), table[i].model);
		assert_int_equal(lw_policy_parse(text, strlen(text), NULL, &test_env, &p, &report),
				 -EINVAL);
		if (report.errors != 1 || strcmp(report.items[0].pointer, table[i].pointer)) {
			print_report(&report);
			fail_msg("%s", table[i].model);
		}
		lw_report_free(&report);
	}
}

static void too_many(void **state)
{
	size_t size = 65536, n;
	char *text = malloc(size);
	struct lw_policy *p;
	struct lw_report report;

	(void)state;
	n = snprintf(text, size, HEAD);
	for (unsigned int i = 0; i <= LW_MODEL_RULES_MAX; i++)
		n += snprintf(text + n, size - n,
			      "%s{\"id\":\"r%u\",\"on\":\"file.open\",\"path\":[\"/%u\"],"
			      "\"model\":{\"pinned\":false},\"action\":\"deny\"}",
			      i ? "," : "", i, i);
	snprintf(text + n, size - n, "]}");
	assert_int_equal(lw_policy_parse(text, strlen(text), NULL, &test_env, &p, &report),
			 -EINVAL);
	assert_int_equal(report.errors, 1);
	lw_report_free(&report);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conditions), cmocka_unit_test(not_known),
		cmocka_unit_test(several),    cmocka_unit_test(repositories),
		cmocka_unit_test(bits),	      cmocka_unit_test(unsure_allows_nothing),
		cmocka_unit_test(shadows),    cmocka_unit_test(digests),
		cmocka_unit_test(errors),     cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("policy model", tests, NULL, NULL);
}
