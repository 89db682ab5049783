/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_LOG_H
#define LW_FORENSIC_LOG_H

/*
 * The evidence log: a directory of JSON Lines files (segments), only ever appended to, by one
 * writer. Names sort in the order of writing: loadward-20261123T065908Z-000001.jsonl.
 *
 * When the disk refuses, telemetry is dropped and counted at once; violations are kept in memory,
 * up to a limit, and written when the disk takes them again. The last LW_LOG_RESERVE bytes of the
 * file system are left to violations. A line that was written in part is completed or cut away.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lw_log_opts {
	const char *dir;
	size_t segment_max; /* bytes of one file; 0: LW_LOG_SEGMENT */
	uint64_t reserve;   /* bytes of free disk left to violations; 0: LW_LOG_RESERVE, at most
				  an eighth of the file system */
	size_t queue_max;   /* bytes of violations in memory; 0: LW_LOG_QUEUE */
};

struct lw_log_stats {
	uint64_t lines, bytes;	    /* written */
	uint64_t telemetry_dropped; /* lines; the disk was full or failed */
	uint64_t violations_lost;   /* lines; the queue was full as well */
	size_t queued;		    /* bytes of violations that wait */
	int error;		    /* 0: the log works; -errno of what it suffers from */
};

struct lw_log_dir;

/**
 * lw_log_dir_open() - open or create a log directory and begin a segment.
 * @opts: where and how much
 * @ret: free with lw_log_dir_close()
 *
 * A directory that does not exist is made with mode 0700; its parent must exist. What is wrong is
 * told on stderr in one line.
 *
 * Return: 0; -EBUSY when another process writes there; -ENOTDIR, -ENOENT, -EROFS, -EACCES, -errno.
 */
int lw_log_dir_open(const struct lw_log_opts *opts, struct lw_log_dir **ret);

/** lw_log_dir_close() - write what waits, as far as the disk takes it. Return: 0 or -errno. */
int lw_log_dir_close(struct lw_log_dir *log);

/**
 * lw_log_dir_reserve() - room for one line.
 *
 * Return: a buffer of LW_RECORD_MAX bytes (newline included), valid until the next call.
 */
char *lw_log_dir_reserve(struct lw_log_dir *log);

/**
 * lw_log_dir_commit() - append the line that was made in the reserved room.
 * @log: log
 * @len: bytes, without newline
 * @violation: write it now, and never drop it while memory lasts
 *
 * Every line of the log passes here, in its final order and bytes, and nowhere else: this is where
 * a chain of hashes is to be added.
 */
void lw_log_dir_commit(struct lw_log_dir *log, size_t len, bool violation);

/** lw_log_dir_flush() - write what waits, retry what the disk refused. Return: 0 or -errno. */
int lw_log_dir_flush(struct lw_log_dir *log);

void lw_log_dir_stats(const struct lw_log_dir *log, struct lw_log_stats *ret);

/** lw_log_dir_fd() - the directory, for the list of files that loaders may not touch. */
int lw_log_dir_fd(const struct lw_log_dir *log);

/** lw_log_dir_segment() - name of the current file within the directory. */
const char *lw_log_dir_segment(const struct lw_log_dir *log);

#endif
