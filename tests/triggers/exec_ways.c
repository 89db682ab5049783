/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_ways WAYS BASE: executes the program BASE/WAY/object/file in many ways. It is given the name
 * BASE/WAY/mark. BASE/WAY/scratch is an empty directory on the same file system, for copies, links
 * and scripts.
 */
#include "place.h"

#include <glob.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/sendfile.h>

static char *args[] = { "innocent", mark, NULL }; /* args[0] lies about the program's name */

/* Only a failed exec comes back. */
static void failed(void)
{
	after(-1);
	_exit(1);
}

static void exec_name(const char *name)
{
	before(name);
	execve(name, args, environ);
	failed();
}

/* A copy of the program behind @out, executable. */
static void copy_to(int out)
{
	int in = open(path, O_RDONLY);
	struct stat st;

	if (in < 0 || out < 0 || fstat(in, &st) < 0 ||
	    sendfile(out, in, NULL, st.st_size) != st.st_size)
		die(path);
	fchmod(out, 0755);
}

static void by_execve(void)
{
	exec_name(path);
}

static void by_relative(void)
{
	if (chdir(dir_of(path)) < 0)
		die("chdir");
	exec_name(name_of(path));
}

static void by_execveat_dirfd(void)
{
	int fd = open(dir_of(path), O_PATH | O_CLOEXEC);

	before(name_of(path));
	syscall(SYS_execveat, fd, name_of(path), args, environ, 0);
	failed();
}

static void by_execveat_empty(void)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	before("");
	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	failed();
}

static void by_proc_fd(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", open(path, O_RDONLY | O_CLOEXEC));
	exec_name(name);
}

static void by_symlink(void)
{
	const char *name = in_scratch("python3");

	if (symlink(path, name) < 0)
		die(name);
	exec_name(name);
}

static void by_hardlink(void)
{
	const char *name = in_scratch("hardlink");

	if (link(path, name) < 0)
		die(name);
	exec_name(name);
}

static void by_copy(void)
{
	const char *name = in_scratch("copy");
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	copy_to(fd);
	close(fd);
	exec_name(name);
}

static void by_memfd(void)
{
	int fd = memfd_create("kworker", MFD_CLOEXEC);

	copy_to(fd);
	before("");
	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	failed();
}

static void by_memfd_proc(void)
{
	int fd = memfd_create("kworker", MFD_CLOEXEC);
	char name[64];

	copy_to(fd);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	exec_name(name);
}

static void by_unlinked(void)
{
	const char *name = in_scratch("unlinked");
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755), handle;

	copy_to(fd);
	close(fd);
	handle = open(name, O_PATH | O_CLOEXEC);
	unlink(name);
	before("");
	syscall(SYS_execveat, handle, "", args, environ, AT_EMPTY_PATH);
	failed();
}

static void by_ld_so(void)
{
	char *argv[] = { "ld.so", path, mark, NULL };
	glob_t g;

	/* lib64 where there is one: /lib may hold that of another word size. */
	if (glob("/lib64/ld-linux*.so*", 0, NULL, &g) && glob("/lib/ld-linux*.so*", 0, NULL, &g))
		die("no dynamic loader");
	before(g.gl_pathv[0]);
	execve(g.gl_pathv[0], argv, environ);
	failed();
}

static void by_script(void)
{
	const char *name = in_scratch("script");
	FILE *f = fopen(name, "we");

	if (!f)
		die(name);
	fprintf(f, "#!/bin/sh\nexec '%s' '%s'\n", path, mark);
	fchmod(fileno(f), 0755);
	fclose(f);
	exec_name(name);
}

static void *exec_in_thread(void *arg)
{
	(void)arg;
	exec_name(path);
	return NULL;
}

static void by_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, exec_in_thread, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void by_posix_spawn(void)
{
	pid_t pid;
	int status;

	before(path);
	errno = posix_spawn(&pid, path, NULL, NULL, args, environ);
	after(errno ? -1 : 0);
	truth->pid = truth->tid = pid;
	waitpid(pid, &status, 0);
	snprintf(truth->note, sizeof(truth->note), "child %d", status);
}

static void by_vfork(void)
{
	pid_t pid;
	int status;

	before(path);
	pid = vfork();
	if (pid == 0) {
		execve(path, args, environ);
		_exit(127);
	}
	after(pid);
	truth->pid = truth->tid = pid;
	waitpid(pid, &status, 0);
	snprintf(truth->note, sizeof(truth->note), "child %d", status);
}

static void by_missing(void)
{
	exec_name(in_scratch("missing"));
}

static const struct way ways[] = {
	{ "execve", "process.exec", by_execve },
	{ "relative", "process.exec", by_relative },
	{ "execveat-dirfd", "process.exec", by_execveat_dirfd },
	{ "execveat-empty", "process.exec", by_execveat_empty },
	{ "proc-fd", "process.exec", by_proc_fd },
	{ "symlink", "process.exec", by_symlink },
	{ "hardlink", "process.exec", by_hardlink },
	{ "copy", "process.exec", by_copy },
	{ "memfd", "process.exec", by_memfd },
	{ "memfd-proc", "process.exec", by_memfd_proc },
	{ "unlinked", "process.exec", by_unlinked },
	{ "ld-so", "process.exec", by_ld_so },
	{ "script", "process.exec", by_script },
	{ "thread", "process.exec", by_thread },
	{ "posix-spawn", "process.exec", by_posix_spawn },
	{ "vfork", "process.exec", by_vfork },
	{ "missing", "process.exec", by_missing },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc != 3) {
		fprintf(stderr, "usage: exec_ways list|WAY[,WAY...] BASE\n");
		return 2;
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
