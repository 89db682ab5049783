// SPDX-License-Identifier: Apache-2.0
/* action/resolve.h and action/rejudge.h: where a name leads, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/rejudge.h"
#include "base/cleanup.h"
#include "policies.h"

/* A root directory of its own:  /home/u/.ssh/  /tmp/link -> /home/u/.ssh  and others. */
static char top[64];
static int root = -1;

static void make_dir(const char *name)
{
	assert_int_equal(mkdirat(root, name, 0755), 0);
}

static void make_link(const char *target, const char *name)
{
	assert_int_equal(symlinkat(target, root, name), 0);
}

static int setup(void **state)
{
	(void)state;
	snprintf(top, sizeof(top), "/tmp/lw-resolve-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	root = open(top, O_PATH | O_DIRECTORY);
	make_dir("home");
	make_dir("home/u");
	make_dir("home/u/.ssh");
	make_dir("home/u/.ssh/deep");
	make_dir("tmp");
	make_dir("proc");
	close(openat(root, "home/u/.ssh/key", O_CREAT | O_WRONLY, 0600));
	make_link("/home/u/.ssh", "tmp/link");
	make_link("../home/u", "tmp/up");
	make_link("../../../../../home", "tmp/out");
	make_link("/home/u/.ssh/key", "tmp/file");
	make_link("/home/u/.ssh/later", "tmp/dangling");
	make_link("loop", "tmp/loop");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	close(root);
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct lw_span span(const char *s)
{
	return (struct lw_span){ s, strlen(s) };
}

/* A path below our root, as the kernel side has joined it. */
static const char *in_root(const char *path)
{
	static char buf[2][LW_PATH_BUF];
	static int i;
	char *p = buf[i++ & 1];

	snprintf(p, LW_PATH_BUF, "%s%s", top, path);
	return p;
}

/* The path that a name leads to, -errno when to none. */
static ssize_t path_at(int at, const struct lw_name *name, char ret_path[static LW_PATH_BUF])
{
	char last[LW_NAME_MAX + 1], link[64];
	_cleanup_close_ int fd = lw_resolve(at, name, last);
	ssize_t n;

	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, PATH_MAX);
	assert_true(n > 0 && n < PATH_MAX);
	assert_null(strchr(last, '/'));
	return n + sprintf(ret_path + n, "%s%s", *last ? "/" : "", last);
}

static void expect_at(const char *raw, const char *joined, bool follow, const char *want)
{
	struct lw_name name = { .raw = span(raw),
				.joined = span(in_root(joined)),
				.follow = follow };
	char path[LW_PATH_BUF];
	ssize_t n = path_at(root, &name, path);

	if (n < 0)
		print_message("%s at %s: %zd\n", raw, joined, n);
	assert_true(n > 0);
	assert_string_equal(path, in_root(want));
}

static void absolute(void **state)
{
	(void)state;
	expect_at("/home/u/.ssh/key", "/home/u/.ssh/key", false, "/home/u/.ssh/key");
	expect_at("/tmp/link/key", "/tmp/link/key", false, "/home/u/.ssh/key");
	expect_at("//tmp/./link//new", "/tmp/link/new", false, "/home/u/.ssh/new");
	expect_at("/tmp/link/../x", "/tmp/x", false, "/home/u/x");
	expect_at("/tmp/link/deep/../../x", "/tmp/x", false, "/home/u/x");
	/* ".." stops at the root of the process. */
	expect_at("/../../tmp/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("/tmp/out/u/x", "/tmp/out/u/x", false, "/home/u/x");
	/* The symlink itself, or what it leads to. */
	expect_at("/tmp/file", "/tmp/file", false, "/tmp/file");
	expect_at("/tmp/file", "/tmp/file", true, "/home/u/.ssh/key");
	expect_at("/tmp/link/", "/tmp/link", false, "/home/u/.ssh");
	expect_at("/tmp/link/deep/..", "/tmp/link", false, "/home/u/.ssh");
	expect_at("/tmp/link/.", "/tmp/link", false, "/home/u/.ssh");
	expect_at("/x", "/x", false, "/x");
	expect_at("/tmp/dangling", "/tmp/dangling", true, "/tmp/dangling");
	expect_at("/tmp/up/.ssh/gone/", "/tmp/up/.ssh/gone", false, "/home/u/.ssh/gone");
}

static void relative(void **state)
{
	(void)state;
	expect_at("link/key", "/tmp/link/key", false, "/home/u/.ssh/key");
	expect_at("./link/../x", "/tmp/x", false, "/home/u/x");
	/* From /tmp/sub: the directory is an object, so ".." of it is known. */
	expect_at("../link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("../../tmp/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("..", "/home/u", false, "/home/u");
	expect_at("link/", "/tmp/link", false, "/home/u/.ssh");
	/* What stands in front of the rest is what the kernel side found behind the magic link. */
	expect_at("/proc/self/cwd/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("/proc/self/fd/12/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("/dev/fd/12/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
	expect_at("/proc/self/root/tmp/link/x", "/tmp/link/x", false, "/home/u/.ssh/x");
}

static ssize_t resolve(const char *raw, const char *joined)
{
	struct lw_name name = { .raw = span(raw), .joined = span(joined) };
	char path[LW_PATH_BUF];

	return path_at(root, &name, path);
}

static void refused(void **state)
{
	char name[PATH_MAX + 1];

	(void)state;
	assert_int_equal(resolve("/nowhere/x", in_root("/nowhere/x")), -ENOENT);
	assert_int_equal(resolve("/home/u/.ssh/key/x", in_root("/home/u/.ssh/key/x")), -ENOTDIR);
	assert_int_equal(resolve("/tmp/loop/x", in_root("/tmp/loop/x")), -ELOOP);
	/* Up from behind a name that may be a symlink: the start is not known. */
	assert_int_equal(resolve("a/../../x", in_root("/home/x")), -EXDEV);
	/* Not below the process's root. */
	assert_int_equal(resolve("a/x", "/elsewhere/a/x"), -EXDEV);
	assert_int_equal(resolve("a/x", "/x"), -EXDEV);
	memset(name, 'a', PATH_MAX);
	name[PATH_MAX] = '\0';
	name[0] = '/';
	assert_int_equal(resolve(name, in_root("/x")), -ENAMETOOLONG);
}

static void magic(void **state)
{
	_cleanup_close_ int real = open("/", O_PATH | O_DIRECTORY);
	struct lw_name name = { .raw = span("/proc/self/task/../root/etc/x"),
				.joined = span("/proc/self/root/etc/x") };
	char path[LW_PATH_BUF];

	(void)state;
	/* Spelled in a way that the kernel side does not know: nobody follows it. */
	assert_int_equal(path_at(real, &name, path), -EXDEV);
}

/* Any bytes: nothing but an answer or an error. */
static void hostile(void **state)
{
	static const char alphabet[] = "/..a/\1proc/self/fd/0cwdroot\xff";
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char raw[48], joined[48], path[LW_PATH_BUF];
		struct lw_name name = { .raw = { raw, 1 + rnd(&seed, sizeof(raw) - 1) },
					.joined = { joined, 1 + rnd(&seed, sizeof(joined) - 1) },
					.follow = rnd(&seed, 2) };
		ssize_t n;

		for (size_t k = 0; k < sizeof(raw); k++) {
			raw[k] = alphabet[rnd(&seed, sizeof(alphabet) - 1)];
			joined[k] = alphabet[rnd(&seed, sizeof(alphabet) - 1)];
		}
		n = path_at(root, &name, path);
		if (n > 0) /* never outside of the root */
			assert_memory_equal(path, top, strlen(top));
	}
}

/* An event with names, in memory of its own. */
static struct lw_ev *event(unsigned int kind, const char *path, const char *target)
{
	size_t n = strlen(path), t = target ? strlen(target) : 0;
	struct lw_ev *ev = calloc(1, sizeof(*ev) + n + t);

	ev->size = sizeof(*ev) + n + t;
	ev->kind = kind;
	ev->tag = 1;
	ev->rule = LW_RULE_NONE;
	ev->gen = 3;
	ev->flags = LW_EVF_PATH_IS_NAME | LW_EVF_UNASKED | LW_EVF_FIND_PATH;
	ev->str[LW_STR_PATH].len = n;
	ev->str[LW_STR_TARGET] = (struct lw_str){ .off = n, .len = t };
	memcpy(ev->data, path, n);
	if (t)
		memcpy(ev->data + n, target, t);
	return ev;
}

struct rejudged {
	const char *path, *target; /* where they lead, where there is something to add */
	unsigned int by_path, by_target;
	int error;	  /* of the path */
	unsigned int had; /* action that the kernel has found */
	int rule;	  /* -1: nothing to add; the rules here have the number of their action */
	bool target_decides;
};

static struct lw_found found(const char *path, unsigned int action, int error)
{
	return (struct lw_found){ .error = error,
				  .path = (char *)path,
				  .len = path ? strlen(path) : 0,
				  .gen = 9,
				  .verdict = { .rule = action, .action = action } };
}

static void check_rejudged(const struct rejudged *t)
{
	struct lw_change c = { .ev = event(LW_FILE_RENAME, "/x/old", "/x/new"),
			       .path = found(t->path, t->by_path, t->error),
			       .target = found(t->target, t->by_target, 0) };
	const struct lw_ev *checked;
	struct lw_span path, target;
	int r;

	c.ev->action = t->had;
	r = lw_rejudge(&c);
	assert_int_equal(r, t->rule >= 0);
	if (r) {
		assert_int_equal(lw_ev_check(c.ev, c.ev->size, &checked), 0);
		assert_int_equal(c.ev->rule, t->rule);
		assert_int_equal(c.ev->backend, LW_BE_USER);
		assert_int_equal(c.ev->outcome, LW_OUT_ALERTED);
		assert_int_equal(c.ev->gen, t->path || t->target ? 9 : 3);
		assert_true(c.ev->flags & LW_EVF_VIOLATION);
		assert_int_equal(!!(c.ev->flags & LW_EVF_TARGET), t->target_decides);
		path = lw_ev_str(c.ev, LW_STR_PATH);
		target = lw_ev_str(c.ev, LW_STR_TARGET);
		assert_memory_equal(path.s, t->path ? t->path : "/x/old", path.len);
		assert_memory_equal(target.s, t->target ? t->target : "/x/new", target.len);
	}
	free(c.ev);
}

static void rejudge(void **state)
{
	static const struct rejudged cases[] = {
		{ NULL, NULL, 0, 0, 0, LW_ALLOW, -1, false },
		{ "/a", NULL, LW_ALERT, 0, 0, LW_ALLOW, LW_ALERT, false },
		{ "/a", "/kept", LW_ALERT, LW_KILL, 0, LW_ALLOW, LW_KILL, true },
		{ NULL, "/kept", 0, LW_KILL, 0, LW_ALERT, LW_KILL, true },
		{ "/kept/longer", "/a", LW_KILL, LW_ALERT, 0, LW_ALLOW, LW_KILL, false },
		/* Never less than the kernel has said, and nothing twice. */
		{ "/a", NULL, LW_ALERT, 0, 0, LW_ALERT, -1, false },
		{ "/a", NULL, LW_KILL, 0, 0, LW_KILL, -1, false },
		{ NULL, NULL, 0, 0, -ELOOP, LW_ALLOW, LW_RULE_UNRESOLVED, false },
		{ NULL, NULL, 0, 0, -ELOOP, LW_ALERT, -1, false },
		{ NULL, "/kept", 0, LW_KILL, -ELOOP, LW_ALLOW, LW_KILL, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_rejudged(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute), cmocka_unit_test(relative), cmocka_unit_test(refused),
		cmocka_unit_test(magic),    cmocka_unit_test(hostile),	cmocka_unit_test(rejudge),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
