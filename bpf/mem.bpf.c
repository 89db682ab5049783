// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Code that comes to life in memory. */
#include "call.bpf.h"

__weak int lw_on_mem(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	lw_call_plain(&c, LW_OUT_KILLED_BEFORE);
	return 0;
}
