// SPDX-License-Identifier: Apache-2.0
/* The Python stack of a record: from frames and the event that names them to its line. */
#include "recorder.h"

#include "python_frames.h"

#define MODEL "/h/transformers_modules/acme/x/0123/modeling_x.py"

static struct test_frame frame;

static void send_frame(uint64_t stack, unsigned int nr, const char *file, const char *name,
		       int32_t line)
{
	struct lw_py_frame *f = test_frame(&frame, stack, nr, file, name, line);

	assert_int_equal(lw_recorder_frame(rec, f, f->size), 0);
}

static void send_stack(uint64_t stack)
{
	send_frame(stack, 0, "/usr/lib/python3.11/socket.py", "connect", 4);
	send_frame(stack, 1, MODEL, "Model.__init__", 12);
	send_frame(stack, 2, "<frozen importlib._bootstrap>", "_call", 0);
	send_frame(stack, 3, "/home/u/serve.py", "<module>", 7);
}

static struct lw_ev *with_stack(struct lw_ev *ev, uint64_t stack, unsigned int frames)
{
	ev->py_stack = stack;
	ev->py_frames = frames;
	ev->py_state = LW_PY_STACK;
	return ev;
}

static const cJSON *frame_at(int nr)
{
	return cJSON_GetArrayItem(test_get(last, "python.stack"), nr);
}

static void a_stack(void **state)
{
	(void)state;
	send_stack(5);
	feed(with_stack(violation(LW_KILL, LW_OUT_KILLED_BEFORE), 5, 4));
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.stack")), 4);
	assert_string_equal(test_get_str(frame_at(0), "file"), "/usr/lib/python3.11/socket.py");
	assert_int_equal(test_get_num(frame_at(0), "line"), 4);
	assert_string_equal(test_get_str(frame_at(0), "function"), "connect");
	assert_string_equal(test_get_str(frame_at(2), "file"), "<frozen importlib._bootstrap>");
	assert_null(test_get(frame_at(2), "line"));
	assert_string_equal(test_get_str(frame_at(3), "file"), "/home/u/serve.py");
	str("python.culprit.file", MODEL);
	num("python.culprit.line", 12);
	str("python.culprit.function", "Model.__init__");
	none("python.reason");
	none("python.native");
	none("python.origin");
	none("python.stack_cut");
	none("event.truncated");
	assert_string_equal(told.file, MODEL);
	assert_string_equal(told.function, "Model.__init__");
	assert_int_equal(told.line, 12);
	assert_int_equal(told.executed, 0);
	assert_string_equal(told.no_culprit, "");
}

static void no_stack(void **state)
{
	struct lw_ev *ev = violation(LW_ALERT, LW_OUT_ALERTED);

	(void)state;
	feed(open_event());
	str("python.reason", "not looked for");
	none("python.stack");
	ev = violation(LW_ALERT, LW_OUT_ALERTED);
	ev->py_state = LW_PY_UNSUPPORTED;
	ev->py_minor = 16;
	feed(ev);
	str("python.reason", "unsupported: CPython 3.16");
	assert_string_equal(told.no_culprit, "unsupported: CPython 3.16");
	assert_string_equal(told.file, "");
	ev->py_state = LW_PY_NONE;
	feed(ev);
	str("python.reason", "not looked for");
	assert_string_equal(told.no_culprit, "");
	send_frame(9, 0, "<string>", "<module>", 1);
	feed(with_stack(ev, 9, 1));
	str("python.reason", "only libraries and code without a file");
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.stack")), 1);
	none("python.culprit");
}

/* Code that goes past the interpreter is worse, never better. */
static void native_thread(void **state)
{
	struct lw_ev *ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);

	(void)state;
	ev->py_state = LW_PY_NATIVE;
	feed(ev);
	str("python.reason", "native thread");
	assert_true(cJSON_IsTrue(test_get(last, "python.native")));
	num("event.severity", 99);
	ev->rule = LW_RULE_NONE; /* medium */
	feed(ev);
	num("event.severity", 73);
	assert_int_equal(told.severity, 73);
	ev->py_state = LW_PY_NO_PYTHON;
	feed(ev);
	num("event.severity", 47);
	none("python.native");
}

static void lost_frames(void **state)
{
	(void)state;
	send_frame(5, 0, MODEL, "f", 1);
	send_frame(5, 2, "/home/u/serve.py", "g", 2);
	feed(with_stack(violation(LW_KILL, LW_OUT_KILLED_BEFORE), 5, 3));
	str("python.reason", "frames were lost");
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.stack")), 2);
	str("python.culprit.file", MODEL);
	feed(with_stack(violation(LW_KILL, LW_OUT_KILLED_BEFORE), 6, 3));
	str("python.reason", "frames were lost");
	none("python.stack");
}

static void bytes_that_are_no_frame(void **state)
{
	struct lw_py_frame *f = test_frame(&frame, 5, 0, MODEL, "f", 1);
	struct lw_recorder_stats st;

	(void)state;
	assert_int_equal(lw_recorder_frame(rec, f, f->size - 1), -EBADMSG);
	assert_int_equal(lw_recorder_frame(rec, f, 0), -EBADMSG);
	lw_recorder_stats(rec, &st);
	assert_int_equal(st.damaged, 2);
	lw_recorder_flush(rec);
	read_log();
	str("monitor.ring", "damaged");
	num("monitor.lost", 2);
}

static struct lw_ev *exec_of(uint32_t pid)
{
	struct lw_ev *ev = test_event(&t, LW_PROCESS_EXEC);

	ev->pid = pid;
	test_str(ev, LW_STR_PATH, "/bin/sh");
	return ev;
}

/* os.system("cat /secret"): neither sh nor cat has a stack, the exec of sh had. */
static void started_by_python(void **state)
{
	struct lw_ev *ev;

	(void)state;
	send_stack(5);
	feed(with_stack(exec_of(20), 5, 4));
	str("python.culprit.file", MODEL);
	none("python.origin");
	ev = test_event(&t, LW_PROCESS_FORK);
	ev->pid = 20;
	ev->proc.child = 21;
	ev->proc.child_start = 99;
	feed(ev);
	ev = exec_of(21);
	ev->start = 99;
	ev->py_state = LW_PY_NO_PYTHON;
	feed(ev);
	ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);
	ev->pid = 21;
	ev->start = 99;
	ev->py_state = LW_PY_NO_PYTHON;
	feed(ev);
	str("python.reason", "no Python in this process");
	num("python.origin.pid", 20);
	str("python.origin.entity_id", "20-4000000001");
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.stack")), 4);
	str("python.culprit.file", MODEL);
	assert_string_equal(told.file, MODEL);
	assert_int_equal(told.executed, 20);
	/* Its own stack comes first. */
	send_frame(6, 0, "/own.py", "f", 1);
	feed(with_stack(ev, 6, 1));
	none("python.origin");
	str("python.culprit.file", "/own.py");
	assert_int_equal(told.executed, 0);
}

static void cut_frames(void **state)
{
	struct lw_ev *ev = with_stack(violation(LW_KILL, LW_OUT_KILLED_BEFORE), 5, 2);
	struct lw_py_frame *f = test_frame(&frame, 5, 0, MODEL, "f", 1);

	(void)state;
	f->flags = LW_PYF_FILE_CUT | LW_PYF_NAME_CUT;
	assert_int_equal(lw_recorder_frame(rec, f, f->size), 0);
	f = test_frame(&frame, 5, 1, "", "", 1);
	f->flags = LW_PYF_BAD;
	assert_int_equal(lw_recorder_frame(rec, f, f->size), 0);
	ev->py_state = LW_PY_CUT;
	feed(ev);
	assert_true(cJSON_IsTrue(test_get(last, "python.stack_cut")));
	assert_int_equal(cJSON_GetArraySize(test_get(frame_at(0), "cut")), 2);
	assert_int_equal(cJSON_GetArraySize(frame_at(1)), 1);
	assert_string_equal(test_get(frame_at(1), "cut")->child->valuestring, "unreadable");
}

static struct lw_ev *global(const char *module, const char *name)
{
	struct lw_ev *ev = test_event(&t, LW_PICKLE_GLOBAL);

	test_str(ev, LW_STR_NAME, module);
	test_str(ev, LW_STR_TARGET, name);
	return ev;
}

/* What a pickle has named is in what follows, of the process and of its children. */
static void pickles(void **state)
{
	size_t lines;
	struct lw_ev *ev;

	(void)state;
	feed(global("os\x1b", "system"));
	str("event.action", "pickle.global");
	str("python.pickle.module", "os\x1b");
	str("python.pickle.name", "system");
	feed(global("builtins", "eval"));
	lines = read_log();
	/* Once more: it is the newest, and no record. */
	feed(global("os\x1b", "system"));
	assert_int_equal(read_log(), lines);
	feed(open_event());
	none("python.pickle");
	feed(violation(LW_KILL, LW_OUT_KILLED_BEFORE));
	list("python.pickle.globals", "os\x1b.system|builtins.eval");
	assert_string_equal(told.pickled, "os\x1b.system");
	ev = test_event(&t, LW_PROCESS_FORK);
	ev->flags = LW_EVF_UNASKED;
	ev->proc.child = 21;
	ev->proc.child_start = 99;
	lines = read_log();
	feed(ev);
	assert_int_equal(read_log(), lines);
	ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);
	ev->pid = 21;
	ev->start = 99;
	feed(ev);
	list("python.pickle.globals", "os\x1b.system|builtins.eval");
}

/*
 * The longest stack of the worst text beside the longest strings of the worst text: the record is
 * bounded, says that something is missing, and has the verdict, the path and the newest frames.
 */
static void worst_case(void **state)
{
	static char file[LW_PY_FILE], name[LW_PY_NAME], big[LW_PATH_BUF];
	struct lw_ev *ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);
	struct lw_recorder_stats before, after;

	(void)state;
	memset(file, 1, sizeof(file));
	memset(name, 1, sizeof(name));
	memset(big, 1, sizeof(big));
	for (unsigned int nr = 0; nr < LW_PY_FRAMES; nr++) {
		struct lw_py_frame *f = test_frame_n(&frame, 5, nr, file, sizeof(file), name,
						     sizeof(name), INT32_MAX);

		f->flags = LW_PYF_FILE_CUT | LW_PYF_NAME_CUT | LW_PYF_BAD;
		assert_int_equal(lw_recorder_frame(rec, f, f->size), 0);
	}
	for (char c = 'a'; c < 'a' + 20; c++) {
		memset(name, 1, sizeof(name));
		name[0] = c;
		ev = test_event(&t, LW_PICKLE_GLOBAL);
		test_str_n(ev, LW_STR_NAME, name, sizeof(name));
		test_str_n(ev, LW_STR_TARGET, name, sizeof(name));
		feed(ev);
	}
	ev = violation(LW_KILL, LW_OUT_KILLED_BEFORE);
	ev->size = sizeof(*ev);
	memset(ev->str, 0, sizeof(ev->str));
	test_str_n(ev, LW_STR_EXE, big, LW_EXE_MAX);
	test_str_n(ev, LW_STR_ARGS, big, LW_ARGS_MAX);
	test_str_n(ev, LW_STR_PATH, big, LW_PATH_BUF);
	test_str_n(ev, LW_STR_NAME, big, LW_PATH_MAX);
	with_stack(ev, 5, LW_PY_FRAMES);
	lw_recorder_stats(rec, &before);
	feed(ev);
	lw_recorder_stats(rec, &after);
	assert_true(after.log.bytes - before.log.bytes <= LW_RECORD_MAX);
	assert_true(cJSON_IsTrue(test_get(last, "python.stack_cut")));
	assert_in_range(cJSON_GetArraySize(test_get(last, "python.stack")), 1, LW_PY_FRAMES - 1);
	assert_int_equal(strlen(test_get_str(frame_at(0), "file")), LW_PY_FILE);
	assert_int_equal(strlen(test_get_str(last, "python.culprit.file")), LW_PY_FILE);
	assert_int_equal(strlen(test_get_str(last, "file.path")), LW_PATH_BUF);
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.pickle.globals")),
			 LW_PICKLED_BYTES / (2 * LW_PICKLE_NAME + 1));
	str("rule.id", "cred");
	str("enforcement.outcome", "killed-before-effect");
	assert_non_null(test_get_str(last, "host.hostname"));
}

/* The same stack beside short strings: all that is usual fits. */
static void usual_case(void **state)
{
	char file[160];

	(void)state;
	memset(file, 'x', sizeof(file));
	for (unsigned int nr = 0; nr < LW_PY_FRAMES; nr++) {
		struct lw_py_frame *f = test_frame_n(&frame, 5, nr, file, sizeof(file), "f", 1, 1);

		assert_int_equal(lw_recorder_frame(rec, f, f->size), 0);
	}
	feed(with_stack(violation(LW_KILL, LW_OUT_KILLED_BEFORE), 5, LW_PY_FRAMES));
	assert_int_equal(cJSON_GetArraySize(test_get(last, "python.stack")), LW_PY_FRAMES);
	none("python.stack_cut");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stack),
		TEST(no_stack),
		TEST(native_thread),
		TEST(lost_frames),
		TEST(bytes_that_are_no_frame),
		TEST(started_by_python),
		TEST(cut_frames),
		TEST(pickles),
		TEST(worst_case),
		TEST(usual_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
