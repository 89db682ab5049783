// SPDX-License-Identifier: Apache-2.0
/* Rules that ask for a denial where this kernel can only kill: said once, not discovered later. */
#include "base/log.h"
#include "cli/monitor.h"

/* What denies here, weakest first: cgroup hooks alone, fanotify too, security hooks too. */
enum rung {
	HOOKS,
	FANOTIFY,
	SECURITY,
	RUNGS,
};

struct weaker {
	__u64 kinds;
	const char *what[RUNGS]; /* NULL: all is denied */
};

#define CALLS \
	"calls that are judged when they begin are stopped by SIGKILL, not denied: what they do " \
	"to others has happened by then"
#define LISTEN "net.listen is stopped by SIGKILL when it returns, not denied"

static const struct weaker table[] = {
	{ LW_ON(LW_FILE_OPEN),
	  { [HOOKS] = "file.open is stopped by SIGKILL when it returns, not denied: creation and "
		      "truncation have happened by then",
	    [FANOTIFY] = "file.open is denied only of files that exist and that a rule names by "
			 "their place, whatever they are opened for; else it is stopped by SIGKILL "
			 "when it returns: creation and truncation have happened by then" } },
	{ LW_ON(LW_PROCESS_EXEC),
	  { [HOOKS] = "process.exec is stopped by SIGKILL before the new program's first "
		      "instruction, not denied",
	    [FANOTIFY] = "process.exec is denied only of programs that exist and that a rule names "
			 "by their place; else it is stopped by SIGKILL before the new program's "
			 "first instruction" } },
	{ LW_ON(LW_NET_LISTEN), { [HOOKS] = LISTEN, [FANOTIFY] = LISTEN } },
	{ (LW_ON(LW_SYSCALL_COMPAT) << 1) - LW_ON(LW_FILE_UNLINK),
	  { [HOOKS] = CALLS, [FANOTIFY] = CALLS } },
	{ LW_ON(LW_MEMORY_MEMFD) | LW_ON(LW_PROCESS_PIDFD) | LW_ON(LW_CGROUP_MOVE) |
		  LW_ON(LW_IO_URING_SETUP) | LW_ON(LW_KERNEL_USERFAULTFD) |
		  LW_ON(LW_SYSCALL_COMPAT),
	  { [SECURITY] = "what no security hook asks for (memfd, pidfd, io_uring, userfaultfd, "
			 "moves between cgroups, 32-bit entries) is stopped by SIGKILL, not "
			 "denied" } },
};

void lw_monitor_say_weaker(const struct lw_monitor *m)
{
	const struct lw_image *img = m->policy->image;
	enum rung rung = lw_bpf_deny_by(m->bpf) != LW_BE_NONE ? SECURITY
			 : m->fanotify			      ? FANOTIFY
							      : HOOKS;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct weaker *w = &table[i];
		unsigned int n = 0;

		for (__u32 r = 0; r < img->hdr.nrules; r++)
			n += img->rules[r].action == LW_DENY && (img->rules[r].on & w->kinds);
		if (n && w->what[rung])
			lw_info("%u rule%s ask%s for deny, but on this kernel %s", n,
				n > 1 ? "s" : "", n > 1 ? "" : "s", w->what[rung]);
	}
}
