// SPDX-License-Identifier: Apache-2.0
/* `domain` in a policy: which names and addresses it covers, against a naive match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>

#include "bpfctl/bpf.h"
#include "policies.h"

#define HEAD "{\"version\":1,\"name\":\"t\",\"rules\":["

/* The rule for a connection to an address that answers for @names (comma separated) have named. */
static const char *reach(const struct lw_policy *p, const char *ip, const char *names,
			 uint16_t port)
{
	struct lw_query q = { .kind = LW_NET_CONNECT, .proto = LW_PROTO_TCP, .port = port };
	bool v6 = strchr(ip, ':');
	unsigned char addr[16];

	for (size_t n; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		q.names |= lw_policy_names(p, names, n);
	}
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, ip, addr), 1);
	return lw_policy_rule_id(p, lw_policy_match_addr(p, addr, v6, &q).rule);
}

static const char *ask(const struct lw_policy *p, const char *name, uint16_t bits)
{
	struct lw_query q = { .kind = LW_DNS_QUERY, .proto = LW_PROTO_UDP, .access = bits };

	return lw_policy_rule_id(p, lw_policy_match_name(p, name, strlen(name), &q).rule);
}

static void test_connections(void **state)
{
	struct lw_policy *p = must_parse(
		HEAD
		"{\"id\":\"lan\",\"on\":\"net.connect\",\"cidr\":\"10.0.0.0/8\",\"action\":"
		"\"deny\"},"
		"{\"id\":\"hub\",\"on\":[\"net.connect\",\"dns.query\"],\"domain\":["
		"\"HuggingFace.co\",\"*.hf.co\"],\"except\":{\"domain\":\"bad.hf.co\"},"
		"\"action\":\"allow\"},"
		"{\"id\":\"web\",\"on\":\"net.connect\",\"domain\":\"example.com\",\"port\":443,"
		"\"action\":\"allow\"},"
		"{\"id\":\"rest\",\"on\":[\"net.connect\",\"dns.query\"],\"action\":\"deny\"}"
		"]}");

	(void)state;
	assert_string_equal(reach(p, "203.0.113.7", "huggingface.co", 443), "hub");
	assert_string_equal(reach(p, "2001:db8::1", "huggingface.co", 443), "hub");
	assert_string_equal(reach(p, "203.0.113.7", "", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "evil.example", 443), "rest");
	/* File order holds between addresses and names. */
	assert_string_equal(reach(p, "10.0.0.1", "huggingface.co", 443), "lan");
	/* One of the names of an address is enough. */
	assert_string_equal(reach(p, "203.0.113.7", "evil.example,a.hf.co", 443), "hub");
	assert_string_equal(reach(p, "203.0.113.7", "a.b.c.hf.co", 443), "hub");
	assert_string_equal(reach(p, "203.0.113.7", "hf.co", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "xhf.co", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "a.hf.co.evil.example", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "huggingface.com", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "bad.hf.co", 443), "rest");
	assert_string_equal(reach(p, "203.0.113.7", "example.com", 443), "web");
	assert_string_equal(reach(p, "203.0.113.7", "example.com", 80), "rest");
	assert_string_equal(ask(p, "a.hf.co", 0), "hub");
	assert_string_equal(ask(p, "bad.hf.co", 0), "rest");
	assert_string_equal(ask(p, "example.com", 0), "rest");
	assert_int_equal(p->image->hdr.ndomains, 2);
	lw_policy_free(p);
}

static void test_except(void **state)
{
	struct lw_policy *p = must_parse(
		HEAD "{\"id\":\"out\",\"on\":[\"net.connect\",\"net.send\"],\"cidr\":[\"0.0.0.0/"
		     "0\"],\"except\":{\"domain\":[\"*.hf.co\"],\"cidr\":\"127.0.0.0/8\"},"
		     "\"action\":\"deny\"},"
		     "{\"id\":\"ask\",\"on\":\"dns.query\",\"except\":{\"domain\":\"*.hf.co\"},"
		     "\"action\":\"deny\"}],\"default\":{\"net\":\"allow\"}}");

	(void)state;
	assert_string_equal(reach(p, "203.0.113.7", "", 1), "out");
	assert_string_equal(reach(p, "203.0.113.7", "hf.co", 1), "out");
	assert_string_equal(reach(p, "203.0.113.7", "a.hf.co", 1), "default");
	assert_string_equal(reach(p, "203.0.113.7", "x,a.hf.co,y", 1), "default");
	assert_string_equal(reach(p, "127.0.0.1", "", 1), "default");
	assert_string_equal(reach(p, "2001:db8::1", "", 1), "default");
	assert_string_equal(ask(p, "a.hf.co", 0), "default");
	assert_string_equal(ask(p, "hf.co", 0), "ask");
	lw_policy_free(p);
}

static void test_unusual_names(void **state)
{
	struct lw_policy *p = must_parse(
		HEAD "{\"id\":\"own\",\"on\":\"dns.query\",\"domain\":\"*.corp\",\"action\":"
		     "\"allow\"},"
		     "{\"id\":\"tunnel\",\"on\":\"dns.query\",\"operation\":[\"long\",\"many\"],"
		     "\"action\":\"kill\"},"
		     "{\"id\":\"tcp\",\"on\":\"dns.query\",\"protocol\":\"tcp\",\"action\":"
		     "\"deny\"}]}");
	struct lw_query q = { .kind = LW_DNS_QUERY, .access = 1 };
	const struct lw_image *img = p->image;

	(void)state;
	assert_string_equal(ask(p, "x", 0), "default");
	assert_string_equal(ask(p, "x", 1), "tunnel");
	assert_string_equal(ask(p, "x", 1U << 6), "tunnel");
	assert_string_equal(ask(p, "x", 2), "default");
	assert_string_equal(ask(p, "x.corp", 1), "own");
	/* A name that cannot be read: rules that name none. */
	assert_string_equal(lw_policy_rule_id(p, lw_list_first(img, img->hdr.list_any[q.kind], &q)),
			    "tunnel");
	assert_true(lw_policy_hooks(p, LW_MODE_ENFORCE) >> LW_GROUP_DNS & 1);
	lw_policy_free(p);
}

/* Names of hosts bring a rule that keeps loaders from answering for them. */
static void test_builtin(void **state)
{
	struct lw_policy *p =
		must_parse(HEAD "{\"id\":\"a\",\"on\":\"net.*\",\"action\":\"allow\"}]}");
	struct lw_query q = { .kind = LW_NET_BIND, .proto = LW_PROTO_UDP, .port = 53 };
	unsigned char any[4] = { 0 };

	(void)state;
	assert_string_equal(lw_policy_rule_id(p, lw_policy_match_addr(p, any, false, &q).rule),
			    "a");
	assert_false(lw_policy_hooks(p, LW_MODE_ENFORCE) >> LW_GROUP_DNS & 1);
	lw_policy_free(p);
	p = must_parse(HEAD "{\"id\":\"a\",\"on\":\"net.*\",\"action\":\"allow\"},{\"id\":\"b\","
			    "\"on\":\"net.connect\",\"action\":\"deny\",\"except\":{\"domain\":"
			    "\"x\"}}]}");
	assert_string_equal(lw_policy_rule_id(p, lw_policy_match_addr(p, any, false, &q).rule),
			    "self:resolver");
	assert_true(lw_policy_hooks(p, LW_MODE_ENFORCE) >> LW_GROUP_DNS & 1);
	lw_policy_free(p);
}

static void test_resolvers(void **state)
{
	struct lw_policy *p = must_parse("{\"version\":1,\"name\":\"t\",\"resolvers\":["
					 "\"10.0.0.2\",\"fd00::2\"]}");

	(void)state;
	assert_int_equal(p->n_resolvers, 2);
	assert_false(p->resolvers_system);
	assert_memory_equal(p->resolvers[0].addr, "\12\0\0\2\0", 5);
	assert_int_equal(p->resolvers[1].v6, 1);
	lw_policy_free(p);
	p = must_parse("{\"version\":1,\"name\":\"t\",\"resolvers\":[\"system\",\"10.0.0.2\"]}");
	assert_true(p->resolvers_system);
	assert_int_equal(p->n_resolvers, 1);
	lw_policy_free(p);
	p = must_parse("{\"version\":1,\"name\":\"t\"}");
	assert_true(p->resolvers_system);
	lw_policy_free(p);
}

/* Random rules over few names: the automaton and its bits against a loop over the text. */
#define RULES 10

static const char *const patterns[] = { "*", "a",     "*.a",   "b.a",	"*.b.a",
					"c", "*.a.c", "a.b.a", "*.c.a", "xa" };
static const char *const hosts[] = { "a",   "b.a", "a.b.a", "c.b.a", "c",   "a.c",
				     "b.c", "xa",  "x.a",   "a.a.c", "c.a", "b.c.a" };

struct random_rule {
	bool deny, named, has_except, https;
	const char *domain[2], *except;
};

static bool matches(const char *pattern, const char *name)
{
	size_t n = strlen(name), p;

	if (!strcmp(pattern, "*"))
		return true;
	if (pattern[0] != '*')
		return !strcmp(pattern, name);
	p = strlen(++pattern);
	return n > p && !strcmp(name + n - p, pattern);
}

static bool covers(const struct random_rule *r, const char *name)
{
	if (r->has_except && matches(r->except, name))
		return false;
	return !r->named || matches(r->domain[0], name) || matches(r->domain[1], name);
}

/* A rule without names of its own applies unless one of the address is an exception. */
static bool applies(const struct random_rule *r, const char *const *names, size_t n, uint16_t port)
{
	bool any = false;

	if (r->https && port != 443)
		return false;
	for (size_t i = 0; i < n; i++)
		any |= r->named ? covers(r, names[i]) : r->has_except && !covers(r, names[i]);
	return r->named ? any : !any;
}

static int make_rules(struct random_rule *rules, char *text, size_t size, uint64_t *seed)
{
	int n = 1 + rnd(seed, RULES), len;

	len = snprintf(text, size, HEAD);
	for (int i = 0; i < n; i++) {
		struct random_rule *r = &rules[i];

		*r = (struct random_rule){ .deny = rnd(seed, 2),
					   .named = rnd(seed, 4),
					   .has_except = !rnd(seed, 3),
					   .https = !rnd(seed, 3) };
		for (int k = 0; k < 2; k++)
			r->domain[k] = patterns[rnd(seed, 10)];
		r->except = patterns[rnd(seed, 10)];
		len += snprintf(text + len, size - len,
				"%s{\"id\":\"r%d\",\"on\":\"net.connect\",\"action\":\"%s\"",
				i ? "," : "", i, r->deny ? "deny" : "allow");
		if (r->named)
			len += snprintf(text + len, size - len, ",\"domain\":[\"%s\",\"%s\"]",
					r->domain[0], r->domain[1]);
		if (r->has_except)
			len += snprintf(text + len, size - len, ",\"except\":{\"domain\":\"%s\"}",
					r->except);
		if (r->https)
			len += snprintf(text + len, size - len, ",\"port\":443");
		len += snprintf(text + len, size - len, "}");
	}
	snprintf(text + len, size - len, "]}");
	return n;
}

static void test_random(void **state)
{
	uint64_t seed = 20261123;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct random_rule rules[RULES];
		char text[8192], list[256];
		int n = make_rules(rules, text, sizeof(text), &seed);
		struct lw_policy *p = must_parse(text);

		for (int k = 0; k < 100; k++) {
			uint16_t port = rnd(&seed, 2) ? 443 : 80;
			const char *names[3];
			size_t n_names = rnd(&seed, 4);
			char want[16] = "default";
			int len = 0;

			list[0] = '\0';
			for (size_t i = 0; i < n_names; i++) {
				names[i] = hosts[rnd(&seed, 12)];
				len += snprintf(list + len, sizeof(list) - len, "%s%s",
						i ? "," : "", names[i]);
			}
			for (int i = n; i--;)
				if (applies(&rules[i], names, n_names, port))
					snprintf(want, sizeof(want), "r%d", i);
			if (strcmp(want, reach(p, "192.0.2.1", list, port)))
				fail_msg("%s\nnames %s, port %u: %s, not %s", text, list, port,
					 reach(p, "192.0.2.1", list, port), want);
		}
		lw_policy_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_connections),   cmocka_unit_test(test_except),
		cmocka_unit_test(test_unusual_names), cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_resolvers),     cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
