// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * 32-bit and x32 entries: that one is used at all, and the opens that come through them, which the
 * tracepoints of single calls do not see.
 */
#include "call.bpf.h"

__weak int lw_compat_entry(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	c.s->q.kind = LW_SYSCALL_COMPAT;
	lw_call_plain(&c, LW_OUT_KILLED_AFTER);
	return 0;
}

__weak int lw_on_compat(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	lw_call_plain(&c, LW_OUT_KILLED_AFTER);
	return 0;
}
