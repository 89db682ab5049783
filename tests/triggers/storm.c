/* SPDX-License-Identifier: Apache-2.0 */
/*
 * storm opens N PATH [THREADS]   opens PATH N times in each thread
 * storm forks N                  makes N children, each ended before the next but 64
 * storm names DIR                files with hostile names, each written and read
 * storm die FIFO                 is killed inside open(FIFO)
 * storm wait                     prints its pid, then waits to be ended by a signal
 * Prints one JSON line: what was done.
 */
#include "trigger.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

static const char *path;
static long count;

static void *open_many(void *arg)
{
	long *ret_failed = arg;

	for (long i = 0; i < count; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			(*ret_failed)++;
		else
			close(fd);
	}
	return NULL;
}

static int opens(int threads)
{
	pthread_t t[16];
	long bad[16] = {};

	if (threads < 1 || threads > 16)
		return 2;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, open_many, &bad[i]))
			die("pthread_create");
	for (int i = 0; i < threads; i++) {
		pthread_join(t[i], NULL);
		if (bad[i])
			die(path);
	}
	printf("{\"opens\": %ld, \"pid\": %d}\n", count * threads, getpid());
	return 0;
}

static int forks(void)
{
	long alive = 0, made = 0;

	while (made < count) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(made % 256);
		made++;
		if (++alive >= 64 && wait(NULL) > 0)
			alive--;
	}
	while (wait(NULL) > 0)
		;
	printf("{\"forks\": %ld, \"pid\": %d}\n", made, getpid());
	return 0;
}

static void one_name(const char *dir, const char *name)
{
	char file[PATH_MAX], byte;
	int fd;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	fd = open(file, O_WRONLY | O_CREAT, 0644);
	if (fd < 0 || write(fd, "x", 1) != 1)
		die("create");
	close(fd);
	fd = open(file, O_RDONLY);
	if (fd < 0 || read(fd, &byte, 1) != 1)
		die("read");
	close(fd);
}

static int names(const char *dir)
{
	static const char *const hostile[] = {
		"new\nline",
		"tab\tand\rreturn",
		"quote\"back\\slash",
		"bad-utf8-\xff\xfe\x80",
		"\x01\x1b[31m\x7f",
		"\xf4\x90\x80\x80",
		"\xed\xa0\x80",
		"\xc0\xaf",
		"\xe2\x80\xae.exe",
		"{\"event\":1}\n{",
		"${HOME}`id`",
		" ",
		"\xef\xbb\xbf",
		"...",
		"-rf",
	};
	char longest[NAME_MAX + 1];
	size_t n = sizeof(hostile) / sizeof(hostile[0]);

	for (size_t i = 0; i < n; i++)
		one_name(dir, hostile[i]);
	memset(longest, '\xff', NAME_MAX);
	longest[NAME_MAX] = '\0';
	one_name(dir, longest);
	printf("{\"names\": %zu, \"pid\": %d}\n", n + 1, getpid());
	return 0;
}

/* SIGKILL comes while the call waits for a writer of the FIFO. */
static int die_inside(void)
{
	pid_t pid = fork();
	char file[64], line[128] = "";
	int status;

	if (pid == 0) {
		open(path, O_RDONLY);
		_exit(0);
	}
	snprintf(file, sizeof(file), "/proc/%d/syscall", pid);
	/* By condition: the child sleeps in openat (257 on x86-64, 56 on arm64). */
	while (strncmp(line, SYS_openat == 257 ? "257 " : "56 ", SYS_openat == 257 ? 4 : 3)) {
		FILE *f = fopen(file, "re");

		if (!f || !fgets(line, sizeof(line), f))
			line[0] = '\0';
		if (f)
			fclose(f);
		poll(NULL, 0, 1);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("{\"died\": %d, \"signal\": %d, \"pid\": %d}\n", pid, WTERMSIG(status), getpid());
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 4 && !strcmp(argv[1], "opens")) {
		count = atol(argv[2]);
		path = argv[3];
		return opens(argc > 4 ? atoi(argv[4]) : 1);
	}
	if (argc == 3 && !strcmp(argv[1], "forks")) {
		count = atol(argv[2]);
		return forks();
	}
	if (argc == 3 && !strcmp(argv[1], "names"))
		return names(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "die")) {
		path = argv[2];
		return die_inside();
	}
	if (argc == 2 && !strcmp(argv[1], "wait")) {
		/* A shell's background job has SIGINT ignored, and so have its children. */
		signal(SIGINT, SIG_DFL);
		printf("{\"pid\": %d}\n", getpid());
		fflush(stdout);
		for (;;)
			pause();
	}
	fprintf(stderr, "usage: storm opens|forks|names|die|wait ...\n");
	return 2;
}
