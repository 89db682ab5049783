/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_ways WAYS DIR SCRATCH [stay]: removes DIR/<way>, or changes its mode, by a name that does
 * not look like it. In SCRATCH there are: dir, a symlink to DIR; file, one to DIR/symlink-file;
 * bad, one to /proc/self/root; hard, a hard link to DIR/hardlink; bind, a bind mount of DIR; onto,
 * a file. With "stay" those that nothing can stop when the call begins wait for what comes later.
 */
#include "trigger.h"

#include <pthread.h>

static const char *dir, *scratch;
static char victim[PATH_MAX], name[2 * PATH_MAX];
static int stay;

#define NAME(...) snprintf(name, sizeof(name), __VA_ARGS__)

static void wait_for_the_end(void)
{
	if (stay)
		for (;;)
			pause();
}

static void remove_name(void)
{
	before(name);
	after(unlink(name));
}

static void remove_later(void)
{
	remove_name();
	wait_for_the_end();
}

static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		die(path);
	return fd;
}

static void go_to(const char *path)
{
	if (chdir(path) < 0)
		die(path);
}

static void by_dirfd(void)
{
	before(current->name);
	after(unlinkat(open_dir(dir), current->name, 0));
}

static void by_relative(void)
{
	go_to(dir);
	NAME("%s", current->name);
	remove_name();
}

static void by_up(void)
{
	go_to(dir);
	NAME("../%s/./%s", name_of(dir), current->name);
	remove_name();
}

static void by_dotdot(void)
{
	NAME("%s/../%s/.//%s", dir, name_of(dir), current->name);
	remove_name();
}

static void by_slashes(void)
{
	NAME("//%s////%s//", dir, current->name);
	before(name);
	after(rmdir(name));
}

static void by_long_name(void)
{
	size_t len = strlen(victim), pad = (PATH_MAX - 1 - len) / 2;

	for (size_t i = 0; i < pad; i++)
		memcpy(name + 2 * i, "/.", 2);
	strcpy(name + 2 * pad, victim);
	remove_name();
}

static void by_proc_self_root(void)
{
	NAME("/proc/self/root%s", victim);
	remove_name();
}

static void by_proc_pid_root(void)
{
	NAME("/proc/%d/root%s", getpid(), victim);
	remove_name();
}

static void by_proc_task_cwd(void)
{
	go_to(dir);
	NAME("/proc/self/task/%d/cwd/%s", gettid(), current->name);
	remove_name();
}

static void by_thread_self_cwd(void)
{
	go_to(dir);
	NAME("/proc/thread-self/cwd/%s", current->name);
	remove_name();
}

static void by_proc_fd(void)
{
	NAME("/proc/self/fd/%d/%s", open_dir(dir), current->name);
	remove_name();
}

static void by_dev_fd(void)
{
	NAME("/dev/fd/%d/%s", open_dir(dir), current->name);
	remove_name();
}

static void by_chroot(void)
{
	if (chroot(dir) < 0)
		die("chroot");
	NAME("/../%s", current->name);
	remove_name();
}

static void *remove_in_thread(void *arg)
{
	remove_name();
	return arg;
}

static void by_thread(void)
{
	pthread_t t;

	NAME("%s", victim);
	if (pthread_create(&t, NULL, remove_in_thread, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void by_bind_cwd(void)
{
	NAME("%s/bind", scratch);
	go_to(name);
	NAME("%s", current->name);
	remove_name();
}

static void by_missing(void)
{
	NAME("%s.missing", victim);
	remove_name();
}

static void by_bind_mount(void)
{
	NAME("%s/bind/%s", scratch, current->name);
	remove_later();
}

static void by_symlink(void)
{
	NAME("%s/dir/%s", scratch, current->name);
	remove_later();
}

static void by_symlink_dirfd(void)
{
	before("dir/symlink-dirfd");
	after(unlinkat(open_dir(scratch), "dir/symlink-dirfd", 0));
	wait_for_the_end();
}

static void by_symlink_dotdot(void)
{
	NAME("%s/dir/../%s/%s", scratch, name_of(dir), current->name);
	remove_later();
}

static void by_symlink_target(void)
{
	char made[PATH_MAX];

	NAME("%s/onto", scratch);
	snprintf(made, sizeof(made), "%s/dir/%s", scratch, current->name);
	before(name);
	after(rename(name, made));
	wait_for_the_end();
}

static void change_mode(void)
{
	before(name);
	after(chmod(name, 0666));
	wait_for_the_end();
}

static void by_symlink_file(void)
{
	NAME("%s/file", scratch);
	change_mode();
}

static void by_hardlink(void)
{
	NAME("%s/hard", scratch);
	change_mode();
}

/* The name on a page that the process has not mapped yet. */
static char *cold_name(void)
{
	char file[PATH_MAX], *page;
	int fd;

	snprintf(file, sizeof(file), "%s/name", scratch);
	fd = open(file, O_RDWR | O_CREAT, 0644);
	if (fd < 0 || write(fd, victim, strlen(victim) + 1) < 0 || ftruncate(fd, 4096) < 0)
		die(file);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTNEED) < 0)
		die("cold page");
	before("");
	return page; /* nobody but the call itself may touch it */
}

static void by_cold_page(void)
{
	after(unlink(cold_name()));
}

static void by_cold_setuid(void)
{
	after(chmod(cold_name(), 04755));
}

static void by_magic_symlink(void)
{
	NAME("%s/bad%s", scratch, victim);
	remove_name();
}

static void by_proc_other(void)
{
	NAME("/proc/%d/root%s", getppid(), victim);
	remove_name();
}

static void by_bad_pointer(void)
{
	before("");
	after(syscall(SYS_unlink, 8));
}

static void by_empty(void)
{
	before("");
	after(unlink(""));
}

static const struct way ways[] = {
	{ "dirfd", "file.unlink", by_dirfd },
	{ "relative", "file.unlink", by_relative },
	{ "up", "file.unlink", by_up },
	{ "dotdot", "file.unlink", by_dotdot },
	{ "slashes", "file.unlink", by_slashes },
	{ "long-name", "file.unlink", by_long_name },
	{ "proc-self-root", "file.unlink", by_proc_self_root },
	{ "proc-pid-root", "file.unlink", by_proc_pid_root },
	{ "proc-task-cwd", "file.unlink", by_proc_task_cwd },
	{ "thread-self-cwd", "file.unlink", by_thread_self_cwd },
	{ "proc-fd", "file.unlink", by_proc_fd },
	{ "dev-fd", "file.unlink", by_dev_fd },
	{ "chroot", "file.unlink", by_chroot },
	{ "thread", "file.unlink", by_thread },
	{ "bind-cwd", "file.unlink", by_bind_cwd },
	{ "missing", "file.unlink", by_missing },
	{ "bind-mount", "file.unlink", by_bind_mount },
	{ "symlink", "file.unlink", by_symlink },
	{ "symlink-dirfd", "file.unlink", by_symlink_dirfd },
	{ "symlink-dotdot", "file.unlink", by_symlink_dotdot },
	{ "symlink-target", "file.rename", by_symlink_target },
	{ "symlink-file", "file.chmod", by_symlink_file },
	{ "hardlink", "file.chmod", by_hardlink },
	{ "cold-page", "file.unlink", by_cold_page },
	{ "cold-setuid", "file.chmod", by_cold_setuid },
	{ "magic-symlink", "file.unlink", by_magic_symlink },
	{ "proc-other", "file.unlink", by_proc_other },
	{ "bad-pointer", "file.unlink", by_bad_pointer },
	{ "empty", "file.unlink", by_empty },
};

#define COUNT (sizeof(ways) / sizeof(ways[0]))

static void named(void)
{
	snprintf(victim, sizeof(victim), "%s/%s", dir, current->name);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, COUNT, "list");
	if (argc < 4) {
		fprintf(stderr, "usage: name_ways all|list|WAY[,WAY...] DIR SCRATCH [stay]\n");
		return 2;
	}
	dir = argv[2];
	scratch = argv[3];
	stay = argc > 4;
	prepare = named;
	return run_ways(ways, COUNT, argv[1]);
}
