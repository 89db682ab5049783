/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's matcher and user space's are one header. This shows that they also give one answer:
 * 10^5 random (policy, path) pairs, judged by the BPF program and by lw_policy_match_path().
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "bpfctl/bpf.h"
#include "policy/policy.h"

#define POLICIES 100
#define PATHS	 1000

static unsigned int seed = 20261123;

static unsigned int pick(unsigned int n)
{
	return rand_r(&seed) % n;
}

/* Few names and few characters, so that random paths meet random globs. */
static const char *const parts[] = { "a",  "b",	 "ab", ".ssh", "etc",	  "x1",	  "*",
				     "**", "a*", "?b", "[ab]", "{a,etc}", "*.so", "lib" };
static const char *const names[] = { "a",  "b",	   "ab",  "bb",	  ".ssh", "etc",
				     "x1", "c.so", "lib", "\xff", "a\n" };
static const char *const actions[] = { "allow", "alert", "deny", "kill", "kill-loader" };
static const char *const kinds[] = { "file.open", "process.exec", "file.*" };
static const char *const accesses[] = { "\"read\"", "\"write\"", "\"read\",\"write\"" };

static void random_glob(char *out, size_t size)
{
	int n = 1 + pick(4), len = 0;

	out[0] = '\0';
	for (int i = 0; i < n; i++)
		len += snprintf(out + len, size - len, "/%s",
				parts[pick(sizeof(parts) / sizeof(parts[0]))]);
}

static struct lw_policy *random_policy(void)
{
	static char text[65536];
	struct lw_policy *policy = NULL;
	struct lw_report report = {};
	int n = 1 + pick(12), len;

	len = snprintf(text, sizeof(text),
		       "{\"version\":1,\"name\":\"r\",\"mode\":\"enforce\",\"loaders\":[{\"id\":"
		       "\"p\",\"exec\":[\"/usr/bin/python3*\"],\"evidence\":[\"model-file\"]}],"
		       "\"default\":{\"file\":\"%s\",\"exec\":\"%s\"},\"rules\":[",
		       actions[pick(5)], actions[pick(5)]);
	for (int i = 0; i < n; i++) {
		const char *kind = kinds[pick(3)];
		char glob[256], more[256];

		random_glob(glob, sizeof(glob));
		random_glob(more, sizeof(more));
		len += snprintf(text + len, sizeof(text) - len,
				"%s{\"id\":\"r%d\",\"on\":\"%s\",\"path\":[\"%s\",\"%s\"],"
				"\"action\":\"%s\"",
				i ? "," : "", i, kind, glob, more, actions[pick(5)]);
		if (!strcmp(kind, "file.open") && pick(2))
			len += snprintf(text + len, sizeof(text) - len, ",\"access\":[%s]",
					accesses[pick(3)]);
		len += snprintf(text + len, sizeof(text) - len, "}");
	}
	snprintf(text + len, sizeof(text) - len, "]}");
	if (lw_policy_parse(text, strlen(text), "random", NULL, &policy, &report) < 0)
		fail_msg("%s: %s", text, report.n ? report.items[0].message : "?");
	lw_report_free(&report);
	return policy;
}

static size_t random_path(char *out)
{
	int n = pick(6);
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += sprintf(out + len, "/%s", names[pick(sizeof(names) / sizeof(names[0]))]);
	/* Now and then a long one, over several chunks of the kernel's loop. */
	if (pick(50) == 0)
		for (int i = 0; i < 1500; i++)
			len += sprintf(out + len, "/%s", names[pick(3)]);
	if (!len)
		len = sprintf(out, "/");
	return len;
}

static void compare(struct lw_bpf *bpf, const struct lw_policy *policy)
{
	static char path[LW_PATH_BUF];

	for (int i = 0; i < PATHS; i++) {
		struct lw_query q = { .kind = pick(2) ? LW_FILE_OPEN : LW_PROCESS_EXEC,
				      .access = 1 << pick(3) };
		size_t len = random_path(path);
		struct lw_verdict v = lw_policy_match_path(policy, path, len, &q);
		__u32 rule, action;

		assert_int_equal(lw_bpf_match(bpf, q.kind, q.access, path, len, &rule, &action), 0);
		if (rule != v.rule || action != v.action)
			fail_msg("%.200s: kernel rule %u action %u, user rule %u action %u", path,
				 rule, action, v.rule, v.action);
	}
}

static void test_kernel_and_user_agree(void **state)
{
	struct lw_bpf *bpf = *state;
	unsigned int hits = 0;

	for (int i = 0; i < POLICIES; i++) {
		struct lw_policy *policy = random_policy();
		struct lw_query q = { .kind = LW_FILE_OPEN, .access = LW_ACC_READ };

		assert_int_equal(lw_bpf_install(bpf, 0, policy->image), 0);
		compare(bpf, policy);
		hits += lw_policy_match_path(policy, "/a/b", 4, &q).rule != LW_RULE_NONE;
		lw_policy_free(policy);
	}
	assert_in_range(hits, POLICIES / 20, POLICIES); /* the pairs do meet */
}

static void resolve(struct lw_bpf *bpf, const char *path, const char *expect)
{
	static char got[LW_PATH_BUF];
	size_t len = 0;
	int fd = open(path, O_PATH | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(lw_bpf_resolve(bpf, fd, got, &len), 0);
	close(fd);
	if (len != strlen(expect) || memcmp(got, expect, len))
		fail_msg("%s: got %.*s, not %s", path, (int)len, got, expect);
}

static void test_resolves_as_the_kernel(void **state)
{
	struct lw_bpf *bpf = *state;
	char dir[] = "/tmp/lw-resolve-XXXXXX", link[128], expect[128];

	assert_non_null(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/l", dir);
	assert_int_equal(symlink("/etc/passwd", link), 0);
	resolve(bpf, "/", "/");
	resolve(bpf, dir, dir);
	resolve(bpf, link, "/etc/passwd");
	snprintf(expect, sizeof(expect), "%s/../../etc/./passwd", dir);
	resolve(bpf, expect, "/etc/passwd");
	snprintf(expect, sizeof(expect), "/proc/self/root%s", dir);
	resolve(bpf, expect, dir);
	snprintf(expect, sizeof(expect), "/proc/%d/status", getpid());
	resolve(bpf, "/proc/self/status", expect);
	unlink(link);
	rmdir(dir);
}

/* 40 components of 200 bytes: longer than PATH_MAX, made one relative step at a time. */
static void test_resolves_beyond_path_max(void **state)
{
	struct lw_bpf *bpf = *state;
	char top[] = "/tmp/lw-deep-XXXXXX", name[201], got[LW_PATH_BUF];
	int at, fds[41], n = 30;
	size_t len = 0;

	memset(name, 'd', 200);
	name[200] = '\0';
	assert_non_null(mkdtemp(top));
	fds[0] = at = open(top, O_PATH | O_DIRECTORY);
	for (int i = 1; i <= n; i++) {
		assert_int_equal(mkdirat(at, name, 0700), 0);
		fds[i] = at = openat(at, name, O_PATH | O_DIRECTORY);
		assert_true(at >= 0);
	}
	assert_int_equal(lw_bpf_resolve(bpf, at, got, &len), 0);
	assert_int_equal(len, strlen(top) + n * 201);
	assert_memory_equal(got, top, strlen(top));
	for (int i = n; i >= 1; i--) {
		close(fds[i]);
		unlinkat(fds[i - 1], name, AT_REMOVEDIR);
	}
	close(fds[0]);
	rmdir(top);
}

static int setup(void **state)
{
	struct lw_bpf_error err;
	struct lw_bpf *bpf;

	if (lw_bpf_new(LW_GROUPS_ALL, &bpf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	*state = bpf;
	return 0;
}

static int teardown(void **state)
{
	lw_bpf_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_and_user_agree),
		cmocka_unit_test(test_resolves_as_the_kernel),
		cmocka_unit_test(test_resolves_beyond_path_max),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
