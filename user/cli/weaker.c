// SPDX-License-Identifier: Apache-2.0
/* Rules that ask for a denial where this kernel can only kill: said once, not discovered later. */
#include "base/log.h"
#include "cli/monitor.h"

struct weaker {
	__u64 kinds;
	const char *what;
	const char *with_fanotify; /* NULL: the same */
};

static const struct weaker table[] = {
	{ LW_ON(LW_FILE_OPEN),
	  "file.open is stopped by SIGKILL when it returns, not denied: creation and truncation "
	  "have happened by then",
	  "file.open is denied only of files that exist and that a rule names by their place, "
	  "whatever they are opened for; else it is stopped by SIGKILL when it returns: creation "
	  "and truncation have happened by then" },
	{ LW_ON(LW_PROCESS_EXEC),
	  "process.exec is stopped by SIGKILL before the new program's first instruction, not "
	  "denied",
	  "process.exec is denied only of programs that exist and that a rule names by their "
	  "place; else it is stopped by SIGKILL before the new program's first instruction" },
	{ LW_ON(LW_NET_LISTEN), "net.listen is stopped by SIGKILL when it returns, not denied",
	  NULL },
	{ (LW_ON(LW_SYSCALL_COMPAT) << 1) - LW_ON(LW_FILE_UNLINK),
	  "calls that are judged when they begin are stopped by SIGKILL, not denied: what they do "
	  "to others has happened by then",
	  NULL },
};

void lw_monitor_say_weaker(const struct lw_monitor *m)
{
	const struct lw_image *img = m->policy->image;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct weaker *w = &table[i];
		unsigned int n = 0;

		for (__u32 r = 0; r < img->hdr.nrules; r++)
			n += img->rules[r].action == LW_DENY && (img->rules[r].on & w->kinds);
		if (n)
			lw_info("%u rule%s ask%s for deny, but on this kernel %s", n,
				n > 1 ? "s" : "", n > 1 ? "" : "s",
				m->fanotify && w->with_fanotify ? w->with_fanotify : w->what);
	}
}
