// SPDX-License-Identifier: Apache-2.0
/*
 * Names of changes: the kernel side has judged the text and asks for what symlinks in it lead to.
 * The answer comes when the call has been made: it may add an alert or a kill.
 */
#include <errno.h>
#include <stdio.h>

#include "action/kill.h"
#include "action/rejudge.h"
#include "base/log.h"
#include "cli/monitor.h"

/* Of a file system that does not answer by then nothing is waited for any more. */
#define PATIENCE_MS 2000

static void stop(struct lw_monitor *m, struct lw_ev *ev)
{
	bool stopped;

	if (ev->action <= LW_ALERT)
		return;
	if (lw_bpf_settings(m->bpf)->mode == LW_MODE_OBSERVE) {
		ev->flags |= LW_EVF_OBSERVED;
		return;
	}
	if (ev->action == LW_KILL_LOADER)
		stopped = lw_kill_loader(m->bpf, ev->tag) > 0;
	else
		stopped = lw_kill_process(m->bpf, ev->tag, ev->pid) == 0;
	if (!stopped)
		return; /* it has ended by itself */
	ev->flags |= LW_EVF_KILL_SENT;
	ev->outcome = LW_OUT_KILLED_AFTER;
}

static void on_answer(struct lw_change *change, void *arg)
{
	struct lw_monitor *m = arg;
	int r = lw_rejudge(change);

	if (r < 0)
		m->names_lost++;
	if (r <= 0)
		return;
	stop(m, change->ev);
	lw_monitor_count(m, change->ev);
	if (m->options.on_event)
		m->options.on_event(change->ev, m->options.arg);
	lw_recorder_feed(m->recorder, change->ev, change->ev->size, true);
}

static int on_answers(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	lw_resolver_read(m->resolver, on_answer, m);
	return 0;
}

int lw_monitor_names_start(struct lw_monitor *m)
{
	int r = lw_resolver_new(m->bpf, &m->resolver);

	return r < 0 ? r : lw_loop_add_fd(m->loop, lw_resolver_fd(m->resolver), on_answers, m);
}

void lw_monitor_names_ask(struct lw_monitor *m, const struct lw_ev *ev)
{
	int r;

	if (!(ev->flags & (LW_EVF_FIND_PATH | LW_EVF_FIND_TARGET)))
		return;
	while ((r = lw_resolver_ask(m->resolver, ev)) == -EAGAIN && !m->names_stuck) {
		m->names_stuck = lw_resolver_wait(m->resolver, PATIENCE_MS) < 0;
		lw_resolver_read(m->resolver, on_answer, m);
	}
	if (r < 0)
		m->names_lost++;
	else
		m->names_stuck = false;
}

void lw_monitor_names_drain(struct lw_monitor *m)
{
	int left;

	while ((left = lw_resolver_wait(m->resolver, PATIENCE_MS)) > 0)
		lw_resolver_read(m->resolver, on_answer, m);
	if (left < 0)
		m->names_lost++;
}

void lw_monitor_names_losses(struct lw_monitor *m)
{
	static const char what[] = "a name was not resolved: judged by its text alone";
	unsigned long long lost = m->names_lost - m->names_said;
	char number[32];

	if (!lost)
		return;
	m->names_said = m->names_lost;
	snprintf(number, sizeof(number), "%llu", lost);
	lw_error("%s times: %s", number, what);
	lw_recorder_note(m->recorder, "monitor.gap", "lost", number, "reason", what, NULL);
}
