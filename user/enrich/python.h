/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_PYTHON_H
#define LW_ENRICH_PYTHON_H

/* All that is known of the Python code behind one event. */

#include "enrich/culprit.h"
#include "enrich/proc.h"

#define LW_PYTHON_REASON 64 /* bytes with NUL */

struct lw_python {
	const struct lw_stack *stack;	/* NULL: none */
	const struct lw_frame *culprit; /* NULL: none */
	const struct lw_origin *origin; /* whose stack it is; NULL: the event's own */
	bool cut;			/* there are older frames */
	bool native;			/* a thread that runs no Python, of a process that does */
	char reason[LW_PYTHON_REASON];	/* why there is no stack or no culprit; "": there is */
};

/**
 * lw_python_of() - find out.
 * @ev: a checked event
 * @own: frames that have come of the stack that it names; NULL: none
 * @proc: its process; NULL: not known
 * @model: the loader's models
 * @ret: holds pointers to what @own and @proc own
 *
 * The stack of the nearest exec by Python code stands in where lw_py_other().
 */
void lw_python_of(const struct lw_ev *ev, const struct lw_stack *own, const struct lw_proc *proc,
		  const struct lw_model_code *model, struct lw_python *ret);

#endif
