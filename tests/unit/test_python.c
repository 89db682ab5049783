// SPDX-License-Identifier: Apache-2.0
/* enrich/culprit.h, enrich/python.h: whose code it is, which frame is shown, why there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "enrich/python.h"
#include "python_frames.h"

static struct lw_stacks *stacks;
static struct test_frame t;
static uint64_t last;

static int setup(void **state)
{
	(void)state;
	last = 0;
	return lw_stacks_new(LW_STACKS_BYTES, &stacks);
}

static int teardown(void **state)
{
	(void)state;
	lw_stacks_free(stacks);
	return 0;
}

static const struct lw_stack *stack_of(const char *const *files)
{
	last++;
	for (unsigned int nr = 0; files[nr]; nr++) {
		struct lw_py_frame *f = test_frame(&t, last, nr, files[nr], "f", 1);

		assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
	}
	return lw_stacks_find(stacks, last);
}

static void whose_code(void **state)
{
	static const struct {
		const char *file;
		enum lw_code code;
	} cases[] = {
		{ "", LW_CODE_NO_FILE },
		{ "<string>", LW_CODE_NO_FILE },
		{ "<frozen importlib._bootstrap>", LW_CODE_NO_FILE },
		{ "/usr/lib/python3.11/os.py", LW_CODE_LIBRARY },
		{ "/opt/python/lib64/python3.9/json/__init__.py", LW_CODE_LIBRARY },
		{ "/usr/lib/python311.zip/os.py", LW_CODE_LIBRARY },
		{ "/opt/free/lib/python3.13t/os.py", LW_CODE_LIBRARY },
		{ "/usr/lib/python3/dist-packages/torch/hub.py", LW_CODE_LIBRARY },
		{ "/v/lib/python3.12/site-packages/torch/hub.py", LW_CODE_LIBRARY },
		{ "/v/site-packages/transformers_modules/x.py", LW_CODE_LIBRARY },
		{ "/v/site-packages/x/hubconf.py", LW_CODE_LIBRARY },
		{ "/h/modules/transformers_modules/acme/x/0123/modeling_x.py", LW_CODE_MODEL },
		{ "/h/transformers_modules/acme/site-packages/x.py", LW_CODE_MODEL },
		{ "/h/transformers_modules/a/lib/python3.11/os.py", LW_CODE_MODEL },
		{ "/h/diffusers_modules/git/x.py", LW_CODE_MODEL },
		{ "/h/hub/models--acme--x/snapshots/0123/modeling_x.py", LW_CODE_MODEL },
		{ "/h/hub/models--acme--x/blobs/0123", LW_CODE_OTHER },
		{ "/h/hub/models--acme--x/x/snapshots/0123/x.py", LW_CODE_OTHER },
		{ "/h/torch/hub/acme_x_main/hubconf.py", LW_CODE_MODEL },
		{ "/hubconf.py", LW_CODE_MODEL },
		{ "/home/u/nothubconf.py", LW_CODE_OTHER },
		{ "hubconf.py", LW_CODE_OTHER },
		{ "/home/u/serve.py", LW_CODE_OTHER },
		{ "serve.py", LW_CODE_OTHER },
		{ "/home/u/lib/python3", LW_CODE_OTHER },
		{ "/home/u/lib/python3.", LW_CODE_OTHER },
		{ "/home/u/lib/python3./x.py", LW_CODE_OTHER },
		{ "/home/u/lib/python3.11", LW_CODE_OTHER },
		{ "/home/u/lib/python3.11x/a.py", LW_CODE_OTHER },
		{ "/home/u/lib/python3x/a.py", LW_CODE_OTHER },
		{ "/home/u/lib/python311/a.py", LW_CODE_OTHER },
		{ "/models--", LW_CODE_OTHER },
		{ "/models--a/snapshots", LW_CODE_OTHER },
		{ "/site-packages", LW_CODE_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].file);
		char *copy = malloc(len ? len : 1); /* of its own size: a byte too much is seen */
		enum lw_code have;

		memcpy(copy, cases[i].file, len);
		have = lw_code_of((struct lw_span){ copy, len });
		if (have != cases[i].code)
			fail_msg("%s: %d", cases[i].file, have);
		free(copy);
	}
}

static bool owns(void *arg, struct lw_span file)
{
	size_t len = strlen(arg);

	return file.len > len && !memcmp(file.s, arg, len);
}

static void culprit(const char *const *files, const char *dir, const char *want)
{
	const struct lw_model_code model = { dir ? owns : NULL, (void *)dir };
	const struct lw_frame *f = lw_culprit(stack_of(files), &model);

	if (!want) {
		assert_null(f);
		return;
	}
	assert_non_null(f);
	assert_int_equal(f->file_len, strlen(want));
	assert_memory_equal(f->data, want, strlen(want));
}

#define FILES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define LIB	   "/usr/lib/python3.11/subprocess.py"

static void which_frame(void **state)
{
	(void)state;
	culprit(FILES(LIB, "/m/transformers_modules/a.py", "/m/transformers_modules/b.py", "/u.py"),
		NULL, "/m/transformers_modules/a.py");
	/* The model's code counts before code that runs nearer to the effect. */
	culprit(FILES("/tmp/x.py", LIB, "/h/hubconf.py", "/u.py"), NULL, "/h/hubconf.py");
	culprit(FILES("<string>", LIB, "/u1.py", "/u2.py"), NULL, "/u1.py");
	culprit(FILES("<string>", LIB, "<frozen runpy>"), NULL, NULL);
	/* A directory that only the models' table knows, be it named as a library. */
	culprit(FILES("/u1.py", "/m/site-packages/a.py", "/u2.py"), "/m/", "/m/site-packages/a.py");
	culprit(FILES("<string>", "/u.py"), "<", "/u.py");
}

static void find(struct lw_ev *ev, const struct lw_stack *own, const struct lw_proc *proc,
		 struct lw_python *ret)
{
	const struct lw_model_code model = {};

	lw_python_of(ev, own, proc, &model, ret);
}

static void own_stacks(void **state)
{
	const struct lw_stack *s = stack_of(FILES(LIB, "/u.py"));
	struct lw_origin origin = { .pid = 5, .stack = (struct lw_stack *)s, .cut = true };
	struct lw_proc proc = { .origin = &origin };
	struct lw_ev ev = { .py_state = LW_PY_STACK, .py_frames = 2 };
	struct lw_python py;

	(void)state;
	find(&ev, s, &proc, &py);
	assert_ptr_equal(py.stack, s);
	assert_ptr_equal(py.culprit, s->oldest);
	assert_null(py.origin);
	assert_false(py.cut);
	assert_string_equal(py.reason, "");
	ev.py_state = LW_PY_CUT;
	find(&ev, s, &proc, &py);
	assert_true(py.cut);
	/* A frame was lost: what there is is shown. */
	ev.py_frames = 3;
	find(&ev, s, &proc, &py);
	assert_ptr_equal(py.stack, s);
	assert_string_equal(py.reason, "frames were lost");
	find(&ev, NULL, &proc, &py);
	assert_null(py.stack);
	assert_null(py.origin);
	assert_string_equal(py.reason, "frames were lost");
	ev.py_frames = 1;
	find(&ev, stack_of(FILES(LIB)), NULL, &py);
	assert_null(py.culprit);
	assert_string_equal(py.reason, "only libraries and code without a file");
}

static void why_not(void **state)
{
	static const struct {
		enum lw_py_state state;
		unsigned int minor;
		bool origin; /* may that of an exec before stand in? */
		const char *reason;
	} cases[] = {
		{ LW_PY_NONE, 0, false, "not looked for" },
		{ LW_PY_NO_PYTHON, 0, true, "no Python in this process" },
		{ LW_PY_UNKNOWN, 0, true, "files of the process not read yet" },
		{ LW_PY_UNSUPPORTED, 16, true, "unsupported: CPython 3.16" },
		{ LW_PY_UNSUPPORTED, 255, true, "unsupported: CPython 3.255" },
		{ LW_PY_UNSUPPORTED, 0, true, "unsupported: CPython of an unknown version" },
		{ LW_PY_NATIVE, 11, false, "native thread" },
		{ LW_PY_UNREADABLE, 11, false, "memory of the interpreter could not be read" },
		{ LW_PY_MANY_THREADS, 11, false, "too many threads" },
		{ LW_PY_ELSEWHERE, 0, false, "seen outside of the process" },
		{ LW_PY_LOST, 11, false, "frames were lost" },
	};
	const struct lw_stack *s = stack_of(FILES("/u.py"));
	struct lw_origin origin = { .pid = 5, .stack = (struct lw_stack *)s, .cut = true };
	struct lw_proc proc = { .origin = &origin }, bare = {};
	struct lw_python py;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lw_ev ev = { .py_state = cases[i].state,
				    .py_minor = cases[i].minor,
				    .py_frames = cases[i].state == LW_PY_LOST };

		find(&ev, NULL, &proc, &py);
		assert_string_equal(py.reason, cases[i].reason);
		assert_int_equal(py.native, cases[i].state == LW_PY_NATIVE);
		assert_ptr_equal(py.origin, cases[i].origin ? &origin : NULL);
		assert_ptr_equal(py.culprit, cases[i].origin ? s->newest : NULL);
		assert_int_equal(py.cut, cases[i].origin);
		find(&ev, NULL, &bare, &py);
		assert_null(py.stack);
		assert_string_equal(py.reason, cases[i].reason);
		find(&ev, NULL, NULL, &py);
		assert_null(py.stack);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whose_code),
		TEST(which_frame),
		TEST(own_stacks),
		TEST(why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
