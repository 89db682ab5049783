// SPDX-License-Identifier: Apache-2.0
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/policy.h"

static const char policy_help[] =
	"Usage: loadward policy check FILE [--json]\n"
	"       loadward policy test FILE --on KIND [OPTIONS] OBJECT...\n"
	"       loadward policy explain FILE\n\n"
	"  check    all problems of a policy, each with its place and a hint\n"
	"  test     which rule judges an object, and what it asks for\n"
	"  explain  the rules in plain words, and the size of what the kernel gets\n\n"
	"`loadward policy COMMAND --help` tells more.\n"
	"Exit status: 0 good, 1 the policy has errors, 2 usage.\n";

static const char check_help[] =
	"Usage: loadward policy check FILE [--json]\n\n"
	"Reads a policy as `run` and `daemon` do, and reports everything that is wrong with it:\n"
	"FILE:LINE:COLUMN: error|warning: message (JSON pointer), then a hint.\n"
	"Exit status: 0 no errors, 1 errors, 2 usage.\n";

bool lw_policy_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(f)) && (!no || !*no);
}

void lw_policy_print_safe(FILE *f, const char *text)
{
	char buf[4096];
	struct lw_sb sb;

	lw_sb_init(&sb, buf, sizeof(buf));
	lw_sb_safe(&sb, text, strlen(text));
	fputs(sb.buf, f);
}

void lw_policy_print_problems(FILE *f, const char *file, const struct lw_report *report)
{
	bool colour = lw_policy_colour(f);

	for (size_t i = 0; i < report->n; i++) {
		const struct lw_problem *p = &report->items[i];
		bool error = p->level == LW_PROBLEM_ERROR;

		fprintf(f, "%s:", file);
		if (p->line)
			fprintf(f, "%d:%d:", p->line, p->column);
		fprintf(f, " %s%s%s: %s", colour ? error ? "\033[31m" : "\033[33m" : "",
			error ? "error" : "warning", colour ? "\033[0m" : "", p->message);
		if (p->pointer[0]) {
			fputs(" (", f);
			lw_policy_print_safe(f, p->pointer);
			fputc(')', f);
		}
		fputc('\n', f);
		if (p->hint)
			fprintf(f, "    hint: %s\n", p->hint);
	}
}

struct lw_policy *lw_policy_open(const char *file)
{
	struct lw_policy *policy;
	struct lw_report report;
	int r = lw_policy_load(file, NULL, &policy, &report);

	if (r) {
		lw_policy_print_problems(stderr, file, &report);
		if (!report.n)
			lw_error("%s: %s", file, strerror(-r));
	}
	lw_report_free(&report);
	return policy;
}

static cJSON *problems_json(const struct lw_report *report)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < report->n; i++) {
		const struct lw_problem *p = &report->items[i];
		cJSON *o = cJSON_CreateObject();

		cJSON_AddStringToObject(o, "level",
					p->level == LW_PROBLEM_ERROR ? "error" : "warning");
		if (p->line) {
			cJSON_AddNumberToObject(o, "line", p->line);
			cJSON_AddNumberToObject(o, "column", p->column);
		}
		cJSON_AddStringToObject(o, "pointer", p->pointer);
		cJSON_AddStringToObject(o, "message", p->message);
		if (p->hint)
			cJSON_AddStringToObject(o, "hint", p->hint);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static void add_policy(cJSON *root, const struct lw_policy *policy)
{
	const struct lw_image_hdr *h = &policy->image->hdr;
	cJSON *o = cJSON_AddObjectToObject(root, "policy");

	cJSON_AddStringToObject(o, "name", policy->name);
	cJSON_AddStringToObject(o, "mode", policy->mode == LW_MODE_ENFORCE ? "enforce" : "observe");
	cJSON_AddStringToObject(o, "digest", policy->digest);
	cJSON_AddNumberToObject(o, "rules", h->nrules);
	cJSON_AddNumberToObject(o, "dfa_states", h->nstates);
	cJSON_AddNumberToObject(o, "dfa_classes", h->nclasses);
}

int lw_policy_print_json(cJSON *root)
{
	char *text = root ? cJSON_Print(root) : NULL;

	if (text)
		puts(text);
	else
		lw_error("out of memory");
	free(text);
	cJSON_Delete(root);
	return text ? LW_EXIT_OK : LW_EXIT_FAILED;
}

static void print_check(const char *file, const struct lw_policy *policy,
			const struct lw_report *report, size_t warnings, bool json)
{
	if (json) {
		cJSON *root = cJSON_CreateObject();

		cJSON_AddStringToObject(root, "file", file);
		cJSON_AddBoolToObject(root, "ok", policy != NULL);
		cJSON_AddNumberToObject(root, "errors", report->errors);
		cJSON_AddNumberToObject(root, "warnings", warnings);
		cJSON_AddItemToObject(root, "problems", problems_json(report));
		if (policy)
			add_policy(root, policy);
		lw_policy_print_json(root);
		return;
	}
	lw_policy_print_problems(stdout, file, report);
	printf("%s: %zu error%s, %zu warning%s", file, report->errors,
	       report->errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (policy)
		printf("; policy %s, %u rules, DFA of %u states, digest %.16s", policy->name,
		       policy->image->hdr.nrules, policy->image->hdr.nstates, policy->digest);
	putchar('\n');
}

static int cmd_check(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	struct lw_policy *policy;
	struct lw_report report;
	size_t warnings = 0;
	bool json = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(check_help, stdout);
			return LW_EXIT_OK;
		}
		if (c != 'j')
			return LW_EXIT_USAGE;
		json = true;
	}
	if (argc - optind != 1) {
		fputs(check_help, stderr);
		return LW_EXIT_USAGE;
	}
	r = lw_policy_load(argv[optind], NULL, &policy, &report);
	for (size_t i = 0; i < report.n; i++)
		warnings += report.items[i].level == LW_PROBLEM_WARNING;
	if (r == -ENOMEM)
		lw_error("out of memory");
	print_check(argv[optind], policy, &report, warnings, json);
	lw_report_free(&report);
	lw_policy_free(policy);
	return r ? LW_EXIT_FAILED : LW_EXIT_OK;
}

int lw_cmd_policy(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*fn)(int argc, char **argv);
	} commands[] = { { "check", cmd_check },
			 { "test", lw_cmd_policy_test },
			 { "explain", lw_cmd_policy_explain } };

	if (argc < 2) {
		fputs(policy_help, stderr);
		return LW_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		fputs(policy_help, stdout);
		return LW_EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].fn(argc - 1, argv + 1);
	lw_error("no command 'policy %s'; see loadward policy --help", argv[1]);
	return LW_EXIT_USAGE;
}
