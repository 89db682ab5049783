// SPDX-License-Identifier: Apache-2.0
/* forensic/record.h: files, networks and verdicts, from an event to its line, read with cJSON. */
#include "recorder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

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

#define SNAPSHOT "/h/hub/models--acme--net/snapshots/0123456789abcdef0123456789abcdef01234567"

static void opens_artefact(const char *path)
{
	struct lw_ev *ev = open_event();

	ev->file.access = LW_ACC_READ;
	ev->file.artefact = LW_ARTEFACT_SEEN | LW_ARTEFACT_STRONG;
	ev->flags |= LW_EVF_UNASKED;
	ev->str[LW_STR_NAME].len = 0;
	test_str(ev, LW_STR_PATH, path);
	assert_int_equal(lw_recorder_feed(rec, ev, ev->size, false), 0);
}

static void a_model(void **state)
{
	size_t lines;

	(void)state;
	feed(open_event());
	none("model");
	lines = read_log();
	opens_artefact("/m/first/a.bin");
	opens_artefact(SNAPSHOT "/new\nline\xff.bin");
	assert_int_equal(read_log(), lines); /* no rule asks for a record of these */
	feed(violation(LW_KILL, LW_OUT_KILLED_BEFORE));
	str("model.hub", "huggingface");
	str("model.repo", "acme/net");
	str("model.revision", "0123456789abcdef0123456789abcdef01234567");
	assert_true(cJSON_IsTrue(test_get(last, "model.pinned")));
	str("model.file_bytes", "6e65770a6c696e65ff2e62696e");
	none("model.format");
	assert_true(misses("model.format"));
	list("model.loaded", "local:/m/first");
	feed(open_event());
	str("model.repo", "acme/net");
	none("model.loaded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(file_open),   TEST(failed_open), TEST(open_flags),
		TEST(a_violation), TEST(outcomes),    TEST(rules_without_a_row),
		TEST(generations), TEST(networks),    TEST(other_sockets),
		TEST(a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
