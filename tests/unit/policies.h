/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TEST_POLICIES_H
#define LW_TEST_POLICIES_H

/* What the tests of user/policy share. Include after cmocka.h. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

/* xorshift64*: the tests must do the same everywhere. */
static inline uint32_t rnd(uint64_t *state, uint32_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545f4914f6cdd1dULL) >> 32) % n;
}

static const char *const test_homes[] = { "/root", "/home/*" };
static const struct lw_policy_env test_env = { .homes = test_homes, .n_homes = 2 };

static inline void print_report(const struct lw_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		print_message("%d:%d: %s: %s (%s)\n", r->items[i].line, r->items[i].column,
			      r->items[i].level == LW_PROBLEM_ERROR ? "error" : "warning",
			      r->items[i].message, r->items[i].pointer);
}

/* A policy that must be good. */
static inline struct lw_policy *must_parse(const char *text)
{
	struct lw_policy *policy;
	struct lw_report report;
	int r = lw_policy_parse(text, strlen(text), NULL, &test_env, &policy, &report);

	if (r)
		print_report(&report);
	assert_int_equal(r, 0);
	assert_int_equal(report.errors, 0);
	lw_report_free(&report);
	return policy;
}

/* The id of the rule that judges a path. */
static inline const char *path_rule(const struct lw_policy *policy, const char *path,
				    struct lw_query q)
{
	struct lw_verdict v = lw_policy_match_path(policy, path, strlen(path), &q);

	return lw_policy_rule_id(policy, v.rule);
}

static inline const char *open_rule(const struct lw_policy *policy, const char *path)
{
	return path_rule(policy, path,
			 (struct lw_query){ .kind = LW_FILE_OPEN, .access = LW_ACC_READ });
}

#endif
