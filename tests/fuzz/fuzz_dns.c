// SPDX-License-Identifier: Apache-2.0
/*
 * Messages in a datagram and in a stream that is cut anywhere. Whatever the bytes: nothing out of
 * bounds, the same result for every cut, and what is said of a message holds of it. Input: "<mode>
 * <cut> <bytes>"; mode 1 reads a stream.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lw_dns.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* A summary of all messages that were read, and the state after them. */
struct result {
	uint32_t messages;
	uint64_t sum;
	struct lw_dns last;
};

static void check(const struct lw_dns *d)
{
	MUST(d->skip <= d->left);
	MUST(d->name_len <= LW_DNS_TEXT_MAX);
	MUST(d->n <= LW_DNS_ANSWERS && d->n <= d->records && d->records <= LW_DNS_ANSWERS);
	MUST(d->part <= LW_DNS_REST);
	MUST(!d->named || d->name_len);
	MUST(!d->named || !memchr(d->name, '\\', d->name_len) || d->bits & LW_DNS_ODD);
	MUST(!lw_dns_usable(d) || (d->named && d->qdcount == 1));
	for (int i = 0; i < d->n; i++)
		MUST(d->answers[i].type == LW_DNS_A || d->answers[i].type == LW_DNS_AAAA);
	for (int i = 0; i < d->name_len; i++)
		MUST(d->name[i] < 'A' || d->name[i] > 'Z');
}

static void add(struct result *r, const struct lw_dns *d)
{
	r->messages++;
	r->sum = (r->sum ^ lw_dns_key(d)) * 0x9e3779b97f4a7c15ULL;
	r->sum = (r->sum ^ d->bits ^ (uint64_t)d->n << 32) * 0x9e3779b97f4a7c15ULL;
	for (int i = 0; i < d->n * 24; i++)
		r->sum = (r->sum ^ ((const uint8_t *)d->answers)[i]) * 0x9e3779b97f4a7c15ULL;
}

/* Reads @len bytes, in pieces of @cut. */
static void feed(const uint8_t *data, size_t len, size_t cut, int stream, struct result *r)
{
	struct lw_dns *d = &r->last;
	uint8_t piece[256];

	memset(r, 0, sizeof(*r));
	lw_dns_begin(d, stream ? 0 : len, stream);
	for (size_t i = 0; i < len && (stream || !d->done); i += cut) {
		uint32_t n = len - i < cut ? len - i : cut, at = 0;

		memcpy(piece, data + i, n);
		while (at < n && !d->done) {
			uint32_t before = at;

			at = lw_dns_step(d, piece, 255, at, n);
			check(d);
			MUST(at <= n && at > before);
			if (d->done) {
				add(r, d);
				if (stream)
					lw_dns_begin(d, 0, 1);
			}
		}
	}
	MUST(stream || d->done || !len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct result whole, cut;

	if (len < 2)
		return 0;
	feed(data + 2, len - 2, 256, data[0] & 1, &whole);
	feed(data + 2, len - 2, 1 + data[1] % 64, data[0] & 1, &cut);
	MUST(whole.messages == cut.messages && whole.sum == cut.sum);
	MUST(whole.last.left == cut.last.left && whole.last.part == cut.last.part);
	return 0;
}
