// SPDX-License-Identifier: Apache-2.0
/* enrich/source: which files are read, with whose rights, and which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "enrich/source.h"
#include "lw_limits.h"

static char dir[] = "/tmp/lw-source-XXXXXX";
static char text[LW_SOURCE_TEXT];
static struct lw_sources *sources;
static struct lw_source_at at;

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *content, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	fclose(f);
}

static int read_at(const char *name, uint32_t line)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", path_of(name));
	at.file = path;
	at.file_len = strlen(path);
	at.line = line;
	return lw_sources_read(sources, &at, text, sizeof(text));
}

static void expect(const char *name, uint32_t line, const char *want)
{
	assert_int_equal(read_at(name, line), strlen(want));
	assert_string_equal(text, want);
}

static int setup(void **state)
{
	struct stat root, ns;

	(void)state;
	if (!mkdtemp(dir) || stat("/", &root) || stat("/proc/self/ns/mnt", &ns) || chmod(dir, 0755))
		return -1;
	at = (struct lw_source_at){ .pid = getpid(),
				    .root_ino = root.st_ino,
				    .root_dev = major(root.st_dev) << 20 | minor(root.st_dev),
				    .mnt_ns = ns.st_ino,
				    .uid = geteuid(),
				    .gid = getegid(),
				    .before = INT64_MAX };
	return lw_sources_new(&sources);
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	lw_sources_free(sources);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void lines(void **state)
{
	static const char mixed[] = "one\n\n  two \t\r\nthree\rfour\r\r\nsix\n\nlast";

	(void)state;
	write_file("a.py", mixed, sizeof(mixed) - 1);
	expect("a.py", 1, "one");
	assert_int_equal(read_at("a.py", 2), -ENODATA);
	expect("a.py", 3, "two");
	expect("a.py", 4, "three");
	expect("a.py", 5, "four");
	assert_int_equal(read_at("a.py", 6), -ENODATA);
	expect("a.py", 7, "six");
	expect("a.py", 9, "last");
	assert_int_equal(read_at("a.py", 10), -ENODATA);
	assert_int_equal(read_at("a.py", UINT32_MAX), -ENODATA);
	assert_int_equal(read_at("a.py", 0), -EINVAL);
}

static void long_lines(void **state)
{
	char *big = malloc(LW_SOURCE_FILE_MAX + 16);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', LW_SOURCE_FILE_MAX);
	memcpy(big + LW_SOURCE_FILE_MAX, "\nnext\n", 6);
	write_file("long.py", big, LW_SOURCE_FILE_MAX + 6);
	free(big);
	assert_int_equal(read_at("long.py", 1), LW_SOURCE_TEXT - 1);
	assert_int_equal(read_at("long.py", 2), -ENODATA);
}

static void only_sources(void **state)
{
	char target[PATH_MAX];

	(void)state;
	write_file("secret", "key\n", 4);
	assert_int_equal(read_at("secret", 1), -EINVAL);
	snprintf(target, sizeof(target), "%s", path_of("secret"));
	assert_int_equal(symlink(target, path_of("link.py")), 0);
	assert_int_equal(read_at("link.py", 1), -EINVAL);
	assert_int_equal(symlink("/proc/self/fd/0", path_of("magic.py")), 0);
	assert_true(read_at("magic.py", 1) < 0);
	assert_int_equal(mkfifo(path_of("fifo.py"), 0600), 0);
	assert_int_equal(read_at("fifo.py", 1), -EINVAL);
	assert_int_equal(mkdir(path_of("dir.py"), 0700), 0);
	assert_int_equal(read_at("dir.py", 1), -EINVAL);
	assert_int_equal(read_at("absent.py", 1), -ENOENT);
	at.file = "relative.py";
	at.file_len = strlen(at.file);
	assert_int_equal(lw_sources_read(sources, &at, text, sizeof(text)), -EINVAL);
	at.file = "/tmp/a\0b.py";
	at.file_len = 11;
	assert_int_equal(lw_sources_read(sources, &at, text, sizeof(text)), -EINVAL);
}

static void a_link_to_a_source(void **state)
{
	(void)state;
	write_file("blob.py", "x = 1\n", 6);
	assert_int_equal(symlink("blob.py", path_of("snapshot.py")), 0);
	expect("snapshot.py", 1, "x = 1");
}

static void with_its_rights(void **state)
{
	uid_t uid = at.uid;
	gid_t gid = at.gid;

	(void)state;
	write_file("mine.py", "x = 1\n", 6);
	assert_int_equal(chmod(path_of("mine.py"), geteuid() ? 0 : 0600), 0);
	if (!geteuid())
		at.uid = at.gid = 65534;
	assert_int_equal(read_at("mine.py", 1), -EACCES);
	at.uid = uid;
	at.gid = gid;
	assert_int_equal(chmod(path_of("mine.py"), 0600), 0);
	expect("mine.py", 1, "x = 1");
}

static void another_file_now(void **state)
{
	(void)state;
	write_file("late.py", "x = 1\n", 6);
	at.before = 1;
	assert_int_equal(read_at("late.py", 1), -ESTALE);
	at.before = INT64_MAX;
	expect("late.py", 1, "x = 1");
}

static void another_root(void **state)
{
	(void)state;
	write_file("here.py", "x = 1\n", 6);
	at.root_ino++;
	assert_int_equal(read_at("here.py", 1), -ENOENT);
	at.root_ino--;
	at.mnt_ns++;
	assert_int_equal(read_at("here.py", 1), -ENOENT);
	at.mnt_ns--;
	expect("here.py", 1, "x = 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),	   cmocka_unit_test(long_lines),
		cmocka_unit_test(only_sources),	   cmocka_unit_test(a_link_to_a_source),
		cmocka_unit_test(with_its_rights), cmocka_unit_test(another_file_now),
		cmocka_unit_test(another_root),
	};

	return cmocka_run_group_tests_name("source", tests, setup, teardown);
}
