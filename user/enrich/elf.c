// SPDX-License-Identifier: Apache-2.0
#include "enrich/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX 64	 /* program headers: an object of the kernel's has some 13 */
#define DYNAMIC_MAX 512	 /* entries of the dynamic section: 30 is common */
#define CHAIN_MAX   4096 /* symbols of one bucket: linkers aim at 2 or 3 */
#define SYMBOL_MAX  64	 /* bytes of a name that is looked for */

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

static int read_at(int fd, __u64 offset, void *ret, size_t size)
{
	ssize_t n;

	if (offset > INT64_MAX - size)
		return -ERANGE;
	n = pread(fd, ret, size, offset);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -ERANGE;
}

int lw_elf_read(const struct lw_elf *elf, __u64 addr, void *ret, size_t size)
{
	for (size_t i = 0; i < elf->n_loads; i++) {
		const struct lw_elf_load *l = &elf->loads[i];

		if (addr < l->vaddr || addr - l->vaddr > l->size ||
		    size > l->size - (addr - l->vaddr))
			continue;
		return read_at(elf->fd, l->offset + (addr - l->vaddr), ret, size);
	}
	return -ERANGE;
}

static void take_dynamic(struct lw_elf *elf, const Elf64_Dyn *d)
{
	switch (d->d_tag) {
	case DT_SYMTAB:
		elf->symbols = d->d_un.d_ptr;
		break;
	case DT_STRTAB:
		elf->texts = d->d_un.d_ptr;
		break;
	case DT_STRSZ:
		elf->texts_size = d->d_un.d_val;
		break;
	case DT_GNU_HASH:
		elf->gnu_hash = d->d_un.d_ptr;
		break;
	case DT_HASH:
		elf->hash = d->d_un.d_ptr;
		break;
	case DT_RUNPATH:
		elf->runpath = d->d_un.d_val;
		elf->has_runpath = true;
		break;
	case DT_RPATH:
		if (!elf->has_runpath)
			elf->runpath = d->d_un.d_val;
		elf->has_runpath = true;
		break;
	case DT_NEEDED:
		if (elf->n_needed < LW_ELF_NEEDED)
			elf->needed[elf->n_needed++] = d->d_un.d_val;
	}
}

static int read_dynamic(struct lw_elf *elf, const Elf64_Phdr *p)
{
	for (size_t i = 0; i < DYNAMIC_MAX && (i + 1) * sizeof(Elf64_Dyn) <= p->p_filesz; i++) {
		Elf64_Dyn d;
		int r = read_at(elf->fd, p->p_offset + i * sizeof(d), &d, sizeof(d));

		if (r < 0)
			return r;
		if (d.d_tag == DT_NULL)
			break;
		take_dynamic(elf, &d);
	}
	return elf->symbols && elf->texts ? 0 : -ENOEXEC;
}

static int check_header(const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != MACHINE ||
	    (h->e_type != ET_EXEC && h->e_type != ET_DYN) || h->e_phentsize != sizeof(Elf64_Phdr) ||
	    h->e_phnum > HEADERS_MAX || h->e_phoff > INT64_MAX / 2)
		return -ENOEXEC;
	return 0;
}

static void take_load(struct lw_elf *elf, const Elf64_Phdr *p)
{
	if (elf->n_loads == LW_ELF_LOADS)
		return;
	elf->loads[elf->n_loads++] = (struct lw_elf_load){ .vaddr = p->p_vaddr,
							   .offset = p->p_offset,
							   .size = p->p_filesz,
							   .exec = p->p_flags & PF_X };
}

int lw_elf_open(int fd, struct lw_elf *ret_elf)
{
	struct lw_elf *elf = ret_elf;
	Elf64_Phdr p, dynamic = {};
	Elf64_Ehdr h;
	int r = read_at(fd, 0, &h, sizeof(h));

	if (r < 0)
		return r == -ERANGE ? -ENOEXEC : r;
	r = check_header(&h);
	if (r < 0)
		return r;
	*elf = (struct lw_elf){ .fd = fd };
	for (size_t i = 0; i < h.e_phnum; i++) {
		r = read_at(fd, h.e_phoff + i * sizeof(p), &p, sizeof(p));
		if (r < 0)
			return r == -ERANGE ? -ENOEXEC : r;
		if (p.p_type == PT_LOAD)
			take_load(elf, &p);
		else if (p.p_type == PT_DYNAMIC)
			dynamic = p;
	}
	if (dynamic.p_type != PT_DYNAMIC || dynamic.p_offset > INT64_MAX / 2)
		return -ENOEXEC;
	r = read_dynamic(elf, &dynamic);
	return r == -ERANGE ? -ENOEXEC : r;
}

int lw_elf_text(const struct lw_elf *elf, __u64 at, char *ret, size_t size)
{
	size_t left;
	int r;

	if (at >= elf->texts_size || elf->texts > UINT64_MAX - at)
		return -ERANGE;
	left = elf->texts_size - at < size ? elf->texts_size - at : size;
	r = lw_elf_read(elf, elf->texts + at, ret, left);
	if (r < 0)
		return r;
	return memchr(ret, '\0', left) ? 0 : -ENAMETOOLONG;
}

/* Is symbol @i the one of that name? Return: 1 and its address, 0, -errno. */
static int try_symbol(const struct lw_elf *elf, __u32 i, const char *name, __u64 *ret_addr)
{
	size_t len = strlen(name) + 1;
	char text[SYMBOL_MAX];
	Elf64_Sym s;
	int r = lw_elf_read(elf, elf->symbols + (__u64)i * sizeof(s), &s, sizeof(s));

	if (r < 0)
		return r;
	if (s.st_shndx == SHN_UNDEF || len > sizeof(text) || s.st_name >= elf->texts_size ||
	    len > elf->texts_size - s.st_name)
		return 0;
	r = lw_elf_read(elf, elf->texts + s.st_name, text, len);
	if (r < 0)
		return r;
	if (memcmp(text, name, len))
		return 0;
	*ret_addr = s.st_value;
	return 1;
}

static __u32 gnu_hash(const char *name)
{
	__u32 h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/* The head of DT_GNU_HASH; then a filter of 8-byte words, buckets, and hashes of all symbols. */
struct gnu_head {
	__u32 buckets, first, words, shift;
};

static int find_gnu(const struct lw_elf *elf, const char *name, __u64 *ret_addr)
{
	__u32 wanted = gnu_hash(name), i, h;
	struct gnu_head head;
	__u64 buckets;
	int r = lw_elf_read(elf, elf->gnu_hash, &head, sizeof(head));

	if (r < 0 || !head.buckets)
		return r < 0 ? r : -ENOENT;
	buckets = elf->gnu_hash + sizeof(head) + (__u64)head.words * 8;
	r = lw_elf_read(elf, buckets + (__u64)(wanted % head.buckets) * 4, &i, sizeof(i));
	if (r < 0 || i < head.first)
		return r < 0 ? r : -ENOENT;
	for (int n = 0; n < CHAIN_MAX; n++, i++) {
		r = lw_elf_read(elf, buckets + ((__u64)head.buckets + i - head.first) * 4, &h,
				sizeof(h));
		/* The lowest bit ends a bucket. */
		if (r >= 0 && (h | 1) == (wanted | 1))
			r = try_symbol(elf, i, name, ret_addr);
		if (r)
			return r < 0 ? r : 0;
		if (h & 1)
			break;
	}
	return -ENOENT;
}

static __u32 sysv_hash(const char *name)
{
	__u32 h = 0;

	for (; *name; name++) {
		h = (h << 4) + (unsigned char)*name;
		h = (h ^ (h & 0xf0000000) >> 24) & ~0xf0000000U;
	}
	return h;
}

/* DT_HASH: numbers of buckets and symbols, first symbol of each bucket, next of each symbol. */
static int find_sysv(const struct lw_elf *elf, const char *name, __u64 *ret_addr)
{
	__u32 head[2], i;
	int r = lw_elf_read(elf, elf->hash, head, sizeof(head));

	if (r < 0 || !head[0])
		return r < 0 ? r : -ENOENT;
	r = lw_elf_read(elf, elf->hash + (2 + (__u64)(sysv_hash(name) % head[0])) * 4, &i,
			sizeof(i));
	for (int n = 0; r >= 0 && n < CHAIN_MAX && i; n++) {
		r = try_symbol(elf, i, name, ret_addr);
		if (r > 0)
			return 0;
		if (r == 0)
			r = lw_elf_read(elf, elf->hash + (2 + (__u64)head[0] + i) * 4, &i,
					sizeof(i));
	}
	return r < 0 ? r : -ENOENT;
}

int lw_elf_symbol(const struct lw_elf *elf, const char *name, __u64 *ret_addr)
{
	int r = -ENOENT;

	if (elf->gnu_hash)
		r = find_gnu(elf, name, ret_addr);
	else if (elf->hash)
		r = find_sysv(elf, name, ret_addr);
	return r == -ERANGE ? -ENOENT : r;
}
