// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fanotify: the kernel asks a thread of the daemon before it opens a marked file, and that thread
 * asks here. The verdict is that of every other open; only what the file is opened for is not known
 * yet, so what some use would be allowed to do is left to the end of the call.
 */
#include "denied.bpf.h"

struct lw_asked lw_asked;

/* What an open that goes through fanotify may ask for: all but O_PATH. */
static const __u16 lw_uses[] = {
	LW_ACC_READ,
	LW_ACC_WRITE,
	LW_ACC_READ | LW_ACC_WRITE,
	LW_ACC_READ | LW_ACC_CREATE,
	LW_ACC_WRITE | LW_ACC_CREATE,
	LW_ACC_READ | LW_ACC_WRITE | LW_ACC_CREATE,
	LW_ACC_WRITE | LW_ACC_TRUNC,
	LW_ACC_READ | LW_ACC_WRITE | LW_ACC_TRUNC,
	LW_ACC_WRITE | LW_ACC_CREATE | LW_ACC_TRUNC,
	LW_ACC_READ | LW_ACC_WRITE | LW_ACC_CREATE | LW_ACC_TRUNC,
};

/* The verdict on s->q, by s->denied: a function of its own, which the verifier reads once. */
__weak int lw_denied_match(__u32 slot, __u32 profile)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img = lw_image_get(profile);

	if (!s || !img)
		return LW_RULE_NONE;
	return lw_pack(lw_match_states(s, slot, img, profile, s->denied, 0));
}

/* The mildest verdict over all of them: the one that is certain. */
static __always_inline struct lw_verdict lw_mildest(struct lw_scratch *s, __u32 slot, __u32 profile)
{
	struct lw_verdict mild = { .rule = LW_RULE_NONE }, v;
	__u32 n = s->q.kind == LW_FILE_OPEN ? sizeof(lw_uses) / sizeof(lw_uses[0]) : 1;

	for (__u32 i = 0; i < sizeof(lw_uses) / sizeof(lw_uses[0]); i++) {
		if (i >= n)
			break;
		if (s->q.kind == LW_FILE_OPEN)
			s->q.access = lw_uses[i];
		v = lw_unpack(lw_denied_match(slot, profile));
		if (!i || v.action < mild.action)
			mild = v;
	}
	return mild;
}

/* The tag of the task that opens, NULL for none. */
static __always_inline struct lw_tag *lw_asked_tag(void)
{
	struct task_struct *task = lw_current();
	__u32 tgid = lw_asked.tgid ?: lw_asked.tid;
	struct lw_pid_key key = { .nr = lw_asked.tid };
	__u64 *id = bpf_map_lookup_elem(&lw_tgids, &tgid), tag;

	if (!id) {
		key.ns = lw_pid_ns_inum(task, 0);
		id = bpf_map_lookup_elem(&lw_pids, &key);
	}
	if (!id)
		return NULL;
	tag = *id; /* of none, with LW_ENDED: another process has the number now */
	return bpf_map_lookup_elem(&lw_tags, &tag);
}

/*
 * An exec that may be the operator's own start of the loader, which no rule judges: see
 * lw_exec_first(). Of a thread the process is not known: left to the end of the call too.
 */
static __always_inline int lw_asked_first(const struct lw_tag *tag)
{
	__u32 tid = lw_asked.tid;

	if (tag->why != LW_WHY_RUN || tag->launched)
		return 0;
	if (!tag->exe_ino)
		return 1;
	return tag->phase == LW_PHASE_START &&
	       (tid == tag->root || !bpf_map_lookup_elem(&lw_tgids, &tid));
}

/*
 * The dynamic loader: it is opened for the start of every program, and not as the program that the
 * rules mean. As a program it is judged when it has been loaded.
 */
static __always_inline int lw_is_interpreter(__u64 dentry)
{
	const unsigned char *name = BPF_CORE_READ((struct dentry *)dentry, d_name.name);
	char start[4] = {};

	bpf_probe_read_kernel_str(start, sizeof(start), name);
	return start[0] == 'l' && start[1] == 'd' &&
	       (start[2] == '-' || start[2] == '.' || start[2] == '6');
}

/* Writes the denial down. Return: 0, or 1 when there is no place for it. */
static __always_inline int lw_deny(struct lw_scratch *s, struct lw_tag *tag,
				   const struct lw_image *img, struct lw_verdict v)
{
	struct lw_denial *d = &lw_asked.denial;
	__u32 pos = lw_mask(s->pos, LW_PATH_BUF), len = lw_mask(LW_PATH_BUF - pos, LW_PATH_BUF);
	__u32 tid = lw_asked.tid;

	d->ts = bpf_ktime_get_boot_ns();
	d->tag = tag->id;
	d->ino = s->ev.file.ino;
	d->size = s->ev.file.size;
	d->dev = s->ev.file.dev;
	d->mode = s->ev.file.mode;
	d->nlink = s->ev.file.nlink;
	d->kind = s->q.kind;
	d->gen = img->hdr.gen;
	d->flags = s->ev.flags & (LW_EVF_DELETED | LW_EVF_BY_INODE);
	d->tid = tid;
	d->states = s->denied;
	d->verdict = v;
	d->len = len;
	if (bpf_probe_read_kernel(d->path, len, &s->path[pos]))
		return 1;
	/* One that nobody has taken yet must not be lost. */
	return bpf_map_update_elem(&lw_denials, &tid, d, BPF_NOEXIST) != 0;
}

static __always_inline void lw_asked_judge(struct lw_scratch *s, __u32 slot, struct lw_tag *tag,
					   const struct lw_image *img)
{
	struct lw_verdict v;

	s->q = (struct lw_query){ .kind = lw_asked.kind, LW_OF(tag) };
	if (lw_file_load(slot, lw_asked.fd) || lw_file_details(slot))
		return;
	if (s->q.kind == LW_PROCESS_EXEC) {
		if (lw_asked_first(tag) || lw_is_interpreter(s->f_dentry))
			return;
		if (s->ev.file.ino == tag->exe_ino && s->ev.file.dev == tag->exe_dev)
			s->q.cond |= LW_COND_SAME_EXE;
	}
	/* What depends on whose it is, is left to the end of the call. */
	if (s->f_proc || lw_path_walk(s, slot, s->f_dentry, s->f_mnt, img->hdr.gen) != LW_WALK_DONE)
		return;
	s->denied = lw_walked_states(s, slot, img, tag->profile);
	v = lw_mildest(s, slot, tag->profile);
	if (v.action >= LW_DENY && !lw_deny(s, tag, img, v))
		lw_asked.deny = 1;
}

/* Run by BPF_PROG_TEST_RUN: shall lw_asked.tid open the file behind lw_asked.fd? */
SEC("raw_tp")
int lw_ctl_open(void *ctx)
{
	struct lw_tag *tag = lw_asked_tag();
	const struct lw_image *img;
	struct lw_scratch *s;
	__u32 slot;

	lw_asked.deny = 0;
	lw_asked.error = tag ? 0 : -3; /* ESRCH */
	if (!tag || tag->state != LW_TAG_LOADER || lw_cfg.mode == LW_MODE_OBSERVE)
		return 0;
	img = lw_image_get(tag->profile);
	if (!img)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_asked_judge(s, slot, tag, img);
	lw_scratch_put(s);
	return 0;
}

/* The file and its path, as if the call had opened it. */
static __always_inline void lw_denied_file(struct lw_scratch *s, const struct lw_denial *d)
{
	__u32 off = s->used, len = lw_mask(d->len, LW_PATH_BUF);

	s->ev.file.ino = d->ino;
	s->ev.file.dev = d->dev;
	s->ev.file.mode = d->mode;
	s->ev.file.size = d->size;
	s->ev.file.nlink = d->nlink;
	s->ev.flags |= d->flags & LW_EVF_DELETED;
	if (off > LW_DATA_MAX - LW_PATH_BUF || bpf_probe_read_kernel(&s->data[off], len, d->path))
		return;
	s->ev.str[LW_STR_PATH].off = off;
	s->ev.str[LW_STR_PATH].len = len;
	s->used = off + len;
}

__weak int lw_denied_take(__u32 slot, __u32 kind)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	__u32 tid = bpf_get_current_pid_tgid();
	struct lw_denial *d = bpf_map_lookup_elem(&lw_denials, &tid);

	if (!s || !d || d->kind != kind)
		return 0;
	lw_denied_file(s, d);
	s->denied = d->states;
	s->denied_as = d->verdict;
	s->denied_gen = d->gen;
	/* Whoever deletes it reports it. */
	return !bpf_map_delete_elem(&lw_denials, &tid);
}
