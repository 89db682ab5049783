// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * io_uring: making a ring, and every request that is submitted to one. The kernel's tracepoints lie
 * behind its own copy of names, so nothing that they show can still be changed; they fire only
 * where somebody uses a ring. A request acts in the task that submits it, in the ring's own thread
 * (SQPOLL) or in a worker; what is judged here:
 *
 *   submitted   the operation (io_uring.op), and names, as text: a named file is not touched
 *   completed   what an open has opened, like any other open
 *
 * Addresses of connect, send and bind are judged and denied by the cgroup hooks.
 */
#include "uring.bpf.h"

/* LW_OP(IO_URING_SETUP, ...) */
#define SETUP	 0
#define REGISTER 1
#define SQPOLL	 2

/* What s->call_kind and s->call_op say: a rule without an object. */
__weak int lw_uring_judge(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	lw_call_op(&c, c.s->call_op);
	/* A ring alone has no effect; an operation may have had it before the signal is taken. */
	lw_call_plain(&c, c.s->call_kind == LW_IO_URING_SETUP ? lw_killed_alone(c.task)
							      : LW_OUT_KILLED_AFTER);
	return 0;
}

/* io_uring_setup and io_uring_register begin. The flags of a ring are still the caller's here. */
__weak int lw_on_uring(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_task *t = lw_task_current();
	struct io_uring_params *p;
	__u32 flags = 0;

	if (!s || !t)
		return 1;
	s->call_op = REGISTER;
	if (s->call == LW_CALL_io_uring_setup) {
		p = (struct io_uring_params *)s->args[1];
		bpf_probe_read_user(&flags, sizeof(flags), &p->flags);
		s->call_op = flags & SETUP_SQPOLL ? SQPOLL : SETUP;
		t->kind = LW_IO_URING_SETUP + 1;
		t->how = s->call_op;
	}
	return lw_uring_judge(slot);
}

/*
 * The ring is made: its flags as the kernel has read them. They are news only where the caller's
 * said otherwise a moment before.
 */
SEC("tp_btf/io_uring_create")
int BPF_PROG(lw_uring_create, int fd, void *ring, __u32 sq_entries, __u32 cq_entries, __u32 flags)
{
	struct lw_task *t = lw_task_current();
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot;

	if (!t)
		return 0;
	lw_remember((__u64)ring, LW_ALLOW); /* what was known of another one at this address */
	if (t->kind != LW_IO_URING_SETUP + 1)
		return 0;
	t->kind = 0;
	if (!(flags & SETUP_SQPOLL) || t->how == SQPOLL)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER || lw_doomed(t, tag))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	s->call = LW_CALL_io_uring_setup;
	s->call_kind = LW_IO_URING_SETUP;
	s->call_op = SQPOLL;
	lw_scratch_call(s, 0, ~0U);
	__builtin_memset(s->args, 0, sizeof(s->args));
	lw_uring_judge(slot);
	lw_scratch_put(s);
	return 0;
}

/* What an open asks for, into the scratch. Return: the slot of the ring + 1, or 0. */
static __always_inline __u32 open_args(struct lw_scratch *s)
{
	struct io_open___lw *open = (struct io_open___lw *)s->req;
	__u32 to = 0;

	s->open = (struct lw_open_call){};
	bpf_core_read(&s->open.dirfd, sizeof(s->open.dirfd), &open->dfd);
	bpf_core_read(&s->open.flags, sizeof(s->open.flags), &open->how.flags);
	bpf_core_read(&to, sizeof(to), &open->file_slot);
	s->open.fixed = to != 0;
	return to;
}

/* An open is submitted. */
__weak int lw_uring_open(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct io_kiocb *req;
	__u32 action = LW_ALLOW;
	__u64 key, ring;

	if (!s)
		return 1;
	key = s->req;
	req = (struct io_kiocb *)key;
	if (open_args(s)) {
		ring = (__u64)BPF_CORE_READ(req, ctx);
		bpf_map_update_elem(&lw_reported, &ring, &action, BPF_ANY);
	}
	if (!lw_kstr_attach(s, LW_STR_NAME, lw_req_name(req, io_open, filename)))
		s->ev.flags |= LW_EVF_NO_NAME;
	lw_remember(key, lw_open_begin(slot, lw_req_hidden(req)));
	return 0;
}

/* Does the policy say anything about operations as such? */
static __always_inline int judges_ops(const struct lw_tag *tag)
{
	const struct lw_image *img = lw_image_get(tag->profile);

	return img &&
	       (img->hdr.list_any[LW_IO_URING_OP] || img->hdr.default_action[LW_IO_URING_OP] ||
		img->hdr.default_record[LW_IO_URING_OP]);
}

static __always_inline int submitted(__u64 req)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_of(task);
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot, op;

	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER || lw_doomed(t, tag))
		return 0;
	op = BPF_CORE_READ((struct io_kiocb *)req, opcode);
	if (!lw_op_in(op, OPENS | CHANGES | SOCKETS) && !judges_ops(tag))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	s->req = req;
	s->call = LW_CALL_NONE;
	s->call_kind = LW_IO_URING_OP;
	s->call_op = op;
	s->compat = 0;
	lw_scratch_call(s, LW_EVF_URING, ~0U);
	__builtin_memset(s->args, 0, sizeof(s->args));
	lw_uring_judge(slot);
	lw_scratch_clear(s);
	if (lw_op_in(op, OPENS))
		lw_uring_open(slot);
	else if (lw_op_in(op, CHANGES) && !lw_uring_change(slot, op))
		lw_on_change(slot);
	else if (lw_op_in(op, SOCKETS))
		lw_uring_net(slot, op);
	lw_scratch_put(s);
	return 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(lw_uring_submit, struct io_kiocb *req)
{
	return submitted((__u64)req);
}

/* The same before 6.4. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(lw_uring_submit_sqe, struct io_kiocb *req)
{
	return submitted((__u64)req);
}

/* An open has ended: judges what it has opened, behind a descriptor or in a slot of the ring. */
__weak int lw_uring_opened(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct io_kiocb *req;
	__s32 res;
	__u32 to;

	if (!s)
		return 1;
	req = (struct io_kiocb *)s->req;
	res = BPF_CORE_READ(req, cqe.res);
	to = open_args(s);
	s->reported = lw_recall(s->req);
	if (to && res >= 0)
		s->open.file =
			lw_ring_file(BPF_CORE_READ(req, ctx), to == SLOT_ALLOC ? res : to - 1);
	return lw_open_end(slot, res);
}

/* The task that completes a request: the submitting one, the ring's thread or a worker. */
static __always_inline struct lw_scratch *completing(__u32 *ret_slot)
{
	struct lw_task *t = lw_task_of(lw_current());
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	struct lw_scratch *s;

	if (!tag || lw_doomed(t, tag))
		return NULL;
	if (t->kill) {
		/* A cgroup hook has denied and reported it; the rule asks for the process too. */
		t->kill = 0;
		lw_kill_current(NULL);
		return NULL;
	}
	s = lw_scratch_get(ret_slot);
	if (s)
		lw_scratch_call(s, LW_EVF_URING, ~0U);
	return s;
}

/* Its arguments differ between kernels; the second is the request, and that tells the rest. */
SEC("tp_btf/io_uring_complete")
int lw_uring_complete(__u64 *ctx)
{
	struct io_kiocb *req = (struct io_kiocb *)ctx[1];
	struct lw_scratch *s;
	__u32 slot, op;

	if (!req)
		return 0;
	s = completing(&slot);
	if (!s)
		return 0;
	s->req = (__u64)req;
	op = BPF_CORE_READ(req, opcode);
	if (lw_op_in(op, OPENS))
		lw_uring_opened(slot);
	else if (lw_op_in(op, SOCKETS))
		lw_uring_net_end(slot, op);
	lw_scratch_put(s);
	return 0;
}

/*
 * A completion that found no room in its ring does not name the request. Whatever that was, the
 * descriptor of that number is judged; what was opened into a slot of the ring is not found again.
 */
SEC("tp_btf/io_uring_cqe_overflow")
int lw_uring_overflow(__u64 *ctx)
{
	struct lw_scratch *s;
	__u64 ring = ctx[0];
	__s32 res = ctx[2];
	__u32 slot;

	s = completing(&slot);
	if (!s)
		return 0;
	s->open = (struct lw_open_call){};
	if (res < 0 || lw_fd_file(lw_current(), res))
		lw_open_end(slot, res);
	if (res >= 0 && bpf_map_lookup_elem(&lw_reported, &ring)) {
		lw_scratch_clear(s);
		s->open.fixed = 1;
		lw_open_end(slot, res);
	}
	lw_scratch_put(s);
	return 0;
}
