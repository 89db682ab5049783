/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_FANOTIFY_H
#define LW_ACTION_FANOTIFY_H

/*
 * Opens of marked files are denied before they happen, where the kernel side can only kill. The
 * kernel asks before each, whoever opens; a thread of its own answers with the kernel side's own
 * verdict (lw_bpf_may_open()). That thread opens nothing, takes no lock and allocates nothing, so
 * whatever the others wait for, it never waits with them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bpfctl/bpf.h"

struct lw_fanotify;

struct lw_fanotify_counts {
	unsigned long long asked; /* opens of marked files, by anybody */
	unsigned long long denied;
	unsigned long long failed; /* allowed, since they could not be judged */
	size_t marks;
};

/**
 * lw_fanotify_check() - whether this kernel asks, and asks us.
 * @ret_why: one line that says what is missing, valid for ever; NULL when nothing is
 *
 * Return: 0; -EPERM, -EINVAL, -ENOSYS, -EOPNOTSUPP: not on this kernel or with these rights;
 * -errno.
 */
int lw_fanotify_check(const char **ret_why);

/** lw_fanotify_new() - start the thread; nothing is marked yet. Return: as lw_fanotify_check(). */
int lw_fanotify_new(struct lw_bpf *bpf, struct lw_fanotify **ret_fanotify, const char **ret_why);

/** lw_fanotify_free() - end the thread, drop all marks. What waits for an answer goes on. */
void lw_fanotify_free(struct lw_fanotify *f);

/** lw_fanotify_child() - in a child, at once after fork: or it keeps alive who asks its parent. */
void lw_fanotify_child(struct lw_fanotify *f);

/**
 * lw_fanotify_mark() - ask from now on before this is opened. Marks of an inode add up.
 * @path: file or directory; symlinks are followed
 * @self: LW_ON() of LW_FILE_OPEN and LW_PROCESS_EXEC
 * @below: the same of what lies directly in a directory
 *
 * Only regular files and directories, and only on file systems that answer by themselves: the
 * kernel opens what it asks about for the thread, which must not wait.
 *
 * Return: 0; -EOPNOTSUPP: not such a file; -E2BIG: too many marks; -errno.
 */
int lw_fanotify_mark(struct lw_fanotify *f, const char *path, __u64 self, __u64 below);

/** lw_fanotify_again() - all that is to be marked comes once more: count from the start. */
void lw_fanotify_again(struct lw_fanotify *f);

/** lw_fanotify_clear() - drop all marks. */
void lw_fanotify_clear(struct lw_fanotify *f);

void lw_fanotify_counts(const struct lw_fanotify *f, struct lw_fanotify_counts *ret);

#endif
