/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ELF_FILE_H
#define TESTS_ELF_FILE_H

/* A small shared library, made in memory, that looks like one with an interpreter. */

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ELF_SYMBOLS 6
#define ELF_BUCKETS 4
#define ELF_RUNTIME 1024
#define ELF_BASE    0x10000ULL /* its addresses are offsets in the file and this */

struct elf_file {
	Elf64_Ehdr head;
	Elf64_Phdr loads[2], dynamic_head;
	Elf64_Dyn dynamic[8];
	Elf64_Sym symbols[ELF_SYMBOLS];
	uint32_t hash[2 + ELF_BUCKETS + ELF_SYMBOLS];
	struct {
		uint32_t buckets, first, words, shift;
		uint64_t filter;
		uint32_t bucket, chain[ELF_SYMBOLS - 1];
	} gnu;
	uint64_t version;
	char runtime[ELF_RUNTIME];
	char texts[256];
};

#define ELF_AT(member) (ELF_BASE + offsetof(struct elf_file, member))

static inline uint32_t elf_sysv(const char *name)
{
	uint32_t h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h = (h ^ (h & 0xf0000000) >> 24) & ~0xf0000000U;
	}
	return h;
}

static inline uint32_t elf_gnu(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/* Symbol @i, in both tables. */
static inline void elf_symbol(struct elf_file *f, uint32_t i, const char *name, uint64_t addr)
{
	uint32_t bucket = elf_sysv(name) % ELF_BUCKETS, at = 32 * i;

	strcpy(f->texts + at, name);
	f->symbols[i] = (Elf64_Sym){ .st_name = at, .st_shndx = 1, .st_value = addr };
	f->hash[2 + ELF_BUCKETS + i] = f->hash[2 + bucket];
	f->hash[2 + bucket] = i;
	f->gnu.chain[i - 1] = elf_gnu(name) & ~1U;
}

/* One of CPython 3.x: what is looked for by name is there, and nothing else. */
static inline void elf_make(struct elf_file *f, unsigned int minor)
{
	*f = (struct elf_file){ .head = { .e_ident = ELFMAG,
					  .e_type = ET_DYN,
#ifdef __aarch64__
					  .e_machine = EM_AARCH64,
#else
					  .e_machine = EM_X86_64,
#endif
					  .e_phoff = offsetof(struct elf_file, loads),
					  .e_phentsize = sizeof(Elf64_Phdr),
					  .e_phnum = 3 },
				.version = 0x03000000 | minor << 16 | 0x07f0 };
	f->head.e_ident[EI_CLASS] = ELFCLASS64;
	f->head.e_ident[EI_DATA] = ELFDATA2LSB;
	f->loads[0] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = ELF_BASE, .p_filesz = sizeof(*f)
	};
	f->loads[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
				    .p_flags = PF_R | PF_X,
				    .p_vaddr = ELF_BASE + 0x100123,
				    .p_offset = 0x1123 };
	f->dynamic_head = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
					.p_offset = offsetof(struct elf_file, dynamic),
					.p_filesz = sizeof(f->dynamic) };
	f->dynamic[0] = (Elf64_Dyn){ DT_SYMTAB, { ELF_AT(symbols) } };
	f->dynamic[1] = (Elf64_Dyn){ DT_STRTAB, { ELF_AT(texts) } };
	f->dynamic[2] = (Elf64_Dyn){ DT_STRSZ, { sizeof(f->texts) } };
	f->dynamic[3] = (Elf64_Dyn){ DT_GNU_HASH, { ELF_AT(gnu) } };
	f->hash[0] = ELF_BUCKETS;
	f->hash[1] = ELF_SYMBOLS;
	f->gnu.buckets = f->gnu.first = f->gnu.words = f->gnu.bucket = 1;
	elf_symbol(f, 1, "_PyRuntime", ELF_AT(runtime));
	elf_symbol(f, 2, "PyCode_Type", ELF_BASE + 0x222);
	elf_symbol(f, 3, minor >= 11 ? "Py_Version" : "none", ELF_AT(version));
	elf_symbol(f, 4, minor >= 9 ? "PyFrame_GetCode" : "other", ELF_BASE + 0x333);
	elf_symbol(f, 5,
		   minor >= 10	? "PyIter_Send"
		   : minor >= 8 ? "PyCode_NewWithPosOnlyArgs"
				: "few",
		   ELF_BASE);
	f->gnu.chain[ELF_SYMBOLS - 2] |= 1; /* the last one */
}

#endif
