// SPDX-License-Identifier: Apache-2.0
/* action/resolver.h: questions and answers, and a file system that does not answer. */
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

#include "action/resolver.h"

/* Stands for the kernel side: says what the test wants, or waits like a dead file system. */
static struct {
	struct lw_verdict verdict;
	int error;
	int hold; /* descriptor that is read first; -1: none */
	struct lw_query q;
	char path[LW_PATH_BUF];
} kernel = { .hold = -1 };

__u64 lw_bpf_tag_of_pid(struct lw_bpf *bpf, pid_t pid)
{
	(void)bpf;
	return pid == getpid() ? 7 : 0;
}

int lw_bpf_tag_get(struct lw_bpf *bpf, __u64 id, struct lw_tag *ret_tag)
{
	(void)bpf;
	(void)id;
	(void)ret_tag;
	return -ENOENT;
}

int lw_bpf_judge(struct lw_bpf *bpf, struct lw_ask *ask)
{
	char byte;

	(void)bpf;
	if (kernel.hold >= 0 && read(kernel.hold, &byte, 1) < 0)
		return -errno;
	kernel.q = ask->q;
	memcpy(kernel.path, ask->path, ask->len + 1);
	ask->verdict = kernel.verdict;
	ask->gen = 4;
	ask->len = sprintf(ask->path, "/resolved");
	return kernel.error;
}

static struct lw_ev *event(const char *name, unsigned int flags)
{
	size_t n = strlen(name);
	struct lw_ev *ev = calloc(1, sizeof(*ev) + n);

	*ev = (struct lw_ev){ .size = sizeof(*ev) + n,
			      .kind = LW_FILE_UNLINK,
			      .tag = 7,
			      .pid = getpid(),
			      .phase = LW_PHASE_LOAD,
			      .flags = flags,
			      .str = { [LW_STR_PATH] = { 0, n }, [LW_STR_NAME] = { 0, n } } };
	ev->call.op = 1;
	memcpy(ev->data, name, n);
	return ev;
}

struct got {
	int n;
	int error;
	char path[32];
	struct lw_verdict verdict;
};

static void take(struct lw_change *c, void *arg)
{
	struct got *g = arg;

	g->n++;
	g->error = c->path.error;
	g->verdict = c->path.verdict;
	snprintf(g->path, sizeof(g->path), "%.*s", (int)c->path.len, c->path.path);
}

static struct got ask(struct lw_resolver *r, const char *name, unsigned int flags)
{
	struct lw_ev *ev = event(name, flags);
	struct got got = {};

	assert_int_equal(lw_resolver_ask(r, ev), 0);
	free(ev);
	while (lw_resolver_wait(r, 10000) > 0)
		lw_resolver_read(r, take, &got);
	assert_int_equal(lw_resolver_wait(r, 0), 0);
	return got;
}

static void answers(void **state)
{
	struct lw_resolver *r;
	struct got got;

	(void)state;
	assert_int_equal(lw_resolver_new(NULL, &r), 0);
	kernel.verdict = (struct lw_verdict){ .rule = 3, .action = LW_KILL };
	got = ask(r, "/usr/../etc/some.name", LW_EVF_FIND_PATH);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.verdict.rule, 3);
	assert_string_equal(got.path, "/resolved");
	assert_string_equal(kernel.path, "some.name");
	assert_int_equal(kernel.q.kind, LW_FILE_UNLINK);
	assert_int_equal(kernel.q.access, LW_ACC_WRITE);
	assert_int_equal(kernel.q.port, 1);
	assert_int_equal(kernel.q.phase, LW_PHASE_LOAD);
	/* Nothing to add: nobody asked, it is allowed, or no such directory exists. */
	assert_int_equal(ask(r, "/etc/x", 0).n, 0);
	assert_int_equal(ask(r, "/nowhere/at/all/x", LW_EVF_FIND_PATH).n, 0);
	kernel.verdict.action = LW_ALLOW;
	assert_int_equal(ask(r, "/etc/x", LW_EVF_FIND_PATH).n, 0);
	/* It cannot be told. */
	got = ask(r, "/proc/self/./root/etc/x", LW_EVF_FIND_PATH);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.error, -EXDEV);
	kernel.error = -ENAMETOOLONG;
	assert_int_equal(ask(r, "/etc/x", LW_EVF_FIND_PATH).error, -ENAMETOOLONG);
	kernel.error = 0;
	lw_resolver_free(r);
}

static void many(void **state)
{
	struct lw_ev *ev = event("/etc/x", LW_EVF_FIND_PATH);
	struct got got = {};
	struct lw_resolver *r;

	(void)state;
	kernel.verdict = (struct lw_verdict){ .action = LW_ALERT };
	assert_int_equal(lw_resolver_new(NULL, &r), 0);
	for (int i = 0; i < 5000; i++)
		while (lw_resolver_ask(r, ev) == -EAGAIN) {
			assert_true(lw_resolver_wait(r, 10000) > 0);
			lw_resolver_read(r, take, &got);
		}
	while (lw_resolver_wait(r, 10000) > 0)
		lw_resolver_read(r, take, &got);
	assert_int_equal(got.n, 5000);
	lw_resolver_free(r);
	free(ev);
}

/* Ended with questions that nobody has answered, and answers that nobody has read. */
static void early_end(void **state)
{
	struct lw_ev *ev = event("/etc/x", LW_EVF_FIND_PATH);
	struct lw_resolver *r;

	(void)state;
	for (int n = 0; n < 300; n += 50) {
		assert_int_equal(lw_resolver_new(NULL, &r), 0);
		for (int i = 0; i < n; i++)
			assert_int_equal(lw_resolver_ask(r, ev), 0);
		lw_resolver_free(r);
	}
	lw_resolver_free(NULL);
	free(ev);
}

static void no_answer(void **state)
{
	struct lw_ev *ev = event("/etc/x", LW_EVF_FIND_PATH);
	struct lw_resolver *r;
	int hold[2], asked = 0;

	(void)state;
	assert_int_equal(pipe(hold), 0);
	kernel.hold = hold[0];
	assert_int_equal(lw_resolver_new(NULL, &r), 0);
	while (lw_resolver_ask(r, ev) == 0)
		asked++;
	assert_true(asked >= 100 && asked < 1100);
	assert_int_equal(lw_resolver_ask(r, ev), -EAGAIN);
	assert_int_equal(lw_resolver_wait(r, 10), -ETIMEDOUT);
	/* The thread is left behind with the one question that it cannot answer. */
	lw_resolver_free(r);
	free(ev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(many),
		cmocka_unit_test(early_end),
		cmocka_unit_test(no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
