/* SPDX-License-Identifier: Apache-2.0 */
/* Where interpreters look up what a pickle names: bpf/pickle.bpf.c. */
#include "bpfctl/internal.h"

#include <errno.h>

void lw_bpf_pickle_want(struct lw_bpf *bpf)
{
	bpf->wanted |= 1U << LW_GROUP_AUDIT;
}

int lw_bpf_pickle(struct lw_bpf *bpf, const char *file, __u64 offset)
{
	struct bpf_link *link;

	if (bpf->n_pickles == LW_PICKLE_FILES)
		return -ENOSPC;
	link = bpf_program__attach_uprobe(bpf->skel->progs.lw_pickle, false, -1, file, offset);
	if (!link)
		return -errno;
	bpf->pickles[bpf->n_pickles++] = link;
	for (size_t i = 0; i < bpf->n_hooks; i++)
		if (lw_hook_in(&bpf->hooks[i], LW_GROUP_AUDIT))
			bpf->hooks[i].state.attached = true;
	return 0;
}

void lw_bpf_pickle_end(struct lw_bpf *bpf)
{
	while (bpf->n_pickles)
		bpf_link__destroy(bpf->pickles[--bpf->n_pickles]);
}
