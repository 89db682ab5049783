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

/* Of these the dispatcher sees what other hooks see too, but for compat entries. */
#define SEEN_OTHERWISE (LW_ON_NET | LW_ON(LW_FILE_OPEN) | LW_ON(LW_PROCESS_EXEC))

/* Questions for names are judged or recorded, or answers to them. */
#define BY_DNS (LW_ON(LW_DNS_QUERY) | LW_ON(LW_DNS_ANSWER))

/* Kinds of which a rule, a default or `record` says something. */
static __u64 kinds_used(const struct lw_image *img)
{
	__u64 used = 0;

	for (__u32 i = 0; i < img->hdr.nrules; i++)
		if (img->rules[i].action != LW_ALLOW || img->rules[i].flags & LW_RULE_RECORD)
			used |= img->rules[i].on;
	for (unsigned int k = 0; k < LW_KIND_COUNT; k++)
		if (img->hdr.default_action[k] != LW_ALLOW || img->hdr.default_record[k])
			used |= LW_ON(k);
	return used;
}

/*
 * Whether the policy says something of 32-bit and x32 entries, and lets a process live that uses
 * one: in some phase at least, or since nothing is stopped.
 */
static bool compat_lives(const struct lw_image *img, int mode)
{
	/* In each phase, without a model and with one of which nothing is known. */
	for (unsigned int i = 0; i < 2 * (LW_PHASE_SERVE + 1); i++) {
		struct lw_query q = { .kind = LW_SYSCALL_COMPAT,
				      .phase = i / 2,
				      .unsure = i % 2 ? ~0ULL : 0 };
		__u32 rule = lw_list_first(img, img->hdr.list_any[q.kind], &q);
		struct lw_verdict v = lw_verdict_of(img, rule, q.kind);
		bool said = rule != LW_RULE_NONE || v.action != LW_ALLOW || v.record;

		if (said && (mode == LW_MODE_OBSERVE || v.action < LW_DENY))
			return true;
	}
	return false;
}

unsigned int lw_policy_hooks(const struct lw_policy *policy, int mode)
{
	const struct lw_image *img = policy->image;
	__u64 used = kinds_used(img);
	unsigned int groups = used & BY_DNS || img->hdr.ndomains ? 1U << LW_GROUP_DNS : 0;

	/* What such a call began is known from its beginning. */
	if (used & SEEN_OTHERWISE && compat_lives(img, mode))
		return groups | 1U << LW_GROUP_CALLS | 1U << LW_GROUP_COMPAT;
	return groups |
	       (used & by_calls & ~SEEN_OTHERWISE ? 1U << LW_GROUP_CALLS : 1U << LW_GROUP_ENTRY);
}
