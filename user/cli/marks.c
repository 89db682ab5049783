// SPDX-License-Identifier: Apache-2.0
/*
 * What is denied before it is opened: marks on the files and directories that the policy denies,
 * while a candidate or a loader lives, since everybody who opens them pays.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/monitor.h"

/* ns: by then the end of a call has reported its denial. */
#define REPORT_NS 200000000ULL

struct mark_walk {
	struct lw_monitor *m;
	size_t refused; /* on file systems that do not count */
};

static int mark_one(const char *path, bool is_dir, __u32 state, void *arg)
{
	struct mark_walk *walk = arg;
	const struct lw_policy *policy = walk->m->policy;
	__u64 self = lw_policy_denied(policy, path, false), below = 0;
	int r;

	(void)state;
	if (is_dir)
		below = lw_policy_denied(policy, path, true);
	if (!self && !below)
		return 0;
	r = lw_fanotify_mark(walk->m->fanotify, path, self, below);
	walk->refused += r == -EOPNOTSUPP;
	/* Another one has gone, or cannot be reached. */
	return r == -E2BIG || r == -ENOSPC || r == -ENOMEM ? r : 0;
}

void lw_monitor_mark(struct lw_monitor *m)
{
	struct mark_walk walk = { .m = m };
	int r;

	if (!m->fanotify || lw_bpf_settings(m->bpf)->mode == LW_MODE_OBSERVE)
		return;
	m->marked = true;
	lw_fanotify_again(m->fanotify);
	r = lw_policy_walk_named(m->policy, LW_INODES_MAX / 2, mark_one, &walk);
	if (r < 0 && !m->marks_said) {
		m->marks_said = true;
		lw_warning("the policy denies more files than can be marked (%s): the others are "
			   "not denied, their openers are killed",
			   strerror(-r));
	}
}

void lw_monitor_unmark(struct lw_monitor *m)
{
	if (m->fanotify && m->marked)
		lw_fanotify_clear(m->fanotify);
	m->marked = false;
}

void lw_monitor_remark(struct lw_monitor *m)
{
	bool marked = m->marked;

	m->marks_said = false;
	lw_monitor_unmark(m);
	if (marked)
		lw_monitor_mark(m);
}

/* The process of a task, in which the kernel was. */
static pid_t process_of(__u32 tid)
{
	char file[64], line[256];
	_cleanup_fclose_ FILE *f = NULL;
	int tgid;

	snprintf(file, sizeof(file), "/proc/%u/status", tid);
	f = fopen(file, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			return tgid;
	return tid;
}

/* An open whose call has ended where no hook sees it, or that was no call of its own. */
static void report(const struct lw_denial *d, void *arg)
{
	struct lw_monitor *m = arg;
	size_t size = sizeof(struct lw_ev) + d->len;
	struct lw_ev *ev = calloc(1, size);
	struct lw_tag tag = {};

	if (!ev)
		return;
	lw_bpf_tag_get(m->bpf, d->tag, &tag);
	*ev = (struct lw_ev){ .size = size,
			      .kind = d->kind,
			      .ts = d->ts,
			      .tag = d->tag,
			      .pid = process_of(d->tid),
			      .tid = d->tid,
			      .flags = d->flags | LW_EVF_VIOLATION,
			      .gen = d->gen,
			      .error = -EPERM,
			      .syscall = ~0U,
			      .rule = d->verdict.rule,
			      .action = d->verdict.action,
			      .outcome = LW_OUT_DENIED,
			      .backend = LW_BE_FANOTIFY,
			      .why = tag.why,
			      .phase = tag.phase,
			      .state = LW_TAG_LOADER,
			      .profile = tag.profile };
	ev->start = ev->pid == tag.root ? tag.root_start : lw_start_of(ev->pid);
	ev->file.ino = d->ino;
	ev->file.dev = d->dev;
	ev->file.mode = d->mode;
	ev->file.size = d->size;
	ev->file.nlink = d->nlink;
	ev->file.fd = -1;
	ev->str[LW_STR_PATH].len = d->len;
	memcpy(ev->data, d->path, d->len);
	lw_monitor_violation(m, ev);
	free(ev);
}

void lw_monitor_denials(struct lw_monitor *m, bool all)
{
	struct lw_fanotify_counts counts;
	struct timespec ts;
	__u64 now;

	if (!m->fanotify)
		return;
	lw_fanotify_counts(m->fanotify, &counts);
	if (counts.denied == m->denials)
		return;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	now = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	if (lw_bpf_each_denial(m->bpf, all ? ~0ULL : now - REPORT_NS, report, m) == 0)
		m->denials = counts.denied;
}

void lw_monitor_marks_start(struct lw_monitor *m)
{
	int r;

	m->no_fanotify = "switched off";
	if (m->options.no_fanotify)
		return;
	r = lw_fanotify_new(m->bpf, &m->fanotify, &m->no_fanotify);
	if (r < 0 && !m->options.quiet)
		lw_warning("files are not denied before they are opened, but their openers killed: "
			   "fanotify cannot be used: %s (%s)",
			   m->no_fanotify ? m->no_fanotify : "out of memory", strerror(-r));
}
