// SPDX-License-Identifier: Apache-2.0
/* Which hooks a policy has a use for: those that every task pays for only where it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpfctl/bpf.h"
#include "policies.h"

#define CALLS  (1U << LW_GROUP_CALLS)
#define ENTRY  (1U << LW_GROUP_ENTRY)
#define COMPAT (1U << LW_GROUP_COMPAT)

#define POLICY(system, rules) \
	"{\"version\":1,\"name\":\"t\",\"mode\":\"enforce\",\"loaders\":[],\"rules\":[" rules "]," \
	"\"default\":{\"file\":\"allow\",\"net\":\"allow\",\"exec\":\"allow\",\"system\":" \
	"\"" system "\"},\"record\":[]}"
#define FILES "{\"id\":\"f\",\"on\":\"file.open\",\"path\":[\"/x\"],\"action\":\"kill\"}"
#define RULE(action, more) \
	"{\"id\":\"c\",\"on\":\"syscall.compat\",\"action\":\"" action "\"" more "}"
#define PHASE ",\"phase\":[\"serve\"]"

static unsigned int groups(const char *text, int mode)
{
	struct lw_policy *policy = must_parse(text);
	unsigned int found = lw_policy_hooks(policy, mode);

	lw_policy_free(policy);
	return found;
}

static void nothing_said(void **state)
{
	(void)state;
	assert_int_equal(groups(POLICY("allow", ""), LW_MODE_ENFORCE), ENTRY);
	assert_int_equal(groups(POLICY("allow", FILES), LW_MODE_ENFORCE), ENTRY);
	assert_int_equal(groups(POLICY("allow", FILES), LW_MODE_OBSERVE), ENTRY);
}

static void compat_is_killed(void **state)
{
	(void)state;
	assert_int_equal(groups(POLICY("kill", FILES), LW_MODE_ENFORCE), CALLS);
	assert_int_equal(groups(POLICY("allow", FILES "," RULE("kill", "")), LW_MODE_ENFORCE),
			 CALLS);
	assert_int_equal(groups(POLICY("allow", FILES "," RULE("deny", "")), LW_MODE_ENFORCE),
			 CALLS);
	/* Nothing is stopped: then it lives. */
	assert_int_equal(groups(POLICY("allow", FILES "," RULE("kill", "")), LW_MODE_OBSERVE),
			 CALLS | COMPAT);
}

static void compat_may_live(void **state)
{
	(void)state;
	assert_int_equal(groups(POLICY("alert", FILES), LW_MODE_ENFORCE), CALLS | COMPAT);
	assert_int_equal(groups(POLICY("allow", FILES "," RULE("alert", "")), LW_MODE_ENFORCE),
			 CALLS | COMPAT);
	assert_int_equal(groups(POLICY("kill", FILES "," RULE("allow", "")), LW_MODE_ENFORCE),
			 CALLS | COMPAT);
	/* In one phase is enough. */
	assert_int_equal(groups(POLICY("alert", FILES "," RULE("kill", PHASE)), LW_MODE_ENFORCE),
			 CALLS | COMPAT);
	assert_int_equal(groups(POLICY("kill", FILES "," RULE("alert", PHASE)), LW_MODE_ENFORCE),
			 CALLS | COMPAT);
}

static void nothing_that_its_end_could_tell(void **state)
{
	(void)state;
	assert_int_equal(groups(POLICY("alert", ""), LW_MODE_ENFORCE), CALLS);
	assert_int_equal(groups(POLICY("alert", ""), LW_MODE_OBSERVE), CALLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said),
		cmocka_unit_test(compat_is_killed),
		cmocka_unit_test(compat_may_live),
		cmocka_unit_test(nothing_that_its_end_could_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
