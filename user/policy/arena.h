/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_ARENA_H
#define LW_POLICY_ARENA_H

/* Memory of one compilation, given back at once: nothing that is parsed outlives it. */

#include <stddef.h>

struct lw_arena {
	struct lw_arena_chunk *chunks;
	size_t used; /* bytes of the newest chunk */
	size_t size;
};

/** lw_arena_alloc() - zeroed memory, aligned for any type. Return: NULL when there is none. */
void *lw_arena_alloc(struct lw_arena *a, size_t size);

/** lw_arena_strndup() - a NUL-terminated copy of @len bytes. Return: NULL on -ENOMEM. */
char *lw_arena_strndup(struct lw_arena *a, const char *s, size_t len);

void lw_arena_free(struct lw_arena *a);

#endif
