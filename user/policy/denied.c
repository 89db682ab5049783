// SPDX-License-Identifier: Apache-2.0
/* Which files a policy denies whatever they are opened for: what is worth to be asked about. */
#include "policy/policy.h"

static const __u16 uses[] = { LW_ACC_READ, LW_ACC_WRITE, LW_ACC_READ | LW_ACC_CREATE,
			      LW_ACC_WRITE | LW_ACC_CREATE, LW_ACC_WRITE | LW_ACC_TRUNC };

/* A rule of the list forbids it; the default does not count: it names nothing. */
static bool is_denied(const struct lw_image *img, __u32 list, const struct lw_query *q)
{
	__u32 rule = lw_list_first(img, list, q);

	return rule != LW_RULE_NONE && img->rules[rule].action >= LW_DENY;
}

static bool open_denied(const struct lw_image *img, __u32 list, struct lw_query q)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		q.access = uses[i];
		if (!is_denied(img, list, &q))
			return false;
	}
	return true;
}

__u64 lw_policy_denied(const struct lw_policy *policy, const char *path, bool below)
{
	const struct lw_image *img = policy->image;
	__u32 state = img->hdr.start, list;
	struct lw_query q = { .unsure = ~0ULL }; /* whatever a loader's models may be */
	__u64 kinds = 0;

	for (; *path; path++)
		state = lw_dfa_next(img, state, *path);
	/* A byte that no glob spells out stands for any name. */
	if (below)
		state = lw_dfa_next(img, lw_dfa_next(img, state, '/'), 1);
	list = lw_dfa_list(img, state);
	for (q.phase = LW_PHASE_START; q.phase <= LW_PHASE_SERVE; q.phase++) {
		q.kind = LW_FILE_OPEN;
		if (open_denied(img, list, q))
			kinds |= LW_ON(LW_FILE_OPEN);
		q.kind = LW_PROCESS_EXEC;
		if (is_denied(img, list, &q))
			kinds |= LW_ON(LW_PROCESS_EXEC);
	}
	return kinds;
}
