/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_TYPES_H
#define LW_TYPES_H

/* The fixed-width types that both worlds use. BPF gets them from vmlinux.h. */
#ifndef __bpf__
#include <linux/types.h>
#include <stddef.h>
#endif

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif

/*
 * An index under a mask that neither the compiler nor the verifier may lose: after a comparison
 * clang drops the AND as useless, while the verifier may have tracked another copy of the register.
 */
static __always_inline unsigned int lw_mask(unsigned int i, unsigned int size)
{
#ifdef __bpf__
	asm volatile("" : "+r"(i));
#endif
	return i & (size - 1);
}

#define LW_STATIC_ASSERT(expr, msg) _Static_assert(expr, msg)

#endif
