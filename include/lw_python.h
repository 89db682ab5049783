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

/* Followed by the bytes of its strings. */
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

/* A field that a release does not have. */
#define LW_PY_ABSENT 0xffffU

/*
 * Where one release of CPython keeps what the walk reads: bytes from the start of the object,
 * unless said otherwise. Rows: user/enrich/python_layouts.def.
 */
struct lw_py_layout {
	__u8 minor;	  /* of CPython 3.x; 0: no interpreter */
	__u8 known;	  /* 0: a release whose layout is not known */
	__u8 shim;	  /* frame_owner of frames that run no Python, and above; 0: none */
	__u8 kind_bit;	  /* of the state of a str: bytes of a character, three bits */
	__u8 compact_bit; /* its characters follow it */
	__u8 ascii_bit;	  /* all of them are ASCII */
	__u8 frame_size;  /* bytes of a frame that hold all its fields */
	__u8 code_size;	  /* bytes of a code object, up to its line table */
	/* Offsets, in the order of the rows. */
	__u16 interpreters; /* _PyRuntime: the first interpreter */
	__u16 interp_next;
	__u16 interp_threads;
	__u16 thread_next;
	__u16 thread_id; /* pthread_self() */
	__u16 thread_frame;
	__u16 cframe; /* thread_frame leads to an object that has the frame here */
	__u16 frame_prev;
	__u16 frame_code;
	__u16 frame_instr; /* up to 3.10 an index, then an address */
	__u16 frame_owner;
	__u16 frame_tlbc; /* index of the thread's own bytecode */
	__u16 code_file;
	__u16 code_name;
	__u16 code_first;
	__u16 code_lines;
	__u16 code_start; /* the bytecode */
	__u16 code_tlbc;  /* array of each thread's own bytecode */
	__u16 str_len;
	__u16 str_state;
	__u16 str_ascii; /* characters of an ASCII str; str_compact: of another one */
	__u16 str_compact;
	__u16 bytes_len;
	__u16 bytes_data;
	__u16 type;
	__u16 reserved[3];
};

LW_STATIC_ASSERT(sizeof(struct lw_py_layout) == 64, "no holes");

/* Bytes that a frame and a code object may have, with all fields of the walk. */
#define LW_PY_FRAME_MAX 128U
#define LW_PY_CODE_MAX	256U

/* Room for the strings of a frame: line tables begin in the first KiB. */
#define LW_PY_DATA (1024U + LW_PY_LINES)

/* A file that may hold an interpreter. Maps lw_py_files, lw_py_others. */
struct lw_py_key {
	__u64 ino;
	__u32 dev;	  /* kernel's s_dev */
	__u32 generation; /* of the inode: one with the number of a file that has gone differs */
};

/* One that does: addresses as in the file. Map lw_py_files. */
struct lw_py_file {
	__u64 runtime;	 /* symbol _PyRuntime */
	__u64 code_type; /* symbol PyCode_Type */
	__u64 start;	 /* of the mapping that begins at offset 0 */
	__u64 code;	 /* of its first executable segment: mm->start_code of a main program */
	struct lw_py_layout layout;
};

/* The interpreter of a process. Map lw_py_procs, by thread group. */
struct lw_py_proc {
	__u64 runtime; /* address; 0: there is none yet */
	__u64 code_type;
	__u64 start_code; /* of the program it belongs to: after an exec it means nothing */
	__u32 unread;	  /* files that it has mapped and user space has not read yet */
	__u32 reserved;
	struct lw_py_layout layout;
};

/* Such a file. Ring lw_py_news. */
struct lw_py_news {
	__u32 tgid;
	__u32 reserved;
	__u64 addr; /* of the mapping; 0: any of them */
};

/* What is known of a file. */
enum lw_py_known {
	LW_PY_FILE_NEW = 0, /* nobody has read it */
	LW_PY_FILE_PYTHON,  /* it holds an interpreter */
	LW_PY_FILE_OTHER,
};

/*
 * lw_ctl_file: the key of a file, and what is known of it. lw_ctl_python: an interpreter that user
 * space has found in a process. Global variable lw_py_ask, of one thread of the daemon.
 */
struct lw_py_ask {
	struct lw_py_key file;
	__u64 start_code; /* of the program that was looked at */
	__u64 addr;	  /* where the file is mapped; 0: no interpreter was found */
	__s32 fd;	  /* of the calling task: the file */
	__u32 known;	  /* the answer: enum lw_py_known */
	__u32 tgid;
	__u32 read; /* files that were told by news and have been read; ~0U: all */
	__s32 error;
	__u32 reserved;
};

#endif
