// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Calls into the kernel's own machinery: BPF, performance events, modules, kexec, settings of the
 * system. No loader has a use for any of them.
 */
#include "call.bpf.h"

#define LW_MODULE_LOAD	 0
#define LW_MODULE_UNLOAD 1

/*
 * A program, map, event or userfaultfd that nobody has attached or pinned dies with the descriptor.
 * What the others do stays.
 */
static __always_inline __u8 killed_when(__u32 kind, __u16 op)
{
	if (kind == LW_KERNEL_PERF || kind == LW_KERNEL_USERFAULTFD)
		return LW_OUT_KILLED_BEFORE;
	if (kind == LW_KERNEL_BPF && (op == BPF_MAP_CREATE || op == BPF_PROG_LOAD))
		return LW_OUT_KILLED_BEFORE;
	return LW_OUT_KILLED_AFTER;
}

__weak int lw_on_kern(__u32 slot)
{
	struct lw_call_ctx c;
	__u16 op = 0;

	if (lw_call_begin(&c, slot))
		return 1;
	switch (c.s->call) {
	case LW_CALL_bpf:
		op = c.s->args[0];
		break;
	case LW_CALL_init_module:
	case LW_CALL_finit_module:
		op = LW_MODULE_LOAD;
		break;
	case LW_CALL_delete_module:
		op = LW_MODULE_UNLOAD;
		break;
	}
	lw_call_op(&c, op);
	lw_call_plain(&c, killed_when(c.s->q.kind, op));
	return 0;
}
