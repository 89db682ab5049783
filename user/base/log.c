// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_MAX_BYTES 4096

static enum lw_log_level max_level = LW_LOG_INFO;

static const struct {
	const char *word, *colour;
} levels[] = {
	[LW_LOG_ERROR] = { "error: ", "\033[1;31m" },
	[LW_LOG_WARNING] = { "warning: ", "\033[1;33m" },
	[LW_LOG_INFO] = { "", "" },
	[LW_LOG_DEBUG] = { "debug: ", "\033[2m" },
};

void lw_log_set_level(enum lw_log_level level)
{
	max_level = level;
}

bool lw_log_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return !(no && *no) && isatty(STDERR_FILENO);
}

/* A reader of stderr that went away must not stop the monitor: what it does not take is dropped. */
void lw_log_text(const char *s, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, s, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s += n;
		len -= n;
	}
}

void lw_log(enum lw_log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 64];
	int n, saved = errno;
	struct lw_sb sb;
	bool colour;
	va_list ap;

	if (level > max_level)
		return;
	colour = *levels[level].colour && lw_log_colour();
	errno = saved; /* %m */
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	/* Room for the reset of the colour and the newline is kept back. */
	lw_sb_init(&sb, line, sizeof(line) - 8);
	lw_sb_str(&sb, "loadward: ");
	if (colour)
		lw_sb_str(&sb, levels[level].colour);
	lw_sb_str(&sb, levels[level].word);
	lw_sb_safe(&sb, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
	sb.cap = sizeof(line);
	sb.cut = false;
	lw_sb_str(&sb, colour ? "\033[0m\n" : "\n");
	lw_log_text(line, sb.len);
	errno = saved;
}
