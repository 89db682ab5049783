// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Files of models that loaders open. User space learns from them which model it is: so it is told
 * of each, once, and a loader that opens many can neither flood it nor hide one among them.
 */
#include "model.bpf.h"

/* FNV-1a over the end of a string of the event: there its names differ. */
static __always_inline __u32 lw_name_hash(const struct lw_scratch *s, int role)
{
	__u32 len = s->ev.str[role].len, off = s->ev.str[role].off, hash = 2166136261U;

	if (len > LW_ARTEFACT_HASH) {
		off += len - LW_ARTEFACT_HASH;
		len = LW_ARTEFACT_HASH;
	}
	for (__u32 i = 0; i < LW_ARTEFACT_HASH; i++) {
		if (i >= len)
			break;
		hash = (hash ^ (__u8)s->data[lw_mask(off + i, LW_DATA_MAX)]) * 16777619;
	}
	return hash;
}

/* Return: 1 when this loader has opened more in this second than user space is told of. */
static __always_inline int lw_artefact_burst(struct lw_tag *tag)
{
	__u64 second = bpf_ktime_get_boot_ns() >> 30;

	if (tag->burst != second) {
		tag->burst = second;
		tag->burst_n = 0;
	}
	return lw_fetch_add(&tag->burst_n, 1) >= LW_ARTEFACTS_SECOND;
}

/* Return: 1 when it was called so before. */
static __always_inline int lw_artefact_known(struct lw_scratch *s, __u32 hash)
{
	struct lw_artefact_val *val = bpf_map_lookup_elem(&lw_artefacts, &s->known);

	if (!val) {
		s->names_of = (struct lw_artefact_val){ .names = { hash }, .n = 1 };
		return 0;
	}
	s->names_of = *val;
	for (__u32 i = 0; i < LW_ARTEFACT_NAMES; i++)
		if (i < s->names_of.n && s->names_of.names[i] == hash)
			return 1;
	s->names_of.names[lw_mask(s->names_of.n, LW_ARTEFACT_NAMES)] = hash;
	s->names_of.n++;
	return 0;
}

__weak int lw_artefact_new(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_task *t = lw_task_of(lw_current());
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;

	if (!s || !tag)
		return 0;
	s->known = (struct lw_artefact_key){ .tag = tag->id,
					     .ino = lw_i_ino(s->f_inode),
					     .dev = lw_s_dev(lw_d_sb(s->f_dentry)),
					     .write = !!(s->q.access & LW_ACC_WRITE) };
	if (lw_artefact_known(s, lw_name_hash(s, LW_STR_NAME)))
		return 0;
	if (s->artefact & LW_ARTEFACT_STRONG)
		__sync_fetch_and_add(&tag->artefacts, 1);
	if (lw_artefact_burst(tag)) {
		lw_count(artefacts_lost);
		return 0;
	}
	bpf_map_update_elem(&lw_artefacts, &s->known, &s->names_of, BPF_ANY);
	return 1;
}
