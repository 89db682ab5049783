/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_H
#define LW_ENRICH_MODEL_H

/*
 * Which models a loader has loaded: learned from the files that it opens. It adds words to records
 * and decides the `model` of rules. A path is what the loader makes of it: who lays out a cache by
 * hand can give a model any name.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h"
#include "enrich/loader.h"
#include "enrich/model_format.h"
#include "enrich/model_layout.h"

#define LW_MODELS_MAX 16 /* of one loader; the one that was loaded first is given up */
#define LW_MODEL_DIRS 4	 /* of one model: its directory, and copies of its code */

/* Whether the revision can change under its name. */
enum lw_pinned { LW_PIN_UNKNOWN, LW_PINNED, LW_NOT_PINNED };

struct lw_model {
	enum lw_hub hub;
	enum lw_pinned pinned;
	enum lw_format format; /* of `file` */
	unsigned int formats;  /* bits of all its files so far */
	bool moving;	       /* its revision was looked up by a name that can move */
	bool loaded;	       /* a file of it was read; else it was only downloaded or looked up */
	char *repo;	       /* OWNER/NAME; of LW_HUB_LOCAL its directory; NULL: not known */
	char *revision;	       /* NULL: not known */
	char *file;	       /* the one opened last, but for what describes others; NULL: none */
	char *dirs[LW_MODEL_DIRS]; /* absolute, as its mount namespace has them; NULL: no more */
	uint32_t id;		   /* within the loader */
	uint32_t files;		   /* that `file` has been so far */
	bool pending;		   /* the reader is asked for its format */
	int missing;		   /* 0; -errno: why `format` could not be learned */
	bool unread;		   /* of some of its files the format is not known */
};

struct lw_models;
struct lw_model_set;

/**
 * lw_models_new() - what is known of the models of loaders.
 * @loaders: where it is kept, made with lw_model_set_free()
 * @ret: free with lw_models_free(), after @loaders
 *
 * Return: 0, -ENOMEM.
 */
int lw_models_new(struct lw_loaders *loaders, struct lw_models **ret);

/** lw_models_free() - @t may be NULL. */
void lw_models_free(struct lw_models *t);

/** lw_model_set_free() - the models of one loader. */
void lw_model_set_free(struct lw_model_set *set);

/**
 * lw_models_open() - learn from a file.open whose file.artefact is not 0.
 *
 * The first of a process waits until its environment is read, and what follows waits with it.
 *
 * Return: true when something about the loader's models may be other than before.
 */
bool lw_models_open(struct lw_models *t, const struct lw_ev *ev);

/** lw_models_exec() - after a process.exec: the process may have another environment. */
void lw_models_exec(struct lw_models *t, const struct lw_ev *ev);

/** lw_models_fd() - readable when the reader has answers. */
int lw_models_fd(const struct lw_models *t);

/**
 * lw_models_take() - take in what the reader has found out.
 * @fn: called for each loader of which that is news; NULL: nobody
 */
void lw_models_take(struct lw_models *t, void (*fn)(uint64_t tag, void *arg), void *arg);

/**
 * lw_models_wait() - the same, until nothing is left to be found out about one loader.
 * @wait_ms: at most; a reader that has been waited for in vain is not waited for again
 *
 * Return: as lw_models_open().
 */
bool lw_models_wait(struct lw_models *t, uint64_t tag, int wait_ms);

/**
 * lw_models_seen() - how much of what the loader has opened is in its models.
 * @ret_all: false: there were more models than are kept
 *
 * Return: opens with LW_ARTEFACT_STRONG so far.
 */
uint32_t lw_models_seen(const struct lw_models *t, uint64_t tag, bool *ret_all);

/** lw_models_current() - the model that a loader has turned to last; NULL: none is known. */
const struct lw_model *lw_models_current(const struct lw_models *t, uint64_t tag);

/**
 * lw_models_list() - the models of a loader, in the order in which they were loaded.
 * @ret: pointers, valid until the next call that is given @t
 *
 * Return: how many.
 */
size_t lw_models_list(const struct lw_models *t, uint64_t tag,
		      const struct lw_model *ret[LW_MODELS_MAX]);

/**
 * lw_models_owns() - is this path below a directory of one of the loader's models, or of a copy of
 * its code?
 * @path: absolute; any bytes
 * @len: bytes
 */
bool lw_models_owns(const struct lw_models *t, uint64_t tag, const char *path, size_t len);

#endif
