// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a pickle names: PySys_Audit(event, format, ...), which the unpickler of _pickle calls with
 * "pickle.find_class" before it looks up a global, whether or not Python has an audit hook. It is
 * what the stack lacks: the frame above a call that a pickle makes is that of pickle.load. What the
 * names say is what the process has in its memory: a label.
 */
#include "python.bpf.h"
#include <bpf/bpf_tracing.h>

static const char lw_find_class[] = "pickle.find_class";

/* Return: 1 when the first argument of the call is @lw_find_class. */
static __always_inline int lw_is_find_class(__u64 event)
{
	char have[sizeof(lw_find_class)];

	if (bpf_probe_read_user(have, sizeof(have), (void *)event))
		return 0;
	for (__u32 i = 0; i < sizeof(have); i++)
		if (have[i] != lw_find_class[i])
			return 0;
	return 1;
}

/* Attaches a str; its kind is *@ret_kind. One that cannot be read is absent. */
static __always_inline void lw_str_attach(struct lw_scratch *s, const struct lw_py_layout *l,
					  __u64 str, enum lw_str_role role, __u8 *ret_kind)
{
	struct lw_py_str t = {};
	__u32 off = s->used, n;

	if (off > LW_DATA_MAX - LW_PICKLE_NAME || lw_py_str_find(l, str, &t) || !t.size)
		return;
	if (t.size > LW_PICKLE_NAME) {
		t.size = LW_PICKLE_NAME;
		s->ev.flags |= LW_EVF_TRUNCATED;
	}
	n = lw_mask((__u32)t.size - 1, LW_PICKLE_NAME) + 1;
	if (bpf_probe_read_user(&s->data[lw_mask(off, LW_DATA_MAX)], n, (const void *)t.at))
		return;
	*ret_kind = t.kind;
	s->ev.str[role].off = off;
	s->ev.str[role].len = n;
	s->used = off + n;
}

/* The interpreter of the process, where it is known. */
static __always_inline struct lw_py_proc *lw_py_proc_get(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct lw_py_proc *p = bpf_map_lookup_elem(&lw_py_procs, &tgid);

	return p && p->layout.known ? p : NULL;
}

/* At the file of each interpreter. */
SEC("uprobe")
int lw_pickle(struct pt_regs *ctx)
{
	struct lw_task *t = lw_task_current();
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	struct lw_py_proc *p;
	struct lw_scratch *s;
	__u32 slot;

	if (!tag || tag->state != LW_TAG_LOADER || !lw_is_find_class(PT_REGS_PARM1(ctx)))
		return 0;
	p = lw_py_proc_get();
	s = p ? lw_scratch_get(&slot) : NULL;
	if (!s)
		return 0;
	lw_event_init(s, lw_current(), tag, LW_PICKLE_GLOBAL);
	lw_str_attach(s, &p->layout, PT_REGS_PARM3(ctx), LW_STR_NAME, &s->ev.pickle.module_kind);
	lw_str_attach(s, &p->layout, PT_REGS_PARM4(ctx), LW_STR_TARGET, &s->ev.pickle.name_kind);
	lw_event_submit(s, 0);
	lw_scratch_put(s);
	return 0;
}
