// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that the daemon runs itself: a walk over the tasks that already live, and questions that
 * only the kernel can answer as its hooks will see things.
 */
#include "verdict.bpf.h"

/* Candidates and loaders among the tasks that were there before the daemon. */
static __always_inline void lw_seed_task(struct lw_scratch *s, __u32 slot, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	__u32 profile = lw_cfg.profile, state, rule;
	const struct lw_image *img = lw_image_get(profile);
	struct mm_struct *mm = task->mm;
	struct lw_tag *tag = NULL;
	struct file *exe;
	struct lw_task *t;
	__u64 inode;

	t = lw_task_get(leader);
	if (t && t->tag)
		tag = lw_tag_of(t);
	if (tag) {
		lw_task_join(task, tag); /* a thread of a process that was just tagged */
		return;
	}
	if (!img || !mm || LW_FIELD(task, tgid) == lw_cfg.monitor)
		return;
	exe = mm->exe_file;
	if (!exe ||
	    lw_path_walk(s, slot, lw_f_dentry((__u64)exe), lw_f_mnt((__u64)exe), 0) != LW_WALK_DONE)
		return;
	s->q = (struct lw_query){ .kind = LW_TAG_EXEC };
	state = lw_path_dfa(s, slot, profile, img->hdr.start_tag, 0, s->pos, LW_PATH_BUF);
	rule = lw_list_rule(slot, profile, lw_dfa_list(img, state));
	if (rule >= LW_RULES_MAX)
		return;
	tag = lw_tag_new(leader, img->rules[lw_mask(rule, LW_RULES_MAX)].arg, LW_WHY_SEED, rule);
	if (!tag)
		return;
	inode = lw_d_inode(lw_f_dentry((__u64)exe));
	tag->exe_ino = lw_i_ino(inode);
	tag->exe_dev = lw_s_dev(lw_i_sb(inode));
	/* What a loader has loaded before is not known. */
	tag->artefacts = tag->state == LW_TAG_LOADER;
	if (lw_task_join(task, tag))
		return;
	lw_path_attach(s, LW_STR_PATH);
	s->ev.gen = img->hdr.gen;
	lw_tag_report(s, task, tag, LW_LOADER_START);
}

SEC("iter/task")
int lw_seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct lw_scratch *s;
	struct lw_task *t;
	__u32 slot;

	if (!task)
		return 0;
	t = lw_task_get(task);
	if (t && t->tag)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_seed_task(s, slot, task);
	lw_scratch_put(s);
	return 0;
}

/*
 * A process that user space has put into lw_tgids: its task follows, where it cannot be reached by
 * a descriptor of it.
 */
SEC("iter/task")
int lw_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct lw_task *t;
	__u64 id;

	if (!task || LW_FIELD(task, pid) != LW_FIELD(task, tgid))
		return 0;
	id = lw_tgid_tag(LW_FIELD(task, tgid));
	if (!id || lw_task_get(task))
		return 0;
	t = lw_task_make(task);
	if (t)
		t->tag = id;
	else
		lw_count(storage_failed);
	return 0;
}

/*
 * Run by BPF_PROG_TEST_RUN: device and inode of lw_ctl.fd, and its path, as the hooks will see
 * them.
 */
SEC("raw_tp")
int lw_ctl_stat(void *ctx)
{
	struct task_struct *task = lw_current();
	__u64 file = lw_fd_file(task, lw_ctl.fd), inode;
	struct lw_scratch *s;
	__u32 slot, pos, len;

	lw_ctl.error = -9; /* EBADF */
	if (!file)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	inode = lw_d_inode(lw_f_dentry(file));
	lw_ctl.ino = lw_i_ino(inode);
	lw_ctl.generation = lw_i_generation(inode);
	lw_ctl.dev = lw_s_dev(lw_i_sb(inode));
	lw_ctl.len = 0;
	lw_ctl.error = -36; /* ENAMETOOLONG */
	if (lw_path_walk(s, slot, lw_f_dentry(file), lw_f_mnt(file), 0) == LW_WALK_DONE) {
		pos = lw_mask(s->pos, LW_PATH_BUF);
		len = lw_mask(LW_PATH_BUF - pos, LW_PATH_BUF);
		if (!bpf_probe_read_kernel(lw_ctl.path, len, &s->path[pos])) {
			lw_ctl.len = len;
			lw_ctl.error = 0;
		}
	}
	lw_scratch_put(s);
	return 0;
}

/* Run by BPF_PROG_TEST_RUN: the verdict on the name lw_ctl.path. */
SEC("raw_tp")
int lw_ctl_match(void *ctx)
{
	__u32 profile = lw_cfg.profile, len = lw_ctl.len;
	const struct lw_image *img = lw_image_get(profile);
	struct lw_scratch *s;
	struct lw_verdict v;
	__u32 slot;

	lw_ctl.error = -2; /* ENOENT */
	if (!img || len >= LW_PATH_BUF)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	bpf_probe_read_kernel(s->data, lw_mask(len, LW_PATH_BUF), lw_ctl.path);
	s->ev.str[LW_STR_NAME].len = len;
	s->q = (struct lw_query){ .kind = lw_ctl.kind, .access = lw_ctl.access };
	v = lw_match_text(s, slot, img, profile, LW_STR_NAME);
	lw_ctl.rule = v.rule;
	lw_ctl.action = v.action;
	lw_ctl.error = 0;
	lw_scratch_put(s);
	return 0;
}

/*
 * Run by BPF_PROG_TEST_RUN: candidate lw_ctl.tag becomes a loader, by evidence from before the
 * hooks.
 */
SEC("raw_tp")
int lw_ctl_promote(void *ctx)
{
	__u64 id = lw_ctl.tag;
	struct lw_tag *tag = bpf_map_lookup_elem(&lw_tags, &id);

	lw_ctl.error = -2; /* ENOENT */
	if (!tag)
		return 0;
	lw_ctl.error = 0;
	if (tag->state != LW_TAG_CANDIDATE)
		return 0;
	tag->why_rule = lw_ctl.rule;
	tag->phase = LW_PHASE_LOAD;
	tag->artefacts++; /* that user space has not seen being opened: nothing is known */
	tag->state = LW_TAG_LOADER;
	return 0;
}

/*
 * Run by BPF_PROG_TEST_RUN: what is known of the models of loader lw_ctl.tag, by the artefacts that
 * user space has seen. Their number comes last: what it stands for must be there.
 */
SEC("raw_tp")
int lw_ctl_models(void *ctx)
{
	__u64 id = lw_ctl.tag;
	struct lw_tag *tag = bpf_map_lookup_elem(&lw_tags, &id);

	lw_ctl.error = -2; /* ENOENT */
	if (!tag)
		return 0;
	lw_ctl.error = 0;
	/* What was known is of other bits: until the new ones are there, nothing is known. */
	*(volatile __u64 *)&tag->unsure = ~0ULL;
	*(volatile __u64 *)&tag->models = lw_ctl.models;
	*(volatile __u32 *)&tag->models_gen = lw_ctl.models_gen;
	*(volatile __u64 *)&tag->unsure = lw_ctl.unsure;
	*(volatile __u32 *)&tag->artefacts_known = lw_ctl.artefacts;
	return 0;
}
