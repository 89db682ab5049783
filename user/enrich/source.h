/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_SOURCE_H
#define LW_ENRICH_SOURCE_H

/*
 * One line of Python source, to be shown beside the name of its file. The name is what the process
 * under suspicion says of itself, so nothing is read that it could not read itself, nothing but a
 * regular file whose real name ends in .py, and no file system can make the caller wait for long.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lw_source_at {
	const char *file; /* as the interpreter names it; any bytes */
	size_t file_len;
	uint32_t line;	   /* from 1 */
	pid_t pid;	   /* whose file it is: its root directory counts while it lives */
	uint64_t root_ino; /* that root directory, which may be our own too */
	uint32_t root_dev; /* kernel's s_dev */
	uint32_t mnt_ns;   /* inode of its mount namespace */
	uid_t uid;	   /* with whose rights it is read, init user namespace */
	gid_t gid;
	int64_t before; /* ns, CLOCK_REALTIME: a file that changed later is another one */
};

struct lw_sources;

/**
 * lw_sources_new() - a reader. Its thread is made when there is something to read.
 * @ret: free with lw_sources_free()
 *
 * Return: 0, -ENOMEM.
 */
int lw_sources_new(struct lw_sources **ret);

/** lw_sources_free() - a thread that a file system holds is left behind. @t may be NULL. */
void lw_sources_free(struct lw_sources *t);

/**
 * lw_sources_read() - the text of one line, without what is blank at its ends.
 * @t: reader
 * @at: which one
 * @buf: text, with NUL; any bytes; a longer line is cut
 * @size: bytes, at least 1
 *
 * Waits for LW_SOURCE_WAIT_MS at most.
 *
 * Return: bytes in @buf; -EINVAL: no name of a source file; -ENOENT, -EACCES, ...: as open(2);
 * -ESTALE: the file changed later; -ENODATA: it has no such line, or is too long; -ETIMEDOUT: the
 * file system does not answer; -EBUSY: it still does not.
 */
int lw_sources_read(struct lw_sources *t, const struct lw_source_at *at, char *buf, size_t size);

#endif
