/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALLS_H
#define CALLS_H

/*
 * The numbers of lw_calls.def's names in one of the system's headers. Those headers use the same
 * names for different numbers, so each has a file of its own (calls_*.c), which includes the header
 * and then this with CALLS_TABLE set. The number is text: a name that the header does not know
 * stays "__NR_name".
 */

struct call_number {
	const char *name;
	const char *text;
};

extern const struct call_number calls_x86_64[], calls_ia32[], calls_x32[], calls_generic[];

#ifdef CALLS_TABLE
#define TEXT_OF(x)					      #x
#define TEXT_OF_(x)					      TEXT_OF(x)
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) { #name, TEXT_OF_(__NR_##name) },
const struct call_number CALLS_TABLE[] = {
#include "lw_calls.def"
	{ 0 },
};
#undef LW_CALL
#endif

#endif
