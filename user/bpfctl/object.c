/* SPDX-License-Identifier: Apache-2.0 */
/* The BPF object that this kernel takes, opened. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "loadward_old.skel.h"

#define ARGUMENTS 5

/*
 * The verifier looks a helper up before its arguments. Those here are wrong for all helpers that
 * take a pointer: -EACCES means that the helper is there, -EINVAL that it is not.
 */
static bool has_helper(enum bpf_prog_type type, enum bpf_attach_type attach, int helper)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);
	struct bpf_insn code[ARGUMENTS + 3] = {};
	int n = 0, fd;

	for (int i = 1; i <= ARGUMENTS; i++)
		code[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = i };
	code[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = helper };
	code[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 };
	code[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	fd = bpf_prog_load(type, "lw_probe", "GPL", code, n, &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == EACCES;
}

/* Tracing programs may use it since 5.11, cgroup programs since 6.16. */
static bool has_task_storage(void)
{
	return has_helper(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
			  BPF_FUNC_task_storage_get) &&
	       has_helper(BPF_PROG_TYPE_TRACEPOINT, 0, BPF_FUNC_task_storage_get);
}

/* Since 5.17: see LW_OLD in bpf/compat.bpf.h. */
static bool has_find_vma(void)
{
	return has_helper(BPF_PROG_TYPE_TRACEPOINT, 0, BPF_FUNC_find_vma);
}

/* Where tasks are kept, and which maps must have their memory from the start. */
static void choose_maps(struct loadward_bpf *skel, const struct btf *btf)
{
	bool hashed = !has_task_storage();
	struct bpf_map *map;

	skel->rodata->lw_tasks_hashed = hashed;
	bpf_map__set_autocreate(hashed ? skel->maps.lw_tasks : skel->maps.lw_tasks_addr, false);
	/* Before 6.1 a hash that grows asks the allocator, which a tracepoint must not do. */
	if (btf__find_by_name_kind(btf, "bpf_mem_alloc", BTF_KIND_STRUCT) > 0)
		return;
	bpf_object__for_each_map(map, skel->obj)
	{
		if (bpf_map__type(map) == BPF_MAP_TYPE_HASH)
			bpf_map__set_map_flags(map, 0);
	}
}

/* As loadward_bpf__open() does, but with the bytes of the other object. */
static struct loadward_bpf *open_old(void)
{
	struct loadward_bpf *skel = calloc(1, sizeof(*skel));
	int r;

	if (!skel || loadward_bpf__create_skeleton(skel)) {
		loadward_bpf__destroy(skel);
		errno = ENOMEM;
		return NULL;
	}
	skel->skeleton->data = (void *)loadward_old__elf_bytes(&skel->skeleton->data_sz);
	r = bpf_object__open_skeleton(skel->skeleton, NULL);
	if (r < 0) {
		loadward_bpf__destroy(skel);
		errno = -r;
		return NULL;
	}
	return skel;
}

struct loadward_bpf *lw_object_open(const struct btf *btf)
{
	bool old = !has_find_vma();
	struct loadward_bpf *skel;

#ifdef __aarch64__
	/* The old object finds the registers of a task where x86 has them (lw_regs()). */
	if (old) {
		lw_error("on arm64 a kernel from 5.17 on is needed");
		errno = EOPNOTSUPP;
		return NULL;
	}
#endif
	skel = old ? open_old() : loadward_bpf__open();
	if (!skel)
		return NULL;
	choose_maps(skel, btf);
	skel->rodata->lw_dumpable_offset = lw_btf_offset(btf, "task_exec_state", "dumpable");
	lw_debug("BPF object for %s kernels, tasks %s", old ? "old" : "new",
		 skel->rodata->lw_tasks_hashed ? "by address" : "in their storage");
	return skel;
}
