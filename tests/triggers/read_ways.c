/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_ways WAYS BASE [PID FD]: gets at the bytes of the forbidden file BASE/WAY/object/file in
 * many ways. It begins with "SECRET"; BASE/WAY/scratch is an empty directory on the same file
 * system, with the files "allowed" and "twin" in it. Process PID, a stranger, has the file of its
 * own way open as FD, and passes it on to who connects to BASE/WAY/scratch/scm. "got" says that the
 * secret arrived in user code.
 */
#include "pass.h"

#include <sys/sendfile.h>

#include "race.h"

static int stranger, its_fd;

/* Is what the descriptor gives the secret? */
static void look(int fd)
{
	char text[16] = "";

	lseek(fd, 0, SEEK_SET); /* others have read from a stranger's descriptor */
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && !strncmp(text, "SECRET", 6))
		truth->got = 1;
}

static void open_and_look(int dirfd, const char *name)
{
	int fd;

	before(name);
	fd = after(openat(dirfd, name, O_RDONLY));
	look(fd);
}

/* ------------------------------------------------------------------ names that change */
static void by_rename(void)
{
	const char *name = in_scratch("renamed");

	must(rename(path, name), "rename");
	open_and_look(AT_FDCWD, name);
}

static void by_rename_parent(void)
{
	must(rename(dir_of(path), in_scratch("parent")), "rename");
	open_and_look(AT_FDCWD, in_scratch("parent/file"));
}

static void by_exchange(void)
{
	must(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, in_scratch("allowed"), 2),
	     "RENAME_EXCHANGE");
	open_and_look(AT_FDCWD, in_scratch("allowed"));
}

static void by_link_unlink(void)
{
	must(link(path, in_scratch("link")), "link");
	must(unlink(path), "unlink");
	open_and_look(AT_FDCWD, in_scratch("link"));
}

static void by_unlinked(void)
{
	char name[64];
	int fd;

	before(path);
	fd = open(path, O_PATH);
	must(unlink(path), "unlink");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	open_and_look(AT_FDCWD, name);
}

static void by_symlink_parent(void)
{
	must(symlink(dir_of(path), in_scratch("dir")), "symlink");
	open_and_look(AT_FDCWD, in_scratch("dir/file"));
}

static void by_fchdir(void)
{
	must(fchdir(open(dir_of(path), O_RDONLY | O_DIRECTORY)), "fchdir");
	open_and_look(AT_FDCWD, name_of(path));
}

/* Deeper than any name can say: known by its inode, and by no path. */
static void by_deep(void)
{
	static char name[201];

	memset(name, 'd', 200);
	must(chdir(scratch), "chdir");
	for (int i = 0; i < 25; i++) {
		must(mkdir(name, 0755), "mkdir");
		must(chdir(name), "chdir");
	}
	must(link(path, "file"), "link");
	open_and_look(AT_FDCWD, "file");
}

static void resolve(uint64_t flags, const char *name)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = flags };
	int dir = open(dir_of(path), O_PATH);

	before(name);
	look(after(syscall(SYS_openat2, dir, name, &how, sizeof(how))));
}

static void by_resolve_beneath(void)
{
	resolve(RESOLVE_BENEATH, "./file");
}

static void by_resolve_no_symlinks(void)
{
	resolve(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, path);
}

static void by_resolve_no_xdev(void)
{
	resolve(RESOLVE_NO_XDEV, "../object/file");
}

static void by_resolve_cached(void)
{
	resolve(RESOLVE_CACHED, "file");
}

/* ------------------------------------------------------------------ mounts, roots */
static void by_bind_file(void)
{
	private_mounts(0);
	must(mount(path, in_scratch("allowed"), NULL, MS_BIND, NULL), "bind");
	open_and_look(AT_FDCWD, in_scratch("allowed"));
}

static void by_userns_bind(void)
{
	private_mounts(CLONE_NEWUSER);
	must(mkdir(in_scratch("bind"), 0755), "mkdir");
	must(mount(dir_of(path), in_scratch("bind"), NULL, MS_BIND | MS_REC, NULL), "bind");
	open_and_look(AT_FDCWD, in_scratch("bind/file"));
}

static void by_move_mount(void)
{
	int tree;

	private_mounts(0);
	must(mkdir(in_scratch("moved"), 0755), "mkdir");
	tree = syscall(SYS_open_tree, AT_FDCWD, dir_of(path), 1);
	must(tree, "open_tree");
	must(syscall(SYS_move_mount, tree, "", AT_FDCWD, in_scratch("moved"), 4), "move_mount");
	open_and_look(AT_FDCWD, in_scratch("moved/file"));
}

static void by_overlay(void)
{
	char options[3 * PATH_MAX];

	private_mounts(0);
	must(mount("none", scratch, "tmpfs", 0, NULL), "tmpfs");
	must(mkdir(in_scratch("over"), 0755), "mkdir");
	must(mkdir(in_scratch("empty"), 0755), "mkdir");
	snprintf(options, sizeof(options), "lowerdir=%s:%s", dir_of(path), in_scratch("empty"));
	must(mount("overlay", in_scratch("over"), "overlay", 0, options), "overlay");
	open_and_look(AT_FDCWD, in_scratch("over/file"));
}

static void by_pivot_root(void)
{
	const char *dir = dir_of(path);

	private_mounts(0);
	must(mount(dir, dir, NULL, MS_BIND, NULL), "bind");
	must(chdir(dir), "chdir");
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	open_and_look(AT_FDCWD, "/file");
}

static void by_root_of_parent(void)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "/proc/%d/root%s", getppid(), path);
	open_and_look(AT_FDCWD, name);
}

/* A child of our own has its root there. */
static void by_root_of_child(void)
{
	char name[64], byte;
	int ready[2], end[2];
	pid_t pid;

	must(pipe(ready), "pipe");
	must(pipe(end), "pipe");
	pid = fork();
	if (pid == 0) {
		close(end[1]);
		must(chroot(dir_of(path)), "chroot");
		must(write(ready[1], "x", 1), "write");
		must(read(end[0], &byte, 1), "read");
		_exit(0);
	}
	must(read(ready[0], &byte, 1), "read");
	snprintf(name, sizeof(name), "/proc/%d/root/file", pid);
	open_and_look(AT_FDCWD, name);
}

/* ------------------------------------------------------------------ races */
static void by_symlink_race(void)
{
	const char *name = in_scratch("race"), *other = in_scratch("other");

	must(symlink(in_scratch("allowed"), name), "symlink");
	must(symlink(path, other), "symlink");
	before(name);
	race_begin();
	if (race_other())
		for (;;)
			must(syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, other, 2), "race");
	while (!truth->got && race_again()) {
		int fd = open(name, O_RDONLY);

		look(fd);
		close(fd);
	}
	after(0);
	race_end();
}

/* "twin" and "file" alternate in memory that another process shares. */
static void by_name_race(void)
{
	char *name = race_memory(), *last;

	snprintf(name, PATH_MAX, "%s", path);
	last = strrchr(name, '/') + 1;
	before(path);
	race_begin();
	if (race_other())
		race_flip(last, "twin", "file");
	while (!truth->got && race_again()) {
		int fd = open(name, O_RDONLY);

		look(fd);
		close(fd);
	}
	after(0);
	race_end();
}

/* ------------------------------------------------------------------ bytes without read() */
static int opened(void)
{
	before(path);
	return after(open(path, O_RDONLY));
}

static void by_mmap(void)
{
	char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, opened(), 0);

	truth->got = p != MAP_FAILED && !strncmp(p, "SECRET", 6);
}

static int loot(void)
{
	return open(in_scratch("loot"), O_RDWR | O_CREAT | O_TRUNC, 0644);
}

static void by_sendfile(void)
{
	int out = loot();

	if (sendfile(out, opened(), NULL, 16) > 0 && lseek(out, 0, SEEK_SET) == 0)
		look(out);
}

static void by_splice(void)
{
	int p[2];

	must(pipe(p), "pipe");
	if (splice(opened(), NULL, p[1], NULL, 16, 0) > 0)
		look(p[0]);
}

static void by_copy_file_range(void)
{
	int out = loot();

	if (copy_file_range(opened(), NULL, out, NULL, 16, 0) > 0 && lseek(out, 0, SEEK_SET) == 0)
		look(out);
}

/* ------------------------------------------------------------------ other people's descriptors */
static void by_scm_stranger(void)
{
	before("");
	look(after(stranger_fd()));
}

static void by_scm_child(void)
{
	int pair[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	before(path);
	pid = fork();
	if (pid == 0) {
		truth->pid = truth->tid = getpid();
		close(pair[0]);
		pass_fd(pair[1], open(path, O_RDONLY));
		_exit(0);
	}
	close(pair[1]);
	look(after(receive_fd(pair[0])));
}

static void by_fd_of_stranger(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/fd/%d", stranger, its_fd);
	open_and_look(AT_FDCWD, name);
}

static void by_pidfd_getfd(void)
{
	int pidfd = syscall(SYS_pidfd_open, stranger, 0);

	before("");
	look(after(syscall(SYS_pidfd_getfd, pidfd, its_fd, 0)));
}

static const struct way ways[] = {
	{ "rename", "file.open", by_rename },
	{ "rename-parent", "file.open", by_rename_parent },
	{ "exchange", "file.open", by_exchange },
	{ "link-unlink", "file.open", by_link_unlink },
	{ "unlinked", "file.open", by_unlinked },
	{ "symlink-parent", "file.open", by_symlink_parent },
	{ "fchdir", "file.open", by_fchdir },
	{ "deep", "file.open", by_deep },
	{ "resolve-beneath", "file.open", by_resolve_beneath },
	{ "resolve-no-symlinks", "file.open", by_resolve_no_symlinks },
	{ "resolve-no-xdev", "file.open", by_resolve_no_xdev },
	{ "resolve-cached", "file.open", by_resolve_cached },
	{ "bind-file", "file.open", by_bind_file },
	{ "userns-bind", "file.open", by_userns_bind },
	{ "move-mount", "file.open", by_move_mount },
	{ "overlay", "file.open", by_overlay },
	{ "pivot-root", "file.open", by_pivot_root },
	{ "root-of-parent", "file.open", by_root_of_parent },
	{ "root-of-child", "file.open", by_root_of_child },
	{ "symlink-race", "file.open", by_symlink_race },
	{ "name-race", "file.open", by_name_race },
	{ "mmap", "file.open", by_mmap },
	{ "sendfile", "file.open", by_sendfile },
	{ "splice", "file.open", by_splice },
	{ "copy-file-range", "file.open", by_copy_file_range },
	{ "scm-child", "file.open", by_scm_child },
	{ "scm-stranger", "none", by_scm_stranger },
	{ "fd-of-stranger", "file.open", by_fd_of_stranger },
	{ "pidfd-getfd", "process.pidfd", by_pidfd_getfd },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc < 3) {
		fprintf(stderr, "usage: read_ways list|WAY[,WAY...] BASE [PID FD]\n");
		return 2;
	}
	if (argc == 5) {
		stranger = atoi(argv[3]);
		its_fd = atoi(argv[4]);
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
