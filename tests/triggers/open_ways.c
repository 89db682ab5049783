/* SPDX-License-Identifier: Apache-2.0 */
/*
 * open_ways WAYS PATH SCRATCH [r|w]: opens the existing file PATH in many ways. SCRATCH is an empty
 * directory on the same file system, for links and mounts. With w: for writing, never truncating.
 */
#include "trigger.h"

#include <pthread.h>
#include <sys/mount.h>

static const char *path, *scratch;
static int how_flags = O_RDONLY;

static void do_openat(int dirfd, const char *name)
{
	before(name);
	after_open(openat(dirfd, name, how_flags));
}

static void by_open(void)
{
	before(path);
	after_open(syscall(SYS_open, path, how_flags, 0));
}

static void by_openat(void)
{
	do_openat(AT_FDCWD, path);
}

static void by_openat2(void)
{
	struct open_how how = { .flags = how_flags };

	before(path);
	after_open(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static void by_openat2_in_root(void)
{
	struct open_how how = { .flags = how_flags, .resolve = RESOLVE_IN_ROOT };
	int fd = open(dir_of(path), O_PATH);
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/../%s", name_of(path));
	before(name);
	after_open(syscall(SYS_openat2, fd, name, &how, sizeof(how)));
}

static void by_handle(void)
{
	union {
		struct file_handle h;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, dir = open(dir_of(path), O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0) < 0)
		die("name_to_handle_at");
	before("");
	after_open(open_by_handle_at(dir, &u.h, how_flags));
}

static void by_dirfd(void)
{
	do_openat(open(dir_of(path), O_PATH), name_of(path));
}

static void by_relative(void)
{
	if (chdir(dir_of(path)) < 0)
		die("chdir");
	do_openat(AT_FDCWD, name_of(path));
}

static void by_dotdot(void)
{
	char name[PATH_MAX * 2];
	const char *dir = dir_of(path);

	snprintf(name, sizeof(name), "%s/../%s/./%s", dir, name_of(dir), name_of(path));
	do_openat(AT_FDCWD, name);
}

static void by_proc_self_root(void)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "/proc/self/root%s", path);
	do_openat(AT_FDCWD, name);
}

static void by_proc_self_cwd(void)
{
	char name[PATH_MAX + 32];

	if (chdir(dir_of(path)) < 0)
		die("chdir");
	snprintf(name, sizeof(name), "/proc/thread-self/cwd/%s", name_of(path));
	do_openat(AT_FDCWD, name);
}

static void by_fd_reopen(void)
{
	char name[64];
	int fd;

	before(path);
	fd = open(path, O_PATH); /* may be forbidden by itself */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	do_openat(AT_FDCWD, name);
}

static void by_symlink(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/symlink", scratch);
	if (symlink(path, name) < 0)
		die("symlink");
	do_openat(AT_FDCWD, name);
}

static void by_hardlink(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/hardlink", scratch);
	if (link(path, name) < 0)
		die("link");
	do_openat(AT_FDCWD, name);
}

static void private_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("unshare");
}

static void by_bind_mount(void)
{
	char dir[PATH_MAX - NAME_MAX - 1], name[PATH_MAX];

	private_mounts();
	snprintf(dir, sizeof(dir), "%s/bind", scratch);
	if (mkdir(dir, 0755) < 0 || mount(dir_of(path), dir, NULL, MS_BIND, NULL) < 0)
		die("bind mount");
	snprintf(name, sizeof(name), "%s/%s", dir, name_of(path));
	do_openat(AT_FDCWD, name);
}

static void by_chroot(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/%s", name_of(path));
	if (chroot(dir_of(path)) < 0)
		die("chroot");
	do_openat(AT_FDCWD, name);
}

static void by_open_tree(void)
{
	/* OPEN_TREE_CLONE: a mount that is attached nowhere. */
	int fd = syscall(SYS_open_tree, AT_FDCWD, dir_of(path), 1);

	if (fd < 0)
		die("open_tree");
	do_openat(fd, name_of(path));
}

static void by_long_name(void)
{
	static char name[PATH_MAX];
	size_t len = strlen(path), pad = (PATH_MAX - 1 - len) / 2;

	for (size_t i = 0; i < pad; i++)
		memcpy(name + 2 * i, "/.", 2);
	strcpy(name + 2 * pad, path);
	do_openat(AT_FDCWD, name);
}

static void by_cold_page(void)
{
	char file[PATH_MAX], *page;
	int fd;

	snprintf(file, sizeof(file), "%s/name", scratch);
	fd = open(file, O_RDWR | O_CREAT, 0644);
	if (fd < 0 || write(fd, path, strlen(path) + 1) < 0 || ftruncate(fd, 4096) < 0)
		die(file);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTNEED) < 0)
		die("cold page");
	truth->pid = getpid();
	truth->tid = gettid();
	/* Nobody but the call itself may touch the page: the name is noted from elsewhere. */
	snprintf(truth->raw, sizeof(truth->raw), "%s", path);
	after_open(openat(AT_FDCWD, page, how_flags));
}

static void *open_in_thread(void *arg)
{
	(void)arg;
	do_openat(AT_FDCWD, path);
	return NULL;
}

static void by_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, open_in_thread, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void by_missing(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s.missing", path);
	do_openat(AT_FDCWD, name);
}

static const struct way ways[] = {
	{ "open", "file.open", by_open },
	{ "openat", "file.open", by_openat },
	{ "openat2", "file.open", by_openat2 },
	{ "openat2-in-root", "file.open", by_openat2_in_root },
	{ "handle", "file.open", by_handle },
	{ "dirfd", "file.open", by_dirfd },
	{ "relative", "file.open", by_relative },
	{ "dotdot", "file.open", by_dotdot },
	{ "proc-self-root", "file.open", by_proc_self_root },
	{ "proc-self-cwd", "file.open", by_proc_self_cwd },
	{ "fd-reopen", "file.open", by_fd_reopen },
	{ "symlink", "file.open", by_symlink },
	{ "hardlink", "file.open", by_hardlink },
	{ "bind-mount", "file.open", by_bind_mount },
	{ "chroot", "file.open", by_chroot },
	{ "open-tree", "file.open", by_open_tree },
	{ "long-name", "file.open", by_long_name },
	{ "cold-page", "file.open", by_cold_page },
	{ "thread", "file.open", by_thread },
	{ "missing", "file.open", by_missing },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc < 4) {
		fprintf(stderr, "usage: open_ways all|list|WAY[,WAY...] PATH SCRATCH [r|w]\n");
		return 2;
	}
	path = argv[2];
	scratch = argv[3];
	if (argc > 4 && argv[4][0] == 'w')
		how_flags = O_RDWR | O_APPEND;
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
