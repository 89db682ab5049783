/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_SEGMENT_H
#define LW_FORENSIC_SEGMENT_H

/* Log directory and its files: names, lock, and writes that leave whole lines. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_SEGMENT_NAME sizeof("loadward-20261123T065908Z-000001.jsonl")

struct lw_segment {
	int dir_fd, lock_fd, fd;
	uint64_t size; /* bytes of whole lines in the file */
	bool torn;     /* a partial line could not be cut away yet */
	char name[LW_SEGMENT_NAME];
};

/**
 * lw_segment_dir() - open or create the directory, and lock it for this writer.
 *
 * Return: 0; -EBUSY, -errno; the reason is on stderr.
 */
int lw_segment_dir(struct lw_segment *seg, const char *dir);

/**
 * lw_segment_next() - begin a new file, whose name sorts after all that are there.
 *
 * Return: 0; -errno: the old file (if any) stays open.
 */
int lw_segment_next(struct lw_segment *seg);

/**
 * lw_segment_write() - append whole lines.
 * @seg: segment
 * @buf: lines, each ended by a newline
 * @len: bytes
 * @ret_done: bytes of the lines that are in the file now, also on error
 *
 * Return: 0 or -errno; a line that was written in part is cut away again.
 */
int lw_segment_write(struct lw_segment *seg, const char *buf, size_t len, size_t *ret_done);

void lw_segment_close(struct lw_segment *seg);

#endif
