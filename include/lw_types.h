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

#define LW_STATIC_ASSERT(expr, msg) _Static_assert(expr, msg)

#endif
