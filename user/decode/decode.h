/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_DECODE_H
#define LW_DECODE_DECODE_H

/* Bytes from a ring buffer to a struct lw_ev that the rest of the program may trust. */

#include <stdbool.h>
#include <stddef.h>

#include "lw_events.h"

/* Bytes of an event, not copied. */
struct lw_span {
	const char *s;
	size_t len; /* 0: absent */
};

/**
 * lw_ev_check() - validate an event.
 * @data: bytes of one ring buffer record, aligned to 8
 * @len: bytes
 * @ret_ev: the event inside @data
 *
 * Checks the size, the kind, each enum, the CPU number, that a loader is named and that each string
 * lies within the event and within the limit of its role. The content of strings stays hostile.
 *
 * Return: 0, -EBADMSG.
 */
int lw_ev_check(const void *data, size_t len, const struct lw_ev **ret_ev);

/** lw_ev_str() - a string of a checked event; len is 0 when it is absent. */
static inline struct lw_span lw_ev_str(const struct lw_ev *ev, enum lw_str_role role)
{
	return (struct lw_span){ ev->data + ev->str[role].off, ev->str[role].len };
}

/** lw_ev_comm() - the thread name; it need not end in NUL. */
struct lw_span lw_ev_comm(const struct lw_ev *ev);

/** lw_ev_is_net() - does the event use ev->net? */
bool lw_ev_is_net(const struct lw_ev *ev);

/** lw_ev_is_file() - does the event use ev->file? */
bool lw_ev_is_file(const struct lw_ev *ev);

/** lw_ev_is_call() - does the event use ev->call? */
bool lw_ev_is_call(const struct lw_ev *ev);

/** lw_ev_is_dns() - does the event use ev->dns (whose first part is ev->net)? */
bool lw_ev_is_dns(const struct lw_ev *ev);

/** lw_ev_is_change() - does the event change a name or an attribute of a file? */
bool lw_ev_is_change(const struct lw_ev *ev);

#endif
