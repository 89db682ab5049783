// SPDX-License-Identifier: Apache-2.0
/* Network rules: the tries against a naive match, ports, protocols, what has no address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>

#include "policies.h"

#define HEAD "{\"version\":1,\"name\":\"t\",\"rules\":["

static const char *addr_rule(const struct lw_policy *p, const char *text, struct lw_query q)
{
	bool v6 = strchr(text, ':');
	unsigned char addr[16];

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, addr), 1);
	return lw_policy_rule_id(p, lw_policy_match_addr(p, addr, v6, &q).rule);
}

static struct lw_query connect_to(uint16_t port)
{
	return (struct lw_query){ .kind = LW_NET_CONNECT, .proto = LW_PROTO_TCP, .port = port };
}

static void test_conditions(void **state)
{
	struct lw_policy *p = must_parse(
		HEAD
		"{\"id\":\"web\",\"on\":\"net.connect\",\"port\":[80,443,\"8000-8100\",8101],"
		"\"protocol\":"
		"[\"tcp\",\"mptcp\"],\"cidr\":[\"10.0.0.0/8\",\"2001:db8::/"
		"32\"],\"action\":\"allow\"},"
		"{\"id\":\"load\",\"on\":\"net.connect\",\"phase\":\"load\",\"cidr\":\"10.0.0.0/"
		"8\","
		"\"action\":\"kill\"},"
		"{\"id\":\"raw\",\"on\":\"net.socket\",\"protocol\":\"raw\",\"action\":\"deny\"},"
		"{\"id\":\"unix\",\"on\":\"net.*\",\"path\":[\"/run/"
		"**\",\"@x\"],\"action\":\"alert\"},"
		"{\"id\":\"low\",\"on\":\"net.bind\",\"port\":\"1-1023\",\"action\":\"deny\"},"
		"{\"id\":\"rest\",\"on\":[\"net.connect\",\"net.send\"],\"action\":\"deny\"}]}");
	struct lw_query q = connect_to(443), raw = { .kind = LW_NET_SOCKET };
	const struct lw_image *img = p->image;
	unsigned int rows = 0;

	(void)state;
	assert_string_equal(addr_rule(p, "10.1.2.3", q), "web");
	assert_string_equal(addr_rule(p, "2001:db8:1::2", q), "web");
	assert_string_equal(addr_rule(p, "11.0.0.1", q), "rest");
	assert_string_equal(addr_rule(p, "10.1.2.3", connect_to(8101)), "web");
	assert_string_equal(addr_rule(p, "10.1.2.3", connect_to(8102)), "rest");
	assert_string_equal(addr_rule(p, "10.1.2.3", connect_to(81)), "rest");
	/* 80, 443 and one range: 8101 joins 8000-8100. */
	for (unsigned int r = 0; r < img->hdr.nrules; r++)
		rows += !(img->rules[r].on & LW_ON(LW_TAG_ARTEFACT));
	assert_int_equal(rows, 8);
	q.proto = LW_PROTO_UDP;
	assert_string_equal(addr_rule(p, "10.1.2.3", q), "rest");
	q.phase = LW_PHASE_LOAD;
	assert_string_equal(addr_rule(p, "10.1.2.3", q), "load");
	/* AF_UNIX: by path, or a rule that names nothing. */
	q = (struct lw_query){ .kind = LW_NET_CONNECT, .proto = LW_PROTO_UNIX };
	assert_string_equal(path_rule(p, "/run/a.sock", q), "unix");
	assert_string_equal(path_rule(p, "@x", q), "unix");
	assert_string_equal(path_rule(p, "/tmp/a.sock", q), "rest");
	q.kind = LW_NET_BIND;
	assert_string_equal(path_rule(p, "/tmp/a.sock", q), "default");
	/* Neither address nor path. */
	raw.proto = LW_PROTO_RAW;
	assert_string_equal(
		lw_policy_rule_id(p, lw_list_first(img, img->hdr.list_any[raw.kind], &raw)), "raw");
	raw.proto = LW_PROTO_TCP;
	assert_int_equal(lw_list_first(img, img->hdr.list_any[raw.kind], &raw), LW_RULE_NONE);
	q = (struct lw_query){ .kind = LW_NET_CONNECT, .proto = LW_PROTO_VSOCK };
	assert_string_equal(lw_policy_rule_id(p, lw_list_first(img, img->hdr.list_any[q.kind], &q)),
			    "rest");
	q = (struct lw_query){ .kind = LW_NET_BIND, .proto = LW_PROTO_TCP, .port = 80 };
	assert_string_equal(addr_rule(p, "127.0.0.1", q), "low");
	q.port = 0;
	assert_string_equal(addr_rule(p, "127.0.0.1", q), "default");
	lw_policy_free(p);
}

/* What no rule judges, and what of it is recorded. */
static void test_defaults(void **state)
{
	struct lw_policy *p = must_parse(
		"{\"version\":1,\"name\":\"t\",\"mode\":\"observe\",\"record\":[\"net.connect\","
		"\"process.exit\"],\"default\":{\"file\":{\"action\":\"deny\",\"record\":true},"
		"\"net\":\"kill\",\"exec\":{\"action\":\"kill-loader\",\"record\":false}},"
		"\"rules\":["
		"{\"id\":\"a\",\"on\":\"net.*\",\"cidr\":\"10.0.0.0/8\",\"action\":\"allow\"},"
		"{\"id\":\"b\",\"on\":\"net.*\",\"cidr\":\"11.0.0.0/8\",\"action\":\"allow\","
		"\"record\":true},"
		"{\"id\":\"c\",\"on\":\"net.*\",\"cidr\":\"12.0.0.0/8\",\"action\":\"allow\","
		"\"record\":false}]}");
	const struct lw_image_hdr *h = &p->image->hdr;
	struct lw_query send = { .kind = LW_NET_SEND }, con = { .kind = LW_NET_CONNECT };
	static const unsigned char addr[3][4] = { { 10 }, { 11 }, { 12 } };

	(void)state;
	assert_int_equal(p->mode, LW_MODE_OBSERVE);
	assert_int_equal(h->mode, LW_MODE_OBSERVE);
	assert_int_equal(h->default_action[LW_FILE_OPEN], LW_DENY);
	assert_int_equal(h->default_action[LW_NET_SEND], LW_KILL);
	assert_int_equal(h->default_action[LW_PROCESS_EXEC], LW_KILL_LOADER);
	/* No class: only rules judge these. */
	assert_int_equal(h->default_action[LW_NET_BIND], LW_ALLOW);
	assert_int_equal(h->default_action[LW_PROCESS_FORK], LW_ALLOW);
	assert_int_equal(h->default_record[LW_FILE_OPEN], 1);
	assert_int_equal(h->default_record[LW_PROCESS_EXEC], 0);
	assert_int_equal(h->default_record[LW_NET_CONNECT], 1);
	assert_int_equal(h->default_record[LW_NET_SEND], 0);
	assert_int_equal(h->default_record[LW_PROCESS_EXIT], 1);
	assert_int_equal(lw_policy_match_addr(p, addr[0], false, &con).record, 1);
	assert_int_equal(lw_policy_match_addr(p, addr[0], false, &send).record, 0);
	assert_int_equal(lw_policy_match_addr(p, addr[1], false, &send).record, 1);
	assert_int_equal(lw_policy_match_addr(p, addr[2], false, &con).record, 0);
	lw_policy_free(p);
}

#define POLICIES 60
#define RULES	 10
#define ADDRS	 300

struct block {
	unsigned char addr[16];
	unsigned int bits;
	bool v6;
};

/* Few different bits, so that blocks lie within each other. */
static void gen_addr(uint64_t *seed, unsigned char *addr, bool v6)
{
	memset(addr, 0, 16);
	for (int i = 0; i < (v6 ? 16 : 4); i++)
		if (i < 3 || rnd(seed, 4) == 0)
			addr[i] = rnd(seed, 2) ? 0x80 | rnd(seed, 4) : 0x81;
}

static void clear_host(struct block *b)
{
	for (unsigned int i = b->bits; i < 128; i++)
		b->addr[i / 8] &= ~(0x80 >> i % 8);
}

static bool inside(const struct block *b, const unsigned char *addr, bool v6)
{
	if (b->v6 != v6)
		return false;
	for (unsigned int i = 0; i < b->bits; i++)
		if ((b->addr[i / 8] ^ addr[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

static char *print_block(char *p, const struct block *b)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(b->v6 ? AF_INET6 : AF_INET, b->addr, text, sizeof(text));
	return p + sprintf(p, "\"%s/%u\"", text, b->bits);
}

struct random_rule {
	struct block block[2];
	struct block except;
	bool has_except;
};

static void gen_block(uint64_t *seed, struct block *b)
{
	b->v6 = rnd(seed, 2);
	b->bits = rnd(seed, 4) == 0 ? rnd(seed, b->v6 ? 129 : 33) : rnd(seed, 25);
	gen_addr(seed, b->addr, b->v6);
	clear_host(b);
}

static struct lw_policy *gen_policy(uint64_t *seed, struct random_rule *rules)
{
	char text[8192], *p = text;

	p += sprintf(p, HEAD);
	for (int i = 0; i < RULES; i++) {
		struct random_rule *r = &rules[i];

		gen_block(seed, &r->block[0]);
		gen_block(seed, &r->block[1]);
		gen_block(seed, &r->except);
		r->has_except = rnd(seed, 2);
		p += sprintf(p, "%s{\"id\":\"r%d\",\"on\":\"net.*\",\"action\":\"deny\",\"cidr\":[",
			     i ? "," : "", i);
		p = print_block(p, &r->block[0]);
		*p++ = ',';
		p = print_block(p, &r->block[1]);
		p += sprintf(p, "]");
		if (r->has_except) {
			p += sprintf(p, ",\"except\":{\"cidr\":");
			p = print_block(p, &r->except);
			p += sprintf(p, "}");
		}
		p += sprintf(p, "}");
	}
	sprintf(p, "]}");
	return must_parse(text);
}

static void naive(const struct random_rule *rules, const unsigned char *addr, bool v6, char *ret)
{
	for (int i = 0; i < RULES; i++) {
		const struct random_rule *r = &rules[i];

		if ((inside(&r->block[0], addr, v6) || inside(&r->block[1], addr, v6)) &&
		    !(r->has_except && inside(&r->except, addr, v6))) {
			sprintf(ret, "r%d", i);
			return;
		}
	}
	strcpy(ret, "default");
}

static void test_random(void **state)
{
	uint64_t seed = 0xadd7;
	size_t matched = 0, bad = 0;

	(void)state;
	for (int i = 0; i < POLICIES; i++) {
		struct random_rule rules[RULES];
		struct lw_policy *policy = gen_policy(&seed, rules);
		struct lw_query q = connect_to(1);

		for (int k = 0; k < ADDRS; k++) {
			bool v6 = rnd(&seed, 2);
			unsigned char addr[16];
			const char *got;
			char want[16];

			gen_addr(&seed, addr, v6);
			naive(rules, addr, v6, want);
			got = lw_policy_rule_id(policy,
						lw_policy_match_addr(policy, addr, v6, &q).rule);
			matched += strcmp(want, "default") != 0;
			bad += strcmp(want, got) != 0;
		}
		lw_policy_free(policy);
	}
	assert_int_equal(bad, 0);
	assert_true(matched > POLICIES * ADDRS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
