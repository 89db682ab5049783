// SPDX-License-Identifier: Apache-2.0
/* Hooks that cost every task something are attached only where the policy needs them. */
#include "bpfctl/bpf.h"
#include "policy/doc.h"
#include "policy/policy.h"

static const __u64 by_calls = 0
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) | LW_ON(LW_##kind)
#include "lw_calls.def"
#undef LW_CALL
			      | LW_ON(LW_SYSCALL_COMPAT);

/* Of the network and of opens the dispatcher sees what other hooks see too, but compat entries. */
#define SEEN_OTHERWISE (LW_ON_NET | LW_ON(LW_FILE_OPEN))

unsigned int lw_policy_hooks(const struct lw_policy *policy)
{
	const struct lw_image *img = policy->image;
	__u64 used = 0;

	for (__u32 i = 0; i < img->hdr.nrules; i++)
		if (img->rules[i].action != LW_ALLOW || img->rules[i].flags & LW_RULE_RECORD)
			used |= img->rules[i].on;
	for (unsigned int k = 0; k < LW_KIND_COUNT; k++)
		if (img->hdr.default_action[k] != LW_ALLOW || img->hdr.default_record[k])
			used |= LW_ON(k);
	return used & by_calls & ~SEEN_OTHERWISE ? 1U << LW_GROUP_CALLS : 1U << LW_GROUP_ENTRY;
}
