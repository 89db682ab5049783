// SPDX-License-Identifier: Apache-2.0
#include "enrich/python.h"

#include <stdio.h>
#include <string.h>

/* NULL: the frames are there. */
static const char *const reasons[LW_PY_STATE_COUNT] = {
	[LW_PY_NONE] = "not looked for",
	[LW_PY_NO_PYTHON] = "no Python in this process",
	[LW_PY_UNKNOWN] = "files of the process not read yet",
	[LW_PY_UNSUPPORTED] = "unsupported: CPython of an unknown version",
	[LW_PY_NATIVE] = "native thread",
	[LW_PY_UNREADABLE] = "memory of the interpreter could not be read",
	[LW_PY_MANY_THREADS] = "too many threads",
	[LW_PY_ELSEWHERE] = "seen outside of the process",
	[LW_PY_LOST] = "frames were lost",
};

static bool has_frames(enum lw_py_state state)
{
	return state == LW_PY_STACK || state == LW_PY_CUT || state == LW_PY_LOST;
}

static void explain(struct lw_python *py, enum lw_py_state state, unsigned int minor)
{
	if (state == LW_PY_UNSUPPORTED && minor)
		snprintf(py->reason, sizeof(py->reason), "unsupported: CPython 3.%u", minor);
	else if (reasons[state])
		strcpy(py->reason, reasons[state]);
	else if (!py->culprit)
		strcpy(py->reason, "only libraries and code without a file");
}

void lw_python_of(const struct lw_ev *ev, const struct lw_stack *own, const struct lw_proc *proc,
		  const struct lw_model_code *model, struct lw_python *ret)
{
	enum lw_py_state state = ev->py_state;

	*ret = (struct lw_python){ .native = state == LW_PY_NATIVE };
	if (has_frames(state)) {
		ret->stack = own;
		ret->cut = state == LW_PY_CUT;
		if ((own ? own->n : 0) < ev->py_frames)
			state = LW_PY_LOST;
	} else if (lw_py_other(state) && proc && proc->origin) {
		ret->origin = proc->origin;
		ret->stack = proc->origin->stack;
		ret->cut = proc->origin->cut;
	}
	if (ret->stack)
		ret->culprit = lw_culprit(ret->stack, model);
	explain(ret, state, ev->py_minor);
}
