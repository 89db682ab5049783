/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_FOREIGN_H
#define LW_ENRICH_FOREIGN_H

/*
 * Reading files that others name, for threads that do nothing else: with the rights of a process
 * under suspicion, so that it learns nothing by us, and without any effect of an open.
 */

#include <sys/types.h>

/**
 * lw_foreign_rights() - the calling thread's access to files is that of @uid and @gid.
 *
 * Return: 0; -EPERM: they cannot be had, and nothing has changed.
 */
int lw_foreign_rights(uid_t uid, gid_t gid);

/** lw_foreign_own() - and its own again. */
void lw_foreign_own(void);

/**
 * lw_foreign_open() - open a regular file for reading.
 * @root: directory that absolute names and links start from
 * @name: path
 * @check: asked with an O_PATH descriptor of it before it is opened; 0: go on
 * @arg: passed through
 *
 * Return: a descriptor; -EINVAL: no regular file; what @check gave; -errno.
 */
int lw_foreign_open(int root, const char *name, int (*check)(int fd, void *arg), void *arg);

#endif
