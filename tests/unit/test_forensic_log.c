// SPDX-License-Identifier: Apache-2.0
/* forensic/log.h: directories that cannot be used, disks that fill up, lines that stay whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forensic/log.h"
#include "lw_limits.h"

static char dir[] = "/tmp/loadward-test-forensic-XXXXXX";
static char sub[128];

static int run(const char *command)
{
	return system(command);
}

static int fresh(void **state)
{
	(void)state;
	strcpy(strrchr(dir, '-'), "-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(sub, sizeof(sub), "%s/log", dir);
	return 0;
}

static int clean(void **state)
{
	char command[256];

	(void)state;
	umount2(sub, MNT_DETACH);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", dir);
	return run(command);
}

static struct lw_log_dir *open_log(const struct lw_log_opts *more)
{
	struct lw_log_opts o = *more;
	struct lw_log_dir *log = NULL;

	o.dir = sub;
	if (!o.reserve)
		o.reserve = 1; /* not the machine's free space, but what the test makes of it */
	assert_int_equal(lw_log_dir_open(&o, &log), 0);
	return log;
}

#define OPEN(...) open_log(&(struct lw_log_opts){ __VA_ARGS__ })

/* A line "<class><number> xxx..." of @len bytes. */
static void line(struct lw_log_dir *log, bool violation, unsigned int number, size_t len)
{
	char *p = lw_log_dir_reserve(log);

	memset(p, 'x', len);
	p[snprintf(p, len, "%c%08u", violation ? 'V' : 'T', number)] = ' ';
	lw_log_dir_commit(log, len, violation);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All segments in the order of their names, one after the other. */
static char *read_all(size_t *ret_len, size_t *ret_files)
{
	char *names[1024], path[512], *all = NULL;
	size_t n = 0, len = 0;
	DIR *d = opendir(sub);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)) && n < 1024)
		if (strstr(e->d_name, ".jsonl"))
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++) {
		struct stat st;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", sub, names[i]);
		f = fopen(path, "re");
		assert_non_null(f);
		assert_int_equal(fstat(fileno(f), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		all = realloc(all, len + st.st_size + 1);
		assert_int_equal(fread(all + len, 1, st.st_size, f), st.st_size);
		len += st.st_size;
		all[len] = '\0';
		fclose(f);
		free(names[i]);
	}
	*ret_len = len;
	*ret_files = n;
	return all;
}

struct seen {
	size_t files, telemetry, violations;
};

/* Whole lines of the right form, each class in the order of its numbers. */
static struct seen check_all(void)
{
	struct seen seen = {};
	size_t len;
	char *all = read_all(&len, &seen.files), *p = all;
	int last[2] = { -1, -1 };

	while (p && *p) {
		char *nl = strchr(p, '\n');
		int number = atoi(p + 1), v = *p == 'V';

		assert_non_null(nl);
		assert_true(*p == 'V' || *p == 'T');
		assert_true(number > last[v]);
		assert_int_equal(strspn(p + 10, "x"), nl - p - 10);
		last[v] = number;
		*(v ? &seen.violations : &seen.telemetry) += 1;
		p = nl + 1;
	}
	free(all);
	return seen;
}

static void made_and_appended(void **state)
{
	struct lw_log_dir *log;
	struct stat st;

	(void)state;
	log = OPEN();
	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	line(log, false, 0, 100);
	assert_int_equal(check_all().telemetry, 0); /* it waits */
	line(log, true, 0, 100);
	assert_int_equal(check_all().telemetry, 1); /* the violation takes it along */
	assert_int_equal(check_all().violations, 1);
	line(log, false, 1, 100);
	assert_int_equal(lw_log_dir_close(log), 0);
	/* Within the same second: another file, whose name comes later. */
	log = OPEN();
	line(log, false, 2, LW_RECORD_MAX - 1);
	assert_int_equal(lw_log_dir_close(log), 0);
	assert_int_equal(check_all().telemetry, 3);
	assert_int_equal(check_all().files, 2);
}

static void rotation(void **state)
{
	struct lw_log_dir *log = OPEN(.segment_max = 100000);
	struct seen seen;

	(void)state;
	for (unsigned int i = 0; i < 2000; i++)
		line(log, i % 10 == 0, i, 500);
	assert_int_equal(lw_log_dir_close(log), 0);
	seen = check_all();
	assert_int_equal(seen.telemetry + seen.violations, 2000);
	assert_true(seen.files >= 10);
}

/* A clock that was set back must not make a name that sorts before what is there. */
static void order_survives_the_clock(void **state)
{
	struct lw_log_dir *log = OPEN();
	char path[256];
	FILE *f;

	(void)state;
	lw_log_dir_close(log);
	snprintf(path, sizeof(path), "%s/loadward-29991231T235959Z-000007.jsonl", sub);
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	log = OPEN();
	assert_string_equal(lw_log_dir_segment(log), "loadward-29991231T235959Z-000008.jsonl");
	lw_log_dir_close(log);
}

static void one_writer(void **state)
{
	struct lw_log_opts o = { .dir = sub };
	struct lw_log_dir *log = OPEN(), *second;

	(void)state;
	assert_int_equal(lw_log_dir_open(&o, &second), -EBUSY);
	lw_log_dir_close(log);
	assert_int_equal(lw_log_dir_open(&o, &second), 0);
	lw_log_dir_close(second);
}

static void unusable(void **state)
{
	struct lw_log_opts o = {};
	struct lw_log_dir *log;
	char path[256];
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/missing/log", dir);
	o.dir = path;
	assert_int_equal(lw_log_dir_open(&o, &log), -ENOENT);
	snprintf(path, sizeof(path), "%s/file", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(lw_log_dir_open(&o, &log), -ENOTDIR);
	snprintf(path, sizeof(path), "%s/file/log", dir);
	assert_int_equal(lw_log_dir_open(&o, &log), -ENOTDIR);
	/* A link where the lock should be is not followed. */
	assert_int_equal(mkdir(sub, 0700), 0);
	snprintf(path, sizeof(path), "%s/loadward.lock", sub);
	assert_int_equal(symlink("/tmp/loadward-test-target", path), 0);
	o.dir = sub;
	assert_int_equal(lw_log_dir_open(&o, &log), -ELOOP);
	assert_int_not_equal(access("/tmp/loadward-test-target", F_OK), 0);
}

/* As a user without rights: in a child, since root may write everywhere. */
static void no_permission(void **state)
{
	struct lw_log_opts o = { .dir = sub };
	struct lw_log_dir *log;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(chmod(sub, 0555), 0);
	pid = fork();
	if (!pid) {
		if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
			_exit(99);
		_exit(lw_log_dir_open(&o, &log) == -EACCES ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static bool may_mount(void)
{
	if (geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	print_message("skip: cannot: mount in a namespace: %s\n", strerror(errno));
	return false;
}

static void read_only(void **state)
{
	struct lw_log_opts o = { .dir = sub };
	struct lw_log_dir *log;

	(void)state;
	if (!may_mount())
		skip();
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(mount("none", sub, "tmpfs", MS_RDONLY, "size=64k"), 0);
	assert_int_equal(lw_log_dir_open(&o, &log), -EROFS);
}

static char *fill(const char *name)
{
	static char path[256];
	char block[4096] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", sub, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
	return path;
}

/* A full disk: telemetry is dropped and counted, each violation is written in the end. */
static void full_disk(void **state)
{
	struct lw_log_stats st;
	struct lw_log_dir *log;
	struct seen seen;
	char *filler;

	(void)state;
	if (!may_mount())
		skip();
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(mount("none", sub, "tmpfs", 0, "size=1m"), 0);
	log = OPEN();
	for (unsigned int i = 0; i < 100; i++)
		line(log, false, i, 500);
	assert_int_equal(lw_log_dir_flush(log), 0);
	filler = fill("filler");
	for (unsigned int i = 0; i < 1000; i++)
		line(log, i % 10 == 0, 100 + i, 500);
	assert_int_equal(lw_log_dir_flush(log), -ENOSPC);
	lw_log_dir_stats(log, &st);
	assert_int_equal(st.error, -ENOSPC);
	assert_int_equal(st.violations_lost, 0);
	assert_int_equal(st.telemetry_dropped, 900);
	assert_true(st.queued > 0);
	check_all();
	assert_int_equal(unlink(filler), 0);
	assert_int_equal(lw_log_dir_flush(log), 0);
	lw_log_dir_stats(log, &st);
	assert_int_equal(st.error, 0);
	assert_int_equal(st.queued, 0);
	line(log, false, 5000, 500);
	assert_int_equal(lw_log_dir_close(log), 0);
	seen = check_all();
	assert_int_equal(seen.violations, 100);
	assert_int_equal(seen.telemetry, 101);
}

/* The last of the space is for violations. */
static void reserve(void **state)
{
	struct lw_log_stats st;
	struct lw_log_dir *log;
	struct seen seen;

	(void)state;
	if (!may_mount())
		skip();
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(mount("none", sub, "tmpfs", 0, "size=2m"), 0);
	log = OPEN(.reserve = 256 << 10);
	for (unsigned int i = 0; i < 5000; i++)
		line(log, false, i, 1000);
	lw_log_dir_flush(log);
	lw_log_dir_stats(log, &st);
	assert_true(st.telemetry_dropped > 1000);
	assert_int_equal(st.error, -ENOSPC);
	for (unsigned int i = 0; i < 100; i++)
		line(log, true, i, 1000);
	lw_log_dir_stats(log, &st);
	assert_int_equal(st.queued, 0);
	assert_int_equal(st.violations_lost, 0);
	lw_log_dir_close(log);
	seen = check_all();
	assert_int_equal(seen.violations, 100);
	assert_int_equal(seen.telemetry + st.telemetry_dropped, 5000);
}

static void queue_is_bounded(void **state)
{
	struct lw_log_stats st;
	struct lw_log_dir *log;
	char *filler;

	(void)state;
	if (!may_mount())
		skip();
	assert_int_equal(mkdir(sub, 0700), 0);
	assert_int_equal(mount("none", sub, "tmpfs", 0, "size=1m"), 0);
	log = OPEN(.queue_max = 10000);
	filler = fill("filler");
	for (unsigned int i = 0; i < 100; i++)
		line(log, true, i, 999);
	lw_log_dir_stats(log, &st);
	assert_int_equal(st.queued, 10000);
	assert_int_equal(st.violations_lost, 90);
	unlink(filler);
	assert_int_equal(lw_log_dir_close(log), 0);
	assert_int_equal(check_all().violations, 10); /* the first ones */
}

/*
 * A write that stops in the middle of a line: what is there of the line is cut away, and it comes
 * again as a whole. The limit is moved byte by byte over two lines.
 */
static void short_writes(void **state)
{
	struct rlimit was, limit;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = was;
	for (unsigned int at = 0; at < 220; at++) {
		struct lw_log_dir *log = OPEN();
		struct lw_log_stats st;
		struct seen before = check_all(), seen;

		(void)before;
		line(log, false, 3 * at, 99);
		limit.rlim_cur = at;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		line(log, true, 3 * at, 99);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		seen = check_all();
		assert_int_equal(seen.telemetry - before.telemetry, at >= 100);
		assert_int_equal(seen.violations - before.violations, at >= 200);
		assert_int_equal(lw_log_dir_flush(log), 0);
		lw_log_dir_stats(log, &st);
		assert_int_equal(st.telemetry_dropped, at < 100);
		assert_int_equal(lw_log_dir_close(log), 0);
		seen = check_all();
		assert_int_equal(seen.violations - before.violations, 1);
	}
	signal(SIGXFSZ, SIG_DFL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(made_and_appended), TEST(rotation),     TEST(order_survives_the_clock),
		TEST(one_writer),	 TEST(unusable),     TEST(no_permission),
		TEST(read_only),	 TEST(full_disk),    TEST(reserve),
		TEST(queue_is_bounded),	 TEST(short_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
