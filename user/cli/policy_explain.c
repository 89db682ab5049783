// SPDX-License-Identifier: Apache-2.0
/* The rules in plain words. What is printed stands in the file, which has passed all checks. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/policy.h"

static const char explain_help[] =
	"Usage: loadward policy explain FILE\n\n"
	"Shows the rules of a policy in plain words and in the order in which they are tried, and "
	"the\nsize of what the kernel gets.\n"
	"Exit status: 0 done, 1 the policy has errors, 2 usage.\n";

static cJSON *read_json(const char *path)
{
	_cleanup_free_ char *text = malloc(LW_POLICY_FILE_MAX + 1);
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	size_t n = text && f ? fread(text, 1, LW_POLICY_FILE_MAX + 1, f) : 0;

	return n && n <= LW_POLICY_FILE_MAX ? cJSON_ParseWithLength(text, n) : NULL;
}

static void print_scalar(const cJSON *v)
{
	if (cJSON_IsString(v))
		lw_policy_print_safe(stdout, v->valuestring);
	else if (cJSON_IsNumber(v))
		printf("%d", v->valueint);
}

/* A value or a list of values, after @label. */
static void print_values(const char *label, const cJSON *v, const char *between)
{
	const cJSON *item;

	if (!v)
		return;
	fputs(label, stdout);
	if (!cJSON_IsArray(v)) {
		print_scalar(v);
		return;
	}
	cJSON_ArrayForEach (item, v) {
		if (item != v->child)
			fputs(between, stdout);
		print_scalar(item);
	}
}

/* One value a line. */
static void print_lines(const char *before, const cJSON *values)
{
	char between[32];

	if (!values)
		return;
	snprintf(between, sizeof(between), "\n%s", before);
	print_values(before, values, between);
	putchar('\n');
}

static void print_model(const cJSON *model)
{
	const cJSON *pinned = cJSON_GetObjectItem(model, "pinned");

	if (!model)
		return;
	fputs(" with", stdout);
	if (pinned)
		fputs(cJSON_IsTrue(pinned) ? " a pinned" : " a not pinned", stdout);
	else
		fputs(" a", stdout);
	fputs(" model", stdout);
	print_values(" of ", cJSON_GetObjectItem(model, "repo"), " or ");
	print_values(" from ", cJSON_GetObjectItem(model, "hub"), " or ");
	print_values(" that is ", cJSON_GetObjectItem(model, "format"), " or ");
}

static void print_rule(int number, const cJSON *rule)
{
	static const char *const objects[] = { "path", "cidr", "domain" };
	const cJSON *except = cJSON_GetObjectItem(rule, "except");
	const cJSON *severity = cJSON_GetObjectItem(rule, "severity");
	const cJSON *reason = cJSON_GetObjectItem(rule, "reason");

	printf("%3d. ", number);
	print_values("", cJSON_GetObjectItem(rule, "id"), "");
	print_values(": ", cJSON_GetObjectItem(rule, "action"), "");
	if (severity)
		print_values(" (", severity, ""), fputs(")", stdout);
	print_values(" on ", cJSON_GetObjectItem(rule, "on"), ", ");
	print_values(" for ", cJSON_GetObjectItem(rule, "access"), " or ");
	print_values(" that is ", cJSON_GetObjectItem(rule, "operation"), " or ");
	print_values(" by ", cJSON_GetObjectItem(rule, "protocol"), " or ");
	print_values(" port ", cJSON_GetObjectItem(rule, "port"), ", ");
	print_values(" in phase ", cJSON_GetObjectItem(rule, "phase"), " or ");
	print_model(cJSON_GetObjectItem(rule, "model"));
	if (cJSON_IsTrue(cJSON_GetObjectItem(rule, "same_executable")))
		fputs(" of the loader's own program", stdout);
	if (cJSON_GetObjectItem(rule, "process"))
		fputs(" of a process outside the loader", stdout);
	putchar('\n');
	for (int i = 0; i < 3; i++)
		print_lines("       ", cJSON_GetObjectItem(rule, objects[i]));
	for (int i = 0; i < 3; i++)
		print_lines("       but not ", cJSON_GetObjectItem(except, objects[i]));
	if (reason)
		print_values("       why: ", reason, ""), putchar('\n');
}

static void print_defaults(const struct lw_policy *policy)
{
	static const char *const actions[] = { "allow", "alert", "deny", "kill", "kill-loader" };
	const __u8 *action = policy->image->hdr.default_action;

	printf("else: files %s, network %s, programs %s\n", actions[action[LW_FILE_OPEN]],
	       actions[action[LW_NET_CONNECT]], actions[action[LW_PROCESS_EXEC]]);
}

static unsigned int count_lists(const struct lw_image *img)
{
	unsigned int n = 0;

	/* Unused slots are zero, which is a rule: the table ends with the last end of a list. */
	for (unsigned int i = 0; i < LW_LIST_MAX; i++)
		n += img->list[i] == LW_RULE_NONE;
	return n;
}

static void print_sizes(const struct lw_policy *policy)
{
	const struct lw_image_hdr *h = &policy->image->hdr;

	printf("in the kernel: %u rules, %u rule lists, DFA of %u states and %u byte classes "
	       "(%zu KiB of %zu)\ndigest: %s\n",
	       h->nrules, count_lists(policy->image), h->nstates, h->nclasses,
	       (size_t)h->nstates * h->nclasses * sizeof(__u16) / 1024,
	       LW_TRANS_MAX * sizeof(__u16) / 1024, policy->digest);
}

static void print_loaders(const cJSON *loaders)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, loaders) {
		print_values("loader ", cJSON_GetObjectItem(item, "id"), "");
		print_values(": ", cJSON_GetObjectItem(item, "exec"), ", ");
		print_values("; once it opens ", cJSON_GetObjectItem(item, "evidence"), ", ");
		putchar('\n');
	}
}

int lw_cmd_policy_explain(int argc, char **argv)
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, {} };
	struct lw_policy *policy;
	const cJSON *rule;
	int c, n = 0;
	cJSON *root;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'h')
			fputs(explain_help, stdout);
		return c == 'h' ? LW_EXIT_OK : LW_EXIT_USAGE;
	}
	if (argc - optind != 1) {
		fputs(explain_help, stderr);
		return LW_EXIT_USAGE;
	}
	policy = lw_policy_open(argv[optind]);
	if (!policy)
		return LW_EXIT_FAILED;
	root = read_json(argv[optind]);
	if (!root) {
		lw_error("%s: cannot be read again", argv[optind]);
		lw_policy_free(policy);
		return LW_EXIT_FAILED;
	}
	printf("policy %s, mode %s\n", policy->name,
	       policy->mode == LW_MODE_ENFORCE ? "enforce" : "observe: every action is an alert");
	print_values("", cJSON_GetObjectItem(root, "description"), "");
	putchar('\n');
	print_loaders(cJSON_GetObjectItem(root, "loaders"));
	puts("The first rule that matches decides:");
	cJSON_ArrayForEach (rule, cJSON_GetObjectItem(root, "rules"))
		print_rule(++n, rule);
	print_defaults(policy);
	print_sizes(policy);
	cJSON_Delete(root);
	lw_policy_free(policy);
	return LW_EXIT_OK;
}
