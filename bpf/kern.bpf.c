// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Calls into the kernel's own machinery: BPF, performance events, modules, kexec, settings of the
 * system. No loader has a use for any of them. What only asks for a state is no event.
 */
#include "call.bpf.h"

/* The values of include/lw_ops.def; of bpf() they are the kernel's own. */
#define OP_LOAD	    0
#define OP_UNLOAD   1
#define OP_RESTART  1
#define OP_HALT	    2
#define OP_POWER    3
#define OP_CAD_ON   4
#define OP_CAD_OFF  5
#define OP_SUSPEND  6
#define OP_KEXEC    7
#define OP_IO_PORTS 1
#define OP_SWAP	    2
#define OP_ACCT	    3
#define OP_QUOTA    4
#define OP_SYSLOG   5
#define OP_HOSTNAME 6
#define OP_TIME	    7
#define OP_FANOTIFY 8

/* include/uapi/linux/reboot.h, timex.h; include/linux/syslog.h */
#define REBOOT_RESTART	   0x01234567
#define REBOOT_RESTART2	   0xA1B2C3D4
#define REBOOT_HALT	   0xCDEF0123
#define REBOOT_POWER_OFF   0x4321FEDC
#define REBOOT_CAD_ON	   0x89ABCDEF
#define REBOOT_CAD_OFF	   0x00000000
#define REBOOT_SW_SUSPEND  0xD000FCE2
#define REBOOT_KEXEC	   0x45584543
#define ADJ_OFFSET_SS_READ 0xa001
#define SYSLOG_CLOSE	   0
#define SYSLOG_OPEN	   1
#define SYSLOG_SIZE_UNREAD 9
#define SYSLOG_SIZE_BUFFER 10

static __always_inline __u16 reboot_op(__u32 command)
{
	switch (command) {
	case REBOOT_RESTART:
	case REBOOT_RESTART2:
		return OP_RESTART;
	case REBOOT_HALT:
		return OP_HALT;
	case REBOOT_POWER_OFF:
		return OP_POWER;
	case REBOOT_CAD_ON:
		return OP_CAD_ON;
	case REBOOT_CAD_OFF:
		return OP_CAD_OFF;
	case REBOOT_SW_SUSPEND:
		return OP_SUSPEND;
	case REBOOT_KEXEC:
		return OP_KEXEC;
	default:
		return LW_OP_OTHER;
	}
}

static __always_inline __u16 admin_op(__u32 call)
{
	switch (call) {
	case LW_CALL_iopl:
	case LW_CALL_ioperm:
		return OP_IO_PORTS;
	case LW_CALL_swapon:
	case LW_CALL_swapoff:
		return OP_SWAP;
	case LW_CALL_acct:
		return OP_ACCT;
	case LW_CALL_quotactl:
	case LW_CALL_quotactl_fd:
		return OP_QUOTA;
	case LW_CALL_syslog:
		return OP_SYSLOG;
	case LW_CALL_sethostname:
	case LW_CALL_setdomainname:
		return OP_HOSTNAME;
	case LW_CALL_fanotify_init:
		return OP_FANOTIFY;
	default:
		return OP_TIME;
	}
}

/* struct timex starts with what is to be set: nothing. */
static __always_inline int only_asks(__u64 timex)
{
	__u32 modes = 0;

	return !bpf_probe_read_user(&modes, sizeof(modes), (const void *)timex) &&
	       (!modes || modes == ADJ_OFFSET_SS_READ);
}

static __always_inline int is_harmless(const struct lw_scratch *s)
{
	__u32 first = s->args[0];

	switch (s->call) {
	case LW_CALL_iopl:
		return !first;
	case LW_CALL_ioperm:
		return !(__u32)s->args[2];
	case LW_CALL_syslog:
		return first == SYSLOG_CLOSE || first == SYSLOG_OPEN ||
		       first == SYSLOG_SIZE_UNREAD || first == SYSLOG_SIZE_BUFFER;
	case LW_CALL_adjtimex:
		return only_asks(s->args[0]);
	case LW_CALL_clock_adjtime:
	case LW_CALL_clock_adjtime64:
		return only_asks(s->args[1]);
	default:
		return 0;
	}
}

/* bpf() that only gives a descriptor: what nobody has attached or pinned goes with it. */
static __always_inline int gives_descriptor(__u32 command)
{
	switch (command) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
		return 1;
	default:
		return 0;
	}
}

static __always_inline __u8 killed_when(const struct lw_call_ctx *c)
{
	switch (c->s->call) {
	case LW_CALL_bpf:
		if (!gives_descriptor(c->s->args[0]))
			return LW_OUT_KILLED_AFTER;
		return lw_killed_alone(c->task);
	case LW_CALL_perf_event_open:
	case LW_CALL_userfaultfd:
	case LW_CALL_fanotify_init:
		return lw_killed_alone(c->task);
	case LW_CALL_iopl:
	case LW_CALL_ioperm:
		return LW_OUT_KILLED_BEFORE;
	default:
		return LW_OUT_KILLED_AFTER;
	}
}

static __always_inline void operation(struct lw_call_ctx *c)
{
	switch (c->s->q.kind) {
	case LW_KERNEL_BPF:
		lw_call_number(c, c->s->args[0]);
		break;
	case LW_KERNEL_MODULE:
		lw_call_op(c, c->s->call == LW_CALL_delete_module ? OP_UNLOAD : OP_LOAD);
		break;
	case LW_KERNEL_REBOOT:
		lw_call_op(c, reboot_op(c->s->args[2]));
		break;
	case LW_KERNEL_ADMIN:
		lw_call_op(c, admin_op(c->s->call));
		break;
	}
}

/* Those that have an object are judged by it too: a module's file, a kernel, a swap file. */
static __always_inline struct lw_verdict judge(struct lw_call_ctx *c)
{
	struct lw_scratch *s = c->s;

	switch (s->call) {
	case LW_CALL_finit_module:
	case LW_CALL_kexec_file_load:
		s->open.dirfd = s->args[0];
		return lw_unpack(lw_change_fd(c->slot, c->tag->profile, 0));
	case LW_CALL_acct:
		if (!s->args[0]) /* ends it */
			break;
		return lw_unpack(lw_change_name(c->slot, c->tag->profile, 0));
	case LW_CALL_swapon:
	case LW_CALL_swapoff:
		return lw_unpack(lw_change_name(c->slot, c->tag->profile, 0));
	case LW_CALL_delete_module:
		lw_name_attach(s, LW_STR_NAME, s->args[0]);
		break;
	}
	return lw_match_any(s, c->slot, c->img, c->tag->profile);
}

__weak int lw_on_kern(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_call_ctx c;

	if (!s || is_harmless(s) || lw_call_begin(&c, slot))
		return 1;
	operation(&c);
	lw_call_named(&c, judge(&c), killed_when(&c));
	return 0;
}
