/* SPDX-License-Identifier: Apache-2.0 */
/* Where interpreters look up what a pickle names: bpf/pickle.bpf.c. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <string.h>

#include "lw_python.h"

#define FUNCTION "PySys_Audit"

/* ob_type of a build with the global lock; the objects of others begin with another header. */
#define TYPE_WITH_LOCK 8

/* Since 3.12 a str has no wstr: PEP 623. */
#define WITHOUT_WSTR 12

int lw_bpf_pickle(struct lw_bpf *bpf, int fd, const struct lw_py_layout *layout)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = FUNCTION);
	struct bpf_program *prog = layout->minor >= WITHOUT_WSTR ? bpf->skel->progs.lw_pickle_3_12
								 : bpf->skel->progs.lw_pickle_3_8;
	struct bpf_link *link;
	char file[32];

	if (!bpf->pickle_audit)
		return 0;
	if (!layout->known || layout->type != TYPE_WITH_LOCK)
		return -EOPNOTSUPP;
	if (bpf->n_pickles == LW_PICKLE_FILES)
		return -ENOSPC;
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	link = bpf_program__attach_uprobe_opts(prog, -1, file, 0, &opts);
	if (!link)
		return -errno;
	bpf->pickles[bpf->n_pickles++] = link;
	return 0;
}

void lw_bpf_pickle_end(struct lw_bpf *bpf)
{
	while (bpf->n_pickles)
		bpf_link__destroy(bpf->pickles[--bpf->n_pickles]);
}
