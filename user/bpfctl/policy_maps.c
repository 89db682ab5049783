/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled policy in the kernel: the image of a profile, and the index of inodes it names. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"

int lw_bpf_install(struct lw_bpf *bpf, __u32 profile, const struct lw_image *image)
{
	_cleanup_close_ int inner = -1;
	__u32 zero = 0;

	if (profile >= LW_PROFILES_MAX)
		return -ERANGE;
	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lw_image", sizeof(__u32), sizeof(*image), 1,
			       NULL);
	if (inner < 0)
		return -errno;
	if (bpf_map_update_elem(inner, &zero, image, BPF_ANY) < 0)
		return -errno;
	if (bpf_map_update_elem(bpf_map__fd(bpf->skel->maps.lw_images), &profile, &inner, BPF_ANY) <
	    0)
		return -errno;
	return 0;
}

int lw_bpf_ask(struct lw_bpf *bpf, struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) < 0)
		return -errno;
	return bpf->skel->bss->lw_ctl.error;
}

static int bloom_write(struct lw_bpf *bpf)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(bpf->skel->maps.lw_bloom), &zero, &bpf->bloom,
				BPF_ANY) < 0)
		return -errno;
	return 0;
}

static void bloom_add(struct lw_bpf *bpf, __u64 ino, __u32 dev)
{
	__u32 h = lw_bloom_hash(ino, dev);

	bpf->bloom.bits[h / 64] |= 1ULL << (h % 64);
}

void lw_bpf_index_begin(struct lw_bpf *bpf)
{
	bpf->index_round++;
}

int lw_bpf_index_add(struct lw_bpf *bpf, const char *path, __u32 gen, __u32 state)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct lw_ctl *ctl = &bpf->skel->bss->lw_ctl;
	int map = bpf_map__fd(bpf->skel->maps.lw_inodes);
	struct lw_ino_val val, known;
	struct lw_ino_key key = { .gen = gen };
	int r;

	if (fd < 0)
		return -errno;
	ctl->fd = fd;
	r = lw_bpf_ask(bpf, bpf->skel->progs.lw_ctl_stat);
	if (r < 0 && r != -ENAMETOOLONG)
		return r;
	key.ino = ctl->ino;
	key.dev = ctl->dev;
	val = (struct lw_ino_val){ .state = state,
				   .generation = ctl->generation,
				   .round = bpf->index_round };
	/* The first name wins: of two names for one inode the walk gives the rule's own first. */
	if (!bpf_map_lookup_elem(map, &key, &known) && known.round == val.round)
		return 0;
	if (bpf_map_update_elem(map, &key, &val, BPF_ANY) < 0)
		return -errno;
	bloom_add(bpf, key.ino, key.dev);
	return 0;
}

int lw_bpf_index_commit(struct lw_bpf *bpf)
{
	return bloom_write(bpf);
}

int lw_bpf_index_drop(struct lw_bpf *bpf, __u32 keep)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_inodes);
	struct lw_ino_key key, next;
	struct lw_ino_val val;
	void *prev = NULL;
	bool old = false;

	memset(&bpf->bloom, 0, sizeof(bpf->bloom));
	while (bpf_map_get_next_key(fd, prev, &next) == 0) {
		/* Deleting the key that the walk stands on would start it anew. */
		if (old)
			bpf_map_delete_elem(fd, &key);
		old = next.gen != keep || bpf_map_lookup_elem(fd, &next, &val) < 0 ||
		      val.round != bpf->index_round;
		if (!old)
			bloom_add(bpf, next.ino, next.dev);
		key = next;
		prev = &key;
	}
	if (old)
		bpf_map_delete_elem(fd, &key);
	return bloom_write(bpf);
}

int lw_bpf_match(struct lw_bpf *bpf, __u32 kind, __u32 access, const char *path, size_t len,
		 __u32 *ret_rule, __u32 *ret_action)
{
	struct lw_ctl *ctl = &bpf->skel->bss->lw_ctl;
	int r;

	if (len >= sizeof(ctl->path))
		return -ENAMETOOLONG;
	memcpy(ctl->path, path, len);
	ctl->len = len;
	ctl->kind = kind;
	ctl->access = access;
	r = lw_bpf_ask(bpf, bpf->skel->progs.lw_ctl_match);
	if (r < 0)
		return r;
	*ret_rule = ctl->rule;
	*ret_action = ctl->action;
	return 0;
}

int lw_bpf_judge(struct lw_bpf *bpf, struct lw_ask *ask)
{
	struct lw_ask *shared = &bpf->skel->bss->lw_ask;
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	*shared = *ask;
	if (bpf_prog_test_run_opts(bpf_program__fd(bpf->skel->progs.lw_ctl_name), &opts) < 0)
		return -errno;
	*ask = *shared;
	return ask->error;
}

int lw_bpf_resolve(struct lw_bpf *bpf, int fd, char *ret_path, size_t *ret_len)
{
	struct lw_ctl *ctl = &bpf->skel->bss->lw_ctl;
	int r;

	ctl->fd = fd;
	r = lw_bpf_ask(bpf, bpf->skel->progs.lw_ctl_stat);
	if (r < 0)
		return r;
	memcpy(ret_path, ctl->path, ctl->len);
	*ret_len = ctl->len;
	return 0;
}

static bool has_resolver(const struct lw_resolver_key *keys, size_t n,
			 const struct lw_resolver_key *key)
{
	for (size_t i = 0; i < n; i++)
		if (!memcmp(&keys[i], key, sizeof(*key)))
			return true;
	return false;
}

int lw_bpf_resolvers(struct lw_bpf *bpf, const struct lw_resolver_key *keys, size_t n)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_resolvers);
	struct lw_resolver_key old[LW_RESOLVERS_MAX], *prev = NULL;
	size_t n_old = 0;
	__u8 one = 1;

	while (n_old < LW_RESOLVERS_MAX && bpf_map_get_next_key(fd, prev, &old[n_old]) == 0)
		prev = &old[n_old++];
	for (size_t i = 0; i < n_old; i++)
		if (!has_resolver(keys, n, &old[i]))
			bpf_map_delete_elem(fd, &old[i]);
	for (size_t i = 0; i < n; i++)
		if (bpf_map_update_elem(fd, &keys[i], &one, BPF_ANY) < 0)
			return -errno;
	return 0;
}
