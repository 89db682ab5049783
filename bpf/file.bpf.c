// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Opening files: open, openat, openat2, creat, open_by_handle_at. The exit judges the file that the
 * kernel really opened, before user code has the descriptor. Names, symlinks and user memory may
 * change while the call runs: they are not what is judged.
 */
#include "call.bpf.h"
#include "denied.bpf.h"
#include "model.bpf.h"

static __always_inline void lw_open_args(struct lw_scratch *s, struct task_struct *task, __u32 nr)
{
	struct lw_open_call *call = &s->open;

	lw_scratch_call(s, 0, nr);
	*call = (struct lw_open_call){ .dirfd = AT_FDCWD };
	switch (nr) {
	case NR_open:
		call->name = lw_syscall_arg(task, 0);
		call->flags = lw_syscall_arg(task, 1);
		break;
	case NR_creat:
		call->name = lw_syscall_arg(task, 0);
		call->flags = O_CREAT | O_WRONLY | O_TRUNC;
		break;
	case NR_open_by_handle_at:
		call->flags = lw_syscall_arg(task, 2);
		break;
	case NR_openat2:
		/* struct open_how starts with its flags. */
		bpf_probe_read_user(&call->flags, sizeof(call->flags),
				    (const void *)lw_syscall_arg(task, 2));
		call->dirfd = lw_syscall_arg(task, 0);
		call->name = lw_syscall_arg(task, 1);
		break;
	default:
		call->dirfd = lw_syscall_arg(task, 0);
		call->name = lw_syscall_arg(task, 1);
		call->flags = lw_syscall_arg(task, 2);
	}
}

static __always_inline __u32 lw_open_access(__u64 flags)
{
	__u32 access = 0;

	if (flags & O_PATH)
		return LW_ACC_PATH;
	if ((flags & O_ACCMODE) != O_WRONLY)
		access |= LW_ACC_READ;
	if ((flags & O_ACCMODE) || (flags & (O_TRUNC | O_APPEND)))
		access |= LW_ACC_WRITE;
	if (flags & O_CREAT)
		access |= LW_ACC_CREATE;
	if (flags & O_TRUNC)
		access |= LW_ACC_TRUNC;
	return access;
}

/* The rule of a pseudo kind that a list of the tags' automaton has for this open. */
static __always_inline __u32 lw_tag_rule(struct lw_scratch *s, __u32 slot, __u32 profile,
					 __u32 list, __u32 kind)
{
	__u32 rule;

	s->q.kind = kind;
	rule = lw_list_rule(slot, profile, list);
	s->q.kind = LW_FILE_OPEN;
	return rule;
}

/* A file of a model moves the phase, never back: what a load may do ends with it. */
static __always_inline void lw_open_phase(const struct lw_scratch *s, struct lw_tag *tag)
{
	if (s->q.access & LW_ACC_WRITE) {
		if (s->artefact & LW_ARTEFACT_HUB && tag->phase < LW_PHASE_DOWNLOAD)
			tag->phase = LW_PHASE_DOWNLOAD;
	} else if (s->artefact & LW_ARTEFACT_LOAD && tag->phase < LW_PHASE_LOAD) {
		tag->phase = LW_PHASE_LOAD;
	}
}

/* The file is evidence: it turns a candidate into a loader. */
static __always_inline void lw_open_promote(struct lw_scratch *s, struct task_struct *task,
					    struct lw_tag *tag, const struct lw_image *img,
					    __u32 rule)
{
	tag->why = LW_WHY_EVIDENCE;
	tag->why_rule = rule;
	tag->state = LW_TAG_LOADER;
	lw_path_attach(s, LW_STR_PATH);
	s->ev.gen = img->hdr.gen;
	lw_tag_report(s, task, tag, LW_LOADER_START);
	__builtin_memset(&s->ev, 0, sizeof(s->ev));
	s->used = 0;
}

/*
 * What the file says of its loader: see enum lw_artefact, into s->artefact. The loader.start event
 * uses the scratch's strings; after it they are free again for the open itself.
 */
static __always_inline void lw_open_evidence(struct lw_scratch *s, __u32 slot,
					     struct task_struct *task, struct lw_tag *tag,
					     const struct lw_image *img)
{
	__u32 list, rule;

	list = lw_dfa_list(img, lw_path_dfa(s, slot, tag->profile, img->hdr.start_tag, 0, s->pos,
					    LW_PATH_BUF));
	if (!list)
		return;
	rule = lw_tag_rule(s, slot, tag->profile, list, LW_TAG_ARTEFACT);
	if (rule < LW_RULES_MAX)
		s->artefact = LW_ARTEFACT_SEEN | img->rules[lw_mask(rule, LW_RULES_MAX)].arg;
	rule = lw_tag_rule(s, slot, tag->profile, list, LW_TAG_EVIDENCE);
	/* A policy may know files of models that we do not. */
	if (rule < LW_RULES_MAX && !(s->artefact & LW_ARTEFACT_STRONG))
		s->artefact = LW_ARTEFACT_SEEN | LW_ARTEFACT_STRONG | LW_ARTEFACT_LOAD;
	lw_open_phase(s, tag);
	/* Who saves a model has not loaded it. */
	if (s->q.access & LW_ACC_WRITE &&
	    (s->artefact & (LW_ARTEFACT_STRONG | LW_ARTEFACT_HUB)) == LW_ARTEFACT_STRONG)
		s->artefact = 0;
	if (rule < LW_RULES_MAX && tag->state == LW_TAG_CANDIDATE)
		lw_open_promote(s, task, tag, img, rule);
}

/* /proc/PID/...: does the file belong to a process outside the loader's tree? */
static __always_inline int lw_proc_other(__u64 inode, const struct lw_tag *tag)
{
	__u64 pid, first;
	__u32 tgid;

	inode -= bpf_core_field_offset(struct proc_inode, vfs_inode);
	pid = (__u64)BPF_CORE_READ((struct proc_inode *)inode, pid);
	if (!pid)
		return 0;
	first = (__u64)BPF_CORE_READ((struct pid *)pid, tasks[PIDTYPE_PID].first);
	if (!first)
		return 1;
	first -= bpf_core_field_offset(struct task_struct, pid_links);
	tgid = BPF_CORE_READ((struct task_struct *)first, tgid);
	return lw_tgid_tag(tgid) != tag->id;
}

/*
 * What a SIGKILL at the exit of an open can still prevent. O_CREAT and O_TRUNC have had their
 * effect; another thread that shares the file table could have used the descriptor already.
 */
static __always_inline __u8 lw_open_killed(struct lw_scratch *s, struct task_struct *task,
					   __u64 flags)
{
	/* What was submitted together runs on in the kernel: it may read before this dies. */
	if (s->way & LW_EVF_URING)
		return LW_OUT_KILLED_AFTER;
	if (BPF_CORE_READ(task, files, count.counter) > 1)
		s->ev.flags |= LW_EVF_SHARED_FILES;
	if ((flags & O_TRUNC) || (s->ev.flags & (LW_EVF_CREATED | LW_EVF_SHARED_FILES)))
		return LW_OUT_KILLED_AFTER;
	return LW_OUT_KILLED_BEFORE;
}

/* A call that failed: nothing was opened, so the name is what there is. */
static __always_inline struct lw_verdict lw_open_failed(struct lw_scratch *s, __u32 slot,
							struct task_struct *task,
							const struct lw_tag *tag,
							const struct lw_image *img)
{
	struct lw_verdict v = { .rule = LW_RULE_NONE, .action = LW_ALLOW };

	if (tag->state != LW_TAG_LOADER)
		return v;
	if (lw_name_attach(s, LW_STR_NAME, s->open.name) &&
	    !lw_path_join(s, slot, task, s->open.dirfd, LW_STR_NAME, LW_STR_PATH))
		v = lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
	if (v.rule == LW_RULE_NONE) {
		v.action = LW_ALLOW;
		v.record = img->hdr.default_record[LW_FILE_OPEN];
	}
	return v;
}

/* A call that gave a descriptor: judges the file behind it. */
static __always_inline struct lw_verdict lw_open_judge(struct lw_scratch *s, __u32 slot,
						       struct task_struct *task, struct lw_tag *tag,
						       const struct lw_image *img)
{
	struct lw_verdict v = { .rule = LW_RULE_NONE, .action = LW_ALLOW };

	if (lw_path_walk(s, slot, s->f_dentry, s->f_mnt, img->hdr.gen) != LW_WALK_DONE) {
		s->ev.flags |= LW_EVF_NO_PATH;
		return lw_unresolved(img, LW_FILE_OPEN);
	}
	if (s->f_proc && lw_proc_other(s->f_inode, tag))
		s->q.cond |= LW_COND_OTHER_PROC;
	v = lw_match_walked(s, slot, img, tag->profile, 0);
	lw_open_evidence(s, slot, task, tag, img);
	if (tag->state != LW_TAG_LOADER) {
		v.action = LW_ALLOW;
		v.record = 0;
		s->artefact = 0;
	}
	if (v.action >= LW_ALERT || v.record || s->artefact) {
		lw_file_details(slot);
		lw_path_attach(s, LW_STR_PATH);
		if (s->open.name)
			lw_name_attach(s, LW_STR_NAME, s->open.name);
	}
	return v;
}

/* The event of an open, and what the verdict asks for. */
static __always_inline void lw_open_report(struct lw_scratch *s, __u32 slot,
					   struct task_struct *task, struct lw_tag *tag,
					   const struct lw_image *img, struct lw_verdict v,
					   __s32 fd, int error, __u64 flags)
{
	struct lw_power power = { .backend = LW_BE_TRACEPOINT };

	lw_event_init(s, task, tag, LW_FILE_OPEN);
	s->ev.flags |= s->way;
	s->ev.syscall = s->nr;
	s->ev.file.fd = fd;
	s->ev.file.flags = flags;
	s->ev.file.access = s->q.access;
	s->ev.file.artefact = s->artefact;
	power.killed = lw_open_killed(s, task, flags);
	lw_enforce(s, tag, img, v, error, power);
	if (s->artefact && v.action < LW_ALERT && !v.record) {
		s->ev.flags |= LW_EVF_UNASKED;
		v.record = 1;
	}
	lw_report(s, slot, task, v);
}

/* fanotify has denied it: what it would have opened is known all the same. */
static __always_inline void lw_open_denied(struct lw_scratch *s, __u32 slot,
					   struct task_struct *task, struct lw_tag *tag,
					   const struct lw_image *img)
{
	struct lw_verdict v = lw_denied_verdict(s, slot, img, tag->profile);

	if (s->open.name)
		lw_name_attach(s, LW_STR_NAME, s->open.name);
	lw_event_init(s, task, tag, LW_FILE_OPEN);
	s->ev.flags |= s->way;
	s->ev.syscall = s->nr;
	s->ev.file.fd = -1;
	s->ev.file.flags = s->open.flags;
	s->ev.file.access = s->q.access;
	lw_enforced(s, tag, s->denied_gen, v);
	lw_report(s, slot, task, v);
}

/* The file that s->open has led to, into the scratch. Return: 1 when it is gone again. */
static __always_inline int lw_open_load(struct lw_scratch *s, __u32 slot, long ret)
{
	return s->open.fixed ? lw_file_take(slot, s->open.file) : lw_file_load(slot, ret);
}

/* An open has ended: s->open says how it began. */
static __always_inline void lw_open_done(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					 struct lw_tag *tag, long ret)
{
	const struct lw_image *img = lw_image_get(tag->profile);
	int opened = ret >= 0 && !lw_open_load(s, slot, ret);
	struct lw_verdict v;
	__u64 flags;

	if (!img)
		return;
	flags = s->open.flags | (opened ? s->f_flags : 0);
	s->q = (struct lw_query){ .kind = LW_FILE_OPEN,
				  .access = lw_open_access(flags),
				  LW_OF(tag) };
	if (lw_denied(slot, LW_FILE_OPEN, ret)) {
		lw_open_denied(s, slot, task, tag, img);
		return;
	}
	/* Its name was judged when it was submitted. */
	if (ret < 0 && s->way & LW_EVF_URING)
		return;
	if (ret < 0) {
		v = lw_open_failed(s, slot, task, tag, img);
		if (lw_was_denied(v, LW_FILE_OPEN, ret))
			return;
	} else if (opened) {
		v = lw_open_judge(s, slot, task, tag, img);
	} else {
		/* Another thread has closed it already. */
		s->ev.flags |= LW_EVF_NO_PATH;
		lw_name_attach(s, LW_STR_NAME, s->open.name);
		v = lw_unresolved(img, LW_FILE_OPEN);
	}
	/* What was reported when it began is news only if the object is worse than its name. */
	if (s->reported && v.action <= s->reported)
		v = (struct lw_verdict){ .rule = LW_RULE_NONE };
	if (s->artefact && !lw_artefact_new(slot))
		s->artefact = 0;
	if (v.action < LW_ALERT && !v.record && !s->artefact)
		return;
	lw_open_report(s, slot, task, tag, img, v, ret < 0 || s->open.fixed ? -1 : ret,
		       ret < 0 ? ret : 0, flags);
}

/*
 * The same for the ways in that no tracepoint of an open sees (io_uring, compat entries).
 * @ret: what it gave: a descriptor (or a slot, where s->open.fixed), or -errno
 */
__weak int lw_open_end(__u32 slot, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_of(task);
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;

	if (!s || !tag)
		return 1;
	lw_open_done(s, slot, task, tag, ret);
	return 0;
}

/*
 * One of those ways begins. Its name, which the caller has attached, is judged as text: a file that
 * it names is not reached at all then. What it does not name (a symlink, a hard link) is left to
 * the end of the call, which judges the file; where that will not be seen an alert says so, and
 * user space looks where the name leads.
 * @hidden: the end will not be seen
 *
 * Return: enum lw_action of what was reported, 0: nothing.
 */
__weak int lw_open_begin(__u32 slot, __u32 hidden)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	struct lw_verdict v = { .rule = LW_RULE_NONE };
	struct lw_task *t = lw_task_of(task);
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	const struct lw_image *img;

	if (!s || !tag)
		return 0;
	img = lw_image_get(tag->profile);
	if (!img)
		return 0;
	s->q = (struct lw_query){ .kind = LW_FILE_OPEN,
				  .access = lw_open_access(s->open.flags),
				  LW_OF(tag) };
	if (lw_path_join(s, slot, task, s->open.dirfd, LW_STR_NAME, LW_STR_PATH))
		s->ev.flags |= LW_EVF_NO_PATH;
	else
		v = lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
	/* The file itself will be judged, in a moment. */
	if (lw_was_denied(v, LW_FILE_OPEN, -1))
		return 0;
	/* The default is for the file, not for a name that may be a link to one that is allowed. */
	if (v.rule == LW_RULE_NONE)
		v.action = LW_ALLOW;
	if (hidden && v.action < LW_ALERT && img->hdr.judged & LW_ON(LW_FILE_OPEN)) {
		v = lw_stricter(lw_match_any(s, slot, img, tag->profile),
				lw_unresolved(img, LW_FILE_OPEN));
		s->ev.flags |= LW_EVF_FIND_PATH | LW_EVF_FOLLOW;
	}
	if (v.action < LW_ALERT)
		return 0;
	s->ev.flags |= LW_EVF_ENTRY;
	lw_open_report(s, slot, task, tag, img, v, -1, 0, s->open.flags);
	return v.action;
}

/* Denies what the policy asks to be denied or killed, and reports that. Return: 1 to deny. */
static __always_inline int open_refuse(struct lw_call_ctx *c, struct lw_verdict v, __u64 flags)
{
	struct lw_power power = { lw_cfg.deny_by, 1, LW_OUT_DENIED };
	struct lw_scratch *s = c->s;

	if (v.action < LW_DENY)
		return 0;
	lw_call_entry(c->slot);
	lw_event_init(s, c->task, c->tag, LW_FILE_OPEN);
	s->ev.flags |= s->way;
	s->ev.syscall = lw_syscall_nr(c->task);
	s->ev.file.fd = -1;
	s->ev.file.flags = flags;
	s->ev.file.access = s->q.access;
	if (!lw_enforce(s, c->tag, c->img, v, 0, power))
		return 0;
	if (v.action >= LW_KILL)
		lw_kill_current(s);
	lw_report(s, c->slot, c->task, v);
	return 1;
}

/* A security hook asks whether s->open.file may be opened. What is opened to be run is not ours. */
__weak int lw_open_check(__u32 slot)
{
	struct lw_call_ctx c;
	struct lw_scratch *s;

	if (lw_call_who(&c, slot) || lw_file_take(slot, c.s->open.file) ||
	    c.s->f_flags & FMODE_EXEC_FLAG)
		return 0;
	s = c.s;
	s->q = (struct lw_query){ .kind = LW_FILE_OPEN,
				  .access = lw_open_access(s->f_flags),
				  LW_OF(c.tag) };
	return open_refuse(&c, lw_open_judge(s, slot, c.task, c.tag, c.img), s->f_flags);
}

/* The same for a file that does not exist yet: the place s->f_dentry, s->f_mnt. */
__weak int lw_create_check(__u32 slot)
{
	struct lw_call_ctx c;
	struct lw_verdict v;
	struct lw_scratch *s;

	if (lw_call_who(&c, slot))
		return 0;
	s = c.s;
	s->q = (struct lw_query){ .kind = LW_FILE_OPEN,
				  .access = LW_ACC_WRITE | LW_ACC_CREATE,
				  LW_OF(c.tag) };
	if (lw_path_walk(s, slot, s->f_dentry, s->f_mnt, c.img->hdr.gen) != LW_WALK_DONE)
		return 0;
	v = lw_match_walked(s, slot, c.img, c.tag->profile, 0);
	lw_path_attach(s, LW_STR_PATH);
	return open_refuse(&c, v, O_CREAT | O_WRONLY);
}

/* Attached to the exit of each of the five calls. */
SEC("tp")
int lw_exit_open(struct trace_event_raw_sys_exit *ctx)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_get(task);
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot;

	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || lw_doomed(t, tag))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_open_args(s, task, ctx->id);
	lw_open_done(s, slot, task, tag, ctx->ret);
	lw_scratch_put(s);
	return 0;
}
