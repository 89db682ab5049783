// SPDX-License-Identifier: Apache-2.0
#ifdef __x86_64__
#include <asm/unistd_x32.h>
#define CALLS_TABLE calls_x32
#include "calls.h"
#endif
