/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_FS_H
#define LW_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * lw_fs_is_one_of() - whether a file lies on a file system of one of some kinds.
 * @fd: descriptor of the file
 * @magics: @n values of statfs(2) f_type
 *
 * Return: false, too, when the kernel does not say.
 */
bool lw_fs_is_one_of(int fd, const long *magics, size_t n);

#endif
