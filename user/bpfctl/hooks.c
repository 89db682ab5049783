/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs are attached, and when; what the programs are told of that. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "bpfctl/pins_dir.h"

#define TRACEPOINT_PREFIX "tp/syscalls/"

/* Hooks that live only while a loader does. */
static bool is_hot(const struct hook *h)
{
	return lw_hook_in(h, LW_GROUP_HOT) || lw_hook_in(h, LW_GROUP_CALLS) ||
	       lw_hook_in(h, LW_GROUP_ENTRY) || lw_hook_in(h, LW_GROUP_RING) ||
	       lw_hook_in(h, LW_GROUP_COMPAT) || lw_hook_in(h, LW_GROUP_DNS) ||
	       lw_hook_is_security(h);
}

bool lw_hook_wanted(const struct lw_bpf *bpf, const struct hook *h)
{
	if (h->state.missing)
		return false;
	if (lw_hook_in(h, LW_GROUP_CHECK))
		return bpf->wanted >> LW_GROUP_CALLS & 1;
	if (lw_hook_in(h, LW_GROUP_AUDIT))
		return bpf->pickle_audit;
	return !is_hot(h) || lw_hook_in(h, LW_GROUP_HOT) || lw_hook_in(h, LW_GROUP_RING) ||
	       lw_hook_in(h, LW_GROUP_DENY) || bpf->wanted >> h->state.group_id & 1;
}

/*
 * Tells the programs what security hooks take over: a kind only when all of its hooks live, since
 * the hooks of the calls then leave it alone.
 */
static void say_denied(struct lw_bpf *bpf)
{
	struct lw_cfg *cfg = lw_bpf_settings(bpf);
	__u64 there = 0, not_there = 0;
	__u32 checks = 0, no_checks = 0;

	for (size_t i = 0; i < bpf->n_hooks; i++) {
		const struct hook *h = &bpf->hooks[i];

		if (!lw_hook_is_security(h) || h->state.missing)
			continue;
		if (lw_hook_in(h, LW_GROUP_CHECK))
			*(h->link ? &checks : &no_checks) = 1;
		else
			*(h->link ? &there : &not_there) |= LW_ON(h->state.kind);
	}
	cfg->deny_by = bpf->deny_by;
	cfg->deny_kinds = there & ~not_there;
	cfg->deny_calls = checks && !no_checks;
}

/*
 * Tells the programs what is there: the end of compat calls, names. Not before they are in force:
 * those that are have others.
 */
static void say_groups(struct lw_bpf *bpf)
{
	struct lw_cfg *cfg = lw_bpf_settings(bpf);
	__u32 seen = 0;

	if (!bpf->active)
		return;
	for (size_t i = 0; i < bpf->n_hooks; i++)
		seen |= lw_hook_in(&bpf->hooks[i], LW_GROUP_COMPAT) && bpf->hooks[i].link;
	cfg->compat_exit = seen;
	cfg->dns = bpf->wanted >> LW_GROUP_DNS & 1;
	say_denied(bpf);
}

void lw_bpf_want(struct lw_bpf *bpf, unsigned int groups)
{
	bpf->wanted = groups;
	say_groups(bpf);
}

static struct bpf_link *attach_one(struct lw_bpf *bpf, const struct hook *h)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(bpf->skel->obj, h->state.program);

	if (!prog || bpf_program__fd(prog) < 0) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (!strncmp(h->state.where, TRACEPOINT_PREFIX, strlen(TRACEPOINT_PREFIX)))
		return bpf_program__attach_tracepoint(prog, "syscalls",
						      h->state.where + strlen(TRACEPOINT_PREFIX));
	if (h->state.backend == LW_BE_CGROUP)
		return bpf_program__attach_cgroup(prog, bpf->cgroup);
	return bpf_program__attach(prog);
}

/* Without it the hook is there, but ends with the process: lw_bpf_unpinned(). */
static void pin_hook(struct lw_bpf *bpf, struct hook *h)
{
	int r = -EOPNOTSUPP;

	if (!bpf->pins)
		return;
	if (bpf_link__fd(h->link) >= 0)
		r = lw_pins_hook(bpf->pins, bpf->epoch, h - bpf->hooks, h->state.program,
				 bpf_link__fd(h->link));
	h->pinned = r >= 0;
	if (r < 0)
		lw_debug("%s at %s cannot be pinned: %s", h->state.program, h->state.where,
			 strerror(-r));
}

static int attach_hook(struct lw_bpf *bpf, struct hook *h, struct lw_bpf_error *err)
{
	int r;

	if (h->link)
		return 0;
	h->link = attach_one(bpf, h);
	r = -errno;
	if (h->link) {
		h->state.attached = true;
		h->state.why_not[0] = '\0';
		pin_hook(bpf, h);
		return 0;
	}
	snprintf(h->state.why_not, sizeof(h->state.why_not), "%s", strerror(-r));
	if (is_hot(h) && r == -ENOENT && access("/sys/kernel/tracing/events", F_OK) < 0)
		return lw_bpf_fail(
			err, r,
			"tracefs is not mounted: mount -t tracefs none /sys/kernel/tracing");
	return lw_bpf_fail(err, r, "cannot attach %s at %s: %s", h->state.program, h->state.where,
			   strerror(-r));
}

int lw_bpf_attach_core(struct lw_bpf *bpf, struct lw_bpf_error *ret_error)
{
	bpf->cgroup = lw_cgroup_root();
	if (bpf->cgroup < 0)
		return lw_bpf_fail(ret_error, bpf->cgroup,
				   "no cgroup v2 hierarchy is mounted: network rules need one "
				   "(mount -t cgroup2 none /sys/fs/cgroup/unified)");
	for (size_t i = 0; i < bpf->n_hooks; i++) {
		struct hook *h = &bpf->hooks[i];
		int r;

		if (lw_hook_in(h, LW_GROUP_OPT) && !h->state.missing) {
			attach_hook(bpf, h, ret_error); /* another row covers the effect */
			continue;
		}
		if (!lw_hook_in(h, LW_GROUP_CORE))
			continue;
		r = attach_hook(bpf, h, ret_error);
		if (r < 0)
			return r;
	}
	return 0;
}

int lw_bpf_attach_hot(struct lw_bpf *bpf, struct lw_bpf_error *ret_error)
{
	int first = 0;

	for (size_t i = 0; i < bpf->n_hooks; i++) {
		int r;

		if (!is_hot(&bpf->hooks[i]) || !lw_hook_wanted(bpf, &bpf->hooks[i]))
			continue;
		r = attach_hook(bpf, &bpf->hooks[i], ret_error);
		if (r < 0 && !first)
			first = r;
	}
	say_groups(bpf);
	return first;
}

/* Attached, and to be taken away. */
static bool should_go(const struct lw_bpf *bpf, const struct hook *h, bool all)
{
	return is_hot(h) && h->link && (all || !lw_hook_wanted(bpf, h));
}

int lw_bpf_detach_hot_one(struct lw_bpf *bpf, bool all)
{
	struct bpf_link *gone;
	int left = 0;

	for (size_t i = 0; i < bpf->n_hooks; i++)
		left += should_go(bpf, &bpf->hooks[i], all);
	for (size_t i = 0; i < bpf->n_hooks; i++) {
		struct hook *h = &bpf->hooks[i];

		if (!should_go(bpf, h, all))
			continue;
		gone = h->link;
		h->link = NULL;
		h->state.attached = false;
		if (h->pinned)
			lw_pins_unhook(bpf->pins, bpf->epoch, i, h->state.program);
		h->pinned = false;
		say_groups(bpf); /* before the hook is gone: what begins meanwhile is judged */
		bpf_link__destroy(gone);
		return left - 1;
	}
	return 0;
}

static int count_hot(const struct lw_bpf *bpf, bool all)
{
	int n = 0;

	for (size_t i = 0; i < bpf->n_hooks; i++)
		n += is_hot(&bpf->hooks[i]) && lw_hook_wanted(bpf, &bpf->hooks[i]) &&
		     (all || bpf->hooks[i].link);
	return n;
}

int lw_bpf_hot(const struct lw_bpf *bpf)
{
	return count_hot(bpf, false);
}

int lw_bpf_hot_all(const struct lw_bpf *bpf)
{
	return count_hot(bpf, true);
}

enum lw_backend lw_bpf_deny_by(const struct lw_bpf *bpf)
{
	return bpf->deny_by;
}

int lw_bpf_activate(struct lw_bpf *bpf, struct lw_bpf_error *ret_error)
{
	struct lw_cfg *cfg = lw_bpf_settings(bpf);
	int r;

	if (bpf->pins)
		lw_pins_state(bpf->pins)->magic = LW_PIN_MAGIC;
	bpf->active = true;
	say_groups(bpf);
	__atomic_store_n(&cfg->epoch, bpf->epoch, __ATOMIC_SEQ_CST);
	r = bpf->pins ? lw_pins_only(bpf->pins, bpf->epoch) : 0;
	return r < 0 ? lw_bpf_fail(ret_error, r, "the hooks of the daemon before: %s", strerror(-r))
		     : 0;
}

struct lw_pin_state *lw_bpf_pins(struct lw_bpf *bpf)
{
	return bpf->pins ? lw_pins_state(bpf->pins) : NULL;
}

int lw_bpf_unpinned(const struct lw_bpf *bpf)
{
	int n = 0;

	for (size_t i = 0; bpf->pins && i < bpf->n_hooks; i++)
		n += bpf->hooks[i].link && !bpf->hooks[i].pinned;
	return n;
}

const struct lw_hook_state *lw_bpf_hooks(const struct lw_bpf *bpf, size_t *ret_n)
{
	for (size_t i = 0; i < bpf->n_hooks; i++) {
		bpf->states[i] = bpf->hooks[i].state;
		bpf->states[i].wanted = lw_hook_wanted(bpf, &bpf->hooks[i]);
	}
	*ret_n = bpf->n_hooks;
	return bpf->states;
}
