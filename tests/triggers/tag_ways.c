/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tag_ways WAYS PATH: makes descendants in many ways; each opens PATH, which shows whether the tag
 * went along. `tag_ways open PATH` is what an executed descendant does.
 */
#include "trigger.h"

#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>

static const char *path, *self;
static int result; /* descriptor of the shared result, for descendants that execute a program */

static void use(void)
{
	before(path);
	after_open(open(path, O_RDONLY));
}

static void wait_for(pid_t pid)
{
	if (pid < 0)
		die("no child");
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

static void by_self(void)
{
	use();
}

static void by_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		use();
		_exit(0);
	}
	wait_for(pid);
}

static void exec_self(void)
{
	char fd[16];

	snprintf(fd, sizeof(fd), "%d", result);
	execl(self, "tag_ways", "open", path, fd, (char *)NULL);
	die(self);
}

static void by_exec(void)
{
	exec_self();
}

static void by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		exec_self();
	wait_for(pid);
}

static void by_posix_spawn(void)
{
	char fd[16], *argv[] = { "renamed", "open", (char *)path, fd, NULL }, *env[] = { NULL };
	pid_t pid;

	snprintf(fd, sizeof(fd), "%d", result);
	errno = posix_spawn(&pid, self, NULL, NULL, argv, env);
	if (errno)
		die("posix_spawn");
	wait_for(pid);
}

static void by_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		use();
		_exit(0);
	}
	wait_for(pid);
}

static void by_pid_namespace(void)
{
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0) {
		use();
		_exit(0);
	}
	wait_for(pid);
	/* What the monitor sees is the outer number. */
	truth->pid = truth->tid = pid;
}

/* Ends when the process at the other end of the pipe and all its children are gone. */
static void wait_for_end_of(int fd)
{
	char byte;

	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
}

static void by_clone_parent(void)
{
	int end[2];
	pid_t pid;

	if (pipe(end) < 0)
		die("pipe");
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		use();
		_exit(0);
	}
	close(end[1]);
	wait_for_end_of(end[0]);
}

static void by_double_fork(void)
{
	int end[2];
	pid_t pid;

	if (pipe(end) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		pid_t me = getpid();

		setsid();
		if (fork() == 0) {
			/* By condition: the parent is gone. */
			while (getppid() == me)
				poll(NULL, 0, 1);
			use();
		}
		_exit(0);
	}
	close(end[1]);
	wait_for(pid);
	wait_for_end_of(end[0]);
}

static void *thread_use(void *arg)
{
	(void)arg;
	use();
	return NULL;
}

static void by_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_use, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void *thread_exec(void *arg)
{
	(void)arg;
	exec_self();
	return NULL;
}

static void by_thread_exec(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_exec, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void by_setuid(void)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		die("setuid");
	use();
}

static const struct way ways[] = {
	{ "self", "file.open", by_self },
	{ "fork", "file.open", by_fork },
	{ "exec", "file.open", by_exec },
	{ "vfork", "file.open", by_vfork },
	{ "posix-spawn", "file.open", by_posix_spawn },
	{ "clone3", "file.open", by_clone3 },
	{ "pid-namespace", "file.open", by_pid_namespace },
	{ "clone-parent", "file.open", by_clone_parent },
	{ "double-fork", "file.open", by_double_fork },
	{ "thread", "file.open", by_thread },
	{ "thread-exec", "file.open", by_thread_exec },
	{ "setuid", "file.open", by_setuid },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static void share_result(int fd)
{
	truth = mmap(NULL, sizeof(*truth), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (truth == MAP_FAILED)
		die("mmap");
}

int main(int argc, char **argv)
{
	static char exe[PATH_MAX];
	ssize_t n;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc < 3) {
		fprintf(stderr, "usage: tag_ways all|list|WAY[,WAY...] PATH\n");
		return 2;
	}
	path = argv[2];
	if (argc == 4) {
		share_result(atoi(argv[3]));
		use();
		return 0;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < 0)
		die("/proc/self/exe");
	self = exe;
	result = memfd_create("truth", 0);
	if (result < 0 || ftruncate(result, sizeof(*truth)) < 0)
		die("memfd");
	/* A descendant that executes this program maps the same result. */
	for (size_t i = 0; i < N_WAYS; i++) {
		if (strcmp(argv[1], "all") && strcmp(argv[1], ways[i].name))
			continue;
		share_result(result);
		run_way(&ways[i]);
	}
	return 0;
}
