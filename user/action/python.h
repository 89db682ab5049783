/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_PYTHON_H
#define LW_ACTION_PYTHON_H

/*
 * A thread that reads files which loaders have mapped, for the interpreters in them, so that the
 * kernel side knows every later process by them. A file system may make it wait for ever: never the
 * loop that records and kills.
 */

#include "bpfctl/bpf.h"

struct lw_python;

/**
 * lw_python_new() - start the thread.
 * @bpf: must outlive it
 * @pickles: report what is unpickled by the interpreters that it finds
 * @ret_python: free with lw_python_free()
 */
int lw_python_new(struct lw_bpf *bpf, bool pickles, struct lw_python **ret_python);

/** lw_python_free() - end it; a thread that a file system holds is left behind. May be NULL. */
void lw_python_free(struct lw_python *python);

/**
 * lw_python_process() - look at all that a process has mapped: one that was not seen to do so.
 *
 * Return: 0; -EAGAIN: the thread has too much to do.
 */
int lw_python_process(struct lw_python *python, pid_t pid);

/** lw_python_all() - the same of every process of a loader or candidate: news were lost. */
int lw_python_all(struct lw_python *python);

/**
 * lw_python_program() - read a program and the library with its interpreter before it is run.
 * @path: of the program, or of a script
 * @timeout_ms: for a file system; then it is read when it runs
 */
void lw_python_program(struct lw_python *python, const char *path, int timeout_ms);

#endif
