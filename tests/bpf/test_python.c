// SPDX-License-Identifier: Apache-2.0
/* The walk over Python frames: what arrives in their ring, before the event that names it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/python.h"
#include "base/log.h"
#include "bpfctl/bpf.h"
#include "policy/policy.h"

#define PYTHON	   "/usr/bin/python3"
#define FRAMES_MAX 32
#define EVENTS_MAX 8

static char dir[] = "/tmp/lw-python-XXXXXX", file[64];

static struct lw_bpf *bpf;
static struct lw_python *python;
static struct lw_ring *stacks, *violations, *telemetry;

/* What has arrived. */
static struct frame {
	__u64 stack;
	char file[128], name[64];
	unsigned int nr, flags, first_line, lines_len;
} frames[EVENTS_MAX * FRAMES_MAX];
static struct lw_ev events[EVENTS_MAX];
static size_t n_frames, n_events;

static void copy(char *to, size_t size, const char *from, size_t len)
{
	assert_true(len < size);
	memcpy(to, from, len);
	to[len] = '\0';
}

static int on_frame(void *arg, void *data, size_t len)
{
	const struct lw_py_frame *f = data;
	struct frame *to = &frames[n_frames++];

	(void)arg;
	assert_true(n_frames <= EVENTS_MAX * FRAMES_MAX);
	assert_int_equal(f->size, len);
	assert_int_equal(len, sizeof(*f) + f->file_len + f->name_len + f->lines_len);
	copy(to->file, sizeof(to->file), f->data, f->file_len);
	copy(to->name, sizeof(to->name), f->data + f->file_len, f->name_len);
	to->stack = f->stack;
	to->nr = f->nr;
	to->flags = f->flags;
	to->first_line = f->first_line;
	to->lines_len = f->lines_len;
	return 0;
}

/* The frames of an event are there when the event is. */
static int on_event(void *arg, void *data, size_t len)
{
	const struct lw_ev *ev = data;
	size_t found = 0;

	(void)arg;
	assert_true(len >= sizeof(*ev));
	lw_ring_read(stacks);
	if (ev->kind != LW_FILE_OPEN && ev->kind != LW_PROCESS_EXEC)
		return 0;
	for (size_t i = 0; i < n_frames; i++)
		found += frames[i].stack == ev->py_stack && frames[i].nr < ev->py_frames;
	assert_int_equal(found, ev->py_stack ? ev->py_frames : 0);
	assert_true(n_events < EVENTS_MAX);
	events[n_events++] = *ev;
	return 0;
}

static void read_rings(void)
{
	lw_ring_read(violations);
	lw_ring_read(telemetry);
}

static const struct frame *frame(const struct lw_ev *ev, unsigned int nr)
{
	for (size_t i = 0; i < n_frames; i++)
		if (frames[i].stack == ev->py_stack && frames[i].nr == nr)
			return &frames[i];
	fail_msg("no frame %u", nr);
	return NULL;
}

/* Runs a program as a loader, until it has ended. */
static void run(char *const argv[])
{
	int go[2], status;
	__u64 tag;
	pid_t pid;
	char byte;

	n_frames = n_events = 0;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (!pid) {
		if (read(go[0], &byte, 1) == 1)
			execv(argv[0], argv);
		_exit(1);
	}
	assert_int_equal(lw_bpf_tag(bpf, pid, LW_WHY_RUN, &tag), 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(go[0]);
	close(go[1]);
	read_rings();
}

static void run_python(const char *code)
{
	char *argv[] = { PYTHON, "-IS", "-c", (char *)code, file, NULL };

	lw_python_program(python, PYTHON, 10000);
	run(argv);
}

static const struct lw_ev *only(enum lw_kind kind, unsigned int violation)
{
	const struct lw_ev *found = NULL;

	for (size_t i = 0; i < n_events; i++) {
		if (events[i].kind != kind || (events[i].flags & LW_EVF_VIOLATION) != violation)
			continue;
		assert_null(found);
		found = &events[i];
	}
	assert_non_null(found);
	return found;
}

static void test_frames_of_an_open(void **state)
{
	const struct lw_ev *ev;

	(void)state;
	run_python("import sys, os\n"
		   "class Model:\n"
		   "    def load(self, n):\n"
		   "        return self.load(n - 1) if n else os.open(sys.argv[1], 0)\n"
		   "Model().load(2)\n");
	ev = only(LW_FILE_OPEN, LW_EVF_VIOLATION);
	assert_int_equal(ev->py_state, LW_PY_STACK);
	assert_int_equal(ev->py_frames, 4);
	for (unsigned int i = 0; i < 3; i++) {
		/* Up to 3.10 there are no qualified names. */
		const char *name = frame(ev, i)->name, *dot = strrchr(name, '.');

		assert_string_equal(dot ? dot + 1 : name, "load");
		assert_int_equal(frame(ev, i)->first_line, 3);
	}
	assert_string_equal(frame(ev, 3)->name, "<module>");
	for (unsigned int i = 0; i < 4; i++) {
		assert_string_equal(frame(ev, i)->file, "<string>");
		assert_int_equal(frame(ev, i)->flags, 0);
		assert_true(frame(ev, i)->lines_len > 0);
	}
}

static void test_frames_of_an_exec_outlive_it(void **state)
{
	const struct lw_ev *ev;

	(void)state;
	run_python("import os\n"
		   "def start(): os.execv('/bin/true', ['true'])\n"
		   "start()\n");
	assert_true(n_events >= 1);
	ev = &events[n_events - 1];
	assert_int_equal(ev->kind, LW_PROCESS_EXEC);
	assert_int_equal(ev->py_state, LW_PY_STACK);
	assert_int_equal(ev->py_frames, 2);
	assert_string_equal(frame(ev, 0)->name, "start");
}

static void test_a_deep_stack_is_cut(void **state)
{
	const struct lw_ev *ev;

	(void)state;
	run_python("import sys, os\n"
		   "def f(n): return f(n - 1) if n else os.open(sys.argv[1], 0)\n"
		   "f(60)\n");
	ev = only(LW_FILE_OPEN, LW_EVF_VIOLATION);
	assert_int_equal(ev->py_state, LW_PY_STACK);
	assert_int_equal(ev->py_frames, 62);
	run_python("import sys, os\n"
		   "def f(n): return f(n - 1) if n else os.open(sys.argv[1], 0)\n"
		   "f(100)\n");
	ev = only(LW_FILE_OPEN, LW_EVF_VIOLATION);
	assert_int_equal(ev->py_state, LW_PY_CUT);
	assert_int_equal(ev->py_frames, LW_PY_FRAMES);
}

static void test_no_python(void **state)
{
	char *argv[] = { "/bin/cat", file, NULL };

	(void)state;
	lw_python_program(python, argv[0], 10000);
	run(argv);
	/* Of its libraries some may not have been read yet. */
	assert_int_equal(only(LW_FILE_OPEN, LW_EVF_VIOLATION)->py_frames, 0);
	assert_true(only(LW_FILE_OPEN, LW_EVF_VIOLATION)->py_state == LW_PY_NO_PYTHON ||
		    only(LW_FILE_OPEN, LW_EVF_VIOLATION)->py_state == LW_PY_UNKNOWN);
}

static void install(void)
{
	struct lw_policy *policy = NULL;
	struct lw_report report = {};
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"version\":1,\"name\":\"t\",\"mode\":\"observe\",\"loaders\":[],\"default\":{"
		 "\"file\":\"allow\",\"exec\":\"alert\"},\"rules\":[{\"id\":\"r\",\"on\":"
		 "\"file.open\",\"path\":[\"%s\"],\"action\":\"kill\"}]}",
		 file);
	if (lw_policy_parse(text, strlen(text), "test", NULL, &policy, &report) < 0)
		fail_msg("%s", report.n ? report.items[0].message : "?");
	lw_report_free(&report);
	policy->image->hdr.gen = 1;
	assert_int_equal(lw_bpf_install(bpf, 0, policy->image), 0);
	lw_policy_free(policy);
}

static int setup(void **state)
{
	struct lw_bpf_error err;
	FILE *f;

	(void)state;
	if (!mkdtemp(dir) || lw_bpf_new(LW_GROUPS_ALL, &bpf, &err) < 0 ||
	    lw_python_new(bpf, false, &python) < 0)
		return -1;
	snprintf(file, sizeof(file), "%s/secret", dir);
	f = fopen(file, "w");
	if (!f || fclose(f))
		return -1;
	lw_bpf_settings(bpf)->mode = LW_MODE_OBSERVE;
	lw_bpf_settings(bpf)->next_tag = 1;
	install();
	if (lw_ring_open(bpf, LW_RING_ID_STACKS, on_frame, NULL, &stacks) < 0 ||
	    lw_ring_open(bpf, LW_RING_ID_VIOLATION, on_event, NULL, &violations) < 0 ||
	    lw_ring_open(bpf, LW_RING_ID_TELEMETRY, on_event, NULL, &telemetry) < 0 ||
	    lw_bpf_attach_core(bpf, &err) < 0 || lw_bpf_attach_hot(bpf, &err) < 0)
		return -1;
	return lw_bpf_activate(bpf, &err);
}

static int teardown(void **state)
{
	(void)state;
	lw_python_free(python);
	lw_ring_close(stacks);
	lw_ring_close(violations);
	lw_ring_close(telemetry);
	lw_bpf_free_later(bpf);
	unlink(file);
	rmdir(dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_of_an_open),
		cmocka_unit_test(test_frames_of_an_exec_outlive_it),
		cmocka_unit_test(test_a_deep_stack_is_cut),
		cmocka_unit_test(test_no_python),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
