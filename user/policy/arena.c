// SPDX-License-Identifier: Apache-2.0
#include "policy/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536U /* bytes */

struct lw_arena_chunk {
	struct lw_arena_chunk *next;
	alignas(max_align_t) unsigned char data[];
};

void *lw_arena_alloc(struct lw_arena *a, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct lw_arena_chunk *c;
	void *p;

	if (need < size)
		return NULL;
	if (!a->chunks || a->size - a->used < need) {
		size_t bytes = need > CHUNK ? need : CHUNK;

		c = calloc(1, sizeof(*c) + bytes);
		if (!c)
			return NULL;
		c->next = a->chunks;
		a->chunks = c;
		a->size = bytes;
		a->used = 0;
	}
	p = a->chunks->data + a->used;
	a->used += need;
	return p;
}

char *lw_arena_strndup(struct lw_arena *a, const char *s, size_t len)
{
	char *copy = lw_arena_alloc(a, len + 1);

	if (copy)
		memcpy(copy, s, len);
	return copy;
}

void lw_arena_free(struct lw_arena *a)
{
	while (a->chunks) {
		struct lw_arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
	a->used = a->size = 0;
}
