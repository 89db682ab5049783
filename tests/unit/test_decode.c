// SPDX-License-Identifier: Apache-2.0
/* decode/decode.h: the layout that both sides share, and bytes that are no event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "decode/names.h"
#include "records.h"

/* The BPF programs and user space are compiled apart: nothing may move or have padding. */
_Static_assert(sizeof(struct lw_ev) == 224, "struct lw_ev");
_Static_assert(offsetof(struct lw_ev, ts) == 8, "ts");
_Static_assert(offsetof(struct lw_ev, cap_effective) == 56, "cap_effective");
_Static_assert(offsetof(struct lw_ev, pid) == 64, "pid");
_Static_assert(offsetof(struct lw_ev, rule) == 104, "rule");
_Static_assert(offsetof(struct lw_ev, comm) == 136, "comm");
_Static_assert(offsetof(struct lw_ev, file) == 152, "union");
_Static_assert(offsetof(struct lw_ev, str) == 152 + sizeof(struct lw_ev_call), "str");
_Static_assert(offsetof(struct lw_ev, data) == sizeof(struct lw_ev), "data");
_Static_assert(sizeof(struct lw_ev_file) == 48, "struct lw_ev_file");
_Static_assert(sizeof(struct lw_ev_net) == 32, "struct lw_ev_net");
_Static_assert(sizeof(struct lw_ev_proc) == 24, "struct lw_ev_proc");
_Static_assert(sizeof(struct lw_ev_call) == 48, "struct lw_ev_call");
_Static_assert(sizeof(struct lw_ev_loader) == 32, "struct lw_ev_loader");
_Static_assert(sizeof(struct lw_str) == 4, "struct lw_str");

static struct test_event t;

static int check(const struct lw_ev *ev)
{
	const struct lw_ev *found;

	return lw_ev_check(ev, ev->size, &found);
}

static void a_good_event(void **state)
{
	(void)state;
	for (unsigned int kind = 0; kind < LW_KIND_COUNT; kind++) {
		struct lw_ev *ev = test_event(&t, kind);

		test_str(ev, LW_STR_PATH, "/a/b");
		test_str(ev, LW_STR_ARGS, "x");
		assert_int_equal(check(ev), 0);
		assert_int_equal(lw_ev_str(ev, LW_STR_PATH).len, 4);
		assert_memory_equal(lw_ev_str(ev, LW_STR_PATH).s, "/a/b", 4);
		assert_int_equal(lw_ev_str(ev, LW_STR_EXE).len, 0);
	}
}

static void sizes(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);
	const struct lw_ev *found;

	(void)state;
	test_str(ev, LW_STR_PATH, "/a");
	assert_int_equal(lw_ev_check(ev, ev->size - 1, &found), -EBADMSG);
	assert_int_equal(lw_ev_check(ev, ev->size + 1, &found), -EBADMSG);
	assert_int_equal(lw_ev_check(ev, 0, &found), -EBADMSG);
	assert_int_equal(lw_ev_check(ev, sizeof(*ev) - 1, &found), -EBADMSG);
	assert_int_equal(lw_ev_check((char *)ev + 4, ev->size, &found), -EBADMSG);
	ev->size = sizeof(*ev) + LW_DATA_MAX + 8;
	assert_int_equal(lw_ev_check(ev, ev->size, &found), -EBADMSG);
}

#define REJECTS(kind, statement) \
	do { \
		struct lw_ev *ev = test_event(&t, kind); \
		test_str(ev, LW_STR_PATH, "/a"); \
		assert_int_equal(check(ev), 0); \
		statement; \
		assert_int_equal(check(ev), -EBADMSG); \
	} while (0)

static void enums(void **state)
{
	(void)state;
	REJECTS(LW_FILE_OPEN, ev->kind = LW_KIND_COUNT);
	REJECTS(LW_FILE_OPEN, ev->kind = LW_TAG_EVIDENCE);
	REJECTS(LW_FILE_OPEN, ev->cpu = LW_CPUS_MAX);
	REJECTS(LW_FILE_OPEN, ev->tag = 0);
	REJECTS(LW_FILE_OPEN, ev->action = LW_KILL_LOADER + 1);
	REJECTS(LW_FILE_OPEN, ev->outcome = LW_OUT_FAILED + 1);
	REJECTS(LW_FILE_OPEN, ev->backend = LW_BE_USER + 1);
	REJECTS(LW_FILE_OPEN, ev->why = LW_WHY_SEED + 1);
	REJECTS(LW_FILE_OPEN, ev->phase = LW_PHASE_SERVE + 1);
	REJECTS(LW_FILE_OPEN, ev->state = LW_TAG_LOADER + 1);
	REJECTS(LW_FILE_OPEN, ev->rule = LW_RULES_MAX);
	REJECTS(LW_FILE_OPEN, ev->error = 1);
	REJECTS(LW_FILE_OPEN, ev->error = -4096);
	REJECTS(LW_FILE_OPEN, ev->error = INT32_MIN);
	REJECTS(LW_LOADER_START, ev->loader.why_rule = LW_RULES_MAX);
	REJECTS(LW_LOADER_END, ev->loader.why = LW_WHY_SEED + 1);
	REJECTS(LW_LOADER_START, ev->loader.state = LW_TAG_LOADER + 1);
}

static void strings(void **state)
{
	(void)state;
	REJECTS(LW_FILE_OPEN, ev->str[LW_STR_PATH].len = 3);
	REJECTS(LW_FILE_OPEN, ev->str[LW_STR_PATH].off = 1);
	REJECTS(LW_FILE_OPEN, ev->str[LW_STR_NAME].off = 3);
	REJECTS(LW_FILE_OPEN, ev->str[LW_STR_ARGS] = ((struct lw_str){ 0xffff, 0xffff }));
	/* Each role has its own limit. */
	for (int role = 0; role < LW_STR_COUNT; role++) {
		struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);

		ev->size += LW_PATH_BUF + 1;
		ev->str[role].len = LW_PATH_BUF + 1;
		assert_int_equal(check(ev), -EBADMSG);
		ev->str[role].len = LW_ARGS_MAX;
		assert_int_equal(check(ev), 0);
	}
}

/* Random headers: whatever passes, its strings lie within the event (ASan would see it). */
static void random_events(void **state)
{
	unsigned int seed = 7, passed = 0;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		size_t len = sizeof(struct lw_ev) + rand_r(&seed) % 64;
		struct lw_ev *ev = test_event(&t, rand_r(&seed) % LW_KIND_COUNT);
		char *copy = malloc(len);
		const struct lw_ev *found;
		unsigned int sum = 0;

		ev->size = len;
		ev->rule = rand_r(&seed) % (2 * LW_RULES_MAX);
		for (int i = 0; i < LW_STR_COUNT; i++)
			ev->str[i] = (struct lw_str){ rand_r(&seed) % 64, rand_r(&seed) % 64 };
		memcpy(copy, ev, len);
		if (!lw_ev_check(copy, len, &found)) {
			passed++;
			for (int i = 0; i < LW_STR_COUNT; i++) {
				struct lw_span s = lw_ev_str(found, i);

				for (size_t k = 0; k < s.len; k++)
					sum += s.s[k];
			}
		}
		free(copy);
		(void)sum;
	}
	assert_true(passed > 10);
}

static void comm_without_nul(void **state)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);

	(void)state;
	memset(ev->comm, 'x', sizeof(ev->comm));
	assert_int_equal(lw_ev_comm(ev).len, 16);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(lw_kind_name(LW_FILE_OPEN), "file.open");
	assert_string_equal(lw_kind_name(LW_KIND_COUNT), "unknown");
	assert_string_equal(lw_action_name(LW_KILL_LOADER), "kill-loader");
	assert_string_equal(lw_action_name(99), "unknown");
	assert_string_equal(lw_outcome_name(LW_OUT_KILLED_AFTER), "killed-after-possible-effect");
	assert_string_equal(lw_backend_name(LW_BE_FANOTIFY), "fanotify");
	assert_string_equal(lw_why_name(LW_WHY_SEED), "seed");
	assert_string_equal(lw_phase_name(LW_PHASE_SERVE), "serve");
	assert_string_equal(lw_state_name(LW_TAG_CANDIDATE), "candidate");
	assert_string_equal(lw_mode_name(LW_MODE_ENFORCE), "enforce");
	assert_string_equal(lw_proto_name(LW_PROTO_MPTCP), "mptcp");
	assert_string_equal(lw_proto_name(0), "other");
	assert_int_equal(lw_severity_number(LW_SEV_CRITICAL), 99);
	assert_int_equal(lw_severity_number(77), 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_event),	 cmocka_unit_test(sizes),
		cmocka_unit_test(enums),	 cmocka_unit_test(strings),
		cmocka_unit_test(random_events), cmocka_unit_test(comm_without_nul),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
