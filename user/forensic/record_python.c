// SPDX-License-Identifier: Apache-2.0
#include "forensic/record.h"

/* Bytes of one frame in a record, at most: a control character is six, all else is less. */
#define FRAME_MAX (6U * (LW_PY_FILE + LW_PY_NAME) + 160U)

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

void lw_record_python(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_python *py = r->python;
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
	if (py->stack)
		cut |= write_stack(py->stack, w);
	if (cut)
		lw_jw_bool(w, LW_K("stack_cut"), true);
	lw_jw_end(w);
}
