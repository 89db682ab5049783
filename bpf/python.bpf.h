/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_PYTHON_BPF_H
#define LW_PYTHON_BPF_H

/*
 * The Python stack of the current thread, as a label of what it does: python.bpf.c; which processes
 * have an interpreter, and where: interp.bpf.c.
 */

#include "task.bpf.h"

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

#endif
