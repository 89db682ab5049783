// SPDX-License-Identifier: Apache-2.0
/* forensic/recorder.h: from an event to its line, read back with cJSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "forensic/record.h"
#include "forensic/recorder.h"
#include "records.h"

static const char policy_text[] =
	"{\"version\":1,\"name\":\"p\\u00e9\",\"mode\":\"enforce\",\"loaders\":[{\"id\":\"py\","
	"\"exec\":["
	"\"**/python3*\"]}],\"rules\":[{\"id\":\"cred\",\"on\":\"file.open\",\"path\":[\"/secret/"
	"**\"],"
	"\"action\":\"kill\",\"severity\":\"critical\",\"reason\":\"a \\\"secret\\\"\"}],"
	"\"default\":{\"file\":\"allow\",\"net\":\"alert\",\"exec\":\"alert\"}}";

struct told {
	unsigned int n;
	char rule[64], reason[64], object[128], executable[128];
	unsigned int severity;
};

static char dir[] = "/tmp/loadward-test-record-XXXXXX";
static struct test_event t;
static struct lw_recorder *rec;
static struct lw_policy *policy;
static struct told told;
static unsigned int rule_cred;
static cJSON *last;

static void copy(char *to, size_t cap, const char *s, size_t len)
{
	snprintf(to, cap, "%.*s", (int)len, len ? s : "");
}

static void on_violation(const struct lw_violation *v, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.n++;
	told.severity = v->severity;
	copy(told.rule, sizeof(told.rule), v->rule, v->rule ? strlen(v->rule) : 0);
	copy(told.reason, sizeof(told.reason), v->reason, v->reason ? strlen(v->reason) : 0);
	copy(told.object, sizeof(told.object), v->object.s, v->object.len);
	copy(told.executable, sizeof(told.executable), v->executable.s, v->executable.len);
	lw_recorder_print(v);
}

static int set_up(void **state)
{
	struct lw_recorder_options o = { .dir = dir, .on_violation = on_violation, .arg = &told };
	struct lw_report report = {};

	(void)state;
	strcpy(strrchr(dir, '-'), "-XXXXXX");
	if (!mkdtemp(dir) ||
	    lw_policy_parse(policy_text, strlen(policy_text), "<test>", NULL, &policy, &report))
		return -1;
	lw_report_free(&report);
	for (rule_cred = 0; rule_cred < policy->image->hdr.nrules; rule_cred++)
		if (!strcmp(lw_policy_rule_id(policy, rule_cred), "cred"))
			break;
	memset(&told, 0, sizeof(told));
	if (lw_recorder_new(&o, &rec))
		return -1;
	return lw_recorder_set_policy(rec, 1, policy);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	lw_recorder_free(rec);
	lw_policy_free(policy);
	cJSON_Delete(last);
	last = NULL;
	snprintf(command, sizeof(command), "rm -rf -- '%s'", dir);
	return system(command);
}

/* All lines of the log are valid; the last one is parsed. Return: number of lines. */
static size_t read_log(void)
{
	static char text[4 << 20];
	size_t lines = 0, len;
	char path[512], *p = text;
	FILE *f;

	lw_recorder_flush(rec);
	snprintf(path, sizeof(path), "%s/%s", dir, lw_log_dir_segment(lw_recorder_log(rec)));
	f = fopen(path, "re");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	while (p < text + len) {
		char *nl = memchr(p, '\n', text + len - p);

		assert_non_null(nl);
		cJSON_Delete(last);
		last = test_parse_line(p, nl - p);
		if (!last)
			fail_msg("not a record: %.*s", (int)(nl - p), p);
		lines++;
		p = nl + 1;
	}
	return lines;
}

static void feed(const struct lw_ev *ev)
{
	assert_int_equal(lw_recorder_feed(rec, ev, ev->size, ev->flags & LW_EVF_VIOLATION), 0);
	assert_true(read_log() > 0);
}

static void str(const char *name, const char *want)
{
	const char *have = test_get_str(last, name);

	if (!have)
		fail_msg("%s is absent", name);
	assert_string_equal(have, want);
}

static void num(const char *name, double want)
{
	double have = test_get_num(last, name);

	if (have != want)
		fail_msg("%s is %g, not %g", name, have, want);
}

static void none(const char *name)
{
	if (test_get(last, name))
		fail_msg("%s is there", name);
}

static void list(const char *name, const char *want)
{
	const cJSON *item = test_get(last, name), *e;
	char have[1024] = "";

	if (!item)
		fail_msg("%s is absent", name);
	cJSON_ArrayForEach (e, item)
		snprintf(have + strlen(have), sizeof(have) - strlen(have), "%s%s", *have ? "|" : "",
			 e->valuestring);
	assert_string_equal(have, want);
}

static bool misses(const char *field)
{
	const cJSON *e;

	cJSON_ArrayForEach (e, test_get(last, "event.reason_missing"))
		if (!strncmp(e->valuestring, field, strlen(field)) &&
		    e->valuestring[strlen(field)] == ':')
			return true;
	return false;
}

static struct lw_ev *open_event(void)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);

	ev->file = (struct lw_ev_file){ .ino = 18446744073709551615ULL,
					.dev = 253 << 20 | 1048575,
					.mode = 0104755,
					.access = LW_ACC_READ | LW_ACC_WRITE,
					.size = 9007199254740992ULL,
					.fd = 3,
					.nlink = 1 };
	test_str(ev, LW_STR_PATH, "/a/b.txt");
	test_str(ev, LW_STR_NAME, "../b.txt");
	return ev;
}

static void common_fields(void)
{
	num("event.sequence", 42);
	num("event.cpu", 3);
	num("event.syscall", 257);
	str("event.provider", "loadward");
	num("process.pid", 0x7ffffff0);
	str("process.entity_id", "2147483632-4000000001");
	num("process.thread.id", 0x7ffffff1);
	num("process.parent.pid", 0x7fffffef);
	str("process.parent.entity_id", "2147483631-3000000002");
	num("process.user.id", 1000);
	num("process.real_user.id", 4294967295.0);
	num("process.group.id", 1001);
	str("process.name", "worker");
	num("loader.id", 7001);
	str("loader.why", "run");
	str("loader.state", "loader");
	str("loader.phase", "load");
	str("policy.name", "p\xc3\xa9");
	str("policy.digest", policy->digest);
	assert_non_null(test_get_str(last, "host.hostname"));
	assert_non_null(test_get_str(last, "host.boot.id"));
	assert_non_null(test_get_str(last, "host.os.kernel"));
	assert_non_null(test_get_str(last, "ecs.version"));
	assert_int_equal(strlen(test_get_str(last, "@timestamp")), LW_STAMP_LEN);
	assert_int_equal(strlen(test_get_str(last, "process.start")), LW_STAMP_LEN);
}

static void file_open(void **state)
{
	struct lw_ev *ev = open_event();

	(void)state;
	feed(ev);
	common_fields();
	str("event.action", "file.open");
	str("event.kind", "event");
	str("event.outcome", "success");
	list("event.category", "file");
	list("event.type", "access");
	str("file.path", "/a/b.txt");
	str("file.path_raw", "../b.txt");
	str("file.inode", "18446744073709551615");
	str("file.device", "253:1048575");
	str("file.type", "file");
	str("file.mode", "4755");
	num("file.size", 9007199254740992.0);
	list("file.access", "read|write");
	none("file.links");
	none("rule");
	none("enforcement");
	none("error");
	none("event.severity");
	none("event.truncated");
	none("network");
	none("file.path_bytes");
	assert_true(misses("process.executable"));
	assert_true(misses("loader.root"));
	assert_int_equal(told.n, 0);
}

static void failed_open(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);

	(void)state;
	ev->error = -ENOENT;
	ev->flags = LW_EVF_PATH_IS_NAME;
	ev->file.access = LW_ACC_CREATE | LW_ACC_TRUNC | LW_ACC_PATH;
	test_str(ev, LW_STR_PATH, "/a/none");
	feed(ev);
	str("event.outcome", "failure");
	str("error.code", "ENOENT");
	num("error.number", ENOENT);
	assert_true(cJSON_IsTrue(test_get(last, "file.path_unverified")));
	list("file.access", "create|truncate|path");
	none("file.inode");
	none("file.mode");
}

static void open_flags(void **state)
{
	struct lw_ev *ev = open_event();

	(void)state;
	ev->file.nlink = 3;
	ev->file.mode = 0120777;
	ev->flags = LW_EVF_CREATED | LW_EVF_DELETED | LW_EVF_SHARED_FILES | LW_EVF_TRUNCATED;
	feed(ev);
	num("file.links", 3);
	str("file.type", "symlink");
	assert_true(cJSON_IsTrue(test_get(last, "file.created")));
	assert_true(cJSON_IsTrue(test_get(last, "file.deleted")));
	assert_true(cJSON_IsTrue(test_get(last, "file.descriptor_shared")));
	assert_true(cJSON_IsTrue(test_get(last, "event.truncated")));
	ev = test_event(&t, LW_FILE_OPEN);
	ev->flags = LW_EVF_NO_PATH | LW_EVF_NO_NAME;
	feed(ev);
	none("file.path");
	assert_true(misses("file.path"));
	assert_true(misses("file.path_raw"));
}

static struct lw_ev *violation(enum lw_action action, enum lw_outcome outcome)
{
	struct lw_ev *ev = open_event();

	ev->flags |= LW_EVF_VIOLATION;
	ev->rule = rule_cred;
	ev->action = action;
	ev->outcome = outcome;
	ev->backend = LW_BE_TRACEPOINT;
	ev->pid_ns = 17;
	test_str(ev, LW_STR_EXE, "/usr/bin/evil");
	test_str_n(ev, LW_STR_ARGS, "evil\0-x\0", 8);
	return ev;
}

static void a_violation(void **state)
{
	(void)state;
	feed(violation(LW_KILL, LW_OUT_KILLED_BEFORE));
	common_fields();
	str("event.kind", "alert");
	str("event.outcome", "failure");
	list("event.type", "access|denied");
	num("event.severity", 99);
	str("rule.id", "cred");
	str("rule.description", "a \"secret\"");
	none("rule.matched_by");
	str("enforcement.action", "kill");
	str("enforcement.outcome", "killed-before-effect");
	str("enforcement.backend", "tracepoint");
	str("enforcement.mode", "enforce");
	str("enforcement.strength", "as-asked");
	str("process.executable", "/usr/bin/evil");
	list("process.args", "evil|-x");
	num("process.args_count", 2);
	num("process.vpid", 17);
	list("process.thread.capabilities.effective", "CAP_CHOWN|CAP_SYS_ADMIN");
	assert_int_equal(told.n, 1);
	assert_string_equal(told.rule, "cred");
	assert_string_equal(told.reason, "a \"secret\"");
	assert_string_equal(told.object, "/a/b.txt");
	assert_string_equal(told.executable, "/usr/bin/evil");
	assert_int_equal(told.severity, 99);
}

static void outcomes(void **state)
{
	static const struct {
		enum lw_action action;
		enum lw_outcome outcome;
		uint32_t flags;
		const char *event_outcome, *strength;
	} cases[] = {
		{ LW_ALERT, LW_OUT_ALERTED, 0, "success", "as-asked" },
		{ LW_DENY, LW_OUT_DENIED, 0, "failure", "as-asked" },
		{ LW_DENY, LW_OUT_KILLED_BEFORE, 0, "failure", "kill-instead-of-deny" },
		{ LW_DENY, LW_OUT_KILLED_AFTER, 0, "unknown", "kill-instead-of-deny" },
		{ LW_KILL, LW_OUT_KILLED_AFTER, 0, "unknown", "as-asked" },
		{ LW_KILL, LW_OUT_DENIED, 0, "failure", "deny-instead-of-kill" },
		{ LW_KILL_LOADER, LW_OUT_DENIED, LW_EVF_KILL_SENT, "failure", "as-asked" },
		{ LW_KILL, LW_OUT_ALERTED, 0, "success", "not-stopped" },
		{ LW_KILL, LW_OUT_ALERTED, LW_EVF_OBSERVED, "success", "observed" },
		{ LW_KILL, LW_OUT_FAILED, 0, "success", "as-asked" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lw_ev *ev = violation(cases[i].action, cases[i].outcome);

		ev->flags |= cases[i].flags;
		feed(ev);
		str("event.outcome", cases[i].event_outcome);
		str("enforcement.strength", cases[i].strength);
		str("enforcement.mode", cases[i].flags & LW_EVF_OBSERVED ? "observe" : "enforce");
	}
	lw_recorder_set_mode(rec, LW_MODE_OBSERVE);
	feed(violation(LW_ALERT, LW_OUT_ALERTED));
	str("enforcement.mode", "observe");
}

static void rules_without_a_row(void **state)
{
	struct lw_ev *ev = violation(LW_ALERT, LW_OUT_ALERTED);

	(void)state;
	ev->rule = LW_RULE_UNRESOLVED;
	ev->flags |= LW_EVF_BY_INODE;
	feed(ev);
	str("rule.id", "unresolved");
	str("rule.matched_by", "inode");
	ev->rule = LW_RULE_NONE;
	feed(ev);
	str("rule.id", "default");
	num("event.severity", 47);
	ev->rule = LW_RULES_MAX - 1; /* the policy has no such rule */
	feed(ev);
	none("rule");
	assert_true(misses("rule.id"));
}

/* Events of the policy before are still named after a reload, those of a forgotten one are not. */
static void generations(void **state)
{
	struct lw_ev *ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);

	(void)state;
	assert_int_equal(lw_recorder_set_policy(rec, 2, policy), 0);
	feed(ev);
	str("rule.id", "cred");
	for (uint32_t gen = 3; gen < 3 + LW_RULES_KEPT; gen++)
		assert_int_equal(lw_recorder_set_policy(rec, gen, policy), 0);
	feed(ev);
	none("rule");
	none("policy");
	assert_true(misses("rule.id"));
	assert_string_equal(told.rule, "");
}

static struct lw_ev *net_event(enum lw_kind kind, int family, const char *ip, uint16_t port)
{
	struct lw_ev *ev = test_event(&t, kind);

	ev->net = (struct lw_ev_net){
		.family = family, .type = SOCK_STREAM, .proto = LW_PROTO_TCP, .port = port, .fd = 5
	};
	if (ip)
		assert_int_equal(inet_pton(family, ip, ev->net.addr), 1);
	return ev;
}

static void networks(void **state)
{
	struct lw_ev *ev;

	(void)state;
	feed(net_event(LW_NET_CONNECT, AF_INET, "192.0.2.1", 65535));
	common_fields();
	str("event.action", "net.connect");
	str("destination.ip", "192.0.2.1");
	num("destination.port", 65535);
	str("network.transport", "tcp");
	str("network.type", "ipv4");
	none("source");
	ev = net_event(LW_NET_SEND, AF_INET6, "2001:db8::1", 53);
	ev->net.proto = LW_PROTO_UDP;
	ev->net.protocol = IPPROTO_UDP;
	ev->syscall = ~0U;
	feed(ev);
	str("destination.ip", "2001:db8::1");
	str("network.type", "ipv6");
	str("network.transport", "udp");
	str("network.iana_number", "17");
	str("event.outcome", "unknown");
	none("event.syscall");
	ev = net_event(LW_NET_CONNECT, AF_INET6, NULL, 443);
	memcpy(ev->net.addr, "\xc0\0\2\1", 4);
	ev->flags = LW_EVF_V4MAPPED;
	ev->error = -EINPROGRESS;
	feed(ev);
	str("destination.ip", "192.0.2.1");
	str("network.type", "ipv4");
	str("event.outcome", "unknown");
	assert_true(cJSON_IsTrue(test_get(last, "network.v4_mapped")));
	feed(net_event(LW_NET_BIND, AF_INET, "127.0.0.1", 80));
	str("source.ip", "127.0.0.1");
	num("source.port", 80);
	none("destination");
	feed(net_event(LW_NET_LISTEN, AF_INET6, "::", 80));
	str("source.ip", "::");
}

static void other_sockets(void **state)
{
	struct lw_ev *ev = net_event(LW_NET_CONNECT, AF_UNIX, NULL, 0);

	(void)state;
	ev->net.proto = LW_PROTO_UNIX;
	test_str(ev, LW_STR_PATH, "/run/docker.sock");
	test_str(ev, LW_STR_NAME, "docker.sock");
	feed(ev);
	str("destination.path", "/run/docker.sock");
	str("destination.path_raw", "docker.sock");
	str("network.type", "unix");
	none("destination.ip");
	ev = net_event(LW_NET_BIND, AF_UNIX, NULL, 0);
	ev->flags = LW_EVF_PATH_IS_NAME;
	test_str(ev, LW_STR_PATH, "@\xff\x01");
	feed(ev);
	str("source.path", "@\xef\xbf\xbd\x01");
	str("source.path_bytes", "40ff01");
	assert_true(cJSON_IsTrue(test_get(last, "source.path_unverified")));
	ev = net_event(LW_NET_SOCKET, AF_PACKET, NULL, 0);
	ev->net.proto = LW_PROTO_PACKET;
	ev->flags = LW_EVF_VIOLATION;
	feed(ev);
	str("network.type", "packet");
	str("network.transport", "packet");
	none("destination");
	assert_string_equal(told.object, "packet socket");
	ev = net_event(LW_NET_SOCKET, 44, NULL, 0);
	ev->net.proto = 0;
	feed(ev);
	str("network.type", "af-44");
	str("network.transport", "other");
	ev = net_event(LW_NET_CONNECT, AF_INET6, "2001:db8::2", 1);
	ev->flags = LW_EVF_VIOLATION;
	feed(ev);
	assert_string_equal(told.object, "[2001:db8::2]:1");
}

static struct lw_ev *exec_event(void)
{
	struct lw_ev *ev = test_event(&t, LW_PROCESS_EXEC);

	ev->file = (struct lw_ev_file){ .ino = 5, .dev = 1, .mode = 0100755, .nlink = 1, .fd = -1 };
	test_str(ev, LW_STR_PATH, "/usr/bin/python3");
	test_str(ev, LW_STR_NAME, "python3");
	test_str(ev, LW_STR_SCRIPT, "/opt/run.py");
	test_str_n(ev, LW_STR_ARGS, "python3\0\0run.py\0", 16);
	return ev;
}

static void processes(void **state)
{
	struct lw_ev *ev = exec_event();

	(void)state;
	feed(ev);
	common_fields();
	str("process.executable", "/usr/bin/python3");
	list("process.args", "python3||run.py");
	num("process.args_count", 3);
	str("process.script", "/opt/run.py");
	str("file.path", "/usr/bin/python3");
	none("file.access");
	none("process.previous");
	/* Known from now on. */
	feed(open_event());
	str("process.executable", "/usr/bin/python3");
	list("process.args", "python3||run.py");
	ev = test_event(&t, LW_PROCESS_EXEC);
	test_str(ev, LW_STR_PATH, "/bin/sh");
	test_str_n(ev, LW_STR_ARGS, "sh\0", 3);
	ev->ts++;
	feed(ev);
	str("process.executable", "/bin/sh");
	str("process.previous.executable", "/usr/bin/python3");
	/* An exec that failed: the process stays what it was, the name is the file. */
	ev = test_event(&t, LW_PROCESS_EXEC);
	ev->ts += 2;
	ev->error = -EACCES;
	ev->flags = LW_EVF_PATH_IS_NAME;
	test_str(ev, LW_STR_PATH, "/bin/other");
	feed(ev);
	str("process.executable", "/bin/sh");
	str("file.path", "/bin/other");
	str("error.code", "EACCES");
}

static void fork_and_exit(void **state)
{
	struct lw_ev *ev;

	(void)state;
	feed(exec_event());
	ev = test_event(&t, LW_PROCESS_FORK);
	ev->proc.child = 0x7ffffff5;
	ev->proc.child_tid = 0x7ffffff5;
	ev->proc.child_start = 99;
	feed(ev);
	common_fields();
	num("process.child.pid", 0x7ffffff5);
	str("process.child.entity_id", "2147483637-99");
	num("process.child.thread.id", 0x7ffffff5);
	ev = open_event();
	ev->pid = 0x7ffffff5;
	ev->start = 99;
	ev->ppid = 0x7ffffff0;
	ev->pstart = 4000000001;
	feed(ev);
	str("process.executable", "/usr/bin/python3");
	str("process.parent.executable", "/usr/bin/python3");
	ev->ppid = 1; /* adopted */
	feed(ev);
	none("process.parent.executable");
	assert_true(misses("process.parent.executable"));
	ev = test_event(&t, LW_PROCESS_EXIT);
	ev->flags = LW_EVF_GROUP_DEAD;
	ev->proc.exit_code = 3 << 8;
	feed(ev);
	num("process.exit_code", 3);
	none("process.exit_signal");
	str("process.executable", "/usr/bin/python3");
	ev->proc.exit_code = 9;
	feed(ev);
	num("process.exit_code", 137);
	num("process.exit_signal", 9);
	none("process.executable"); /* forgotten at the exit before */
}

static void loader_events(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_LOADER_START);
	unsigned int i;

	(void)state;
	for (i = 0; strcmp(lw_policy_rule_id(policy, i), "loader:py"); i++)
		assert_true(i < policy->image->hdr.nrules);
	ev->why = LW_WHY_EXEC;
	ev->loader = (struct lw_ev_loader){ .state = LW_TAG_LOADER,
					    .why = LW_WHY_EXEC,
					    .why_rule = i,
					    .root = 0x7ffffff0,
					    .root_start = 4000000001 };
	test_str(ev, LW_STR_PATH, "/usr/bin/python3.11");
	test_str_n(ev, LW_STR_ARGS, "python3\0", 8);
	feed(ev);
	str("event.action", "loader.start");
	str("loader.why", "exec");
	str("loader.why_rule", "loader:py");
	num("loader.root.pid", 0x7ffffff0);
	str("loader.root.entity_id", "2147483632-4000000001");
	str("process.executable", "/usr/bin/python3.11");
	none("file");
	/* What follows repeats it. */
	feed(open_event());
	num("loader.root.pid", 0x7ffffff0);
	str("loader.why_rule", "loader:py");
	assert_false(misses("loader.root"));
	ev = test_event(&t, LW_LOADER_START);
	ev->why = LW_WHY_EVIDENCE;
	ev->loader.why_rule = LW_RULE_NONE;
	ev->loader.root = ev->pid;
	ev->loader.root_start = 4000000000; /* in clock ticks */
	test_str(ev, LW_STR_PATH, "/models/x.safetensors");
	feed(ev);
	str("file.path", "/models/x.safetensors");
	str("loader.root.entity_id", "2147483632-4000000001");
	none("file.mode");
	ev = test_event(&t, LW_LOADER_END);
	ev->loader.why_rule = LW_RULE_NONE;
	feed(ev);
	str("event.action", "loader.end");
	/* Telemetry that loader.end has overtaken. */
	feed(open_event());
	num("loader.root.pid", 0x7ffffff0);
}

static void hostile_bytes(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);
	char every[255];

	(void)state;
	for (int i = 0; i < 255; i++)
		every[i] = i + 1;
	test_str_n(ev, LW_STR_PATH, every, sizeof(every));
	test_str(ev, LW_STR_NAME, "a\nb\"\\\xe2\x80\xae");
	test_str_n(ev, LW_STR_ARGS, "\xff\0ok\0", 5);
	memset(ev->comm, 0xfe, sizeof(ev->comm));
	ev->flags = LW_EVF_VIOLATION;
	feed(ev);
	assert_int_equal(strlen(test_get_str(last, "file.path_bytes")), 510);
	assert_memory_equal(test_get_str(last, "file.path_bytes"), "0102030405", 10);
	str("file.path_raw", "a\nb\"\\\xe2\x80\xae");
	none("file.path_raw_bytes");
	list("process.args", "\xef\xbf\xbd|ok");
	str("process.args_bytes", "ff006f6b00");
	str("process.name_bytes", "fefefefefefefefefefefefefefefefe");
}

/* The longest strings of the worst bytes: bounded, valid, and the verdict is in it. */
static void worst_case(void **state)
{
	static char big[LW_PATH_BUF];
	struct lw_ev *ev = test_event(&t, LW_PROCESS_EXEC);
	size_t before;

	(void)state;
	memset(big, 0xff, sizeof(big));
	ev->flags = LW_EVF_VIOLATION;
	ev->rule = rule_cred;
	ev->action = LW_KILL;
	ev->outcome = LW_OUT_KILLED_BEFORE;
	ev->cap_effective = ~0ULL;
	test_str_n(ev, LW_STR_PATH, big, LW_PATH_BUF);
	test_str_n(ev, LW_STR_NAME, big, LW_PATH_MAX);
	test_str_n(ev, LW_STR_SCRIPT, big, LW_PATH_BUF);
	test_str_n(ev, LW_STR_EXE, big, LW_PATH_BUF);
	test_str_n(ev, LW_STR_ARGS, big, LW_ARGS_MAX);
	for (int i = 0; i < 3; i++) {
		struct lw_recorder_stats st;

		lw_recorder_stats(rec, &st);
		before = st.log.bytes;
		feed(ev);
		lw_recorder_stats(rec, &st);
		assert_true(st.log.bytes - before <= LW_RECORD_MAX);
		assert_true(cJSON_IsTrue(test_get(last, "event.truncated")));
		str("rule.id", "cred");
		str("enforcement.outcome", "killed-before-effect");
		num("loader.id", 7001);
		str("policy.digest", policy->digest);
		assert_non_null(test_get_str(last, "host.hostname"));
	}
	/* A path and arguments of 4 KiB each are whole. */
	ev = test_event(&t, LW_FILE_OPEN);
	ev->flags = LW_EVF_VIOLATION;
	test_str(ev, LW_STR_EXE, "/bin/x");
	test_str_n(ev, LW_STR_PATH, big, LW_PATH_MAX - 1);
	test_str_n(ev, LW_STR_ARGS, big, LW_ARGS_MAX);
	feed(ev);
	none("event.truncated");
	assert_int_equal(strlen(test_get_str(last, "file.path_bytes")), 2 * (LW_PATH_MAX - 1));
	assert_int_equal(strlen(test_get_str(last, "process.args_bytes")), 2 * LW_ARGS_MAX);
}

static void long_arguments_are_repeated_in_part(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_PROCESS_EXEC);
	char args[LW_ARGS_MAX];

	(void)state;
	memset(args, 'y', sizeof(args));
	for (size_t i = 99; i < sizeof(args); i += 100)
		args[i] = '\0';
	test_str(ev, LW_STR_PATH, "/bin/x");
	test_str_n(ev, LW_STR_ARGS, args, sizeof(args));
	feed(ev);
	assert_int_equal(cJSON_GetArraySize(test_get(last, "process.args")), 41);
	feed(open_event());
	assert_int_equal(cJSON_GetArraySize(test_get(last, "process.args")), 10);
	num("process.args_count", 41);
	assert_true(misses("process.args"));
}

/* The ready-made members of "process" are used only while they are true. */
static void cached_members(void **state)
{
	struct lw_ev *ev;

	(void)state;
	feed(exec_event());
	ev = open_event();
	for (int i = 0; i < 3; i++) {
		feed(ev);
		common_fields();
		str("process.executable", "/usr/bin/python3");
	}
	ev->uid = 0;
	feed(ev);
	num("process.user.id", 0);
	ev->gid = 7;
	feed(ev);
	num("process.group.id", 7);
	ev->tid = 5;
	feed(ev);
	num("process.thread.id", 5);
	/* Another process in the same slot. */
	ev->pid += LW_FRAGS;
	feed(ev);
	none("process.executable");
	assert_true(misses("process.executable"));
	ev->pid -= LW_FRAGS;
	feed(ev);
	str("process.executable", "/usr/bin/python3");
	assert_false(misses("process.executable"));
}

static void notes(void **state)
{
	(void)state;
	assert_int_equal(lw_recorder_note(rec, "monitor.hooks", "state", "attached", "blind_ns",
					  "18446744073709551615", "reason", "a\nb\xff", NULL),
			 0);
	read_log();
	str("event.action", "monitor.hooks");
	list("event.category", "host");
	str("monitor.state", "attached");
	num("monitor.blind_ns", 18446744073709551615.0);
	str("monitor.reason", "a\nb\xef\xbf\xbd");
	str("policy.digest", policy->digest);
	assert_int_equal(lw_recorder_note(rec, "monitor.hooks", "nonsense", "x", NULL), -EINVAL);
	assert_int_equal(lw_recorder_note(rec, "monitor.hooks", "blind_ns", "-1", NULL), -EINVAL);
	assert_int_equal(lw_recorder_note(rec, "monitor.hooks", "blind_ns", "1x", NULL), -EINVAL);
	assert_int_equal(lw_recorder_note(rec, "monitor.start", NULL), 0);
	assert_int_equal(read_log(), 5);
	str("monitor.version", LW_VERSION);
}

static void losses(void **state)
{
	struct lw_stats stats[3] = { { .violation_lost = 2 }, {}, { .telemetry_lost = 5 } };
	struct lw_ev *ev = open_event();

	(void)state;
	lw_recorder_losses(rec, stats, 3);
	assert_int_equal(read_log(), 2);
	str("event.action", "monitor.gap");
	str("monitor.ring", "telemetry");
	num("monitor.cpu", 2);
	num("monitor.lost", 5);
	lw_recorder_losses(rec, stats, 3);
	assert_int_equal(read_log(), 2);
	stats[2].telemetry_lost = 12;
	lw_recorder_losses(rec, stats, 3);
	assert_int_equal(read_log(), 3);
	num("monitor.lost", 7);
	num("monitor.lost_total", 12);
	assert_int_equal(lw_recorder_feed(rec, ev, ev->size - 1, false), -EBADMSG);
	assert_int_equal(lw_recorder_feed(rec, ev, 3, false), -EBADMSG);
	lw_recorder_flush(rec);
	assert_int_equal(read_log(), 4);
	str("monitor.ring", "damaged");
	num("monitor.lost", 2);
}

static void without_a_log(void **state)
{
	struct lw_recorder_options o = { .on_violation = on_violation, .arg = &told };
	struct lw_ev *ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);
	struct lw_recorder *bare;

	(void)state;
	assert_int_equal(lw_recorder_new(&o, &bare), 0);
	assert_string_equal(lw_recorder_state(bare), "none");
	assert_string_equal(lw_recorder_state(rec), "ok");
	assert_int_equal(lw_recorder_note(bare, "monitor.start", NULL), 0);
	assert_int_equal(lw_recorder_feed(bare, ev, ev->size, true), 0);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.rule, ""); /* no policy was set */
	assert_int_equal(lw_recorder_flush(bare), 0);
	lw_recorder_free(bare);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_open),
		TEST(failed_open),
		TEST(open_flags),
		TEST(a_violation),
		TEST(outcomes),
		TEST(rules_without_a_row),
		TEST(generations),
		TEST(networks),
		TEST(other_sockets),
		TEST(processes),
		TEST(fork_and_exit),
		TEST(loader_events),
		TEST(hostile_bytes),
		TEST(worst_case),
		TEST(long_arguments_are_repeated_in_part),
		TEST(cached_members),
		TEST(notes),
		TEST(losses),
		TEST(without_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
