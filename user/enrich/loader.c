// SPDX-License-Identifier: Apache-2.0
#include "enrich/loader.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS 256 /* power of two; ids are counted up, so they spread by themselves */

#define LATE 64 /* loaders that have ended and whose telemetry may still be on its way */

struct lw_loaders {
	struct lw_loader *buckets[BUCKETS];
	size_t entries, max, next_late;
	void (*free_models)(struct lw_model_set *);
	uint64_t late[LATE]; /* ids; 0: free */
};

int lw_loaders_new(size_t max, void (*free_models)(struct lw_model_set *), struct lw_loaders **ret)
{
	struct lw_loaders *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->max = max;
	t->free_models = free_models;
	*ret = t;
	return 0;
}

static void drop(struct lw_loaders *t, uint64_t id)
{
	struct lw_loader **at = &t->buckets[id % BUCKETS], *l;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	l = *at;
	if (!l)
		return;
	*at = l->next;
	if (l->models)
		t->free_models(l->models);
	free(l);
	t->entries--;
}

void lw_loaders_free(struct lw_loaders *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i])
			drop(t, t->buckets[i]->id);
	}
	free(t);
}

struct lw_loader *lw_loaders_find(struct lw_loaders *t, uint64_t id)
{
	struct lw_loader *l = t->buckets[id % BUCKETS];

	while (l && l->id != id)
		l = l->next;
	return l;
}

struct lw_loader *lw_loaders_enter(struct lw_loaders *t, uint64_t id)
{
	struct lw_loader *l = lw_loaders_find(t, id);

	for (size_t i = 0; !l && t->entries >= t->max && i < LATE; i++) {
		drop(t, t->late[i]);
		t->late[i] = 0;
	}
	if (l || t->entries >= t->max)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->id = id;
	l->next = t->buckets[id % BUCKETS];
	t->buckets[id % BUCKETS] = l;
	t->entries++;
	return l;
}

void lw_loaders_end(struct lw_loaders *t, uint64_t id)
{
	uint64_t *slot = &t->late[t->next_late++ % LATE];

	if (*slot)
		drop(t, *slot);
	*slot = id;
}
