/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_LOG_H
#define LW_BASE_LOG_H

/*
 * What loadward tells the person at the terminal: one line each on stderr, "loadward: " first.
 * The evidence goes elsewhere (forensic/log.h).
 */

#include <stdbool.h>
#include <stddef.h>

enum lw_log_level { LW_LOG_ERROR = 0, LW_LOG_WARNING, LW_LOG_INFO, LW_LOG_DEBUG };

/** lw_log_set_level() - print what is at least as urgent as @level; LW_LOG_INFO at start. */
void lw_log_set_level(enum lw_log_level level);

/**
 * lw_log() - print one line.
 * @level: urgency; error, warning and debug are named in the line
 * @fmt: printf format, without newline
 *
 * Control characters, bidirectional controls and invalid UTF-8 in the result are escaped, so paths
 * and names can be passed as they are. Longer than 4 KiB is cut. Colour only on a terminal and
 * without NO_COLOR. errno is kept.
 */
void lw_log(enum lw_log_level level, const char *fmt, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/** lw_log_colour() - is stderr a terminal that shows colours (and NO_COLOR is not set)? */
bool lw_log_colour(void);

/** lw_log_text() - whole lines that are ready: nothing in them is escaped. */
void lw_log_text(const char *text, size_t len);

#define lw_error(...)	lw_log(LW_LOG_ERROR, __VA_ARGS__)
#define lw_warning(...) lw_log(LW_LOG_WARNING, __VA_ARGS__)
#define lw_info(...)	lw_log(LW_LOG_INFO, __VA_ARGS__)
#define lw_debug(...)	lw_log(LW_LOG_DEBUG, __VA_ARGS__)

#endif
