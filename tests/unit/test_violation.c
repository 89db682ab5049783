// SPDX-License-Identifier: Apache-2.0
/* forensic/violation: the lines that a person reads, whatever the names in them are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "decode/names.h"
#include "forensic/violation.h"

static char text[8192];
static struct lw_ev ev;
static struct lw_violation v;

#define SPAN(s) ((struct lw_span){ s, strlen(s) })

static int setup(void **state)
{
	(void)state;
	memset(&ev, 0, sizeof(ev));
	ev.kind = LW_FILE_OPEN;
	ev.outcome = LW_OUT_DENIED;
	ev.pid = 17;
	ev.seq = 3;
	ev.cpu = 1;
	v = (struct lw_violation){ .ev = &ev,
				   .rule = "aws",
				   .reason = "cloud credentials",
				   .object = SPAN("/root/.aws/credentials"),
				   .executable = SPAN("/usr/bin/python3.11") };
	return 0;
}

static void all_of_it(void **state)
{
	(void)state;
	v.log = "/var/log/loadward";
	v.segment = "loadward-1.jsonl";
	v.model = (struct lw_model_name){ .hub = SPAN("huggingface"),
					  .repo = SPAN("acme/read-x"),
					  .revision = SPAN("main"),
					  .pinned = LW_NOT_PINNED };
	v.culprit = (struct lw_place){ SPAN("/m/modeling_x.py"), SPAN("_steal"), 8 };
	v.pickled = SPAN("posix.system");
	text[lw_violation_text(&v, NULL, false, text, sizeof(text))] = '\0';
	assert_string_equal(text, "loadward: denied: rule aws (cloud credentials)\n"
				  "  what    file.open of /root/.aws/credentials by pid 17 "
				  "(/usr/bin/python3.11)\n"
				  "  model   acme/read-x@main (huggingface, not pinned)\n"
				  "  code    /m/modeling_x.py:8 in _steal\n"
				  "  pickle  last named posix.system\n"
				  "  record  /var/log/loadward/loadward-1.jsonl, event.sequence 3 "
				  "of CPU 1\n");
}

/* What lw_violation_line() writes to stderr. */
static const char *line(void)
{
	FILE *f = tmpfile();
	int before = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(f);
	dup2(fileno(f), STDERR_FILENO);
	lw_violation_line(&v);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void one_line(void **state)
{
	static char name[4000];

	(void)state;
	assert_string_equal(line(), "loadward: denied: rule aws (cloud credentials): file.open of "
				    "pid 17 (/usr/bin/python3.11): /root/.aws/credentials\n");
	v.model.repo = SPAN("acme/read-x");
	v.culprit = (struct lw_place){ SPAN("/m/modeling_x.py"), SPAN("_steal"), 8 };
	assert_string_equal(line(), "loadward: denied: rule aws (cloud credentials): file.open of "
				    "pid 17 (/usr/bin/python3.11), code /m/modeling_x.py:8, model "
				    "acme/read-x: /root/.aws/credentials\n");
	/* Whatever the names are: one line, whole. */
	memset(name, '\n', sizeof(name));
	v.object = v.executable = v.model.repo = v.culprit.file = (struct lw_span){ name, 4000 };
	line();
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_non_null(strstr(text, ", code "));
}

static void what_is_not_known_is_left_out(void **state)
{
	(void)state;
	v.rule = v.reason = NULL;
	v.object = v.executable = (struct lw_span){};
	text[lw_violation_text(&v, NULL, false, text, sizeof(text))] = '\0';
	assert_string_equal(text, "loadward: denied: rule unknown\n"
				  "  what    file.open by pid 17\n");
	v.no_culprit = "native thread";
	v.model = (struct lw_model_name){ .file = SPAN("/m/x.bin"), .pinned = LW_PIN_UNKNOWN };
	text[lw_violation_text(&v, NULL, false, text, sizeof(text))] = '\0';
	assert_string_equal(strchr(text, '\n') + 1, "  what    file.open by pid 17\n"
						    "  model   /m/x.bin\n"
						    "  code    native thread\n");
}

static void started_by_the_culprit(void **state)
{
	(void)state;
	v.culprit = (struct lw_place){ SPAN("/m/modeling_x.py"), SPAN("_steal"), 8 };
	v.executed = 4294967295U;
	text[lw_violation_text(&v, NULL, false, text, sizeof(text))] = '\0';
	assert_non_null(strstr(text, "  code    /m/modeling_x.py:8 in _steal, which executed pid "
				     "4294967295\n"));
}

static void colours(void **state)
{
	(void)state;
	text[lw_violation_text(&v, NULL, true, text, sizeof(text))] = '\0';
	assert_non_null(strstr(text, "\033[1;31mdenied\033[0m"));
	ev.outcome = LW_OUT_ALERTED;
	text[lw_violation_text(&v, NULL, true, text, sizeof(text))] = '\0';
	assert_non_null(strstr(text, "\033[1;33malerted\033[0m"));
}

/* Columns by the same rule, counted from the other side: every line, and nothing that acts. */
static void check_lines(void)
{
	size_t columns = 0, lines = 0, len = strlen(text);

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = lw_utf8_len(text + i, len - i, &cp);

		assert_true(n);
		i += n;
		if (cp == '\n') {
			lines++;
			columns = 0;
			continue;
		}
		assert_false(lw_utf8_hides(cp));
		columns += cp >= 0x1100 && cp != 0x2026 ? 2 : 1;
		assert_true(columns <= LW_VIOLATION_COLUMNS);
	}
	assert_int_equal(lines, 6);
	assert_int_equal(text[len - 1], '\n');
}

static void hostile(void **state)
{
	static const char *const pieces[] = { "\xe4\xb8\xad", "\n",  "\033[2J", "\xff",
					      "\u202e",	      "abc", "\\",	"\xc3\xa9" };
	static char long_text[6][4096];
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 500; round++) {
		for (int i = 0; i < 6; i++) {
			size_t want = 1 + rand_r(&seed) % 700, at = 0;

			while (at < want) {
				const char *piece = pieces[rand_r(&seed) % 8];

				strcpy(long_text[i] + at, piece);
				at += strlen(piece);
			}
		}
		v.rule = long_text[0];
		v.reason = long_text[1];
		v.object = SPAN(long_text[2]);
		v.executable = SPAN(long_text[3]);
		v.model = (struct lw_model_name){ .hub = SPAN("huggingface"),
						  .repo = SPAN(long_text[4]),
						  .revision = SPAN(long_text[3]),
						  .pinned = LW_PINNED };
		v.culprit = (struct lw_place){ SPAN(long_text[5]), SPAN(long_text[2]), UINT32_MAX };
		v.pickled = SPAN(long_text[1]);
		v.executed = round % 2 ? UINT32_MAX : 0;
		v.log = long_text[0];
		v.segment = "loadward-20261123T065908Z-000001.jsonl";
		ev.seq = UINT64_MAX;
		ev.pid = ev.kind = 4;
		ev.outcome = LW_OUT_KILLED_AFTER;
		text[lw_violation_text(&v, NULL, false, text, sizeof(text))] = '\0';
		check_lines();
		/* However long the names are, who acted is not pushed out. */
		assert_true(!v.executed || strstr(text, ", which executed pid 4294967295\n"));
	}
}

static void clipped(void **state)
{
	char out[64];
	struct lw_sb sb;

	(void)state;
	lw_sb_init(&sb, out, sizeof(out));
	lw_sb_clip(&sb, "abcdef", 6, 6, LW_CUT_END);
	assert_string_equal(out, "abcdef");
	lw_sb_init(&sb, out, sizeof(out));
	lw_sb_clip(&sb, "abcdef", 6, 4, LW_CUT_END);
	assert_string_equal(out, "abc…");
	lw_sb_init(&sb, out, sizeof(out));
	lw_sb_clip(&sb, "abcdef", 6, 4, LW_CUT_START);
	assert_string_equal(out, "…def");
	lw_sb_init(&sb, out, sizeof(out));
	lw_sb_clip(&sb, "a\nb中c", 7, 5, LW_CUT_START);
	assert_string_equal(out, "…b中c");
	lw_sb_init(&sb, out, sizeof(out));
	lw_sb_clip(&sb, "中中中", 9, 4, LW_CUT_END);
	assert_string_equal(out, "中…");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_of_it, setup),
		cmocka_unit_test_setup(one_line, setup),
		cmocka_unit_test_setup(what_is_not_known_is_left_out, setup),
		cmocka_unit_test_setup(started_by_the_culprit, setup),
		cmocka_unit_test_setup(colours, setup),
		cmocka_unit_test_setup(hostile, setup),
		cmocka_unit_test(clipped),
	};

	return cmocka_run_group_tests_name("violation", tests, NULL, NULL);
}
