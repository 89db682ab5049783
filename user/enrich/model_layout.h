/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_LAYOUT_H
#define LW_ENRICH_MODEL_LAYOUT_H

/*
 * What the path of a file says of the model that it belongs to: the layouts in which the clients of
 * model hubs keep what they have downloaded. Pure functions of text; the text is hostile.
 */

#include <stdbool.h>
#include <stddef.h>

#include "decode/decode.h"

#define LW_MODEL_REPO	  512 /* bytes with NUL: two components of 255 */
#define LW_MODEL_REVISION 256 /* bytes with NUL: one component */
#define LW_MODEL_ROOT	  512 /* bytes with NUL of a directory that the environment names */

enum lw_hub {
	LW_HUB_NONE = 0,
	LW_HUB_HUGGINGFACE,
	LW_HUB_MODELSCOPE,
	LW_HUB_OPENCSG,
	LW_HUB_PYTORCH,
	LW_HUB_OPENMMLAB,
	LW_HUB_LOCAL, /* a directory that is in no hub's cache */
	LW_HUB_COUNT,
};

/* "huggingface", ...; NULL for LW_HUB_NONE. */
const char *lw_hub_name(enum lw_hub hub);

/* What a file is to its model. */
enum lw_model_part {
	LW_PART_NONE = 0, /* the path says nothing */
	LW_PART_FILE,	  /* one of its files */
	LW_PART_BLOB,	  /* the same, but the revision it is of is not in the path */
	LW_PART_REF,	  /* what a branch or tag points to: the revision is looked up */
	LW_PART_CODE,	  /* a copy of its Python files, from which they are imported */
	LW_PART_COPY,	  /* the same of a model in a directory: its last component is `repo` */
	LW_PART_OWN,	  /* kept by the hub's client about the model, no part of it */
	LW_PART_MMENGINE, /* MMEngine's loader of configurations, which executes them */
	LW_PART_TEMP,	  /* a Python file with a name of tempfile's, as MMEngine makes one */
};

struct lw_layout {
	enum lw_model_part part;
	enum lw_hub hub;
	bool commit; /* the revision is the full hash of a commit */
	char repo[LW_MODEL_REPO];
	char revision[LW_MODEL_REVISION]; /* "": not in the path */
	struct lw_span dir;		  /* of this revision of the model, within the path */
	struct lw_span file;		  /* within that directory */
};

/*
 * Where the process has its caches, by its environment: absolute, without '/' at the end; "": the
 * usual places, which the layouts know by their names.
 */
struct lw_model_roots {
	char torch[LW_MODEL_ROOT];	/* $TORCH_HOME/hub */
	char modelscope[LW_MODEL_ROOT]; /* $MODELSCOPE_CACHE */
	char opencsg[LW_MODEL_ROOT];	/* $CSGHUB_CACHE */
};

/**
 * lw_model_roots_read() - from an environment.
 * @env: NAME=VALUE, each ended by NUL; any bytes
 * @len: bytes
 * @ret: all of it is set
 *
 * HF_HOME, HF_HUB_CACHE, HF_MODULES_CACHE and XDG_CACHE_HOME are not needed: the layouts below
 * these have names of their own, wherever they lie.
 */
void lw_model_roots_read(const char *env, size_t len, struct lw_model_roots *ret);

/**
 * lw_layout_parse() - the model that a path names.
 * @path: absolute path, as the process has written it or as it was resolved
 * @len: bytes
 * @roots: of the process; NULL: none are known
 * @ret: what was found; its spans point into @path
 *
 * The first layout in the path counts, not the last: what lies in a model may have any name.
 * Return: true when there is one.
 */
bool lw_layout_parse(const char *path, size_t len, const struct lw_model_roots *roots,
		     struct lw_layout *ret);

/** lw_model_is_commit() - is this the full hash of a commit: 40 hex digits? */
bool lw_model_is_commit(const char *s, size_t len);

/**
 * lw_model_is_id() - can this be a part of a repository's name, or a revision: what hubs allow, so
 * that a made up one can hold nothing else?
 */
bool lw_model_is_id(const char *s, size_t len);

/**
 * lw_model_module_name() - what transformers calls the directory of a name's code copies.
 * @buf: gets it, with NUL
 *
 * Return: its length; 0: it does not fit.
 */
size_t lw_model_module_name(const char *name, size_t len, char *buf, size_t size);

#endif
