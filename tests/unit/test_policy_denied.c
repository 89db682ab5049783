// SPDX-License-Identifier: Apache-2.0
/* What a policy denies whatever a file is opened for, and where such names may appear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "policies.h"

#define OPEN LW_ON(LW_FILE_OPEN)
#define EXEC LW_ON(LW_PROCESS_EXEC)

static struct lw_policy *parse_rules(const char *rules)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "{\"version\":1,\"name\":\"t\",\"rules\":[%s],"
		 "\"default\":{\"file\":\"allow\",\"net\":\"allow\",\"exec\":\"kill\"}}",
		 rules);
	return must_parse(text);
}

static void check(const char *rules, const char *path, bool below, __u64 kinds)
{
	struct lw_policy *p = parse_rules(rules);

	assert_int_equal(lw_policy_denied(p, path, below), kinds);
	lw_policy_free(p);
}

#define RULE_ID(id, on, path, more) \
	"{\"id\":\"" id "\",\"on\":\"" on "\",\"path\":\"" path "\"," more "}"
#define RULE(on, path, more) RULE_ID("a", on, path, more)

static void test_actions(void **state)
{
	(void)state;
	check(RULE("file.open", "/a/f", "\"action\":\"deny\""), "/a/f", false, OPEN);
	check(RULE("file.open", "/a/f", "\"action\":\"kill-loader\""), "/a/f", false, OPEN);
	check(RULE("file.open", "/a/f", "\"action\":\"alert\""), "/a/f", false, 0);
	check(RULE("file.open", "/a/f", "\"action\":\"deny\""), "/a/g", false, 0);
	check(RULE("file.*", "/a/f", "\"action\":\"kill\""), "/a/f", false, OPEN);
	check(RULE("file.unlink", "/a/f", "\"action\":\"kill\""), "/a/f", false, 0);
	check(RULE("process.exec", "/a/f", "\"action\":\"kill\""), "/a/f", false, EXEC);
	/* The default kills every start, and names nothing. */
	check(RULE("file.open", "/a/f", "\"action\":\"deny\""), "/bin/x", false, 0);
	/* A rule in front of it allows. */
	check(RULE("file.open", "/a/f", "\"action\":\"allow\"") "," RULE_ID(
		      "b", "file.open", "/a/*", "\"action\":\"kill\""),
	      "/a/f", false, 0);
	/* In one phase only. */
	check(RULE("file.open", "/a/f", "\"action\":\"kill\",\"phase\":[\"serve\"]"), "/a/f", false,
	      OPEN);
}

static void test_uses(void **state)
{
	(void)state;
	check(RULE("file.open", "/a/f", "\"action\":\"kill\",\"access\":[\"write\"]"), "/a/f",
	      false, 0);
	check(RULE("file.open", "/a/f", "\"action\":\"kill\",\"access\":[\"read\"]"), "/a/f", false,
	      0);
	check(RULE("file.open", "/a/f", "\"action\":\"kill\",\"access\":[\"read\",\"write\"]"),
	      "/a/f", false, OPEN);
	/* Two rules that leave nothing free, and one that frees a use. */
	check("{\"id\":\"r\",\"on\":\"file.open\",\"path\":\"/a/f\",\"access\":[\"read\"],"
	      "\"action\":\"kill\"},{\"id\":\"w\",\"on\":\"file.open\",\"path\":\"/a/f\","
	      "\"access\":[\"write\"],\"action\":\"deny\"}",
	      "/a/f", false, OPEN);
	check("{\"id\":\"t\",\"on\":\"file.open\",\"path\":\"/a/f\",\"access\":[\"truncate\"],"
	      "\"action\":\"allow\"},{\"id\":\"w\",\"on\":\"file.open\",\"path\":\"/a/*\","
	      "\"action\":\"deny\"}",
	      "/a/f", false, 0);
}

static void test_below(void **state)
{
	(void)state;
	check(RULE("file.open", "/a/**", "\"action\":\"deny\""), "/a", true, OPEN);
	check(RULE("file.open", "/a/**", "\"action\":\"deny\""), "/a", false, 0);
	check(RULE("file.open", "/a/**", "\"action\":\"deny\""), "/a/b/c", true, OPEN);
	check(RULE("process.exec", "/a/*", "\"action\":\"deny\""), "/a", true, EXEC);
	check(RULE("process.exec", "/a/*", "\"action\":\"deny\""), "/a/b", true, 0);
	check(RULE("file.open", "/a/k*", "\"action\":\"deny\""), "/a", true, 0);
}

struct seen {
	char files[1024], places[1024];
};

static int note(const char *path, bool is_dir, __u32 state, void *arg)
{
	struct seen *s = arg;

	(void)state;
	strcat(s->files, path);
	strcat(s->files, is_dir ? "/ " : " ");
	return 0;
}

static void note_place(const char *dir, void *arg)
{
	struct seen *s = arg;

	strcat(s->places, dir);
	strcat(s->places, " ");
}

/* @B in a text is the directory of the test. */
static void fill(char *out, const char *text, const char *base)
{
	for (; *text; text++) {
		if (text[0] == '@' && text[1] == 'B') {
			out = stpcpy(out, base);
			text++;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

static void check_walk(const char *base, const char *rules, const char *files, const char *places)
{
	char text[2048];
	struct seen s = {};
	struct lw_policy *p;

	fill(text, rules, base);
	p = parse_rules(text);
	assert_true(lw_policy_walk_denied(p, 100, note, note_place, &s) >= 0);
	fill(text, files, base);
	assert_string_equal(s.files, text);
	fill(text, places, base);
	assert_string_equal(s.places, text);
	s = (struct seen){};
	assert_true(lw_policy_walk_denied(p, 100, note, NULL, &s) >= 0);
	assert_string_equal(s.places, "");
	lw_policy_free(p);
}

static void test_walk(void **state)
{
	char base[] = "/tmp/loadward-denied-XXXXXX", real[256], command[1024];

	(void)state;
	assert_non_null(mkdtemp(base));
	assert_non_null(realpath(base, real));
	snprintf(command, sizeof(command), "mkdir -p %s/d/e && touch %s/d/k1 %s/d/e/f", real, real,
		 real);
	assert_int_equal(system(command), 0);
	check_walk(real, RULE("file.open", "@B/d/k*", "\"action\":\"deny\""), "@B/d/k1 ",
		   "@B @B/d ");
	check_walk(real, RULE("file.open", "@B/d/k1", "\"action\":\"deny\""), "@B/d/k1 ", "@B/d ");
	check_walk(real, RULE("file.open", "@B/d/e/**", "\"action\":\"deny\""), "@B/d/e/ @B/d/e/f ",
		   "@B/d @B/d/e ");
	/* What is not there appears in the deepest directory that is. */
	check_walk(real, RULE("file.open", "@B/x/y/z", "\"action\":\"deny\""), "", "@B ");
	check_walk(real, RULE("file.open", "@B/x/y/**", "\"action\":\"deny\""), "", "@B ");
	/* Of a tree of programs only the directory. */
	check_walk(real, RULE("process.exec", "@B/d/**", "\"action\":\"deny\""), "@B/d/ ", "@B ");
	/* Other rules are nobody's business here. */
	check_walk(real, RULE("file.open", "@B/d/k1", "\"action\":\"alert\""), "", "");
	check_walk(real, RULE("file.open", "@B/d/k1", "\"action\":\"kill\",\"access\":[\"write\"]"),
		   "", "");
	check_walk(real, RULE("file.unlink", "@B/d/k1", "\"action\":\"kill\""), "", "");
	snprintf(command, sizeof(command), "rm -rf -- '%s'", real);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
