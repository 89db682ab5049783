// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rights of the process. A call that asks for what the process has already, or that gives something
 * up, is no event.
 */
#include "call.bpf.h"

#define BIT_USER   (1U << 0)
#define BIT_GROUP  (1U << 1)
#define BIT_GROUPS (1U << 2)
#define BIT_ROOT   (1U << 3)

#define OP_KEYCTL  0
#define OP_ADD	   1
#define OP_REQUEST 2

#define PR_SET_DUMPABLE		     4
#define PR_SET_KEEPCAPS		     8
#define PR_SET_SECUREBITS	     28
#define PR_SET_MM		     35
#define PR_CAP_AMBIENT		     47
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SET_PTRACER		     0x59616d61
#define OP_SET_PTRACER		     0xfff0

/* How many of the first arguments are ids; 0: a list of groups. */
static __always_inline __u32 ids_of(__u32 call)
{
	switch (call) {
	case LW_CALL_setgroups:
	case LW_CALL_setgroups32:
		return 0;
	case LW_CALL_setreuid:
	case LW_CALL_setreuid32:
	case LW_CALL_setregid:
	case LW_CALL_setregid32:
		return 2;
	case LW_CALL_setresuid:
	case LW_CALL_setresuid32:
	case LW_CALL_setresgid:
	case LW_CALL_setresgid32:
		return 3;
	default:
		return 1;
	}
}

static __always_inline int is_group(__u32 call)
{
	switch (call) {
	case LW_CALL_setgid:
	case LW_CALL_setgid32:
	case LW_CALL_setregid:
	case LW_CALL_setregid32:
	case LW_CALL_setresgid:
	case LW_CALL_setresgid32:
	case LW_CALL_setfsgid:
	case LW_CALL_setfsgid32:
		return 1;
	default:
		return 0;
	}
}

/* The 16-bit ids of the oldest 32-bit calls: -1 is 0xffff there. */
static __always_inline __u32 wide_id(const struct lw_scratch *s, __u64 arg)
{
	int narrow = 0;

	switch (s->call) {
	case LW_CALL_setuid:
	case LW_CALL_setgid:
	case LW_CALL_setreuid:
	case LW_CALL_setregid:
	case LW_CALL_setresuid:
	case LW_CALL_setresgid:
	case LW_CALL_setfsuid:
	case LW_CALL_setfsgid:
		narrow = s->compat == LW_COMPAT_32BIT;
	}
	if (narrow)
		return (__u16)arg == 0xffff ? ~0U : (__u16)arg;
	return arg;
}

/* One id that is asked for. Return: bits of what would change. */
static __always_inline __u16 asks(struct lw_call_ctx *c, __u64 arg, int group)
{
	const struct cred *cred = c->task->cred;
	__u32 id = wide_id(c->s, arg);
	__u16 bits;

	if (id == ~0U)
		return 0;
	if (group)
		return id == cred->gid.val && id == cred->egid.val && id == cred->sgid.val
			       ? 0
			       : BIT_GROUP;
	if (id == cred->uid.val && id == cred->euid.val && id == cred->suid.val)
		return 0;
	bits = BIT_USER;
	if (!id && cred->euid.val)
		bits |= BIT_ROOT;
	return bits;
}

static __always_inline void on_setid(struct lw_call_ctx *c)
{
	__u32 n = ids_of(c->s->call);
	int group = is_group(c->s->call);
	__u16 bits = n ? 0 : BIT_GROUPS;

	if (n > 0)
		bits |= asks(c, c->s->args[0], group);
	if (n > 1)
		bits |= asks(c, c->s->args[1], group);
	if (n > 2)
		bits |= asks(c, c->s->args[2], group);
	if (!bits)
		return;
	lw_call_bits(c, bits);
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

/* struct __user_cap_data_struct of include/uapi/linux/capability.h, for the low and high half. */
struct cap_data {
	__u32 effective, permitted, inheritable;
};

static __always_inline __u64 cap_of(const void *field)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps), field);
	return caps;
}

static __always_inline void on_capset(struct lw_call_ctx *c)
{
	const struct cred *cred = c->task->cred;
	struct cap_data d[2] = {};
	__u64 more;

	if (!bpf_probe_read_user(d, sizeof(d), (const void *)c->s->args[1])) {
		more = (d[0].effective | (__u64)d[1].effective << 32) &
		       ~cap_of(&cred->cap_effective);
		more |= (d[0].permitted | (__u64)d[1].permitted << 32) &
			~cap_of(&cred->cap_permitted);
		more |= (d[0].inheritable | (__u64)d[1].inheritable << 32) &
			~cap_of(&cred->cap_inheritable);
		if (!more)
			return;
	}
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

static __always_inline void on_prctl(struct lw_call_ctx *c)
{
	__u64 option = c->s->args[0];

	switch (option) {
	case PR_SET_DUMPABLE:
	case PR_SET_KEEPCAPS:
	case PR_SET_SECUREBITS:
	case PR_SET_MM:
	case PR_CAP_AMBIENT:
	case PR_SET_SYSCALL_USER_DISPATCH:
		lw_call_op(c, option);
		break;
	case PR_SET_PTRACER:
		lw_call_op(c, OP_SET_PTRACER);
		break;
	default:
		return;
	}
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

__weak int lw_on_cred(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	switch (c.s->q.kind) {
	case LW_CRED_SETID:
		on_setid(&c);
		break;
	case LW_CRED_CAPSET:
		on_capset(&c);
		break;
	case LW_PROCESS_PRCTL:
		on_prctl(&c);
		break;
	default:
		lw_call_op(&c, c.s->call == LW_CALL_add_key	  ? OP_ADD
			       : c.s->call == LW_CALL_request_key ? OP_REQUEST
								  : OP_KEYCTL);
		/* A key outlives the process. */
		lw_call_plain(&c, LW_OUT_KILLED_AFTER);
	}
	return 0;
}
