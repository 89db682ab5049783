// SPDX-License-Identifier: Apache-2.0
/*
 * The workload of the bench: repeats one operation and says what it cost this process.
 *
 * usage: ops FILE    obey commands from stdin, a line each; FILE is what the open operation opens
 *        ops nop     exit at once: the program that the exec operation runs
 *
 * Commands: "OPERATION COUNT" (getppid, open, pipe, exec, connect), "spawn PROGRAM ARG...", or
 * "pin CPU": stay on one CPU (a monitor that started this process is not moved).
 * Reply: "CPU WALL STATUS", CPU time of this process and of the children it reaped in ns, wall time
 * in ns, and 0 or the exit status of what was spawned. A failing operation ends the program: a
 * figure of calls that did not work would be worthless.
 */

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 64

extern char **environ;

struct context {
	const char *file;
	struct sockaddr_in self; /* the connect operation connects to this process */
	int listener;
	int pipe[2];
	int status;			  /* of the last spawned program */
	posix_spawn_file_actions_t quiet; /* its output is not ours: replies go there */
	char *argv[ARGS_MAX];
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		err(1, "clock_gettime");
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* RUSAGE_CHILDREN has a resolution of 1 us; the sum of the two parts is what the kernel counted. */
static uint64_t cpu_ns(void)
{
	struct rusage u;
	uint64_t us;

	if (getrusage(RUSAGE_CHILDREN, &u))
		err(1, "getrusage");
	us = (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000ULL + u.ru_utime.tv_usec +
	     u.ru_stime.tv_usec;
	return now_ns(CLOCK_PROCESS_CPUTIME_ID) + us * 1000;
}

static void op_getppid(struct context *c)
{
	(void)c;
	if (syscall(SYS_getppid) < 0)
		err(1, "getppid");
}

static void op_open(struct context *c)
{
	int fd = open(c->file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || close(fd))
		err(1, "%s", c->file);
}

static void op_pipe(struct context *c)
{
	char byte = 0;

	if (write(c->pipe[1], &byte, 1) != 1 || read(c->pipe[0], &byte, 1) != 1)
		err(1, "pipe");
}

static void op_exec(struct context *c)
{
	int status;
	pid_t pid = fork();

	(void)c;
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execl("/proc/self/exe", "ops", "nop", NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "exec: wait status %d", status);
}

/*
 * Both ends in one process: no other one has to be woken, which would cost more than the call. The
 * reset instead of an orderly close leaves no TIME_WAIT behind, so ports do not run out.
 */
static void op_connect(struct context *c)
{
	struct linger reset = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
	    connect(fd, (struct sockaddr *)&c->self, sizeof(c->self)))
		err(1, "connect");
	peer = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0 || close(fd) || close(peer))
		err(1, "accept");
}

static void op_spawn(struct context *c)
{
	int status, rc;
	pid_t pid;

	rc = posix_spawnp(&pid, c->argv[0], &c->quiet, NULL, c->argv, environ);
	if (rc)
		errx(1, "%s: %s", c->argv[0], strerror(rc));
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	c->status = status;
}

static void op_pin(struct context *c)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(atoi(c->argv[0]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "sched_setaffinity");
}

static const struct {
	const char *name;
	void (*run)(struct context *c);
} operations[] = {
	{ "getppid", op_getppid }, { "open", op_open },	  { "pipe", op_pipe }, { "exec", op_exec },
	{ "connect", op_connect }, { "spawn", op_spawn }, { "pin", op_pin },
};

static void obey(struct context *c, char *line)
{
	uint64_t cpu, wall, n = 1;
	char *word = strtok(line, " \n");
	size_t argc = 0, i;

	for (i = 0; word && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(word, operations[i].name))
			break;
	if (!word || i == sizeof(operations) / sizeof(operations[0]))
		errx(2, "unknown command '%s'", word ? word : "");
	while (argc < ARGS_MAX - 1 && (c->argv[argc] = strtok(NULL, " \n")))
		argc++;
	c->argv[argc] = NULL;
	if (!argc)
		errx(2, "%s: argument missing", word);
	if (operations[i].run != op_spawn && operations[i].run != op_pin)
		n = strtoull(c->argv[0], NULL, 10);
	c->status = 0;
	cpu = cpu_ns();
	wall = now_ns(CLOCK_MONOTONIC);
	for (uint64_t k = 0; k < n; k++)
		operations[i].run(c);
	printf("%llu %llu %d\n", (unsigned long long)(cpu_ns() - cpu),
	       (unsigned long long)(now_ns(CLOCK_MONOTONIC) - wall), c->status);
}

static void listen_on_loopback(struct context *c)
{
	struct sockaddr_in *a = &c->self;
	socklen_t len = sizeof(*a);

	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->listener < 0 || bind(c->listener, (struct sockaddr *)a, len) ||
	    listen(c->listener, 16) || getsockname(c->listener, (struct sockaddr *)a, &len))
		err(1, "listen");
}

int main(int argc, char **argv)
{
	struct context c = { 0 };
	char *line = NULL;
	size_t size = 0;

	if (argc != 2)
		errx(2, "usage: ops FILE | ops nop");
	if (!strcmp(argv[1], "nop"))
		return 0;
	c.file = argv[1];
	listen_on_loopback(&c);
	if (pipe2(c.pipe, O_CLOEXEC))
		err(1, "pipe");
	if (posix_spawn_file_actions_init(&c.quiet) ||
	    posix_spawn_file_actions_addopen(&c.quiet, 1, "/dev/null", O_WRONLY, 0))
		errx(1, "out of memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (getline(&line, &size, stdin) > 0)
		obey(&c, line);
	free(line);
	return 0;
}
