/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TESTS_RECORDER_H
#define LW_TESTS_RECORDER_H

/* For the tests of the recorder: one with a log of its own for each test, and its lines as JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	char file[128], function[128], no_culprit[64], pickled[128];
	unsigned int severity, line, executed;
};

static char dir[] = "/tmp/loadward-test-record-XXXXXX";
static struct test_event t;
static struct lw_recorder *rec;
static struct lw_policy *policy;
static struct told told;
static unsigned int rule_cred;
static cJSON *last;

static inline void copy(char *to, size_t cap, const char *s, size_t len)
{
	snprintf(to, cap, "%.*s", (int)len, len ? s : "");
}

static inline void on_violation(const struct lw_violation *v, void *arg)
{
	assert_ptr_equal(arg, &told);
	told.n++;
	told.severity = v->severity;
	copy(told.rule, sizeof(told.rule), v->rule, v->rule ? strlen(v->rule) : 0);
	copy(told.reason, sizeof(told.reason), v->reason, v->reason ? strlen(v->reason) : 0);
	copy(told.object, sizeof(told.object), v->object.s, v->object.len);
	copy(told.executable, sizeof(told.executable), v->executable.s, v->executable.len);
	copy(told.file, sizeof(told.file), v->culprit.file.s, v->culprit.file.len);
	copy(told.function, sizeof(told.function), v->culprit.function.s, v->culprit.function.len);
	copy(told.no_culprit, sizeof(told.no_culprit), v->no_culprit,
	     v->no_culprit ? strlen(v->no_culprit) : 0);
	copy(told.pickled, sizeof(told.pickled), v->pickled.s, v->pickled.len);
	told.line = v->culprit.line;
	told.executed = v->executed;
	lw_violation_line(v);
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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
static inline size_t read_log(void)
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

static inline void feed(const struct lw_ev *ev)
{
	assert_int_equal(lw_recorder_feed(rec, ev, ev->size, ev->flags & LW_EVF_VIOLATION), 0);
	assert_true(read_log() > 0);
}

static inline void str(const char *name, const char *want)
{
	const char *have = test_get_str(last, name);

	if (!have)
		fail_msg("%s is absent", name);
	assert_string_equal(have, want);
}

static inline void num(const char *name, double want)
{
	double have = test_get_num(last, name);

	if (have != want)
		fail_msg("%s is %g, not %g", name, have, want);
}

static inline void none(const char *name)
{
	if (test_get(last, name))
		fail_msg("%s is there", name);
}

static inline void list(const char *name, const char *want)
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

static inline bool misses(const char *field)
{
	const cJSON *e;

	cJSON_ArrayForEach (e, test_get(last, "event.reason_missing"))
		if (!strncmp(e->valuestring, field, strlen(field)) &&
		    e->valuestring[strlen(field)] == ':')
			return true;
	return false;
}

static inline struct lw_ev *open_event(void)
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

static inline void common_fields(void)
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

static inline struct lw_ev *violation(enum lw_action action, enum lw_outcome outcome)
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

#endif
