// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * 32-bit and x32 entries: that one is used at all, and the opens that come through them, which the
 * tracepoints of single calls do not see.
 */
#include "call.bpf.h"

/*
 * Said once of each task: one that lives on may make thousands. A verdict that kills is carried out
 * each time.
 */
__weak int lw_compat_entry(__u32 slot)
{
	struct lw_task *t = lw_task_current();
	struct lw_verdict v;
	struct lw_call_ctx c;

	if (!t || lw_call_begin(&c, slot))
		return 1;
	if (t->compat == c.img->hdr.gen && lw_cfg.mode == LW_MODE_OBSERVE)
		return 0;
	c.s->q.kind = LW_SYSCALL_COMPAT;
	v = lw_match_any(c.s, slot, c.img, c.tag->profile);
	if (t->compat == c.img->hdr.gen && v.action <= LW_ALERT)
		return 0;
	t->compat = c.img->hdr.gen;
	lw_call_done(&c, v, LW_OUT_KILLED_AFTER);
	return 0;
}

/* What the open or exec asks for, from the arguments in the scratch. */
static __always_inline void open_args(struct lw_scratch *s)
{
	const __u64 *args = s->args;

	s->open = (struct lw_open_call){ .dirfd = AT_FDCWD };
	switch (s->call) {
	case LW_CALL_open:
		s->open.name = args[0];
		s->open.flags = args[1];
		break;
	case LW_CALL_execve:
		s->open.name = args[0];
		break;
	case LW_CALL_creat:
		s->open.name = args[0];
		s->open.flags = O_CREAT | O_WRONLY | O_TRUNC;
		break;
	case LW_CALL_openat:
		s->open.dirfd = args[0];
		s->open.name = args[1];
		s->open.flags = args[2];
		break;
	case LW_CALL_execveat:
		s->open.dirfd = args[0];
		s->open.name = args[1];
		break;
	case LW_CALL_openat2:
		s->open.dirfd = args[0];
		s->open.name = args[1];
		bpf_probe_read_user(&s->open.flags, sizeof(s->open.flags), (const void *)args[2]);
		break;
	default: /* open_by_handle_at */
		s->open.flags = args[2];
	}
}

/* An open begins. Where its end is seen too, there is nothing to judge yet. */
__weak int lw_on_compat(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (s && s->call_kind == LW_PROCESS_EXEC)
		return lw_exec_begin(slot);
	if (!s || lw_cfg.compat_exit || s->call_kind != LW_FILE_OPEN)
		return 1;
	open_args(s);
	if (s->open.name)
		lw_name_attach(s, LW_STR_NAME, s->open.name);
	lw_open_begin(slot, 1);
	return 0;
}

/*
 * An open has ended: it is judged by the file, like any other. Of execs only those that failed are
 * left to say: the others have been judged on the way.
 */
__weak int lw_compat_exit(__u32 slot, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	open_args(s);
	if (s->call_kind == LW_FILE_OPEN)
		return lw_open_end(slot, ret);
	return ret < 0 ? lw_exec_end(slot, ret) : 0;
}

/*
 * socketcall: one number of 32-bit entries for all calls on sockets. Its arguments are in user
 * memory, which another thread may change: the descriptor is a hint. Addresses are not, the cgroup
 * hooks have the kernel's.
 * Return: the call that it stands for, its arguments in the scratch.
 */
static __always_inline __u32 socketcall(struct lw_scratch *s)
{
	__u32 user[6] = {}, number = s->args[0], call;

	switch (number) {
	case 1:
		call = LW_CALL_socket;
		break;
	case 2:
		call = LW_CALL_bind;
		break;
	case 3:
		call = LW_CALL_connect;
		break;
	case 4:
		call = LW_CALL_listen;
		break;
	case 11:
		call = LW_CALL_sendto;
		break;
	case 16:
		call = LW_CALL_sendmsg;
		break;
	case 20:
		call = LW_CALL_sendmmsg;
		break;
	default:
		return LW_CALL_NONE;
	}
	bpf_probe_read_user(user, sizeof(user), (const void *)s->args[1]);
	for (int i = 0; i < 6; i++)
		s->args[i] = user[i];
	return call;
}

/* A call on a socket begins. Return: which, LW_CALL_NONE: none that is judged. */
__weak int lw_compat_net(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return LW_CALL_NONE;
	return s->call == LW_CALL_socketcall ? socketcall(s) : s->call;
}

/* It has ended. Arguments on a page that was not there when it began can be read now. */
__weak int lw_compat_net_exit(__u32 slot, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_task *t = lw_task_current();

	if (!s || !t)
		return 1;
	if (s->call == LW_CALL_socketcall && socketcall(s)) {
		t->fd = s->args[0];
		t->uptr = s->args[1];
		t->how = s->args[2];
	}
	return lw_net_leave(slot, ret);
}
