/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/control.h"
#include "cli/pins.h"

static const char status_help[] =
	"Usage: loadward status [--json] [--control PATH] [--pin-dir DIR]\n\n"
	"Shows what a running daemon does: mode, policy, hooks, loaders, counts. Without a "
	"daemon:\n"
	"what an earlier one has left in force, pinned in DIR (default: " LW_PIN_DIR ").\n"
	"Exit status: 0 a daemon answers, 1 none does, 2 usage.\n";

static const char mode_help[] = "Usage: loadward mode observe|enforce [--control PATH]\n\n"
				"Switches a running daemon at once, for every loader. observe "
				"turns each action into alert.\n"
				"Exit status: 0 done, 1 no daemon answers, 2 usage.\n";

static int ask(const char *control, const char *line, char **ret_answer)
{
	int r = lw_control_ask(control, line, ret_answer);

	if (r == -ENOENT || r == -ECONNREFUSED)
		lw_error("no daemon answers at %s", control);
	else if (r < 0)
		lw_error("%s: %s", control, strerror(-r));
	return r;
}

static const char *text_of(const cJSON *root, const char *object, const char *key)
{
	const cJSON *o = object ? cJSON_GetObjectItem(root, object) : root;
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(o, key));

	return s ? s : "?";
}

static long long number_of(const cJSON *root, const char *object, const char *key)
{
	const cJSON *o = object ? cJSON_GetObjectItem(root, object) : root;
	const cJSON *n = cJSON_GetObjectItem(o, key);

	return cJSON_IsNumber(n) ? (long long)n->valuedouble : -1;
}

static void print_fanotify(const cJSON *root)
{
	const char *state = text_of(root, "fanotify", "state");

	if (strcmp(state, "ok")) {
		printf("fanotify not used: %s\n", state);
		return;
	}
	printf("fanotify %lld files and directories are marked%s; asked %lld times, denied %lld, "
	       "not judged %lld\n",
	       number_of(root, "fanotify", "marks"),
	       number_of(root, "fanotify", "marks") > 0 ? ": who opens one waits for an answer"
							: "",
	       number_of(root, "fanotify", "asked"), number_of(root, "fanotify", "denied"),
	       number_of(root, "fanotify", "failed"));
}

static void print_status(const cJSON *root)
{
	const cJSON *hooks = cJSON_GetObjectItem(root, "hooks"), *loader, *where;

	printf("daemon   pid %lld, mode %s\n", number_of(root, NULL, "pid"),
	       text_of(root, NULL, "mode"));
	printf("policy   %s (%s) digest %.16s\n", text_of(root, "policy", "name"),
	       text_of(root, "policy", "file"), text_of(root, "policy", "digest"));
	printf("hooks    %lld of %lld system call hooks attached%s\n",
	       number_of(root, "hooks", "syscall_attached"),
	       number_of(root, "hooks", "syscall_all"),
	       number_of(root, "hooks", "syscall_attached") ? ""
							    : " (no candidate or loader lives)");
	cJSON_ArrayForEach (where, cJSON_GetObjectItem(hooks, "every_task"))
		printf("         every task of the system pays for %s\n",
		       cJSON_GetStringValue(where));
	printf("pins     %s\n", text_of(root, "pins", "state"));
	print_fanotify(root);
	printf("log      %s\n", text_of(root, "log", "state"));
	printf("events   %lld, violations %lld (denied %lld, killed %lld), lost %lld violations, "
	       "%lld telemetry\n",
	       number_of(root, "counts", "events"), number_of(root, "counts", "violations"),
	       number_of(root, "counts", "denied"), number_of(root, "counts", "killed"),
	       number_of(root, "counts", "lost_violations"),
	       number_of(root, "counts", "lost_telemetry"));
	cJSON_ArrayForEach (loader, cJSON_GetObjectItem(root, "loaders"))
		printf("loader   %s root pid %lld, %lld tasks, by %s\n",
		       text_of(loader, NULL, "id"), number_of(loader, NULL, "root_pid"),
		       number_of(loader, NULL, "tasks"), text_of(loader, NULL, "why"));
}

int lw_cmd_status(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "control", required_argument, NULL, 'c' },
						 { "pin-dir", required_argument, NULL, 'P' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	const char *control = LW_CONTROL_SOCKET, *pins = LW_PIN_DIR;
	_cleanup_free_ char *answer = NULL;
	bool json = false;
	cJSON *root;
	int c;

	while ((c = getopt_long(argc, argv, "jc:h", options, NULL)) != -1) {
		if (c == 'j') {
			json = true;
		} else if (c == 'c') {
			control = optarg;
		} else if (c == 'P') {
			pins = optarg;
		} else if (c == 'h') {
			fputs(status_help, stdout);
			return LW_EXIT_OK;
		} else {
			return LW_EXIT_USAGE;
		}
	}
	if (ask(control, "status", &answer) < 0) {
		lw_print_pins(pins, json);
		return LW_EXIT_FAILED;
	}
	if (json) {
		puts(answer);
		return LW_EXIT_OK;
	}
	root = cJSON_Parse(answer);
	if (!root) {
		lw_error("the daemon's answer is not JSON");
		return LW_EXIT_FAILED;
	}
	print_status(root);
	cJSON_Delete(root);
	return LW_EXIT_OK;
}

int lw_cmd_mode(int argc, char **argv)
{
	static const struct option options[] = { { "control", required_argument, NULL, 'c' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	const char *control = LW_CONTROL_SOCKET;
	_cleanup_free_ char *answer = NULL;
	char line[32];
	int c;

	while ((c = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (c == 'c') {
			control = optarg;
		} else if (c == 'h') {
			fputs(mode_help, stdout);
			return LW_EXIT_OK;
		} else {
			return LW_EXIT_USAGE;
		}
	}
	if (optind + 1 != argc ||
	    (strcmp(argv[optind], "observe") && strcmp(argv[optind], "enforce"))) {
		lw_error("mode: say observe or enforce");
		return LW_EXIT_USAGE;
	}
	snprintf(line, sizeof(line), "mode %s", argv[optind]);
	if (ask(control, line, &answer) < 0)
		return LW_EXIT_FAILED;
	printf("mode %s\n", argv[optind]);
	return LW_EXIT_OK;
}
