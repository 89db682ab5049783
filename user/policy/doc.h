/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_DOC_H
#define LW_POLICY_DOC_H

/*
 * A policy between text and image: what the file says, checked and with names made numbers, in file
 * order. Everything lies in one arena. Pointers (struct lw_ptr) are kept so that what the compiler
 * finds later still has its place in the file.
 */

#include "policy/arena.h"
#include "policy/json.h"
#include "policy/policy.h"

#define LW_NO_SRC 0xffffffffU

/* Kinds whose objects have a path, an IP address, or neither. */
#define LW_ON_UNIX \
	(LW_ON(LW_NET_CONNECT) | LW_ON(LW_NET_SEND) | LW_ON(LW_NET_BIND) | LW_ON(LW_NET_LISTEN))
#define LW_ON_IP  LW_ON_UNIX
#define LW_ON_NET (LW_ON_IP | LW_ON(LW_NET_SOCKET))
#define LW_ON_TAG (LW_ON(LW_TAG_EXEC) | LW_ON(LW_TAG_EVIDENCE) | LW_ON(LW_TAG_ARTEFACT))
/* Two names each, or what a descriptor leads to. */
#define LW_ON_CHANGE \
	(LW_ON(LW_FILE_UNLINK) | LW_ON(LW_FILE_RENAME) | LW_ON(LW_FILE_LINK) | \
	 LW_ON(LW_FILE_SYMLINK) | LW_ON(LW_FILE_MKNOD) | LW_ON(LW_FILE_TRUNCATE) | \
	 LW_ON(LW_FILE_CHMOD) | LW_ON(LW_FILE_CHOWN) | LW_ON(LW_FILE_SETXATTR))
/* What has no name, but for mounts, swap files and modules: those have a place. */
#define LW_ON_PLACE \
	(LW_ON(LW_MEMORY_EXEC) | LW_ON(LW_NAMESPACE_ROOT) | LW_ON(LW_MOUNT_ATTACH) | \
	 LW_ON(LW_MOUNT_DETACH) | LW_ON(LW_CGROUP_MOVE) | LW_ON(LW_KERNEL_MODULE) | \
	 LW_ON(LW_KERNEL_KEXEC) | LW_ON(LW_KERNEL_ADMIN))
#define LW_ON_OTHER_PROC \
	(LW_ON(LW_PROCESS_PTRACE) | LW_ON(LW_PROCESS_MEMORY) | LW_ON(LW_PROCESS_PIDFD) | \
	 LW_ON(LW_PROCESS_SIGNAL))
#define LW_ON_PLAIN \
	(LW_ON_OTHER_PROC | LW_ON(LW_MEMORY_MEMFD) | LW_ON(LW_PROCESS_PRCTL) | \
	 LW_ON(LW_CRED_SETID) | LW_ON(LW_CRED_CAPSET) | LW_ON(LW_CRED_KEYRING) | \
	 LW_ON(LW_NAMESPACE_CREATE) | LW_ON(LW_NAMESPACE_ENTER) | LW_ON(LW_KERNEL_BPF) | \
	 LW_ON(LW_KERNEL_PERF) | LW_ON(LW_KERNEL_USERFAULTFD) | LW_ON(LW_KERNEL_REBOOT) | \
	 LW_ON(LW_IO_URING_SETUP) | LW_ON(LW_IO_URING_OP) | LW_ON(LW_SYSCALL_COMPAT) | \
	 LW_ON(LW_DNS_QUERY))
/* Connections to a host that a rule may name, and the question for its name. */
#define LW_ON_REACH (LW_ON(LW_NET_CONNECT) | LW_ON(LW_NET_SEND))
#define LW_ON_HOST  (LW_ON_REACH | LW_ON(LW_DNS_QUERY))
#define LW_ON_PATH \
	(LW_ON(LW_FILE_OPEN) | LW_ON(LW_PROCESS_EXEC) | LW_ON_UNIX | LW_ON_TAG | LW_ON_CHANGE | \
	 LW_ON_PLACE)
/* Kinds with objects that have no name (a socket, a process, memory), or an unreadable one. */
#define LW_ON_UNNAMED (LW_ON_NET | LW_ON_PLAIN | LW_ON_PLACE | LW_ON_CHANGE)
#define LW_ON_JUDGED  (LW_ON_PATH | LW_ON_NET | LW_ON_PLAIN)

struct lw_glob {
	const char *text; /* as written */
	const struct lw_ptr *ptr;
	__u32 src;
	bool except;
	bool domain; /* it is about names of hosts */
};

struct lw_cidr {
	__u8 addr[16]; /* network order, host bits zero */
	__u8 bits;
	bool v6;
	bool except;
	__u32 src;
};

struct lw_ports {
	__u16 lo, hi;
};

/* The `model` of a rule. */
struct lw_model_cond {
	__u32 formats; /* bit per enum lw_format; 0: any */
	__u32 hubs;    /* bit per enum lw_hub; 0: any */
	__s32 pinned;  /* 1, 0; -1: either */
	__u32 repo;    /* 1: some glob of lw_doc.repos */
};

/* One rule of the file, or one pseudo rule of a loader. */
struct lw_src {
	const char *id;
	const char *reason;
	const struct lw_ptr *ptr;
	struct lw_rule rule; /* without action, severity, ports and record */
	enum lw_action action;
	enum lw_severity severity;
	struct lw_ports *ports; /* ports, or LW_OP operations */
	size_t n_ports;
	int record; /* -1: by kind */
	bool has_path, has_cidr, has_ports, has_domain;
	bool except_path, except_cidr, except_domain;
	bool has_model;
	struct lw_model_cond model;
	bool pseudo;  /* of a loader */
	bool builtin; /* of the monitor: not in the file */
	bool broken;  /* has an error: neither compiled nor compared with others */
	__u32 first_row, n_rows;
	/* Filled in by the compiler, for the report on rules that never decide. */
	__u64 alive;  /* kinds for which it is first on some object */
	__u64 named;  /* kinds for which it is first on the addresses of some name */
	__u32 shadow; /* a rule that comes before it, or LW_NO_SRC */
	bool seen;    /* some object matches it */
};

struct lw_default {
	enum lw_action action;
	int record; /* -1: by kind */
};

enum {
	LW_DEFAULT_NONE,
	LW_DEFAULT_FILE,
	LW_DEFAULT_NET,
	LW_DEFAULT_EXEC,
	LW_DEFAULT_SYSTEM,
	LW_DEFAULT_COUNT
};

struct lw_doc {
	struct lw_arena arena;
	const char *text;
	size_t len;
	struct lw_report *report;
	int err; /* -ENOMEM: sticky */
	const char *name;
	enum lw_mode mode;
	__u64 record; /* kinds */
	struct lw_default dflt[LW_DEFAULT_COUNT];
	const char **homes; /* globs */
	size_t n_homes, cap_homes;
	bool homes_cut;
	struct lw_src *src;
	size_t n_src, cap_src;
	struct lw_glob *globs;
	size_t n_globs, cap_globs;
	struct lw_glob *repos; /* of rules' models */
	size_t n_repos, cap_repos;
	struct lw_cidr *cidrs;
	size_t n_cidrs, cap_cidrs;
	struct lw_resolver_key *resolvers;
	size_t n_resolvers, cap_resolvers;
	bool resolvers_given, resolvers_system;
};

/* report.c */
#define LW_PROBLEMS_MAX 200U /* reported; a hostile file must not make the report itself a flood */

__attribute__((format(printf, 5, 6))) void lw_problem(struct lw_doc *doc,
						      enum lw_problem_level level,
						      const struct lw_ptr *ptr, const char *hint,
						      const char *fmt, ...);
/* The same, at the key of the value. */
__attribute__((format(printf, 5, 6))) void lw_problem_key(struct lw_doc *doc,
							  enum lw_problem_level level,
							  const struct lw_ptr *ptr,
							  const char *hint, const char *fmt, ...);
void lw_problem_at(struct lw_doc *doc, size_t at, const char *message);
void lw_report_sort(struct lw_report *report);
/* A formatted hint that lives as long as @doc; NULL when there is no memory. */
__attribute__((format(printf, 2, 3))) const char *lw_hint(struct lw_doc *doc, const char *fmt, ...);
/* The candidate nearest to @word, or NULL when none is near. */
const char *lw_nearest(const char *word, const char *const *names, size_t n);

#define lw_doc_error(doc, ptr, h, ...) lw_problem(doc, LW_PROBLEM_ERROR, ptr, h, __VA_ARGS__)
#define lw_doc_warn(doc, ptr, h, ...)  lw_problem(doc, LW_PROBLEM_WARNING, ptr, h, __VA_ARGS__)

/* Room for one more element of an array in @doc; NULL after -ENOMEM. */
void *lw_grow(struct lw_doc *doc, void **array, size_t *n, size_t *cap, size_t size);
/* A copy that lives as long as @doc. */
const struct lw_ptr *lw_ptr_keep(struct lw_doc *doc, const struct lw_ptr *ptr);
char *lw_keep(struct lw_doc *doc, const char *s);

/* kinds.c */
int lw_kind_default(unsigned int kind); /* LW_DEFAULT_* */
/* The kinds that a dotted name or a pattern ("net.*", "*") stands for; 0: none. */
__u64 lw_kind_mask(const char *pattern);
const char *lw_kind_nearest(const char *word);

/* homes.c */
int lw_homes_find(struct lw_doc *doc, const struct lw_policy_env *env);

/* parse.c: text -> doc. Return: 0 also when problems were reported; -ENOMEM. */
int lw_doc_parse(struct lw_doc *doc, const struct lw_policy_self *self);

/* expand.c: @fn for each glob without braces; for the glob itself when there are more than @max. */
void lw_glob_expand(const char *glob, size_t max, void (*fn)(const char *glob, void *arg),
		    void *arg);
/* The literal start of a glob, unescaped, into @buf of LW_GLOB_MAX + 1 bytes. Return: it is all. */
bool lw_glob_literal(const char *glob, char *buf);

/* symlink.c: warns of globs that the kernel, which sees resolved paths, would never match. */
void lw_symlink_check(struct lw_doc *doc);

#endif
