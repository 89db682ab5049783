/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_RESOLVE_H
#define LW_ACTION_RESOLVE_H

/*
 * Where a name leads, symlinks followed as its process would. The kernel side judges a change when
 * its call begins, and then knows the text only.
 */

#include <stdbool.h>

#include "decode/decode.h"

struct lw_name {
	struct lw_span raw;    /* what the caller wrote */
	struct lw_span joined; /* the same as text, absolute and folded: string PATH or TARGET */
	bool follow;	       /* a symlink at its end too */
};

/**
 * lw_resolve() - the directory that a name leads to now.
 * @root: descriptor of the process's root directory
 * @name: hostile: any bytes, any length up to LW_PATH_BUF
 * @ret_last: the last component, in that directory; "": what is opened is the object itself
 *
 * Neither ".." nor a symlink leads out of @root, and no magic link of procfs is followed: where the
 * name itself starts with one, the kernel side has put in what it leads to. Everything is opened
 * with O_PATH. A file system that does not answer makes it wait.
 *
 * Return: a descriptor; -ENOENT or -ENOTDIR when there is no such directory; -EXDEV for a magic
 * link, or when the name starts outside of @root; -ELOOP; -ENAMETOOLONG; -errno.
 */
int lw_resolve(int root, const struct lw_name *name, char ret_last[static LW_NAME_MAX + 1]);

#endif
