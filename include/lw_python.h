/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_PYTHON_H
#define LW_PYTHON_H

/*
 * The Python stack of a task, as the kernel side reads it out of the interpreter's memory. All of
 * it is what the process says of itself: a label, never a reason for a verdict.
 *
 * Each frame is one record of the ring lw_stacks, submitted before the event that names its stack:
 * whoever has the event finds the frames in their ring, or they were lost. A ring of their own, so
 * that frames never cost a violation.
 */

#include "lw_limits.h"
#include "lw_types.h"

/* What became of the walk: lw_ev.py_state. */
enum lw_py_state {
	LW_PY_NONE = 0,	   /* nobody has looked: no violation, and no exec */
	LW_PY_STACK,	   /* py_frames frames were sent under py_stack */
	LW_PY_CUT,	   /* the same; there are more than LW_PY_FRAMES */
	LW_PY_NO_PYTHON,   /* the process has no interpreter that is known */
	LW_PY_UNKNOWN,	   /* it has one that user space has not read yet */
	LW_PY_UNSUPPORTED, /* it has one whose layout is not known: see its version */
	LW_PY_NATIVE,	   /* no thread state is this thread's, or it runs no Python: native code */
	LW_PY_UNREADABLE,  /* memory that is not there, or not what an interpreter has there */
	LW_PY_MANY_THREADS, /* its thread state is not among the LW_PY_THREADS first */
	LW_PY_ELSEWHERE,    /* the hook does not run in the context of the process */
	LW_PY_LOST,	    /* user space: the ring had no room for all frames */
	LW_PY_STATE_COUNT,
};

/* How many bytes a character of a str has. */
#define LW_PY_ASCII  0U
#define LW_PY_LATIN1 1U
#define LW_PY_UCS2   2U
#define LW_PY_UCS4   4U

#define LW_PYF_FILE_CUT	 (1U << 0) /* the first characters of the file's name are missing */
#define LW_PYF_NAME_CUT	 (1U << 1) /* the last characters of the function's name are missing */
#define LW_PYF_LINES_CUT (1U << 2) /* the end of the line table is missing */
#define LW_PYF_BAD	 (1U << 3) /* the frame could not be read: what is here may be missing */

struct lw_py_frame {
	__u64 stack; /* lw_ev.py_stack */
	__u32 size;  /* bytes, header and data */
	__u16 nr;    /* 0: the newest */
	__u8 minor;  /* of CPython 3.x: which kind of line table */
	__u8 flags;  /* LW_PYF_* */
	__s32 first_line;
	__s32 lasti;	 /* byte of the bytecode at which the frame stands; < 0: before the first */
	__u16 file_len;	 /* bytes; co_filename */
	__u16 name_len;	 /* bytes; co_qualname, up to 3.10 co_name */
	__u16 lines_len; /* bytes; co_lnotab, from 3.10 co_linetable */
	__u8 file_kind;	 /* LW_PY_ASCII ... */
	__u8 name_kind;
	char data[]; /* file, name, line table */
};

LW_STATIC_ASSERT(sizeof(struct lw_py_frame) % 8 == 0, "data starts aligned");

#endif
