/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_SELFTEST_H
#define LW_CLI_SELFTEST_H

#include <stdbool.h>

#include "bpfctl/bpf.h"

/*
 * A child that does on purpose what a policy made for it forbids, once for each kind of hook. A
 * hook counts as working only when the violation of that effect has come back complete: a program
 * can attach without error and never run.
 */

#define LW_SELFTESTS 11

struct lw_selftest {
	const char *name; /* dotted kind */
	const char *effect;
	int kind;      /* enum lw_kind */
	int want;      /* enum lw_outcome that this kernel should give */
	bool fired;    /* the violation came back */
	bool complete; /* with rule, object, program and process */
	bool held;     /* the effect did not happen, as seen by the child's parent */
	int outcome;   /* enum lw_outcome reported */
	long asked_ns; /* file.open: what an open of a marked file costs others; 0: nobody asks */
};

/**
 * lw_selftest_run() - load, attach and fire.
 * @tests: LW_SELFTESTS results
 * @ret_hooks: copies of the hook table while attached, to be freed; @ret_n rows
 *
 * Return: 0 when the tests could be run (look at each), -errno when loadward cannot work here; the
 * reason is on stderr then.
 */
int lw_selftest_run(struct lw_selftest *tests, struct lw_hook_state **ret_hooks, size_t *ret_n);

#endif
