// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a policy. A good one must keep what the kernel relies on: every index in bounds,
 * every list ended, the dead state dead.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

static void require(int good)
{
	if (!good)
		abort();
}

static void check_lists(const struct lw_image *img, __u32 list)
{
	__u32 n = 0;

	require(list < LW_LIST_MAX);
	while (img->list[list + n] != LW_RULE_NONE) {
		require(img->list[list + n] < img->hdr.nrules);
		require(!n || img->list[list + n] > img->list[list + n - 1]);
		require(++n < LW_LIST_LEN_MAX);
	}
}

static void check_trie(const struct lw_image *img, __u32 slot, unsigned int depth)
{
	for (unsigned int i = 0; i < 16; i++) {
		__u32 next = img->trie[slot + i];

		require(slot + i < LW_TRIE_MAX);
		if (next & LW_TRIE_LEAF) {
			check_lists(img, next & 0xffff);
		} else {
			require(depth);
			check_trie(img, next, depth - 1);
		}
	}
}

static void check_image(const struct lw_image *img)
{
	const struct lw_image_hdr *h = &img->hdr;

	require(h->nclasses && h->nstates <= LW_STATES_MAX);
	require((__u64)h->nstates * h->nclasses <= LW_TRANS_MAX);
	require(h->start < h->nstates && h->start_tag < h->nstates);
	for (unsigned int c = 0; c < 256; c++) {
		require(h->byte_class[c] < h->nclasses);
		require(!lw_dfa_next(img, 0, c));
	}
	require(!img->accept[0]);
	for (__u32 s = 0; s < h->nstates; s++)
		check_lists(img, img->accept[s]);
	for (__u32 i = 0; i < h->nstates * h->nclasses; i++)
		require(img->trans[i] < h->nstates);
	for (unsigned int i = 0; i < LW_KIND_MAX; i++)
		check_lists(img, h->list_any[i]);
	check_trie(img, h->trie4, 7);
	check_trie(img, h->trie6, 31);
}

static void check_report(const struct lw_report *r, int failed)
{
	size_t errors = 0;

	for (size_t i = 0; i < r->n; i++) {
		errors += r->items[i].level == LW_PROBLEM_ERROR;
		require(r->items[i].message && r->items[i].pointer);
		require(r->items[i].line >= 0);
	}
	require(r->errors >= errors && !r->errors == !failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const homes[] = { "/root", "/home/*" };
	static const struct lw_policy_env env = { .homes = homes, .n_homes = 2 };
	struct lw_policy *policy;
	struct lw_report report;
	int r = lw_policy_parse((const char *)data, size, "fuzz", &env, &policy, &report);

	require(!r == !!policy);
	check_report(&report, r);
	if (policy) {
		check_image(policy->image);
		for (unsigned int i = 0; i < policy->image->hdr.nrules; i++)
			require(lw_policy_rule_id(policy, i) != NULL);
	}
	lw_report_free(&report);
	lw_policy_free(policy);
	return 0;
}
