// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The walk over a thread's Python frames, in the memory of its interpreter: every thread state that
 * is this thread's (with sub-interpreters it has several, and an idle one must not hide the frames
 * of another), found by the thread pointer, which is right in children of fork and vfork too. Each
 * step is a global function, so that the verifier reads it once and not in each turn of the loop.
 *
 * The process owns that memory and may have written anything there: each read may fail, each length
 * is bounded, and every list is left after so many steps. Nothing is remembered of a code object:
 * another one may be at its address the next time.
 */
#include "python.bpf.h"

/* Thread states, frames, and as many again that run no Python. */
#define CHUNKS ((LW_PY_THREADS + 2 * LW_PY_FRAMES) / LW_PY_CHUNK)

/* A field of a frame that was copied, at an offset of the layout. */
static __always_inline __u64 frame_field(const struct lw_py_walk *w, __u32 off)
{
	return *(__u64 *)&w->frame_copy[lw_mask(off, LW_PY_FRAME_MAX) & ~7U];
}

static __always_inline __u64 code_field(const struct lw_py_walk *w, __u32 off)
{
	return *(__u64 *)&w->code_copy[lw_mask(off, LW_PY_CODE_MAX) & ~7U];
}

static __always_inline __u32 code_word(const struct lw_py_walk *w, __u32 off)
{
	return *(__u32 *)&w->code_copy[lw_mask(off, LW_PY_CODE_MAX) & ~3U];
}

/*
 * Of the current task: on arm64 as it was when the task was last switched away from, since user
 * code sets the register itself; it does so once, at its start.
 */
static __always_inline __u64 thread_pointer(struct task_struct *task)
{
#ifdef __TARGET_ARCH_arm64
	return BPF_CORE_READ(task, thread.uw.tp_value);
#else
	return BPF_CORE_READ(task, thread.fsbase);
#endif
}

/*
 * pthread_self() is the thread pointer, but on arm64, where it lies below by the size of the C
 * library's own part: less than what any two threads are apart.
 */
static __always_inline int is_this_thread(__u64 tp, __u64 id)
{
#ifdef __TARGET_ARCH_arm64
	return tp - id <= LW_PY_TP_GAP;
#else
	return tp == id;
#endif
}

/* A number that no other stack has: 0 is none. */
static __always_inline __u64 next_stack(void)
{
	struct lw_stats *st = lw_stats_get();
	__u64 cpu = bpf_get_smp_processor_id();

	return st ? (cpu + 1) << 48 | lw_fetch_add(&st->stack_seq, 1) : 0;
}

/*
 * What is known of the process, without a look at its memory. A function of its own, as its stack
 * is not needed while the frames are walked. Return: LW_PY_NONE: walk.
 */
__weak int lw_py_begin(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	__u32 tgid = LW_FIELD(task, tgid);
	struct lw_py_proc *p = bpf_map_lookup_elem(&lw_py_procs, &tgid);

	if (!s || LW_FIELD(task, flags) & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return LW_PY_ELSEWHERE;
	/* What was entered while it became another program is of the one before. */
	if (!p || p->start_code != BPF_CORE_READ(task, mm, start_code))
		return LW_PY_NO_PYTHON;
	if (!p->runtime)
		return p->unread ? LW_PY_UNKNOWN : LW_PY_NO_PYTHON;
	s->ev.py_minor = p->layout.minor;
	if (!p->layout.known)
		return LW_PY_UNSUPPORTED;
	s->py.proc = *p;
	s->py.tp = thread_pointer(task);
	s->py.link = p->runtime + p->layout.interpreters;
	s->py.thread = s->py.frame = 0;
	s->py.threads = s->py.frames = s->py.cut = s->py.bad = 0;
	s->py.stack = next_stack();
	return LW_PY_NONE;
}

/* The first thread state of the next interpreter. Return: 1 when there is none. */
static __always_inline int next_interpreter(struct lw_py_walk *w)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 interp = 0;

	if (lw_py_read(interp, w->link)) {
		w->bad = 1;
		return 1;
	}
	if (!interp)
		return 1;
	w->link = interp + l->interp_next;
	if (!lw_py_read(w->thread, interp + l->interp_threads))
		return 0;
	w->thread = 0;
	w->bad = 1;
	return 0;
}

/* The newest frame of a thread state. What cannot be read is 0. */
static __always_inline void enter_thread(struct lw_py_walk *w, __u64 thread)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 at = thread + l->thread_frame;

	if (l->cframe != LW_PY_ABSENT) {
		if (lw_py_read(at, at)) {
			w->bad = 1;
			return;
		}
		if (!at)
			return;
		at += l->cframe;
	}
	if (lw_py_read(w->frame, at))
		w->bad = 1;
}

/* One thread state, or the way to the next interpreter. Return: 1 when there is no more. */
__weak int lw_py_thread(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_py_layout *l;
	struct lw_py_walk *w;
	__u64 id = 0, thread;

	if (!s)
		return 1;
	w = &s->py;
	if (w->threads >= LW_PY_THREADS)
		return 1;
	w->threads++;
	thread = w->thread;
	if (!thread)
		return next_interpreter(w);
	l = &w->proc.layout;
	if (lw_py_read(id, thread + l->thread_id) ||
	    lw_py_read(w->thread, thread + l->thread_next)) {
		w->bad = 1;
		w->thread = 0;
	} else if (is_this_thread(w->tp, id)) {
		enter_thread(w, thread);
	}
	return 0;
}

/* The bytecode that a frame runs: since 3.14 free threads have each their own. */
static __always_inline __u64 bytecode(struct lw_py_walk *w)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 start = w->code + l->code_start, array = 0, index;

	if (l->code_tlbc == LW_PY_ABSENT)
		return start;
	index = (__u32)(frame_field(w, l->frame_tlbc) >> (l->frame_tlbc & 4) * 8);
	/* Behind the array's length. */
	if (lw_py_read(array, w->code + l->code_tlbc) || !array ||
	    lw_py_read(start, array + sizeof(__u64) * (1 + index)))
		return 0;
	return start;
}

static __always_inline __s32 last_instruction(struct lw_py_walk *w)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 instr = frame_field(w, l->frame_instr), start;

	if (l->code_start == LW_PY_ABSENT) /* 3.10 counts instructions, which have two bytes */
		return (__s32)instr * (l->minor >= 10 ? 2 : 1);
	start = bytecode(w);
	if (!start || instr - start + 2 > 0x7fffffff) { /* 2: a frame that has not begun */
		w->out.flags |= LW_PYF_BAD;
		return -1;
	}
	return instr - start;
}

/* The frame w->frame and its code object, into w->out. Return: 1 when it runs no Python. */
static __always_inline int load_frame(struct lw_py_walk *w)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 frame = w->frame;

	__builtin_memset(&w->out, 0, sizeof(w->out));
	w->frame = 0;
	if (bpf_probe_read_user(w->frame_copy, lw_mask(l->frame_size, LW_PY_FRAME_MAX),
				(const void *)frame)) {
		w->out.flags = LW_PYF_BAD;
		return 0;
	}
	w->frame = frame_field(w, l->frame_prev);
	if (l->shim && w->frame_copy[lw_mask(l->frame_owner, LW_PY_FRAME_MAX)] >= l->shim)
		return 1;
	w->code = frame_field(w, l->frame_code) & ~7ULL; /* since 3.14 a tagged reference */
	if (bpf_probe_read_user(w->code_copy, lw_mask(l->code_size, LW_PY_CODE_MAX),
				(const void *)w->code) ||
	    code_field(w, l->type) != w->proc.code_type) {
		w->out.flags = LW_PYF_BAD;
		return 0;
	}
	w->out.first_line = code_word(w, l->code_first);
	w->out.lasti = last_instruction(w);
	return 0;
}

/* One frame. Return: 1 when it is to be sent. */
__weak int lw_py_step(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_py_walk *w;

	if (!s)
		return 0;
	w = &s->py;
	if (w->frames >= LW_PY_FRAMES) {
		w->cut = 1;
		return 0;
	}
	return !load_frame(w);
}

/* co_filename to the start of w->data; of a long one the end. */
static __always_inline void take_file(struct lw_py_walk *w)
{
	struct lw_py_str t = {};
	__u64 size;

	if (lw_py_str_find(&w->proc.layout, code_field(w, w->proc.layout.code_file), &t)) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	size = t.size;
	if (size > LW_PY_FILE) {
		t.at += size - LW_PY_FILE;
		size = LW_PY_FILE;
		w->out.flags |= LW_PYF_FILE_CUT;
	}
	barrier_var(size);
	if (size > LW_PY_FILE || bpf_probe_read_user(w->data, size, (const void *)t.at)) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	w->out.file_len = size;
	w->out.file_kind = t.kind;
}

/* The function's name behind it; of a long one the start. */
static __always_inline void take_name(struct lw_py_walk *w)
{
	__u32 off = w->out.file_len;
	struct lw_py_str t = {};
	__u64 size;

	if (lw_py_str_find(&w->proc.layout, code_field(w, w->proc.layout.code_name), &t)) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	size = t.size;
	if (size > LW_PY_NAME) {
		size = LW_PY_NAME;
		w->out.flags |= LW_PYF_NAME_CUT;
	}
	barrier_var(size);
	if (size > LW_PY_NAME ||
	    bpf_probe_read_user(&w->data[lw_mask(off, 1024)], size, (const void *)t.at)) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	w->out.name_len = size;
	w->out.name_kind = t.kind;
}

/* The line table behind both. An empty one is legal up to 3.9: all is on the first line. */
static __always_inline void take_lines(struct lw_py_walk *w)
{
	const struct lw_py_layout *l = &w->proc.layout;
	__u64 lines = code_field(w, l->code_lines), size = 0;
	__u32 off = w->out.file_len + w->out.name_len;

	if (lw_py_read(size, lines + l->bytes_len)) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	if (size > LW_PY_LINES) {
		size = LW_PY_LINES;
		w->out.flags |= LW_PYF_LINES_CUT;
	}
	barrier_var(size);
	if (size > LW_PY_LINES || bpf_probe_read_user(&w->data[lw_mask(off, 1024)], size,
						      (const void *)(lines + l->bytes_data))) {
		w->out.flags |= LW_PYF_BAD;
		return;
	}
	w->out.lines_len = size;
}

/* Fills the record w->out and sends it. */
__weak int lw_py_send(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_stats *st = lw_stats_get();
	struct lw_py_walk *w;
	__u64 size;

	if (!s || !st)
		return 1;
	w = &s->py;
	if (!(w->out.flags & LW_PYF_BAD) || w->out.first_line) {
		take_file(w);
		take_name(w);
		take_lines(w);
	}
	if (w->out.flags & LW_PYF_BAD)
		w->bad = 1;
	w->out.stack = w->stack;
	w->out.nr = w->frames++;
	w->out.minor = w->proc.layout.minor;
	size = w->out.file_len + w->out.name_len + w->out.lines_len;
	barrier_var(size);
	if (size > LW_PY_DATA)
		return 1;
	size += sizeof(w->out);
	w->out.size = size;
	if (bpf_ringbuf_output(&lw_stacks, &w->out, size, BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&st->frames_lost, 1);
	return 0;
}

/* Some steps. Return: 1 when the walk is over. */
__weak int lw_py_chunk(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	for (int i = 0; i < LW_PY_CHUNK; i++) {
		if (!s->py.frame) {
			if (lw_py_thread(slot))
				return 1;
		} else if (lw_py_step(slot)) {
			lw_py_send(slot);
		}
		if (s->py.cut)
			return 1;
	}
	return 0;
}

static __always_inline __u8 result(const struct lw_py_walk *w)
{
	if (w->frames)
		return w->cut ? LW_PY_CUT : LW_PY_STACK;
	if (w->threads >= LW_PY_THREADS)
		return LW_PY_MANY_THREADS;
	return w->bad ? LW_PY_UNREADABLE : LW_PY_NATIVE;
}

/*
 * The stack of the current thread: its frames to their ring, and what became of it into the event.
 * It never changes a verdict.
 */
__weak int lw_py_walk(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	int more = 1;

	if (!s)
		return 1;
	s->ev.py_state = lw_py_begin(slot);
	if (s->ev.py_state != LW_PY_NONE)
		return 0;
	for (int i = 0; i < CHUNKS && more; i++)
		more = !lw_py_chunk(slot);
	s->py.cut |= more;
	s->ev.py_state = result(&s->py);
	s->ev.py_frames = s->py.frames;
	s->ev.py_stack = s->py.frames ? s->py.stack : 0;
	return 0;
}
