// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/policy.h"
#include "policy/doc.h"

static const char test_help[] =
	"Usage: loadward policy test FILE --on KIND [OPTIONS] OBJECT...\n\n"
	"Judges objects as the kernel would, with the same matcher. OBJECT is a path (file.open,\n"
	"process.exec, AF_UNIX sockets; \"@name\" is an abstract one), an IP address, the name of "
	"a\n"
	"host (dns.query), or \"-\" for a socket that has no address yet. A path that exists is "
	"resolved first, as the kernel does.\n\n"
	"      --on KIND          file.open, process.exec, net.connect, net.send, net.bind, ...\n"
	"      --access LIST      read, write, create, truncate, path (default: read)\n"
	"      --port N           port of the connection\n"
	"      --domain NAME      the address was in the answer for this name\n"
	"      --protocol P       tcp, udp, mptcp, raw, packet, unix, vsock, netlink, other\n"
	"      --phase P          start, download, load, serve (default: start)\n"
	"      --hub HUB          of the model that was loaded: huggingface, modelscope, "
	"opencsg,\n"
	"                         pytorch-hub, openmmlab, local\n"
	"      --repo NAME        its repository, or directory\n"
	"      --format LIST      what its files are: pickle, safetensors, ...\n"
	"      --pinned YES       yes: by the hash of a commit, no: by a name that can move\n"
	"      --same-executable  the program is the loader's own\n"
	"      --other-process    the file belongs to a process outside the loader's tree\n"
	"      --json             one JSON object a line\n\n"
	"Exit status: 0 judged, 1 the policy has errors, 2 usage.\n";

static const char *const kind_names[] = {
#define LW_EVENT(id, name, category, type, dflt) name,
#include "lw_events.def"
#undef LW_EVENT
};

/* In the order of their bits. */
static const char *const access_names[] = { "read", "write", "create", "truncate", "path" };
static const char *const proto_names[] = { "tcp",  "udp",   "mptcp",   "raw",  "packet",
					   "unix", "vsock", "netlink", "other" };
static const char *const phase_names[] = { "start", "download", "load", "serve" };
static const char *const hub_names[] = { "huggingface", "modelscope", "opencsg",
					 "pytorch-hub", "openmmlab",  "local" };
static const char *const pinned_names[] = { "yes", "no" };
static const char *const action_names[] = { "allow", "alert", "deny", "kill", "kill-loader" };

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static int index_of(const char *word, const char *const *names, int n, const char *what)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	lw_error("'%s' is no %s", word, what);
	return -1;
}

static bool parse_access(char *list, __u16 *ret)
{
	char *save, *word;

	*ret = 0;
	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		int i = index_of(word, access_names, COUNT(access_names), "access");

		if (i < 0)
			return false;
		*ret |= 1U << i;
	}
	return *ret;
}

static bool parse_port(const char *text, __u16 *ret)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (!*text || *end || v < 0 || v > 65535) {
		lw_error("'%s' is no port", text);
		return false;
	}
	*ret = v;
	return true;
}

struct question {
	struct lw_query q;
	const char *domain;
	struct lw_model model; /* what is not said of it is not known */
	bool has_model;
	bool json;
};

static bool parse_formats(char *list, unsigned int *ret)
{
	char *save, *word;

	*ret = 0;
	for (word = strtok_r(list, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		enum lw_format format = lw_format_find(word);

		if (format == LW_FORMAT_UNKNOWN) {
			lw_error("'%s' is no format of a model", word);
			return false;
		}
		*ret |= 1U << format;
	}
	return *ret;
}

/* Options about the model. Return: false when the value is wrong. */
static bool parse_model_option(int c, char *value, struct question *qu)
{
	struct lw_model *m = &qu->model;
	int i = 0;

	qu->has_model = true;
	switch (c) {
	case 'H':
		i = index_of(value, hub_names, COUNT(hub_names), "hub");
		m->hub = i + 1;
		return i >= 0;
	case 'R':
		m->repo = value;
		return true;
	case 'F':
		m->unread = false;
		return parse_formats(value, &m->formats);
	default:
		i = index_of(value, pinned_names, COUNT(pinned_names), "answer: yes or no");
		m->pinned = i ? LW_NOT_PINNED : LW_PINNED;
		return i >= 0;
	}
}

/* Return: 0, -1 usage, 1 help was shown. */
static int parse_options(int argc, char **argv, struct question *qu)
{
	static const struct option options[] = { { "on", required_argument, NULL, 'o' },
						 { "access", required_argument, NULL, 'a' },
						 { "port", required_argument, NULL, 'p' },
						 { "domain", required_argument, NULL, 'd' },
						 { "protocol", required_argument, NULL, 't' },
						 { "phase", required_argument, NULL, 'f' },
						 { "hub", required_argument, NULL, 'H' },
						 { "repo", required_argument, NULL, 'R' },
						 { "format", required_argument, NULL, 'F' },
						 { "pinned", required_argument, NULL, 'P' },
						 { "same-executable", no_argument, NULL, 's' },
						 { "other-process", no_argument, NULL, 'r' },
						 { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	int c, i = 0, on = -1;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(test_help, stdout);
			return 1;
		}
		if (c == 'o')
			i = on = index_of(optarg, kind_names, COUNT(kind_names), "kind of event");
		else if (c == 't')
			i = index_of(optarg, proto_names, COUNT(proto_names), "protocol");
		else if (c == 'f')
			i = index_of(optarg, phase_names, COUNT(phase_names), "phase");
		if (i < 0 || c == '?' || (c == 'a' && !parse_access(optarg, &qu->q.access)) ||
		    (c == 'p' && !parse_port(optarg, &qu->q.port)) ||
		    (strchr("HRFP", c) && !parse_model_option(c, optarg, qu)))
			return -1;
		if (c == 'd')
			qu->domain = optarg;
		if (c == 't')
			qu->q.proto = 1U << i;
		if (c == 'f')
			qu->q.phase = i;
		qu->q.cond |= c == 's' ? LW_COND_SAME_EXE : c == 'r' ? LW_COND_OTHER_PROC : 0;
		qu->json |= c == 'j';
	}
	if (on < 0) {
		lw_error("--on KIND is missing");
		return -1;
	}
	qu->q.kind = on;
	if (on != LW_FILE_OPEN)
		qu->q.access = LW_ON(on) & LW_ON_CHANGE ? LW_ACC_WRITE : 0;
	return 0;
}

static void print_verdict(const struct lw_policy *policy, const struct question *qu,
			  const char *object, const char *judged, struct lw_verdict v)
{
	const char *reason = lw_policy_rule_reason(policy, v.rule);
	bool observed = policy->mode == LW_MODE_OBSERVE && v.action > LW_ALERT;
	cJSON *root;
	char *text;

	if (!qu->json) {
		printf("%-11s %-20s ", action_names[v.action], lw_policy_rule_id(policy, v.rule));
		lw_policy_print_safe(stdout, object);
		if (judged != object) {
			fputs(" -> ", stdout);
			lw_policy_print_safe(stdout, judged);
		}
		printf("%s%s%s\n", reason ? ": " : "", reason ? reason : "",
		       observed ? " (mode observe: alert only)" : "");
		return;
	}
	root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "object", object);
	cJSON_AddStringToObject(root, "judged", judged);
	cJSON_AddStringToObject(root, "action", action_names[v.action]);
	cJSON_AddStringToObject(root, "rule", lw_policy_rule_id(policy, v.rule));
	if (reason)
		cJSON_AddStringToObject(root, "reason", reason);
	cJSON_AddBoolToObject(root, "record", v.record);
	cJSON_AddBoolToObject(root, "observed", observed);
	text = cJSON_PrintUnformatted(root);
	if (text)
		puts(text);
	free(text);
	cJSON_Delete(root);
}

static struct lw_verdict judge_any(const struct lw_policy *policy, const struct lw_query *q)
{
	const struct lw_image *img = policy->image;

	return lw_verdict_of(img, lw_list_first(img, img->hdr.list_any[q->kind & 63], q), q->kind);
}

/* A name of a host as the kernel keeps it. Return: its length, 0 when it cannot be one. */
static size_t host_name(const char *text, char *ret, size_t size)
{
	size_t len = strlen(text);

	if (len && text[len - 1] == '.')
		len--;
	if (!len || len >= size) {
		lw_error("'%s' is no name of a host", text);
		return 0;
	}
	for (size_t i = 0; i < len; i++)
		ret[i] = text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i];
	return len;
}

static bool judge_name(const struct lw_policy *policy, const struct question *qu,
		       const char *object)
{
	char name[256];
	size_t len = host_name(object, name, sizeof(name));

	if (!len)
		return false;
	print_verdict(policy, qu, object, object, lw_policy_match_name(policy, name, len, &qu->q));
	return true;
}

static bool judge(const struct lw_policy *policy, const struct question *qu, const char *object)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool net = strncmp(kind_names[qu->q.kind], "net.", 4) == 0;
	_cleanup_free_ char *real = NULL;
	const char *judged = object;
	unsigned char addr[16];
	struct lw_query q = qu->q;

	if (qu->q.kind == LW_DNS_QUERY)
		return judge_name(policy, qu, object);
	if (net && strcmp(object, "-") == 0) {
		print_verdict(policy, qu, object, object, judge_any(policy, &q));
		return true;
	}
	if (net && inet_pton(AF_INET, object, addr) == 1) {
		print_verdict(policy, qu, object, object,
			      lw_policy_match_addr(policy, addr, false, &q));
		return true;
	}
	if (net && inet_pton(AF_INET6, object, addr) == 1) {
		bool v4 = memcmp(addr, mapped, sizeof(mapped)) == 0;

		print_verdict(policy, qu, object, object,
			      lw_policy_match_addr(policy, v4 ? addr + 12 : addr, !v4, &q));
		return true;
	}
	if (object[0] != '/' && object[0] != '@' && strncmp(object, "memfd:", 6) != 0) {
		lw_error("'%s' is no absolute path%s", object, net ? " and no IP address" : "");
		return false;
	}
	if (net && !q.proto)
		q.proto = LW_PROTO_UNIX;
	if (object[0] == '/')
		real = realpath(object, NULL);
	if (real && strcmp(real, object) != 0)
		judged = real;
	print_verdict(policy, qu, object, judged,
		      lw_policy_match_path(policy, judged, strlen(judged), &q));
	return true;
}

int lw_cmd_policy_test(int argc, char **argv)
{
	struct question qu = { .q = { .access = LW_ACC_READ }, .model = { .unread = true } };
	int r = parse_options(argc, argv, &qu);
	struct lw_policy *policy;
	bool good = true;

	if (r)
		return r < 0 ? LW_EXIT_USAGE : LW_EXIT_OK;
	if (argc - optind < 2) {
		fputs(test_help, stderr);
		return LW_EXIT_USAGE;
	}
	policy = lw_policy_open(argv[optind]);
	if (!policy)
		return LW_EXIT_FAILED;
	if (qu.domain) {
		char name[256];
		size_t len = host_name(qu.domain, name, sizeof(name));

		if (len)
			qu.q.names = lw_policy_names(policy, name, len);
		good = len;
	}
	if (qu.has_model) {
		const struct lw_model *loaded = &qu.model;

		lw_policy_models(policy, &loaded, 1, true, &qu.q.models, &qu.q.unsure);
	}
	for (int i = optind + 1; good && i < argc; i++)
		good &= judge(policy, &qu, argv[i]);
	lw_policy_free(policy);
	return good ? LW_EXIT_OK : LW_EXIT_USAGE;
}
