/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start_ways WAYS BASE: starts the forbidden BASE/WAY/object/file in many ways. It makes the file
 * that its argument names (BASE/WAY/mark): a program, or for the ways "script-..." a script of
 * /bin/sh. BASE/WAY/scratch is an empty directory on the same file system, where the program "true"
 * lies, which may be started.
 */
#include "place.h"

#include "race.h"

static char *args[] = { "innocent", mark, NULL };

static void start(const char *name)
{
	before(name);
	execve(name, args, environ);
	after(-1);
	_exit(1);
}

/* Executable text in a file of the scratch directory. */
static const char *script(const char *name, const char *first, const char *rest)
{
	const char *file = in_scratch(name);
	FILE *f = fopen(file, "we");

	if (!f || fprintf(f, "#!%s\n%s", first, rest) < 0 || fchmod(fileno(f), 0755) || fclose(f))
		die(file);
	return file;
}

static void by_long_name(void)
{
	start(long_name());
}

static void by_cold_page(void)
{
	const char *name = cold(path, strlen(path) + 1);

	before(path);
	execve(name, args, environ);
	after(-1);
}

static void by_proc_root(void)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "/proc/%d/root%s", getppid(), path);
	start(name);
}

static void by_bind_mount(void)
{
	private_mounts(0);
	must(mount(path, in_scratch("true"), NULL, MS_BIND, NULL), "bind");
	start(in_scratch("true"));
}

static void by_userns_bind(void)
{
	private_mounts(CLONE_NEWUSER);
	must(mount(path, in_scratch("true"), NULL, MS_BIND, NULL), "bind");
	start(in_scratch("true"));
}

static void by_open_tree(void)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, path, 1);

	must(tree, "open_tree");
	before("");
	syscall(SYS_execveat, tree, "", args, environ, AT_EMPTY_PATH);
	after(-1);
}

static void by_rename(void)
{
	must(rename(path, in_scratch("renamed")), "rename");
	start(in_scratch("renamed"));
}

/* A fresh child executes the name again and again, until one was killed or the mark is there. */
static void race_start(const char *name)
{
	int status = 0;

	while (race_again() && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) &&
	       access(mark, F_OK)) {
		pid_t pid = fork();

		must(pid, "fork");
		if (pid == 0) {
			before(path);
			execve(name, args, environ);
			_exit(1); /* gone in between */
		}
		must(waitpid(pid, &status, 0), "waitpid");
	}
	race_end();
}

static void by_symlink_race(void)
{
	const char *name = in_scratch("race"), *other = in_scratch("other");

	must(symlink(in_scratch("true"), name), "symlink");
	must(symlink(path, other), "symlink");
	race_begin();
	if (race_other())
		for (;;)
			must(syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, other, 2), "race");
	race_start(name);
}

/* "twin", a harmless program beside it, and "file" alternate. */
static void by_name_race(void)
{
	char *name = race_memory(), *last;

	snprintf(name, PATH_MAX, "%s", path);
	last = strrchr(name, '/') + 1;
	race_begin();
	if (race_other())
		race_flip(last, "twin", "file");
	race_start(name);
}

/* A script whose interpreter is a script whose interpreter is the program. */
static void by_interpreter_chain(void)
{
	char line[PATH_MAX * 2];

	snprintf(line, sizeof(line), "%s %s", path, mark);
	start(script("outer", script("middle", script("inner", line, ""), ""), ""));
}

static void by_script(void)
{
	start(path);
}

static void by_script_symlink(void)
{
	must(symlink(path, in_scratch("symlink")), "symlink");
	start(in_scratch("symlink"));
}

static void by_script_hardlink(void)
{
	must(link(path, in_scratch("hardlink")), "link");
	start(in_scratch("hardlink"));
}

static void by_script_proc_fd(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", open(path, O_RDONLY));
	start(name);
}

/* The forbidden script is the interpreter of another one. */
static void by_script_middle(void)
{
	char line[PATH_MAX * 2];

	snprintf(line, sizeof(line), "%s %s", path, mark);
	start(script("outer", line, ""));
}

/* The interpreter is started, with the script as its argument. */
static void by_script_argument(void)
{
	char *argv[] = { "sh", path, mark, NULL };

	before("/bin/sh");
	execve("/bin/sh", argv, environ);
	after(-1);
}

static const struct way ways[] = {
	{ "long-name", "process.exec", by_long_name },
	{ "cold-page", "process.exec", by_cold_page },
	{ "proc-root", "process.exec", by_proc_root },
	{ "bind-mount", "process.exec", by_bind_mount },
	{ "userns-bind", "process.exec", by_userns_bind },
	{ "open-tree", "process.exec", by_open_tree },
	{ "rename", "process.exec", by_rename },
	{ "symlink-race", "process.exec", by_symlink_race },
	{ "name-race", "process.exec", by_name_race },
	{ "interpreter-chain", "process.exec", by_interpreter_chain },
	{ "script", "process.exec", by_script },
	{ "script-symlink", "process.exec", by_script_symlink },
	{ "script-hardlink", "process.exec", by_script_hardlink },
	{ "script-proc-fd", "process.exec", by_script_proc_fd },
	{ "script-middle", "process.exec", by_script_middle },
	{ "script-argument", "process.exec", by_script_argument },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc != 3) {
		fprintf(stderr, "usage: start_ways list|WAY[,WAY...] BASE\n");
		return 2;
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
