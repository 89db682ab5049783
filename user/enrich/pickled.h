/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_PICKLED_H
#define LW_ENRICH_PICKLED_H

/*
 * The globals that a process has unpickled last: what a pickle calls is one of them, and the stack
 * above the call shows pickle.load alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h"

/* Shared by the processes that were forked since; a change makes a copy then. */
struct lw_pickled {
	uint32_t refs;
	uint16_t n, used;
	uint16_t len[LW_PICKLED_MAX]; /* newest last */
	char data[LW_PICKLED_BYTES];
};

/* "module.name" as UTF-8; any characters. */
struct lw_pickle_text {
	size_t module, name; /* bytes; 0: not known */
	char text[6 * LW_PICKLE_NAME + 1];
};

/** lw_pickle_text() - the names of a checked pickle.global event. */
void lw_pickle_text(const struct lw_ev *ev, struct lw_pickle_text *ret);

/**
 * lw_pickled_add() - add a global as the newest; the oldest ones go.
 * @at: whose list; NULL in it: empty
 * @text: of the global
 *
 * Return: 1; 0: it was there already, and is the newest now; -ENOMEM.
 */
int lw_pickled_add(struct lw_pickled **at, const struct lw_pickle_text *text);

/** lw_pickled_get() - the global that is the @i-th from the newest (0), of p->n. */
struct lw_span lw_pickled_get(const struct lw_pickled *p, unsigned int i);

#endif
