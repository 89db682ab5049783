/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_ways WAYS DIR: roots and mounts. DIR is empty but for the file `lib`, the directory `new`
 * and the symlink `link` to it. To be started by root, in a mount namespace of its own. "got" says
 * that the effect is there once the way's process has ended.
 */
#include "call.h"

#include <linux/mount.h>
#include <signal.h>
#include <sys/mount.h>

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#define NO_FILE (-1)

#define ROOTS  "namespace.root"
#define ATTACH "mount.attach"
#define DETACH "mount.detach"

static const char *dir;

static const char *in_dir(const char *name)
{
	static char buf[4][PATH_MAX];
	static int i;
	char *path = buf[i++ & 3];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return path;
}

/* Roots. */
static int root_is_dir(void)
{
	struct stat root, st;

	return stat("/", &root) == 0 && stat("lib", &st) == 0 && st.st_dev == root.st_dev &&
	       access("/lib", F_OK) == 0 && stat("/lib", &root) == 0 && root.st_ino == st.st_ino;
}

static void change_root(const char *raw)
{
	CALL(raw, SYS_chroot, raw);
	truth->got = truth->ret == 0;
}

static void chroot_to_dir(void)
{
	change_root(dir);
}

static void chroot_relative(void)
{
	if (chdir(in_dir("new")) < 0)
		die("chdir");
	change_root(".././/new/..");
}

static void chroot_symlink(void)
{
	change_root(in_dir("link"));
}

/* The directory's descriptor, by its magic link. */
static void chroot_by_fd(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open(in_dir("new"), O_PATH));
	change_root(path);
}

static int chroot_child(void *arg)
{
	(void)arg;
	CALL(dir, SYS_chroot, dir);
	return 0;
}

/* The root that changes is one that a process has which lives on. */
static void chroot_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid;

	if (chdir(dir) < 0)
		die(dir);
	pid = clone(chroot_child, stack + sizeof(stack), CLONE_FS | SIGCHLD, NULL);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		die("clone");
	truth->got = root_is_dir();
}

static void pivot(void)
{
	CALL(in_dir("new"), SYS_pivot_root, in_dir("new"), in_dir("new"));
	snprintf(truth->note, sizeof(truth->note), "%s", in_dir("new"));
}

/* Mounts: the raw name is the mount point. */
static void mount_at(const char *source, const char *target, const char *type, unsigned long flags)
{
	CALL(target, SYS_mount, source, target, type, flags, 0);
}

static void mount_tmpfs(void)
{
	mount_at("none", in_dir("new"), "tmpfs", 0);
}

static void mount_bind(void)
{
	mount_at(dir, in_dir("new"), NULL, MS_BIND);
}

static void mount_magic(void)
{
	mount_at(dir, in_dir("new"), NULL, MS_BIND | MS_MGC_VAL);
}

/* In an order in which the kernel never gets to the file systems. */
static void mount_remount(void)
{
	mount_at(NULL, in_dir("new"), NULL, MS_REMOUNT | MS_BIND);
}

static void mount_private(void)
{
	mount_at(NULL, in_dir("new"), NULL, MS_PRIVATE);
}

static void mount_move(void)
{
	mount_at(in_dir("lib"), in_dir("new"), NULL, MS_MOVE);
}

static void mount_device(void)
{
	mount_at("/dev/null", in_dir("new"), "ext4", 0);
}

static void mount_symlink(void)
{
	mount_at("none", in_dir("link"), "tmpfs", 0);
}

/* The same, by processes that live on: until somebody finds out where the link leads. */
static void mount_linger(void)
{
	mount_symlink();
	pause();
}

static void chroot_linger(void)
{
	chroot_symlink();
	pause();
}

/* The name is on a page that is not in memory when the call begins. */
static void mount_cold(void)
{
	const char *file = in_dir("name"), *target = in_dir("new");
	int fd = open(file, O_RDWR | O_CREAT, 0644);
	char *page;

	if (fd < 0 || write(fd, target, strlen(target) + 1) < 0 || ftruncate(fd, 4096) < 0)
		die(file);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTNEED) < 0)
		die("cold page");
	before(target);
	after(syscall(SYS_mount, "none", page, "tmpfs", 0, 0));
}

static int tree(int flags)
{
	return syscall(SYS_open_tree, AT_FDCWD, in_dir("new"), flags);
}

static void open_a_tree(void)
{
	CALL(in_dir("new"), SYS_open_tree, AT_FDCWD, in_dir("new"), OPEN_TREE_CLONE);
}

static void open_plain_tree(void)
{
	CALL(in_dir("new"), SYS_open_tree, AT_FDCWD, in_dir("new"), 0);
}

static void open_tree_empty(void)
{
	CALL(in_dir("new"), SYS_open_tree, open(in_dir("new"), O_PATH), "", AT_EMPTY_PATH);
}

static void open_tree_attr(void)
{
	CALL(in_dir("new"), SYS_open_tree_attr, AT_FDCWD, in_dir("new"), OPEN_TREE_CLONE, 0, 0);
}

/* Only with rules on the operation: a tree has to be opened first. */
static void move_a_mount(void)
{
	int fd = tree(OPEN_TREE_CLONE);

	CALL(in_dir("new"), SYS_move_mount, fd, "", AT_FDCWD, in_dir("new"),
	     MOVE_MOUNT_F_EMPTY_PATH);
}

static void move_to_fd(void)
{
	int fd = tree(OPEN_TREE_CLONE), to = open(in_dir("new"), O_PATH);

	CALL(in_dir("new"), SYS_move_mount, fd, "", to, "",
	     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static void fs_open(void)
{
	char type[] = "tmpfs"; /* on the stack, which is in memory */

	CALL("", SYS_fsopen, type, 0);
}

static void fs_pick(void)
{
	CALL(in_dir("new"), SYS_fspick, AT_FDCWD, in_dir("new"), 0);
}

static void fs_mount(void)
{
	CALL("", SYS_fsmount, NO_FILE, 0, 0);
}

static void set_mount(void)
{
	struct mount_attr none = { 0 };

	CALL(in_dir("new"), SYS_mount_setattr, AT_FDCWD, in_dir("new"), 0, &none, sizeof(none));
}

/* A descriptor that another process shares is there when its maker has died. */
static int tree_child(void *arg)
{
	(void)arg;
	open_a_tree();
	return 0;
}

static void open_tree_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int lowest = open("/dev/null", O_RDONLY);
	pid_t pid;

	close(lowest);
	pid = clone(tree_child, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		die("clone");
	truth->got = fcntl(lowest, F_GETFD) >= 0;
}

/* Made by other kinds of calls than those that are judged here. */
static void make_mount(void)
{
	if (mount("none", in_dir("new"), "tmpfs", 0, NULL) < 0)
		die("mount");
}

static void unmount(void)
{
	make_mount();
	CALL(in_dir("new"), SYS_umount2, in_dir("new"), 0);
}

static void unmount_lazy(void)
{
	make_mount();
	CALL(in_dir("new"), SYS_umount2, in_dir("new"), MNT_DETACH);
}

#ifdef HAVE_32BIT
static void chroot_32(void)
{
	CALL32(dir, 61, low_text(dir));
	truth->got = truth->ret == 0;
}

static void mount_32(void)
{
	CALL32(in_dir("new"), 21, low_text("none"), low_text(in_dir("new")), low_text("tmpfs"), 0,
	       0);
}

static void unmount_32(void)
{
	make_mount();
	CALL32(in_dir("new"), 22, low_text(in_dir("new")));
}

static void unmount2_32(void)
{
	make_mount();
	CALL32(in_dir("new"), 52, low_text(in_dir("new")), MNT_DETACH);
}
#endif

/* How many lie one over the other. */
static int mounted(void)
{
	char line[2 * PATH_MAX], point[PATH_MAX];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int found = 0;

	if (!f)
		die("mountinfo");
	while (fgets(line, sizeof(line), f))
		found += sscanf(line, "%*s %*s %*s %*s %s", point) == 1 &&
			 !strcmp(point, in_dir("new"));
	fclose(f);
	return found;
}

/*
 * What is left behind, and cleaning up for the next way: but for the ways to unmount, since we
 * would be judged like them. Some leave their mount: it is in use while the monitor looks there.
 */
static void settled(const struct way *way)
{
	static int left;
	int there = mounted();

	if (!strcmp(way->event, DETACH)) {
		truth->got = there == left;
		left = there;
	} else {
		if (strstr(way->name, "mount"))
			truth->got = there > 0;
		if (there && umount2(in_dir("new"), MNT_DETACH) < 0)
			die("umount");
	}
	unlink(in_dir("name"));
}

static const struct way ways[] = {
	{ "chroot", ROOTS, chroot_to_dir },
	{ "chroot-relative", ROOTS, chroot_relative },
	{ "chroot-symlink", ROOTS, chroot_symlink },
	{ "chroot-fd", ROOTS, chroot_by_fd },
	{ "chroot-shared", ROOTS, chroot_shared },
	{ "pivot-root", ROOTS, pivot },
	{ "mount", ATTACH, mount_tmpfs },
	{ "mount-bind", ATTACH, mount_bind },
	{ "mount-magic", ATTACH, mount_magic },
	{ "mount-remount", ATTACH, mount_remount },
	{ "mount-private", ATTACH, mount_private },
	{ "mount-move", ATTACH, mount_move },
	{ "mount-device", ATTACH, mount_device },
	{ "mount-symlink", ATTACH, mount_symlink },
	{ "mount-cold", ATTACH, mount_cold },
	{ "open-tree", ATTACH, open_a_tree },
	{ "open-tree-plain", ATTACH, open_plain_tree },
	{ "open-tree-empty", ATTACH, open_tree_empty },
	{ "open-tree-attr", ATTACH, open_tree_attr },
	{ "open-tree-shared", ATTACH, open_tree_shared },
	{ "fsopen", ATTACH, fs_open },
	{ "fspick", ATTACH, fs_pick },
	{ "fsmount", ATTACH, fs_mount },
	{ "mount-setattr", ATTACH, set_mount },
	/* Their preparation is of the same kind: for rules on the operation `move`. */
	{ "move-mount", "move", move_a_mount },
	{ "move-mount-fd", "move", move_to_fd },
	/* For rules on a path. */
	{ "path-mount-symlink", "linger", mount_linger },
	{ "path-chroot-symlink", "linger", chroot_linger },
	{ "umount", DETACH, unmount },
	{ "umount-lazy", DETACH, unmount_lazy },
#ifdef HAVE_32BIT
	{ "chroot-32", ROOTS, chroot_32 },
	{ "mount-32", ATTACH, mount_32 },
	{ "umount-32", DETACH, unmount_32 },
	{ "umount2-32", DETACH, unmount2_32 },
#endif
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 3) {
		fprintf(stderr, "usage: mount_ways all|list|WAY[,WAY...] DIR\n");
		return 2;
	}
	dir = argv[2];
	settle = settled;
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
