// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <stdio.h>

#include "forensic/record.h"
#include "lw_dns.h"

#define NAME(table, i) ((i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : NULL)

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
	{ LW_DNS_A, "A" },	   { LW_DNS_NS, "NS" },	  { LW_DNS_CNAME, "CNAME" },
	{ LW_DNS_SOA, "SOA" },	   { 10, "NULL" },	  { LW_DNS_PTR, "PTR" },
	{ LW_DNS_MX, "MX" },	   { LW_DNS_TXT, "TXT" }, { LW_DNS_AAAA, "AAAA" },
	{ LW_DNS_SRV, "SRV" },	   { 35, "NAPTR" },	  { LW_DNS_SVCB, "SVCB" },
	{ LW_DNS_HTTPS, "HTTPS" }, { 252, "AXFR" },	  { 255, "ANY" },
};

/* IANA, DNS RCODEs: those of the header. */
static const char *const rcodes[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
				      "NOTIMP",	 "REFUSED", "YXDOMAIN", "YXRRSET",
				      "NXRRSET", "NOTAUTH", "NOTZONE" };

static const struct {
	uint16_t bit;
	const char *name;
} flags[] = {
	{ 1U << 10, "AA" }, { 1U << 9, "TC" }, { 1U << 8, "RD" },
	{ 1U << 7, "RA" },  { 1U << 5, "AD" }, { 1U << 4, "CD" },
};

static void write_type(struct lw_jw *w, uint16_t type)
{
	char number[16];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type) {
			lw_jw_cstr(w, LW_K("type"), types[i].name);
			return;
		}
	}
	snprintf(number, sizeof(number), "TYPE%u", type);
	lw_jw_cstr(w, LW_K("type"), number);
}

static void write_question(const struct lw_ev *ev, struct lw_jw *w)
{
	struct lw_span name = lw_ev_str(ev, LW_STR_NAME);

	if (!name.len)
		return;
	lw_jw_obj(w, LW_K("question"));
	lw_jw_bytes(w, LW_K("name"), name.s, name.len);
	if (ev->dns.type)
		write_type(w, ev->dns.type);
	lw_jw_end(w);
}

static void write_flags(uint16_t word, struct lw_jw *w)
{
	lw_jw_arr(w, LW_K("header_flags"));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (word & flags[i].bit)
			lw_jw_cstr(w, LW_NOKEY, flags[i].name);
	lw_jw_end(w);
}

/* Address @i of an answer; the bytes of an event need not be aligned for it. */
static struct lw_dns_answer answer_at(struct lw_span all, size_t i)
{
	struct lw_dns_answer a;

	memcpy(&a, all.s + i * sizeof(a), sizeof(a));
	return a;
}

static const char *ip_text(const struct lw_dns_answer *a, char buf[static INET6_ADDRSTRLEN])
{
	inet_ntop(a->type == LW_DNS_AAAA ? AF_INET6 : AF_INET, a->addr, buf, INET6_ADDRSTRLEN);
	return buf;
}

static void write_answers(const struct lw_ev *ev, struct lw_jw *w)
{
	struct lw_span all = lw_ev_str(ev, LW_STR_TARGET);
	size_t n = all.len / sizeof(struct lw_dns_answer);
	char ip[INET6_ADDRSTRLEN];

	lw_jw_u64(w, LW_K("answers_count"), ev->dns.answers);
	if (!n)
		return;
	lw_jw_arr(w, LW_K("answers"));
	for (size_t i = 0; i < n; i++) {
		struct lw_dns_answer a = answer_at(all, i);

		lw_jw_obj(w, LW_NOKEY);
		write_type(w, a.type);
		lw_jw_cstr(w, LW_K("data"), ip_text(&a, ip));
		lw_jw_u64(w, LW_K("ttl"), a.ttl);
		lw_jw_end(w);
	}
	lw_jw_end(w);
	lw_jw_arr(w, LW_K("resolved_ip"));
	for (size_t i = 0; i < n; i++) {
		struct lw_dns_answer a = answer_at(all, i);

		lw_jw_cstr(w, LW_NOKEY, ip_text(&a, ip));
	}
	lw_jw_end(w);
}

void lw_record_dns(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	unsigned int rcode = ev->dns.flags & 15;
	const char *name = NAME(rcodes, rcode);
	char number[16];

	if (!lw_ev_is_dns(ev))
		return;
	lw_jw_obj(w, LW_K("dns"));
	lw_jw_cstr(w, LW_K("type"), ev->kind == LW_DNS_QUERY ? "query" : "answer");
	snprintf(number, sizeof(number), "%u", ev->dns.id);
	lw_jw_cstr(w, LW_K("id"), number);
	write_question(ev, w);
	write_flags(ev->dns.flags, w);
	if (ev->dns.bits)
		lw_record_operation(w, LW_DNS_QUERY, ev->dns.bits);
	if (ev->kind == LW_DNS_ANSWER) {
		snprintf(number, sizeof(number), "%u", rcode);
		lw_jw_cstr(w, LW_K("response_code"), name ? name : number);
		write_answers(ev, w);
	}
	lw_jw_end(w);
}
