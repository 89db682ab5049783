/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_DENIED_BPF_H
#define LW_DENIED_BPF_H

/* Opens that fanotify has denied, as the end of their calls meets them. */

#include "verdict.bpf.h"

#define LW_ERESTARTSYS 512

/* Takes the denial of the current task for @kind into the scratch. Return: 1 when there is one. */
int lw_denied_take(__u32 slot, __u32 kind);

/* Whether a call that gave @ret may have been denied; a signal ends the wait for the answer too. */
static __always_inline int lw_denied(__u32 slot, __u32 kind, long ret)
{
	return (ret == -LW_EPERM || ret == -LW_ERESTARTSYS) && lw_denied_take(slot, kind);
}

/*
 * The verdict on a file that was denied, now that the call says what it was opened for. What the
 * call says may have changed since: then what was decided counts.
 */
static __always_inline struct lw_verdict
lw_denied_verdict(struct lw_scratch *s, __u32 slot, const struct lw_image *img, __u32 profile)
{
	struct lw_verdict v;

	if (img->hdr.gen != s->denied_gen)
		return s->denied_as;
	v = lw_match_states(s, slot, img, profile, s->denied, 0);
	return v.action < LW_DENY ? s->denied_as : v;
}

#endif
