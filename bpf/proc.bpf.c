// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Processes: fork, exec, exit. fork carries the tag, exec judges the program that the kernel has
 * loaded (a string at the entry of execve can lie) and finds candidates, exit drops the tag.
 */
#include "call.bpf.h"
#include "denied.bpf.h"
#include "ns.bpf.h"

/* Since 6.13. */
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type,
				__u64 value) __ksym __weak;

/* Return: 0 when @child dies before its first instruction; else it does so at its first hook. */
static __always_inline int lw_kill_child(struct task_struct *child)
{
	struct lw_task *t = lw_task_get(child);

	if (t)
		t->dying = 1;
	return bpf_send_signal_task ? bpf_send_signal_task(child, SIGKILL, PIDTYPE_TGID, 0) : 1;
}

/*
 * A child in namespaces or in a cgroup of its own: s->q and the event's call.op say which. The
 * signal ends the parent before clone() returns, and the child too: then nobody has seen the
 * effect.
 */
static __always_inline void lw_fork_judged(struct lw_scratch *s, __u32 slot,
					   struct task_struct *parent, struct task_struct *child,
					   struct lw_tag *tag, const struct lw_image *img,
					   struct lw_verdict v)
{
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_KILLED_AFTER };

	if (v.action < LW_ALERT && !v.record)
		return;
	s->ev.call.target = LW_FIELD(child, tgid);
	s->ev.call.target_start = LW_FIELD(child, start_boottime);
	lw_event_init(s, parent, tag, s->q.kind);
	lw_enforce(s, tag, img, v, 0, power);
	if (s->ev.outcome == LW_OUT_KILLED_AFTER && !lw_kill_child(child))
		s->ev.outcome = LW_OUT_KILLED_BEFORE;
	lw_report(s, slot, parent, v);
}

static __always_inline void lw_fork_namespaces(struct task_struct *parent,
					       struct task_struct *child, struct lw_tag *tag,
					       const struct lw_image *img, __u16 bits)
{
	struct lw_scratch *s;
	__u32 slot;

	s = lw_scratch_get(&slot);
	if (!s)
		return;
	s->q = (struct lw_query){ .kind = LW_NAMESPACE_CREATE,
				  .access = bits,
				  .phase = tag->phase };
	s->ev.call.op = bits;
	lw_fork_judged(s, slot, parent, child, tag, img, lw_match_any(s, slot, img, tag->profile));
	lw_scratch_put(s);
}

/*
 * CLONE_INTO_CGROUP, which only clone3 takes: no task is attached to a cgroup then, it begins
 * there. After another call the parent was moved by somebody else a moment ago.
 */
static __always_inline void lw_fork_cgroup(struct task_struct *parent, struct task_struct *child,
					   struct lw_tag *tag, const struct lw_image *img)
{
	struct lw_scratch *s;
	__u32 slot;

	if (lw_syscall_nr(parent) != NR_clone3)
		return;
	s = lw_scratch_get(&slot);
	if (!s)
		return;
	if (!lw_cgroup_path(slot, (__u64)BPF_CORE_READ(child, cgroups, dfl_cgrp, kn)))
		lw_path_attach(s, LW_STR_PATH);
	s->q = (struct lw_query){ .kind = LW_CGROUP_MOVE,
				  .port = LW_MOVE_FORK,
				  .phase = tag->phase };
	s->ev.call.op = LW_MOVE_FORK;
	lw_fork_judged(s, slot, parent, child, tag, img,
		       lw_cgroup_judge(s, slot, img, tag->profile));
	lw_scratch_put(s);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(lw_fork, struct task_struct *parent, struct task_struct *child)
{
	struct lw_task *t = lw_task_get(parent);
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u16 bits;
	__u32 slot;

	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || lw_task_join(child, tag))
		return 0;
	if (LW_FIELD(parent, tgid) != LW_FIELD(child, tgid))
		lw_py_forked(LW_FIELD(parent, tgid), LW_FIELD(child, tgid));
	if (lw_doomed(t, tag))
		return 0;
	if (tag->state != LW_TAG_LOADER || LW_FIELD(parent, tgid) == LW_FIELD(child, tgid))
		return 0;
	img = lw_image_get(tag->profile);
	if (!img)
		return 0;
	bits = lw_ns_differ(parent, child);
	if (bits)
		lw_fork_namespaces(parent, child, tag, img, bits);
	if (BPF_CORE_READ(parent, cgroups, dfl_cgrp) != BPF_CORE_READ(child, cgroups, dfl_cgrp))
		lw_fork_cgroup(parent, child, tag, img);
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_event_init(s, parent, tag, LW_PROCESS_FORK);
	/* Who descends from whom is to be known all the same. */
	if (!img->hdr.default_record[LW_PROCESS_FORK])
		s->ev.flags |= LW_EVF_UNASKED;
	s->ev.gen = img->hdr.gen;
	s->ev.proc.child = LW_FIELD(child, tgid);
	s->ev.proc.child_tid = LW_FIELD(child, pid);
	s->ev.proc.child_start = LW_FIELD(child, start_boottime);
	lw_event_submit(s, 0);
	lw_scratch_put(s);
	return 0;
}

/* Pinned programs outlive the daemon: from now on nobody reads the rings. */
static __always_inline void lw_monitor_ends(struct task_struct *task)
{
	if (!lw_in_force() || BPF_CORE_READ(task, signal, live.counter))
		return;
	lw_cfg.monitor = LW_NO_MONITOR;
	lw_cfg.blind_since = bpf_ktime_get_boot_ns();
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(lw_exit, struct task_struct *task)
{
	struct lw_task *t = lw_task_get(task);
	int group_dead, last, report;
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_tag *tag, was;
	__u32 slot;

	if (LW_FIELD(task, tgid) == lw_cfg.monitor)
		lw_monitor_ends(task);
	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag)
		return 0;
	group_dead = BPF_CORE_READ(task, signal, live.counter) == 0;
	s = lw_scratch_get(&slot);
	if (!s) {
		lw_task_leave(t, tag);
		lw_task_ends(task, t, group_dead);
		return 0;
	}
	img = lw_image_get(tag->profile);
	report = tag->state == LW_TAG_LOADER;
	if (group_dead && report && img && img->hdr.default_record[LW_PROCESS_EXIT]) {
		lw_event_init(s, task, tag, LW_PROCESS_EXIT);
		s->ev.gen = img->hdr.gen;
		s->ev.flags |= LW_EVF_GROUP_DEAD;
		s->ev.proc.exit_code =
			BPF_CORE_READ(task, signal, group_exit_code) ?: task->exit_code;
		lw_event_submit(s, 0);
		__builtin_memset(&s->ev, 0, sizeof(s->ev));
	}
	if (group_dead && tag->doomed)
		__sync_fetch_and_add(&tag->stopped, 1);
	was = *tag; /* a deleted record may be another loader's at once */
	last = lw_task_leave(t, tag);
	lw_task_ends(task, t, group_dead);
	if (last && report)
		lw_tag_report(s, task, &was, LW_LOADER_END);
	lw_scratch_put(s);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(lw_free, struct task_struct *task)
{
	struct lw_task *t = lw_task_get(task);

	if (t && t->was)
		lw_task_forget(task, t->was);
	if (t)
		lw_task_drop(task);
	return 0;
}

/* The path of the program that was loaded, in s->path. Return: 0, or 1 when it has none. */
static __always_inline int lw_exec_walk(struct lw_scratch *s, __u32 slot, __u64 file, __u32 gen)
{
	if (lw_path_walk(s, slot, lw_f_dentry(file), lw_f_mnt(file), gen) == LW_WALK_DONE)
		return 0;
	s->ev.flags |= LW_EVF_NO_PATH;
	return 1;
}

/*
 * A task that is no loader executes a program: is it one that loads models? A candidate starts
 * anew with each exec: what an interpreter was says nothing of the program it becomes.
 */
static __always_inline void lw_exec_tag(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					struct lw_task *t, __u64 file, __u64 inode)
{
	__u32 profile = lw_cfg.profile, state, rule;
	const struct lw_image *img = lw_image_get(profile);
	struct lw_tag *tag;

	if (t && t->tag) {
		tag = lw_tag_of(t);
		if (tag) {
			lw_task_leave(t, tag);
			lw_task_forget(task, t->was);
		}
	}
	if (!img || !lw_cfg.tag_by_exec || LW_FIELD(task, tgid) == lw_cfg.monitor)
		return;
	if (lw_exec_walk(s, slot, file, 0))
		return;
	s->q = (struct lw_query){ .kind = LW_TAG_EXEC };
	state = lw_path_dfa(s, slot, profile, img->hdr.start_tag, 0, s->pos, LW_PATH_BUF);
	rule = lw_list_rule(slot, profile, lw_dfa_list(img, state));
	if (rule >= LW_RULES_MAX)
		return;
	tag = lw_tag_new(task, img->rules[lw_mask(rule, LW_RULES_MAX)].arg, LW_WHY_EXEC, rule);
	if (!tag)
		return;
	tag->exe_ino = lw_i_ino(inode);
	tag->exe_dev = lw_s_dev(lw_i_sb(inode));
	if (lw_task_join(task, tag))
		return;
	lw_path_attach(s, LW_STR_PATH);
	lw_args_attach(s, task);
	s->ev.gen = img->hdr.gen;
	lw_tag_report(s, task, tag, LW_LOADER_START);
}

/*
 * The loader's own executable, for LW_COND_SAME_EXE. With `run` it is the first program, or, where
 * that is a wrapper (a shell script, env), the first one that an exec rule of a loader names.
 * Return: 1 when this exec is the operator's own start of the loader, which no rule judges.
 */
static __always_inline int lw_exec_first(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					 struct lw_tag *tag, const struct lw_image *img, __u64 ino,
					 __u32 dev)
{
	__u32 state, rule, first = !tag->exe_ino;

	if (tag->why != LW_WHY_RUN || tag->launched)
		return 0;
	s->q = (struct lw_query){ .kind = LW_TAG_EXEC };
	state = lw_path_dfa(s, slot, tag->profile, img->hdr.start_tag, 0, s->pos, LW_PATH_BUF);
	rule = lw_list_rule(slot, tag->profile, lw_dfa_list(img, state));
	/* A wrapper's own chain of execs, not what it forks, and not once a model was opened. */
	if (!first && (LW_FIELD(task, tgid) != tag->root || tag->phase != LW_PHASE_START))
		return 0;
	if (rule < LW_RULES_MAX)
		tag->launched = 1;
	tag->exe_ino = ino;
	tag->exe_dev = dev;
	if (first) {
		lw_path_attach(s, LW_STR_PATH);
		lw_args_attach(s, task);
		s->ev.gen = img->hdr.gen;
		lw_tag_report(s, task, tag, LW_LOADER_START);
		__builtin_memset(&s->ev, 0, sizeof(s->ev));
		s->used = 0;
	}
	return 1;
}

/* The script behind a shebang: judged by the name that the kernel copied. */
static __always_inline struct lw_verdict
lw_exec_script(struct lw_scratch *s, __u32 slot, struct task_struct *task, const struct lw_tag *tag,
	       const struct lw_image *img, struct linux_binprm *bprm, struct lw_verdict v)
{
	struct lw_verdict by_script;
	__u32 was = s->ev.flags;

	if (!lw_kstr_attach(s, LW_STR_NAME, (__u64)bprm->filename))
		return v;
	if (lw_path_join(s, slot, task, AT_FDCWD, LW_STR_NAME, LW_STR_SCRIPT))
		return v;
	s->ev.flags = was;
	by_script = lw_match_text(s, slot, img, tag->profile, LW_STR_SCRIPT);
	if (by_script.action > v.action) {
		s->ev.flags |= LW_EVF_SCRIPT;
		return by_script;
	}
	return v;
}

static __always_inline void lw_exec_judge(struct lw_scratch *s, __u32 slot,
					  struct task_struct *task, struct lw_task *t,
					  struct lw_tag *tag, struct linux_binprm *bprm, __u64 file,
					  __u64 inode)
{
	const struct lw_image *img = lw_image_get(tag->profile);
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_KILLED_BEFORE };
	__u64 ino = lw_i_ino(inode);
	__u32 dev = lw_s_dev(lw_i_sb(inode)), first;
	struct lw_verdict v = { .rule = LW_RULE_NONE };

	if (!img)
		return;
	if (lw_exec_walk(s, slot, file, img->hdr.gen)) {
		v = lw_unresolved(img, LW_PROCESS_EXEC);
		first = 0;
	} else {
		first = lw_exec_first(s, slot, task, tag, img, ino, dev);
		s->q = (struct lw_query){ .kind = LW_PROCESS_EXEC, .phase = tag->phase };
		if (ino == tag->exe_ino && dev == tag->exe_dev)
			s->q.cond |= LW_COND_SAME_EXE;
		v = lw_match_walked(s, slot, img, tag->profile, 0);
		lw_path_attach(s, LW_STR_PATH);
	}
	if (bprm->interp != bprm->filename) {
		s->q.cond = 0;
		v = lw_exec_script(s, slot, task, tag, img, bprm, v);
	}
	if (first) {
		v.action = LW_ALLOW;
		v.rule = LW_RULE_NONE;
		v.record = img->hdr.default_record[LW_PROCESS_EXEC];
	}
	lw_event_init(s, task, tag, LW_PROCESS_EXEC);
	/* What a process is, and which code has made it that, is to be known all the same. */
	if (v.action < LW_ALERT && !v.record) {
		s->ev.flags |= LW_EVF_UNASKED;
		v.record = 1;
	}
	s->ev.file.ino = ino;
	s->ev.file.dev = dev;
	s->ev.file.mode = lw_i_mode(inode);
	s->ev.file.size = lw_i_size(inode);
	s->ev.file.nlink = lw_i_nlink(inode);
	s->ev.file.fd = -1;
	if (!lw_d_hashed(lw_f_dentry(file)))
		s->ev.flags |= LW_EVF_DELETED;
	lw_args_attach(s, task);
	lw_py_kept(s, t);
	if (s->ev.py_state == LW_PY_NONE) /* the frames have gone with the memory */
		s->ev.py_state = LW_PY_ELSEWHERE;
	lw_enforce(s, tag, img, v, 0, power);
	lw_report(s, slot, task, v);
}

/* The program in force: what the task had of Python is no more, what it has now begins. */
static __always_inline void lw_exec_python(struct task_struct *task, __u64 file)
{
	struct lw_task *t = lw_task_get(task);

	if (!t || !t->tag)
		return;
	lw_py_drop(t);
	lw_py_mapped(file, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(lw_exec, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	struct lw_task *t = lw_task_get(task);
	struct lw_tag *tag = NULL;
	struct lw_scratch *s;
	__u64 file, inode;
	__u32 slot;

	if (t)
		tag = lw_tag_of(t);
	if (!tag && !(lw_cfg.tag_by_exec && lw_in_force()))
		return 0;
	if (tag && lw_doomed(t, tag))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	file = (__u64)bprm->file;
	inode = lw_d_inode(lw_f_dentry(file));
	if (tag && tag->state == LW_TAG_LOADER)
		lw_exec_judge(s, slot, task, t, tag, bprm, file, inode);
	else
		lw_exec_tag(s, slot, task, t, file, inode);
	lw_scratch_put(s);
	lw_exec_python(task, (__u64)BPF_CORE_READ(bprm, file)); /* a number, not a pointer */
	return 0;
}

/* fanotify has denied it: the program, a script or its interpreter. */
static __always_inline void lw_exec_denied(struct lw_scratch *s, __u32 slot,
					   struct task_struct *task, struct lw_tag *tag)
{
	struct lw_verdict v = s->denied_as;

	lw_name_attach(s, LW_STR_NAME, s->open.name);
	lw_event_init(s, task, tag, LW_PROCESS_EXEC);
	s->ev.flags |= s->way;
	s->ev.syscall = s->nr;
	s->ev.file.fd = -1;
	lw_enforced(s, tag, s->denied_gen, v);
	lw_report(s, slot, task, v);
}

/* An exec that failed: the caller lives on, and only the name is known. */
static __always_inline void lw_exec_failed(struct lw_scratch *s, __u32 slot,
					   struct task_struct *task, struct lw_tag *tag, long ret)
{
	const struct lw_image *img = lw_image_get(tag->profile);
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_NONE };
	struct lw_verdict v = { .rule = LW_RULE_NONE };

	if (lw_denied(slot, LW_PROCESS_EXEC, ret)) {
		lw_exec_denied(s, slot, task, tag);
		return;
	}
	if (!img || !lw_name_attach(s, LW_STR_NAME, s->open.name) ||
	    lw_path_join(s, slot, task, s->open.dirfd, LW_STR_NAME, LW_STR_PATH))
		return;
	s->q = (struct lw_query){ .kind = LW_PROCESS_EXEC, .phase = tag->phase };
	v = lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
	/* No rule names it: a try along $PATH, not a violation. */
	if (v.rule == LW_RULE_NONE) {
		v.action = LW_ALLOW;
		v.record = img->hdr.default_record[LW_PROCESS_EXEC];
	}
	if ((v.action < LW_ALERT && !v.record) || lw_was_denied(v, LW_PROCESS_EXEC, ret))
		return;
	lw_event_init(s, task, tag, LW_PROCESS_EXEC);
	s->ev.flags |= s->way;
	s->ev.syscall = s->nr;
	s->ev.file.fd = -1;
	lw_enforce(s, tag, img, v, ret, power);
	lw_report(s, slot, task, v);
}

/*
 * A security hook asks whether s->args[0] (struct linux_binprm) may be run: the script first, then
 * its interpreter. Only what is to be denied counts here: success is reported at
 * sched_process_exec. The operator's own start of a loader is judged by no rule.
 * Return: a verdict, packed.
 */
__weak int lw_exec_check(__u32 slot)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE }, v;
	struct linux_binprm *bprm;
	struct task_struct *task;
	struct lw_call_ctx c;
	struct lw_scratch *s;
	__u64 file, inode;
	struct lw_task *t;

	if (lw_call_who(&c, slot) || lw_cfg.mode == LW_MODE_OBSERVE)
		return lw_pack(none);
	s = c.s;
	task = c.task;
	if (c.tag->why == LW_WHY_RUN && !c.tag->launched && LW_FIELD(task, tgid) == c.tag->root &&
	    c.tag->phase == LW_PHASE_START)
		return lw_pack(none);
	bprm = (struct linux_binprm *)s->args[0];
	file = (__u64)BPF_CORE_READ(bprm, file);
	inode = lw_d_inode(lw_f_dentry(file));
	if (lw_exec_walk(s, slot, file, c.img->hdr.gen))
		return lw_pack(none);
	s->ev.file.fd = -1;
	s->ev.file.ino = lw_i_ino(inode);
	s->ev.file.dev = lw_s_dev(lw_i_sb(inode));
	s->q = (struct lw_query){ .kind = LW_PROCESS_EXEC, .phase = c.tag->phase };
	if (s->ev.file.ino == c.tag->exe_ino && s->ev.file.dev == c.tag->exe_dev)
		s->q.cond |= LW_COND_SAME_EXE;
	v = lw_match_walked(s, slot, c.img, c.tag->profile, 0);
	if (v.action < LW_DENY)
		return lw_pack(none);
	lw_path_attach(s, LW_STR_PATH);
	t = lw_task_get(task);
	if (t)
		lw_py_kept(s, t);
	return lw_pack(v);
}

/* The same through an entry that the tracepoints of the two calls do not see. */
__weak int lw_exec_end(__u32 slot, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_get(task);
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;

	if (s && tag && tag->state == LW_TAG_LOADER) {
		lw_py_kept(s, t);
		lw_py_drop(t);
		lw_exec_failed(s, slot, task, tag, ret);
	}
	return 0;
}

/* Attached to the exit of execve and execveat. Success has been judged at sched_process_exec. */
SEC("tp")
int lw_exit_exec(struct trace_event_raw_sys_exit *ctx)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_get(task);
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot;

	if (!t || ctx->ret >= 0)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER || lw_doomed(t, tag))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_scratch_call(s, 0, ctx->id);
	s->open.dirfd = AT_FDCWD;
	s->open.name = lw_syscall_arg(task, 0);
	if (ctx->id != NR_execve) {
		s->open.dirfd = lw_syscall_arg(task, 0);
		s->open.name = lw_syscall_arg(task, 1);
	}
	lw_py_kept(s, t);
	lw_py_drop(t);
	lw_exec_failed(s, slot, task, tag, ctx->ret);
	lw_scratch_put(s);
	return 0;
}

/* Keeps the Python stack of the exec that begins. */
__weak int lw_exec_begin(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_task *t = lw_task_current();

	if (s && t)
		lw_py_keep(s, t);
	return 0;
}

/* Attached to the entry of execve and execveat. */
SEC("tp")
int lw_enter_exec(struct trace_event_raw_sys_enter *ctx)
{
	struct lw_task *t = lw_task_current();
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot;

	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_py_keep(s, t);
	lw_scratch_put(s);
	return 0;
}
