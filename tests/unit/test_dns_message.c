// SPDX-License-Identifier: Apache-2.0
/* include/lw_dns.h: messages as they should be, and as they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lw_dns.h"

struct message {
	uint8_t b[65536];
	size_t n;
};

static void put(struct message *m, const void *data, size_t n)
{
	memcpy(m->b + m->n, data, n);
	m->n += n;
}

static void put16(struct message *m, uint16_t v)
{
	v = htons(v);
	put(m, &v, 2);
}

static void put_name(struct message *m, const char *name)
{
	while (*name) {
		uint8_t n = strcspn(name, ".");

		put(m, &n, 1);
		put(m, name, n);
		name += n + (name[n] == '.');
	}
	put(m, "", 1);
}

static void question(struct message *m, const char *name, uint16_t type, uint16_t flags,
		     uint16_t answers)
{
	m->n = 0;
	put16(m, 0x1234);
	put16(m, flags);
	put16(m, 1);
	put16(m, answers);
	put16(m, 0);
	put16(m, 0);
	put_name(m, name);
	put16(m, type);
	put16(m, 1);
}

static void record(struct message *m, const char *name, uint16_t type, const void *data, uint16_t n)
{
	if (name)
		put_name(m, name);
	else
		put(m, "\xc0\x0c", 2);
	put16(m, type);
	put16(m, 1);
	put16(m, 0);
	put16(m, 300);
	put16(m, n);
	put(m, data, n);
}

static void read_as(struct lw_dns *d, const struct message *m, int stream)
{
	uint32_t at = 0;

	memset(d, 0xa5, sizeof(*d));
	lw_dns_begin(d, stream ? 0 : m->n, stream);
	while (at < m->n && !d->done)
		at = lw_dns_step(d, m->b, 0xffff, at, m->n);
}

static void read_all(struct lw_dns *d, const struct message *m)
{
	read_as(d, m, 0);
	assert_true(d->done);
}

static void assert_name(const struct lw_dns *d, const char *name)
{
	assert_true(d->named);
	assert_int_equal(d->name_len, strlen(name));
	assert_memory_equal(d->name, name, d->name_len);
}

static void test_query(void **state)
{
	static struct message m;
	struct lw_dns d;

	(void)state;
	question(&m, "HuggingFace.CO", LW_DNS_AAAA, 0x0100, 0);
	read_all(&d, &m);
	assert_name(&d, "huggingface.co");
	assert_int_equal(d.id, 0x1234);
	assert_int_equal(d.qtype, LW_DNS_AAAA);
	assert_int_equal(d.bits, 0);
	assert_false(lw_dns_is_answer(&d));
	assert_false(lw_dns_usable(&d));
	question(&m, "", LW_DNS_NS, 0x0100, 0);
	read_all(&d, &m);
	assert_name(&d, ".");
}

static void test_answer(void **state)
{
	static const uint8_t v4[4] = { 203, 0, 113, 7 }, v6[16] = { 0x20, 1, 0xd, 0xb8, 1 };
	static struct message m;
	struct lw_dns d, asked;

	(void)state;
	question(&m, "cdn.hf.co", LW_DNS_A, 0x0100, 0);
	read_all(&asked, &m);
	question(&m, "cdn.hf.co", LW_DNS_A, 0x8180, 5);
	record(&m, NULL, LW_DNS_CNAME, "\4edge\7example\3net", 18);
	record(&m, "edge.example.net", LW_DNS_A, v4, 4);
	record(&m, NULL, LW_DNS_AAAA, v6, 16);
	record(&m, NULL, LW_DNS_TXT, "\3abc", 4);
	record(&m, NULL, LW_DNS_A, v6, 16); /* not an address */
	read_all(&d, &m);
	assert_true(lw_dns_usable(&d));
	assert_int_equal(d.bits, 0);
	assert_int_equal(lw_dns_key(&d), lw_dns_key(&asked));
	assert_int_equal(d.n, 2);
	assert_int_equal(d.answers[0].type, LW_DNS_A);
	assert_int_equal(d.answers[0].ttl, 300);
	assert_memory_equal(d.answers[0].addr, v4, 4);
	assert_memory_equal(d.answers[0].addr + 4, (uint8_t[12]){ 0 }, 12);
	assert_memory_equal(d.answers[1].addr, v6, 16);
	/* A server that refuses names nobody. */
	m.b[3] = 5;
	read_all(&d, &m);
	assert_false(lw_dns_usable(&d));
}

static void test_a_stream_is_cut_anywhere(void **state)
{
	static struct message m, s;
	struct lw_dns d;

	(void)state;
	question(&m, "a.example", LW_DNS_A, 0x8180, 2);
	record(&m, NULL, LW_DNS_A, "\1\2\3\4", 4);
	record(&m, "x.y", LW_DNS_A, "\1\2\3\5", 4);
	for (size_t cut = 1; cut < m.n + 2; cut++) {
		uint32_t at = 0;

		s.n = 0;
		put16(&s, m.n);
		put(&s, m.b, m.n);
		lw_dns_begin(&d, 0, 1);
		while (at < cut)
			at = lw_dns_step(&d, s.b, 0xffff, at, cut);
		assert_false(d.done);
		while (!d.done)
			at = lw_dns_step(&d, s.b, 0xffff, at, s.n);
		assert_int_equal(at, s.n);
		assert_name(&d, "a.example");
		assert_int_equal(d.n, 2);
		assert_true(lw_dns_usable(&d));
	}
}

static void test_many_records(void **state)
{
	static struct message m;
	struct lw_dns d;

	(void)state;
	question(&m, "x.y", LW_DNS_A, 0x8180, 200);
	for (uint8_t i = 0; i < 200; i++)
		record(&m, NULL, LW_DNS_A, (uint8_t[4]){ 10, 0, 0, i }, 4);
	read_all(&d, &m);
	assert_true(lw_dns_usable(&d));
	assert_int_equal(d.n, LW_DNS_ANSWERS);
	assert_int_equal(d.answers[LW_DNS_ANSWERS - 1].addr[3], LW_DNS_ANSWERS - 1);
	assert_int_equal(d.ancount, 200);
}

/* Cut off anywhere, it is malformed and names nobody. */
static void test_truncated(void **state)
{
	static struct message m;
	struct lw_dns d;
	size_t whole;

	(void)state;
	question(&m, "x.example", LW_DNS_A, 0x8180, 2);
	record(&m, NULL, LW_DNS_A, "\1\2\3\4", 4);
	record(&m, NULL, LW_DNS_CNAME, "\1a", 3);
	whole = m.n;
	for (m.n = 0; m.n < whole; m.n++) {
		read_as(&d, &m, 0);
		assert_true(d.done && d.bits & LW_DNS_MALFORMED);
		assert_false(lw_dns_usable(&d));
	}
	read_all(&d, &m);
	assert_true(lw_dns_usable(&d));
}

static void test_pointers(void **state)
{
	static struct message m;
	struct lw_dns d;

	(void)state;
	/* To itself: in a record it is passed over, in a question there is nothing to point to. */
	question(&m, "x", LW_DNS_A, 0x8180, 1);
	put(&m, "\xc0", 1);
	put(&m, (uint8_t[]){ m.n - 1 }, 1);
	put(&m, "\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 14);
	read_all(&d, &m);
	assert_true(lw_dns_usable(&d));
	assert_int_equal(d.n, 1);
	m.b[12] = 0xc0;
	m.b[13] = 12;
	read_all(&d, &m);
	assert_false(d.named);
	assert_true(d.bits & LW_DNS_MALFORMED);
	assert_false(lw_dns_usable(&d));
	/* Kinds of label that do not exist. */
	for (int kind = 0x40; kind <= 0x80; kind += 0x40) {
		m.b[12] = kind | 1;
		read_all(&d, &m);
		assert_true(d.bits & LW_DNS_MALFORMED);
	}
}

static uint16_t bits_of(const char *name, uint16_t type)
{
	static struct message m;
	struct lw_dns d;

	question(&m, name, type, 0x0100, 0);
	read_all(&d, &m);
	return d.bits;
}

static void test_unusual(void **state)
{
	static const char label[] =
		"0123456789012345678901234567890123456789012345678901234567890123";
	static struct message m;
	char name[300];
	struct lw_dns d;

	(void)state;
	snprintf(name, sizeof(name), "%.52s.x", label);
	assert_int_equal(bits_of(name, LW_DNS_A), 0);
	snprintf(name, sizeof(name), "%.53s.x", label);
	assert_int_equal(bits_of(name, LW_DNS_A), LW_DNS_LONG);
	snprintf(name, sizeof(name), "%.50s.%.49s", label, label);
	assert_int_equal(bits_of(name, LW_DNS_A), 0);
	snprintf(name, sizeof(name), "%.50s.%.50s", label, label);
	assert_int_equal(bits_of(name, LW_DNS_A), LW_DNS_LONG);
	assert_int_equal(bits_of("1.2.3.4.5.6.7.8", LW_DNS_A), 0);
	assert_int_equal(bits_of("1.2.3.4.5.6.7.8.9", LW_DNS_A), LW_DNS_DEEP);
	assert_int_equal(bits_of("a_b-c.9", LW_DNS_A), 0);
	assert_int_equal(bits_of("a b.c", LW_DNS_A), LW_DNS_ODD);
	assert_int_equal(bits_of("\xc3\xa4.c", LW_DNS_A), LW_DNS_ODD);
	assert_int_equal(bits_of("a.c", LW_DNS_TXT), LW_DNS_IS_TXT);
	assert_int_equal(bits_of("a.c", 10), LW_DNS_RARE);
	assert_int_equal(bits_of("a.c", 255), LW_DNS_RARE);
	/* A dot in a label is no end of one: the name must not look like another. */
	question(&m, "hf_co", LW_DNS_A, 0x0100, 0);
	m.b[15] = '.';
	read_all(&d, &m);
	assert_name(&d, "hf\\co");
	assert_int_equal(d.bits, LW_DNS_ODD);
	/* Records, opcodes and a second question have no place in a query. */
	question(&m, "a.c", LW_DNS_A, 0x0100, 1);
	read_all(&d, &m);
	assert_int_equal(d.bits, LW_DNS_ODD);
	question(&m, "a.c", LW_DNS_A, 0x2800, 0);
	read_all(&d, &m);
	assert_int_equal(d.bits, LW_DNS_ODD);
	question(&m, "a.c", LW_DNS_A, 0x0100, 0);
	m.b[5] = 2;
	read_all(&d, &m);
	assert_int_equal(d.bits, LW_DNS_ODD);
	m.b[5] = 0;
	read_all(&d, &m);
	assert_int_equal(d.bits, LW_DNS_ODD | LW_DNS_MALFORMED);
}

/* RFC 1035: 255 bytes on the wire. */
static void test_longest_name(void **state)
{
	static struct message m;
	struct lw_dns d;

	(void)state;
	for (int last = 61; last <= 63; last++) {
		m.n = 12;
		memset(m.b, 0, 12);
		m.b[5] = 1;
		for (int i = 0; i < 4; i++) {
			uint8_t n = i == 3 ? last : 63;

			put(&m, &n, 1);
			memset(m.b + m.n, 'a', n);
			m.n += n;
		}
		put(&m, "\0\0\1\0\1", 5);
		read_all(&d, &m);
		assert_true(d.bits & LW_DNS_LONG);
		assert_int_equal(d.named, last == 61);
		if (d.named)
			assert_int_equal(d.name_len, LW_DNS_TEXT_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_a_stream_is_cut_anywhere),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_unusual),
		cmocka_unit_test(test_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
