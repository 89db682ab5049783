// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Rights of the process. A call that asks for what the process has already, or that gives something
 * up, is no event. Arguments are as wide as the kernel takes them: what is above is ignored there.
 */
#include "call.bpf.h"

/* The values of include/lw_ops.def. */
#define BIT_USER	(1U << 0)
#define BIT_GROUP	(1U << 1)
#define BIT_GROUPS	(1U << 2)
#define BIT_ROOT	(1U << 3)
#define BIT_EFFECTIVE	(1U << 0)
#define BIT_PERMITTED	(1U << 1)
#define BIT_INHERITABLE (1U << 2)
#define OP_ADD		256
#define OP_REQUEST	257
#define OP_SET_PTRACER	0xfff0

#define KEYCTL_GET_KEYRING_ID 0
#define KEYCTL_GET_SECURITY   17
#define KEYCTL_CAPABILITIES   31

#define PR_SET_DUMPABLE		     4
#define PR_SET_KEEPCAPS		     8
#define PR_SET_SECUREBITS	     28
#define PR_SET_MM		     35
#define PR_SET_MM_MAP_SIZE	     15
#define PR_CAP_AMBIENT		     47
#define PR_CAP_AMBIENT_RAISE	     2
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SET_PTRACER		     0x59616d61
#define MMF_DUMPABLE_MASK	     3

#define CAPABILITY_VERSION_1 0x19980330
#define CAPABILITY_VERSION_2 0x20071026
#define CAPABILITY_VERSION_3 0x20080522

#define NO_ID	   (~0U)
#define GROUPS_MAX 32 /* of a list; a longer one may hold anything */

enum { IDS_USER = 1, IDS_GROUP = 2, IDS_LIST = 4, IDS_NARROW = 8 };

/*
 * Which ids a call takes: the number of those among its first arguments, and IDS_* above that. The
 * oldest 32-bit calls, by the plain names, have ids of 16 bits.
 */
#define IDS(count, what) ((count) | (what) << 4)

static __always_inline __u32 ids_of(__u32 call)
{
	switch (call) {
	case LW_CALL_setuid:
	case LW_CALL_setfsuid:
		return IDS(1, IDS_USER | IDS_NARROW);
	case LW_CALL_setuid32:
	case LW_CALL_setfsuid32:
		return IDS(1, IDS_USER);
	case LW_CALL_setreuid:
		return IDS(2, IDS_USER | IDS_NARROW);
	case LW_CALL_setreuid32:
		return IDS(2, IDS_USER);
	case LW_CALL_setresuid:
		return IDS(3, IDS_USER | IDS_NARROW);
	case LW_CALL_setresuid32:
		return IDS(3, IDS_USER);
	case LW_CALL_setgid:
	case LW_CALL_setfsgid:
		return IDS(1, IDS_GROUP | IDS_NARROW);
	case LW_CALL_setgid32:
	case LW_CALL_setfsgid32:
		return IDS(1, IDS_GROUP);
	case LW_CALL_setregid:
		return IDS(2, IDS_GROUP | IDS_NARROW);
	case LW_CALL_setregid32:
		return IDS(2, IDS_GROUP);
	case LW_CALL_setresgid:
		return IDS(3, IDS_GROUP | IDS_NARROW);
	case LW_CALL_setresgid32:
		return IDS(3, IDS_GROUP);
	case LW_CALL_setgroups:
		return IDS(0, IDS_LIST | IDS_NARROW);
	default:
		return IDS(0, IDS_LIST);
	}
}

/* The map of the caller's user namespace, while a call is judged: no path is under way then. */
static __always_inline struct uid_gid_map *id_map(struct lw_scratch *s)
{
	return (struct uid_gid_map *)s->path;
}

/*
 * The kernel's own number of an id of the caller's user namespace, NO_ID where it has none. Global,
 * so that the verifier follows its loop once and not for each id of a list.
 */
__weak int lw_kernel_id(__u32 slot, __u32 id)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct uid_gid_map *map;

	if (!s)
		return NO_ID;
	map = id_map(s);
	/* With more ranges the kernel keeps them elsewhere: then the call asks for new ones. */
	if (map->nr_extents > 5)
		return NO_ID;
	for (__u32 i = 0; i < 5; i++) {
		const struct uid_gid_extent *e = &map->extent[i];

		if (i < map->nr_extents && id >= e->first && id - e->first < e->count)
			return e->lower_first + (id - e->first);
	}
	return NO_ID;
}

/* One id that is asked for. Return: bits of what would change. */
__weak int lw_asks_id(__u32 slot, __u32 id, __u32 group)
{
	const struct cred *cred = BPF_CORE_READ(lw_current(), cred);
	__u32 kid = lw_kernel_id(slot, id),
	      own = group ? BPF_CORE_READ(cred, egid.val) : BPF_CORE_READ(cred, euid.val);
	__u32 bits = group ? BIT_GROUP : BIT_USER;

	if (group && kid == own && kid == BPF_CORE_READ(cred, gid.val) &&
	    kid == BPF_CORE_READ(cred, sgid.val) && kid == BPF_CORE_READ(cred, fsgid.val))
		return 0;
	if (!group && kid == own && kid == BPF_CORE_READ(cred, uid.val) &&
	    kid == BPF_CORE_READ(cred, suid.val) && kid == BPF_CORE_READ(cred, fsuid.val))
		return 0;
	return !id && kid != own ? bits | BIT_ROOT : bits;
}

/* One group of a list, at @i. Return: BIT_GROUPS when it is new there, and BIT_ROOT. */
__weak int lw_asks_group(__u32 slot, __u32 i, __u32 narrow)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	__u32 id, own, bits = 0;

	if (!s)
		return BIT_GROUPS | BIT_ROOT;
	i &= GROUPS_MAX - 1;
	id = narrow ? ((__u16 *)s->data)[i] : ((__u32 *)s->data)[i];
	own = ((__u32 *)&s->data[GROUPS_MAX * sizeof(__u32)])[i];
	if (lw_kernel_id(slot, id) != own)
		bits |= BIT_GROUPS;
	if (!id && BPF_CORE_READ(lw_current(), cred, egid.val) != lw_kernel_id(slot, 0))
		bits |= BIT_ROOT;
	return bits;
}

/* A list of groups in user memory. Return: bits of what would change. */
static __always_inline __u16 asks_groups(struct lw_scratch *s, __u32 slot, const struct cred *cred,
					 int narrow)
{
	struct group_info *groups = BPF_CORE_READ(cred, group_info);
	__u32 n = s->args[0], have = BPF_CORE_READ(groups, ngroups);
	__u32 *own = (__u32 *)&s->data[GROUPS_MAX * sizeof(__u32)];
	__u32 bits = n == have ? 0 : BIT_GROUPS;

	if (!n && !have)
		return 0;
	if (n > GROUPS_MAX ||
	    bpf_probe_read_user(s->data, lw_mask(n * (narrow ? 2 : 4), 2 * GROUPS_MAX * 4),
				(const void *)s->args[1]))
		return BIT_GROUPS | BIT_ROOT;
	bpf_core_read(own, GROUPS_MAX * sizeof(__u32), &groups->gid);
	for (__u32 i = 0; i < GROUPS_MAX && i < n; i++)
		bits |= lw_asks_group(slot, i, narrow);
	return bits & BIT_GROUPS ? bits : 0;
}

static __always_inline void on_setid(struct lw_call_ctx *c)
{
	struct task_struct *task = c->task;
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);
	__u32 ids = ids_of(c->s->call), what = ids >> 4;
	int narrow = what & IDS_NARROW && c->s->compat == LW_COMPAT_32BIT;
	struct uid_gid_map *map = id_map(c->s);
	__u16 bits = 0;

	if (what & IDS_USER)
		bpf_core_read(map, sizeof(*map), &ns->uid_map);
	else
		bpf_core_read(map, sizeof(*map), &ns->gid_map);
	if (what & IDS_LIST)
		bits = asks_groups(c->s, c->slot, cred, narrow);
	for (__u32 i = 0; i < 3; i++) {
		__u32 id = c->s->args[i];

		if (narrow)
			id = (__u16)id == 0xffff ? NO_ID : (__u16)id;
		if (i < (ids & 3) && id != NO_ID)
			bits |= lw_asks_id(c->slot, id, what & IDS_GROUP);
	}
	if (!bits)
		return;
	lw_call_bits(c, bits);
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

/* struct __user_cap_data_struct of include/uapi/linux/capability.h, for the low and high half. */
struct cap_data {
	__u32 effective, permitted, inheritable;
};

static __always_inline int grows(__u32 low, __u32 high, const void *field)
{
	__u64 caps = 0;

	bpf_probe_read_kernel(&caps, sizeof(caps), field);
	return ((low | (__u64)high << 32) & ~caps) != 0;
}

/* What capset() would add. What cannot be read may be anything. */
static __always_inline __u16 asks_caps(struct lw_scratch *s, const struct cred *cred)
{
	const __u16 any = BIT_EFFECTIVE | BIT_PERMITTED | BIT_INHERITABLE;
	struct cap_data d[2] = {};
	__u32 version = 0, size;

	if (bpf_probe_read_user(&version, sizeof(version), (const void *)s->args[0]))
		return any;
	size = version == CAPABILITY_VERSION_1 ? sizeof(d[0]) : sizeof(d);
	if (bpf_probe_read_user(d, size, (const void *)s->args[1]))
		return any;
	return (grows(d[0].effective, d[1].effective, &cred->cap_effective) ? BIT_EFFECTIVE : 0) |
	       (grows(d[0].permitted, d[1].permitted, &cred->cap_permitted) ? BIT_PERMITTED : 0) |
	       (grows(d[0].inheritable, d[1].inheritable, &cred->cap_inheritable) ? BIT_INHERITABLE
										  : 0);
}

static __always_inline void on_capset(struct lw_call_ctx *c)
{
	struct task_struct *task = c->task;
	__u16 bits = asks_caps(c->s, BPF_CORE_READ(task, cred));

	if (!bits)
		return;
	lw_call_bits(c, bits);
	lw_call_plain(c, LW_OUT_KILLED_BEFORE);
}

/* A key outlives the process, and what is read may go to memory that others share. */
static __always_inline void on_keyring(struct lw_call_ctx *c)
{
	if (c->s->call == LW_CALL_keyctl)
		lw_call_number(c, c->s->args[0]);
	else
		lw_call_op(c, c->s->call == LW_CALL_add_key ? OP_ADD : OP_REQUEST);
	lw_call_plain(c, LW_OUT_KILLED_AFTER);
}

/* A word up to 6.17, a bitmap since: the bits are the same. */
struct mm_struct___old {
	unsigned long flags;
} __attribute__((preserve_access_index));

static __always_inline __u32 mm_flags_offset(void)
{
	if (bpf_core_field_exists(((struct mm_struct___old *)0)->flags))
		return bpf_core_field_offset(struct mm_struct___old, flags);
	return bpf_core_field_offset(struct mm_struct, flags);
}

/* In a struct of its own on 7.3; bits of the memory's flags up to 6.18 at least. */
struct task_struct___exec {
	void *exec_state;
} __attribute__((preserve_access_index));

static __always_inline __u64 dumpable(struct task_struct *task)
{
	struct task_struct___exec *own = (void *)task;
	__u64 flags = 0, mm;
	__u32 value = 0;

	if (bpf_core_field_exists(own->exec_state)) {
		const void *state = BPF_CORE_READ(own, exec_state);

		/* Not known is like nothing that a caller may ask for: judged. */
		if (!lw_dumpable_offset ||
		    bpf_probe_read_kernel(&value, sizeof(value), state + lw_dumpable_offset))
			return ~0ULL;
		return value;
	}
	mm = (__u64)BPF_CORE_READ(task, mm);
	bpf_probe_read_kernel(&flags, sizeof(flags), (const void *)mm + mm_flags_offset());
	return flags & MMF_DUMPABLE_MASK;
}

static __always_inline void on_prctl(struct lw_call_ctx *c)
{
	__u32 option = c->s->args[0];
	struct task_struct *task = c->task;
	__u64 value = c->s->args[1];
	__u8 killed = LW_OUT_KILLED_BEFORE;

	if (option == PR_SET_SECUREBITS && value == BPF_CORE_READ(task, cred, securebits))
		return;
	if (option == PR_SET_DUMPABLE && value == dumpable(task))
		return;
	/* Of memory, which processes may share that live on. */
	if ((option == PR_SET_MM || option == PR_SET_DUMPABLE) &&
	    BPF_CORE_READ(task, mm, mm_users.counter) > BPF_CORE_READ(task, signal, live.counter))
		killed = LW_OUT_KILLED_AFTER;
	lw_call_op(c, option == PR_SET_PTRACER ? OP_SET_PTRACER : option);
	lw_call_plain(c, killed);
}

/* Calls by the thousand that change no right: known by their first arguments alone. */
static __always_inline int is_harmless(const struct lw_scratch *s)
{
	__u32 first = s->args[0];
	__u64 second = s->args[1];

	if (s->call == LW_CALL_keyctl)
		return first == KEYCTL_GET_KEYRING_ID || first == KEYCTL_GET_SECURITY ||
		       first == KEYCTL_CAPABILITIES;
	if (s->call != LW_CALL_prctl)
		return 0;
	switch (first) {
	case PR_SET_DUMPABLE:
	case PR_SET_SECUREBITS:
		return 0;
	case PR_SET_KEEPCAPS:
	case PR_SET_SYSCALL_USER_DISPATCH:
	case PR_SET_PTRACER:
		return !second;
	case PR_SET_MM:
		return (__u32)second == PR_SET_MM_MAP_SIZE;
	case PR_CAP_AMBIENT:
		return second != PR_CAP_AMBIENT_RAISE;
	default:
		return 1;
	}
}

__weak int lw_on_cred(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_call_ctx c;

	if (!s || is_harmless(s) || lw_call_begin(&c, slot))
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
		on_keyring(&c);
	}
	return 0;
}
