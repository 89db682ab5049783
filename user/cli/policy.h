/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_POLICY_H
#define LW_CLI_POLICY_H

/* What the commands of `loadward policy` share. */

#include <cjson/cJSON.h>
#include <stdio.h>

#include "policy/policy.h"

int lw_cmd_policy_test(int argc, char **argv);
int lw_cmd_policy_explain(int argc, char **argv);

/* Is @f a terminal that wants colours? */
bool lw_policy_colour(FILE *f);

/* Text that a policy or a path brings: on a terminal it must only be seen. */
void lw_policy_print_safe(FILE *f, const char *text);

void lw_policy_print_problems(FILE *f, const char *file, const struct lw_report *report);

/* A policy for a command that needs a good one: problems go to stderr. Return: NULL on errors. */
struct lw_policy *lw_policy_open(const char *file);

/* Prints and frees @root. Return: an exit code. */
int lw_policy_print_json(cJSON *root);

#endif
