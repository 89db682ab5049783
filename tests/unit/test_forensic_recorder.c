// SPDX-License-Identifier: Apache-2.0
/* forensic/recorder.h: what one event tells the next, hostile bytes, own records, losses. */
#include "recorder.h"

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
	str("process.executable", "/usr/bin/python3"); /* known a while after the exit before */
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
	stats[1].frames_lost = 3;
	lw_recorder_losses(rec, stats, 3);
	assert_int_equal(read_log(), 4);
	str("monitor.ring", "stacks");
	num("monitor.cpu", 1);
	num("monitor.lost", 3);
	assert_int_equal(lw_recorder_feed(rec, ev, ev->size - 1, false), -EBADMSG);
	assert_int_equal(lw_recorder_feed(rec, ev, 3, false), -EBADMSG);
	lw_recorder_flush(rec);
	assert_int_equal(read_log(), 5);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(processes),      TEST(fork_and_exit),
		TEST(loader_events),  TEST(hostile_bytes),
		TEST(worst_case),     TEST(long_arguments_are_repeated_in_part),
		TEST(cached_members), TEST(notes),
		TEST(losses),	      TEST(without_a_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
