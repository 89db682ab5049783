/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_CULPRIT_H
#define LW_ENRICH_CULPRIT_H

/*
 * Which frame of a Python stack a person wants to see. Files are told apart by their names alone,
 * which are what the process says: the answer is a hint, and nothing is decided by it.
 */

#include <stdbool.h>

#include "enrich/stacks.h"

/* What is known of the models that a loader has loaded. */
struct lw_model_code {
	/* Is this file, as the interpreter names it, code of one of them? NULL: not known. */
	bool (*owns)(void *arg, struct lw_span file);
	void *arg;
};

/** Whose code a file is. */
enum lw_code {
	LW_CODE_NO_FILE, /* "<string>", "<frozen importlib._bootstrap>", "" */
	LW_CODE_LIBRARY, /* standard library, site-packages, dist-packages */
	LW_CODE_MODEL,
	LW_CODE_OTHER,
};

/**
 * lw_code_of() - whose code a file is, by its name.
 *
 * A model's is what lies in transformers_modules, diffusers_modules or a snapshot of the Hugging
 * Face cache, and hubconf.py. Where a path has marks of both, the first one counts: a model may
 * hold a directory named site-packages, and a library one named transformers_modules.
 */
enum lw_code lw_code_of(struct lw_span file);

/**
 * lw_culprit() - the newest frame of a model's code, else the newest that is no library's.
 * @s: stack
 * @model: beside what the names tell
 *
 * Return: NULL: there is none.
 */
const struct lw_frame *lw_culprit(const struct lw_stack *s, const struct lw_model_code *model);

#endif
