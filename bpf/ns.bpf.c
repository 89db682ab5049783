// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a process sees of the system: namespaces, its root, mounts, and the cgroup that it is
 * accounted to. Namespaces and cgroups that clone() puts a child into are found in the fork hook
 * (proc.bpf.c), by comparing: the flags of clone3 lie in user memory, where they can change.
 */
#include "ns.bpf.h"

#define NSFS_MAGIC 0x6e736673

#define MS_REMOUNT    (1UL << 5)
#define MS_BIND	      (1UL << 12)
#define MS_MOVE	      (1UL << 13)
#define MS_UNBINDABLE (1UL << 17)
#define MS_PRIVATE    (1UL << 18)
#define MS_SLAVE      (1UL << 19)
#define MS_SHARED     (1UL << 20)
#define MS_MGC_VAL    0xC0ED0000UL
#define MS_MGC_MSK    0xffff0000UL

/* The values of include/lw_ops.def. */
#define OP_CHROOT      0
#define OP_PIVOT       1
#define OP_MOUNT       0
#define OP_MOVE	       1
#define OP_OPEN_TREE   2
#define OP_FSOPEN      3
#define OP_FSPICK      4
#define OP_FSMOUNT     5
#define OP_SETATTR     6
#define OP_BIND	       7
#define OP_REMOUNT     8
#define OP_PROPAGATION 9

/* struct ns_common has its type at hand since 6.18; before, it is in its operations. */
struct proc_ns_operations___typed {
	int type;
} __attribute__((preserve_access_index));

struct ns_common___ops {
	const struct proc_ns_operations___typed *ops;
} __attribute__((preserve_access_index));

struct ns_common___typed {
	__u32 ns_type;
} __attribute__((preserve_access_index));

/* kernfs_node.parent has another name since 6.15. */
struct kernfs_node___parent {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___rcu {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline __u64 type_of(__u64 ns)
{
	if (bpf_core_field_exists(((struct ns_common___typed *)0)->ns_type))
		return BPF_CORE_READ((struct ns_common___typed *)ns, ns_type);
	return (__u32)BPF_CORE_READ((struct ns_common___ops *)ns, ops, type);
}

/* The type of the namespace behind a descriptor, 0 where there is none. */
static __always_inline __u64 flags_of_fd(struct task_struct *task, __s32 fd)
{
	__u64 file = lw_fd_file(task, fd), dentry;

	if (!file)
		return 0;
	dentry = lw_f_dentry(file);
	if (lw_s_magic(lw_d_sb(dentry)) != NSFS_MAGIC)
		return 0;
	return type_of(lw_i_private(lw_d_inode(dentry)));
}

static __always_inline void on_enter(struct lw_call_ctx *c)
{
	__u64 flags = flags_of_fd(c->task, c->s->args[0]);
	__u16 bits;

	/* Of a pidfd: those that are asked for. */
	bits = lw_ns_bits(flags ? flags : c->s->args[1]);
	/* An unknown one may be any. */
	lw_call_bits(c, bits ? bits : LW_NS_ANY);
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

/* chroot() alone stays in the process, unless another one shares its root. */
static __always_inline void on_root(struct lw_call_ctx *c)
{
	struct task_struct *task = c->task;
	int shared = BPF_CORE_READ(task, fs, users) > 1;
	struct lw_verdict v;

	if (c->s->call == LW_CALL_pivot_root) {
		lw_call_op(c, OP_PIVOT);
		v = lw_unpack(lw_change_names(c->slot, c->tag->profile));
		lw_call_named(c, v, LW_OUT_KILLED_AFTER);
		return;
	}
	lw_call_op(c, OP_CHROOT);
	v = lw_unpack(lw_change_name(c->slot, c->tag->profile, 0));
	lw_call_named(c, v, shared ? LW_OUT_KILLED_AFTER : LW_OUT_KILLED_BEFORE);
}

/* mount(): in the order in which the kernel looks at the flags. */
static __always_inline __u16 mount_op(__u64 flags)
{
	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	if (flags & MS_REMOUNT)
		return OP_REMOUNT;
	if (flags & MS_BIND)
		return OP_BIND;
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return OP_PROPAGATION;
	return flags & MS_MOVE ? OP_MOVE : OP_MOUNT;
}

/* Is mount()'s source the name of a file? Else it is a word for the file system, or nothing. */
static __always_inline int has_source(struct lw_scratch *s, __u16 op)
{
	char first = 0;

	if (op == OP_BIND || op == OP_MOVE)
		return 1;
	if (op != OP_MOUNT || !s->args[0])
		return 0;
	return bpf_probe_read_user(&first, 1, (const void *)s->args[0]) || first == '/';
}

static __always_inline struct lw_verdict judge_mount(struct lw_call_ctx *c)
{
	struct lw_scratch *s = c->s;
	__u16 op = mount_op(s->args[3]);

	lw_call_op(c, op);
	if (has_source(s, op))
		return lw_unpack(lw_change_names(c->slot, c->tag->profile));
	if (op == OP_MOUNT && s->args[0])
		lw_name_attach(s, LW_STR_NAME, s->args[0]);
	s->ev.flags |= LW_EVF_TARGET;
	return lw_unpack(lw_change_name(c->slot, c->tag->profile, 1));
}

static __always_inline __u16 attach_op(__u32 call)
{
	switch (call) {
	case LW_CALL_move_mount:
		return OP_MOVE;
	case LW_CALL_fsopen:
		return OP_FSOPEN;
	case LW_CALL_fspick:
		return OP_FSPICK;
	case LW_CALL_fsmount:
		return OP_FSMOUNT;
	case LW_CALL_mount_setattr:
		return OP_SETATTR;
	default:
		return OP_OPEN_TREE;
	}
}

/* Mounts, and the steps that lead to one. A step that only gives a descriptor changes no tree. */
static __always_inline void on_attach(struct lw_call_ctx *c)
{
	__u8 killed = LW_OUT_KILLED_AFTER;
	struct lw_verdict v;

	lw_call_op(c, attach_op(c->s->call));
	switch (c->s->call) {
	case LW_CALL_mount:
		v = judge_mount(c);
		break;
	case LW_CALL_move_mount:
		v = lw_unpack(lw_change_names(c->slot, c->tag->profile));
		break;
	case LW_CALL_fsopen: /* may load the file system's module */
		lw_name_attach(c->s, LW_STR_NAME, c->s->args[0]);
		v = lw_match_any(c->s, c->slot, c->img, c->tag->profile);
		break;
	case LW_CALL_fsmount:
		killed = lw_killed_alone(c->task);
		v = lw_match_any(c->s, c->slot, c->img, c->tag->profile);
		break;
	default:
		if (c->s->call != LW_CALL_mount_setattr)
			killed = lw_killed_alone(c->task);
		v = lw_unpack(lw_change_name(c->slot, c->tag->profile, 0));
	}
	lw_call_named(c, v, killed);
}

__weak int lw_on_ns(__u32 slot)
{
	struct lw_call_ctx c;
	struct lw_verdict v;

	if (lw_call_begin(&c, slot))
		return 1;
	switch (c.s->q.kind) {
	case LW_NAMESPACE_CREATE:
		on_unshare(&c);
		break;
	case LW_NAMESPACE_ENTER:
		on_enter(&c);
		break;
	case LW_NAMESPACE_ROOT:
		on_root(&c);
		break;
	case LW_MOUNT_DETACH:
		v = lw_unpack(lw_change_name(slot, c.tag->profile, 0));
		lw_call_named(&c, v, LW_OUT_KILLED_AFTER);
		break;
	default:
		on_attach(&c);
	}
	return 0;
}

static __always_inline __u64 kernfs_parent(__u64 node)
{
	if (bpf_core_field_exists(((struct kernfs_node___rcu *)0)->__parent))
		return (__u64)BPF_CORE_READ((struct kernfs_node___rcu *)node, __parent);
	return (__u64)BPF_CORE_READ((struct kernfs_node___parent *)node, parent);
}

/* One name in front of the path. Return: 0, or 1 when it cannot be read or nothing fits. */
static __noinline int cgroup_name(struct lw_scratch *s, __u64 node)
{
	__u64 name = (__u64)BPF_CORE_READ((struct kernfs_node *)node, name);
	__u32 pos = s->pos;
	long n;

	/* Behind the path there is room for one name. */
	n = bpf_probe_read_kernel_str(&s->path[LW_PATH_BUF], LW_NAME_MAX + 1, (const void *)name);
	if (n <= 1 || pos > LW_PATH_BUF || pos < n)
		return 1;
	n = (n - 1) & LW_NAME_MAX;
	pos -= n;
	bpf_probe_read_kernel(&s->path[lw_mask(pos, LW_PATH_BUF)], n, &s->path[LW_PATH_BUF]);
	pos -= 1;
	s->path[lw_mask(pos, LW_PATH_BUF)] = '/';
	s->pos = pos;
	return 0;
}

__weak int lw_cgroup_path(__u32 slot, __u64 node)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	s->pos = LW_PATH_BUF;
	for (int i = 0; i < LW_CG_DEPTH; i++) {
		__u64 up = kernfs_parent(node);

		if (!up) {
			if (s->pos == LW_PATH_BUF)
				s->path[lw_mask(--s->pos, LW_PATH_BUF)] = '/';
			return 0;
		}
		if (cgroup_name(s, node))
			return 1;
		node = up;
	}
	return 1;
}

/* A loader has moved a task: is it one of its own? */
static __always_inline void moved_whose(struct lw_scratch *s, struct task_struct *task,
					const struct lw_tag *tag)
{
	struct lw_task *t = lw_task_get(task);
	__u8 cond = 0;

	s->ev.call.target = LW_FIELD(task, tgid);
	s->ev.call.target_start = BPF_CORE_READ(task, group_leader, start_boottime);
	if (!t || t->tag != tag->id)
		cond |= LW_COND_OTHER_PROC;
	if (LW_FIELD(task, tgid) == lw_cfg.monitor)
		cond |= LW_COND_MONITOR;
	s->q.cond = s->ev.call.cond = cond;
}

static __always_inline void moved_by_loader(struct lw_scratch *s, __u32 slot,
					    struct task_struct *by, struct lw_tag *tag,
					    const struct lw_image *img, struct task_struct *task,
					    __u16 op)
{
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_KILLED_AFTER };
	struct lw_verdict v;

	/* Where only a process is that dies, nothing has moved. */
	if (LW_FIELD(task, tgid) == LW_FIELD(by, tgid))
		power.killed = LW_OUT_KILLED_BEFORE;
	s->q = (struct lw_query){ .kind = LW_CGROUP_MOVE, .port = op, LW_OF(tag) };
	s->ev.call.op = op;
	moved_whose(s, task, tag);
	v = lw_cgroup_judge(s, slot, img, tag->profile);
	if (v.action < LW_ALERT && !v.record)
		return;
	lw_event_init(s, by, tag, LW_CGROUP_MOVE);
	lw_enforce(s, tag, img, v, 0, power);
	lw_report(s, slot, by, v);
}

/* systemd or a container runtime has: no deed of the loader, but good to know. */
static __always_inline void moved_by_other(struct lw_scratch *s, struct task_struct *by,
					   struct lw_tag *tag, const struct lw_image *img,
					   struct task_struct *task)
{
	if (!(img->hdr.judged & LW_ON(LW_CGROUP_MOVE)) && !img->hdr.default_record[LW_CGROUP_MOVE])
		return;
	lw_event_init(s, task, tag, LW_CGROUP_MOVE);
	s->ev.cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	s->ev.gen = img->hdr.gen;
	s->ev.call.op = LW_MOVE_BY_OTHER;
	s->ev.call.target = LW_FIELD(by, tgid);
	s->ev.call.target_start = BPF_CORE_READ(by, group_leader, start_boottime);
	s->ev.call.cond = LW_COND_OTHER_PROC;
	lw_event_submit(s, 0);
}

/* The loader that @task is of, NULL for none and for a candidate. */
static __always_inline struct lw_tag *loader_of(struct task_struct *task)
{
	struct lw_task *t = lw_task_of(task);
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;

	return tag && tag->state == LW_TAG_LOADER ? tag : NULL;
}

/*
 * A task has been moved to another cgroup, of the v2 hierarchy or of an old one. By whom counts: a
 * container runtime or systemd may, the loader may not. The hooks of the network stay over it: they
 * are attached at the root.
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(lw_cgroup_attach, struct cgroup *dst, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	struct task_struct *by = lw_current();
	struct lw_tag *mover = loader_of(by), *moved = loader_of(task);
	struct lw_tag *tag = mover ? mover : moved;
	int unified = BPF_CORE_READ(task, cgroups, dfl_cgrp) == dst;
	const struct lw_image *img;
	struct lw_scratch *s;
	__u32 slot;

	if (!tag)
		return 0;
	img = lw_image_get(tag->profile);
	if (!img)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_kstr_attach(s, LW_STR_PATH, (__u64)path);
	if (mover)
		moved_by_loader(s, slot, by, mover, img, task,
				unified ? LW_MOVE_ATTACH : LW_MOVE_ATTACH_V1);
	else
		moved_by_other(s, by, moved, img, task);
	lw_scratch_put(s);
	return 0;
}
