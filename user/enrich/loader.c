// SPDX-License-Identifier: Apache-2.0
#include "enrich/loader.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKETS 256 /* power of two; ids are counted up, so they spread by themselves */

struct lw_loaders {
	struct lw_loader *buckets[BUCKETS];
	size_t entries, max;
};

int lw_loaders_new(size_t max, struct lw_loaders **ret)
{
	struct lw_loaders *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->max = max;
	*ret = t;
	return 0;
}

void lw_loaders_free(struct lw_loaders *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (t->buckets[i])
			lw_loaders_forget(t, t->buckets[i]->id);
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

void lw_loaders_forget(struct lw_loaders *t, uint64_t id)
{
	struct lw_loader **at = &t->buckets[id % BUCKETS], *l;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	l = *at;
	if (!l)
		return;
	*at = l->next;
	free(l);
	t->entries--;
}
