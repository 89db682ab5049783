// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <string.h>

#include "policy/parse.h"

/* Clears the host bits. Return: whether there were any. */
static bool mask_host(struct lw_cidr *c)
{
	unsigned int bytes = c->v6 ? 16 : 4;
	bool had = false;

	for (unsigned int i = 0; i < bytes; i++) {
		unsigned int keep = c->bits <= i * 8 ? 0 : c->bits - i * 8;
		__u8 mask = keep >= 8 ? 0xff : (__u8)(0xff00 >> keep);

		had |= c->addr[i] & ~mask;
		c->addr[i] &= mask;
	}
	return had;
}

/* "ADDRESS" or "ADDRESS/BITS". */
static bool parse_cidr(const char *text, struct lw_cidr *c)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int bits = 0, max;

	if (n >= sizeof(addr))
		return false;
	memcpy(addr, text, n);
	addr[n] = '\0';
	c->v6 = strchr(addr, ':');
	max = c->v6 ? 128 : 32;
	if (inet_pton(c->v6 ? AF_INET6 : AF_INET, addr, c->addr) != 1)
		return false;
	c->bits = max;
	if (!slash)
		return true;
	n = strlen(slash + 1);
	if (n < 1 || n > 3 || strspn(slash + 1, "0123456789") != n || (n > 1 && slash[1] == '0'))
		return false;
	for (const char *p = slash + 1; *p; p++)
		bits = bits * 10 + (*p - '0');
	c->bits = bits;
	return bits <= max;
}

static const char *format(struct lw_doc *doc, const __u8 *addr, bool v6, unsigned int bits)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(v6 ? AF_INET6 : AF_INET, addr, text, sizeof(text));
	return lw_hint(doc, "write %s/%u", text, bits);
}

void lw_cidr_add(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src,
		 bool except)
{
	static const __u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct lw_cidr c = { .src = src, .except = except }, *slot;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "an address block (a string)");
		return;
	}
	if (!parse_cidr(v->valuestring, &c)) {
		lw_doc_error(doc, ptr, "write for example 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32",
			     "bad address block `%.64s`", v->valuestring);
		return;
	}
	if (c.v6 && c.bits >= 96 && memcmp(c.addr, mapped, sizeof(mapped)) == 0) {
		mask_host(&c);
		lw_doc_error(
			doc, ptr, format(doc, c.addr + 12, false, c.bits - 96),
			"IPv4-mapped addresses are judged as the IPv4 addresses that they are");
		return;
	}
	if (mask_host(&c))
		lw_doc_warn(doc, ptr, format(doc, c.addr, c.v6, c.bits),
			    "`%.64s` has bits behind its prefix; they are ignored", v->valuestring);
	slot = lw_grow(doc, (void **)&doc->cidrs, &doc->n_cidrs, &doc->cap_cidrs, sizeof(*slot));
	if (slot)
		*slot = c;
}
