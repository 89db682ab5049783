// SPDX-License-Identifier: Apache-2.0
#include "enrich/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decode/python_frame.h"
#include "decode/python_lines.h"

#define BUCKETS 4096 /* power of two */

struct entry {
	struct entry *next;  /* hash chain */
	struct entry *later; /* by the first frame's arrival */
	uint64_t id, born;
	struct lw_stack stack;
};

struct lw_stacks {
	struct entry *buckets[BUCKETS];
	struct entry *oldest, *newest;
	size_t stacks, bytes, max;
	uint64_t evicted;
};

static size_t frame_bytes(const struct lw_frame *f)
{
	return sizeof(*f) + f->file_len + f->name_len;
}

static void append(struct lw_stack *s, struct lw_frame *f)
{
	*(s->oldest ? &s->oldest->older : &s->newest) = f;
	s->oldest = f;
	s->bytes += frame_bytes(f);
	s->n++;
}

static void clear(struct lw_stack *s)
{
	while (s->newest) {
		struct lw_frame *f = s->newest;

		s->newest = f->older;
		free(f);
	}
}

struct lw_stack *lw_stack_copy(const struct lw_stack *s, size_t max)
{
	struct lw_stack *copy = calloc(1, sizeof(*copy));

	for (const struct lw_frame *f = s->newest; copy && f; f = f->older) {
		size_t size = frame_bytes(f);
		struct lw_frame *twin;

		if (copy->bytes + size > max)
			break;
		twin = malloc(size);
		if (!twin) {
			lw_stack_free(copy);
			return NULL;
		}
		memcpy(twin, f, size);
		twin->older = NULL;
		append(copy, twin);
	}
	return copy;
}

void lw_stack_free(struct lw_stack *s)
{
	if (!s)
		return;
	clear(s);
	free(s);
}

static struct entry **bucket(const struct lw_stacks *t, uint64_t id)
{
	uint64_t h = id * 0x9e3779b97f4a7c15ULL;

	return (struct entry **)&t->buckets[h >> 52];
}

static struct entry *find(const struct lw_stacks *t, uint64_t id)
{
	struct entry *e = *bucket(t, id);

	while (e && e->id != id)
		e = e->next;
	return e;
}

static struct entry *enter(struct lw_stacks *t, uint64_t id, uint64_t now)
{
	struct entry *e = calloc(1, sizeof(*e)), **at = bucket(t, id);

	if (!e)
		return NULL;
	e->id = id;
	e->born = now;
	e->next = *at;
	*at = e;
	*(t->newest ? &t->newest->later : &t->oldest) = e;
	t->newest = e;
	t->stacks++;
	t->bytes += sizeof(*e);
	return e;
}

static void drop_oldest(struct lw_stacks *t)
{
	struct entry *e = t->oldest, **at = bucket(t, e->id);

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	t->oldest = e->later;
	if (!t->oldest)
		t->newest = NULL;
	t->stacks--;
	t->bytes -= sizeof(*e) + e->stack.bytes;
	clear(&e->stack);
	free(e);
}

static struct lw_frame *decode(const struct lw_py_frame *from)
{
	char file[LW_PY_FILE * LW_PY_UTF8_GROWTH], name[LW_PY_NAME * LW_PY_UTF8_GROWTH];
	size_t file_len = lw_py_text(file, lw_py_frame_file(from), from->file_kind);
	size_t name_len = lw_py_text(name, lw_py_frame_name(from), from->name_kind);
	struct lw_frame *f = malloc(sizeof(*f) + file_len + name_len);

	if (!f)
		return NULL;
	*f = (struct lw_frame){
		.nr = from->nr, .file_len = file_len, .name_len = name_len, .flags = from->flags
	};
	/* What could not be read is zero, and an empty lnotab would name the first line. */
	if (!(from->flags & LW_PYF_BAD))
		f->line = lw_py_line(from->minor, lw_py_frame_lines(from),
				     from->flags & LW_PYF_LINES_CUT, from->first_line, from->lasti);
	memcpy(f->data, file, file_len);
	memcpy(f->data + file_len, name, name_len);
	return f;
}

int lw_stacks_add(struct lw_stacks *t, const void *data, size_t len, uint64_t now)
{
	const struct lw_py_frame *from;
	struct lw_frame *f;
	struct entry *e;
	int err = lw_py_frame_check(data, len, &from);

	if (err)
		return err;
	e = find(t, from->stack);
	if (e && from->nr <= e->stack.oldest->nr)
		return -EBADMSG;
	f = decode(from);
	if (f && !e)
		e = enter(t, from->stack, now);
	if (!f || !e) {
		free(f);
		return -ENOMEM;
	}
	append(&e->stack, f);
	t->bytes += frame_bytes(f);
	while (t->bytes > t->max && t->oldest != e) {
		drop_oldest(t);
		t->evicted++;
	}
	return 0;
}

const struct lw_stack *lw_stacks_find(const struct lw_stacks *t, uint64_t id)
{
	const struct entry *e = find(t, id);

	return e ? &e->stack : NULL;
}

void lw_stacks_expire(struct lw_stacks *t, uint64_t now)
{
	while (t->oldest && now - t->oldest->born > LW_STACK_AGE_S * 1000000000ULL)
		drop_oldest(t);
}

int lw_stacks_new(size_t max, struct lw_stacks **ret)
{
	struct lw_stacks *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->max = max;
	*ret = t;
	return 0;
}

void lw_stacks_free(struct lw_stacks *t)
{
	if (!t)
		return;
	while (t->oldest)
		drop_oldest(t);
	free(t);
}

void lw_stacks_stats(const struct lw_stacks *t, struct lw_stacks_stats *ret)
{
	*ret = (struct lw_stacks_stats){ t->stacks, t->bytes, t->evicted };
}
