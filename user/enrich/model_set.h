/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_SET_H
#define LW_ENRICH_MODEL_SET_H

/* For model.c: the models of one loader. */

#include "enrich/model.h"

#define LW_MODEL_HINTS 8 /* directories in which a description of a model was read */
#define LW_MODEL_ENVS  8 /* processes whose environment is kept */

/* The environment of a process, as far as it moves caches. */
struct lw_model_env {
	uint64_t start;
	uint32_t pid; /* 0: free */
	bool known;   /* it was read, or cannot be */
	struct lw_model_roots roots;
};

/* An open that waits until it is known where its process has its caches. */
struct lw_model_waiting {
	struct lw_model_waiting *next;
	struct lw_ev *ev;
};

struct lw_model_set {
	struct lw_model models[LW_MODELS_MAX]; /* in the order in which they were loaded */
	size_t n;
	struct lw_model *current;
	struct lw_model *opened;     /* the one whose `file` the last open was; NULL: none */
	uint32_t ids;		     /* of models so far */
	char *hints[LW_MODEL_HINTS]; /* newest last */
	size_t n_hints;
	char *source;  /* Python file that was read last */
	bool mmengine; /* MMEngine's loader of configurations was read */
	bool given_up; /* there were more models than are kept */

	struct lw_model_env envs[LW_MODEL_ENVS];
	size_t next_env;
	struct lw_model_waiting *waiting, **waiting_end;
	size_t n_waiting;
	unsigned int asked; /* questions without an answer yet */
	uint32_t strong;    /* artefacts that make a model by themselves, seen so far */
};

/* One open, with what its path says. */
struct lw_opened {
	struct lw_layout at;
	struct lw_span path; /* as it was resolved */
	bool write, strong;
};

/** lw_model_set_open() - learn from an open. Return: true when something is other than before. */
bool lw_model_set_open(struct lw_model_set *set, const struct lw_opened *o);

/** lw_model_set_owns() - see lw_models_owns(). */
bool lw_model_set_owns(const struct lw_model_set *set, const char *path, size_t len);

/** lw_model_set_find() - by its number; NULL: it was given up. */
struct lw_model *lw_model_set_find(struct lw_model_set *set, uint32_t id);

/** lw_model_set_move() - a model lies in a directory above the one that its file lies in. */
bool lw_model_set_move(struct lw_model_set *set, struct lw_model *m, struct lw_span dir);

/** lw_model_is_description() - a file of words about a model, by its name. */
bool lw_model_is_description(const char *file);

/** lw_model_is_source() - the same of Python. */
bool lw_model_is_source(const char *file);

/** lw_model_prefix() - the length of @dir where @path lies in it, else 0. */
size_t lw_model_prefix(const char *dir, struct lw_span path);

/** lw_model_revised() - a revision was found in the model's directory. */
bool lw_model_revised(struct lw_model *m, struct lw_span revision);

#endif
