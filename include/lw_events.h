/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_EVENTS_H
#define LW_EVENTS_H

/*
 * What the kernel sends to user space: one fixed struct for every kind, then the bytes of its
 * strings. Fields that a kind does not use are zero. Not packed; tests/unit checks the layout.
 */

#include "lw_kinds.h"
#include "lw_limits.h"
#include "lw_python.h"
#include "lw_types.h"

/* Flags of an event. */
#define LW_EVF_VIOLATION (1U << 0) /* a rule (or the default) forbids it */
#define LW_EVF_TRUNCATED (1U << 1) /* a string was cut at its limit */
#define LW_EVF_NO_PATH	 (1U << 2) /* the object could not be resolved; PATH is absent */
#define LW_EVF_PATH_IS_NAME \
	(1U << 3) /* PATH comes from the caller's string (failed open, AF_UNIX name) */
#define LW_EVF_BY_INODE	    (1U << 4)  /* the rule was found by inode, not by the reached path */
#define LW_EVF_NO_NAME	    (1U << 5)  /* the caller's string could not be read */
#define LW_EVF_DELETED	    (1U << 6)  /* the file has no name any more */
#define LW_EVF_CREATED	    (1U << 7)  /* this open created the file */
#define LW_EVF_SHARED_FILES (1U << 8)  /* other threads share the file table */
#define LW_EVF_SCRIPT	    (1U << 9)  /* exec: the rule was found by the script's name */
#define LW_EVF_GROUP_DEAD   (1U << 10) /* exit: the last thread */
#define LW_EVF_OBSERVED	    (1U << 11) /* mode observe turned the action into alert */
#define LW_EVF_V4MAPPED	    (1U << 12) /* an IPv4 address inside an IPv6 socket address */
#define LW_EVF_KILL_SENT    (1U << 13) /* SIGKILL was accepted by the kernel */
#define LW_EVF_ENTRY	    (1U << 14) /* judged when the call began: its result is not known */
#define LW_EVF_COMPAT	    (1U << 15) /* through a 32-bit or x32 entry */
#define LW_EVF_TARGET	    (1U << 16) /* the rule was found by TARGET, not by PATH */
#define LW_EVF_FIND_PATH    (1U << 17) /* symlinks may be in PATH: user space follows them */
#define LW_EVF_FIND_TARGET  (1U << 18) /* the same of TARGET */
#define LW_EVF_FOLLOW	    (1U << 19) /* of PATH one at its end too */
#define LW_EVF_UNASKED	    (1U << 20) /* for user space alone: no rule asks for a record */
#define LW_EVF_URING	    (1U << 21) /* submitted through io_uring */
#define LW_EVF_FOLLOW2	    (1U << 24) /* of TARGET one at its end too */

enum lw_str_role {
	LW_STR_PATH = 0, /* resolved object (file, program, AF_UNIX socket) */
	LW_STR_NAME,	 /* what the caller wrote; "@name" is abstract AF_UNIX */
	LW_STR_SCRIPT,	 /* exec: the script behind a shebang, else absent */
	LW_STR_EXE,	 /* the caller's own program, on violations */
	LW_STR_ARGS,	 /* NUL-separated argv: exec and violations */
	LW_STR_TARGET,	 /* the second object: new name, what a link leads to, mount point */
	LW_STR_COUNT,
	LW_STR_TARGET_NAME = LW_STR_SCRIPT, /* changes: what the caller wrote for TARGET */
};

/* What a file that a loader opens says of its model. */
enum lw_artefact {
	LW_ARTEFACT_SEEN = 1 << 0,   /* it may: user space looks */
	LW_ARTEFACT_STRONG = 1 << 1, /* it is part of a model, whatever else is known */
	LW_ARTEFACT_LOAD = 1 << 2,   /* who reads it loads the model */
	LW_ARTEFACT_HUB = 1 << 3,    /* in the cache of a hub: who writes it downloads one */
};

struct lw_str {
	__u16 off; /* from the start of data[] */
	__u16 len; /* bytes, without NUL; 0: absent */
};

struct lw_ev_file {
	__u64 ino;
	__u32 dev;    /* kernel's s_dev: major << 20 | minor */
	__u32 flags;  /* O_* as asked */
	__u32 mode;   /* i_mode of the object */
	__u32 access; /* LW_ACC_* */
	__u64 size;   /* i_size, bytes */
	__s32 fd;
	__u32 nlink;
	__u32 artefact; /* bits of enum lw_artefact: a file that may say which model is loaded */
	__u32 reserved;
};

struct lw_ev_net {
	__u16 family;	/* AF_* */
	__u16 type;	/* SOCK_* */
	__u16 protocol; /* IPPROTO_* */
	__u16 proto;	/* LW_PROTO_* bit */
	__u16 port;	/* peer (connect, send) or own (bind, listen), host order */
	__u16 reserved;
	__s32 fd;
	__u8 addr[16]; /* network order; IPv4 in the first four bytes (also when v4-mapped) */
};

struct lw_ev_proc {
	__u32 child; /* fork: tgid (= pid of the new process or thread group) */
	__u32 child_tid;
	__u64 child_start;
	__s32 exit_code;    /* exit: wait status (code << 8 | signal) */
	__u32 clone_thread; /* fork: 1 when a thread, not a process */
};

/* Calls of lw_calls.def. */
struct lw_ev_call {
	__u64 args[4]; /* as passed; a tracer or another thread may change what they point to */
	__u64 target_start; /* of the process that is acted on, ns since boot; 0: none */
	__u32 target;	    /* its thread group, root pid namespace; 0: none or unknown */
	__u16 op;	    /* number or bits of lw_ops.def */
	__u8 call;	    /* enum lw_call */
	__u8 cond;	    /* LW_COND_* that hold of the target */
};

/* dns.*: a message. NAME: name of its question; TARGET: every struct lw_dns_answer of an answer. */
struct lw_ev_dns {
	struct lw_ev_net net; /* the server */
	__u16 id;
	__u16 type;    /* of the question */
	__u16 flags;   /* second word of the header: rcode in the low four bits */
	__u16 bits;    /* LW_BIT operations of dns.query */
	__u16 answers; /* records that the header of an answer promises */
	__u16 reserved;
};

/* pickle.global. NAME: module; TARGET: its attribute; each a str of the interpreter. */
struct lw_ev_pickle {
	__u8 module_kind; /* LW_PY_ASCII ... */
	__u8 name_kind;
	__u8 reserved[6];
};

struct lw_ev_loader {
	__u8 state;	/* enum lw_tag_state */
	__u8 why;	/* enum lw_why */
	__u16 why_rule; /* rule index of exec rule or evidence, or LW_RULE_NONE */
	__u32 root;	/* tgid that got the tag */
	__u64 root_start;
	__u64 stop_ns; /* loader.end: from kill-loader to the end of the last process */
	__u32 stopped; /* loader.end: processes that kill-loader has ended */
	__u32 reserved;
};

struct lw_ev {
	__u32 size; /* bytes, header and strings */
	__u16 kind; /* enum lw_kind */
	__u16 cpu;
	__u64 ts;     /* ns, CLOCK_BOOTTIME */
	__u64 seq;    /* per CPU and ring, from 1: a hole is a loss */
	__u64 tag;    /* loader id, never 0 */
	__u64 start;  /* of the process, ns since boot; with pid: the entity */
	__u64 pstart; /* of the parent */
	__u64 cgroup; /* id in the v2 hierarchy */
	__u64 cap_effective;
	__u32 pid; /* thread group, root pid namespace */
	__u32 tid;
	__u32 ppid;
	__u32 uid; /* effective uid, init user namespace */
	__u32 gid;
	__u32 ruid;
	__u32 flags;   /* LW_EVF_* */
	__u32 gen;     /* generation of the policy image that judged */
	__s32 error;   /* 0 or -errno of the call */
	__u32 syscall; /* number (native), or ~0U where none */
	__u16 rule;    /* rule index, or LW_RULE_* */
	__u8 action;   /* enum lw_action, as the policy asks */
	__u8 outcome;  /* enum lw_outcome */
	__u8 backend;  /* enum lw_backend */
	__u8 why;      /* enum lw_why of the tag */
	__u8 phase;    /* enum lw_phase */
	__u8 state;    /* enum lw_tag_state */
	__u32 pid_ns;  /* pid as its own pid namespace sees it */
	__u32 profile;
	__u64 root_ino; /* its root directory, on violations */
	__u32 root_dev; /* kernel's s_dev */
	__u32 mnt_ns;	/* its mount namespace, on violations: an inode */
	__u64 py_stack; /* names the frames of the ring lw_stacks; 0: none */
	__u16 py_frames;
	__u8 py_state; /* enum lw_py_state */
	__u8 py_minor; /* of CPython 3.x; 0: not known */
	__u8 reserved[4];
	char comm[16]; /* thread name: any bytes */
	union {
		struct lw_ev_file file;	    /* file.open; process.exec: the program */
		struct lw_ev_net net;	    /* net.* */
		struct lw_ev_proc proc;	    /* process.fork, process.exit */
		struct lw_ev_loader loader; /* loader.* */
		struct lw_ev_call call;	    /* kinds of lw_calls.def but file.open */
		struct lw_ev_dns dns;	    /* dns.* */
		struct lw_ev_pickle pickle; /* pickle.global */
	};
	struct lw_str str[LW_STR_COUNT];
	char data[]; /* strings */
};

LW_STATIC_ASSERT(sizeof(struct lw_ev) % 8 == 0, "data starts aligned");

#endif
