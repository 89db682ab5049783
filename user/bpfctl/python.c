// SPDX-License-Identifier: Apache-2.0
/* Files and processes with a Python interpreter, in the kernel's maps: bpf/interp.bpf.c. */
#include "bpfctl/internal.h"

#include <errno.h>

static int ask(struct lw_bpf *bpf, struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) < 0)
		return -errno;
	return bpf->skel->bss->lw_py_ask.error;
}

int lw_bpf_python_known(struct lw_bpf *bpf, int fd, struct lw_py_key *ret_key)
{
	struct lw_py_ask *shared = &bpf->skel->bss->lw_py_ask;
	int r;

	shared->fd = fd;
	r = ask(bpf, bpf->skel->progs.lw_ctl_file);
	if (r < 0)
		return r;
	*ret_key = shared->file;
	return shared->known;
}

int lw_bpf_python_file(struct lw_bpf *bpf, const struct lw_py_key *key,
		       const struct lw_py_file *file)
{
	struct bpf_map *map = file ? bpf->skel->maps.lw_py_files : bpf->skel->maps.lw_py_others;
	__u8 one = 1;

	if (bpf_map_update_elem(bpf_map__fd(map), key, file ? (const void *)file : &one, BPF_ANY) <
	    0)
		return -errno;
	return 0;
}

int lw_bpf_python_process(struct lw_bpf *bpf, pid_t tgid, __u64 start_code,
			  const struct lw_py_key *key, __u64 addr, __u32 read)
{
	bpf->skel->bss->lw_py_ask = (struct lw_py_ask){
		.tgid = tgid, .start_code = start_code, .file = *key, .addr = addr, .read = read
	};
	return ask(bpf, bpf->skel->progs.lw_ctl_python);
}
