/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_VERDICT_BPF_H
#define LW_VERDICT_BPF_H

/* From a verdict to what happens. The only place that sends a signal. */

#include "match.bpf.h"
#include "python.bpf.h"

#define LW_EPERM 1

/* SIGKILL to the current thread group; lost only when the kernel cannot queue it (-EBUSY). */
static __always_inline int lw_kill_current(struct lw_scratch *s)
{
	int err = bpf_send_signal(SIGKILL);

	if (!err && s)
		s->ev.flags |= LW_EVF_KILL_SENT;
	return err;
}

/*
 * A task that is to die at its next hook: every one of a loader that kill-loader has condemned, and
 * one whose making was forbidden.
 */
static __always_inline int lw_doomed(const struct lw_task *t, const struct lw_tag *tag)
{
	if (!(tag->doomed || t->dying) || lw_cfg.mode == LW_MODE_OBSERVE)
		return 0;
	bpf_send_signal(SIGKILL);
	return 1;
}

/* How strongly a hook can act, and the word for each case. */
struct lw_power {
	__u8 backend; /* enum lw_backend */
	__u8 can_deny;
	__u8 killed; /* enum lw_outcome when this hook kills */
};

/**
 * lw_enforce() - carry out a verdict, and write down what became of the effect.
 * @s: scratch; the event gets rule, action, outcome, backend
 * @tag: loader of the current task
 * @v: verdict
 * @error: 0 or -errno of the call so far: a call that failed has no effect to stop
 * @power: what this hook can do
 *
 * Return: 1 when the hook must deny (only if power.can_deny).
 */
static __always_inline int lw_enforce(struct lw_scratch *s, struct lw_tag *tag,
				      const struct lw_image *img, struct lw_verdict v, int error,
				      struct lw_power power)
{
	struct lw_ev *ev = &s->ev;

	ev->gen = img->hdr.gen;
	ev->rule = v.rule;
	ev->action = v.action;
	ev->error = error;
	if (v.action < LW_ALERT)
		return 0;
	lw_py_label(s);
	ev->flags |= LW_EVF_VIOLATION;
	ev->backend = power.backend;
	ev->outcome = LW_OUT_ALERTED;
	if (error && error != -EINPROGRESS) {
		ev->outcome = LW_OUT_FAILED;
		return 0;
	}
	if (v.action == LW_ALERT)
		return 0;
	if (lw_cfg.mode == LW_MODE_OBSERVE) {
		ev->flags |= LW_EVF_OBSERVED;
		return 0;
	}
	if (v.action == LW_KILL_LOADER && !tag->doomed) {
		tag->doomed_at = bpf_ktime_get_boot_ns();
		tag->doomed = 1;
	}
	if (power.can_deny) {
		ev->outcome = LW_OUT_DENIED;
		return 1;
	}
	ev->outcome = lw_kill_current(s) ? LW_OUT_ALERTED : power.killed;
	return 0;
}

/*
 * Has a security hook denied, and reported, what failed with @error, or will it? It judges the
 * object: a name that leads elsewhere is not forbidden by what it looks like.
 */
static __always_inline int lw_was_denied(struct lw_verdict v, __u32 kind, long error)
{
	return error == -1 /* EPERM */ && v.action >= LW_DENY && lw_cfg.mode != LW_MODE_OBSERVE &&
	       lw_cfg.deny_kinds & LW_ON(kind & (LW_KIND_MAX - 1));
}

/**
 * lw_enforced() - the same for what fanotify has denied already: the call has failed, and nothing
 * has been opened. A process that is to die does so here, where it runs no more code of its own.
 */
static __always_inline void lw_enforced(struct lw_scratch *s, struct lw_tag *tag, __u32 gen,
					struct lw_verdict v)
{
	struct lw_ev *ev = &s->ev;

	lw_py_label(s);
	ev->gen = gen;
	ev->rule = v.rule;
	ev->action = v.action;
	ev->flags |= LW_EVF_VIOLATION;
	ev->error = -LW_EPERM;
	ev->backend = LW_BE_FANOTIFY;
	ev->outcome = LW_OUT_DENIED;
	if (lw_cfg.mode == LW_MODE_OBSERVE)
		return; /* since a moment ago */
	if (v.action == LW_KILL_LOADER && !tag->doomed) {
		tag->doomed_at = bpf_ktime_get_boot_ns();
		tag->doomed = 1;
	}
	if (v.action >= LW_KILL)
		lw_kill_current(s);
}

/* Sends the event when it is a violation, or when it is to be recorded. */
static __always_inline void lw_report(struct lw_scratch *s, __u32 slot, struct task_struct *task,
				      struct lw_verdict v)
{
	int violation = s->ev.flags & LW_EVF_VIOLATION;

	if (violation) {
		lw_event_subject(s, slot, task);
		if (!s->ev.str[LW_STR_ARGS].len)
			lw_args_attach(s, task);
	} else if (!v.record) {
		return;
	}
	lw_event_submit(s, violation);
}

#endif
