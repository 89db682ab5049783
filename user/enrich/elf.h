/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_ELF_H
#define LW_ENRICH_ELF_H

/*
 * What a program or a shared library exports, by its dynamic section alone: files are stripped. The
 * file is anybody's: every offset is checked, and it is read, not mapped, since it may be cut short
 * meanwhile.
 */

#include <stdbool.h>
#include <stddef.h>

#include "lw_types.h"

#define LW_ELF_LOADS  16 /* linkers make 2 to 5 */
#define LW_ELF_NEEDED 64 /* libraries that are named by one file */

struct lw_elf_load {
	__u64 vaddr, offset, size; /* bytes in the file */
	bool exec;
};

struct lw_elf {
	int fd; /* borrowed */
	size_t n_loads, n_needed;
	struct lw_elf_load loads[LW_ELF_LOADS];
	__u64 needed[LW_ELF_NEEDED]; /* offsets of their names: lw_elf_text() */
	__u64 runpath;		     /* the same of DT_RUNPATH, else DT_RPATH */
	bool has_runpath;
	__u64 symbols, texts, texts_size, gnu_hash, hash; /* addresses; 0: absent */
};

/**
 * lw_elf_open() - a file as an ELF object of this machine.
 * @fd: open for reading, of a regular file; must stay open
 *
 * Return: 0; -ENOEXEC: it is none, or has no dynamic section; -errno.
 */
int lw_elf_open(int fd, struct lw_elf *ret_elf);

/** lw_elf_read() - bytes at an address. Return: 0, -ERANGE: not in the file; -errno. */
int lw_elf_read(const struct lw_elf *elf, __u64 addr, void *ret, size_t size);

/** lw_elf_symbol() - address of an exported symbol. Return: 0, -ENOENT, -errno. */
int lw_elf_symbol(const struct lw_elf *elf, const char *name, __u64 *ret_addr);

/** lw_elf_text() - a string of the dynamic section. Return: 0, -ENAMETOOLONG, -errno. */
int lw_elf_text(const struct lw_elf *elf, __u64 at, char *ret, size_t size);

#endif
