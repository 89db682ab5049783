// SPDX-License-Identifier: Apache-2.0
#include "base/stamp.h"

#include <string.h>
#include <time.h>

#define NSEC	 1000000000ULL
#define WALL_MAX (UINT64_MAX / 2) /* the year 2262: always four digits */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC + (uint64_t)ts.tv_nsec;
}

uint64_t lw_stamp_now(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

void lw_stamp_sync(struct lw_stamp *st)
{
	uint64_t best = UINT64_MAX;

	/* The two reads are not one: of three pairs the closest has the least error. */
	for (int i = 0; i < 3; i++) {
		uint64_t a = clock_ns(CLOCK_BOOTTIME);
		uint64_t wall = clock_ns(CLOCK_REALTIME);
		uint64_t b = clock_ns(CLOCK_BOOTTIME);

		if (b - a < best) {
			best = b - a;
			st->offset = wall - (a + (b - a) / 2);
		}
	}
}

static char *digits(char *p, unsigned int value, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = '0' + value % 10;
		value /= 10;
	}
	return p + n;
}

/* Days since 1970-01-01 to a date of the Gregorian calendar; years begin in March here. */
static void date_text(char *p, uint64_t sec)
{
	uint64_t days = sec / 86400 + 719468;
	unsigned int era = days / 146097, doe = days % 146097;
	unsigned int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned int mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;
	unsigned int tod = sec % 86400;

	p = digits(p, era * 400 + yoe + (month <= 2), 4);
	*p++ = '-';
	p = digits(p, month, 2);
	*p++ = '-';
	p = digits(p, doy - (153 * mp + 2) / 5 + 1, 2);
	*p++ = 'T';
	p = digits(p, tod / 3600, 2);
	*p++ = ':';
	p = digits(p, tod / 60 % 60, 2);
	*p++ = ':';
	p = digits(p, tod % 60, 2);
	*p = '.';
}

void lw_stamp_format(struct lw_stamp *st, uint64_t boot, char *out)
{
	uint64_t wall = boot < WALL_MAX - st->offset ? boot + st->offset : WALL_MAX;
	uint64_t sec = wall / NSEC;

	if (sec != st->sec || !st->text[0]) {
		date_text(st->text, sec);
		st->sec = sec;
	}
	memcpy(out, st->text, sizeof(st->text));
	digits(out + sizeof(st->text), wall % NSEC, 9);
	out[LW_STAMP_LEN - 1] = 'Z';
}
