/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_PYTHON_ELF_H
#define LW_ENRICH_PYTHON_ELF_H

/* Files that hold a Python interpreter: a program, or a shared library. */

#include <stdbool.h>
#include <stddef.h>

#include "lw_python.h"

/**
 * lw_python_elf() - read one.
 * @fd: open for reading, of a regular file; not trusted
 * @ret_file: its addresses; layout.known is 0 where the release is not supported
 *
 * An interpreter exports _PyRuntime (since 3.7), since its extension modules need it, also where it
 * is linked statically and stripped.
 *
 * Return: 1: an interpreter; 0: none; -errno: it could not be read.
 */
int lw_python_elf(int fd, struct lw_py_file *ret_file);

/**
 * lw_python_audit() - the function that an interpreter calls for each event of its audit hooks.
 * @fd: as lw_python_elf()
 * @ret_offset: of PySys_Audit, bytes in the file
 *
 * Return: 0; -ENOENT: it exports none; -errno.
 */
int lw_python_audit(int fd, __u64 *ret_offset);

/**
 * lw_python_layout() - where a release keeps what the walk reads.
 * @minor: of CPython 3.x
 * @free_threaded: built without the global lock
 * @debug: the first bytes of its _PyRuntime as the file has them, not trusted; since 3.13 they
 *	tell; NULL: the table alone
 * @size: bytes of @debug
 *
 * Return: a layout; its known is 0 when the release is none of those supported, or says of itself
 * what cannot be.
 */
struct lw_py_layout lw_python_layout(unsigned int minor, bool free_threaded, const void *debug,
				     size_t size);

#endif
