/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_CONTROL_H
#define LW_CLI_CONTROL_H

#include "cli/monitor.h"

/*
 * The daemon's control socket: one line in ("status", "mode observe", "mode enforce"), one JSON
 * document out. Mode 0600, and only root and the daemon's own user are answered (SO_PEERCRED).
 */

/** lw_control_listen() - serve @monitor at @path from its loop. Return: the socket or -errno. */
int lw_control_listen(struct lw_monitor *monitor, const char *path);

/**
 * lw_control_ask() - send one line to a daemon.
 * @ret_answer: its JSON, to be freed
 *
 * Return: 0; -ENOENT or -ECONNREFUSED when no daemon listens at @path; -errno.
 */
int lw_control_ask(const char *path, const char *line, char **ret_answer);

/** lw_status_json() - what the monitor does now. Return: JSON text to be freed, or NULL. */
char *lw_status_json(struct lw_monitor *monitor);

#endif
