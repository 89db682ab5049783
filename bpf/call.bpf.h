/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_CALL_BPF_H
#define LW_CALL_BPF_H

/*
 * System calls that are judged when they begin (include/lw_calls.def). The dispatcher (call.bpf.c)
 * leaves the call and its arguments in the scratch and hands it to the function of its family; that
 * fills s->q and s->ev.call, finds the verdict and ends with lw_call_done().
 */

#include "verdict.bpf.h"

#define LW_COMPAT_X32	1
#define LW_COMPAT_32BIT 2

#define PROT_EXEC 0x4

#define LW_OP_OTHER 0xffffU /* a number that none of lw_ops.def can be */

/* One function a family, each in its own file: FAMILY of lw_calls.def. */
int lw_on_change(__u32 slot); /* change.bpf.c */
int lw_on_mem(__u32 slot);    /* mem.bpf.c */
int lw_on_trace(__u32 slot);  /* trace.bpf.c */
int lw_on_cred(__u32 slot);   /* cred.bpf.c */
int lw_on_ns(__u32 slot);     /* ns.bpf.c */
int lw_on_kern(__u32 slot);   /* kern.bpf.c */
int lw_on_uring(__u32 slot);  /* uring.bpf.c */
int lw_on_compat(__u32 slot); /* compat.bpf.c: opens that no tracepoint sees */
int lw_compat_entry(__u32 slot);
int lw_compat_exit(__u32 slot, __s32 ret);
int lw_compat_net(__u32 slot);
int lw_compat_net_exit(__u32 slot, __s32 ret);

/* Opens, execs and calls on sockets that come another way: file.bpf.c, proc.bpf.c, net.bpf.c. */
int lw_open_begin(__u32 slot, __u32 hidden);
int lw_open_end(__u32 slot, __s32 ret);
int lw_exec_begin(__u32 slot);
int lw_exec_end(__u32 slot, __s32 ret);
int lw_net_leave(__u32 slot, __s32 ret);
int lw_net_end(__u32 slot, __u32 kind, __u64 file, __s32 ret);

/* For security hooks (security.bpf.c): verdicts on what they hold, packed; call.bpf.c: the call. */
int lw_exec_check(__u32 slot);	 /* proc.bpf.c */
int lw_open_check(__u32 slot);	 /* file.bpf.c; reports itself. Return: 1 to deny */
int lw_create_check(__u32 slot); /* file.bpf.c, the same */
int lw_unix_check(__u32 slot);	 /* net.bpf.c */
int lw_listen_check(__u32 slot); /* net.bpf.c */
int lw_socket_check(__u32 slot); /* net.bpf.c */
int lw_call_entry(__u32 slot);
int lw_call_now(__u32 slot);
int lw_call_is(__u32 call);

/* What the calls of change.bpf.h name: change.bpf.c. Each gives a verdict, packed. */
int lw_change_fd(__u32 slot, __u32 profile, __u32 second);
int lw_change_text(__u32 slot, __u32 profile, __u32 second);
int lw_change_names(__u32 slot, __u32 profile);
int lw_change_object(__u32 slot, __u32 profile, __u32 second); /* s->f_dentry, s->f_mnt */

int lw_change_raw(__u32 slot);

#define LW_BY_FD (-1) /* lw_change_text(): there is no name, s->open.dirfd is the object */

/*
 * The first or the second name of the call. One frame of stack less than if the text's function
 * went on to the descriptor's.
 */
static __always_inline int lw_change_name(__u32 slot, __u32 profile, __u32 second)
{
	int v = lw_change_text(slot, profile, second);

	return v == LW_BY_FD ? lw_change_fd(slot, profile, second) : v;
}

/* Whose call it is and which policy judges it. */
struct lw_call_ctx {
	struct task_struct *task;
	struct lw_scratch *s;
	struct lw_tag *tag;
	const struct lw_image *img;
	__u32 slot;
};

/**
 * lw_call_who() - the current task's part of a context, for working memory that is taken.
 *
 * Return: 0, or 1 when there is nothing to judge by.
 */
static __always_inline int lw_call_who(struct lw_call_ctx *ret_ctx, __u32 slot)
{
	struct lw_call_ctx *c = ret_ctx;
	struct lw_task *t;

	c->slot = slot;
	c->task = lw_current();
	c->s = bpf_map_lookup_elem(&lw_scratches, &slot);
	t = lw_task_of(c->task);
	if (!c->s || !t)
		return 1;
	c->tag = lw_tag_of(t);
	if (!c->tag)
		return 1;
	c->img = lw_image_get(c->tag->profile);
	return !c->img;
}

/**
 * lw_call_begin() - what a family's function starts with.
 * @ret_ctx: context; the query has kind and phase, the event the call and its arguments
 *
 * Return: 0, or 1 when there is nothing to judge by.
 */
static __always_inline int lw_call_begin(struct lw_call_ctx *ret_ctx, __u32 slot)
{
	struct lw_call_ctx *c = ret_ctx;
	struct lw_scratch *s;

	if (lw_call_who(c, slot))
		return 1;
	s = c->s;
	s->q = (struct lw_query){ .kind = s->call_kind, .phase = c->tag->phase };
	s->ev.call.call = s->call;
	/* A request to io_uring has addresses of the kernel there. */
	if (s->way & LW_EVF_URING)
		return 0;
	s->ev.call.args[0] = s->args[0];
	s->ev.call.args[1] = s->args[1];
	s->ev.call.args[2] = s->args[2];
	s->ev.call.args[3] = s->args[3];
	return 0;
}

/* Which LW_OP operation it is, for the rules and for the record. */
static __always_inline void lw_call_op(struct lw_call_ctx *c, __u16 op)
{
	c->s->q.port = op;
	c->s->ev.call.op = op;
}

/* The same for a number that the caller gives, as an int. */
static __always_inline void lw_call_number(struct lw_call_ctx *c, __u32 number)
{
	lw_call_op(c, number < LW_OP_OTHER ? number : LW_OP_OTHER);
}

/* Which LW_BIT operations it is. */
static __always_inline void lw_call_bits(struct lw_call_ctx *c, __u16 bits)
{
	c->s->q.access = bits;
	c->s->ev.call.op = bits;
}

/*
 * Will the call come to a security check, at which it can be made to fail? Not those that only make
 * a descriptor, nor those whose checks depend on what is asked, or let them do less instead of
 * nothing; and not a request to io_uring, which is no call of its own.
 */
static __always_inline int lw_call_fails(const struct lw_scratch *s)
{
	if (!lw_cfg.deny_calls || s->way & LW_EVF_URING)
		return 0;
	switch (s->call) {
	case LW_CALL_NONE:
	case LW_CALL_memfd_create:
	case LW_CALL_memfd_secret:
	case LW_CALL_pidfd_open:
	case LW_CALL_io_uring_setup:
	case LW_CALL_io_uring_register:
	case LW_CALL_userfaultfd:
	case LW_CALL_fallocate:
	case LW_CALL_open_tree:
	case LW_CALL_keyctl:
	case LW_CALL_request_key:
	case LW_CALL_fanotify_init:
		return 0;
	default:
		return s->q.kind != LW_SYSCALL_COMPAT;
	}
}

/**
 * lw_call_done() - carry out the verdict on a call that begins, and report it.
 * @v: verdict
 * @killed: enum lw_outcome of a SIGKILL now. The signal does not undo the call:
 *	LW_OUT_KILLED_BEFORE only where the effect stays inside the process that dies.
 */
static __always_inline void lw_call_done(struct lw_call_ctx *c, struct lw_verdict v, __u8 killed)
{
	struct lw_power power = { .backend = LW_BE_TRACEPOINT, .killed = killed };
	struct lw_scratch *s = c->s;

	if (v.action < LW_ALERT && !v.record)
		return;
	lw_event_init(s, c->task, c->tag, s->q.kind);
	s->ev.flags |= LW_EVF_ENTRY | s->way;
	if (lw_call_fails(s)) {
		power.backend = lw_cfg.deny_by;
		power.can_deny = 1;
	}
	if (lw_enforce(s, c->tag, c->img, v, 0, power)) {
		struct lw_task *t = lw_task_of(c->task);

		if (t)
			t->deny = s->call;
		if (v.action >= LW_KILL)
			lw_kill_current(s);
	}
	lw_report(s, c->slot, c->task, v);
}

/* The same for a call that gives names: user space follows the symlinks that may be in them. */
static __always_inline void lw_call_named(struct lw_call_ctx *c, struct lw_verdict v, __u8 killed)
{
	if (c->s->ev.flags & (LW_EVF_FIND_PATH | LW_EVF_FIND_TARGET) && v.action < LW_ALERT &&
	    !v.record) {
		c->s->ev.flags |= LW_EVF_UNASKED;
		v.record = 1;
	}
	lw_call_done(c, v, killed);
}

/*
 * The word for a SIGKILL now where what the call gives is of use to its own process only. Its other
 * threads run on until the signal reaches them, and processes that share its descriptors live on.
 */
static __always_inline __u8 lw_killed_alone(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, live.counter) > 1 ||
			       BPF_CORE_READ(task, files, count.counter) > 1
		       ? LW_OUT_KILLED_AFTER
		       : LW_OUT_KILLED_BEFORE;
}

/* A call whose rules name no object. */
static __always_inline void lw_call_plain(struct lw_call_ctx *c, __u8 killed)
{
	lw_call_done(c, lw_match_any(c->s, c->slot, c->img, c->tag->profile), killed);
}

#endif
