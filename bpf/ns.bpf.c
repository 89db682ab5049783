// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a process sees of the system: namespaces, its root, mounts, and the cgroup that it is
 * accounted to. Namespaces that clone() makes are found in the fork hook, by comparing: the flags
 * of clone3 lie in user memory, where they can change.
 */
#include "ns.bpf.h"

#define NSFS_MAGIC 0x6e736673
#define OP_CHROOT  0
#define OP_PIVOT   1

/* struct ns_common has its type at hand since 6.18; before, it is in its operations. */
struct proc_ns_operations___typed {
	int type;
} __attribute__((preserve_access_index));

struct ns_common___ops {
	const struct proc_ns_operations___typed *ops;
} __attribute__((preserve_access_index));

static __always_inline __u64 type_of(__u64 ns)
{
	if (bpf_core_field_exists(((struct ns_common *)0)->ns_type))
		return BPF_CORE_READ((struct ns_common *)ns, ns_type);
	return (__u32)BPF_CORE_READ((struct ns_common___ops *)ns, ops, type);
}

static __always_inline __u64 flags_of_fd(struct task_struct *task, __s32 fd)
{
	__u64 file = lw_fd_file(task, fd), dentry, ns;

	if (!file)
		return 0;
	dentry = lw_f_dentry(file);
	if (lw_s_magic(lw_d_sb(dentry)) != NSFS_MAGIC)
		return 0;
	ns = lw_i_private(lw_d_inode(dentry));
	return type_of(ns);
}

static __always_inline void on_enter(struct lw_call_ctx *c)
{
	__u64 flags = c->s->args[1] ?: flags_of_fd(c->task, c->s->args[0]);
	__u16 bits = lw_ns_bits(flags);

	/* An unknown one may be any. */
	lw_call_bits(c, bits ? bits : 0xff);
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

static __always_inline void on_unshare(struct lw_call_ctx *c)
{
	__u16 bits = lw_ns_bits(c->s->args[0]);

	if (!bits)
		return;
	lw_call_bits(c, bits);
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

/* A place given by an open directory alone: AT_EMPTY_PATH. */
static __always_inline struct lw_verdict judge_fd(struct lw_call_ctx *c, __s32 fd)
{
	struct lw_scratch *s = c->s;
	struct lw_verdict v;

	if (lw_file_load(c->slot, fd) ||
	    lw_path_walk(s, c->slot, s->f_dentry, s->f_mnt, c->img->hdr.gen) != LW_WALK_DONE)
		return lw_unresolved(c->img, s->q.kind);
	v = lw_match_walked(s, c->slot, c->img, c->tag->profile);
	lw_path_attach(s, LW_STR_PATH);
	return v;
}

/* A place by its name: the name alone is known when the call begins. */
static __always_inline struct lw_verdict judge_place(struct lw_call_ctx *c, __s32 dirfd, __u64 name)
{
	struct lw_scratch *s = c->s;

	if (!lw_name_attach(s, LW_STR_NAME, name)) {
		if ((s->ev.flags & LW_EVF_NO_NAME) || dirfd == AT_FDCWD)
			return lw_unresolved(c->img, s->q.kind);
		return judge_fd(c, dirfd);
	}
	if (lw_path_join(s, c->slot, c->task, dirfd, LW_STR_NAME, LW_STR_PATH))
		return lw_unresolved(c->img, s->q.kind);
	return lw_match_text(s, c->slot, c->img, c->tag->profile, LW_STR_PATH);
}

/* Where a call acts: directory and name, among its arguments. */
struct place {
	__s32 dirfd;
	__u64 name; /* user address */
	__u16 op;
	__u8 named; /* the call has a place at all */
};

static __always_inline void find_place(const struct lw_scratch *s, struct place *p)
{
	*p = (struct place){ .dirfd = AT_FDCWD, .name = s->args[0], .named = 1 };
	switch (s->call) {
	case LW_CALL_pivot_root:
		p->op = OP_PIVOT;
		break;
	case LW_CALL_mount:
		p->name = s->args[1];
		break;
	case LW_CALL_move_mount:
		p->op = 1;
		p->dirfd = s->args[2];
		p->name = s->args[3];
		break;
	case LW_CALL_open_tree:
	case LW_CALL_open_tree_attr:
		p->op = 2;
		p->dirfd = s->args[0];
		p->name = s->args[1];
		break;
	case LW_CALL_fsopen:
		p->op = 3;
		p->named = 0;
		break;
	case LW_CALL_fspick:
		p->op = 4;
		p->dirfd = s->args[0];
		p->name = s->args[1];
		break;
	case LW_CALL_fsmount:
		p->op = 5;
		p->named = 0;
		break;
	case LW_CALL_mount_setattr:
		p->op = 6;
		p->dirfd = s->args[0];
		p->name = s->args[1];
		break;
	}
}

static __always_inline void on_place(struct lw_call_ctx *c)
{
	struct lw_verdict v;
	struct place p;

	find_place(c->s, &p);
	lw_call_op(c, p.op);
	if (p.named)
		v = judge_place(c, p.dirfd, p.name);
	else
		v = lw_match_any(c->s, c->slot, c->img, c->tag->profile);
	lw_call_done(c, v,
		     c->s->q.kind == LW_NAMESPACE_ROOT && p.op == OP_CHROOT ? LW_OUT_KILLED_BEFORE
									    : LW_OUT_KILLED_AFTER);
}

__weak int lw_on_ns(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	switch (c.s->q.kind) {
	case LW_NAMESPACE_CREATE:
		on_unshare(&c);
		break;
	case LW_NAMESPACE_ENTER:
		on_enter(&c);
		break;
	default:
		on_place(&c);
	}
	return 0;
}

/*
 * A task has been moved to another cgroup. By whom counts: a container runtime or systemd may, the
 * loader may not. The hooks of the network stay over it: they are attached at the root.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(lw_cgroup_attach, struct cgroup *dst, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_KILLED_AFTER };
	struct task_struct *by = bpf_get_current_task_btf();
	struct lw_task *t = bpf_task_storage_get(&lw_tasks, by, NULL, 0);
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_verdict v;
	struct lw_tag *tag;
	__u32 slot;

	if (!t)
		return 0;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER)
		return 0;
	img = lw_image_get(tag->profile);
	if (!img)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	s->q = (struct lw_query){ .kind = LW_CGROUP_MOVE, .phase = tag->phase };
	s->ev.call.target = task->tgid;
	s->ev.call.target_start = task->group_leader->start_boottime;
	if (lw_kstr_attach(s, LW_STR_PATH, (__u64)path))
		v = lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
	else
		v = lw_unresolved(img, LW_CGROUP_MOVE);
	if (v.action >= LW_ALERT || v.record) {
		lw_event_init(s, by, tag, LW_CGROUP_MOVE);
		lw_enforce(s, tag, img, v, 0, power);
		lw_report(s, slot, by, v);
	}
	lw_scratch_put(s);
	return 0;
}
