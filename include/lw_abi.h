/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_ABI_H
#define LW_ABI_H

/* Values of maps that both sides of the kernel boundary read and write. */

/*
 * A daemon takes over maps that an earlier one has pinned only where this number and the layout of
 * all their values are the same. It grows when a value means something else in the same layout.
 */
#define LW_ABI_VERSION 2U

#include "lw_events.h"
#include "lw_image.h"

/* A loader (or a candidate): the root process and all that descends from it. Map lw_tags. */
struct lw_tag {
	__u64 id;
	__u64 born;	  /* ns, CLOCK_BOOTTIME */
	__u64 root_start; /* start time of the root process */
	__u64 exe_ino;	  /* the root's program, for LW_COND_SAME_EXE */
	__u32 exe_dev;
	__u32 root; /* tgid */
	__u32 profile;
	__s32 tasks; /* live tasks; the record goes with the last one */
	__u8 state;  /* enum lw_tag_state */
	__u8 why;
	__u8 phase;
	__u8 doomed; /* kill-loader: every task dies at its next hook */
	__u16 why_rule;
	__u8 launched; /* run: the operator's own start of the loader is over */
	__u8 reserved;
	__u32 stopped; /* kill-loader: processes that have ended since */
	__u32 reserved2;
	__u64 doomed_at; /* ns, CLOCK_BOOTTIME */
};

/* What is known of one object when its rule list is tried. */
struct lw_query {
	__u32 kind;   /* enum lw_kind */
	__u16 access; /* LW_ACC_* of the call, or LW_BIT operations; 0 where it has none */
	__u16 proto;  /* one LW_PROTO_* bit; 0 where it has none */
	__u16 cond;   /* LW_COND_* that hold */
	__u16 port;   /* host order, or LW_OP operation */
	__u8 phase;   /* enum lw_phase */
	__u64 names;  /* bits of the `domain` rules that its name, or an address's names, satisfy */
};

/* A rule and the action it asks for; rule may be LW_RULE_NONE (then the default's action). */
struct lw_verdict {
	__u16 rule;
	__u8 action; /* enum lw_action */
	__u8 record; /* 1: write a record even when allowed */
};

/* Whose a task is, and what it does between entry and exit of one system call. Map lw_tasks. */
struct lw_task {
	__u64 tag;     /* 0: none */
	__u64 uptr;    /* user address of a name or sockaddr */
	__u64 how;     /* open flags, or sockaddr length */
	__s32 fd;      /* dirfd or socket */
	__u16 kind;    /* enum lw_kind of the call that is under way + 1; 0: none */
	__u8 kill;     /* SIGKILL at the next exit */
	__u8 net_seen; /* a cgroup hook has seen this call's address; 2: and has reported it */
	struct lw_ev_net net;
	struct lw_verdict verdict;
	__u64 was;  /* the tag that it had until its end: its numbers are taken till it is reaped */
	__u8 dying; /* its parent was killed for making it: so is it, at its first hook */
	__u8 deny; /* LW_CALL_* of the call under way that is to fail at its first security check */
	__u8 swapped; /* the first of two questions about one exchange was passed over */
	__u8 reserved;
	__u32 compat;	/* generation of the policy under which a compat entry was reported */
	__u64 py_stack; /* lw_ev.py_stack and so on, of the exec that is under way */
	__u16 py_frames;
	__u8 py_state; /* LW_PY_NONE: no exec is */
	__u8 py_minor;
	__u32 reserved2;
};

/* A task's number in one pid namespace. Map lw_pids. */
struct lw_pid_key {
	__u32 ns; /* its inode */
	__u32 nr;
};

/* Index of inodes that the policy's paths name. Map lw_inodes. */
struct lw_ino_key {
	__u64 ino;
	__u32 dev; /* kernel's s_dev */
	__u32 gen; /* lw_image_hdr.gen */
};

struct lw_ino_val {
	__u32 state;	  /* DFA state after the canonical path (a directory: and its '/') */
	__u32 generation; /* of the inode: one with the number of a file that has gone differs */
	__u32 round;	  /* of the look at the policy's paths that has found it */
	__u32 reserved;
};

struct lw_bloom {
	__u64 bits[LW_BLOOM_BITS / 64];
};

static __always_inline __u32 lw_bloom_hash(__u64 ino, __u32 dev)
{
	__u64 h = (ino ^ ((__u64)dev << 40)) * 0x9e3779b97f4a7c15ULL;

	return h >> 48; /* 16 bits: LW_BLOOM_BITS */
}

/* An address that an answer has named. Map lw_names. */
struct lw_addr_key {
	__u64 tag;   /* of the loader that asked */
	__u64 netns; /* cookie: elsewhere the same address is another host */
	__u8 addr[16];
	__u32 v6;
	__u32 reserved;
};

struct lw_addr_name {
	__u64 mask; /* lw_query.names */
	__u32 gen;  /* lw_image_hdr.gen of the policy that made the mask */
	__u32 len;
	char name[256]; /* the latest that a rule names: a new policy judges it anew */
};

/* A server whose answers count. Map lw_resolvers. */
struct lw_resolver_key {
	__u8 addr[16];
	__u32 v6;
};

/* Settings that user space may change while the programs run. Global variable lw_cfg. */
struct lw_cfg {
	__u32 mode;	   /* enum lw_mode: observe turns every action into alert */
	__u32 tag_by_exec; /* 1: exec rules make candidates and loaders (daemon) */
	__u32 profile;	   /* profile of a loader that nothing else assigns */
	__u32 monitor;	   /* tgid of the daemon: never tagged by exec; LW_NO_MONITOR */
	__u64 next_tag;	   /* id of the next loader */
	__u32 live_tags;   /* candidates and loaders alive */
	__u32 wake_asked;  /* telemetry has asked for a wake-up that the reader has not seen */
	__u32 compat_exit; /* 1: the end of 32-bit and x32 calls is seen: lw_sys_exit is attached */
	__u32 dns;	   /* 1: the policy needs to see names (group DNS of lw_hooks.def) */
	__u64 deny_kinds;  /* LW_ON() of what group DENY of lw_hooks.def judges as an object */
	__u32 deny_calls;  /* 1: group CHECK carries out what was decided when a call began */
	__u32 deny_by;	   /* enum lw_backend of both */
	__u64 epoch; /* of the programs in force: lw_epoch; others that are attached are still */
	__u64 blind_since; /* ns, CLOCK_BOOTTIME: the daemon has ended; 0: it lives */
};

/* lw_tgids: with the id of the loader, of a process that has ended; its parent may still see it. */
#define LW_ENDED (1ULL << 63)

#define LW_NO_MONITOR (~0U) /* lw_cfg.monitor: it has ended, and its pid is anybody's */

/* lw_ctl_*: what the daemon asks, and the answer. Global variable lw_ctl. */
struct lw_ctl {
	__s32 fd; /* of the calling task */
	__u32 kind;
	__u32 access;
	__u32 len; /* bytes of path[]; lw_ctl_match reads it, lw_ctl_stat writes it */
	__u64 ino;
	__u32 dev;
	__u32 generation;
	__u32 rule;
	__u32 action;
	__s32 error;
	__u32 reserved;
	__u64 tag; /* lw_ctl_promote: a candidate of which user space has evidence */
	char path[LW_PATH_BUF];
};

/*
 * lw_ctl_name: the verdict on a name in an open directory, or on what a descriptor leads to. Global
 * variable lw_ask, of one thread of the daemon.
 */
struct lw_ask {
	struct lw_query q;
	__s32 fd; /* of the calling task */
	__u32 profile;
	__u32 len; /* bytes of path[]: the name, 0 for the object itself; the answer: its path */
	__u32 gen; /* of the image that judged */
	struct lw_verdict verdict;
	__s32 error;
	char path[LW_PATH_BUF];
};

/* States of the automaton that judge one file: of its path, and of a name that the policy knows. */
struct lw_states {
	__u32 path;
	__u32 inode; /* 0: none */
};

/*
 * An open that has been denied by fanotify. The call's end takes it and reports; what no call's end
 * has taken the daemon reports. Map lw_denials, by the number of the task.
 */
struct lw_denial {
	__u64 ts;  /* ns, CLOCK_BOOTTIME */
	__u64 tag; /* loader */
	__u64 ino;
	__u64 size;
	__u32 dev;
	__u32 mode;
	__u32 nlink;
	__u32 kind;  /* enum lw_kind */
	__u32 gen;   /* of the image that judged */
	__u32 flags; /* LW_EVF_DELETED */
	__u32 tid;
	__u32 len; /* bytes of path[] */
	struct lw_states states;
	struct lw_verdict verdict; /* the mildest: how the file is to be used is not known yet */
	__u32 reserved;
	char path[LW_PATH_BUF];
};

/*
 * lw_ctl_open: an open that waits for an answer. Global variable lw_asked, of the thread that
 * answers.
 */
struct lw_asked {
	__s32 fd;    /* of the calling task: the file */
	__u32 tid;   /* who opens it, root pid namespace */
	__u32 tgid;  /* 0: not known, tid is a process or a thread that has been seen */
	__u32 kind;  /* LW_FILE_OPEN or LW_PROCESS_EXEC */
	__u32 deny;  /* the answer: 1: deny it; it is in lw_denials then */
	__s32 error; /* -3 (ESRCH): no task of a loader has that number */
	struct lw_denial denial;
};

/* Per-CPU counters. Map lw_stats. */
struct lw_stats {
	__u64 violation_seq; /* events submitted or lost, ring of violations */
	__u64 violation_lost;
	__u64 telemetry_seq;
	__u64 telemetry_lost;
	__u64 scratch_busy;   /* no scratch slot: judged as unresolved */
	__u64 storage_failed; /* a task could not be tagged: kernel memory */
	__u64 tags_full;      /* LW_TAGS_MAX reached */
	__u64 path_too_long;
	__u64 dns_unseen;  /* a socket for names that could not be watched: the call was denied */
	__u64 stack_seq;   /* Python stacks that were walked */
	__u64 frames_lost; /* ring of stacks */
	__u64 news_lost;   /* ring of files that may hold an interpreter */
};

#endif
