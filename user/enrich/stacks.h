/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_STACKS_H
#define LW_ENRICH_STACKS_H

/*
 * Python stacks: their frames come one by one, before the event that names them and mixed with
 * those of other stacks. What a frame says is what the process says of itself.
 */

#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h"

/* One frame, as text: valid UTF-8, any characters. */
struct lw_frame {
	struct lw_frame *older; /* NULL: no older one is known */
	uint32_t line;		/* from 1; 0: not known */
	uint16_t nr;		/* 0: the newest; a hole is a frame that was lost */
	uint16_t file_len, name_len;
	uint8_t flags; /* LW_PYF_* */
	char data[];   /* file, name */
};

struct lw_stack {
	struct lw_frame *newest, *oldest;
	size_t bytes;
	uint16_t n; /* frames */
};

static inline struct lw_span lw_frame_file(const struct lw_frame *f)
{
	return (struct lw_span){ f->data, f->file_len };
}

static inline struct lw_span lw_frame_name(const struct lw_frame *f)
{
	return (struct lw_span){ f->data + f->file_len, f->name_len };
}

/**
 * lw_stack_copy() - the newest frames of a stack.
 * @s: stack
 * @max: bytes; older frames are left out
 *
 * Return: to be freed with lw_stack_free(); NULL: no memory.
 */
struct lw_stack *lw_stack_copy(const struct lw_stack *s, size_t max);
void lw_stack_free(struct lw_stack *s);

struct lw_stacks;

struct lw_stacks_stats {
	size_t stacks, bytes;
	uint64_t evicted; /* stacks that were given up because of the limit */
};

/** lw_stacks_new() - empty table of at most @max bytes: the oldest is given up. 0, -ENOMEM. */
int lw_stacks_new(size_t max, struct lw_stacks **ret);
void lw_stacks_free(struct lw_stacks *t);

/**
 * lw_stacks_add() - a record of the ring lw_stacks.
 * @t: table
 * @data: bytes, not trusted, aligned to 8
 * @len: bytes
 * @now: ns, never less than before
 *
 * Return: 0; -EBADMSG: no frame, or not older than the last one of its stack; -ENOMEM.
 */
int lw_stacks_add(struct lw_stacks *t, const void *data, size_t len, uint64_t now);

/** lw_stacks_find() - what has come of a stack, valid until the next call; NULL: nothing. */
const struct lw_stack *lw_stacks_find(const struct lw_stacks *t, uint64_t id);

/** lw_stacks_expire() - forget the stacks that are older than LW_STACK_AGE_S. */
void lw_stacks_expire(struct lw_stacks *t, uint64_t now);

void lw_stacks_stats(const struct lw_stacks *t, struct lw_stacks_stats *ret);

#endif
