// SPDX-License-Identifier: Apache-2.0
/* Names of hosts: `domain` of a rule, and the `resolvers` whose answers are believed. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lw_dns.h"
#include "enrich/resolv.h"
#include "policy/parse.h"

static const char example[] = "write for example huggingface.co, or *.hf.co for all names below it";

/* Why @name, without "*." in front, is no name of a host; NULL: it is one. */
static const char *why_not(const char *name)
{
	const char *p = name;
	unsigned char addr[16];

	if (strstr(name, "://"))
		return "a URL: the name of the host alone is wanted";
	for (; *p; p++) {
		if ((unsigned char)*p >= 0x80)
			return "a letter that is not ASCII: write the name as DNS has it (xn--...)";
		if (*p == '*')
			return "`*` stands for whole labels, in front only";
		if (*p == '/' || *p == ':' || *p == '@')
			return "more than a name: ports have a key of their own, paths have none";
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.",
			    *p))
			return "a byte that no name of a host has";
	}
	if (inet_pton(AF_INET, name, addr) == 1)
		return "an address: use `cidr`";
	if (p - name > LW_DNS_TEXT_MAX)
		return "longer than 253 bytes";
	for (p = name; *p; p += *p == '.') {
		size_t n = strcspn(p, ".");

		if (!n)
			return "an empty label";
		if (n > 63)
			return "a label of more than 63 bytes";
		p += n;
	}
	return p > name && p[-1] == '.' ? "a dot at its end: it is understood" : NULL;
}

void lw_domain_add(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, __u32 src,
		   bool except)
{
	char glob[LW_DNS_TEXT_MAX + 4];
	const char *name, *why;
	size_t n = 0;

	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "a name of a host (a string)");
		return;
	}
	name = v->valuestring;
	if (strcmp(name, "*") == 0) {
		name = "";
		why = NULL;
	} else {
		name += strncmp(name, "*.", 2) ? 0 : 2;
		why = *name ? why_not(name) : "empty";
	}
	if (why) {
		lw_doc_error(doc, ptr, example, "bad name of a host `%.128s`: %s", v->valuestring,
			     why);
		return;
	}
	/* A name never begins with a dot: `**` is one label at least. */
	if (name != v->valuestring) {
		memcpy(glob, "**.", 3);
		n = *name ? 3 : 2;
	}
	for (; *name; name++)
		glob[n++] = *name >= 'A' && *name <= 'Z' ? *name + ('a' - 'A') : *name;
	glob[n] = '\0';
	lw_glob_add(doc, ptr, glob, src, except);
	if (doc->n_globs)
		doc->globs[doc->n_globs - 1].domain = true;
}

static void one_resolver(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	struct lw_resolver_key r, *slot;

	(void)out;
	if (!cJSON_IsString(v)) {
		lw_wrong_type(doc, ptr, v, "an address (a string)");
		return;
	}
	if (strcmp(v->valuestring, "system") == 0) {
		doc->resolvers_system = true;
		return;
	}
	if (lw_resolver_parse(v->valuestring, &r) < 0) {
		lw_doc_error(doc, ptr,
			     "write addresses, or \"system\" for those of /etc/resolv.conf",
			     "`%.64s` is no address of a resolver", v->valuestring);
		return;
	}
	if (doc->n_resolvers == LW_RESOLVERS_MAX) {
		lw_doc_error(doc, ptr, NULL, "more than %u resolvers", LW_RESOLVERS_MAX);
		return;
	}
	slot = lw_grow(doc, (void **)&doc->resolvers, &doc->n_resolvers, &doc->cap_resolvers,
		       sizeof(*slot));
	if (slot)
		*slot = r;
}

void lw_parse_resolvers(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	doc->resolvers_given = true;
	lw_parse_list(doc, ptr, v, "resolvers", one_resolver, out);
}

static bool names_hosts(const cJSON *rules)
{
	const cJSON *rule;

	cJSON_ArrayForEach (rule, rules)
		if (cJSON_GetObjectItemCaseSensitive(rule, "domain") ||
		    cJSON_GetObjectItemCaseSensitive(
			    cJSON_GetObjectItemCaseSensitive(rule, "except"), "domain"))
			return true;
	return false;
}

/*
 * An answer is believed for the address and port it comes from. Nobody can send from a port that he
 * is not bound to: so no loader may be bound to that of a resolver.
 */
void lw_resolver_rule(struct lw_doc *doc, const cJSON *rules)
{
	struct lw_ports *port;
	struct lw_src *s;
	size_t cap = 0;

	if (!names_hosts(rules))
		return;
	s = lw_src_new(doc, NULL);
	if (!s)
		return;
	s->id = "self:resolver";
	s->reason = "the port of a name server, whose answers rules by domain believe";
	s->action = LW_DENY;
	s->severity = LW_SEV_CRITICAL;
	s->rule.on = LW_ON(LW_NET_BIND);
	s->builtin = true;
	s->has_ports = true;
	port = lw_grow(doc, (void **)&s->ports, &s->n_ports, &cap, sizeof(*port));
	if (port)
		*port = (struct lw_ports){ .lo = LW_DNS_PORT, .hi = LW_DNS_PORT };
}
