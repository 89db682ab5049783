/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_MONITOR_H
#define LW_CLI_MONITOR_H

/*
 * The running monitor: programs, policy, rings and log, tied to one loop. `run`, `daemon` and
 * `doctor` are three ways to start it.
 */

#include <stdbool.h>

#include "action/appear.h"
#include "action/fanotify.h"
#include "action/python.h"
#include "action/resolver.h"
#include "bpfctl/bpf.h"
#include "bpfctl/pins.h"
#include "loop/loop.h"
#include "policy/policy.h"
#include "forensic/recorder.h"

/* What a stop does to pins while loaders live. Without any they are always removed. */
enum lw_on_stop { LW_STOP_KEEP, LW_STOP_REMOVE };

struct lw_monitor_options {
	const char *policy; /* file */
	const char *log;    /* directory; NULL: no log (doctor) */
	const char *socket; /* of `daemon`; NULL: none */
	int mode;	    /* enum lw_mode, or -1: as the policy says */
	bool tag_by_exec;   /* exec rules find loaders (daemon) */
	const char *pins;   /* directory in bpffs; NULL: all ends with the process */
	enum lw_on_stop on_stop;
	bool hooks_always; /* system call hooks are attached without a loader, too */
	bool no_fanotify;  /* files are not marked: they are not denied, their openers are killed */
	bool pickle_audit; /* report the globals that pickles name */
	bool quiet;	   /* the policy is our own: no warnings about it */
	/* Called for each violation, after its record is in the log. */
	void (*on_violation)(const struct lw_violation *violation, void *arg);
	/* Called for each event of the violation ring as the kernel sent it; may be NULL. */
	void (*on_event)(const struct lw_ev *ev, void *arg);
	void *arg;
};

struct lw_monitor_counts {
	unsigned long long events;
	unsigned long long violations;
	unsigned long long denied;
	unsigned long long killed;
	unsigned long long lost_violations;
	unsigned long long lost_telemetry;
	unsigned long long lost_frames; /* of Python stacks */
};

struct lw_monitor {
	struct lw_monitor_options options;
	struct lw_bpf *bpf;
	struct lw_loop *loop;
	struct lw_policy *policy;
	struct lw_recorder *recorder;
	struct lw_ring *violations;
	struct lw_ring *telemetry;
	struct lw_ring *stacks;
	struct lw_python *python; /* reads interpreters */
	struct lw_resolver *resolver;
	struct lw_fanotify *fanotify; /* NULL: no_fanotify says why */
	const char *no_fanotify;
	struct lw_appear *appear; /* where more is to be marked; NULL with fanotify */
	bool marked, marks_said;
	bool mark_again;	    /* a directory has appeared */
	__u64 mark_after;	    /* ns: not before */
	unsigned long long denials; /* of fanotify, that have been reported */
	unsigned long long names_lost, names_said;
	unsigned long long news_lost; /* files with an interpreter, perhaps: said so far */
	bool names_stuck;	      /* the resolver hangs in a file system */
	struct lw_stats *stats;	      /* last read, per CPU */
	struct lw_monitor_counts counts;
	struct lw_stats unjudged; /* what was said of it so far */
	unsigned int gen;
	__u64 indexed;	  /* ns: when the inode index was filled last */
	__u64 index_rest; /* ns: for how long that is fresh enough */
	int telemetry_budget;
	__u64 telemetry_until;	 /* ns, CLOCK_BOOTTIME: later events wait */
	unsigned int idle_ticks; /* since the last loader or candidate ended */
	bool hot_failed;
	bool active;  /* the programs are in force */
	bool adopted; /* from an earlier daemon */
	bool unpinned_said;
	int mend_said;
	__u32 mode_before;		   /* of that daemon */
	struct lw_pin_state pinned_before; /* what it has left */
};

/**
 * lw_monitor_new() - load, attach, install the policy, open the log.
 *
 * Prints what is wrong on stderr, with a hint. Return: 0 or -errno.
 */
int lw_monitor_new(const struct lw_monitor_options *options, struct lw_monitor **ret_monitor);

/** lw_monitor_free() - the last records, then detach (in the background where that is slow). */
void lw_monitor_free(struct lw_monitor *monitor);

/** lw_monitor_reload() - read the policy file again; on any error the old one stays in force. */
int lw_monitor_reload(struct lw_monitor *monitor);

/** lw_monitor_set_mode() - observe or enforce, at once and for every loader. */
void lw_monitor_set_mode(struct lw_monitor *monitor, int mode);

/** lw_monitor_heat() - attach the system call hooks, before a loader may open its first file. */
int lw_monitor_heat(struct lw_monitor *monitor);

/** lw_monitor_drain() - take in all that waits on both rings, then write it out. */
void lw_monitor_drain(struct lw_monitor *monitor);

/** lw_monitor_losses() - read what was lost since the last time, and say it. */
void lw_monitor_losses(struct lw_monitor *monitor);

/** lw_monitor_count() - add an event to the counters. */
void lw_monitor_count(struct lw_monitor *monitor, const struct lw_ev *ev);

/** lw_monitor_violation() - take in a violation that user space itself has found. */
void lw_monitor_violation(struct lw_monitor *monitor, const struct lw_ev *ev);

/** lw_monitor_say_weaker() - rules that ask for more than this kernel can: said once. */
void lw_monitor_say_weaker(const struct lw_monitor *monitor);

/* marks.c: what fanotify asks about. Without it the rest does nothing. */
int lw_monitor_marks_start(struct lw_monitor *m);
void lw_monitor_marks_free(struct lw_monitor *m);
/* Mark what the policy denies now; what is marked stays. */
void lw_monitor_mark(struct lw_monitor *m);
void lw_monitor_unmark(struct lw_monitor *m);
/* The policy is another one. */
void lw_monitor_remark(struct lw_monitor *m);
/* From time to time: mark what has appeared. */
void lw_monitor_marks_tick(struct lw_monitor *m);
/*
 * The user stops this process (Ctrl-Z): nobody may wait for its answers meanwhile. Returns when it
 * goes on.
 */
void lw_monitor_pause(struct lw_monitor *m);
/* Report what no hook has; @all: also what one may still report. */
void lw_monitor_denials(struct lw_monitor *m, bool all);

/* names.c: symlinks in the names of changes. */
int lw_monitor_names_start(struct lw_monitor *monitor);
void lw_monitor_names_ask(struct lw_monitor *monitor, const struct lw_ev *ev);
/* Take in the answers that are still to come. */
void lw_monitor_names_drain(struct lw_monitor *monitor);
/* Say how many names nobody has resolved. */
void lw_monitor_names_losses(struct lw_monitor *monitor);

/* stacks.c: Python stacks. */
int lw_monitor_stacks_start(struct lw_monitor *monitor);
void lw_monitor_stacks_free(struct lw_monitor *monitor);
/* Take in the frames that an event names, before it; NULL: all that wait. */
void lw_monitor_stacks_read(struct lw_monitor *monitor, const struct lw_ev *ev);
/* A candidate or loader that was there before it was seen. */
void lw_monitor_stacks_process(struct lw_monitor *monitor, pid_t pid);
/* Follow what was lost of news. */
void lw_monitor_stacks_losses(struct lw_monitor *monitor);

/* survive.c: pins, and the daemon after this one. */
/* Attaches what must be there before these programs are in force. */
int lw_monitor_pins_hooks(struct lw_monitor *monitor);
/* They are in force from now on; takes over what an earlier daemon has left. */
int lw_monitor_pins_start(struct lw_monitor *monitor);
/* Events that wait in the rings are of the policy before, which may be this one. */
void lw_monitor_pins_names(struct lw_monitor *monitor);
/* Another policy is in force. */
void lw_monitor_pins_policy(struct lw_monitor *monitor);
/* The losses of monitor->stats are in the log. */
void lw_monitor_pins_said(struct lw_monitor *monitor);
/* An event was taken from a ring; or all that were are in the log. */
void lw_monitor_pins_taken(struct lw_monitor *monitor, bool written);
/* Somebody may have removed pins. */
void lw_monitor_pins_mend(struct lw_monitor *monitor);
/* A stop: whether the kernel side stays. */
bool lw_monitor_pins_keep(struct lw_monitor *monitor);

/** lw_monitor_print_report() - policy problems as file:line:column lines on stderr. */
void lw_monitor_print_report(const char *file, const struct lw_report *report);

#endif
