/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_READER_H
#define LW_ENRICH_MODEL_READER_H

/*
 * What only files tell of a model: read by a thread of its own, since a file system may not answer.
 * Nothing is read that the loader itself could not read, and nothing but regular files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "enrich/model_format.h"
#include "enrich/model_layout.h"

/* What is to be read. */
enum lw_model_want {
	LW_WANT_ENV = 1 << 0,	  /* the environment of the process */
	LW_WANT_FORMAT = 1 << 1,  /* what the file is */
	LW_WANT_DIR = 1 << 2,	  /* the nearest directory above it that describes a model */
	LW_WANT_VERSION = 1 << 3, /* the revision that ModelScope's client notes in `dir` */
};

/* A question, and its answer. */
struct lw_model_ask {
	struct lw_model_ask *next;
	uint64_t tag;
	uint32_t model, file; /* lw_model.id and .files when it was asked */
	unsigned int want;
	uint32_t pid;
	uint64_t start; /* of the process */
	uid_t uid;	/* with whose rights, init user namespace */
	gid_t gid;
	uint64_t ino; /* of the file: another one there now is not read */
	uint32_t dev; /* kernel's s_dev */
	bool source;  /* LW_WANT_FORMAT: the model calls it *.py, whatever a blob is called */
	size_t dir;   /* LW_WANT_VERSION: bytes of path[] that name the directory */

	int error; /* 0 or -errno: of the file */
	enum lw_format format;
	size_t nearest; /* bytes of path[]; 0: there is none */
	char revision[LW_MODEL_REVISION];
	struct lw_model_roots roots;
	char path[]; /* resolved, as the process's mount namespace has it; NUL */
};

struct lw_model_reader;

/** lw_model_ask_new() - a question about a file, to be filled in; NULL: no memory. */
struct lw_model_ask *lw_model_ask_new(const char *path, size_t len);

/**
 * lw_model_reader_new() - a reader. Its thread is made when there is something to read.
 * @ret: free with lw_model_reader_free()
 *
 * Return: 0, -ENOMEM, -errno.
 */
int lw_model_reader_new(struct lw_model_reader **ret);

/** lw_model_reader_free() - a thread that a file system holds is left behind. NULL is fine. */
void lw_model_reader_free(struct lw_model_reader *r);

/** lw_model_reader_fd() - readable when there are answers. */
int lw_model_reader_fd(const struct lw_model_reader *r);

/**
 * lw_model_reader_ask() - @ask is the reader's until it comes back.
 *
 * Return: 0; -EAGAIN: LW_MODEL_ASKS wait already; -errno. On error it is the caller's still.
 */
int lw_model_reader_ask(struct lw_model_reader *r, struct lw_model_ask *ask);

/**
 * lw_model_reader_take() - an answer, in the order of the questions; free() it.
 * @wait_ms: for how long to wait for one; 0: not at all
 *
 * Return: NULL: there is none yet.
 */
struct lw_model_ask *lw_model_reader_take(struct lw_model_reader *r, int wait_ms);

#endif
