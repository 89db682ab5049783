// SPDX-License-Identifier: Apache-2.0
/*
 * The end of a daemon is not that of its verdicts: what it leaves pinned, and how the next one
 * takes it over.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "action/evidence.h"
#include "action/kill.h"
#include "base/log.h"
#include "bpfctl/pins.h"
#include "cli/monitor.h"

struct living {
	struct lw_monitor *monitor;
	unsigned int loaders, candidates;
};

static __u64 boottime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int count_one(const struct lw_tag *tag, void *arg)
{
	struct living *living = arg;

	if (tag->state == LW_TAG_LOADER)
		living->loaders++;
	else
		living->candidates++;
	return 0;
}

int lw_monitor_pins_hooks(struct lw_monitor *m)
{
	struct lw_cfg *cfg = lw_bpf_settings(m->bpf);
	int r;

	lw_bpf_want(m->bpf, lw_policy_hooks(m->policy, cfg->mode));
	if (!cfg->live_tags && !m->options.hooks_always)
		return 0;
	r = lw_monitor_heat(m);
	if (r < 0 && m->adopted)
		lw_error("nothing is taken over: what is pinned stays in force as it is");
	return m->adopted ? r : 0;
}

static void hash_text(crypto_generichash_state *h, const char *text)
{
	text = text ? text : "";
	crypto_generichash_update(h, (const unsigned char *)text, strlen(text) + 1);
}

/* Two policies of which this is the same mean the same by the index of a rule. */
static void digest_rules(const struct lw_policy *policy, __u8 ret[32])
{
	crypto_generichash_state h;

	crypto_generichash_init(&h, NULL, 0, 32);
	hash_text(&h, policy->name);
	for (__u32 i = 0; i < policy->image->hdr.nrules; i++) {
		hash_text(&h, policy->rules[i].id);
		hash_text(&h, policy->rules[i].reason);
	}
	crypto_generichash_final(&h, ret, 32);
}

void lw_monitor_pins_names(struct lw_monitor *m)
{
	struct lw_policy before = *m->policy;
	__u8 rules[32];

	if (!m->adopted)
		return;
	digest_rules(m->policy, rules);
	if (memcmp(rules, m->pinned_before.rules, sizeof(rules))) {
		lw_warning("events that wait are of another policy: their rules have no names");
		return;
	}
	memcpy(before.digest, m->pinned_before.digest, sizeof(before.digest) - 1);
	lw_recorder_set_policy(m->recorder, m->pinned_before.gen, &before);
}

void lw_monitor_pins_policy(struct lw_monitor *m)
{
	struct lw_pin_state *state = lw_bpf_pins(m->bpf);

	if (!state)
		return;
	state->gen = m->gen;
	snprintf(state->digest, sizeof(state->digest), "%s", m->policy->digest);
	digest_rules(m->policy, state->rules);
	snprintf(state->policy, sizeof(state->policy), "%s", m->policy->file);
}

static struct lw_stats sum_of(const struct lw_stats *stats, int n)
{
	struct lw_stats sum = {};

	for (int i = 0; i < n; i++) {
		sum.violation_seq += stats[i].violation_seq;
		sum.violation_lost += stats[i].violation_lost;
		sum.telemetry_seq += stats[i].telemetry_seq;
		sum.telemetry_lost += stats[i].telemetry_lost;
		sum.scratch_busy += stats[i].scratch_busy;
		sum.storage_failed += stats[i].storage_failed;
		sum.tags_full += stats[i].tags_full;
		sum.path_too_long += stats[i].path_too_long;
		sum.dns_unseen += stats[i].dns_unseen;
		sum.frames_lost += stats[i].frames_lost;
	}
	return sum;
}

void lw_monitor_pins_said(struct lw_monitor *m)
{
	struct lw_pin_state *state = lw_bpf_pins(m->bpf);

	if (state)
		state->said = sum_of(m->stats, lw_bpf_cpus());
}

void lw_monitor_pins_taken(struct lw_monitor *m, bool written)
{
	struct lw_pin_state *state = m->bpf ? lw_bpf_pins(m->bpf) : NULL;

	if (state)
		state->unwritten = written ? 0 : state->unwritten + 1;
}

/* Of a loader that lived on: what the records need, and what nobody has done meanwhile. */
static int take_one(const struct lw_tag *tag, void *arg)
{
	struct living *living = arg;
	struct lw_monitor *m = living->monitor;
	int rule;

	count_one(tag, arg);
	lw_recorder_adopt(m->recorder, tag, m->pinned_before.gen);
	if (tag->doomed && lw_bpf_settings(m->bpf)->mode == LW_MODE_ENFORCE)
		lw_kill_loader(m->bpf, tag->id);
	if (tag->state != LW_TAG_CANDIDATE)
		return 0;
	/* It may have opened its model while the hooks that see that were away. */
	rule = lw_evidence_of(m->policy, tag->root);
	if (rule >= 0 && rule != LW_RULE_NONE)
		lw_bpf_promote(m->bpf, tag->id, rule);
	return 0;
}

/* What nobody has read, and since when. */
static void say_gap(struct lw_monitor *m, const struct lw_pin_state *before, __u64 blind_since)
{
	char blind[32], lost[32], total[32], detail[128];
	struct lw_stats now = {};
	__u64 n, violations = 0, telemetry = 0;

	if (lw_bpf_stats(m->bpf, m->stats) >= 0) {
		now = sum_of(m->stats, lw_bpf_cpus());
		violations = now.violation_lost - before->said.violation_lost;
		telemetry = now.telemetry_lost - before->said.telemetry_lost;
		lw_recorder_said(m->recorder, m->stats, lw_bpf_cpus());
	}
	m->unjudged = before->said;
	n = violations + telemetry + before->unwritten;
	snprintf(blind, sizeof(blind), "%llu",
		 (unsigned long long)(blind_since ? boottime_ns() - blind_since : 0));
	snprintf(lost, sizeof(lost), "%llu", (unsigned long long)n);
	snprintf(total, sizeof(total), "%llu",
		 (unsigned long long)(now.violation_lost + now.telemetry_lost));
	snprintf(detail, sizeof(detail),
		 "%llu violations, %llu telemetry, %llu taken from the rings and perhaps not "
		 "written",
		 (unsigned long long)violations, (unsigned long long)telemetry,
		 (unsigned long long)before->unwritten);
	lw_info("the rings were not read for %.3f s; %s records were lost (%s)",
		blind_since ? (boottime_ns() - blind_since) / 1e9 : 0.0, lost, detail);
	lw_recorder_note(m->recorder, "monitor.gap", "reason", "no daemon read the rings",
			 "blind_ns", blind, "lost", lost, "lost_total", total, "detail", detail,
			 NULL);
}

static void take_over(struct lw_monitor *m, const struct lw_pin_state *before, __u64 blind_since)
{
	struct living living = { .monitor = m };
	char detail[128];

	say_gap(m, before, blind_since);
	lw_bpf_each_tag(m->bpf, take_one, &living);
	lw_python_all(m->python); /* news that nobody has read */
	snprintf(detail, sizeof(detail),
		 "of loadward %.32s, pid %u; %u loaders and %u candidates lived on",
		 before->version, before->pid, living.loaders, living.candidates);
	lw_info("taken over what was pinned: %s", detail);
	lw_recorder_note(m->recorder, "monitor.pins", "state", "adopted", "detail", detail,
			 "digest", before->digest, NULL);
}

static void say_unpinned(struct lw_monitor *m)
{
	int n = lw_bpf_unpinned(m->bpf);
	char detail[64];

	if (!n || m->unpinned_said)
		return;
	m->unpinned_said = true;
	snprintf(detail, sizeof(detail), "%d hooks", n);
	lw_warning("%s cannot be pinned on this kernel (perf links need 5.15): they end with the "
		   "daemon",
		   detail);
	lw_recorder_note(m->recorder, "monitor.pins", "state", "partial", "detail", detail, NULL);
}

void lw_monitor_pins_mend(struct lw_monitor *m)
{
	int n = lw_pins_mend(m->bpf);
	char detail[128];

	if (!n || (n < 0 && n == m->mend_said))
		return;
	if (n < 0) {
		m->mend_said = n;
		snprintf(detail, sizeof(detail), "%s",
			 n == -ESTALE ? "the directory was moved or unmounted: what is in force "
					"ends with the daemon, or is not found by the next"
				      : strerror(-n));
	} else {
		snprintf(detail, sizeof(detail), "%d were missing, and are pinned again", n);
	}
	lw_error("%s: %s", m->options.pins, detail);
	lw_recorder_note(m->recorder, "monitor.pins", "state", n < 0 ? "lost" : "repaired",
			 "detail", detail, NULL);
}

int lw_monitor_pins_start(struct lw_monitor *m)
{
	struct lw_pin_state *state = lw_bpf_pins(m->bpf), before = {};
	struct lw_cfg *cfg = lw_bpf_settings(m->bpf);
	__u64 blind_since = cfg->blind_since;
	struct lw_bpf_error err;

	if (state) {
		before = m->pinned_before;
		state->pid = getpid();
		state->unwritten = 0;
		snprintf(state->version, sizeof(state->version), "%s", LW_VERSION);
	}
	cfg->monitor = getpid();
	cfg->blind_since = 0;
	m->active = true;
	if (lw_bpf_activate(m->bpf, &err) < 0)
		lw_warning("%s", err.text);
	if (m->adopted)
		take_over(m, &before, blind_since);
	say_unpinned(m);
	return 0;
}

bool lw_monitor_pins_keep(struct lw_monitor *m)
{
	struct living living = { .monitor = m };

	if (!m->active || !lw_bpf_pins(m->bpf) || m->options.on_stop == LW_STOP_REMOVE)
		return false;
	lw_bpf_each_tag(m->bpf, count_one, &living);
	if (!living.loaders)
		return false;
	lw_monitor_heat(m);
	lw_warning(
		"%u loader%s live%s on, and the policy stays in force for them and for new ones: "
		"start a daemon again, or end it with `loadward unload`",
		living.loaders, living.loaders > 1 ? "s" : "", living.loaders > 1 ? "" : "s");
	return true;
}
