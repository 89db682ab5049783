/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_PATH_BPF_H
#define LW_PATH_BPF_H

/*
 * Resolved paths. An object is named by walking its dentries and mounts up to the root of the mount
 * namespace: chroot, bind mounts, `..`, symlinks and /proc/self/root change nothing in that walk.
 * The loops live in walk.bpf.c as global functions, which the verifier checks once each.
 */

#include "cfg.bpf.h"

#define LW_WALK_MORE	 0
#define LW_WALK_DONE	 1
#define LW_WALK_TOO_LONG 2

int lw_walk(__u32 slot);
int lw_dfa(__u32 slot, __u32 profile, __u32 in_data, __u32 off, __u32 end);
int lw_join(__u32 slot, __u32 in_data, __u32 off, __u32 end);
int lw_file_load(__u32 slot, __s32 fd);
int lw_file_take(__u32 slot, __u64 file);
int lw_file_details(__u32 slot);
int lw_list_rule(__u32 slot, __u32 profile, __u32 list);

#define LW_WALK_CHUNKS (LW_PATH_BUF / 2 / LW_WALK_CHUNK)
#define LW_DFA_CHUNKS  (LW_PATH_BUF / LW_DFA_CHUNK)

/* Working memory as new: for the next event of the same run. */
static __always_inline void lw_scratch_clear(struct lw_scratch *s)
{
	__builtin_memset(&s->ev, 0, sizeof(s->ev));
	s->used = 0;
	s->pos = LW_PATH_BUF;
	s->canon_state = 0;
	s->names = 0;
}

/**
 * lw_scratch_get() - take working memory for this run.
 * @ret_slot: its index, for the global functions and lw_scratch_put()
 *
 * Return: the scratch with its event zeroed, or NULL when LW_SCRATCH_SLOTS preempted programs hold
 * theirs on this CPU (counted; the caller must then fail closed).
 */
static __always_inline struct lw_scratch *lw_scratch_get(__u32 *ret_slot)
{
	__u32 base = bpf_get_smp_processor_id() * LW_SCRATCH_SLOTS;

	for (__u32 i = 0; i < LW_SCRATCH_SLOTS; i++) {
		__u32 slot = base + i;
		struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

		if (s && lw_slot_take(&s->busy)) {
			lw_scratch_clear(s);
			s->slot = slot;
			*ret_slot = slot;
			return s;
		}
	}
	lw_count(scratch_busy);
	return NULL;
}

/* How a call came: LW_EVF_COMPAT, LW_EVF_URING or 0, and its native number or ~0U. */
static __always_inline void lw_scratch_call(struct lw_scratch *s, __u32 way, __u32 nr)
{
	s->way = way;
	s->nr = nr;
	s->reported = 0;
}

static __always_inline void lw_scratch_put(struct lw_scratch *s)
{
	lw_slot_free(&s->busy);
}

/**
 * lw_path_walk() - the path of a dentry on a mount, into s->path.
 * @slot: scratch
 * @dentry: kernel address
 * @vfsmnt: kernel address of the struct vfsmount
 * @gen: generation of the policy whose inode index is asked on the way up
 *
 * Return: LW_WALK_DONE or LW_WALK_TOO_LONG (the front of the path is missing).
 */
static __always_inline int lw_path_walk(struct lw_scratch *s, __u32 slot, __u64 dentry,
					__u64 vfsmnt, __u32 gen)
{
	int state;

	s->dentry = dentry;
	s->mnt = lw_real_mount(vfsmnt);
	s->root = lw_mnt_root(s->mnt);
	s->pos = LW_PATH_BUF;
	s->canon_state = 0;
	s->gen = gen;
	s->sb = 0;
	state = lw_walk(slot);
	if (state == LW_WALK_DONE && s->pos == LW_PATH_BUF) {
		s->pos = LW_PATH_BUF - 1;
		s->path[LW_PATH_BUF - 1] = '/';
	}
	if (state != LW_WALK_DONE) {
		lw_count(path_too_long);
		return LW_WALK_TOO_LONG;
	}
	return state;
}

/* The DFA state after a text; @in_data chooses between s->data and s->path. */
static __always_inline __u32 lw_path_dfa(struct lw_scratch *s, __u32 slot, __u32 profile,
					 __u32 state, __u32 in_data, __u32 off, __u32 end)
{
	s->state = state;
	lw_dfa(slot, profile, in_data, off, end);
	return s->state;
}

/* Copy the walked path behind the event as string @role. */
static __always_inline void lw_path_attach(struct lw_scratch *s, int role)
{
	__u32 pos = s->pos, len;
	__u32 off = s->used;

	if (pos >= LW_PATH_BUF || off > LW_DATA_MAX - LW_PATH_BUF)
		return;
	len = LW_PATH_BUF - pos;
	if (len > LW_PATH_BUF - 1)
		len = LW_PATH_BUF - 1;
	if (bpf_probe_read_kernel(&s->data[lw_mask(off, LW_DATA_MAX)], lw_mask(len, LW_PATH_BUF),
				  &s->path[lw_mask(pos, LW_PATH_BUF)]))
		return;
	s->ev.str[role].off = off;
	s->ev.str[role].len = len;
	s->used = off + len;
}

/*
 * The caller's own string as @role. A page that is not resident cannot be faulted in from here; at
 * the exit of the call the kernel has just read it. Return: bytes, 0 when unreadable or empty.
 */
static __always_inline __u32 lw_name_attach(struct lw_scratch *s, int role, __u64 uptr)
{
	__u32 off = s->used;
	long n;

	if (off > LW_DATA_MAX - LW_PATH_MAX)
		return 0;
	n = bpf_probe_read_user_str(&s->data[lw_mask(off, LW_DATA_MAX)], LW_PATH_MAX,
				    (const void *)uptr);
	if (n < 0) {
		s->ev.flags |= LW_EVF_NO_NAME;
		return 0;
	}
	/* Of an empty string older kernels say 0, not 1. */
	n = n ? (n - 1) & (LW_PATH_MAX - 1) : 0;
	s->ev.str[role].off = off;
	s->ev.str[role].len = n;
	s->used = off + n;
	return n;
}

/*
 * The same for a string in kernel memory.
 */
static __always_inline __u32 lw_kstr_attach(struct lw_scratch *s, int role, __u64 addr)
{
	__u32 off = s->used;
	long n;

	if (off > LW_DATA_MAX - LW_PATH_MAX)
		return 0;
	n = bpf_probe_read_kernel_str(&s->data[lw_mask(off, LW_DATA_MAX)], LW_PATH_MAX,
				      (const void *)addr);
	if (n <= 0)
		return 0;
	n = (n - 1) & (LW_PATH_MAX - 1);
	s->ev.str[role].off = off;
	s->ev.str[role].len = n;
	s->used = off + n;
	return n;
}

/* Where a name starts from. */
struct lw_place {
	__u64 dentry;
	__u64 mnt;
	int top; /* `..` does not lead out of it */
};

/* An open file as such a place. Return: 1 when there is none. */
static __always_inline int lw_path_file(__u64 file, struct lw_place *ret_place)
{
	ret_place->dentry = file ? lw_f_dentry(file) : 0;
	ret_place->mnt = file ? lw_f_mnt(file) : 0;
	return !file;
}

/**
 * lw_path_base() - the directory that a name starts from.
 * @task: whose root and working directory count
 * @dirfd: base of a relative name, or AT_FDCWD
 * @first: first byte of the name
 *
 * Return: 0, or 1 when there is none.
 */
static __always_inline int lw_path_base(struct task_struct *task, __s32 dirfd, char first,
					struct lw_place *ret_place)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);

	ret_place->top = first == '/';
	if (first == '/' || dirfd == AT_FDCWD) {
		struct path path = {};

		if (first == '/')
			BPF_CORE_READ_INTO(&path, fs, root);
		else
			BPF_CORE_READ_INTO(&path, fs, pwd);
		ret_place->dentry = (__u64)path.dentry;
		ret_place->mnt = (__u64)path.mnt;
		if (!path.dentry)
			return 1;
		return 0;
	}
	return lw_path_file(lw_fd_file(task, dirfd), ret_place);
}

/**
 * lw_path_join_at() - a name made absolute and normalised as text.
 * @from: place that the name starts from
 * @gen: as lw_path_walk() has it: then the place's inodes count for lw_match_joined()
 * @off: the name is data[off .. end)
 * @to: string role that gets the result
 *
 * `.`, `..` and `//` are folded as text; symlinks are not followed, since nothing was opened. The
 * result is a hint (LW_EVF_PATH_IS_NAME). Return: 0, or 1 when it is too long.
 */
static __always_inline int lw_path_join_at(struct lw_scratch *s, __u32 slot, struct lw_place from,
					   __u32 gen, __u32 off, __u32 end, int to)
{
	if (s->used > LW_DATA_MAX - LW_PATH_BUF)
		return 1;
	if (lw_path_walk(s, slot, from.dentry, from.mnt, gen) != LW_WALK_DONE)
		return 1;
	s->join = s->out = s->comp = s->used;
	s->depth = s->floor = 0;
	if (lw_join(slot, 0, s->pos, LW_PATH_BUF))
		return 1;
	s->base = s->low = s->out;
	s->tall = s->depth;
	if (from.top)
		s->floor = s->depth;
	if (lw_join(slot, 1, off, end))
		return 1;
	s->ev.str[to].off = s->join;
	s->ev.str[to].len = s->out - s->join;
	s->used = s->out;
	s->ev.flags |= LW_EVF_PATH_IS_NAME;
	return 0;
}

/**
 * lw_path_join() - lw_path_join_at() for the string @from of a call of @task.
 * @dirfd: base of a relative name, or AT_FDCWD
 *
 * Return: 0, or 1 when the base is unknown or the result too long.
 */
static __always_inline int lw_path_join(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					__s32 dirfd, int from, int to)
{
	__u32 off = s->ev.str[from].off, len = s->ev.str[from].len;
	struct lw_place base;

	if (!len || off >= LW_DATA_MAX ||
	    lw_path_base(task, dirfd, s->data[lw_mask(off, LW_DATA_MAX)], &base))
		return 1;
	return lw_path_join_at(s, slot, base, 0, off, off + len, to);
}

#endif
