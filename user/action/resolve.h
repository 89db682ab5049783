/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_RESOLVE_H
#define LW_ACTION_RESOLVE_H

/*
 * Where a name leads, symlinks followed as its process would. The kernel side judges a change when
 * its call begins, and then knows the text only.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "decode/decode.h"

struct lw_name {
	struct lw_span raw;    /* what the caller wrote */
	struct lw_span joined; /* the same as text, absolute and folded: string PATH or TARGET */
	bool follow;	       /* a symlink at its end too */
};

/**
 * lw_resolve() - the path that a name leads to now.
 * @root: descriptor of the process's root directory
 * @name: hostile: any bytes, any length up to LW_PATH_BUF
 * @ret_path: gets the path as seen from the root of the mount namespace; does not end in NUL
 *
 * Neither ".." nor a symlink leads out of @root, and no magic link of procfs is followed: where the
 * name itself starts with one, the kernel side has put in what it leads to. Only directories are
 * opened, with O_PATH. A file system that does not answer makes it wait.
 *
 * Return: bytes; -ENOENT or -ENOTDIR when there is no such directory; -ELOOP for a magic link;
 * -EXDEV when the name starts outside of @root; -ENAMETOOLONG; -errno.
 */
ssize_t lw_resolve(int root, const struct lw_name *name, char ret_path[static LW_PATH_BUF]);

#endif
