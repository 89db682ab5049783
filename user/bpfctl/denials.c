/* SPDX-License-Identifier: Apache-2.0 */
/* Opens that wait for an answer of user space, and those that were denied. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <stdlib.h>

int lw_bpf_may_open(struct lw_bpf *bpf, int fd, pid_t tid, pid_t tgid, int kind)
{
	struct lw_asked *asked = &bpf->skel->bss->lw_asked;
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	asked->fd = fd;
	asked->tid = tid;
	asked->tgid = tgid;
	asked->kind = kind;
	asked->deny = 0;
	if (bpf_prog_test_run_opts(bpf_program__fd(bpf->skel->progs.lw_ctl_open), &opts) < 0)
		return -errno;
	return asked->error ? asked->error : !asked->deny;
}

int lw_bpf_each_denial(struct lw_bpf *bpf, __u64 before,
		       void (*fn)(const struct lw_denial *denial, void *arg), void *arg)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_denials);
	__u32 keys[LW_DENIALS_MAX], *prev = NULL;
	struct lw_denial *d;
	size_t n = 0;
	int left = 0;

	while (n < LW_DENIALS_MAX && bpf_map_get_next_key(fd, prev, &keys[n]) == 0)
		prev = &keys[n++];
	d = n ? malloc(sizeof(*d)) : NULL;
	/* Whoever deletes it reports it: the end of its call may be here at this moment. */
	for (size_t i = 0; i < n; i++) {
		if (!d || bpf_map_lookup_elem(fd, &keys[i], d) < 0)
			continue;
		if (d->ts >= before)
			left++;
		else if (bpf_map_delete_elem(fd, &keys[i]) == 0)
			fn(d, arg);
	}
	free(d);
	return d ? left : (int)n;
}
