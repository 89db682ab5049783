/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_TASK_BPF_H
#define LW_TASK_BPF_H

/*
 * The tag. A task's storage names its loader; the loader's record (lw_tags) says whether it is a
 * candidate or a loader, why, and in which phase, so that one open turns the whole tree at once.
 */

#include "event.bpf.h"

/* Storage of a task, NULL when untagged. */
static __always_inline struct lw_task *lw_task_get(struct task_struct *task)
{
	__u64 addr = (__u64)task;

	if (lw_tasks_hashed)
		return bpf_map_lookup_elem(&lw_tasks_addr, &addr);
	return bpf_task_storage_get(&lw_tasks, task, NULL, 0);
}

/*
 * Storage of the current task, NULL when untagged, or when these programs are not in force: the
 * first instruction of every hook.
 */
static __always_inline struct lw_task *lw_task_current(void)
{
	return lw_in_force() ? lw_task_get(lw_current()) : NULL;
}

/* The same, made where it is not there. NULL when the kernel has no memory. */
static __always_inline struct lw_task *lw_task_make(struct task_struct *task)
{
	static const struct lw_task none;
	__u64 addr = (__u64)task;

	if (!lw_tasks_hashed)
		return bpf_task_storage_get(&lw_tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	bpf_map_update_elem(&lw_tasks_addr, &addr, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&lw_tasks_addr, &addr);
}

/* The task is no more. */
static __always_inline void lw_task_drop(struct task_struct *task)
{
	__u64 addr = (__u64)task;

	if (lw_tasks_hashed)
		bpf_map_delete_elem(&lw_tasks_addr, &addr);
}

/* The loader of a task. NULL, too, for programs that are not in force: they have nothing to say. */
static __always_inline struct lw_tag *lw_tag_of(const struct lw_task *t)
{
	__u64 id = t->tag;

	return id && lw_in_force() ? bpf_map_lookup_elem(&lw_tags, &id) : NULL;
}

/* The inode of the pid namespace that gives @task its number at @level. */
static __always_inline __u32 lw_pid_ns_inum(struct task_struct *task, __u32 level)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	struct pid_namespace *ns = NULL;

	bpf_probe_read_kernel(&ns, sizeof(ns),
			      (void *)&pid->numbers[0].ns + (level & 31) * sizeof(struct upid));
	return BPF_CORE_READ(ns, ns.inum);
}

/* Enters, or takes out, the numbers by which others may call @task. */
static __always_inline void lw_task_numbers(struct task_struct *task, __u64 id, int enter)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);

	for (__u32 i = 0; i < LW_PID_LEVELS; i++) {
		struct lw_pid_key key = {};

		/* At the top a process is known by its thread group already. */
		if (i > level || (!i && LW_FIELD(task, pid) == LW_FIELD(task, tgid)))
			continue;
		bpf_probe_read_kernel(&key.nr, sizeof(key.nr),
				      (void *)&pid->numbers[0].nr + i * sizeof(struct upid));
		key.ns = lw_pid_ns_inum(task, i);
		if (enter)
			bpf_map_update_elem(&lw_pids, &key, &id, BPF_ANY);
		else
			bpf_map_delete_elem(&lw_pids, &key);
	}
}

/*
 * A network call begins: the cgroup hooks and its exit, which judge it, find its arguments here.
 */
static __always_inline void lw_net_enter(struct lw_task *t, __u32 kind, __s32 fd, __u64 addr,
					 __u64 len)
{
	t->kind = kind + 1;
	t->fd = fd;
	t->uptr = addr;
	t->how = len;
	t->net_seen = 0;
	t->kill = 0;
}

/* Puts @task under @tag and counts it. Return: 0, or -1 when the kernel had no memory (counted). */
static __always_inline int lw_task_join(struct task_struct *task, struct lw_tag *tag)
{
	struct lw_task *t = lw_task_make(task);
	__u32 tgid = LW_FIELD(task, tgid);

	if (!t) {
		lw_count(storage_failed);
		return -1;
	}
	if (t->tag == tag->id)
		return 0; /* by the programs that were in force a moment ago */
	t->tag = tag->id;
	t->kind = 0;
	t->dying = 0;
	t->py_state = LW_PY_NONE;
	__sync_fetch_and_add(&tag->tasks, 1);
	bpf_map_update_elem(&lw_tgids, &tgid, &tag->id, BPF_ANY);
	lw_task_numbers(task, tag->id, 1);
	return 0;
}

/* The loader of a process by its number, also of one that has ended; 0: none. */
static __always_inline __u64 lw_tgid_tag(__u32 tgid)
{
	__u64 *id = bpf_map_lookup_elem(&lw_tgids, &tgid);

	return id ? *id & ~LW_ENDED : 0;
}

/* A function of its own: what it needs of the stack, its callers then do not. */
static __noinline struct lw_task *lw_task_worker(struct task_struct *task)
{
	__u64 id = lw_tgid_tag(LW_FIELD(task, tgid));
	struct lw_tag *tag = bpf_map_lookup_elem(&lw_tags, &id);

	if (!tag || lw_task_join(task, tag))
		return NULL;
	return lw_task_get(task);
}

/*
 * Storage of @task, for hooks that io_uring's workers reach. Those are threads of the process that
 * no fork hook has seen (create_io_thread): the first time that one acts it joins the loader of its
 * process. By the process's number, since the storage of a leader that has ended names no loader.
 */
static __always_inline struct lw_task *lw_task_of(struct task_struct *task)
{
	struct lw_task *t = lw_task_get(task);

	if (t || !(LW_FIELD(task, flags) & (PF_IO_WORKER | PF_USER_WORKER)))
		return t;
	return lw_task_worker(task);
}

/* The numbers of a task are free for others: it has been reaped, or has left its loader. */
static __always_inline void lw_task_forget(struct task_struct *task, __u64 id)
{
	__u32 tgid = LW_FIELD(task, tgid);

	lw_task_numbers(task, 0, 0);
	if (LW_FIELD(task, pid) == tgid && lw_tgid_tag(tgid) == id)
		bpf_map_delete_elem(&lw_tgids, &tgid);
}

/*
 * Takes @task out of its loader. Return: 1 when it was the last one, and the record is gone. Its
 * numbers stay: a process that has ended is known by them until its parent has seen it.
 */
static __always_inline int lw_task_leave(struct lw_task *t, struct lw_tag *tag)
{
	__u64 id = t->tag;

	t->was = id;
	t->tag = 0;
	/* Who deletes the record was the last one, also where two have seen none after them. */
	if (lw_fetch_add(&tag->tasks, -1) > 1 || bpf_map_delete_elem(&lw_tags, &id))
		return 0;
	__sync_fetch_and_add(&lw_cfg.live_tags, -1);
	return 1;
}

/*
 * @task ends. A process may open nothing any more, whoever has its number next: fanotify asks by
 * number. A thread is reaped at once.
 */
static __always_inline void lw_task_ends(struct task_struct *task, struct lw_task *t,
					 int group_dead)
{
	__u32 tgid = LW_FIELD(task, tgid);
	__u64 *id = bpf_map_lookup_elem(&lw_tgids, &tgid);

	if (group_dead && id)
		*id |= LW_ENDED;
	if (group_dead)
		bpf_map_delete_elem(&lw_py_procs, &tgid);
	if (LW_FIELD(task, pid) == tgid)
		return;
	lw_task_numbers(task, 0, 0);
	t->was = 0;
}

/**
 * lw_tag_new() - a new candidate or loader.
 * @task: its root
 * @state: enum lw_tag_state
 * @why: enum lw_why
 * @rule: index of the exec rule
 *
 * Return: the record, or NULL when LW_TAGS_MAX live (counted, and reported by the daemon).
 */
static __always_inline struct lw_tag *lw_tag_new(struct task_struct *task, __u8 state, __u8 why,
						 __u16 rule)
{
	struct lw_tag tag = {
		.born = bpf_ktime_get_boot_ns(),
		.root = LW_FIELD(task, tgid),
		.root_start = BPF_CORE_READ(task, group_leader, start_boottime),
		.profile = lw_cfg.profile,
		.state = state,
		.why = why,
		.why_rule = rule,
	};

	/* Twice: the number may be another one's, where lw_fetch_add() is not exact. */
	for (int i = 0; i < 2; i++) {
		tag.id = lw_fetch_add(&lw_cfg.next_tag, 1);
		if (bpf_map_update_elem(&lw_tags, &tag.id, &tag, BPF_NOEXIST))
			continue;
		__sync_fetch_and_add(&lw_cfg.live_tags, 1);
		return bpf_map_lookup_elem(&lw_tags, &tag.id);
	}
	lw_count(tags_full);
	return NULL;
}

/* The loader.start or loader.end event. Strings (evidence, program) are already attached. */
static __always_inline void lw_tag_report(struct lw_scratch *s, struct task_struct *task,
					  const struct lw_tag *tag, __u32 kind)
{
	lw_event_init(s, task, tag, kind);
	s->ev.loader.state = tag->state;
	s->ev.loader.why = tag->why;
	s->ev.loader.why_rule = tag->why_rule;
	s->ev.loader.root = tag->root;
	s->ev.loader.root_start = tag->root_start;
	if (kind == LW_LOADER_END && tag->doomed) {
		s->ev.loader.stopped = tag->stopped;
		s->ev.loader.stop_ns = bpf_ktime_get_boot_ns() - tag->doomed_at;
	}
	lw_event_submit(s, 1);
}

#endif
