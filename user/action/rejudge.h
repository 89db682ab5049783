/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_REJUDGE_H
#define LW_ACTION_REJUDGE_H

#include "action/resolver.h"

/**
 * lw_rejudge() - what user space has to add to the kernel's verdict on a change.
 * @change: answered; its event becomes user space's own, with the resolved names
 *
 * A name that could not be resolved is an alert. What the kernel side has said already is never
 * undone.
 *
 * Return: 1 when the event is a violation that the kernel side has not seen, or a stricter one:
 * with rule and action, backend `user` and outcome `alerted`; 0 when there is nothing to add;
 * -ENOMEM.
 */
int lw_rejudge(struct lw_change *change);

#endif
