// SPDX-License-Identifier: Apache-2.0
/* Globs: a table of what they mean, and the automaton against a matcher that shares no code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>

#include "policies.h"

static struct lw_policy *one_glob(const char *glob)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "{\"version\":1,\"name\":\"t\",\"rules\":[{\"id\":\"r\",\"on\":\"file.open\","
		 "\"path\":\"%s\",\"action\":\"kill\"}]}",
		 glob);
	return must_parse(text);
}

static const struct {
	const char *glob, *path;
	bool match;
} table[] = {
	{ "/a/b", "/a/b", true },
	{ "/a/b", "/a/bc", false },
	{ "/a/b", "/a", false },
	{ "/a/b", "", false },
	{ "/a/*", "/a/b", true },
	{ "/a/*", "/a/.b", true },
	{ "/a/*", "/a/b/c", false },
	{ "/a/*", "/a", false },
	{ "/a/*", "/a/", false },
	{ "/*", "/", false },
	{ "/a/b*", "/a/b", true },
	{ "/a/*b*c", "/a/xbyc", true },
	{ "/a/*b*c", "/a/xb/c", false },
	{ "/a/**", "/a/b", true },
	{ "/a/**", "/a/b/c/d", true },
	{ "/a/**", "/a", false },
	{ "/a/**", "/a/", false },
	{ "/a/**", "/ab/c", false },
	{ "/**", "/x", true },
	{ "/**", "/", false },
	{ "**", "/", true },
	{ "**", "memfd:x", true },
	{ "**/x", "/x", true },
	{ "**/x", "/a/b/x", true },
	{ "**/x", "/ax", false },
	{ "**/x", "/x/y", false },
	{ "/a/**/b", "/a/b", true },
	{ "/a/**/b", "/a/x/y/b", true },
	{ "/a/**/b", "/a/xb", false },
	{ "/a/**.py", "/a/x.py", true },
	{ "/a/**.py", "/a/b/x.py", true },
	{ "/a/**.py", "/a/b/x.pyc", false },
	{ "/a/x**", "/a/x", true },
	{ "/a/x**", "/a/x/y", true },
	{ "/a/**/**/b", "/a/b", true },
	{ "/a/?", "/a/b", true },
	{ "/a/?", "/a/", false },
	{ "/a?b", "/a/b", false },
	{ "/a/?", "/a/\xff", true },
	{ "/a/[a-c]", "/a/b", true },
	{ "/a/[a-c]", "/a/d", false },
	{ "/a/[!a-c]", "/a/d", true },
	{ "/a/[!a-c]", "/a/b", false },
	{ "/a/[^a]", "/a/b", true },
	{ "/a[!b]c", "/a/c", false },
	{ "/a/[]x]", "/a/]", true },
	{ "/a/[a-]", "/a/-", true },
	{ "/a/[\\\\]]", "/a/]", true },
	{ "/a/{b,c}", "/a/c", true },
	{ "/a/{b,c}", "/a/d", false },
	{ "/a/{b,c/d}/e", "/a/c/d/e", true },
	{ "/a/{b,{c,d}e}", "/a/de", true },
	{ "/a/{b,{c,d}e}", "/a/d", false },
	{ "/a/x{,y}", "/a/x", true },
	{ "/a/x{,y}", "/a/xy", true },
	{ "/a/{*.x,**/y}", "/a/b/c/y", true },
	{ "/a{,/**}", "/a", true },
	{ "/a{,/**}", "/a/b/c", true },
	{ "{/a,/b}/c", "/b/c", true },
	{ "/a,b", "/a,b", true },
	{ "/a/\\\\*", "/a/*", true },
	{ "/a/\\\\*", "/a/b", false },
	{ "/a/\\\\{b", "/a/{b", true },
	{ "~/x", "/root/x", true },
	{ "~/x", "/home/u/x", true },
	{ "~/x", "/home/x", false },
	{ "~/x", "/home/u/v/x", false },
	{ "~/**", "/home/u/v/x", true },
	{ "~", "/home/u", true },
	{ "~", "/home", false },
	{ "memfd:*", "memfd:x", true },
	{ "memfd:*", "/memfd:x", false },
	{ "@x*", "@xy", true },
	{ "@**", "@a/b", true },
};

static void test_table(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct lw_policy *p = one_glob(table[i].glob);
		bool match = strcmp(open_rule(p, table[i].path), "r") == 0;

		if (match != table[i].match) {
			print_error("%s on %s: %d\n", table[i].glob, table[i].path, match);
			bad++;
		}
		lw_policy_free(p);
	}
	assert_int_equal(bad, 0);
}

/*
 * The other matcher: backtracking over the text of the glob, for what gen_glob() writes: literals,
 * `*`, `?`, `[ab]`, `[!ab]`, `**` and braces of plain alternatives. @start: of a component.
 */
static bool naive(const char *g, const char *s, bool start);

static bool naive_brace(const char *g, const char *s)
{
	const char *end = strchr(g, '}') + 1, *alt = g + 1;

	for (;;) {
		size_t n = strcspn(alt, ",}");

		if (strncmp(alt, s, n) == 0 && strlen(s) >= n && naive(end, s + n, false))
			return true;
		if (alt[n] == '}')
			return false;
		alt += n + 1;
	}
}

static bool naive_star(const char *g, const char *s, bool start)
{
	/* A component is never empty. */
	size_t least = start && (!g[1] || g[1] == '/');

	for (size_t n = 0;; n++) {
		if (n >= least && naive(g + 1, s + n, false))
			return true;
		if (!s[n] || s[n] == '/')
			return false;
	}
}

static bool naive_any(const char *g, const char *s, bool start)
{
	if (start && g[2] == '/') {
		if (naive(g + 3, s, true))
			return true;
		for (; *s; s++)
			if (*s == '/' && naive(g + 3, s + 1, true))
				return true;
		return false;
	}
	if (start && !g[2])
		return *s;
	for (;; s++) {
		if (naive(g + 2, s, false))
			return true;
		if (!*s)
			return false;
	}
}

static bool naive(const char *g, const char *s, bool start)
{
	if (!*g)
		return !*s;
	if (g[0] == '*')
		return g[1] == '*' ? naive_any(g, s, start) : naive_star(g, s, start);
	if (*g == '{')
		return naive_brace(g, s);
	if (!*s)
		return false;
	if (*g == '?')
		return *s != '/' && naive(g + 1, s + 1, false);
	if (*g == '[') {
		bool negate = g[1] == '!', in = false;
		const char *p = g + 1 + negate;

		for (; *p != ']'; p++)
			in |= *p == *s;
		return *s != '/' && in != negate && naive(p + 1, s + 1, false);
	}
	return *g == *s && naive(g + 1, s + 1, *g == '/');
}

static void gen_component(uint64_t *seed, char **p)
{
	static const char *const parts[] = { "a",    "b",    "ab",     "*",   "?",
					     "[ab]", "[!a]", "{a,bb}", "{b,}" };
	unsigned int n = 1 + rnd(seed, 3);
	char last = 0;

	while (n--) {
		const char *part = parts[rnd(seed, sizeof(parts) / sizeof(parts[0]))];

		/* Two stars side by side would be another glob. */
		if (*part == '*' && last == '*')
			part = "a";
		last = *part;
		*p = stpcpy(*p, part);
	}
}

static void gen_glob(uint64_t *seed, char *glob)
{
	unsigned int n = 1 + rnd(seed, 4);
	char *p = glob;

	for (unsigned int i = 0; i < n; i++) {
		*p++ = '/';
		if (rnd(seed, 4) == 0)
			p = stpcpy(p, i + 1 < n ? "**" : rnd(seed, 2) ? "**" : "**b");
		else
			gen_component(seed, &p);
	}
	*p = '\0';
}

static void gen_path(uint64_t *seed, char *path)
{
	unsigned int n = rnd(seed, 12);
	char *p = path;

	*p++ = '/';
	for (unsigned int i = 0; i < n; i++, p++)
		*p = "aabbc/"[rnd(seed, p[-1] == '/' ? 5 : 6)];
	*p = '\0';
}

#define POLICIES 150
#define GLOBS	 12
#define PATHS	 400

static const char *const actions[] = { "allow", "alert", "deny", "kill" };

/* A policy of random globs, some with exceptions, some for writing only. */
struct random_policy {
	char glob[GLOBS][128];
	char except[GLOBS][128];
	bool write_only[GLOBS];
};

static struct lw_policy *gen_policy(uint64_t *seed, struct random_policy *rp)
{
	char text[16384], *p = text;

	p += sprintf(p, "{\"version\":1,\"name\":\"t\",\"rules\":[");
	for (int i = 0; i < GLOBS; i++) {
		gen_glob(seed, rp->glob[i]);
		rp->except[i][0] = '\0';
		if (rnd(seed, 4) == 0)
			gen_glob(seed, rp->except[i]);
		rp->write_only[i] = rnd(seed, 4) == 0;
		p += sprintf(p,
			     "%s{\"id\":\"r%d\",\"on\":\"file.open\",\"path\":\"%s\","
			     "\"action\":\"%s\"",
			     i ? "," : "", i, rp->glob[i], actions[rnd(seed, 4)]);
		if (rp->except[i][0])
			p += sprintf(p, ",\"except\":{\"path\":\"%s\"}", rp->except[i]);
		if (rp->write_only[i])
			p += sprintf(p, ",\"access\":\"write\"");
		p += sprintf(p, "}");
	}
	sprintf(p, "]}");
	return must_parse(text);
}

static void naive_first(const struct random_policy *rp, const char *path, bool write, char *ret)
{
	for (int i = 0; i < GLOBS; i++) {
		if (rp->write_only[i] && !write)
			continue;
		if (!naive(rp->glob[i], path, false))
			continue;
		if (rp->except[i][0] && naive(rp->except[i], path, false))
			continue;
		sprintf(ret, "r%d", i);
		return;
	}
	strcpy(ret, "default");
}

/* The first rule in file order, for 60,000 pairs of policies and paths. */
static void test_random(void **state)
{
	uint64_t seed = 0x5eed;
	size_t matched = 0, bad = 0;

	(void)state;
	for (int i = 0; i < POLICIES; i++) {
		struct random_policy rp;
		struct lw_policy *policy = gen_policy(&seed, &rp);

		for (int k = 0; k < PATHS; k++) {
			bool write = rnd(&seed, 2);
			struct lw_query q = { .kind = LW_FILE_OPEN,
					      .access = write ? LW_ACC_WRITE : LW_ACC_READ };
			char path[64], want[16];
			const char *got;

			gen_path(&seed, path);
			naive_first(&rp, path, write, want);
			got = path_rule(policy, path, q);
			matched += strcmp(want, "default") != 0;
			if (strcmp(want, got) != 0 && bad++ < 5)
				print_error("%s: %s, wanted %s\n", path, got, want);
		}
		lw_policy_free(policy);
	}
	assert_int_equal(bad, 0);
	/* The test would say nothing if hardly anything matched. */
	assert_true(matched > POLICIES * PATHS / 4);
}

/* Never false: a rule of which it is said that it never decides does not decide on any path. */
static void test_shadow_is_true(void **state)
{
	uint64_t seed = 0xdead;
	size_t claims = 0;

	(void)state;
	for (int i = 0; i < POLICIES; i++) {
		char text[4096], *p = text, glob[2][128];
		struct lw_policy *policy;
		struct lw_report report;
		bool shadowed;

		p += sprintf(p, "{\"version\":1,\"name\":\"t\",\"rules\":[");
		for (int k = 0; k < 2; k++) {
			gen_glob(&seed, glob[k]);
			p += sprintf(p,
				     "%s{\"id\":\"r%d\",\"on\":\"file.open\",\"path\":\"%s\","
				     "\"action\":\"kill\"}",
				     k ? "," : "", k, glob[k]);
		}
		p += sprintf(p, "]}");
		assert_int_equal(lw_policy_parse(text, p - text, NULL, &test_env, &policy, &report),
				 0);
		shadowed = report.n == 1;
		claims += shadowed;
		for (int k = 0; k < PATHS && shadowed; k++) {
			char path[64];

			gen_path(&seed, path);
			if (naive(glob[1], path, false))
				assert_true(naive(glob[0], path, false));
		}
		lw_report_free(&report);
		lw_policy_free(policy);
	}
	assert_true(claims > 0);
}

/* Equal policies give equal images, whatever way they are written. */
static void test_digest(void **state)
{
	struct lw_policy *a = one_glob("/a/{b,c}/**"), *b = one_glob("/a/{c,b}/**"),
			 *c = one_glob("/a/{b,d}/**");

	(void)state;
	assert_string_equal(a->digest, b->digest);
	assert_string_not_equal(a->digest, c->digest);
	assert_int_equal(strlen(a->digest), 64);
	assert_int_equal(a->image->hdr.nstates, b->image->hdr.nstates);
	lw_policy_free(a);
	lw_policy_free(b);
	lw_policy_free(c);
}

/* States that a path can come to, the dead one included. */
static unsigned int count_states(const struct lw_policy *p)
{
	static bool seen[LW_STATES_MAX];
	static __u32 todo[LW_STATES_MAX];
	unsigned int n = 0, done = 0;

	memset(seen, 0, sizeof(seen));
	todo[n++] = p->image->hdr.start;
	seen[p->image->hdr.start] = true;
	for (; done < n; done++) {
		for (unsigned int c = 0; c < 256; c++) {
			__u32 next = lw_dfa_next(p->image, todo[done], c);

			if (!seen[next])
				todo[n++] = next;
			seen[next] = true;
		}
	}
	return n;
}

/* The smallest automaton: dead, start, "/", "/a", "/a/", and what lies below. */
static void test_minimal(void **state)
{
	struct lw_policy *p = one_glob("/a/**"), *q = one_glob("/a/**/**");

	(void)state;
	assert_int_equal(count_states(p), 6);
	assert_int_equal(count_states(q), 6);
	assert_int_equal(lw_dfa_list(p->image, 0), 0);
	for (unsigned int c = 0; c < 256; c++)
		assert_int_equal(lw_dfa_next(p->image, 0, c), 0);
	lw_policy_free(p);
	lw_policy_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_random),
		cmocka_unit_test(test_shadow_is_true), cmocka_unit_test(test_digest),
		cmocka_unit_test(test_minimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
