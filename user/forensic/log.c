// SPDX-License-Identifier: Apache-2.0
#include "forensic/log.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "forensic/segment.h"
#include "lw_limits.h"

#define LINES_MAX 1024 /* lines of one batch: about 64 bytes each, shorter than any record */

struct line {
	uint32_t len; /* with newline */
	bool violation;
};

struct lw_log_dir {
	struct lw_segment seg;
	size_t segment_max, queue_max, queued, used, n;
	uint64_t reserve;
	bool low;     /* free space is below the reserve: no telemetry */
	bool grow_on; /* no new file could be begun, and that was said */
	int error;
	struct lw_log_stats stats;
	char *queue; /* lines of violations that the disk refused, oldest first */
	struct line lines[LINES_MAX];
	char buf[LW_LOG_BATCH + LW_RECORD_MAX];
};

static void enqueue(struct lw_log_dir *log, const char *line, size_t len)
{
	if (!log->queue)
		log->queue = malloc(log->queue_max);
	if (!log->queue || log->queued + len > log->queue_max) {
		log->stats.violations_lost++;
		return;
	}
	memcpy(log->queue + log->queued, line, len);
	log->queued += len;
}

/* What the disk did not take of the batch: violations wait, telemetry is given up. */
static void give_up(struct lw_log_dir *log, size_t done)
{
	const char *p = log->buf;

	for (size_t i = 0; i < log->n; i++) {
		const struct line *l = &log->lines[i];

		if (p < log->buf + done)
			log->stats.lines++;
		else if (l->violation)
			enqueue(log, p, l->len);
		else
			log->stats.telemetry_dropped++;
		p += l->len;
	}
	log->used = log->n = 0;
}

/* Takes telemetry out of the batch, so that the space that is left goes to violations. */
static void drop_telemetry(struct lw_log_dir *log)
{
	char *from = log->buf, *to = log->buf;
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct line l = log->lines[i];

		if (l.violation) {
			memmove(to, from, l.len);
			to += l.len;
			log->lines[n++] = l;
		} else {
			log->stats.telemetry_dropped++;
		}
		from += l.len;
	}
	log->n = n;
	log->used = to - log->buf;
}

static void check_space(struct lw_log_dir *log)
{
	struct statvfs fs;
	uint64_t avail, reserve = log->reserve;

	if (fstatvfs(log->seg.fd, &fs))
		return;
	avail = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (reserve > (uint64_t)fs.f_blocks * fs.f_frsize / 8)
		reserve = (uint64_t)fs.f_blocks * fs.f_frsize / 8;
	/* Telemetry comes back only when there is clearly more, not at each block that is freed. */
	log->low = avail < (log->low ? reserve + reserve / 4 : reserve);
}

static int write_queue(struct lw_log_dir *log)
{
	size_t done = 0;
	int err;

	if (!log->queued)
		return 0;
	err = lw_segment_write(&log->seg, log->queue, log->queued, &done);
	for (const char *p = log->queue; p < log->queue + done; p++)
		log->stats.lines += *p == '\n';
	log->stats.bytes += done;
	log->queued -= done;
	memmove(log->queue, log->queue + done, log->queued);
	return err;
}

static int write_batch(struct lw_log_dir *log)
{
	size_t done = 0;
	int err;

	if (!log->used)
		return 0;
	err = lw_segment_write(&log->seg, log->buf, log->used, &done);
	log->stats.bytes += done;
	give_up(log, done);
	return err;
}

static void note_state(struct lw_log_dir *log, int err)
{
	if (!err && log->low)
		err = -ENOSPC;
	if (err && !log->error)
		lw_error("log: %s: telemetry is dropped and counted, violations are %s",
			 strerror(-err), log->queued ? "kept in memory" : "still written");
	else if (!err && log->error)
		lw_info("log: the disk takes records again; %llu of telemetry were dropped",
			(unsigned long long)log->stats.telemetry_dropped);
	log->error = err;
}

/* A file that cannot be begun: the old one grows on. */
static void rotate(struct lw_log_dir *log)
{
	int err;

	if (!log->seg.size || log->seg.size + log->queued + log->used <= log->segment_max)
		return;
	err = lw_segment_next(&log->seg);
	if (err && !log->grow_on)
		lw_error("log: cannot begin a new file: %s; %s grows on", strerror(-err),
			 log->seg.name);
	log->grow_on = err;
}

int lw_log_dir_flush(struct lw_log_dir *log)
{
	int err = 0;

	check_space(log);
	if (log->low)
		drop_telemetry(log);
	rotate(log);
	err = write_queue(log);
	if (err)
		give_up(log, 0);
	else
		err = write_batch(log);
	note_state(log, err);
	return log->error;
}

char *lw_log_dir_reserve(struct lw_log_dir *log)
{
	return log->buf + log->used;
}

void lw_log_dir_commit(struct lw_log_dir *log, size_t len, bool violation)
{
	log->buf[log->used + len] = '\n';
	log->lines[log->n++] = (struct line){ len + 1, violation };
	log->used += len + 1;
	if (violation || log->used >= LW_LOG_BATCH || log->n == LINES_MAX)
		lw_log_dir_flush(log);
}

int lw_log_dir_open(const struct lw_log_opts *opts, struct lw_log_dir **ret)
{
	struct lw_log_dir *log = calloc(1, sizeof(*log));
	int err;

	if (!log)
		return -ENOMEM;
	log->segment_max = opts->segment_max ? opts->segment_max : LW_LOG_SEGMENT;
	log->queue_max = opts->queue_max ? opts->queue_max : LW_LOG_QUEUE;
	log->reserve = opts->reserve ? opts->reserve : LW_LOG_RESERVE;
	err = lw_segment_dir(&log->seg, opts->dir);
	if (!err) {
		err = lw_segment_next(&log->seg);
		if (err)
			lw_error("log directory %s: cannot begin a file in it: %s", opts->dir,
				 strerror(-err));
	}
	if (err) {
		lw_segment_close(&log->seg);
		free(log);
		return err;
	}
	*ret = log;
	return 0;
}

int lw_log_dir_close(struct lw_log_dir *log)
{
	int err;

	if (!log)
		return 0;
	err = lw_log_dir_flush(log);
	if (log->queued)
		lw_error("log: %zu bytes of violations could not be written: %s", log->queued,
			 strerror(-err));
	lw_segment_close(&log->seg);
	free(log->queue);
	free(log);
	return err;
}

void lw_log_dir_stats(const struct lw_log_dir *log, struct lw_log_stats *ret)
{
	*ret = log->stats;
	ret->queued = log->queued;
	ret->error = log->error;
}

int lw_log_dir_fd(const struct lw_log_dir *log)
{
	return log->seg.dir_fd;
}

const char *lw_log_dir_segment(const struct lw_log_dir *log)
{
	return log->seg.name;
}
