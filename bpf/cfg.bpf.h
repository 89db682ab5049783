/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_CFG_BPF_H
#define LW_CFG_BPF_H

#include "maps.bpf.h"

/* Knobs. lw_cfg may change at run time; the rest is constant after load. */

struct lw_cfg lw_cfg __weak;
struct lw_ctl lw_ctl __weak;

/*
 * When these programs were loaded. Two sets of them are attached while a daemon takes over what an
 * earlier one has pinned; the set that lw_cfg.epoch names is in force, so the change is one store:
 * no hook is missing for a moment, and no effect is judged by both.
 */
const volatile __u64 lw_epoch __weak;

static __always_inline int lw_in_force(void)
{
	return lw_cfg.epoch == lw_epoch;
}

/* 1: tasks are kept in lw_tasks_addr, not in lw_tasks. Chosen by what the kernel takes. */
const volatile __u32 lw_tasks_hashed __weak = 0;

/*
 * Bytes from the start of struct task_exec_state to its `dumpable`, 0 where the kernel has none. By
 * user space: for a type that is not there libbpf searches all modules, which needs CAP_SYS_ADMIN.
 */
const volatile __u32 lw_dumpable_offset __weak = 0;

static __always_inline struct lw_stats *lw_stats_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&lw_stats, &zero);
}

#define lw_count(field) \
	do { \
		struct lw_stats *_st = lw_stats_get(); \
		if (_st) \
			__sync_fetch_and_add(&_st->field, 1); \
	} while (0)

#endif
