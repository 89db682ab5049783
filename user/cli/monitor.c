/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/monitor.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "action/evidence.h"
#include "action/kill.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/stamp.h"

/* Telemetry that waits less than this is not seen late by a person who follows the log. */
#define DRAIN_MS 50
#define TICK_MS	 1000
/* Events of one read: then the violations get their turn again. */
#define TELEMETRY_BUDGET 4096
/* What fits into the ring of telemetry. */
#define CATCH_UP_MAX ((int)(LW_RING_TELEMETRY / sizeof(struct lw_ev)))
/* Detaching is slow and attaching again is not free: stay attached over short pauses. */
#define LINGER_TICKS 30
static int attach_hot(struct lw_monitor *m)
{
	struct lw_bpf_error err;
	int r = 0;

	if (lw_bpf_hot(m->bpf) == lw_bpf_hot_all(m->bpf))
		return 0;
	r = lw_bpf_attach_hot(m->bpf, &err);
	if (r < 0 && !m->hot_failed) {
		lw_error("%s: files and sockets are NOT watched", err.text);
		lw_recorder_note(m->recorder, "monitor.hooks", "state", "failed", "reason",
				 err.text, NULL);
	}
	m->hot_failed = r < 0;
	return r;
}

int lw_monitor_heat(struct lw_monitor *m)
{
	int r = attach_hot(m);

	m->idle_ticks = 0;
	if (!m->marked)
		lw_monitor_mark(m); /* now there are hooks that report what is denied */
	return r;
}

/* A candidate or loader was found while the hooks may not have been there: say for how long. */
static void on_loader_start(struct lw_monitor *m, const struct lw_ev *ev)
{
	bool blind = lw_bpf_hot(m->bpf) != lw_bpf_hot_all(m->bpf);
	char ns[32];
	int rule;

	if (!blind && ev->why != LW_WHY_SEED)
		return;
	if (lw_monitor_heat(m) < 0)
		return;
	lw_monitor_stacks_process(m, ev->pid); /* what it maps from now on is seen */
	if (blind) {
		snprintf(ns, sizeof(ns), "%llu", (unsigned long long)(lw_stamp_now() - ev->ts));
		lw_recorder_note(m->recorder, "monitor.hooks", "state", "attached", "blind_ns", ns,
				 NULL);
	}
	if (ev->state != LW_TAG_CANDIDATE)
		return;
	rule = lw_evidence_of(m->policy, ev->pid);
	if (rule >= 0 && rule != LW_RULE_NONE)
		lw_bpf_promote(m->bpf, ev->tag, rule);
}

void lw_monitor_count(struct lw_monitor *m, const struct lw_ev *ev)
{
	m->counts.events++;
	if (!(ev->flags & LW_EVF_VIOLATION))
		return;
	m->counts.violations++;
	if (ev->outcome == LW_OUT_DENIED)
		m->counts.denied++;
	if (ev->outcome == LW_OUT_KILLED_BEFORE || ev->outcome == LW_OUT_KILLED_AFTER)
		m->counts.killed++;
}

/*
 * What the kernel side cannot do alone: the rest of a condemned tree, and denials without a call.
 * Before anything that waits. Return: true when a cgroup was killed.
 */
static bool add_kill(struct lw_monitor *m, const struct lw_ev *ev)
{
	bool stopped = ev->outcome == LW_OUT_DENIED || ev->outcome == LW_OUT_KILLED_BEFORE ||
		       ev->outcome == LW_OUT_KILLED_AFTER;

	if (!(ev->flags & LW_EVF_VIOLATION) || !stopped)
		return false;
	if (ev->action == LW_KILL_LOADER)
		return lw_kill_loader(m->bpf, ev->tag) > 0;
	if (ev->action == LW_KILL && ev->outcome == LW_OUT_DENIED)
		lw_kill_process(m->bpf, ev->tag, ev->pid);
	return false;
}

static void say_kill(struct lw_monitor *m)
{
	lw_recorder_note(m->recorder, "monitor.kill", "detail", "cgroup.kill", NULL);
}

void lw_monitor_violation(struct lw_monitor *m, const struct lw_ev *ev)
{
	bool killed;

	lw_monitor_count(m, ev);
	if (m->options.on_event)
		m->options.on_event(ev, m->options.arg);
	killed = add_kill(m, ev);
	lw_recorder_feed(m->recorder, ev, ev->size, true);
	if (killed)
		say_kill(m);
}

static int on_telemetry_event(void *arg, void *data, size_t len)
{
	struct lw_monitor *m = arg;
	const struct lw_ev *ev = NULL;

	m->counts.events++;
	if (lw_ev_check(data, len, &ev) < 0 || !(ev->flags & LW_EVF_UNASKED))
		lw_monitor_pins_taken(m, false);
	if (ev)
		lw_monitor_stacks_read(m, ev);
	lw_recorder_feed(m->recorder, data, len, false); /* counts what is damaged */
	if (ev)
		lw_monitor_names_ask(m, ev);
	/* Later than the violation that waits for what led to it. */
	if (ev && ev->ts > m->telemetry_until)
		return -EAGAIN;
	return --m->telemetry_budget > 0 ? 0 : -EAGAIN;
}

/*
 * Violations have a ring of their own, and are read first. What a loader did before one, the model
 * that it has opened above all, is in the other ring by then. It is read as far as the time of the
 * violation: what others do meanwhile must not keep it from being written.
 */
static void catch_up(struct lw_monitor *m, __u64 ts)
{
	m->telemetry_until = ts;
	m->telemetry_budget = CATCH_UP_MAX;
	lw_ring_read(m->telemetry);
	m->telemetry_until = ~0ULL;
}

static int on_violation_event(void *arg, void *data, size_t len)
{
	struct lw_monitor *m = arg;
	const struct lw_ev *ev;
	bool killed;

	if (lw_ev_check(data, len, &ev) < 0) {
		lw_recorder_feed(m->recorder, data, len, true); /* counts it as damaged */
		return 0;
	}
	killed = add_kill(m, ev);
	if (ev->flags & LW_EVF_VIOLATION)
		catch_up(m, ev->ts);
	lw_monitor_stacks_read(m, ev);
	lw_monitor_count(m, ev);
	if (m->options.on_event)
		m->options.on_event(ev, m->options.arg);
	if (ev->kind == LW_LOADER_START) {
		lw_monitor_resolvers(m);
		on_loader_start(m, ev);
	}
	/* An interpreter that has loaded nothing yet is nobody's business. */
	if (ev->kind == LW_LOADER_START && ev->state == LW_TAG_CANDIDATE)
		return 0;
	lw_recorder_feed(m->recorder, data, len, true);
	/* Files may have come since the last look; a loader that is new meets them by inode. */
	if (ev->kind == LW_LOADER_START)
		lw_monitor_index(m);
	if (killed)
		say_kill(m);
	lw_monitor_names_ask(m, ev);
	return 0;
}

static void flush(struct lw_monitor *m)
{
	if (lw_recorder_flush(m->recorder) >= 0)
		lw_monitor_pins_taken(m, true);
}

static int on_violation_ring(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	lw_ring_read(m->violations);
	flush(m);
	return 0;
}

static int on_telemetry_ring(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	/* First what may name processes that end in what follows. */
	lw_ring_read(m->violations);
	m->telemetry_budget = TELEMETRY_BUDGET;
	lw_ring_read(m->telemetry);
	return 0;
}

static int on_drain(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	on_telemetry_ring(fd, events, arg);
	lw_monitor_stacks_read(m, NULL);
	lw_monitor_denials(m, false);
	lw_monitor_marks_tick(m);
	flush(m);
	return 0;
}

static int on_tick(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	lw_monitor_losses(m);
	lw_monitor_pins_mend(m);
	flush(m);
	if (lw_bpf_settings(m->bpf)->live_tags) {
		m->idle_ticks = 0;
		lw_monitor_heat(m); /* again, where it failed before */
		lw_bpf_detach_hot_one(m->bpf, false);
		return 0;
	}
	if (++m->idle_ticks <= LINGER_TICKS)
		return 0;
	lw_monitor_unmark(m);
	if (!m->options.hooks_always && lw_bpf_hot(m->bpf) &&
	    lw_bpf_detach_hot_one(m->bpf, true) == 0)
		lw_recorder_note(m->recorder, "monitor.hooks", "state", "detached", NULL);
	return 0;
}

void lw_monitor_drain(struct lw_monitor *m)
{
	lw_ring_read(m->violations);
	do {
		m->telemetry_budget = TELEMETRY_BUDGET;
	} while (lw_ring_read(m->telemetry) == -EAGAIN);
	lw_monitor_names_drain(m);
	lw_monitor_denials(m, true);
	lw_monitor_losses(m);
	flush(m);
}

static int start_kernel(struct lw_monitor *m)
{
	struct lw_bpf_error err;
	struct lw_pins *pins = NULL;
	__u32 mode = m->options.mode >= 0 ? (__u32)m->options.mode : m->policy->mode;
	unsigned int groups = m->options.fixed ? lw_policy_hooks(m->policy, mode) : LW_GROUPS_ALL;
	unsigned int audit = 1U << LW_GROUP_AUDIT;
	struct lw_cfg *cfg;
	int r = m->options.pins ? lw_pins_open(m->options.pins, &pins, &err) : 0;

	if (r >= 0) {
		m->adopted = lw_pins_adopted(pins);
		r = lw_bpf_new_pinned(pins,
				      m->options.pickle_audit ? groups | audit : groups & ~audit,
				      &m->bpf, &err);
	}
	if (r < 0) {
		lw_error("%s", err.text);
		return r;
	}
	if (m->adopted) {
		m->pinned_before = *lw_bpf_pins(m->bpf);
		m->gen = m->pinned_before.gen;
	}
	cfg = lw_bpf_settings(m->bpf);
	m->mode_before = cfg->mode;
	cfg->mode = mode;
	/* Ids grow with time, so two runs on one boot do not share them. */
	if (!m->adopted)
		cfg->next_tag = lw_stamp_now() / 1000;
	m->stats = calloc(lw_bpf_cpus(), sizeof(*m->stats));
	return m->stats ? 0 : -ENOMEM;
}

static int start_loop(struct lw_monitor *m)
{
	int r = lw_loop_new(&m->loop);

	if (r >= 0)
		r = lw_ring_open(m->bpf, LW_RING_ID_VIOLATION, on_violation_event, m,
				 &m->violations);
	if (r >= 0)
		r = lw_ring_open(m->bpf, LW_RING_ID_TELEMETRY, on_telemetry_event, m,
				 &m->telemetry);
	if (r >= 0)
		r = lw_loop_add_fd(m->loop, lw_ring_fd(m->violations), on_violation_ring, m);
	if (r >= 0)
		r = lw_loop_add_fd(m->loop, lw_ring_fd(m->telemetry), on_telemetry_ring, m);
	if (r >= 0)
		r = lw_monitor_models_start(m);
	if (r >= 0)
		r = lw_monitor_names_start(m);
	if (r >= 0)
		r = lw_monitor_stacks_start(m);
	if (r >= 0)
		r = lw_loop_add_timer(m->loop, DRAIN_MS, on_drain, m);
	if (r >= 0)
		r = lw_loop_add_timer(m->loop, TICK_MS, on_tick, m);
	if (r < 0)
		lw_error("cannot set up the event loop: %s", strerror(-r));
	return r;
}

static int start(struct lw_monitor *m)
{
	struct lw_recorder_options ro = { .dir = m->options.log,
					  .on_violation = m->options.on_violation,
					  .arg = m->options.arg,
					  .on_models = lw_monitor_models_known,
					  .models_arg = m };
	struct lw_policy *policy = NULL;
	struct lw_bpf_error err;
	int r = lw_monitor_load_policy(m, &policy);

	if (r < 0)
		return r;
	m->policy = policy;
	r = lw_recorder_new(&ro, &m->recorder);
	if (r < 0)
		return r; /* it has said why */
	r = start_kernel(m);
	if (r < 0)
		return r;
	r = start_loop(m);
	if (r < 0)
		return r;
	lw_monitor_pins_names(m);
	r = lw_monitor_marks_start(m);
	if (r < 0)
		return r;
	r = lw_bpf_attach_core(m->bpf, &err);
	if (r < 0) {
		lw_error("%s", err.text);
		return r;
	}
	r = lw_monitor_pins_hooks(m);
	if (r >= 0)
		r = lw_monitor_install(m, policy);
	if (r < 0)
		return r;
	lw_recorder_set_mode(m->recorder, lw_bpf_settings(m->bpf)->mode);
	if (!m->options.quiet)
		lw_monitor_say_weaker(m);
	lw_bpf_settings(m->bpf)->tag_by_exec = m->options.tag_by_exec;
	lw_recorder_note(m->recorder, "monitor.start", "mode",
			 lw_bpf_settings(m->bpf)->mode == LW_MODE_ENFORCE ? "enforce" : "observe",
			 "policy", policy->name, "digest", policy->digest, NULL);
	return lw_monitor_pins_start(m);
}

int lw_monitor_new(const struct lw_monitor_options *options, struct lw_monitor **ret_monitor)
{
	struct lw_monitor *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->options = *options;
	m->telemetry_until = ~0ULL;
	r = start(m);
	if (r < 0) {
		lw_monitor_free(m);
		return r;
	}
	*ret_monitor = m;
	return 0;
}

void lw_monitor_free(struct lw_monitor *m)
{
	bool keep = false;

	if (!m)
		return;
	/* Before anything that waits for somebody who may wait for an answer. */
	lw_monitor_unmark(m);
	if (m->active) {
		keep = lw_monitor_pins_keep(m);
		lw_monitor_drain(m);
		lw_recorder_note(m->recorder, "monitor.stop", "state", keep ? "kept" : "removed",
				 NULL);
	}
	lw_monitor_marks_free(m);
	lw_resolver_free(m->resolver);
	lw_monitor_stacks_free(m);
	lw_recorder_free(m->recorder);
	lw_ring_close(m->violations);
	lw_ring_close(m->telemetry);
	lw_loop_free(m->loop);
	if (m->adopted && m->bpf && !m->active)
		lw_bpf_settings(m->bpf)->mode = m->mode_before; /* what is in force stays so */
	if (keep)
		lw_bpf_leave(m->bpf);
	else if (m->bpf)
		lw_bpf_free_later(m->bpf);
	lw_policy_free(m->policy);
	free(m->stats);
	free(m);
}
