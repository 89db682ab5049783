/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_CLI_H
#define LW_CLI_CLI_H

/* Exit codes. A command that `run` started gives its own. */
#define LW_EXIT_OK	 0
#define LW_EXIT_FAILED	 1   /* the answer is no: problems found, not ready, self-test failed */
#define LW_EXIT_USAGE	 2   /* wrong arguments */
#define LW_EXIT_MONITOR	 125 /* run: loadward itself could not start; the command was not run */
#define LW_EXIT_NOEXEC	 126 /* run: the command was found and cannot be executed */
#define LW_EXIT_NOTFOUND 127 /* run: no such command */
#define LW_EXIT_SIGNAL	 128 /* run: plus the signal that ended the command */

/* Where `daemon` listens for `status` and `mode`. */
#define LW_CONTROL_SOCKET "/run/loadward.sock"

/* Subcommands; argv[0] is the subcommand's name. Each returns an exit code. */
int lw_cmd_run(int argc, char **argv);
int lw_cmd_daemon(int argc, char **argv);
int lw_cmd_status(int argc, char **argv);
int lw_cmd_unload(int argc, char **argv);
int lw_cmd_mode(int argc, char **argv);
int lw_cmd_doctor(int argc, char **argv);
int lw_cmd_policy(int argc, char **argv);

/*
 * The policy that is used when none is named: /etc/loadward/policy.json, else the shipped default.
 */
const char *lw_default_policy(void);

#endif
