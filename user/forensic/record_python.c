// SPDX-License-Identifier: Apache-2.0
#include "forensic/record.h"

/* Bytes of one frame in a record, at most: a control character is six, all else is less. */
#define FRAME_MAX (6U * (LW_PY_FILE + LW_PY_NAME) + 160U)
/* Room that is kept for the newest frames, and for the names of globals. */
#define STACK_ROOM   (16U << 10)
#define PICKLED_ROOM (6U * LW_PICKLED_BYTES + 4 * LW_PICKLED_MAX)

static void write_place(const struct lw_frame *f, struct lw_jw *w)
{
	struct lw_span file = lw_frame_file(f), name = lw_frame_name(f);

	if (file.len)
		lw_jw_text(w, LW_K("file"), file.s, file.len);
	if (f->line)
		lw_jw_u64(w, LW_K("line"), f->line);
	if (name.len)
		lw_jw_text(w, LW_K("function"), name.s, name.len);
}

static void write_cuts(const struct lw_frame *f, struct lw_jw *w)
{
	if (!(f->flags & (LW_PYF_FILE_CUT | LW_PYF_NAME_CUT | LW_PYF_BAD)))
		return;
	lw_jw_arr(w, LW_K("cut"));
	if (f->flags & LW_PYF_FILE_CUT)
		lw_jw_cstr(w, LW_NOKEY, "file");
	if (f->flags & LW_PYF_NAME_CUT)
		lw_jw_cstr(w, LW_NOKEY, "function");
	if (f->flags & LW_PYF_BAD)
		lw_jw_cstr(w, LW_NOKEY, "unreadable");
	lw_jw_end(w);
}

/* Whole frames, newest first. Return: true when not all of them fit. */
static bool write_stack(const struct lw_stack *s, struct lw_jw *w)
{
	const struct lw_frame *f;

	lw_jw_arr(w, LW_K("stack"));
	for (f = s->newest; f && w->pos + FRAME_MAX <= w->limit - w->keep; f = f->older) {
		lw_jw_obj(w, LW_NOKEY);
		write_place(f, w);
		write_cuts(f, w);
		lw_jw_end(w);
	}
	lw_jw_end(w);
	return f;
}

static void write_origin(const struct lw_origin *origin, struct lw_jw *w)
{
	lw_jw_obj(w, LW_K("origin"));
	lw_jw_u64(w, LW_K("pid"), origin->pid);
	lw_record_entity(w, LW_K("entity_id"), origin->pid, origin->start);
	lw_jw_end(w);
}

static const struct lw_pickled *pickled_of(const struct lw_record *r)
{
	return r->ev->flags & LW_EVF_VIOLATION && r->proc ? r->proc->pickled : NULL;
}

static void write_pickled(const struct lw_pickled *p, struct lw_jw *w)
{
	lw_jw_arr(w, LW_K("globals"));
	for (unsigned int i = 0; i < p->n; i++) {
		struct lw_span text = lw_pickled_get(p, i);

		lw_jw_text(w, LW_NOKEY, text.s, text.len);
	}
	lw_jw_end(w);
}

static void write_global(const struct lw_ev *ev, struct lw_jw *w)
{
	struct lw_pickle_text text;

	lw_pickle_text(ev, &text);
	if (text.module)
		lw_jw_text(w, LW_K("module"), text.text, text.module);
	if (text.name)
		lw_jw_text(w, LW_K("name"), text.text + text.module + 1, text.name);
}

static void write_pickle(const struct lw_record *r, struct lw_jw *w)
{
	const struct lw_pickled *pickled = pickled_of(r);

	if (!pickled && r->ev->kind != LW_PICKLE_GLOBAL)
		return;
	lw_jw_obj(w, LW_K("pickle"));
	if (r->ev->kind == LW_PICKLE_GLOBAL)
		write_global(r->ev, w);
	if (pickled)
		write_pickled(pickled, w);
	lw_jw_end(w);
}

size_t lw_record_python_room(const struct lw_record *r)
{
	return (r->python->stack ? STACK_ROOM : 0) + (pickled_of(r) ? PICKLED_ROOM : 0);
}

void lw_record_python(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_python *py = r->python;
	size_t pickled = pickled_of(r) ? PICKLED_ROOM : 0;
	bool cut = py->cut;

	lw_jw_obj(w, LW_K("python"));
	/* First of all, while there is room. */
	if (py->culprit) {
		lw_jw_obj(w, LW_K("culprit"));
		write_place(py->culprit, w);
		lw_jw_end(w);
	}
	if (py->reason[0])
		lw_jw_cstr(w, LW_K("reason"), py->reason);
	if (py->native)
		lw_jw_bool(w, LW_K("native"), true);
	if (py->origin)
		write_origin(py->origin, w);
	w->keep += pickled;
	if (py->stack)
		cut |= write_stack(py->stack, w);
	w->keep -= pickled;
	if (cut)
		lw_jw_bool(w, LW_K("stack_cut"), true);
	write_pickle(r, w);
	lw_jw_end(w);
}
