// SPDX-License-Identifier: Apache-2.0
/*
 * What is denied before it is opened: marks on the files and directories that the policy denies,
 * while a candidate or a loader lives, since everybody who opens them pays.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/monitor.h"

/* ns: by then the end of a call has reported its denial. */
#define REPORT_NS 200000000ULL

/* ns between two walks, and how many times as long as one has taken. */
#define WALK_NS	   1000000000ULL
#define WALK_SHARE 20

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int mark_one(const char *path, bool is_dir, __u32 state, void *arg)
{
	struct lw_monitor *m = arg;
	__u64 self = lw_policy_denied(m->policy, path, false);
	__u64 below = is_dir ? lw_policy_denied(m->policy, path, true) : 0;
	int r;

	(void)state;
	if (!self && !below)
		return 0;
	r = lw_fanotify_mark(m->fanotify, path, self, below);
	/* Another one has gone, cannot be reached, or is on a file system that does not count. */
	return r == -E2BIG || r == -ENOSPC || r == -ENOMEM ? r : 0;
}

static void say_too_many(struct lw_monitor *m, const char *what, int r)
{
	if (!m->marks_said)
		lw_warning("the policy denies more than can be %s (%s): what is left is not "
			   "denied, its openers are killed",
			   what, strerror(-r));
	m->marks_said = true;
}

static void watch_one(const char *dir, void *arg)
{
	struct lw_monitor *m = arg;
	int r = lw_appear_watch(m->appear, dir);

	if (r == -E2BIG || r == -ENOSPC || r == -ENOMEM)
		say_too_many(m, "watched for new names", r);
}

void lw_monitor_mark(struct lw_monitor *m)
{
	__u64 began = now_ns();
	int r;

	if (!m->fanotify || lw_bpf_settings(m->bpf)->mode == LW_MODE_OBSERVE)
		return;
	m->marked = true;
	m->mark_again = false;
	lw_fanotify_again(m->fanotify);
	r = lw_policy_walk_denied(m->policy, LW_INODES_MAX / 2, mark_one, watch_one, m);
	if (r < 0)
		say_too_many(m, "marked", r);
	m->mark_after = now_ns() + WALK_NS + WALK_SHARE * (now_ns() - began);
}

/* What it holds, if it is a directory, is not known yet. */
static void on_appeared(const char *path, bool is_dir, void *arg)
{
	struct lw_monitor *m = arg;

	m->mark_again |= is_dir;
	mark_one(path, is_dir, 0, m);
}

static int on_appear(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	m->mark_again |= lw_appear_read(m->appear, on_appeared, m) < 0;
	return 0;
}

void lw_monitor_marks_tick(struct lw_monitor *m)
{
	if (m->marked && m->mark_again && now_ns() > m->mark_after)
		lw_monitor_mark(m);
}

void lw_monitor_unmark(struct lw_monitor *m)
{
	if (m->fanotify && m->marked) {
		lw_appear_clear(m->appear);
		lw_fanotify_clear(m->fanotify);
	}
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

void lw_monitor_pause(struct lw_monitor *m)
{
	bool marked = m->marked;

	lw_monitor_unmark(m);
	raise(SIGSTOP);
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

	if (!m->fanotify)
		return;
	lw_fanotify_counts(m->fanotify, &counts);
	if (counts.denied == m->denials)
		return;
	if (lw_bpf_each_denial(m->bpf, all ? ~0ULL : now_ns() - REPORT_NS, report, m) == 0)
		m->denials = counts.denied;
}

int lw_monitor_marks_start(struct lw_monitor *m)
{
	int r;

	m->no_fanotify = "not needed: security hooks deny";
	if (lw_bpf_deny_by(m->bpf) != LW_BE_NONE)
		return 0;
	m->no_fanotify = "switched off; who opens what is forbidden is killed";
	if (m->options.no_fanotify)
		return 0;
	r = lw_fanotify_new(m->bpf, &m->fanotify, &m->no_fanotify);
	if (r < 0) {
		if (!m->options.quiet)
			lw_warning("files are not denied before they are opened, but their openers "
				   "killed: fanotify cannot be used: %s (%s)",
				   m->no_fanotify, strerror(-r));
		return 0;
	}
	r = lw_appear_new(&m->appear);
	if (r >= 0)
		r = lw_loop_add_fd(m->loop, lw_appear_fd(m->appear), on_appear, m);
	if (r < 0)
		lw_error("cannot watch for new names: %s", strerror(-r));
	return r;
}

void lw_monitor_marks_free(struct lw_monitor *m)
{
	lw_fanotify_free(m->fanotify);
	m->fanotify = NULL;
	lw_appear_free(m->appear);
}
