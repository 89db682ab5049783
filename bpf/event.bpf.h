/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_EVENT_BPF_H
#define LW_EVENT_BPF_H

/*
 * An event: filled in scratch memory, sent to one of two rings, counted whether it arrives or not.
 */

#include "path.bpf.h"

static __always_inline __u64 lw_cap_effective(const struct cred *cred)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps), &cred->cap_effective);
	return caps;
}

/**
 * lw_event_init() - who: fills the header from the task and its tag.
 * @s: scratch; the event is zero but for strings
 * @task: subject of the event
 * @tag: its loader
 * @kind: enum lw_kind
 */
static __always_inline void lw_event_init(struct lw_scratch *s, struct task_struct *task,
					  const struct lw_tag *tag, __u32 kind)
{
	struct lw_ev *ev = &s->ev;
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	ev->kind = kind;
	ev->cpu = bpf_get_smp_processor_id();
	ev->ts = bpf_ktime_get_boot_ns();
	ev->syscall = ~0U;
	ev->rule = LW_RULE_NONE;
	ev->pid = LW_FIELD(task, tgid);
	ev->tid = LW_FIELD(task, pid);
	ev->start = BPF_CORE_READ(task, group_leader, start_boottime);
	ev->ppid = BPF_CORE_READ(parent, tgid);
	ev->pstart = BPF_CORE_READ(parent, group_leader, start_boottime);
	ev->uid = BPF_CORE_READ(cred, euid.val);
	ev->ruid = BPF_CORE_READ(cred, uid.val);
	ev->gid = BPF_CORE_READ(cred, egid.val);
	ev->cap_effective = lw_cap_effective(cred);
	ev->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	BPF_CORE_READ_STR_INTO(&ev->comm, task, comm);
	if (tag) {
		ev->tag = tag->id;
		ev->why = tag->why;
		ev->state = tag->state;
		ev->phase = tag->phase;
		ev->profile = tag->profile;
	}
}

/* The number of one task as its own pid namespace sees it. */
static __always_inline __u32 lw_nr_ns(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level), nr = 0;

	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)&pid->numbers[0].nr + (level & 31) * sizeof(struct upid));
	return nr;
}

/* The pid as the task's own pid namespace sees it: for a reader inside the container. */
static __always_inline __u32 lw_pid_ns(struct task_struct *task)
{
	return lw_nr_ns(BPF_CORE_READ(task, group_leader));
}

/* The caller's program, argv and view, so that a violation can be read without any other record. */
static __always_inline void lw_event_subject(struct lw_scratch *s, __u32 slot,
					     struct task_struct *task)
{
	__u64 exe = (__u64)BPF_CORE_READ(task, mm, exe_file);

	s->ev.pid_ns = lw_pid_ns(task);
	s->ev.mnt_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	s->ev.root_ino = BPF_CORE_READ(task, fs, root.dentry, d_inode, i_ino);
	s->ev.root_dev = BPF_CORE_READ(task, fs, root.dentry, d_sb, s_dev);
	if (exe && lw_path_walk(s, slot, lw_f_dentry(exe), lw_f_mnt(exe), 0) == LW_WALK_DONE &&
	    LW_PATH_BUF - s->pos <= LW_EXE_MAX)
		lw_path_attach(s, LW_STR_EXE);
}

/* argv of @task, which must be current: NUL-separated, LW_ARGS_MAX bytes at most. */
static __always_inline void lw_args_attach(struct lw_scratch *s, struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end), len;
	__u32 off = s->used;

	if (off > LW_DATA_MAX - LW_ARGS_MAX || end <= start)
		return;
	len = end - start;
	if (len >= LW_ARGS_MAX) {
		len = LW_ARGS_MAX - 1;
		s->ev.flags |= LW_EVF_TRUNCATED;
	}
	if (bpf_probe_read_user(&s->data[lw_mask(off, LW_DATA_MAX)], len & (LW_ARGS_MAX - 1),
				(void *)start))
		return;
	s->ev.str[LW_STR_ARGS].off = off;
	s->ev.str[LW_STR_ARGS].len = len;
	s->used = off + len;
}

/* What has been reported of a request that has not ended: see lw_reported. */
static __always_inline void lw_remember(__u64 addr, __u32 action)
{
	if (action)
		bpf_map_update_elem(&lw_reported, &addr, &action, BPF_ANY);
	else
		bpf_map_delete_elem(&lw_reported, &addr);
}

static __always_inline __u32 lw_recall(__u64 addr)
{
	__u32 *action = bpf_map_lookup_elem(&lw_reported, &addr), was = action ? *action : 0;

	if (action)
		bpf_map_delete_elem(&lw_reported, &addr);
	return was;
}

/**
 * lw_event_submit() - send the event.
 * @s: scratch with a complete event
 * @urgent: violations and loader.*: the small ring, whose reader is woken at once. Telemetry wakes
 *	the reader only when LW_RING_WAKE bytes wait, it has names to resolve, or rules wait for a
 *	model to be known; a timer reads the rest.
 */
static __always_inline void lw_event_submit(struct lw_scratch *s, int urgent)
{
	struct lw_stats *st = lw_stats_get();
	__u64 size, flags;

	if (!st || s->used > LW_DATA_MAX)
		return;
	size = sizeof(s->ev) + (s->used & (2 * LW_DATA_MAX - 1));
	if (size > sizeof(s->ev) + LW_DATA_MAX)
		return;
	s->ev.size = size;
	/* Atomic, though per CPU: a cgroup hook may be preempted between load and store. */
	if (urgent) {
		s->ev.seq = lw_fetch_add(&st->violation_seq, 1) + 1;
		if (bpf_ringbuf_output(&lw_violations, &s->ev, size, BPF_RB_FORCE_WAKEUP))
			__sync_fetch_and_add(&st->violation_lost, 1);
		return;
	}
	s->ev.seq = lw_fetch_add(&st->telemetry_seq, 1) + 1;
	flags = BPF_RB_NO_WAKEUP;
	if (!lw_cfg.wake_asked &&
	    (s->ev.flags & (LW_EVF_FIND_PATH | LW_EVF_FIND_TARGET) ||
	     (s->artefact && lw_cfg.models) ||
	     bpf_ringbuf_query(&lw_telemetry, BPF_RB_AVAIL_DATA) >= LW_RING_WAKE)) {
		lw_cfg.wake_asked = 1;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	if (bpf_ringbuf_output(&lw_telemetry, &s->ev, size, flags))
		__sync_fetch_and_add(&st->telemetry_lost, 1);
}

#endif
