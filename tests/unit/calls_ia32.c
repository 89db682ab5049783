// SPDX-License-Identifier: Apache-2.0
#ifdef __x86_64__
#include <asm/unistd_32.h>
#define CALLS_TABLE calls_ia32
#include "calls.h"
#endif
