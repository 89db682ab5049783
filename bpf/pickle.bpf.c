// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a pickle names: PySys_Audit(event, format, ...), which the unpickler of _pickle calls with
 * "pickle.find_class" before it looks up a global, whether or not Python has an audit hook. It is
 * what the stack lacks: the frame above a call that a pickle makes is that of pickle.load. What the
 * names say is what the process has in its memory: a label.
 */
#include "task.bpf.h"
#include <bpf/bpf_tracing.h>

/* Objects/unicodeobject.c: the header of a str, the same in 3.8 to 3.15 with the global lock. */
#define STR_LENGTH    16
#define STR_STATE     32
#define STATE_KIND(s) ((s) >> 2 & 7) /* bytes of a character */
#define STATE_COMPACT (1U << 5)	     /* the characters follow the header */
#define STATE_ASCII   (1U << 6)

static const char lw_find_class[] = "pickle.find_class";

/* Where the characters of a compact str begin. */
struct lw_str_layout {
	__u32 ascii, other;
};

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
static __always_inline void lw_str_attach(struct lw_scratch *s, __u64 obj, struct lw_str_layout at,
					  enum lw_str_role role, __u8 *ret_kind)
{
	__u32 off = s->used, state = 0, width, n;
	__u64 len = 0;

	if (off > LW_DATA_MAX - LW_PICKLE_NAME ||
	    bpf_probe_read_user(&len, sizeof(len), (void *)(obj + STR_LENGTH)) ||
	    bpf_probe_read_user(&state, sizeof(state), (void *)(obj + STR_STATE)))
		return;
	width = STATE_KIND(state);
	if (!(state & STATE_COMPACT) || !len || (width != 1 && width != 2 && width != 4))
		return;
	if (len > LW_PICKLE_NAME / 4) {
		n = LW_PICKLE_NAME / width;
		if (len > n)
			s->ev.flags |= LW_EVF_TRUNCATED;
		len = len > n ? n : len;
	}
	n = lw_mask((__u32)len * width - 1, LW_PICKLE_NAME) + 1;
	obj += state & STATE_ASCII ? at.ascii : at.other;
	if (bpf_probe_read_user(&s->data[lw_mask(off, LW_DATA_MAX)], n, (void *)obj))
		return;
	*ret_kind = state & STATE_ASCII ? LW_PY_ASCII : width;
	s->ev.str[role].off = off;
	s->ev.str[role].len = n;
	s->used = off + n;
}

static __always_inline int lw_pickle_global(struct pt_regs *ctx, struct lw_str_layout at)
{
	struct lw_task *t = lw_task_current();
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	struct lw_scratch *s;
	__u32 slot;

	if (!tag || tag->state != LW_TAG_LOADER || !lw_is_find_class(PT_REGS_PARM1(ctx)))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_event_init(s, lw_current(), tag, LW_PICKLE_GLOBAL);
	lw_str_attach(s, PT_REGS_PARM3(ctx), at, LW_STR_NAME, &s->ev.pickle.module_kind);
	lw_str_attach(s, PT_REGS_PARM4(ctx), at, LW_STR_TARGET, &s->ev.pickle.name_kind);
	lw_event_submit(s, 0);
	lw_scratch_put(s);
	return 0;
}

SEC("uprobe")
int lw_pickle_3_8(struct pt_regs *ctx)
{
	return lw_pickle_global(ctx, (struct lw_str_layout){ 48, 72 });
}

/* PEP 623 has removed wstr. */
SEC("uprobe")
int lw_pickle_3_12(struct pt_regs *ctx)
{
	return lw_pickle_global(ctx, (struct lw_str_layout){ 40, 56 });
}
