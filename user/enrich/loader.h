/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_LOADER_H
#define LW_ENRICH_LOADER_H

/* What is known of a loader, for the records that follow. */

#include <stddef.h>
#include <stdint.h>

struct lw_model_set;

#define LW_LOADER_RULE_MAX 128 /* bytes of the name of the rule that tagged it, with NUL */

struct lw_loader {
	struct lw_loader *next; /* hash chain */
	uint64_t id;		/* tag */
	uint64_t root_start;
	uint32_t root;			   /* 0: its loader.start was not seen yet */
	struct lw_model_set *models;	   /* enrich/model.h; NULL: none */
	char why_rule[LW_LOADER_RULE_MAX]; /* "": none */
};

struct lw_loaders;

/**
 * lw_loaders_new() - empty table.
 * @max: loaders
 * @free_models: for what is in `models` of an entry; not called with NULL
 *
 * Return: 0, -ENOMEM.
 */
int lw_loaders_new(size_t max, void (*free_models)(struct lw_model_set *), struct lw_loaders **ret);
void lw_loaders_free(struct lw_loaders *t);

/** lw_loaders_find() - a loader, or NULL. */
struct lw_loader *lw_loaders_find(struct lw_loaders *t, uint64_t id);

/** lw_loaders_enter() - a loader, entered when it is new. NULL: table full or no memory. */
struct lw_loader *lw_loaders_enter(struct lw_loaders *t, uint64_t id);

/**
 * lw_loaders_end() - after loader.end, which overtakes the loader's telemetry in the other ring.
 *
 * The entry stays until many others have ended, or until room is needed.
 */
void lw_loaders_end(struct lw_loaders *t, uint64_t id);

#endif
