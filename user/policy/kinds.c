// SPDX-License-Identifier: Apache-2.0
#include "policy/doc.h"

#include <string.h>

static const struct {
	const char *name;
	int dflt;
} kinds[] = {
#define LW_EVENT(id, name, category, type, dflt) [LW_##id] = { name, LW_DEFAULT_##dflt },
#include "lw_events.def"
#undef LW_EVENT
};

int lw_kind_default(unsigned int kind)
{
	return kind < LW_KIND_COUNT ? kinds[kind].dflt : LW_DEFAULT_NONE;
}

__u64 lw_kind_mask(const char *pattern)
{
	size_t len = strlen(pattern);
	bool open_end = len && pattern[len - 1] == '*' && (len == 1 || pattern[len - 2] == '.');
	__u64 mask = 0;

	for (unsigned int i = 0; i < LW_KIND_COUNT; i++)
		if (open_end ? strncmp(kinds[i].name, pattern, len - 1) == 0
			     : strcmp(kinds[i].name, pattern) == 0)
			mask |= LW_ON(i);
	return mask;
}

const char *lw_kind_nearest(const char *word)
{
	const char *names[LW_KIND_COUNT];

	for (unsigned int i = 0; i < LW_KIND_COUNT; i++)
		names[i] = kinds[i].name;
	return lw_nearest(word, names, LW_KIND_COUNT);
}
