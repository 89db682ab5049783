/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_MAPS_BPF_H
#define LW_MAPS_BPF_H

/* Every map. Weak, so that each object may include this and the linker keeps one. */

#include "compat.bpf.h"
#include "lw_dns.h"

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wgnu-variable-sized-type-not-at-end" /* ev.data is data[] */
/* One packet of a socket that asks for names: dns.bpf.c. */
struct lw_dns_run {
	__u64 tag;
	__u64 netns;
	__u32 in;     /* 1: it arrives */
	__u32 stream; /* 1: TCP */
	__u32 at;     /* packet[at .. end) is still to be read */
	__u32 end;
	__u32 off; /* the bytes [off .. limit) of the packet are still to be taken */
	__u32 limit;
	__u32 left;    /* bytes of the datagram behind the message that is being read */
	__u32 segment; /* bytes of each of its messages but the last one; 0: it is one message */
	__u32 foreign; /* the server is none of the policy's */
	__u32 drop;    /* what was read is forbidden */
	__u32 kill;    /* and the process is to die */
	__u32 lost;    /* the rest of the stream cannot be read */
	__u32 own;     /* the current task is the one that sends */
	__u32 n_new;
	__u32 fresh[LW_DNS_ASKED]; /* queries of this packet */
	__u32 asked[LW_DNS_ASKED]; /* of the socket, before */
	struct lw_ev_net server;
	struct lw_dns dns;
	struct lw_addr_name name; /* what goes into lw_names */
	struct lw_ev who;	  /* whose socket it is: an event without its object */
	__u8 packet[LW_DNS_PIECE];
};

/* An open that begins or ends: what the caller asked, all hints but for what the kernel copied. */
struct lw_open_call {
	__u64 name; /* user address; 0: none, or not any more */
	__u64 file; /* where it is fixed: what was opened */
	__u64 flags;
	__s32 dirfd;
	__u32 fixed; /* in a slot of a ring, not behind the descriptor that is returned */
};

/*
 * A walk over the frames of the current thread: python.bpf.c. Each step is a function of its own,
 * so all state is here.
 */
struct lw_py_walk {
	struct lw_py_proc proc;
	__u64 tp;     /* thread pointer */
	__u64 link;   /* address of the pointer to the next interpreter */
	__u64 thread; /* to be looked at; 0: the next interpreter's first */
	__u64 frame;  /* to be looked at; 0: go on with threads */
	__u64 code;
	__u64 stack;
	__u32 threads; /* looked at */
	__u32 frames;  /* sent, or lost */
	__u32 cut;     /* there are more */
	__u32 bad;     /* memory could not be read */
	__u8 frame_copy[LW_PY_FRAME_MAX];
	__u8 code_copy[LW_PY_CODE_MAX];
	struct lw_py_frame out; /* followed by its strings: one ring record */
	char data[LW_PY_DATA];
};

/*
 * Working memory of one program run: the event that may be sent, and the path. One in
 * LW_SCRATCH_SLOTS a CPU, taken by compare-and-swap: some hooks may be preempted on some kernels,
 * so a plain per-CPU value could be overwritten half way.
 */
struct lw_scratch {
	__u32 busy;
	__u32 slot;	   /* its index */
	__u32 used;	   /* bytes of data[] */
	__u32 pos;	   /* path[pos .. LW_PATH_BUF) is the path that was walked */
	__u32 state;	   /* DFA state while a text is read */
	__u32 canon_state; /* DFA state of the inode index, 0: not named */
	__u32 canon_pos;   /* the part of the path below the named directory starts here */
	__u32 gen;
	__u32 dev;
	struct lw_ino_key named; /* what is being looked up */
	__u64 dentry;
	__u64 mnt;
	__u64 root; /* of mnt */
	__u64 sb;   /* dev and overlay are of this super block */
	__u32 overlay;
	__u32 depth;	/* join: components so far */
	__u32 comp;	/* join: where the current component starts */
	__u32 out;	/* join: end of the text */
	__u32 join;	/* join: start of the text in data[] */
	__u32 base;	/* join: end of the place that the name starts from */
	__u32 low;	/* join: how far `..` led back */
	__u32 tall;	/* join: components of that place */
	__u32 floor;	/* join: components that `..` does not take away */
	__u64 f_dentry; /* the file under judgement: lw_file_load() */
	__u64 f_mnt;
	__u64 f_inode;
	__u32 f_flags;
	__u32 f_proc;	   /* on procfs */
	struct lw_query q; /* what the object's rules are tried with */
	__u64 args[6];	   /* of the call that begins */
	__u32 call;	   /* enum lw_call */
	__u32 call_kind;   /* enum lw_kind of it */
	__u32 compat;	   /* LW_COMPAT_*: the entry that it came through */
	__u32 way;	   /* how the call came: LW_EVF_COMPAT, LW_EVF_URING, 0: natively */
	__u32 nr;	   /* native system call, or ~0U */
	__u32 reported;	   /* enum lw_action of what was reported when it began; 0: nothing */
	__u32 call_op;	   /* io_uring: operation of the request */
	__u64 req;	   /* io_uring: the request, kernel address */
	struct lw_open_call open;
	struct lw_states denied; /* lw_denied(): what it was judged by, */
	struct lw_verdict denied_as;
	__u32 denied_gen; /* and by which image */
	__u64 names;	  /* lw_query.names of an address */
	struct lw_dns_run run;
	__u16 stack[LW_JOIN_DEPTH];
	struct lw_py_walk py;
	struct lw_ev ev; /* followed by its strings: one ring record */
	char data[LW_DATA_MAX];
	char path[LW_PATH_BUF + LW_NAME_MAX + 1];
};
#pragma clang diagnostic pop

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lw_task);
} lw_tasks SEC(".maps") __weak;

/*
 * The same by the address of the task_struct, where a kernel does not offer task storage to every
 * type of program: see lw_tasks_hashed. Freed at sched_process_free, before the address can be
 * another task's.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_TASKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct lw_task);
} lw_tasks_addr SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_TAGS_MAX);
	__type(key, __u64);
	__type(value, struct lw_tag);
} lw_tags SEC(".maps") __weak;

/* tgid -> tag of every tagged process: "is that other process one of ours?" */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_TASKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, __u64);
} lw_tgids SEC(".maps") __weak;

/* Numbers of tagged tasks, in each of their pid namespaces: what a caller there means by one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_TASKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lw_pid_key);
	__type(value, __u64);
} lw_pids SEC(".maps") __weak;

struct lw_image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__uint(value_size, sizeof(struct lw_image)); /* clang leaves the type out of inner BTF */
};

/* Profile -> compiled policy. Replacing the inner map is the atomic swap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, LW_PROFILES_MAX);
	__type(key, __u32);
	__array(values, struct lw_image_map);
} lw_images SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_INODES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct lw_ino_key);
	__type(value, struct lw_ino_val);
} lw_inodes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lw_bloom);
} lw_bloom SEC(".maps") __weak;

/* max_entries is set to CPUs * LW_SCRATCH_SLOTS before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LW_SCRATCH_SLOTS);
	__type(key, __u32);
	__type(value, struct lw_scratch);
} lw_scratches SEC(".maps") __weak;

/* Number of a task, root pid namespace -> its open that was denied. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_DENIALS_MAX);
	__type(key, __u32);
	__type(value, struct lw_denial);
} lw_denials SEC(".maps") __weak;

/*
 * Kernel address of a request to io_uring, or of the socket of one -> enum lw_action of what has
 * been reported of it: news at its end is only what is worse. And of a ring: its slots are in use.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LW_REPORTED_MAX);
	__type(key, __u64);
	__type(value, __u32);
} lw_reported SEC(".maps") __weak;
/* A socket by which a loader asks for names. It goes with the socket. */
struct lw_dns_sock {
	__u64 tag;
	__u64 netns; /* cookie */
	__u32 n_asked;
	__u32 asked[LW_DNS_ASKED]; /* lw_dns_key() of the latest queries */
	struct lw_ev who;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lw_dns_sock);
} lw_dns_socks SEC(".maps") __weak;

/* The two directions of such a socket when it is TCP. */
struct lw_dns_stream {
	__u32 next;  /* sequence number of the next byte */
	__u8 synced; /* 1: since the connection began, no byte was missed */
	__u8 lost;   /* 1: some was, or it is no stream of messages */
	__u8 shut;   /* 1: nothing more goes out */
	__u8 reserved;
	__u32 busy; /* another CPU reads it */
	struct lw_dns dns;
};

struct lw_dns_streams {
	struct lw_dns_stream out, in;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lw_dns_streams);
} lw_dns_tcp SEC(".maps") __weak;

/* Names that a loader has asked for in this minute: about how many different ones. */
struct lw_dns_rate {
	__u64 minute; /* since boot */
	__u64 seen[8];
	__u64 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LW_DNS_LOADERS);
	__type(key, __u64);
	__type(value, struct lw_dns_rate);
} lw_dns_rates SEC(".maps") __weak;

/* Addresses that rules with `domain` cover, since an answer has named them. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LW_NAMES_MAX);
	__type(key, struct lw_addr_key);
	__type(value, struct lw_addr_name);
} lw_names SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_RESOLVERS_MAX);
	__type(key, struct lw_resolver_key);
	__type(value, __u8);
} lw_resolvers SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lw_stats);
} lw_stats SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LW_RING_VIOLATION);
} lw_violations SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LW_RING_TELEMETRY);
} lw_telemetry SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LW_RING_STACKS);
} lw_stacks SEC(".maps") __weak;

/* Files that hold an interpreter, as user space has read them; and files that do not. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LW_PY_FILES);
	__type(key, struct lw_py_key);
	__type(value, struct lw_py_file);
} lw_py_files SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LW_PY_OTHERS);
	__type(key, struct lw_py_key);
	__type(value, __u8);
} lw_py_others SEC(".maps") __weak;

/* Thread group -> its interpreter: of tasks with a tag. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LW_PY_PROCS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct lw_py_proc);
} lw_py_procs SEC(".maps") __weak;

/* Files that a process has mapped, and user space has not read yet. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, LW_RING_NEWS);
} lw_py_news SEC(".maps") __weak;

#endif
