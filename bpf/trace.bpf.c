// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Other processes: tracing, memory, descriptors, signals. What counts is whose process it is: the
 * loader's own tree, somebody else's, or the monitor's.
 */
#include "call.bpf.h"

#define PID_FS_MAGIC	0x50494446 /* pidfds have been files of pidfs since 6.9 */
#define PTRACE_TRACEME	0
#define PTRACE_PEEKUSER 3
#define PTRACE_POKETEXT 4
#define PTRACE_POKEUSER 6
#define PTRACE_ATTACH	16
#define PTRACE_SEIZE	0x4206
#define OP_PTRACE_PEEK	1
#define OP_PTRACE_OTHER 0xffff

static __always_inline void target_is(struct lw_call_ctx *c, __u8 cond)
{
	c->s->q.cond |= cond;
	c->s->ev.call.cond |= cond;
}

/* A number in the caller's own pid namespace. Return: level of that namespace. */
static __always_inline __u32 pid_level(struct task_struct *task)
{
	return BPF_CORE_READ(task, thread_pid, level);
}

/* A process or thread by its number, as the caller sees it. */
static __always_inline void target_nr(struct lw_call_ctx *c, __s32 nr)
{
	struct lw_pid_key key = { .ns = lw_pid_ns_inum(c->task, pid_level(c->task)), .nr = nr };
	__u32 tgid = nr;
	__u64 *id;

	if (!pid_level(c->task)) {
		c->s->ev.call.target = nr;
		if (tgid == lw_cfg.monitor)
			target_is(c, LW_COND_MONITOR);
		if (lw_tgid_tag(tgid) == c->tag->id)
			return;
	}
	id = bpf_map_lookup_elem(&lw_pids, &key);
	if (!id || *id != c->tag->id)
		target_is(c, LW_COND_OTHER_PROC);
}

/* kill(2): a process, a process group, or everybody. */
static __always_inline void target_kill(struct lw_call_ctx *c, __s32 nr)
{
	if (nr > 0) {
		target_nr(c, nr);
	} else if (nr == -1) {
		target_is(c, LW_COND_OTHER_PROC | LW_COND_MONITOR);
	} else if (nr < -1) {
		target_nr(c, -nr);
	} else {
		struct task_struct *task = c->task;
		struct pid *group = BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]);
		__u32 level = pid_level(c->task) & 31;
		__u32 leader = 0;

		bpf_probe_read_kernel(&leader, sizeof(leader),
				      (void *)&group->numbers[0].nr + level * sizeof(struct upid));
		/* A leader of 0 is outside the namespace: the group that started the loader. */
		target_nr(c, leader);
	}
}

/* The process behind a pidfd. */
static __always_inline void target_pidfd(struct lw_call_ctx *c, __s32 fd)
{
	__u64 file = lw_fd_file(c->task, fd), dentry, pid, first;
	__u32 tgid;

	if (!file) {
		target_is(c, LW_COND_OTHER_PROC);
		return;
	}
	dentry = lw_f_dentry(file);
	if (lw_s_magic(lw_d_sb(dentry)) == PID_FS_MAGIC)
		pid = lw_i_private(lw_d_inode(dentry));
	else
		pid = lw_f_private(file);
	first = (__u64)BPF_CORE_READ((struct pid *)pid, tasks[PIDTYPE_PID].first);
	if (!first) {
		target_is(c, LW_COND_OTHER_PROC);
		return;
	}
	first -= bpf_core_field_offset(struct task_struct, pid_links);
	tgid = BPF_CORE_READ((struct task_struct *)first, tgid);
	c->s->ev.call.target = tgid;
	c->s->ev.call.target_start =
		BPF_CORE_READ((struct task_struct *)first, group_leader, start_boottime);
	if (tgid == lw_cfg.monitor)
		target_is(c, LW_COND_MONITOR);
	if (lw_tgid_tag(tgid) != c->tag->id)
		target_is(c, LW_COND_OTHER_PROC);
}

static __always_inline __u16 ptrace_op(__u64 request)
{
	if (request == PTRACE_TRACEME || request == PTRACE_ATTACH || request == PTRACE_SEIZE)
		return request;
	if (request <= PTRACE_PEEKUSER)
		return OP_PTRACE_PEEK;
	if (request >= PTRACE_POKETEXT && request <= PTRACE_POKEUSER)
		return PTRACE_POKETEXT;
	return OP_PTRACE_OTHER;
}

static __always_inline void find_target(struct lw_call_ctx *c)
{
	const __u64 *a = c->s->args;

	switch (c->s->call) {
	case LW_CALL_ptrace:
		lw_call_op(c, ptrace_op(a[0]));
		if (a[0] != PTRACE_TRACEME)
			target_nr(c, a[1]);
		break;
	case LW_CALL_process_vm_readv:
		lw_call_op(c, 1);
		target_nr(c, a[0]);
		break;
	case LW_CALL_process_vm_writev:
		lw_call_op(c, 2);
		target_nr(c, a[0]);
		break;
	case LW_CALL_process_madvise:
		lw_call_op(c, 3);
		target_pidfd(c, a[0]);
		break;
	case LW_CALL_pidfd_open:
		lw_call_op(c, 1);
		target_nr(c, a[0]);
		break;
	case LW_CALL_pidfd_getfd:
		lw_call_op(c, 2);
		target_pidfd(c, a[0]);
		break;
	case LW_CALL_kill:
		lw_call_op(c, a[1]);
		target_kill(c, a[0]);
		break;
	case LW_CALL_tkill:
	case LW_CALL_rt_sigqueueinfo:
		lw_call_op(c, a[1]);
		target_nr(c, a[0]);
		break;
	case LW_CALL_tgkill:
	case LW_CALL_rt_tgsigqueueinfo:
		lw_call_op(c, a[2]);
		target_nr(c, a[0]);
		break;
	case LW_CALL_pidfd_send_signal:
		lw_call_op(c, a[1]);
		target_pidfd(c, a[0]);
		break;
	}
}

/*
 * What is read goes to a process that dies, unless another thread of it could use it first. A
 * signal or a write has arrived, and a traced process was stopped.
 */
static __always_inline __u8 killed_when(struct lw_call_ctx *c)
{
	__u32 kind = c->s->q.kind;

	if ((kind == LW_PROCESS_MEMORY && c->s->q.port == 1) || kind == LW_PROCESS_PIDFD)
		return lw_killed_alone(c->task);
	return LW_OUT_KILLED_AFTER;
}

__weak int lw_on_trace(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	find_target(&c);
	lw_call_plain(&c, killed_when(&c));
	return 0;
}
