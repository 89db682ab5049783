/* SPDX-License-Identifier: Apache-2.0 */
/* `loadward policy check|test|explain`: what is wrong with a policy, and what it would do. */
#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "policy/policy.h"

static const char policy_help[] =
	"Usage: loadward policy check [--json] FILE...\n"
	"       loadward policy test FILE --on KIND [OPTIONS] OBJECT...\n"
	"       loadward policy explain [--json] FILE\n\n"
	"check    prints all problems at once: file:line:column, JSON pointer, hint\n"
	"test     prints which rule judges each OBJECT: a path, an IP address, or an AF_UNIX name\n"
	"explain  prints the rules in file order, and the size of what they compile to\n\n"
	"      --on KIND        file.open, process.exec, net.connect, ...\n"
	"      --access A       read, write, create, truncate or path (default: read)\n"
	"      --port N         port of an IP address (default: 443)\n"
	"      --protocol P     tcp, udp, mptcp, raw, packet, unix, vsock (default: tcp)\n"
	"      --same-executable  the program is the loader's own\n"
	"      --other-process  a file of /proc/PID of a process outside the loader's tree\n"
	"      --json           for machines\n"
	"  -h, --help\n\n"
	"Exit status: 0 the policy is good, 1 it has errors, 2 usage.\n";

static const char *const kind_names[] = {
#define LW_EVENT(id, name, category, type, dflt) [LW_##id] = name,
#include "lw_events.def"
#undef LW_EVENT
};

static const char *const action_names[] = { "allow", "alert", "deny", "kill", "kill-loader" };
static const char *const severity_names[] = { "info", "low", "medium", "high", "critical" };

static int find_name(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names[i] && !strcmp(name, names[i]))
			return i;
	return -ENOENT;
}

#define FIND(name, table) find_name(name, table, sizeof(table) / sizeof(table[0]))

/* A text that came from the file: any bytes. */
static void put_text(const char *text)
{
	char buf[2048];
	struct lw_sb sb;

	lw_sb_init(&sb, buf, sizeof(buf));
	lw_sb_safe(&sb, text, strlen(text));
	printf("%.*s", (int)sb.len, sb.buf);
}

/* ---------------------------------------------------------------- check */

static void print_problem(const char *file, const struct lw_problem *p)
{
	const char *level = p->level == LW_PROBLEM_ERROR ? "error" : "warning";

	printf("%s:%d:%d: %s: ", file, p->line, p->column, level);
	put_text(p->message);
	if (p->pointer && p->pointer[0]) {
		fputs(" (", stdout);
		put_text(p->pointer);
		fputc(')', stdout);
	}
	fputc('\n', stdout);
	if (p->hint) {
		fputs("    hint: ", stdout);
		put_text(p->hint);
		fputc('\n', stdout);
	}
}

static cJSON *problem_json(const char *file, const struct lw_problem *p)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "file", file);
	cJSON_AddStringToObject(o, "level", p->level == LW_PROBLEM_ERROR ? "error" : "warning");
	cJSON_AddStringToObject(o, "pointer", p->pointer ? p->pointer : "");
	cJSON_AddNumberToObject(o, "line", p->line);
	cJSON_AddNumberToObject(o, "column", p->column);
	cJSON_AddStringToObject(o, "message", p->message);
	if (p->hint)
		cJSON_AddStringToObject(o, "hint", p->hint);
	return o;
}

static void print_json(cJSON *root)
{
	_cleanup_free_ char *text = cJSON_Print(root);

	puts(text ? text : "null");
	cJSON_Delete(root);
}

static int check_one(const char *file, cJSON *list)
{
	struct lw_policy *policy = NULL;
	struct lw_report report = {};
	int r = lw_policy_load(file, NULL, &policy, &report);

	for (size_t i = 0; i < report.n; i++) {
		if (list)
			cJSON_AddItemToArray(list, problem_json(file, &report.items[i]));
		else
			print_problem(file, &report.items[i]);
	}
	if (!list && r >= 0)
		printf("%s: good: %u rules, %zu warning%s, digest %.16s\n", file,
		       policy->image->hdr.nrules, report.n, report.n == 1 ? "" : "s",
		       policy->digest);
	else if (!list)
		printf("%s: %zu error%s, %zu warnings\n", file, report.errors,
		       report.errors == 1 ? "" : "s", report.n - report.errors);
	if (r < 0 && !report.n)
		lw_error("%s: %s", file, strerror(-r));
	lw_report_free(&report);
	lw_policy_free(policy);
	return r;
}

static int cmd_check(char **files, bool json)
{
	cJSON *list = json ? cJSON_CreateArray() : NULL;
	int status = LW_EXIT_OK;

	for (; *files; files++)
		if (check_one(*files, list) < 0)
			status = LW_EXIT_FAILED;
	if (list)
		print_json(list);
	return status;
}

/* Loads a policy for the other two: problems go to stderr. */
static struct lw_policy *load(const char *file)
{
	struct lw_policy *policy = NULL;
	struct lw_report report = {};

	if (lw_policy_load(file, NULL, &policy, &report) < 0) {
		for (size_t i = 0; i < report.n; i++)
			if (report.items[i].level == LW_PROBLEM_ERROR)
				lw_error("%s:%d:%d: %s", file, report.items[i].line,
					 report.items[i].column, report.items[i].message);
	}
	lw_report_free(&report);
	return policy;
}

/* ---------------------------------------------------------------- test */

struct question {
	int kind; /* -1: not given */
	struct lw_query q;
};

static struct lw_verdict judge(const struct lw_policy *policy, const char *object,
			       const struct lw_query *q)
{
	struct lw_query net = *q;
	unsigned char addr[16];

	if (inet_pton(AF_INET, object, addr) == 1)
		return lw_policy_match_addr(policy, addr, false, q);
	if (inet_pton(AF_INET6, object, addr) == 1)
		return lw_policy_match_addr(policy, addr, true, q);
	if (q->kind >= LW_NET_SOCKET && q->kind <= LW_NET_LISTEN) {
		net.proto = LW_PROTO_UNIX;
		net.port = 0;
	}
	return lw_policy_match_path(policy, object, strlen(object), &net);
}

static void print_answer(const struct lw_policy *policy, const char *object, struct lw_verdict v,
			 cJSON *list)
{
	const char *id = lw_policy_rule_id(policy, v.rule);
	const char *reason = lw_policy_rule_reason(policy, v.rule);
	cJSON *o;

	if (list) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "object", object);
		cJSON_AddStringToObject(o, "action", action_names[v.action]);
		cJSON_AddStringToObject(o, "rule", id);
		cJSON_AddBoolToObject(o, "record", v.record);
		cJSON_AddItemToArray(list, o);
		return;
	}
	printf("%-11s %-24s ", action_names[v.action], id);
	put_text(object);
	if (reason && v.rule < LW_RULES_MAX) {
		fputs("  # ", stdout);
		put_text(reason);
	}
	fputc('\n', stdout);
}

static int cmd_test(char **args, struct question *question, bool json)
{
	struct lw_policy *policy;
	cJSON *list;

	if (question->kind < 0 || !args[0] || !args[1]) {
		lw_error("policy test: FILE, --on KIND and at least one OBJECT are needed");
		return LW_EXIT_USAGE;
	}
	policy = load(args[0]);
	if (!policy)
		return LW_EXIT_FAILED;
	question->q.kind = question->kind;
	list = json ? cJSON_CreateArray() : NULL;
	for (args++; *args; args++)
		print_answer(policy, *args, judge(policy, *args, &question->q), list);
	if (list)
		print_json(list);
	lw_policy_free(policy);
	return LW_EXIT_OK;
}

/* ---------------------------------------------------------------- explain */

static void print_kinds(const struct lw_rule *r)
{
	const char *sep = "";

	for (int k = 0; k < LW_KIND_COUNT; k++) {
		if (!(r->on & LW_ON(k)))
			continue;
		printf("%s%s", sep, kind_names[k]);
		sep = ", ";
	}
}

static void explain_rule(const struct lw_policy *policy, __u32 i)
{
	const struct lw_rule *r = &policy->image->rules[i];
	const struct lw_rule_info *info = &policy->rules[i];

	if (r->on & LW_ON(LW_TAG_EXEC)) {
		printf("%4u  %-28s makes a %s of what executes it\n", i, info->id,
		       r->arg == LW_TAG_LOADER ? "loader" : "candidate");
		return;
	}
	if (r->on & LW_ON(LW_TAG_EVIDENCE)) {
		printf("%4u  %-28s turns a candidate into a loader\n", i, info->id);
		return;
	}
	printf("%4u  %-28s %-11s %-8s ", i, info->id, action_names[r->action],
	       severity_names[r->severity]);
	print_kinds(r);
	if (r->access)
		printf("%s%s", r->access & LW_ACC_READ ? " read" : "",
		       r->access & (LW_ACC_WRITE | LW_ACC_CREATE | LW_ACC_TRUNC) ? " write" : "");
	if (r->port_lo || r->port_hi != 65535)
		printf(" port %u-%u", r->port_lo, r->port_hi);
	if (r->cond & LW_COND_SAME_EXE)
		printf(" of the same executable");
	if (r->cond & LW_COND_OTHER_PROC)
		printf(" of another process");
	if (info->reason) {
		fputs("\n      # ", stdout);
		put_text(info->reason);
	}
	fputc('\n', stdout);
}

static cJSON *explain_json(const struct lw_policy *policy)
{
	const struct lw_image_hdr *h = &policy->image->hdr;
	cJSON *root = cJSON_CreateObject(), *rules, *o;

	cJSON_AddStringToObject(root, "name", policy->name);
	cJSON_AddStringToObject(root, "digest", policy->digest);
	cJSON_AddNumberToObject(root, "states", h->nstates);
	cJSON_AddNumberToObject(root, "classes", h->nclasses);
	rules = cJSON_AddArrayToObject(root, "rules");
	for (__u32 i = 0; i < h->nrules; i++) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "id", policy->rules[i].id);
		cJSON_AddStringToObject(o, "action", action_names[policy->rules[i].action]);
		cJSON_AddStringToObject(o, "severity", severity_names[policy->rules[i].severity]);
		if (policy->rules[i].reason)
			cJSON_AddStringToObject(o, "reason", policy->rules[i].reason);
		cJSON_AddItemToArray(rules, o);
	}
	return root;
}

static int cmd_explain(const char *file, bool json)
{
	struct lw_policy *policy = load(file);
	const struct lw_image_hdr *h;

	if (!policy)
		return LW_EXIT_FAILED;
	h = &policy->image->hdr;
	if (json) {
		print_json(explain_json(policy));
		lw_policy_free(policy);
		return LW_EXIT_OK;
	}
	printf("%s: mode %s, digest %s\n", policy->name,
	       policy->mode == LW_MODE_ENFORCE ? "enforce" : "observe", policy->digest);
	for (__u32 i = 0; i < h->nrules; i++)
		explain_rule(policy, i);
	printf("what no rule names: files %s, network %s, programs %s\n",
	       action_names[h->default_action[LW_FILE_OPEN]],
	       action_names[h->default_action[LW_NET_CONNECT]],
	       action_names[h->default_action[LW_PROCESS_EXEC]]);
	printf("compiled: %u states of %u, %u byte classes, %u table slots of %u\n", h->nstates,
	       LW_STATES_MAX, h->nclasses, h->nstates * h->nclasses, LW_TRANS_MAX);
	lw_policy_free(policy);
	return LW_EXIT_OK;
}

/* ---------------------------------------------------------------- arguments */

static int parse_access(const char *name, struct lw_query *q)
{
	static const char *const names[] = { "read", "write", "create", "truncate", "path" };
	int i = FIND(name, names);

	if (i < 0)
		return i;
	q->access = 1U << i;
	if (q->access & (LW_ACC_CREATE | LW_ACC_TRUNC))
		q->access |= LW_ACC_WRITE;
	return 0;
}

static int parse_protocol(const char *name, struct lw_query *q)
{
	static const char *const names[] = { "tcp",    "udp",  "mptcp", "raw",
					     "packet", "unix", "vsock", "netlink" };
	int i = FIND(name, names);

	if (i < 0)
		return i;
	q->proto = 1U << i;
	return 0;
}

static int parse_port(const char *text, struct lw_query *q)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*end || !*text || port > 65535)
		return -EINVAL;
	q->port = port;
	return 0;
}

/* One long option of `policy test`. Return: 0, or -errno when its value is not one. */
static int parse_option(int c, const char *value, struct question *question)
{
	switch (c) {
	case 'o':
		question->kind = FIND(value, kind_names);
		return question->kind < 0 ? question->kind : 0;
	case 'a':
		return parse_access(value, &question->q);
	case 'P':
		return parse_port(value, &question->q);
	case 't':
		return parse_protocol(value, &question->q);
	case 's':
		question->q.cond |= LW_COND_SAME_EXE;
		return 0;
	case 'x':
		question->q.cond |= LW_COND_OTHER_PROC;
		return 0;
	}
	return -EINVAL;
}

int lw_cmd_policy(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "on", required_argument, NULL, 'o' },
						 { "access", required_argument, NULL, 'a' },
						 { "port", required_argument, NULL, 'P' },
						 { "protocol", required_argument, NULL, 't' },
						 { "same-executable", no_argument, NULL, 's' },
						 { "other-process", no_argument, NULL, 'x' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	struct question question = {
		.kind = -1, .q = { .access = LW_ACC_READ, .proto = LW_PROTO_TCP, .port = 443 }
	};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(policy_help, stdout);
			return LW_EXIT_OK;
		}
		if (c == '?')
			return LW_EXIT_USAGE;
		if (c == 'j') {
			json = true;
		} else if (parse_option(c, optarg, &question) < 0) {
			lw_error("policy: '%s' is not known here; see loadward policy --help",
				 optarg);
			return LW_EXIT_USAGE;
		}
	}
	argv += optind;
	argc -= optind;
	if (argc >= 2 && !strcmp(argv[0], "check"))
		return cmd_check(argv + 1, json);
	if (argc >= 1 && !strcmp(argv[0], "test"))
		return cmd_test(argv + 1, &question, json);
	if (argc == 2 && !strcmp(argv[0], "explain"))
		return cmd_explain(argv[1], json);
	fputs(policy_help, stderr);
	return LW_EXIT_USAGE;
}
