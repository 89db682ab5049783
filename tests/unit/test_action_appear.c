// SPDX-License-Identifier: Apache-2.0
/* Names that appear in watched directories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/appear.h"

static char base[] = "/tmp/loadward-appear-XXXXXX";

struct seen {
	char text[4096];
	int n;
};

static void note(const char *path, bool is_dir, void *arg)
{
	struct seen *s = arg;

	assert_int_equal(strncmp(path, base, strlen(base)), 0);
	s->n++;
	if (strlen(s->text) < sizeof(s->text) - 512) {
		strcat(s->text, path + strlen(base));
		strcat(s->text, is_dir ? "/ " : " ");
	}
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(path_of(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void expect(struct lw_appear *a, const char *text)
{
	struct seen s = {};

	assert_int_equal(lw_appear_read(a, note, &s), 0);
	assert_string_equal(s.text, text);
}

static int make(void **state)
{
	assert_non_null(mkdtemp(base));
	return lw_appear_new((struct lw_appear **)state);
}

static int take_away(void **state)
{
	char command[128];

	lw_appear_free(*state);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", base);
	return system(command);
}

static void test_names(void **state)
{
	struct lw_appear *a = *state;

	expect(a, "");
	assert_int_equal(lw_appear_watch(a, base), 0);
	assert_int_equal(lw_appear_watch(a, base), 0);
	make_file("one");
	assert_int_equal(mkdir(path_of("sub"), 0700), 0);
	make_file("sub/unseen");
	expect(a, "/one /sub/ ");
	assert_int_equal(lw_appear_watch(a, path_of("sub")), 0);
	make_file("sub/two");
	expect(a, "/sub/two ");
	/* Only what comes. */
	assert_int_equal(unlink(path_of("one")), 0);
	expect(a, "");
}

static void test_what_cannot_be_watched(void **state)
{
	make_file("file");
	assert_int_equal(lw_appear_watch(*state, path_of("file")), -ENOTDIR);
	assert_int_equal(lw_appear_watch(*state, path_of("none")), -ENOENT);
	lw_appear_clear(*state);
	expect(*state, "");
}

/* A directory that goes, and one that comes in its place. */
static void test_directory_goes(void **state)
{
	struct lw_appear *a = *state;

	assert_int_equal(mkdir(path_of("gone"), 0700), 0);
	assert_int_equal(lw_appear_watch(a, path_of("gone")), 0);
	assert_int_equal(rmdir(path_of("gone")), 0);
	expect(a, "");
	assert_int_equal(mkdir(path_of("gone"), 0700), 0);
	make_file("gone/unseen");
	expect(a, "");
	assert_int_equal(lw_appear_watch(a, path_of("gone")), 0);
	make_file("gone/seen");
	expect(a, "/gone/seen ");
}

static void test_clear(void **state)
{
	struct lw_appear *a = *state;

	assert_int_equal(lw_appear_watch(a, base), 0);
	make_file("before");
	lw_appear_clear(a);
	make_file("after");
	expect(a, ""); /* of a directory that is not watched any more */
	assert_int_equal(lw_appear_watch(a, base), 0);
	make_file("again");
	expect(a, "/again ");
}

/* More than the kernel keeps is said, and what was kept is given. */
static void test_overflow(void **state)
{
	struct lw_appear *a = *state;
	struct seen s = {};
	char name[32];
	FILE *f = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
	int max = 0;

	if (!f || fscanf(f, "%d", &max) != 1 || max > 20000) {
		if (f)
			fclose(f);
		skip();
	}
	fclose(f);
	assert_int_equal(lw_appear_watch(a, base), 0);
	for (int i = 0; i < max + 10; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		make_file(name);
		unlink(path_of(name));
	}
	assert_int_equal(lw_appear_read(a, note, &s), -EOVERFLOW);
	assert_true(s.n > 0);
	expect(a, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_what_cannot_be_watched),
		cmocka_unit_test(test_directory_goes),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, make, take_away);
}
