/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_PYTHON_BPF_H
#define LW_PYTHON_BPF_H

/*
 * The Python stack of the current thread, as a label of what it does: python.bpf.c; which processes
 * have an interpreter, and where: interp.bpf.c.
 */

#include "task.bpf.h"

#define LW_PY_STR_MAX (1ULL << 32) /* characters: more is no str */

#define lw_py_read(to, addr) bpf_probe_read_user(&(to), sizeof(to), (const void *)(addr))

int lw_py_walk(__u32 slot);
int lw_py_mapped(__u64 file, __u64 addr);
int lw_py_forked(__u32 parent, __u32 child);

/* Into the event, unless it is there already: before any signal, which ends the process. */
static __always_inline void lw_py_label(struct lw_scratch *s)
{
	if (s->ev.py_state == LW_PY_NONE)
		lw_py_walk(s->slot);
}

/* The exec of a loader begins: with it go its frames, before anything is judged. */
static __always_inline void lw_py_keep(struct lw_scratch *s, struct lw_task *t)
{
	lw_py_walk(s->slot);
	t->py_stack = s->ev.py_stack;
	t->py_frames = s->ev.py_frames;
	t->py_minor = s->ev.py_minor;
	t->py_state = s->ev.py_state;
}

/* Into the event of that exec. */
static __always_inline void lw_py_kept(struct lw_scratch *s, const struct lw_task *t)
{
	s->ev.py_stack = t->py_stack;
	s->ev.py_frames = t->py_frames;
	s->ev.py_minor = t->py_minor;
	s->ev.py_state = t->py_state;
}

/* It has ended. */
static __always_inline void lw_py_drop(struct lw_task *t)
{
	t->py_state = LW_PY_NONE;
	t->py_stack = 0;
	t->py_frames = 0;
	t->py_minor = 0;
}

/* What is known of a str before its characters are read. */
struct lw_py_str {
	__u64 at;   /* of its characters */
	__u64 size; /* bytes */
	__u8 kind;  /* LW_PY_ASCII ... */
	__u8 width; /* bytes of a character */
};

/* Return: 0, or 1 when it is no str. */
static __always_inline int lw_py_str_find(const struct lw_py_layout *l, __u64 str,
					  struct lw_py_str *text)
{
	__u32 state = 0, width, ascii;
	__u64 len = 0;

	if (lw_py_read(len, str + l->str_len) || lw_py_read(state, str + l->str_state) ||
	    len >= LW_PY_STR_MAX || !(state >> (l->compact_bit & 31) & 1))
		return 1;
	width = state >> (l->kind_bit & 31) & 7;
	ascii = state >> (l->ascii_bit & 31) & 1;
	if ((width != 1 && width != 2 && width != 4) || (ascii && width != 1))
		return 1;
	text->at = str + (ascii ? l->str_ascii : l->str_compact);
	text->size = len * width;
	text->width = width;
	text->kind = ascii ? LW_PY_ASCII : width == 4 ? LW_PY_UCS4 : width;
	return 0;
}

#endif
