// SPDX-License-Identifier: Apache-2.0
/* What a policy says of files that exist: symlinks in its globs, and lw_policy_walk_named(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies.h"

static char base[] = "/tmp/loadward-walk-XXXXXX"; /* tmpfs or disk: is_dir is seen on both */
static char real_base[4096];

static void make_file(const char *name)
{
	char path[sizeof(real_base) + 256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", real_base, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void make_dir(const char *name)
{
	char path[sizeof(real_base) + 256];

	snprintf(path, sizeof(path), "%s/%s", real_base, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const char *to, const char *name)
{
	char path[sizeof(real_base) + 256];

	snprintf(path, sizeof(path), "%s/%s", real_base, name);
	assert_int_equal(symlink(to, path), 0);
}

static int make_tree(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(base));
	assert_non_null(realpath(base, real_base));
	make_dir("home");
	make_dir("home/a");
	make_dir("home/a/.ssh");
	make_file("home/a/.ssh/id_rsa");
	make_dir("home/a/.ssh/keys");
	make_file("home/a/.ssh/keys/k1");
	make_file("home/a/.bashrc");
	make_dir("home/b");
	make_dir("home/b/.ssh");
	make_dir("other");
	make_file("other/secret");
	/* A loop, and a directory behind a link: neither is entered. */
	make_link("..", "home/a/.ssh/up");
	make_link("../../../other", "home/b/.ssh/far");
	make_link("home", "way");
	/* Masked: everybody opens the device. */
	make_link("/dev/null", "home/a/.ssh/masked");
	return 0;
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf -- '%s'", base);
	return system(command);
}

/* @B in a policy is the tree. */
static char *with_base(const char *text)
{
	char *made = malloc(8192), *p = made;

	for (; *text; text++) {
		if (strncmp(text, "@B", 2) == 0) {
			p = stpcpy(p, real_base);
			text++;
		} else {
			*p++ = *text;
		}
	}
	*p = '\0';
	return made;
}

static struct lw_policy *parse_tree(const char *text)
{
	char *made = with_base(text);
	struct lw_policy *policy = must_parse(made);

	free(made);
	return policy;
}

struct seen {
	const struct lw_policy *policy;
	char text[4096];
	int n;
};

static int note(const char *path, bool is_dir, __u32 state, void *arg)
{
	const struct lw_image *img = ((struct seen *)arg)->policy->image;
	struct seen *s = arg;
	__u32 want = img->hdr.start;

	for (const char *p = path; *p; p++)
		want = lw_dfa_next(img, want, *p);
	if (is_dir)
		want = lw_dfa_next(img, want, '/');
	assert_int_equal(state, want);
	assert_int_not_equal(state, 0);
	assert_int_equal(strncmp(path, real_base, strlen(real_base)), 0);
	s->n++;
	snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%s%s\n",
		 path + strlen(real_base), is_dir ? "/" : "");
	return 0;
}

static bool has(const struct seen *s, const char *line)
{
	const char *p = strstr(s->text, line);

	return p && (p == s->text || p[-1] == '\n') && p[strlen(line)] == '\n';
}

static void test_walk(void **state)
{
	struct lw_policy *p = parse_tree(
		"{\"version\":1,\"name\":\"t\",\"rules\":["
		"{\"id\":\"ok\",\"on\":\"file.open\",\"path\":\"@B/home/a/.ssh/keys/k1\","
		"\"action\":\"allow\"},"
		"{\"id\":\"ssh\",\"on\":\"file.open\",\"path\":\"@B/home/*/.ssh/**\",\"action\":"
		"\"kill\"},"
		"{\"id\":\"rc\",\"on\":\"file.open\",\"path\":\"@B/{home,x}/a/.*rc\",\"action\":"
		"\"alert\"},"
		"{\"id\":\"gone\",\"on\":\"file.open\",\"path\":[\"@B/none/**\",\"/**/x\"],"
		"\"action\":\"kill\"},"
		"{\"id\":\"free\",\"on\":\"file.open\",\"path\":\"@B/other/**\",\"action\":"
		"\"allow\"}]}");
	struct seen s = { .policy = p };

	(void)state;
	assert_int_equal(lw_policy_walk_named(p, 100, note, &s), 7);
	assert_true(has(&s, "/home/a/.ssh/"));
	assert_true(has(&s, "/home/a/.ssh/id_rsa"));
	assert_true(has(&s, "/home/a/.ssh/keys/"));
	assert_true(has(&s, "/home/a/.ssh/up"));
	assert_true(has(&s, "/home/a/.bashrc"));
	assert_true(has(&s, "/home/b/.ssh/"));
	assert_true(has(&s, "/home/b/.ssh/far"));
	/* Allowed by an earlier rule, and not below any glob that forbids. */
	assert_false(has(&s, "/home/a/.ssh/keys/k1"));
	assert_false(has(&s, "/home/a/.ssh/masked"));
	assert_int_equal(s.n, 7);
	s.n = 0;
	assert_int_equal(lw_policy_walk_named(p, 3, note, &s), -E2BIG);
	assert_int_equal(s.n, 3);
	lw_policy_free(p);
}

static int stop(const char *path, bool is_dir, __u32 state, void *arg)
{
	(void)path;
	(void)is_dir;
	(void)state;
	(void)arg;
	return -EINTR;
}

/* A literal part that leads through a symlink is followed; the walk ends when it is told to. */
static void test_walk_link(void **state)
{
	static const char text[] =
		"{\"version\":1,\"name\":\"t\",\"rules\":[{\"id\":\"a\",\"on\":\"file.open\","
		"\"path\":\"@B/way/a/.ssh/id_*\",\"action\":\"kill\"}]}";
	struct lw_policy *p = parse_tree(text);
	struct seen s = { .policy = p };

	(void)state;
	assert_int_equal(lw_policy_walk_named(p, 100, note, &s), 1);
	assert_true(has(&s, "/way/a/.ssh/id_rsa"));
	assert_int_equal(lw_policy_walk_named(p, 100, stop, NULL), -EINTR);
	lw_policy_free(p);
}

static void check_link(const char *paths, const char *hint)
{
	char text[1024], *made;
	struct lw_policy *policy;
	struct lw_report report;

	snprintf(text, sizeof(text),
		 "{\"version\":1,\"name\":\"t\",\"rules\":[{\"id\":\"a\",\"on\":\"file.open\","
		 "\"path\":[%s],\"action\":\"kill\"}]}",
		 paths);
	made = with_base(text);
	assert_int_equal(lw_policy_parse(made, strlen(made), NULL, &test_env, &policy, &report), 0);
	free(made);
	if (report.n != (hint != NULL))
		print_report(&report);
	assert_int_equal(report.n, hint != NULL);
	if (hint) {
		made = with_base(hint);
		assert_int_equal(report.items[0].level, LW_PROBLEM_WARNING);
		assert_string_equal(report.items[0].pointer, "/rules/0/path/0");
		assert_non_null(strstr(report.items[0].message, "is a symlink here"));
		assert_non_null(strstr(report.items[0].hint, made));
		free(made);
	}
	lw_report_free(&report);
	lw_policy_free(policy);
}

static void test_symlinks(void **state)
{
	(void)state;
	check_link("\"@B/way/a/x\"", "@B/home/a/x");
	check_link("\"@B/way/**\"", "@B/home/**");
	check_link("\"@B/way\"", "@B/home");
	check_link("\"@B/{x,way}/a*\"", "@B/home/a*");
	check_link("\"@B/home/a/*\"", NULL);
	/* The last component before a wildcard is not whole. */
	check_link("\"@B/way*\"", NULL);
	/* The resolved path is named as well. */
	check_link("\"@B/way/a/x\",\"@B/home/a/x\"", NULL);
	check_link("\"@B/{home,way}/a/*\"", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_walk_link),
		cmocka_unit_test(test_symlinks),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
