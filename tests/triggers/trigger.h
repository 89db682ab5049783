/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRIGGER_H
#define TRIGGER_H

/*
 * A trigger does one effect in many ways and prints what it really did: one JSON line a way. Each
 * way runs in a child, which keeps its result in shared memory, so that a way that is killed is
 * told from one that returned: "done" says that user code ran again after the call.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES_MAX 8192

struct truth {
	int done; /* the call came back to user code */
	long ret;
	int err;   /* errno of the call, 0 when it succeeded */
	pid_t pid; /* that made the call */
	pid_t tid;
	unsigned long long ino, dev;
	int got;	     /* bytes that came out of the object */
	char raw[BYTES_MAX]; /* the name as given to the call */
	char note[128];
};

struct way {
	const char *name;
	const char *event; /* kind of the record that must appear */
	void (*fn)(void);
};

static struct truth *truth;
static const struct way *current; /* that the child runs */
static void (*prepare)(void);	  /* called in the child before each way; NULL: nothing to do */
static void (*settle)(const struct way *); /* called once all of a way's processes have ended */

static inline void die(const char *what)
{
	fprintf(stderr, "trigger: %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* Any bytes as a JSON string: what is not plain ASCII as \u00XX, one for a byte. */
static inline void put_bytes(const char *key, const char *s)
{
	printf(", \"%s\": \"", key);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c < 0x20 || c == '"' || c == '\\' || c > 0x7e)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/** before() - note who makes the call, and under which name. */
static inline void before(const char *raw)
{
	truth->pid = getpid();
	truth->tid = gettid();
	snprintf(truth->raw, sizeof(truth->raw), "%s", raw ? raw : "");
}

/** after() - note what the call gave back. Return: the same. */
static inline long after(long ret)
{
	int err = errno;

	truth->ret = ret;
	truth->err = ret < 0 ? err : 0;
	truth->done = 1;
	return ret;
}

/** after_open() - the same for a descriptor: what it is, and whether it can be read. */
static inline void after_open(long fd)
{
	struct stat st;
	char byte;

	if (after(fd) < 0)
		return;
	if (fstat(fd, &st) == 0) {
		truth->ino = st.st_ino;
		truth->dev = st.st_dev;
	}
	truth->got = read(fd, &byte, 1) > 0;
}

static inline void put_truth(const struct way *way, int status)
{
	printf("{\"way\": \"%s\", \"event\": \"%s\", \"done\": %s, \"ret\": %ld, \"errno\": %d",
	       way->name, way->event, truth->done ? "true" : "false", truth->ret, truth->err);
	printf(", \"signal\": %d, \"exit\": %d, \"pid\": %d, \"tid\": %d",
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0,
	       WIFEXITED(status) ? WEXITSTATUS(status) : -1, truth->pid, truth->tid);
	printf(", \"ino\": %llu, \"dev\": %llu, \"got\": %d", truth->ino, truth->dev, truth->got);
	put_bytes("raw", truth->raw);
	put_bytes("note", truth->note);
	printf("}\n");
	fflush(stdout);
}

static inline void run_way(const struct way *way)
{
	int status;
	pid_t pid;

	memset(truth, 0, sizeof(*truth));
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		current = way;
		if (prepare)
			prepare();
		way->fn();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	/* Where the trigger is a subreaper: what the way has left behind. */
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	if (settle)
		settle(way);
	put_truth(way, status);
}

/* All ways of one kind of event. Return: how many there are. */
static inline int run_kind(const struct way *ways, size_t n, const char *event)
{
	int found = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(ways[i].event, event))
			continue;
		run_way(&ways[i]);
		found++;
	}
	return found;
}

/** run_ways() - run those ways that @which names (comma separated; or kinds of event), or "all". */
static inline int run_ways(const struct way *ways, size_t n, const char *which)
{
	char list[1024], *save = NULL, *name;
	size_t i;

	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (truth == MAP_FAILED)
		die("mmap");
	if (!strcmp(which, "list")) {
		for (i = 0; i < n; i++)
			puts(ways[i].name);
		return 0;
	}
	if (!strcmp(which, "all")) {
		for (i = 0; i < n; i++)
			run_way(&ways[i]);
		return 0;
	}
	snprintf(list, sizeof(list), "%s", which);
	for (name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		for (i = 0; i < n && strcmp(ways[i].name, name); i++)
			;
		if (i == n && run_kind(ways, n, name))
			continue;
		if (i == n) {
			fprintf(stderr, "trigger: no way '%s'\n", name);
			return 2;
		}
		run_way(&ways[i]);
	}
	return 0;
}

/* Directory and last component of a path, in static memory. */
static inline const char *dir_of(const char *path)
{
	static char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s", path);
	*strrchr(buf, '/') = '\0';
	return buf[0] ? buf : "/";
}

static inline const char *name_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

#endif
