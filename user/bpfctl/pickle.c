/* SPDX-License-Identifier: Apache-2.0 */
/* Where interpreters look up what a pickle names: bpf/pickle.bpf.c. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "base/cleanup.h"

#define FUNCTION "PySys_Audit"

/* Exported since 3.12, whose str has no wstr. */
#define SINCE_3_12 "PyErr_GetRaisedException"

/* Exported by builds without the global lock, whose objects begin with another header. */
#define FREE_THREADED "_Py_MergeZeroLocalRefcount"

/* What of a file is exported. */
struct exports {
	bool audit, since_3_12, free_threaded;
};

static void look_at(Elf *elf, const GElf_Shdr *head, Elf_Data *data, struct exports *ret)
{
	GElf_Sym sym;

	for (size_t i = 0; gelf_getsym(data, i, &sym); i++) {
		const char *name = elf_strptr(elf, head->sh_link, sym.st_name);

		if (!name || sym.st_shndx == SHN_UNDEF)
			continue;
		ret->audit |= !strcmp(name, FUNCTION);
		ret->since_3_12 |= !strcmp(name, SINCE_3_12);
		ret->free_threaded |= !strcmp(name, FREE_THREADED);
	}
}

static int read_exports(const char *file, struct exports *ret)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	Elf_Scn *section = NULL;
	GElf_Shdr head;
	Elf *elf;

	if (fd < 0)
		return -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	while (elf && (section = elf_nextscn(elf, section))) {
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_DYNSYM)
			look_at(elf, &head, elf_getdata(section, NULL), ret);
	}
	elf_end(elf);
	return 0;
}

static int attach(struct lw_bpf *bpf, const char *file, bool since_3_12)
{
	struct bpf_program *prog =
		since_3_12 ? bpf->skel->progs.lw_pickle_3_12 : bpf->skel->progs.lw_pickle_3_8;
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = FUNCTION);
	struct bpf_link *link;

	if (bpf->n_pickles == LW_PICKLE_FILES)
		return -ENOSPC;
	link = bpf_program__attach_uprobe_opts(prog, -1, file, 0, &opts);
	if (!link)
		return -errno;
	bpf->pickles[bpf->n_pickles++] = link;
	for (size_t i = 0; i < bpf->n_hooks; i++)
		if (!strcmp(bpf->hooks[i].state.program, bpf_program__name(prog)))
			bpf->hooks[i].state.attached = true;
	return 0;
}

int lw_bpf_pickle(struct lw_bpf *bpf, const char *file, struct lw_bpf_error *ret_error)
{
	struct exports exports = {};
	int r = read_exports(file, &exports);

	if (r < 0)
		return lw_bpf_fail(ret_error, r, "%s: %s", file, strerror(-r));
	if (!exports.audit)
		return lw_bpf_fail(ret_error, -ENOENT, "%s: no Python interpreter (%s) is in it",
				   file, FUNCTION);
	if (exports.free_threaded)
		return lw_bpf_fail(ret_error, -EOPNOTSUPP,
				   "%s: unsupported: CPython without the global lock", file);
	bpf->wanted |= 1U << LW_GROUP_AUDIT;
	r = attach(bpf, file, exports.since_3_12);
	return r < 0 ? lw_bpf_fail(ret_error, r, "%s: %s", file, strerror(-r)) : 0;
}

void lw_bpf_pickle_end(struct lw_bpf *bpf)
{
	while (bpf->n_pickles)
		bpf_link__destroy(bpf->pickles[--bpf->n_pickles]);
}
