// SPDX-License-Identifier: Apache-2.0
#ifdef __x86_64__
#include <asm/unistd_64.h>
#define CALLS_TABLE calls_x86_64
#include "calls.h"
#endif
