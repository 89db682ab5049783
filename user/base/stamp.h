/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_STAMP_H
#define LW_BASE_STAMP_H

/* The kernel's CLOCK_BOOTTIME as UTC text, nanoseconds kept. */

#include <stdint.h>

#define LW_STAMP_LEN 30 /* 2026-11-23T06:59:08.123456789Z */

struct lw_stamp {
	uint64_t offset; /* ns: realtime - boottime */
	uint64_t sec;	 /* the second whose text is kept, since consecutive records share it */
	char text[20];	 /* 2026-11-23T06:59:08. */
};

/**
 * lw_stamp_sync() - read the two clocks again.
 *
 * Call it at start and about once a second: the wall clock is slewed and stepped, and a record
 * shows the wall time that was believed when it was written.
 */
void lw_stamp_sync(struct lw_stamp *st);

/** lw_stamp_now() - CLOCK_BOOTTIME, ns. */
uint64_t lw_stamp_now(void);

/**
 * lw_stamp_format() - time of an event as text.
 * @st: clock; its kept second changes
 * @boot: ns, CLOCK_BOOTTIME; any value
 * @out: LW_STAMP_LEN bytes, no NUL
 */
void lw_stamp_format(struct lw_stamp *st, uint64_t boot, char *out);

#endif
