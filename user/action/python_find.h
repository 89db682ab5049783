/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ACTION_PYTHON_FIND_H
#define LW_ACTION_PYTHON_FIND_H

/**
 * lw_python_find() - the files that may hold the interpreter of a program that is to be run.
 * @path: of the program, or of a script that names it
 * @fn: called with each: the program, and libraries whose names begin with "libpython"
 *
 * As the dynamic loader will most likely find them: what it finds elsewhere is read when it is
 * mapped. To be called with the program's own environment.
 */
void lw_python_find(const char *path, void (*fn)(const char *path, void *arg), void *arg);

#endif
