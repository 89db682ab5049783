// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "policy/model.h"
#include "policy/parse.h"

/* One rule while it is read: values first, globs and addresses when the rule has its number. */
struct raw {
	const char *id, *reason;
	enum lw_action action;
	enum lw_severity severity;
	int record;
	int same_exe;
	bool other_proc;
	__u64 on;
	__u16 access, proto, phase;
	struct lw_ports *ports;
	size_t n_ports, cap_ports;
	const cJSON *j_on, *path, *cidr, *domain, *operation, *model, *except;
};

struct lw_src *lw_src_new(struct lw_doc *doc, const struct lw_ptr *ptr)
{
	struct lw_src *src;

	src = lw_grow(doc, (void **)&doc->src, &doc->n_src, &doc->cap_src, sizeof(*src));
	if (!src)
		return NULL;
	*src = (struct lw_src){ .record = -1, .shadow = LW_NO_SRC };
	src->rule.port_hi = 65535;
	src->ptr = lw_ptr_keep(doc, ptr);
	return src;
}

void lw_glob_add(struct lw_doc *doc, const struct lw_ptr *ptr, const char *text, __u32 src,
		 bool except)
{
	struct lw_glob *g;

	g = lw_grow(doc, (void **)&doc->globs, &doc->n_globs, &doc->cap_globs, sizeof(*g));
	if (!g)
		return;
	*g = (struct lw_glob){ .text = lw_keep(doc, text),
			       .ptr = lw_ptr_keep(doc, ptr),
			       .src = src,
			       .except = except };
}

static void parse_severity(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "info", "low", "medium", "high", "critical" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "severity", words, LW_COUNT(words), &i))
		*(enum lw_severity *)out = i;
}

static void one_access(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "read", "write", "create", "truncate", "path" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "access", words, LW_COUNT(words), &i))
		*(__u16 *)out |= 1U << i;
}

static void one_proto(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "tcp",  "udp",   "mptcp",	 "raw",	 "packet",
					     "unix", "vsock", "netlink", "other" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "protocol", words, LW_COUNT(words), &i))
		*(__u16 *)out |= 1U << i;
}

static void one_phase(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "start", "download", "load", "serve" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "phase", words, LW_COUNT(words), &i))
		*(__u16 *)out |= 1U << i;
}

LW_STATIC_ASSERT(LW_ACC_PATH == 1U << 4 && LW_PROTO_NETLINK == 1U << 7 && LW_PHASE_SERVE == 3,
		 "the words above are in the order of their bits");

static void parse_access(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	lw_parse_list(doc, ptr, v, "access", one_access, out);
}

static void parse_proto(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	lw_parse_list(doc, ptr, v, "protocols", one_proto, out);
}

static void parse_phase(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	lw_parse_list(doc, ptr, v, "phases", one_phase, out);
}

static void parse_process(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char *const words[] = { "other" };
	unsigned int i;

	if (lw_parse_word(doc, ptr, v, "process", words, 1, &i))
		*(bool *)out = true;
}

static const char *parse_u16(const char *s, unsigned int *ret)
{
	unsigned int v = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && p - s < 6; p++)
		v = v * 10 + (*p - '0');
	*ret = v;
	return p > s && v <= 65535 ? p : NULL;
}

static void one_port(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	static const char hint[] = "write 443 or \"8000-8100\"";
	struct raw *r = out;
	struct lw_ports *slot;
	unsigned int lo, hi;

	if (cJSON_IsNumber(v)) {
		if (!(v->valuedouble >= 0 && v->valuedouble <= 65535) ||
		    v->valuedouble != (int)v->valuedouble) {
			lw_doc_error(doc, ptr, hint, "a port is a whole number from 0 to 65535");
			return;
		}
		lo = hi = (unsigned int)v->valuedouble;
	} else if (cJSON_IsString(v)) {
		const char *p = parse_u16(v->valuestring, &lo);

		hi = lo;
		if (p && *p == '-')
			p = parse_u16(p + 1, &hi);
		if (!p || *p || lo > hi) {
			lw_doc_error(doc, ptr, hint, "bad port or range `%.32s`", v->valuestring);
			return;
		}
	} else {
		lw_wrong_type(doc, ptr, v, "a port (a number) or a range (a string)");
		return;
	}
	slot = lw_grow(doc, (void **)&r->ports, &r->n_ports, &r->cap_ports, sizeof(*slot));
	if (slot)
		*slot = (struct lw_ports){ .lo = lo, .hi = hi };
}

static int by_lo(const void *a, const void *b)
{
	return (int)((const struct lw_ports *)a)->lo - (int)((const struct lw_ports *)b)->lo;
}

/* Each range becomes a row of the rule table: as few as possible. */
static void parse_ports(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	struct raw *r = out;
	size_t n = 0;

	lw_parse_list(doc, ptr, v, "ports", one_port, r);
	if (!r->n_ports)
		return;
	qsort(r->ports, r->n_ports, sizeof(*r->ports), by_lo);
	for (size_t i = 1; i < r->n_ports; i++) {
		struct lw_ports *last = &r->ports[n];

		if (r->ports[i].lo > last->hi + 1)
			r->ports[++n] = r->ports[i];
		else if (r->ports[i].hi > last->hi)
			last->hi = r->ports[i].hi;
	}
	r->n_ports = n + 1;
}

static void parse_on(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	struct raw *r = out;

	r->j_on = v;
	lw_parse_list(doc, ptr, v, "kinds", lw_parse_kind, &r->on);
	if (r->on && !(r->on & LW_ON_JUDGED))
		lw_doc_error(doc, ptr, "use the policy's \"record\" to have it written",
			     "this kind is recorded, never judged: a rule on it does nothing");
	r->on &= LW_ON_JUDGED;
}

#define AT(member) offsetof(struct raw, member)

static const struct lw_key rule_keys[] = {
	{ "id", lw_parse_id, AT(id), true },
	{ "on", parse_on, 0, true },
	{ "action", lw_parse_action, AT(action), true },
	{ "severity", parse_severity, AT(severity), false },
	{ "reason", lw_parse_text, AT(reason), false },
	{ "record", lw_parse_bool, AT(record), false },
	{ "path", lw_parse_raw, AT(path), false },
	{ "access", parse_access, AT(access), false },
	{ "cidr", lw_parse_raw, AT(cidr), false },
	{ "domain", lw_parse_raw, AT(domain), false },
	{ "port", parse_ports, 0, false },
	{ "protocol", parse_proto, AT(proto), false },
	{ "phase", parse_phase, AT(phase), false },
	{ "operation", lw_parse_raw, AT(operation), false },
	{ "model", lw_parse_raw, AT(model), false },
	{ "same_executable", lw_parse_bool, AT(same_exe), false },
	{ "process", parse_process, AT(other_proc), false },
	{ "except", lw_parse_raw, AT(except), false },
};

/* Where an element of a list of globs or addresses goes. */
struct list_ctx {
	__u32 src;
	bool except;
};

static void one_glob(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const struct list_ctx *c = out;

	if (!cJSON_IsString(v))
		lw_wrong_type(doc, ptr, v, "a glob (a string)");
	else
		lw_glob_add(doc, ptr, v->valuestring, c->src, c->except);
}

static void one_cidr(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const struct list_ctx *c = out;

	lw_cidr_add(doc, ptr, v, c->src, c->except);
}

static void one_domain(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v, void *out)
{
	const struct list_ctx *c = out;

	lw_domain_add(doc, ptr, v, c->src, c->except);
}

struct except {
	const cJSON *path, *cidr, *domain;
};

static const struct lw_key except_keys[] = {
	{ "path", lw_parse_raw, offsetof(struct except, path), false },
	{ "cidr", lw_parse_raw, offsetof(struct except, cidr), false },
	{ "domain", lw_parse_raw, offsetof(struct except, domain), false },
};

/* Globs and addresses of a rule, or of its "except". */
static void parse_objects(struct lw_doc *doc, const struct lw_ptr *ptr, const struct except *e,
			  __u32 src, bool except)
{
	struct list_ctx c = { .src = src, .except = except };
	struct lw_ptr path = { .up = ptr, .key = "path" }, cidr = { .up = ptr, .key = "cidr" };
	struct lw_ptr domain = { .up = ptr, .key = "domain" };

	if (e->path)
		lw_parse_list(doc, &path, e->path, "globs", one_glob, &c);
	if (e->cidr)
		lw_parse_list(doc, &cidr, e->cidr, "address blocks", one_cidr, &c);
	if (e->domain)
		lw_parse_list(doc, &domain, e->domain, "names of hosts", one_domain, &c);
}

/* A key that means nothing to some kind of the rule would widen or void the rule unseen. */
static void check_domain(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r,
			 bool given, const char *key, __u64 kinds, const char *names)
{
	struct lw_ptr at = { .up = ptr, .key = key };

	/* net.socket may come along with "net.*". */
	if (!given || !r->on)
		return;
	if (!(r->on & kinds) || (r->on & ~kinds & ~LW_ON(LW_NET_SOCKET)))
		lw_problem_key(doc, LW_PROBLEM_ERROR, &at,
			       "give the other kinds a rule of their own",
			       "`%s` has a meaning for %s only", key, names);
}

/* Names and attributes are written, in whatever way: `access` means opens, but for `write`. */
static void check_change(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r)
{
	struct lw_ptr access = { .up = ptr, .key = "access" };

	if (!r->access || !(r->on & LW_ON_CHANGE))
		return;
	if (!(r->access & LW_ACC_WRITE))
		lw_problem_key(doc, LW_PROBLEM_ERROR, &access,
			       "add `write`, or give file.open a rule of its own",
			       "every change of a file is a `write`: this rule would judge none");
	else if (r->operation)
		lw_problem_key(doc, LW_PROBLEM_ERROR, &access, "remove it",
			       "`operation` says more of a change than `access`");
}

/* Names of hosts. A rule has one kind of object, so that it is clear what belongs together. */
static void check_hosts(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r,
			const struct except *e)
{
	struct lw_ptr except = { .up = ptr, .key = "except" };
	struct lw_ptr domain = { .up = ptr, .key = "domain" };

	if (r->domain && (r->path || r->cidr))
		lw_problem_key(doc, LW_PROBLEM_ERROR, &domain, "give each a rule of its own",
			       "a rule names hosts by `domain`, or it has a `%s`",
			       r->path ? "path" : "cidr");
	if (!e->domain || !r->on)
		return;
	if (r->path || (r->on & ~LW_ON_HOST))
		lw_doc_error(doc, &except, "give the other kinds a rule of their own",
			     "an exception by `domain` has a meaning for net.connect, net.send and "
			     "dns.query only");
	else if (!r->domain && (r->on & LW_ON_REACH) && (r->on & LW_ON(LW_DNS_QUERY)))
		lw_doc_error(doc, &except, "give dns.query a rule of its own",
			     "an exception by `domain` means the name for dns.query, and the "
			     "addresses of the name for connections");
}

static void check_keys(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r,
		       const struct except *e)
{
	struct lw_ptr except = { .up = ptr, .key = "except" };

	check_domain(doc, ptr, r, r->path, "path", LW_ON_PATH,
		     "file.*, process.exec, memory.exec, namespace.root, mount.*, cgroup.move, "
		     "kernel.module, kernel.kexec, kernel.admin and AF_UNIX sockets");
	check_domain(doc, ptr, r, r->cidr, "cidr", LW_ON_IP,
		     "net.connect, net.send, net.bind and net.listen");
	check_domain(doc, ptr, r, r->domain, "domain", LW_ON_HOST,
		     "net.connect, net.send and dns.query");
	check_domain(doc, ptr, r, r->n_ports, "port", LW_ON_IP,
		     "net.connect, net.send, net.bind and net.listen");
	check_domain(doc, ptr, r, r->access, "access", LW_ON(LW_FILE_OPEN) | LW_ON_CHANGE,
		     "file.*");
	check_change(doc, ptr, r);
	check_domain(doc, ptr, r, r->other_proc, "process",
		     LW_ON(LW_FILE_OPEN) | LW_ON_OTHER_PROC | LW_ON(LW_CGROUP_MOVE),
		     "file.open, process.ptrace, process.memory, process.pidfd, process.signal "
		     "and cgroup.move");
	check_domain(doc, ptr, r, r->proto, "protocol", LW_ON_NET | LW_ON(LW_DNS_QUERY),
		     "net.* and dns.query");
	check_domain(doc, ptr, r, r->same_exe == 1, "same_executable", LW_ON(LW_PROCESS_EXEC),
		     "process.exec");
	if (e->path && r->cidr && !r->path)
		lw_doc_error(
			doc, &except, "remove it, or give the rule a path",
			"a rule with `cidr` and no `path` has no paths to make an exception of");
	if (e->cidr && r->path && !r->cidr)
		lw_doc_error(
			doc, &except, "remove it, or give the rule a cidr",
			"a rule with `path` and no `cidr` has no addresses to make an exception "
			"of");
	if (e->cidr && r->on && !(r->on & LW_ON_IP))
		lw_doc_error(doc, &except, NULL, "this rule judges no addresses");
	if (e->path && r->on && !(r->on & LW_ON_PATH))
		lw_doc_error(doc, &except, NULL, "this rule judges no paths");
	check_hosts(doc, ptr, r, e);
	if (cJSON_IsObject(r->except) && !r->except->child)
		lw_doc_warn(doc, &except, "remove it", "an empty exception changes nothing");
}

static void finish_rule(struct lw_doc *doc, const struct lw_ptr *ptr, const struct raw *r)
{
	struct lw_ptr except = { .up = ptr, .key = "except" };
	struct lw_ptr operation = { .up = ptr, .key = "operation" };
	struct lw_ptr model = { .up = ptr, .key = "model" };
	struct except own = { r->path, r->cidr, r->domain }, e = { NULL, NULL, NULL };
	struct lw_src *src = lw_src_new(doc, ptr);
	__u32 index;

	if (!src)
		return;
	index = src - doc->src;
	if (r->except)
		lw_parse_object(doc, &except, r->except, except_keys, LW_COUNT(except_keys), &e);
	src->id = r->id;
	src->reason = r->reason;
	src->action = r->action;
	src->severity = r->severity;
	src->record = r->record;
	src->has_ports = r->n_ports != 0;
	src->ports = r->ports;
	src->n_ports = r->n_ports;
	src->rule.on = r->on;
	src->rule.access = r->access;
	src->rule.proto = r->proto;
	src->rule.phase = r->phase;
	src->rule.cond = (r->same_exe == 1 ? LW_COND_SAME_EXE : 0) |
			 (r->other_proc ? LW_COND_OTHER_PROC : 0);
	src->has_path = r->path;
	src->has_cidr = r->cidr;
	src->has_domain = r->domain;
	if (r->operation)
		lw_parse_operation(doc, &operation, r->operation, r->on, &src->rule.access,
				   &src->ports, &src->n_ports);
	if (r->model)
		lw_parse_model(doc, &model, r->model, index);
	src->except_path = e.path;
	src->except_cidr = e.cidr;
	src->except_domain = e.domain;
	check_keys(doc, ptr, r, &e);
	parse_objects(doc, ptr, &own, index, false);
	parse_objects(doc, &except, &e, index, true);
}

void lw_parse_rules(struct lw_doc *doc, const struct lw_ptr *ptr, const cJSON *v)
{
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(v)) {
		lw_wrong_type(doc, ptr, v, "a list of rules");
		return;
	}
	cJSON_ArrayForEach (item, v) {
		struct raw r = { .severity = LW_SEV_MEDIUM, .record = -1, .same_exe = -1 };
		struct lw_ptr at = { .up = ptr, .index = i++ };

		size_t errors = doc->report->errors;

		lw_parse_object(doc, &at, item, rule_keys, LW_COUNT(rule_keys), &r);
		if (i > LW_RULES_MAX) {
			lw_doc_error(doc, &at, NULL, "more than %u rules", LW_RULES_MAX);
			return;
		}
		if (!cJSON_IsObject(item))
			continue;
		finish_rule(doc, &at, &r);
		if (doc->n_src)
			doc->src[doc->n_src - 1].broken = doc->report->errors > errors;
	}
}
