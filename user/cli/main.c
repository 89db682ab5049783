/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/cli.h"

#ifndef LW_VERSION
#define LW_VERSION "0.1.0"
#endif
#ifndef LW_POLICY_DIR
#define LW_POLICY_DIR "/usr/share/loadward/policies"
#endif
#define LW_POLICY_ETC "/etc/loadward/policy.json"

static const struct command {
	const char *name;
	const char *help;
	int (*fn)(int argc, char **argv);
} commands[] = {
	{ "run", "start a command as a model loader and watch it", lw_cmd_run },
	{ "daemon", "watch the machine: find loaders by themselves", lw_cmd_daemon },
	{ "status", "what a running daemon does now", lw_cmd_status },
	{ "unload", "end what a daemon has left in force", lw_cmd_unload },
	{ "mode", "switch a running daemon: observe or enforce", lw_cmd_mode },
	{ "doctor", "what this kernel can do, shown by a self-test", lw_cmd_doctor },
	{ "policy", "check, test or explain a policy file", lw_cmd_policy },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *lw_default_policy(void)
{
	static const char *const places[] = { LW_POLICY_ETC, LW_POLICY_DIR "/default.json",
					      "policies/default.json" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return LW_POLICY_ETC;
}

static void usage(FILE *f)
{
	fprintf(f, "Usage: loadward COMMAND [OPTIONS]\n"
		   "       loadward --version\n\n"
		   "Watches processes that load models: judges what they execute, open and connect "
		   "to\n"
		   "in the kernel, stops what the policy forbids, and keeps the "
		   "evidence.\n\nCommands:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(f, "\n`loadward COMMAND --help` tells more. Environment: "
		   "LOADWARD_LOG=error|warning|info|debug,\n"
		   "NO_COLOR.\n");
}

static void set_log_level(void)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	const char *want = getenv("LOADWARD_LOG");

	for (int i = LW_LOG_ERROR; want && i <= LW_LOG_DEBUG; i++)
		if (!strcmp(want, names[i]))
			lw_log_set_level(i);
}

int main(int argc, char **argv)
{
	set_log_level();
	if (argc < 2) {
		usage(stderr);
		return LW_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return LW_EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("loadward %s\n", LW_VERSION);
		return LW_EXIT_OK;
	}
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].fn(argc - 1, argv + 1);
	lw_error("no command '%s'; see loadward --help", argv[1]);
	return LW_EXIT_USAGE;
}
