// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The rarer system calls, when they begin, whichever entry they come through. One raw tracepoint
 * instead of a hundred: the kernel's own tracepoints of single calls do not see 32-bit and x32
 * entries at all (arch_trace_is_compat_syscall()), and each would take its time to be detached. A
 * call that is not in the table costs two comparisons and one load.
 */
#include "call.bpf.h"

#define NR_MAX	  1024U
#define X32_BIT	  0x40000000U /* __X32_SYSCALL_BIT */
#define TS_COMPAT 0x0002      /* arch/x86/include/asm/thread_info.h */
#define TIF_32BIT 22	      /* arch/arm64/include/asm/thread_info.h */

enum family {
	FAMILY_NONE = 0,
	FAMILY_CHANGE,
	FAMILY_MEM,
	FAMILY_TRACE,
	FAMILY_CRED,
	FAMILY_NS,
	FAMILY_KERN,
	FAMILY_URING,
	FAMILY_COMPAT,
	FAMILY_NET,
};

#pragma clang diagnostic push
/* Calls that an entry does not have share one slot that is never read: NR_MAX. */
#pragma clang diagnostic ignored "-Winitializer-overrides"
#define SLOT(number) ((number) < 0 ? NR_MAX : (__u32)(number))
/* Native opens have hooks of their own (file.bpf.c). */
#define NATIVE(family, number) (FAMILY_##family == FAMILY_COMPAT ? NR_MAX : SLOT(number))

#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) [LW_CALL_##name] = FAMILY_##family,
static const volatile __u8 family_of[256] = {
#include "lw_calls.def"
};
#undef LW_CALL

#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) [LW_CALL_##name] = LW_##kind,
static const volatile __u8 kind_of[256] = {
#include "lw_calls.def"
};
#undef LW_CALL

#ifdef __TARGET_ARCH_arm64
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) \
	[NATIVE(family, arm64)] = LW_CALL_##name,
static const volatile __u8 native_calls[NR_MAX + 1] = {
#include "lw_calls.def"
};
#undef LW_CALL
#else
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) \
	[NATIVE(family, x86_64)] = LW_CALL_##name,
static const volatile __u8 native_calls[NR_MAX + 1] = {
#include "lw_calls.def"
};
#undef LW_CALL

#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) [SLOT(ia32)] = LW_CALL_##name,
static const volatile __u8 ia32_calls[NR_MAX + 1] = {
#include "lw_calls.def"
};
#undef LW_CALL

#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) \
	[SLOT(x86_64)] = LW_CALL_##name, [SLOT(x32)] = LW_CALL_##name,
static const volatile __u8 x32_calls[NR_MAX + 1] = {
#include "lw_calls.def"
};
#undef LW_CALL
#endif
#pragma clang diagnostic pop

enum entry { ENTRY_NATIVE, ENTRY_X32 = LW_COMPAT_X32, ENTRY_32BIT = LW_COMPAT_32BIT };

#ifdef __TARGET_ARCH_arm64
static __always_inline enum entry entry_of(struct task_struct *task, __u32 nr)
{
	return LW_FIELD(task, thread_info.flags) & (1UL << TIF_32BIT) ? ENTRY_32BIT : ENTRY_NATIVE;
}

/* The numbers of 32-bit ARM are not listed: such a call is judged as `syscall.compat` alone. */
static __always_inline __u32 call_of(enum entry entry, __u32 nr)
{
	if (entry != ENTRY_NATIVE || nr >= NR_MAX)
		return LW_CALL_NONE;
	return native_calls[lw_mask(nr, NR_MAX)];
}

static __always_inline void read_args(__u64 *args, struct pt_regs *regs, enum entry entry)
{
	args[0] = LW_FIELD(regs, orig_x0);
	for (int i = 1; i < 6; i++)
		args[i] = LW_FIELD(regs, user_regs.regs[i]);
}
/* The system call that a task is leaving. */
static __always_inline __u32 number_of(struct pt_regs *regs)
{
	return LW_FIELD(regs, syscallno);
}
#else
static __always_inline enum entry entry_of(struct task_struct *task, __u32 nr)
{
	if (LW_FIELD(task, thread_info.status) & TS_COMPAT)
		return ENTRY_32BIT;
	return nr & X32_BIT ? ENTRY_X32 : ENTRY_NATIVE;
}

static __always_inline __u32 call_of(enum entry entry, __u32 nr)
{
	nr &= ~X32_BIT;
	if (nr >= NR_MAX)
		return LW_CALL_NONE;
	if (entry == ENTRY_NATIVE)
		return native_calls[nr];
	return entry == ENTRY_32BIT ? ia32_calls[nr] : x32_calls[nr];
}

static __always_inline void read_args(__u64 *args, struct pt_regs *regs, enum entry entry)
{
	if (entry == ENTRY_32BIT) {
		args[0] = (__u32)LW_FIELD(regs, bx);
		args[1] = (__u32)LW_FIELD(regs, cx);
		args[2] = (__u32)LW_FIELD(regs, dx);
		args[3] = (__u32)LW_FIELD(regs, si);
		args[4] = (__u32)LW_FIELD(regs, di);
		args[5] = (__u32)LW_FIELD(regs, bp);
		return;
	}
	args[0] = LW_FIELD(regs, di);
	args[1] = LW_FIELD(regs, si);
	args[2] = LW_FIELD(regs, dx);
	args[3] = LW_FIELD(regs, r10);
	args[4] = LW_FIELD(regs, r8);
	args[5] = LW_FIELD(regs, r9);
}

/* The system call that a task is leaving. */
static __always_inline __u32 number_of(struct pt_regs *regs)
{
	return LW_FIELD(regs, orig_ax);
}
#endif

static __always_inline void dispatch(__u32 slot, __u32 family)
{
	switch (family) {
	case FAMILY_CHANGE:
		lw_on_change(slot);
		break;
	case FAMILY_MEM:
		lw_on_mem(slot);
		break;
	case FAMILY_TRACE:
		lw_on_trace(slot);
		break;
	case FAMILY_CRED:
		lw_on_cred(slot);
		break;
	case FAMILY_NS:
		lw_on_ns(slot);
		break;
	case FAMILY_KERN:
		lw_on_kern(slot);
		break;
	case FAMILY_URING:
		lw_on_uring(slot);
		break;
	case FAMILY_COMPAT:
		lw_on_compat(slot);
		break;
	}
}

/* Of a call on a socket: which one, and where the address is that the caller gives. */
static __always_inline void remember(struct lw_task *t, __u32 call, const __u64 *args)
{
	__u32 kind = kind_of[call & 255];

	if (!call)
		return;
	if (kind == LW_NET_CONNECT || kind == LW_NET_BIND)
		lw_net_enter(t, kind, args[0], args[1], args[2]);
	else if (call == LW_CALL_sendto)
		lw_net_enter(t, kind, args[0], args[4], args[5]);
	else
		lw_net_enter(t, kind, kind == LW_NET_SOCKET ? -1 : (__s32)args[0], 0, 0);
}

static __always_inline void judge(struct task_struct *task, struct pt_regs *regs, enum entry entry,
				  __u32 call)
{
	struct lw_task *t = lw_task_get(task);
	__u32 slot, family = family_of[call & 255];
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u64 args[6];

	if (!t)
		return;
	if (family == FAMILY_NET && entry == ENTRY_NATIVE) {
		read_args(args, regs, entry);
		remember(t, call, args);
		return;
	}
	t->deny = 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER || lw_doomed(t, tag))
		return;
	s = lw_scratch_get(&slot);
	if (!s)
		return;
	read_args(s->args, regs, entry);
	s->call = call;
	s->call_kind = kind_of[call & 255];
	s->compat = entry;
	lw_scratch_call(s, s->compat ? LW_EVF_COMPAT : 0, ~0U);
	if (s->compat) {
		lw_compat_entry(slot);
		lw_scratch_clear(s);
	}
	if (family == FAMILY_NET && lw_cfg.compat_exit)
		remember(t, lw_compat_net(slot), s->args);
	else
		dispatch(slot, family);
	lw_scratch_put(s);
}

/* The call that the current task is in, LW_CALL_NONE where it is none of the table. */
static __always_inline __u32 call_now(enum entry *ret_entry)
{
	struct task_struct *task = lw_current();
	__u32 nr = number_of(lw_regs(task));

	*ret_entry = entry_of(task, nr);
	return LW_FIELD(task, flags) & (PF_KTHREAD | PF_IO_WORKER) ? LW_CALL_NONE
								   : call_of(*ret_entry, nr);
}

#define NR_IO_URING_ENTER 426 /* on every architecture */

/* Requests of rings are made in that call, by workers and by polling threads. */
static __always_inline int is_request(enum entry entry)
{
	struct task_struct *task = lw_current();

	return LW_FIELD(task, flags) & PF_IO_WORKER ||
	       (entry == ENTRY_NATIVE && number_of(lw_regs(task)) == NR_IO_URING_ENTER);
}

/* Through which entry the current task came into the kernel. */
__weak int lw_call_entry(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	enum entry entry;

	if (!s)
		return 1;
	call_now(&entry);
	s->compat = entry;
	s->way = is_request(entry) ? LW_EVF_URING : entry == ENTRY_NATIVE ? 0 : LW_EVF_COMPAT;
	return 0;
}

/* Puts the call into the scratch. */
__weak int lw_call_now(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	enum entry entry;

	if (!s)
		return 1;
	s->call = call_now(&entry);
	if (s->call != LW_CALL_NONE) {
		struct task_struct *task = lw_current();

		read_args(s->args, lw_regs(task), entry);
		for (__u32 i = 0; i < 4; i++)
			s->ev.call.args[i] = s->args[i];
	}
	return lw_call_entry(slot);
}

__weak int lw_call_is(__u32 call)
{
	enum entry entry;

	return call == call_now(&entry);
}

/* Memory that stays without code is mapped all the time, by everybody. */
static __always_inline int is_plain_memory(struct pt_regs *regs, enum entry entry, __u32 call)
{
#ifdef __TARGET_ARCH_arm64
	__u64 prot = regs->user_regs.regs[2];
#else
	__u64 prot = LW_FIELD(regs, dx);
#endif
	return entry == ENTRY_NATIVE && (call == LW_CALL_mmap || call == LW_CALL_mprotect) &&
	       !(prot & PROT_EXEC);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(lw_sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = lw_current();
	enum entry entry = entry_of(task, id);
	__u32 call = call_of(entry, id);

	if ((call || entry != ENTRY_NATIVE) && !is_plain_memory(regs, entry, call))
		judge(task, regs, entry, call);
	return 0;
}

static __always_inline void judge_exit(struct lw_task *t, struct pt_regs *regs, enum entry entry,
				       __u32 call, __s32 ret)
{
	__u32 slot, family = family_of[call & 255];
	struct lw_scratch *s = lw_scratch_get(&slot);

	if (!s)
		return;
	read_args(s->args, regs, entry);
	s->call = call;
	s->call_kind = kind_of[call & 255];
	lw_scratch_call(s, LW_EVF_COMPAT, ~0U);
	if (family == FAMILY_COMPAT)
		lw_compat_exit(slot, ret);
	else
		lw_compat_net_exit(slot, ret);
	lw_scratch_put(s);
}

/*
 * The end of calls that came through an entry which the tracepoints of single calls do not see. For
 * a native call it costs one comparison.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(lw_sys_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = lw_current();
	__u32 nr = number_of(regs), call, family;
	enum entry entry = entry_of(task, nr);
	struct lw_tag *tag;
	struct lw_task *t;

	if (entry == ENTRY_NATIVE)
		return 0;
	call = call_of(entry, nr);
	family = family_of[call & 255];
	if (family != FAMILY_COMPAT && family != FAMILY_NET)
		return 0;
	t = lw_task_get(task);
	tag = t ? lw_tag_of(t) : NULL;
	if (tag && !lw_doomed(t, tag))
		judge_exit(t, regs, entry, call, ret);
	return 0;
}
