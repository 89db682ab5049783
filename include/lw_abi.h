/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_ABI_H
#define LW_ABI_H

/* Values of maps that both sides of the kernel boundary read and write. */

#include "lw_events.h"
#include "lw_image.h"

/* A loader (or a candidate): the root process and all that descends from it. Map lw_tags. */
struct lw_tag {
	__u64 id;
	__u64 born;	  /* ns, CLOCK_BOOTTIME */
	__u64 root_start; /* start time of the root process */
	__u64 exe_ino;	  /* the root's program, for LW_COND_SAME_EXE */
	__u32 exe_dev;
	__u32 root;	  /* tgid */
	__u32 profile;
	__s32 tasks;	  /* live tasks; the record goes with the last one */
	__u8 state;	  /* enum lw_tag_state */
	__u8 why;
	__u8 phase;
	__u8 doomed;	  /* kill-loader: every task dies at its next hook */
	__u16 why_rule;
	__u8 launched; /* run: the operator's own start of the loader is over */
	__u8 reserved;
};

/* Index of inodes that the policy's paths name. Map lw_inodes. */
struct lw_ino_key {
	__u64 ino;
	__u32 dev; /* kernel's s_dev */
	__u32 gen; /* lw_image_hdr.gen */
};

struct lw_ino_val {
	__u32 state; /* DFA state after the canonical path (a directory: and its '/') */
	__u32 self;  /* 1: the monitor's own: LW_RULE_SELF */
};

struct lw_bloom {
	__u64 bits[LW_BLOOM_BITS / 64];
};

static __always_inline __u32 lw_bloom_hash(__u64 ino, __u32 dev)
{
	__u64 h = (ino ^ ((__u64)dev << 40)) * 0x9e3779b97f4a7c15ULL;

	return h >> 48; /* 16 bits: LW_BLOOM_BITS */
}

/* Settings that user space may change while the programs run. Global variable lw_cfg. */
struct lw_cfg {
	__u32 mode;	   /* enum lw_mode: observe turns every action into alert */
	__u32 tag_by_exec; /* 1: exec rules make candidates and loaders (daemon) */
	__u32 profile;	   /* profile of a loader that nothing else assigns */
	__u32 monitor;	   /* tgid of the daemon: never tagged by exec */
	__u64 next_tag;	   /* id of the next loader */
	__u32 live_tags;   /* candidates and loaders alive */
	__u32 wake_asked;  /* telemetry has asked for a wake-up that the reader has not seen */
};

/* lw_ctl_stat, lw_ctl_match: what the daemon asks, and the answer. Global variable lw_ctl. */
struct lw_ctl {
	__s32 fd; /* of the calling task */
	__u32 kind;
	__u32 access;
	__u32 len;   /* bytes of path[]; lw_ctl_match reads it, lw_ctl_stat writes it */
	__u64 ino;
	__u32 dev;
	__u32 rule;
	__u32 action;
	__s32 error;
	char path[LW_PATH_BUF];
};

/* Per-CPU counters. Map lw_stats. */
struct lw_stats {
	__u64 violation_seq;	/* events submitted or lost, ring of violations */
	__u64 violation_lost;
	__u64 telemetry_seq;
	__u64 telemetry_lost;
	__u64 judged;		/* objects judged for tagged tasks */
	__u64 scratch_busy;	/* no scratch slot: judged as unresolved */
	__u64 storage_failed;	/* a task could not be tagged: kernel memory */
	__u64 tags_full;	/* LW_TAGS_MAX reached */
	__u64 path_too_long;
};

#endif
