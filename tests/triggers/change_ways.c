/* SPDX-License-Identifier: Apache-2.0 */
/*
 * change_ways WAYS DIR SCRATCH: every call that changes a name or an attribute of a file, through
 * the native entry and some through the 32-bit one. DIR/<way> is the file (directory, for those
 * that remove one) that the way works on; ways that make a name make DIR/<way>.new, from
 * SCRATCH/<way>. Both are there before. The note is "path" or "target": which of the names is in
 * DIR, or both.
 */
#include "trigger.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/xattr.h>
#include <sys/xattr.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define NR_setxattrat	 463
#define NR_removexattrat 466

static const char *dir, *scratch;
static char victim[PATH_MAX], made[PATH_MAX], other[PATH_MAX];

/* The kernel's struct xattr_args of setxattrat(2). */
struct args_of_xattr {
	__u64 value __attribute__((aligned(8)));
	__u32 size;
	__u32 flags;
};

static void note(const char *where)
{
	snprintf(truth->note, sizeof(truth->note), "%s", where);
}

/* A call whose PATH, as the caller writes it, is @raw. */
static void call(const char *raw, long nr, long a, long b, long c, long d, long e)
{
	before(raw);
	after(syscall(nr, a, b, c, d, e));
}

#define P(pointer) ((long)(pointer))

static int open_victim(int flags)
{
	int fd = open(victim, flags);

	if (fd < 0)
		die(victim);
	return fd;
}

static int open_dir(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY);

	if (fd < 0)
		die(path);
	return fd;
}

static void by_unlink(void)
{
	note("path");
	call(victim, SYS_unlink, P(victim), 0, 0, 0, 0);
}

static void by_unlinkat(void)
{
	note("path");
	call(current->name, SYS_unlinkat, open_dir(dir), P(current->name), 0, 0, 0);
}

static void by_rmdir(void)
{
	note("path");
	call(victim, SYS_rmdir, P(victim), 0, 0, 0, 0);
}

static void by_unlinkat_dir(void)
{
	note("path");
	call(victim, SYS_unlinkat, AT_FDCWD, P(victim), AT_REMOVEDIR, 0, 0);
}

static void by_rename(void)
{
	note("path");
	snprintf(made, sizeof(made), "%s/rename.away", scratch);
	call(victim, SYS_rename, P(victim), P(made), 0, 0, 0);
}

static void by_rename_onto(void)
{
	note("target");
	call(other, SYS_rename, P(other), P(made), 0, 0, 0);
}

static void by_renameat(void)
{
	note("path");
	call(current->name, SYS_renameat, open_dir(dir), P(current->name), open_dir(scratch),
	     P("renameat.away"), 0);
}

static void by_renameat2_onto(void)
{
	note("target");
	call(other, SYS_renameat2, AT_FDCWD, P(other), AT_FDCWD, P(made), RENAME_NOREPLACE);
}

static void by_exchange(void)
{
	note("target");
	call(other, SYS_renameat2, AT_FDCWD, P(other), AT_FDCWD, P(victim), RENAME_EXCHANGE);
}

static void by_rename_both(void)
{
	note("both");
	call(victim, SYS_rename, P(victim), P(made), 0, 0, 0);
}

static void by_link(void)
{
	note("path");
	snprintf(made, sizeof(made), "%s/link.new", scratch);
	call(victim, SYS_link, P(victim), P(made), 0, 0, 0);
}

static void by_link_onto(void)
{
	note("target");
	call(other, SYS_link, P(other), P(made), 0, 0, 0);
}

static void by_linkat(void)
{
	note("path");
	snprintf(made, sizeof(made), "%s/linkat.new", scratch);
	call(current->name, SYS_linkat, open_dir(dir), P(current->name), AT_FDCWD, P(made), 0);
}

static void by_linkat_fd(void)
{
	char name[64];

	note("path");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", open_victim(O_PATH));
	snprintf(made, sizeof(made), "%s/linkat-fd.new", scratch);
	call(name, SYS_linkat, AT_FDCWD, P(name), AT_FDCWD, P(made), AT_SYMLINK_FOLLOW);
}

static void by_linkat_empty(void)
{
	note("path");
	snprintf(made, sizeof(made), "%s/linkat-empty.new", scratch);
	call("", SYS_linkat, open_victim(O_PATH), P(""), AT_FDCWD, P(made), AT_EMPTY_PATH);
}

static void by_symlink(void)
{
	note("path");
	call(made, SYS_symlink, P("/etc/passwd"), P(made), 0, 0, 0);
}

static void by_symlinkat(void)
{
	note("path");
	call("symlinkat.new", SYS_symlinkat, P("/etc/passwd"), open_dir(dir), P("symlinkat.new"), 0,
	     0);
}

static void by_mknod(void)
{
	note("path");
	call(made, SYS_mknod, P(made), S_IFIFO | 0600, 0, 0, 0);
}

static void by_mknodat(void)
{
	note("path");
	call(made, SYS_mknodat, AT_FDCWD, P(made), 0600, 0, 0);
}

static void by_truncate(void)
{
	note("path");
	call(victim, SYS_truncate, P(victim), 0, 0, 0, 0);
}

static void by_ftruncate(void)
{
	note("path");
	call("", SYS_ftruncate, open_victim(O_WRONLY), 0, 0, 0, 0);
}

static void by_fallocate(void)
{
	note("path");
	call("", SYS_fallocate, open_victim(O_WRONLY), FALLOC_FL_KEEP_SIZE, 0, 1 << 20, 0);
}

static void by_chmod(void)
{
	note("path");
	call(victim, SYS_chmod, P(victim), 04755, 0, 0, 0);
}

static void by_fchmod(void)
{
	note("path");
	call("", SYS_fchmod, open_victim(O_RDONLY), 0777, 0, 0, 0);
}

static void by_fchmodat(void)
{
	note("path");
	call(victim, SYS_fchmodat, AT_FDCWD, P(victim), 0777, 0, 0);
}

static void by_fchmodat2(void)
{
	note("path");
	call("", SYS_fchmodat2, open_victim(O_PATH), P(""), 0777, AT_EMPTY_PATH, 0);
}

static void by_chmod_fd(void)
{
	char name[64];

	note("path");
	snprintf(name, sizeof(name), "/proc/self/fd/%d", open_victim(O_PATH));
	call(name, SYS_chmod, P(name), 0777, 0, 0, 0);
}

static void by_chown(void)
{
	note("path");
	call(victim, SYS_chown, P(victim), 7, 7, 0, 0);
}

static void by_lchown(void)
{
	note("path");
	call(victim, SYS_lchown, P(victim), 7, 7, 0, 0);
}

static void by_fchown(void)
{
	note("path");
	call("", SYS_fchown, open_victim(O_RDONLY), 7, 7, 0, 0);
}

static void by_fchownat(void)
{
	note("path");
	call(current->name, SYS_fchownat, open_dir(dir), P(current->name), 7, 7, 0);
}

static void by_fchownat_empty(void)
{
	note("path");
	call("", SYS_fchownat, open_victim(O_PATH), P(""), 7, 7, AT_EMPTY_PATH);
}

static void by_setxattr(void)
{
	note("path");
	call(victim, SYS_setxattr, P(victim), P("user.lw"), P("x"), 1, 0);
}

static void by_lsetxattr(void)
{
	note("path");
	call(victim, SYS_lsetxattr, P(victim), P("user.lw"), P("x"), 1, 0);
}

static void by_fsetxattr(void)
{
	note("path");
	call("", SYS_fsetxattr, open_victim(O_RDONLY), P("user.lw"), P("x"), 1, 0);
}

static void by_setxattrat(void)
{
	struct args_of_xattr args = { .value = P("x"), .size = 1 };

	note("path");
	before(victim);
	after(syscall(NR_setxattrat, AT_FDCWD, victim, 0, "user.lw", &args, sizeof(args)));
}

static void by_removexattr(void)
{
	note("path");
	call(victim, SYS_removexattr, P(victim), P("user.lw.there"), 0, 0, 0);
}

static void by_lremovexattr(void)
{
	note("path");
	call(victim, SYS_lremovexattr, P(victim), P("user.lw.there"), 0, 0, 0);
}

static void by_fremovexattr(void)
{
	note("path");
	call("", SYS_fremovexattr, open_victim(O_RDONLY), P("user.lw.there"), 0, 0, 0);
}

static void by_removexattrat(void)
{
	note("path");
	call("", NR_removexattrat, open_victim(O_RDONLY), P(""), AT_EMPTY_PATH, P("user.lw.there"),
	     0);
}

#ifdef __x86_64__
/* The 32-bit entry: numbers of arch/x86/entry/syscalls/syscall_32.tbl, addresses below 4 GiB. */
static void call32(const char *raw, int nr, long a, long b, long c, long d)
{
	long ret;

	before(raw);
	asm volatile("int $0x80"
		     : "=a"(ret)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(0)
		     : "memory", "r8", "r9", "r10", "r11");
	ret = (int)ret;
	errno = ret < 0 ? -ret : 0;
	after(ret < 0 ? -1 : ret);
}

/* A copy of a name where 32 bits reach it. */
static long low(const char *name)
{
	char *page = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	return P(strcpy(page, name));
}

static void by_unlink_32(void)
{
	note("path");
	call32(victim, 10, low(victim), 0, 0, 0);
}

static void by_rename_32(void)
{
	note("target");
	call32(other, 38, low(other), low(made), 0, 0);
}

static void by_linkat_32(void)
{
	note("target");
	call32(other, 303, AT_FDCWD, low(other), AT_FDCWD, low(made));
}

static void by_chmod_32(void)
{
	note("path");
	call32(victim, 15, low(victim), 0777, 0, 0);
}

static void by_chown16_32(void)
{
	note("path");
	call32(victim, 182, low(victim), 7, 7, 0);
}

static void by_fchown32_32(void)
{
	note("path");
	call32("", 207, open_victim(O_RDONLY), 7, 7, 0);
}

static void by_truncate64_32(void)
{
	note("path");
	call32(victim, 193, low(victim), 0, 0, 0);
}

static void by_setxattr_32(void)
{
	note("path");
	call32(victim, 226, low(victim), low("user.lw"), low("x"), 1);
}
#endif

static const struct way ways[] = {
	{ "unlink", "file.unlink", by_unlink },
	{ "unlinkat", "file.unlink", by_unlinkat },
	{ "rmdir", "file.unlink", by_rmdir },
	{ "unlinkat-dir", "file.unlink", by_unlinkat_dir },
	{ "rename", "file.rename", by_rename },
	{ "rename-onto", "file.rename", by_rename_onto },
	{ "rename-both", "file.rename", by_rename_both },
	{ "renameat", "file.rename", by_renameat },
	{ "renameat2-onto", "file.rename", by_renameat2_onto },
	{ "exchange", "file.rename", by_exchange },
	{ "link", "file.link", by_link },
	{ "link-onto", "file.link", by_link_onto },
	{ "linkat", "file.link", by_linkat },
	{ "linkat-fd", "file.link", by_linkat_fd },
	{ "linkat-empty", "file.link", by_linkat_empty },
	{ "symlink", "file.symlink", by_symlink },
	{ "symlinkat", "file.symlink", by_symlinkat },
	{ "mknod", "file.mknod", by_mknod },
	{ "mknodat", "file.mknod", by_mknodat },
	{ "truncate", "file.truncate", by_truncate },
	{ "ftruncate", "file.truncate", by_ftruncate },
	{ "fallocate", "file.truncate", by_fallocate },
	{ "chmod", "file.chmod", by_chmod },
	{ "fchmod", "file.chmod", by_fchmod },
	{ "fchmodat", "file.chmod", by_fchmodat },
	{ "fchmodat2", "file.chmod", by_fchmodat2 },
	{ "chmod-fd", "file.chmod", by_chmod_fd },
	{ "chown", "file.chown", by_chown },
	{ "lchown", "file.chown", by_lchown },
	{ "fchown", "file.chown", by_fchown },
	{ "fchownat", "file.chown", by_fchownat },
	{ "fchownat-empty", "file.chown", by_fchownat_empty },
	{ "setxattr", "file.setxattr", by_setxattr },
	{ "lsetxattr", "file.setxattr", by_lsetxattr },
	{ "fsetxattr", "file.setxattr", by_fsetxattr },
	{ "setxattrat", "file.setxattr", by_setxattrat },
	{ "removexattr", "file.setxattr", by_removexattr },
	{ "lremovexattr", "file.setxattr", by_lremovexattr },
	{ "fremovexattr", "file.setxattr", by_fremovexattr },
	{ "removexattrat", "file.setxattr", by_removexattrat },
#ifdef __x86_64__
	{ "unlink-32", "file.unlink", by_unlink_32 },
	{ "rename-32", "file.rename", by_rename_32 },
	{ "linkat-32", "file.link", by_linkat_32 },
	{ "chmod-32", "file.chmod", by_chmod_32 },
	{ "chown16-32", "file.chown", by_chown16_32 },
	{ "fchown32-32", "file.chown", by_fchown32_32 },
	{ "truncate64-32", "file.truncate", by_truncate64_32 },
	{ "setxattr-32", "file.setxattr", by_setxattr_32 },
#endif
};

#define COUNT (sizeof(ways) / sizeof(ways[0]))

/* The names that a way works on are made of its own. */
static void named(void)
{
	snprintf(victim, sizeof(victim), "%s/%s", dir, current->name);
	snprintf(made, sizeof(made), "%s/%s.new", dir, current->name);
	snprintf(other, sizeof(other), "%s/%s", scratch, current->name);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, COUNT, "list");
	if (argc != 4) {
		fprintf(stderr, "usage: change_ways all|list|WAY[,WAY...] DIR SCRATCH\n");
		return 2;
	}
	dir = argv[2];
	scratch = argv[3];
	prepare = named;
	return run_ways(ways, COUNT, argv[1]);
}
