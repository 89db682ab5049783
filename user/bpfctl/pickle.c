/* SPDX-License-Identifier: Apache-2.0 */
/* Where interpreters look up what a pickle names: bpf/pickle.bpf.c. */
#include "bpfctl/internal.h"

#include <errno.h>

int lw_bpf_pickle(struct lw_bpf *bpf, const char *file, __u64 offset)
{
	struct bpf_link *link;

	if (bpf->n_pickles == LW_PICKLE_FILES)
		return -ENOSPC;
	link = bpf_program__attach_uprobe(bpf->skel->progs.lw_pickle, false, -1, file, offset);
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
