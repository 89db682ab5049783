/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_EVIDENCE_H
#define LW_ACTION_EVIDENCE_H

#include <sys/types.h>

#include "policy/policy.h"

/**
 * lw_evidence_of() - has this process a model artefact open or mapped?
 * @policy: its evidence rules judge the paths in /proc/PID/fd and /proc/PID/map_files
 * @pid: a candidate whose earlier opens no hook has seen
 *
 * For processes that ran before the daemon, or started while the system call hooks were being
 * attached. An artefact that was opened and closed again leaves no trace here.
 *
 * Return: the rule index of the evidence, LW_RULE_NONE, or -errno (the process has gone).
 */
int lw_evidence_of(const struct lw_policy *policy, pid_t pid);

#endif
