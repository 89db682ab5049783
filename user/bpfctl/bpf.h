/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BPFCTL_BPF_H
#define LW_BPFCTL_BPF_H

/*
 * The kernel side, as user space sees it: load, attach, install a policy, tag a process, read the
 * rings. Without pins the kernel drops every program and map when the process ends.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lw_match.h"

struct lw_bpf;

/* Why a step failed, in one line that a person can act on. */
struct lw_bpf_error {
	char text[512];
};

#define LW_GROUPS_ALL (~0U)

/**
 * lw_bpf_new() - open and load the programs. Needs CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and BTF.
 * @groups: as of lw_bpf_want(), of all policies to come: what only other groups need is not loaded,
 *	which the verifier takes half of the time for
 */
int lw_bpf_new(unsigned int groups, struct lw_bpf **ret_bpf, struct lw_bpf_error *ret_error);

struct lw_pins;

/**
 * lw_bpf_new_pinned() - the same, with maps and hooks that outlive the process.
 * @pins: of lw_pins_open(), owned by the result, also on an error
 *
 * Where there is something to take over, the programs get the maps that are pinned. Programs that
 * are attached do nothing until lw_bpf_activate().
 */
int lw_bpf_new_pinned(struct lw_pins *pins, unsigned int groups, struct lw_bpf **ret_bpf,
		      struct lw_bpf_error *ret_error);

/**
 * lw_bpf_activate() - these programs are in force, and no others that are pinned.
 *
 * In one step: those before judge up to it. Their hooks then go, in the kernel's own time.
 */
int lw_bpf_activate(struct lw_bpf *bpf, struct lw_bpf_error *ret_error);

/** lw_bpf_pins() - the state that a successor finds; NULL when nothing is pinned. */
struct lw_pin_state *lw_bpf_pins(struct lw_bpf *bpf);

/** lw_bpf_unpinned() - attached hooks that this kernel cannot pin (perf links: 5.15). */
int lw_bpf_unpinned(const struct lw_bpf *bpf);

/** lw_bpf_leave() - free, and leave everything that is pinned in force. */
void lw_bpf_leave(struct lw_bpf *bpf);

/** lw_bpf_free() - detach; what was pinned goes, unless an earlier set of programs is in force. */
void lw_bpf_free(struct lw_bpf *bpf);

/**
 * lw_bpf_free_later() - free in a child process, so that the caller does not wait.
 *
 * Closing one system call tracepoint takes the kernel 60-100 ms (it waits for all CPUs), and there
 * are 28. The child holds the last references and exits when they are gone.
 */
void lw_bpf_free_later(struct lw_bpf *bpf);

/** lw_bpf_settings() - the knobs that may be changed at any time (shared memory). */
struct lw_cfg *lw_bpf_settings(struct lw_bpf *bpf);

/** lw_bpf_attach_core() - sched and cgroup hooks, which cost untagged tasks nothing. */
int lw_bpf_attach_core(struct lw_bpf *bpf, struct lw_bpf_error *ret_error);

/* Groups of lw_hooks.def. */
enum lw_hook_group {
	LW_GROUP_CORE,
	LW_GROUP_HOT,
	LW_GROUP_CTL,
	LW_GROUP_OPT,
	LW_GROUP_CALLS,
	LW_GROUP_ENTRY,
	LW_GROUP_RING,
	LW_GROUP_COMPAT,
	LW_GROUP_DNS,
	LW_GROUP_DENY,
	LW_GROUP_CHECK,
	LW_GROUP_AUDIT,
	LW_GROUP_COUNT,
};

/**
 * lw_bpf_want() - which hooks the policy needs while a loader lives, besides those that it always
 * needs.
 * @groups: bits 1U << enum lw_hook_group, of those that depend on the policy
 *
 * Takes effect with the next lw_bpf_attach_hot() and lw_bpf_detach_hot_one().
 */
void lw_bpf_want(struct lw_bpf *bpf, unsigned int groups);

/** lw_bpf_attach_hot() - the system call hooks; some milliseconds. Does what is missing. */
int lw_bpf_attach_hot(struct lw_bpf *bpf, struct lw_bpf_error *ret_error);

/**
 * lw_bpf_detach_hot_one() - take one system call hook away.
 * @all: any of them; else only one that is not wanted any more
 *
 * One at a time, since each takes up to 100 ms in which the caller cannot attach for a new loader.
 *
 * Return: the number that is still attached and should go.
 */
int lw_bpf_detach_hot_one(struct lw_bpf *bpf, bool all);

/**
 * lw_bpf_deny_by() - backend of the security hooks, which deny an effect before it happens.
 *
 * Return: LW_BE_LSM, LW_BE_FMOD_RET, or LW_BE_NONE where this kernel runs neither.
 */
enum lw_backend lw_bpf_deny_by(const struct lw_bpf *bpf);

#define LW_PICKLE_FILES 16 /* interpreters whose unpickling is watched */

/**
 * lw_bpf_pickle() - from now on, report what loaders unpickle that run this interpreter's file.
 * @file: path of it
 * @offset: of PySys_Audit, bytes in the file
 *
 * Python calls that function for each event of its audit hooks, in all processes that run the file.
 * The uprobe ends with lw_bpf_free(), and is never pinned.
 * Needs LW_GROUP_AUDIT. Of one thread alone.
 *
 * Return: 0; -ENOSPC: more than LW_PICKLE_FILES; or -errno.
 */
int lw_bpf_pickle(struct lw_bpf *bpf, const char *file, __u64 offset);

/** lw_bpf_hot() - number of wanted system call hooks attached; lw_bpf_hot_all(): of how many. */
int lw_bpf_hot(const struct lw_bpf *bpf);
int lw_bpf_hot_all(const struct lw_bpf *bpf);

/* One row of lw_hooks.def and whether it lives. */
struct lw_hook_state {
	const char *program;
	const char *event; /* dotted kind */
	const char *where;
	const char *group;
	enum lw_hook_group group_id;
	int backend; /* enum lw_backend */
	int kind;
	bool attached;
	bool missing;	   /* the kernel has no such place; why_not says so */
	bool wanted;	   /* now, by the policy; HOT hooks: while a loader lives */
	char why_not[128]; /* "" while attached, or not needed now */
};

/** lw_bpf_hooks() - the state of each hook; @ret_n rows, owned by @bpf. */
const struct lw_hook_state *lw_bpf_hooks(const struct lw_bpf *bpf, size_t *ret_n);

/**
 * lw_bpf_install() - make a compiled policy the one of a profile.
 * @gen: generation of the image; the inode index of the same generation should be filled first
 *
 * The new inner map replaces the old one in one step: a hook sees one of the two.
 */
int lw_bpf_install(struct lw_bpf *bpf, __u32 profile, const struct lw_image *image);

/**
 * lw_bpf_index_begin() - look at the policy's paths anew.
 *
 * What an earlier look has put into the index stays until lw_bpf_index_drop().
 */
void lw_bpf_index_begin(struct lw_bpf *bpf);

/**
 * lw_bpf_index_add() - put the object behind a path into the inode index.
 * @path: followed through symlinks
 * @state: DFA state after the path, as the policy names it
 *
 * Device and inode are those that the kernel's hooks will see (stat may differ, e.g. on overlayfs).
 */
int lw_bpf_index_add(struct lw_bpf *bpf, const char *path, __u32 gen, __u32 state);

/** lw_bpf_index_commit() - let the hooks see what was added since. */
int lw_bpf_index_commit(struct lw_bpf *bpf);

/** lw_bpf_index_drop() - forget all generations but @keep, and what the last look did not find. */
int lw_bpf_index_drop(struct lw_bpf *bpf, __u32 keep);

/** lw_bpf_resolvers() - the name servers whose answers count, in place of those before. */
int lw_bpf_resolvers(struct lw_bpf *bpf, const struct lw_resolver_key *keys, size_t n);

/**
 * lw_bpf_tag() - make a process a loader.
 * @pid: a process of one thread that waits for this (the child of `run` before its exec)
 * @why: enum lw_why
 * @ret_tag: its id
 */
int lw_bpf_tag(struct lw_bpf *bpf, pid_t pid, int why, __u64 *ret_tag);

/** lw_bpf_seed() - tag candidates among the tasks that already run, by the policy's exec rules. */
int lw_bpf_seed(struct lw_bpf *bpf);

/** lw_start_of() - when a process began, ns since boot, to the clock tick. 0: there is none. */
__u64 lw_start_of(pid_t pid);

/** lw_start_code_of() - address at which a process's program begins. 0: there is none. */
__u64 lw_start_code_of(pid_t pid);

/** lw_bpf_tag_get() - the record of a loader. -ENOENT when it has ended. */
int lw_bpf_tag_get(struct lw_bpf *bpf, __u64 id, struct lw_tag *ret_tag);

/**
 * lw_bpf_launched() - judge the very first exec of a loader that lw_bpf_tag() has made too.
 *
 * Only while its process waits: the record is written back as a whole.
 */
int lw_bpf_launched(struct lw_bpf *bpf, __u64 id);

/** lw_bpf_promote() - a candidate becomes a loader, by evidence that no hook has seen. */
int lw_bpf_promote(struct lw_bpf *bpf, __u64 id, __u32 rule);

/* What is known of a loader's models. */
struct lw_bpf_models {
	__u64 satisfied, unsure; /* lw_query.models, .unsure */
	__u32 gen;		 /* of the policy whose rules they are of */
	__u32 artefacts;	 /* strong ones that have been taken into account */
};

/** lw_bpf_models() - rules with `model` judge loader @id by this. -ENOENT when it has ended. */
int lw_bpf_models(struct lw_bpf *bpf, __u64 id, const struct lw_bpf_models *models);

/** lw_bpf_each_tag() - call @fn for every candidate and loader alive. */
int lw_bpf_each_tag(struct lw_bpf *bpf, int (*fn)(const struct lw_tag *tag, void *arg), void *arg);

/** lw_bpf_tag_of_pid() - id of the loader that a process belongs to, 0 for none. */
__u64 lw_bpf_tag_of_pid(struct lw_bpf *bpf, pid_t pid);

/** lw_bpf_each_pid() - call @fn for every process of loader @id. */
int lw_bpf_each_pid(struct lw_bpf *bpf, __u64 id, int (*fn)(pid_t pid, void *arg), void *arg);

/** lw_bpf_stats() - counters; @stats has room for lw_bpf_cpus() entries, one per CPU. */
int lw_bpf_stats(struct lw_bpf *bpf, struct lw_stats *stats);
int lw_bpf_cpus(void);

/* Rings. @fn gets one event; a negative return ends this read early. */
typedef int (*lw_event_fn)(void *arg, void *data, size_t len);

struct lw_ring;

enum lw_ring_id {
	LW_RING_ID_VIOLATION,
	LW_RING_ID_TELEMETRY,
	LW_RING_ID_STACKS, /* struct lw_py_frame: to be read before an event that names a stack */
	LW_RING_ID_NEWS,   /* struct lw_py_news */
};

int lw_ring_open(struct lw_bpf *bpf, enum lw_ring_id id, lw_event_fn fn, void *arg,
		 struct lw_ring **ret_ring);
void lw_ring_close(struct lw_ring *ring);
int lw_ring_fd(const struct lw_ring *ring);

/** lw_ring_read() - hand over what waits. Return: number of events, or what @fn returned < 0. */
int lw_ring_read(struct lw_ring *ring);

/**
 * lw_bpf_match() - ask the kernel's copy of the matcher, for tests and `doctor`.
 * @ret_rule, @ret_action: its verdict on @path as text
 */
int lw_bpf_match(struct lw_bpf *bpf, __u32 kind, __u32 access, const char *path, size_t len,
		 __u32 *ret_rule, __u32 *ret_action);

/**
 * lw_bpf_judge() - the verdict on a name in an open directory, by the kernel's own way to it.
 * @ask: query, descriptor and name (a single component); gets verdict and path
 *
 * One thread at a time. Return: 0 or -errno.
 */
int lw_bpf_judge(struct lw_bpf *bpf, struct lw_ask *ask);

/**
 * lw_bpf_may_open() - whether a task that waits for an answer may open a file.
 * @fd: the file
 * @tid: who opens it; @tgid: its process, 0: not known
 * @kind: LW_FILE_OPEN or LW_PROCESS_EXEC
 *
 * Of one thread alone. Neither allocates nor waits.
 *
 * Return: 1; 0: deny it, and the end of its call reports it; -ESRCH: 1 for all that is known, since
 * no task of a loader has that number; -errno.
 */
int lw_bpf_may_open(struct lw_bpf *bpf, int fd, pid_t tid, pid_t tgid, int kind);

/**
 * lw_bpf_each_denial() - take what was denied and the end of no call has reported.
 * @before: ns, CLOCK_BOOTTIME: only what is older
 *
 * Return: number of those that are left.
 */
int lw_bpf_each_denial(struct lw_bpf *bpf, __u64 before,
		       void (*fn)(const struct lw_denial *denial, void *arg), void *arg);

/**
 * lw_bpf_resolve() - the path of an open descriptor as the hooks see it. @ret_path: LW_PATH_BUF.
 */
int lw_bpf_resolve(struct lw_bpf *bpf, int fd, char *ret_path, size_t *ret_len);

/**
 * lw_bpf_python_known() - whether a file has been looked at for an interpreter.
 * @fd: the file
 * @ret_key: names it for lw_bpf_python_file()
 *
 * These three are of one thread alone. Return: enum lw_py_known, -errno.
 */
int lw_bpf_python_known(struct lw_bpf *bpf, int fd, struct lw_py_key *ret_key);

/**
 * lw_bpf_python_file() - what a file holds: whoever maps it from now on is known by it.
 * @file: the interpreter; NULL: none
 */
int lw_bpf_python_file(struct lw_bpf *bpf, const struct lw_py_key *key,
		       const struct lw_py_file *file);

/**
 * lw_bpf_python_process() - what a process was found to have.
 * @tgid: the process
 * @start_code: address at which its program begins (/proc/PID/stat)
 * @key: a file, and
 * @addr: where it has mapped its start; 0: no interpreter was found
 * @read: number of news of it that have been followed; ~0U: all of it was looked at
 *
 * Return: 0; -ENOENT: the file holds none.
 */
int lw_bpf_python_process(struct lw_bpf *bpf, pid_t tgid, __u64 start_code,
			  const struct lw_py_key *key, __u64 addr, __u32 read);

/** lw_cgroup_root() - descriptor of the root of the cgroup v2 hierarchy, or -errno. */
int lw_cgroup_root(void);

#endif
