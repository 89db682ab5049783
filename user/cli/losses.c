// SPDX-License-Identifier: Apache-2.0
/* What the kernel side has lost, or could not judge: said, counted and recorded. */
#include <stdio.h>

#include "base/log.h"
#include "cli/monitor.h"

/* One way in which the kernel side could not do its work: said on stderr and in the log. */
static void say_unjudged(struct lw_monitor *m, __u64 *said, __u64 now, const char *what)
{
	char lost[32];

	if (now == *said)
		return;
	snprintf(lost, sizeof(lost), "%llu", (unsigned long long)(now - *said));
	lw_error("%s times: %s", lost, what);
	lw_recorder_note(m->recorder, "monitor.gap", "lost", lost, "reason", what, NULL);
	*said = now;
}

static void read_unjudged(struct lw_monitor *m, int n)
{
	struct lw_stats now = {};

	for (int i = 0; i < n; i++) {
		now.scratch_busy += m->stats[i].scratch_busy;
		now.storage_failed += m->stats[i].storage_failed;
		now.tags_full += m->stats[i].tags_full;
		now.path_too_long += m->stats[i].path_too_long;
		now.dns_unseen += m->stats[i].dns_unseen;
	}
	say_unjudged(m, &m->unjudged.scratch_busy, now.scratch_busy,
		     "no working memory in the kernel: an open or exec was not judged");
	say_unjudged(m, &m->unjudged.storage_failed, now.storage_failed,
		     "no kernel memory for a tag: a task of a loader is not watched");
	say_unjudged(m, &m->unjudged.tags_full, now.tags_full,
		     "too many loaders and candidates: a new one is not watched");
	say_unjudged(m, &m->unjudged.path_too_long, now.path_too_long,
		     "a path was too long to be resolved");
	say_unjudged(m, &m->unjudged.dns_unseen, now.dns_unseen,
		     "no kernel memory to watch a socket that asks for names: it was denied");
}

void lw_monitor_losses(struct lw_monitor *m)
{
	int n = lw_bpf_cpus();

	if (lw_bpf_stats(m->bpf, m->stats) < 0)
		return;
	m->counts.lost_telemetry = m->counts.lost_violations = m->counts.lost_frames = 0;
	for (int i = 0; i < n; i++) {
		m->counts.lost_telemetry += m->stats[i].telemetry_lost;
		m->counts.lost_violations += m->stats[i].violation_lost;
		m->counts.lost_frames += m->stats[i].frames_lost;
	}
	lw_recorder_losses(m->recorder, m->stats, n);
	read_unjudged(m, n);
	lw_monitor_pins_said(m);
	lw_monitor_names_losses(m);
	lw_monitor_stacks_losses(m);
}
