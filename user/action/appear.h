/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_APPEAR_H
#define LW_ACTION_APPEAR_H

/* Names that appear in directories: made there, or moved there. */

#include <stdbool.h>

struct lw_appear;

/** lw_appear_new() - watch nothing yet. Return: 0 or -errno. */
int lw_appear_new(struct lw_appear **ret_appear);
void lw_appear_free(struct lw_appear *a);

/** lw_appear_fd() - readable when names have appeared. */
int lw_appear_fd(const struct lw_appear *a);

/** lw_appear_watch() - a directory, once. Return: 0; -E2BIG: too many; -ENOMEM; -errno. */
int lw_appear_watch(struct lw_appear *a, const char *dir);

/** lw_appear_clear() - watch nothing any more. */
void lw_appear_clear(struct lw_appear *a);

/**
 * lw_appear_read() - hand over what has appeared.
 * @fn: gets the path, as the directory was named
 *
 * Return: 0; -EOVERFLOW: there was more than the kernel kept; -errno.
 */
int lw_appear_read(struct lw_appear *a, void (*fn)(const char *path, bool is_dir, void *arg),
		   void *arg);

#endif
