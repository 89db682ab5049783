/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_PROGRAM_H
#define LW_BASE_PROGRAM_H

#include <stddef.h>

/**
 * lw_program_find() - where $PATH leads.
 * @name: of a program
 * @buf: gets its path, @size bytes
 *
 * Return: @buf; @name where it has a '/' or is found nowhere: then exec says why.
 */
const char *lw_program_find(const char *name, char *buf, size_t size);

#endif
