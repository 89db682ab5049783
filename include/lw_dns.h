/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_DNS_H
#define LW_DNS_H

/*
 * DNS messages (RFC 1035, 1123, 6891), read byte by byte. The state between two bytes is all there
 * is, so a message in one datagram and one in a stream that is cut anywhere are read by the same
 * code, and BPF needs no buffer for either. Compiled into the BPF programs and into user space.
 *
 * Every byte is hostile. What cannot be a message is said to be malformed, and nothing of it but
 * what was read until then is believed. Names of records are passed over: all addresses of an
 * answer count for the name that was asked, as they do for the caller, whatever aliases lie
 * between.
 */

#include "lw_limits.h"
#include "lw_types.h"

#define LW_DNS_PORT	53
#define LW_DNS_TEXT_MAX 253 /* bytes of a name as text: 255 on the wire (RFC 1035, 2.3.4) */

/* Types of a question or a record. */
#define LW_DNS_A     1
#define LW_DNS_NS    2
#define LW_DNS_CNAME 5
#define LW_DNS_SOA   6
#define LW_DNS_PTR   12
#define LW_DNS_MX    15
#define LW_DNS_TXT   16
#define LW_DNS_AAAA  28
#define LW_DNS_SRV   33
#define LW_DNS_SVCB  64
#define LW_DNS_HTTPS 65

/* What is unusual in a message: `operation` of a rule on dns.query (lw_ops.def). */
#define LW_DNS_LONG	 (1U << 0) /* a name or a label that is hardly one of a host */
#define LW_DNS_DEEP	 (1U << 1) /* more labels than LW_DNS_LABELS */
#define LW_DNS_ODD	 (1U << 2) /* bytes that no host name has, or sections that no query has */
#define LW_DNS_MALFORMED (1U << 3)
#define LW_DNS_IS_TXT	 (1U << 4) /* asks for TXT */
#define LW_DNS_RARE	 (1U << 5) /* asks for what no program needs to reach a host */
#define LW_DNS_MANY	 (1U << 6) /* one of more than LW_DNS_NAMES_MINUTE names in a minute */
#define LW_DNS_FOREIGN	 (1U << 7) /* the server is not one of the policy's resolvers */

enum lw_dns_part {
	LW_DNS_PREFIX, /* stream: two bytes of length */
	LW_DNS_HEADER,
	LW_DNS_QLABEL, /* length byte of a label of the question */
	LW_DNS_QTEXT,  /* bytes of that label */
	LW_DNS_QTAIL,  /* type and class of the question */
	LW_DNS_RLABEL, /* length byte of a label of a record's name */
	LW_DNS_RTAIL,  /* type, class, TTL and length of a record */
	LW_DNS_RDATA,  /* its address */
	LW_DNS_REST,   /* nothing of interest any more */
};

/* One address of an answer. */
struct lw_dns_answer {
	__u8 addr[16]; /* network order; IPv4 in the first four bytes */
	__u32 ttl;     /* s */
	__u16 type;    /* LW_DNS_A, LW_DNS_AAAA */
	__u16 reserved;
};

/* A message that is being read. */
struct lw_dns {
	__u32 left;   /* bytes of it that are still to come */
	__u32 skip;   /* of them, those to pass over */
	__u32 hash;   /* of the question's name */
	__u16 want;   /* bytes of the current piece */
	__u16 have;   /* of them, those in raw[] */
	__u8 part;    /* enum lw_dns_part */
	__u8 done;    /* 1: the message has ended */
	__u8 named;   /* 1: name[] is the whole name of the question */
	__u8 labels;  /* of it */
	__u8 raw[16]; /* the current piece */
	__u16 id;
	__u16 flags;
	__u16 qdcount;
	__u16 ancount;
	__u16 qtype;
	__u16 qclass;
	__u16 bits; /* LW_DNS_LONG ... */
	__u16 name_len;
	__u16 records; /* of the answer section, begun */
	__u16 rtype;
	__u32 ttl;
	__u16 rlen;
	__u16 n;	/* answers[] */
	char name[256]; /* in lower case, "." is the root */
	struct lw_dns_answer answers[LW_DNS_ANSWERS];
};

LW_STATIC_ASSERT(sizeof(struct lw_dns) % 4 == 0, "it is copied as a whole");

static __always_inline int lw_dns_is_answer(const struct lw_dns *d)
{
	return d->flags >> 15;
}

static __always_inline __u32 lw_dns_rcode(const struct lw_dns *d)
{
	return d->flags & 15;
}

/* The next piece of fixed size. */
static __always_inline void lw_dns_expect(struct lw_dns *d, __u8 part, __u16 bytes)
{
	d->part = part;
	d->want = bytes;
	d->have = 0;
}

/**
 * lw_dns_begin() - before the first byte of a message.
 * @d: anything but d->answers is set
 * @bytes: of the datagram; of a stream: 0, then the message begins with its length
 * @stream: 1: a stream
 */
static __always_inline void lw_dns_begin(struct lw_dns *d, __u32 bytes, int stream)
{
	d->left = bytes;
	d->skip = 0;
	d->hash = 2166136261U; /* FNV-1a */
	d->done = !stream && !bytes;
	d->named = 0;
	d->labels = 0;
	d->id = 0;
	d->flags = 0;
	d->qdcount = 0;
	d->ancount = 0;
	d->qtype = 0;
	d->qclass = 0;
	d->bits = d->done ? LW_DNS_MALFORMED : 0;
	d->name_len = 0;
	d->records = 0;
	d->n = 0;
	lw_dns_expect(d, stream ? LW_DNS_PREFIX : LW_DNS_HEADER, stream ? 2 : 12);
}

/* Nothing more is read of this message. */
static __always_inline void lw_dns_rest(struct lw_dns *d)
{
	d->part = LW_DNS_REST;
	d->skip = d->left;
}

static __always_inline void lw_dns_bad(struct lw_dns *d)
{
	d->bits |= LW_DNS_MALFORMED;
	lw_dns_rest(d);
}

static __always_inline void lw_dns_put(struct lw_dns *d, __u8 c)
{
	d->name[d->name_len & 255] = c;
	d->name_len++;
	d->hash = (d->hash ^ c) * 16777619U;
}

/* Bytes of the message that nobody needs, at most what is left of it. */
static __always_inline void lw_dns_pass(struct lw_dns *d, __u32 bytes)
{
	d->skip = bytes < d->left ? bytes : d->left;
}

/* The length byte of a label of the question. A pointer has nothing to point back to there. */
static __always_inline void lw_dns_qlabel(struct lw_dns *d, __u8 c)
{
	if (!c) {
		if (!d->name_len)
			lw_dns_put(d, '.');
		d->named = 1;
		lw_dns_expect(d, LW_DNS_QTAIL, 4);
		return;
	}
	if (c > 63 || d->name_len + 1 + c > LW_DNS_TEXT_MAX) {
		d->bits |= c > 63 ? 0 : LW_DNS_LONG;
		lw_dns_bad(d);
		return;
	}
	if (d->name_len)
		lw_dns_put(d, '.');
	d->labels++;
	if (c > LW_DNS_LABEL_LONG || d->name_len + c > LW_DNS_NAME_LONG)
		d->bits |= LW_DNS_LONG;
	if (d->labels > LW_DNS_LABELS)
		d->bits |= LW_DNS_DEEP;
	lw_dns_expect(d, LW_DNS_QTEXT, c);
}

/* One byte of a label. A dot within one is not the dot between two: it must match no rule's. */
static __always_inline void lw_dns_qtext(struct lw_dns *d, __u8 c)
{
	if (c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
		d->bits |= LW_DNS_ODD;
	lw_dns_put(d, c == '.' ? '\\' : c);
	d->have++;
	if (d->have == d->want)
		d->part = LW_DNS_QLABEL;
}

/* The length byte of a label of a record's name, or the first byte of a pointer. */
static __always_inline void lw_dns_rlabel(struct lw_dns *d, __u8 c)
{
	if (c > 63 && c < 0xc0) {
		lw_dns_bad(d);
		return;
	}
	lw_dns_pass(d, c > 63 ? 1 : c);
	if (!c || c > 63)
		lw_dns_expect(d, LW_DNS_RTAIL, 10);
}

static __always_inline __u16 lw_dns_raw16(const struct lw_dns *d, int at)
{
	return d->raw[at] << 8 | d->raw[at + 1];
}

static __always_inline void lw_dns_header(struct lw_dns *d)
{
	__u16 others = lw_dns_raw16(d, 8) | lw_dns_raw16(d, 6), extra = lw_dns_raw16(d, 10);

	d->id = lw_dns_raw16(d, 0);
	d->flags = lw_dns_raw16(d, 2);
	d->qdcount = lw_dns_raw16(d, 4);
	d->ancount = lw_dns_raw16(d, 6);
	/* A query has one question and at most the EDNS record. */
	if (d->qdcount != 1 || d->flags >> 11 & 15)
		d->bits |= LW_DNS_ODD;
	if (!lw_dns_is_answer(d) && (others || extra > 1))
		d->bits |= LW_DNS_ODD;
	if (d->qdcount)
		d->part = LW_DNS_QLABEL;
	else
		lw_dns_bad(d);
}

/* The question ends; of an answer the records follow. */
static __always_inline void lw_dns_next(struct lw_dns *d)
{
	if (d->records >= d->ancount || d->records >= LW_DNS_ANSWERS) {
		lw_dns_rest(d);
		return;
	}
	d->records++;
	d->part = LW_DNS_RLABEL;
}

static __always_inline void lw_dns_qtail(struct lw_dns *d)
{
	d->qtype = lw_dns_raw16(d, 0);
	d->qclass = lw_dns_raw16(d, 2);
	switch (d->qtype) {
	case LW_DNS_A:
	case LW_DNS_AAAA:
	case LW_DNS_CNAME:
	case LW_DNS_PTR:
	case LW_DNS_SRV:
	case LW_DNS_SVCB:
	case LW_DNS_HTTPS:
	case LW_DNS_NS:
	case LW_DNS_SOA:
	case LW_DNS_MX:
		break;
	case LW_DNS_TXT:
		d->bits |= LW_DNS_IS_TXT;
		break;
	default:
		d->bits |= LW_DNS_RARE;
	}
	if (d->qclass != 1)
		d->bits |= LW_DNS_RARE;
	/* Behind a second question nothing is where it is looked for. */
	if (!lw_dns_is_answer(d) || d->qdcount != 1)
		lw_dns_rest(d);
	else
		lw_dns_next(d);
}

static __always_inline void lw_dns_rtail(struct lw_dns *d)
{
	__u16 rclass = lw_dns_raw16(d, 2);

	d->rtype = lw_dns_raw16(d, 0);
	d->ttl = (__u32)lw_dns_raw16(d, 4) << 16 | lw_dns_raw16(d, 6);
	d->rlen = lw_dns_raw16(d, 8);
	if (rclass == 1 && ((d->rtype == LW_DNS_A && d->rlen == 4) ||
			    (d->rtype == LW_DNS_AAAA && d->rlen == 16))) {
		lw_dns_expect(d, LW_DNS_RDATA, d->rlen);
		return;
	}
	/* A record that is longer than its message ends it: that is told when it does. */
	if (d->rlen > d->left) {
		lw_dns_bad(d);
		return;
	}
	lw_dns_next(d);
	if (d->part == LW_DNS_RLABEL)
		lw_dns_pass(d, d->rlen);
}

static __always_inline void lw_dns_rdata(struct lw_dns *d)
{
	struct lw_dns_answer *a = &d->answers[lw_mask(d->n, LW_DNS_ANSWERS)];

	for (int i = 0; i < 16; i++)
		a->addr[i] = i < d->rlen ? d->raw[i] : 0;
	a->ttl = d->ttl;
	a->type = d->rtype;
	a->reserved = 0;
	d->n++;
	lw_dns_next(d);
}

static __always_inline void lw_dns_fixed(struct lw_dns *d)
{
	switch (d->part) {
	case LW_DNS_PREFIX:
		d->left = lw_dns_raw16(d, 0);
		lw_dns_expect(d, LW_DNS_HEADER, 12);
		break;
	case LW_DNS_HEADER:
		lw_dns_header(d);
		break;
	case LW_DNS_QTAIL:
		lw_dns_qtail(d);
		break;
	case LW_DNS_RTAIL:
		lw_dns_rtail(d);
		break;
	default:
		lw_dns_rdata(d);
	}
}

/* The end of the message: was all of it there that its header promised? */
static __always_inline void lw_dns_end(struct lw_dns *d)
{
	if (d->left || d->part == LW_DNS_PREFIX)
		return;
	d->done = 1;
	if (d->part != LW_DNS_REST)
		d->bits |= LW_DNS_MALFORMED;
}

/* One byte of a message that has not ended, while d->skip is 0. */
static __always_inline void lw_dns_byte(struct lw_dns *d, __u8 c)
{
	if (d->part != LW_DNS_PREFIX)
		d->left--;
	switch (d->part) {
	case LW_DNS_QLABEL:
		lw_dns_qlabel(d, c);
		break;
	case LW_DNS_QTEXT:
		lw_dns_qtext(d, c);
		break;
	case LW_DNS_RLABEL:
		lw_dns_rlabel(d, c);
		break;
	default:
		d->raw[d->have & 15] = c;
		d->have++;
		if (d->have >= d->want)
			lw_dns_fixed(d);
	}
	lw_dns_end(d);
}

/* Passes over those of @n bytes that are of no interest. Return: how many. */
static __always_inline __u32 lw_dns_skip(struct lw_dns *d, __u32 n)
{
	if (n > d->skip)
		n = d->skip;
	d->skip -= n;
	d->left -= n;
	lw_dns_end(d);
	return n;
}

/**
 * lw_dns_step() - read one byte of a message that has not ended, or pass over some.
 * @d: message
 * @buf: bytes; @mask: of an index into it
 * @at: index of the byte
 * @end: index behind the last one that is there, greater than @at
 *
 * Return: index of the next byte.
 */
static __always_inline __u32 lw_dns_step(struct lw_dns *d, const __u8 *buf, __u32 mask, __u32 at,
					 __u32 end)
{
	if (d->skip)
		return at + lw_dns_skip(d, end - at);
	lw_dns_byte(d, buf[at & mask]);
	return at + 1;
}

/** lw_dns_usable() - do the addresses of this answer name the hosts that were asked for? */
static __always_inline int lw_dns_usable(const struct lw_dns *d)
{
	return d->named && lw_dns_is_answer(d) && !lw_dns_rcode(d) && d->qdcount == 1 &&
	       !(d->flags >> 11 & 15) && d->qclass == 1 && !(d->bits & LW_DNS_MALFORMED);
}

/** lw_dns_key() - what a query and its answer have in common: id, type, name. */
static __always_inline __u32 lw_dns_key(const struct lw_dns *d)
{
	__u32 h = (d->hash ^ ((__u32)d->id << 16 | d->qtype)) * 0x9e3779b1U;

	return (h ^ h >> 15) | 1; /* never 0, which is a free place */
}

#endif
