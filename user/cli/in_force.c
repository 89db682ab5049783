/* SPDX-License-Identifier: Apache-2.0 */
/* The policy in force, and what the kernel side has to know of it: inodes, hooks, name servers. */
#include "cli/monitor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stamp.h"
#include "enrich/resolv.h"

/* Objects in the inode index: two generations fit into the map during a reload. */
#define INDEX_MAX      (LW_INODES_MAX / 2)
#define INDEX_FRESH_NS 5000000000ULL
/* Loaders that start one after another must not keep the daemon from its events: 5 % at most. */
#define INDEX_REST 20

void lw_monitor_print_report(const char *file, const struct lw_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		const struct lw_problem *p = &report->items[i];
		char where[64] = "";

		if (p->line)
			snprintf(where, sizeof(where), ":%d:%d", p->line, p->column);
		lw_log(p->level == LW_PROBLEM_ERROR ? LW_LOG_ERROR : LW_LOG_WARNING,
		       "%s%s: %s%s%s%s%s%s", file, where, p->message,
		       p->pointer && p->pointer[0] ? " (" : "",
		       p->pointer && p->pointer[0] ? p->pointer : "",
		       p->pointer && p->pointer[0] ? ")" : "", p->hint ? "; " : "",
		       p->hint ? p->hint : "");
	}
}

struct index_walk {
	struct lw_bpf *bpf;
	__u32 gen;
};

static int index_one(const char *path, bool is_dir, __u32 state, void *arg)
{
	struct index_walk *walk = arg;
	int r = lw_bpf_index_add(walk->bpf, path, walk->gen, state);

	(void)is_dir;
	if (r == -E2BIG || r == -ENOSPC || r == -ENOMEM)
		return r;
	return 0; /* it has gone, or cannot be reached: not by a loader either */
}

/* The inodes that the policy's paths lead to now. Return: 0; -errno: not all of them were found. */
static int index_policy(struct lw_monitor *m)
{
	struct index_walk walk = { .bpf = m->bpf, .gen = m->gen };
	__u64 start = lw_stamp_now();
	int r;

	lw_bpf_index_begin(m->bpf);
	r = lw_policy_walk_named(m->policy, INDEX_MAX, index_one, &walk);
	m->indexed = lw_stamp_now();
	m->index_rest = (m->indexed - start) * INDEX_REST;
	if (m->index_rest < INDEX_FRESH_NS)
		m->index_rest = INDEX_FRESH_NS;
	if (lw_bpf_index_commit(m->bpf) < 0)
		lw_error("the index of inodes cannot be written: names are judged by path alone");
	if (r < 0)
		lw_warning("the policy names more files than can be watched by inode (%s): beyond "
			   "them, hard links and bind mounts are judged by path alone",
			   strerror(-r));
	return r < 0 ? r : 0;
}

void lw_monitor_index(struct lw_monitor *m)
{
	if (lw_stamp_now() - m->indexed <= m->index_rest)
		return;
	if (index_policy(m) == 0) /* else an earlier look may know more */
		lw_bpf_index_drop(m->bpf, m->gen);
	lw_monitor_mark(m);
}

/* The hooks that policy and mode need; those that cost every task something only where they do. */
static void want_hooks(struct lw_monitor *m)
{
	const struct lw_cfg *cfg = lw_bpf_settings(m->bpf);

	lw_bpf_want(m->bpf, lw_policy_hooks(m->policy, cfg->mode));
	if (cfg->live_tags)
		lw_monitor_heat(m);
}

/* Whose answers rules by domain believe: the machine may have got other name servers since. */
void lw_monitor_resolvers(struct lw_monitor *m)
{
	const struct lw_policy *p = m->policy;
	struct lw_resolver_key keys[LW_RESOLVERS_MAX];
	size_t n = p->n_resolvers;
	int r;

	if (!lw_bpf_settings(m->bpf)->dns)
		return;

	if (n)
		memcpy(keys, p->resolvers, n * sizeof(*keys));
	if (p->resolvers_system)
		lw_resolv_system(keys, LW_RESOLVERS_MAX, &n);
	r = lw_bpf_resolvers(m->bpf, keys, n);
	if (r < 0)
		lw_error("the addresses of name servers cannot be written: %s; rules by domain "
			 "cover no address",
			 strerror(-r));
}

int lw_monitor_install(struct lw_monitor *m, struct lw_policy *policy)
{
	struct lw_policy *old = m->policy;
	int r;

	m->gen++;
	policy->image->hdr.gen = m->gen;
	m->policy = policy;
	index_policy(m);
	r = lw_bpf_install(m->bpf, 0, policy->image);
	if (r < 0) {
		m->gen--;
		m->policy = old;
		lw_error("cannot install the policy in the kernel: %s", strerror(-r));
		return r;
	}
	lw_bpf_index_drop(m->bpf, m->gen);
	lw_monitor_pins_policy(m);
	lw_monitor_models_policy(m);
	want_hooks(m);
	lw_monitor_resolvers(m);
	r = lw_recorder_set_policy(m->recorder, m->gen, policy);
	if (r < 0)
		lw_error("records will not name the rules of this policy: %s", strerror(-r));
	if (old != policy)
		lw_policy_free(old);
	lw_monitor_remark(m);
	return 0;
}

int lw_monitor_load_policy(struct lw_monitor *m, struct lw_policy **ret_policy)
{
	struct lw_policy_self self = { .log = m->options.log,
				       .policy = m->options.policy,
				       .binary = "/proc/self/exe",
				       .socket = m->options.socket,
				       .pins = m->options.pins,
				       .pid = getpid() };
	struct lw_policy_env env = { .self = &self };
	struct lw_report report = {};
	int r = lw_policy_load(m->options.policy, &env, ret_policy, &report);

	if (!m->options.quiet || r < 0)
		lw_monitor_print_report(m->options.policy, &report);
	lw_report_free(&report);
	return r;
}

void lw_monitor_set_mode(struct lw_monitor *m, int mode)
{
	lw_bpf_settings(m->bpf)->mode = mode;
	want_hooks(m);
	if (mode == LW_MODE_OBSERVE)
		lw_monitor_unmark(m);
	else if (lw_bpf_hot(m->bpf))
		lw_monitor_mark(m);
	lw_recorder_set_mode(m->recorder, mode);
	lw_recorder_note(m->recorder, "monitor.mode", "mode",
			 mode == LW_MODE_ENFORCE ? "enforce" : "observe", NULL);
}

int lw_monitor_reload(struct lw_monitor *m)
{
	struct lw_policy *policy = NULL;
	int r = lw_monitor_load_policy(m, &policy);

	if (r >= 0)
		r = lw_monitor_install(m, policy);
	if (r < 0) {
		lw_policy_free(policy);
		lw_error("the policy is not reloaded: the old one stays in force");
		lw_recorder_note(m->recorder, "monitor.policy", "result", "refused", "digest",
				 m->policy->digest, NULL);
		return r;
	}
	lw_info("policy %s reloaded, digest %.16s", m->policy->name, m->policy->digest);
	lw_recorder_note(m->recorder, "monitor.policy", "result", "loaded", "digest",
			 m->policy->digest, NULL);
	if (m->options.mode < 0)
		lw_monitor_set_mode(m, m->policy->mode);
	return 0;
}
