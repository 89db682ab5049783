// SPDX-License-Identifier: Apache-2.0
/*
 * Python stacks: the frames that the kernel side has read, and the interpreters that it is to know.
 */
#include <string.h>

#include "base/log.h"
#include "cli/monitor.h"

static int on_frame(void *arg, void *data, size_t len)
{
	struct lw_monitor *m = arg;

	lw_recorder_frame(m->recorder, data, len);
	return 0;
}

int lw_monitor_stacks_start(struct lw_monitor *m)
{
	int r = lw_ring_open(m->bpf, LW_RING_ID_STACKS, on_frame, m, &m->stacks);

	return r < 0 ? r : lw_python_new(m->bpf, m->options.pickle_audit, &m->python);
}

void lw_monitor_stacks_free(struct lw_monitor *m)
{
	lw_python_free(m->python);
	lw_ring_close(m->stacks);
}

void lw_monitor_stacks_read(struct lw_monitor *m, const struct lw_ev *ev)
{
	if (!ev || ev->py_stack)
		lw_ring_read(m->stacks);
}

void lw_monitor_stacks_process(struct lw_monitor *m, pid_t pid)
{
	int r = lw_python_process(m->python, pid);

	if (r < 0)
		lw_debug("process %d is not searched for an interpreter: %s", pid, strerror(-r));
}

void lw_monitor_stacks_losses(struct lw_monitor *m)
{
	unsigned long long lost = 0;

	for (int i = 0; i < lw_bpf_cpus(); i++)
		lost += m->stats[i].news_lost;
	if (lost != m->news_lost && lw_python_all(m->python) >= 0)
		m->news_lost = lost;
}
