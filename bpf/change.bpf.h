/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_CHANGE_BPF_H
#define LW_CHANGE_BPF_H

/*
 * Which arguments of a call that changes names, attributes, mounts or roots say what. Arguments
 * count from 1; 0: there is none.
 */

#include "lw_kinds.h"

/* The values of include/lw_ops.def. */
#define OP_DIRECTORY	  1
#define OP_EXCHANGE	  1
#define OP_FILE		  8
#define OP_REMOVE	  1
#define OP_EXECUTABLE	  (1U << 8)
#define OP_SETUID	  (1U << 9)
#define OP_SETGID	  (1U << 10)
#define OP_WORLD_WRITABLE (1U << 11)

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR	    0x200
#define AT_SYMLINK_FOLLOW   0x400

#define S_IXUGO		0111
#define S_IWOTH		0002
#define S_ISUID		04000
#define S_ISGID		02000
#define RENAME_EXCHANGE 2

/* `operation` of file.chmod, for the mode that is asked. */
static __always_inline __u32 lw_mode_bits(__u32 mode)
{
	return (mode & S_IXUGO ? OP_EXECUTABLE : 0) | (mode & S_ISUID ? OP_SETUID : 0) |
	       (mode & S_ISGID ? OP_SETGID : 0) | (mode & S_IWOTH ? OP_WORLD_WRITABLE : 0);
}

/* `operation` of file.mknod: the kind of file. */
static __always_inline __u32 lw_file_kind(__u32 mode)
{
	return mode & S_IFMT ? (mode & S_IFMT) >> 12 : OP_FILE;
}

struct lw_shape {
	__u8 fd;       /* the object itself */
	__u8 at, name; /* PATH: directory and name */
	__u8 at2, name2;
	__u8 flags; /* AT_* */
	__u8 mode;
	__u8 follow; /* a symlink at the end of the name is followed, but for AT_SYMLINK_NOFOLLOW */
	__u8 follow2;
	__u8 empty; /* whatever the flags: no name stands for what the directory's descriptor is */
	__u8 op;    /* LW_OP operation, where no argument tells it */
};

#define LW_SHAPE(call, ...) [LW_CALL_##call] = { __VA_ARGS__ }

/* clang-format off */
static const volatile struct lw_shape lw_shapes[256] = {
	LW_SHAPE(unlink, .name = 1),
	LW_SHAPE(unlinkat, .at = 1, .name = 2, .flags = 3),
	LW_SHAPE(rmdir, .name = 1, .op = OP_DIRECTORY),
	LW_SHAPE(rename, .name = 1, .name2 = 2),
	LW_SHAPE(renameat, .at = 1, .name = 2, .at2 = 3, .name2 = 4),
	LW_SHAPE(renameat2, .at = 1, .name = 2, .at2 = 3, .name2 = 4),
	LW_SHAPE(link, .name = 1, .name2 = 2),
	LW_SHAPE(linkat, .at = 1, .name = 2, .at2 = 3, .name2 = 4, .flags = 5),
	LW_SHAPE(symlink, .name2 = 1, .name = 2),
	LW_SHAPE(symlinkat, .name2 = 1, .at = 2, .name = 3),
	LW_SHAPE(mknod, .name = 1, .mode = 2),
	LW_SHAPE(mknodat, .at = 1, .name = 2, .mode = 3),
	LW_SHAPE(truncate, .name = 1, .follow = 1),
	LW_SHAPE(truncate64, .name = 1, .follow = 1),
	LW_SHAPE(ftruncate, .fd = 1),
	LW_SHAPE(ftruncate64, .fd = 1),
	LW_SHAPE(fallocate, .fd = 1),
	LW_SHAPE(chmod, .name = 1, .mode = 2, .follow = 1),
	LW_SHAPE(fchmod, .fd = 1, .mode = 2),
	LW_SHAPE(fchmodat, .at = 1, .name = 2, .mode = 3, .follow = 1),
	LW_SHAPE(fchmodat2, .at = 1, .name = 2, .mode = 3, .flags = 4, .follow = 1),
	LW_SHAPE(chown, .name = 1, .follow = 1),
	LW_SHAPE(chown32, .name = 1, .follow = 1),
	LW_SHAPE(lchown, .name = 1),
	LW_SHAPE(lchown32, .name = 1),
	LW_SHAPE(fchown, .fd = 1),
	LW_SHAPE(fchown32, .fd = 1),
	LW_SHAPE(fchownat, .at = 1, .name = 2, .flags = 5, .follow = 1),
	LW_SHAPE(setxattr, .name = 1, .follow = 1),
	LW_SHAPE(lsetxattr, .name = 1),
	LW_SHAPE(fsetxattr, .fd = 1),
	LW_SHAPE(setxattrat, .at = 1, .name = 2, .flags = 3, .follow = 1),
	LW_SHAPE(removexattr, .name = 1, .follow = 1, .op = OP_REMOVE),
	LW_SHAPE(lremovexattr, .name = 1, .op = OP_REMOVE),
	LW_SHAPE(fremovexattr, .fd = 1, .op = OP_REMOVE),
	LW_SHAPE(removexattrat, .at = 1, .name = 2, .flags = 3, .follow = 1, .op = OP_REMOVE),
	LW_SHAPE(chroot, .name = 1, .follow = 1),
	LW_SHAPE(pivot_root, .name = 1, .follow = 1, .name2 = 2, .follow2 = 1),
	LW_SHAPE(mount, .name = 1, .follow = 1, .name2 = 2, .follow2 = 1),
	LW_SHAPE(move_mount, .at = 1, .name = 2, .at2 = 3, .name2 = 4, .empty = 1),
	LW_SHAPE(open_tree, .at = 1, .name = 2, .follow = 1, .empty = 1),
	LW_SHAPE(open_tree_attr, .at = 1, .name = 2, .follow = 1, .empty = 1),
	LW_SHAPE(fspick, .at = 1, .name = 2, .follow = 1, .empty = 1),
	LW_SHAPE(mount_setattr, .at = 1, .name = 2, .follow = 1, .empty = 1),
	LW_SHAPE(umount, .name = 1, .follow = 1),
	LW_SHAPE(umount2, .name = 1, .follow = 1),
	LW_SHAPE(swapon, .name = 1, .follow = 1),
	LW_SHAPE(swapoff, .name = 1, .follow = 1),
	LW_SHAPE(acct, .name = 1, .follow = 1),
};
/* clang-format on */

#endif
