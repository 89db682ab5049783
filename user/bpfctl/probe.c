/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel really does, found out with small programs of our own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "bpfctl/internal.h"

#define INSN(c, d, s, o, i) \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

/* A program for a hook that sets the first word of an array map, and forbids nothing. */
static int load_marker(enum bpf_prog_type type, enum bpf_attach_type attach, int function, int map)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_1, 0, 0, 1),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach);

	if (function < 0) {
		errno = -function;
		return -1;
	}
	opts.attach_btf_id = function;
	return bpf_prog_load(type, "lw_probe", "Dual BSD/GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

/* Does such a program run when we open a file? Else @ret_why says why not. */
static bool runs(enum bpf_prog_type type, enum bpf_attach_type attach, int function, char *ret_why,
		 size_t size)
{
	_cleanup_close_ int map = -1, prog = -1, link = -1, file = -1;
	__u32 zero = 0, marked = 0;

	map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lw_probe", sizeof(zero), sizeof(marked), 1, NULL);
	prog = map >= 0 ? load_marker(type, attach, function, map) : -1;
	link = prog >= 0 ? bpf_raw_tracepoint_open(NULL, prog) : -1;
	if (link < 0) {
		snprintf(ret_why, size, "cannot be %s: %s", prog < 0 ? "loaded" : "attached",
			 strerror(errno));
		return false;
	}
	file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (file >= 0 && !bpf_map_lookup_elem(map, &zero, &marked) && marked)
		return true;
	snprintf(ret_why, size, "attached, but does not run%s",
		 type == BPF_PROG_TYPE_LSM ? ": bpf is not among the active LSMs" : "");
	return false;
}

enum lw_backend lw_probe_security(const struct btf *btf, char why[LW_BACKENDS][LW_WHY_MAX])
{
	int lsm = btf__find_by_name_kind(btf, "bpf_lsm_file_open", BTF_KIND_FUNC);
	int function = btf__find_by_name_kind(btf, "security_file_open", BTF_KIND_FUNC);

	if (runs(BPF_PROG_TYPE_LSM, BPF_LSM_MAC, lsm, why[LW_BE_LSM], LW_WHY_MAX)) {
		snprintf(why[LW_BE_FMOD_RET], LW_WHY_MAX, "BPF LSM runs");
		return LW_BE_LSM;
	}
	if (runs(BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, function, why[LW_BE_FMOD_RET],
		 LW_WHY_MAX))
		return LW_BE_FMOD_RET;
	return LW_BE_NONE;
}
