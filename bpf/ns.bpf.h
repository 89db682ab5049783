/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_NS_BPF_H
#define LW_NS_BPF_H

/*
 * Namespaces as bits of lw_ops.def: by the flags of a call, or by what two tasks do not share. And
 * what the fork hook and the one of cgroups have in common.
 */

#include "call.bpf.h"

#define CLONE_NEWTIME	0x00000080
#define CLONE_NEWNS	0x00020000
#define CLONE_NEWCGROUP 0x02000000
#define CLONE_NEWUTS	0x04000000
#define CLONE_NEWIPC	0x08000000
#define CLONE_NEWUSER	0x10000000
#define CLONE_NEWPID	0x20000000
#define CLONE_NEWNET	0x40000000

#define LW_NS_MOUNT  (1U << 0)
#define LW_NS_CGROUP (1U << 1)
#define LW_NS_UTS    (1U << 2)
#define LW_NS_IPC    (1U << 3)
#define LW_NS_USER   (1U << 4)
#define LW_NS_PID    (1U << 5)
#define LW_NS_NET    (1U << 6)
#define LW_NS_TIME   (1U << 7)
#define LW_NS_ANY    0xff

/* Operations of cgroup.move in lw_ops.def. */
#define LW_MOVE_ATTACH	  0
#define LW_MOVE_ATTACH_V1 1
#define LW_MOVE_FORK	  2
#define LW_MOVE_BY_OTHER  3

/* The path of a cgroup's kernfs node in its hierarchy, into s->path. Return: 0, or 1: too deep. */
int lw_cgroup_path(__u32 slot, __u64 node);

static __always_inline __u16 lw_ns_bits(__u64 flags)
{
	return (flags & CLONE_NEWNS ? LW_NS_MOUNT : 0) |
	       (flags & CLONE_NEWCGROUP ? LW_NS_CGROUP : 0) |
	       (flags & CLONE_NEWUTS ? LW_NS_UTS : 0) | (flags & CLONE_NEWIPC ? LW_NS_IPC : 0) |
	       (flags & CLONE_NEWUSER ? LW_NS_USER : 0) | (flags & CLONE_NEWPID ? LW_NS_PID : 0) |
	       (flags & CLONE_NEWNET ? LW_NS_NET : 0) | (flags & CLONE_NEWTIME ? LW_NS_TIME : 0);
}

/* What @child sees through other namespaces than @parent. */
static __always_inline __u16 lw_ns_differ(struct task_struct *parent, struct task_struct *child)
{
	struct nsproxy *from = BPF_CORE_READ(parent, nsproxy), *to = BPF_CORE_READ(child, nsproxy);
	struct user_namespace *user = BPF_CORE_READ(parent, cred, user_ns);
	__u16 bits = user != BPF_CORE_READ(child, cred, user_ns) ? LW_NS_USER : 0;
	struct nsproxy a = {}, b = {};

	if (from == to || !from || !to)
		return bits;
	bpf_core_read(&a, sizeof(a), from);
	bpf_core_read(&b, sizeof(b), to);
	return bits | (a.mnt_ns != b.mnt_ns ? LW_NS_MOUNT : 0) |
	       (a.cgroup_ns != b.cgroup_ns ? LW_NS_CGROUP : 0) |
	       (a.uts_ns != b.uts_ns ? LW_NS_UTS : 0) | (a.ipc_ns != b.ipc_ns ? LW_NS_IPC : 0) |
	       (a.pid_ns_for_children != b.pid_ns_for_children ? LW_NS_PID : 0) |
	       (a.net_ns != b.net_ns ? LW_NS_NET : 0) |
	       (a.time_ns_for_children != b.time_ns_for_children ? LW_NS_TIME : 0);
}

/* Judges a move to the cgroup whose path is string PATH of the event; without one it is unknown. */
static __always_inline struct lw_verdict lw_cgroup_judge(struct lw_scratch *s, __u32 slot,
							 const struct lw_image *img, __u32 profile)
{
	if (s->ev.str[LW_STR_PATH].len)
		return lw_match_text(s, slot, img, profile, LW_STR_PATH);
	s->ev.flags |= LW_EVF_NO_PATH;
	return lw_stricter(lw_match_any(s, slot, img, profile), lw_unresolved(img, LW_CGROUP_MOVE));
}

#endif
