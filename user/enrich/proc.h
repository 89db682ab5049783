/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_PROC_H
#define LW_ENRICH_PROC_H

/*
 * What is known of the processes that events come from: program, arguments, parent, container. Fed
 * by the events themselves and, for a process that was there first, once by procfs. It only adds
 * words to records: no verdict depends on it, and a violation brings its own program and arguments.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h"
#include "enrich/container.h"
#include "enrich/pickled.h"
#include "enrich/stacks.h"

/* A program and its argv: shared by all processes forked from the one that executed it. */
struct lw_prog {
	uint64_t
		id; /* unique in this run: tells whether something that was made of it is current */
	uint32_t refs;
	uint32_t exe_len;
	uint32_t args_len; /* NUL-separated */
	bool cut;	   /* argv is longer than what is kept */
	char data[];	   /* exe, args */
};

/*
 * An exec by Python code: what it has started, and what that starts in turn, has no Python stack of
 * its own. Shared as a program is; it goes with the last process of them.
 */
struct lw_origin {
	uint64_t start; /* with pid: the process that executed */
	uint32_t pid;
	uint32_t refs;
	bool cut; /* there are older frames */
	struct lw_stack *stack;
};

/**
 * lw_py_other() - may the stack of an exec before stand in for a stack that is not there?
 *
 * Where the process has no Python, or none that can be read. Not where one could be read: there the
 * older stack would be another story.
 */
static inline bool lw_py_other(enum lw_py_state state)
{
	return state == LW_PY_NO_PYTHON || state == LW_PY_UNKNOWN || state == LW_PY_UNSUPPORTED;
}

struct lw_proc {
	struct lw_proc *next; /* hash chain */
	struct lw_proc *newer, *older;
	uint64_t start; /* with pid: the key */
	uint64_t pstart;
	uint64_t cgroup;
	uint64_t exec_ts;	  /* ns: since when it runs prog; 0: not seen */
	uint64_t seeded;	  /* ns: when procfs was read; 0: it was not */
	struct lw_prog *prog;	  /* NULL: not known */
	struct lw_prog *previous; /* before the last exec */
	struct lw_prog *parent;	  /* the parent's at the fork */
	struct lw_origin *origin; /* NULL: none is known */
	/* By it, and by those that it was forked from until then; NULL: nothing. */
	struct lw_pickled *pickled;
	uint32_t pid, ppid;
	struct lw_container container;
};

struct lw_procs;

struct lw_procs_stats {
	size_t entries;
	size_t bytes;	  /* of programs, arguments, stacks and names of globals */
	uint64_t evicted; /* entries given up because of a limit */
};

/**
 * lw_procs_new() - empty table.
 * @max: entries; the one that was not used for the longest time is given up
 * @max_bytes: of programs, arguments and stacks; the same
 * @proc: where procfs is, normally "/proc"
 * @ret: free with lw_procs_free()
 *
 * Return: 0, -ENOMEM, -ENAMETOOLONG.
 */
int lw_procs_new(size_t max, size_t max_bytes, const char *proc, struct lw_procs **ret);
void lw_procs_free(struct lw_procs *t);

/**
 * lw_procs_apply() - learn from an event, and find its process.
 * @t: table
 * @ev: a checked event
 *
 * fork enters the child with the parent's program, a successful exec sets the program. An unknown
 * process is entered and looked up in procfs, once.
 *
 * Return: entry of ev->pid, valid until the next call; NULL: no memory, or the table is too small.
 */
struct lw_proc *lw_procs_apply(struct lw_procs *t, const struct lw_ev *ev);

/**
 * lw_procs_origin() - learn the Python stack of a successful process.exec.
 * @t: table
 * @p: its process, as lw_procs_apply() has returned it
 * @ev: the exec
 * @stack: NULL: none; then the one before goes on where lw_py_other(), and else is gone
 */
void lw_procs_origin(struct lw_procs *t, struct lw_proc *p, const struct lw_ev *ev,
		     const struct lw_stack *stack);

/**
 * lw_procs_pickled() - learn from a pickle.global event.
 * @p: its process, as lw_procs_apply() has returned it
 *
 * Return: true: it is not among the last that the process has unpickled.
 */
bool lw_procs_pickled(struct lw_procs *t, struct lw_proc *p, const struct lw_ev *ev);

/**
 * lw_procs_exit() - a process.exit event: where its last thread is gone, forget the process.
 *
 * After LW_PROCS_ENDED others have ended: the event comes by the ring of telemetry, which may be
 * read before a violation of the process, from the other ring.
 */
void lw_procs_exit(struct lw_procs *t, const struct lw_ev *ev);

/** lw_procs_get() - the entry of a process, or NULL. */
struct lw_proc *lw_procs_get(struct lw_procs *t, uint32_t pid, uint64_t start);

/** lw_proc_prog_at() - the program that @p ran at @ts (ns, boot time); NULL: not known. */
const struct lw_prog *lw_proc_prog_at(const struct lw_proc *p, uint64_t ts);

struct lw_span lw_prog_exe(const struct lw_prog *prog);
struct lw_span lw_prog_args(const struct lw_prog *prog);

void lw_procs_stats(const struct lw_procs *t, struct lw_procs_stats *ret);

#endif
