/* SPDX-License-Identifier: Apache-2.0 */
#include "bpfctl/internal.h"

#include <errno.h>

#include "base/cleanup.h"

struct lw_ring {
	struct ring_buffer *rb;
	struct lw_cfg *cfg;
	bool telemetry;
};

static struct bpf_map *map_of(struct lw_bpf *bpf, enum lw_ring_id id)
{
	switch (id) {
	case LW_RING_ID_TELEMETRY:
		return bpf->skel->maps.lw_telemetry;
	case LW_RING_ID_STACKS:
		return bpf->skel->maps.lw_stacks;
	case LW_RING_ID_NEWS:
		return bpf->skel->maps.lw_py_news;
	default:
		return bpf->skel->maps.lw_violations;
	}
}

int lw_ring_open(struct lw_bpf *bpf, enum lw_ring_id id, lw_event_fn fn, void *arg,
		 struct lw_ring **ret_ring)
{
	struct lw_ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return -ENOMEM;
	ring->cfg = lw_bpf_settings(bpf);
	ring->telemetry = id == LW_RING_ID_TELEMETRY;
	ring->rb = ring_buffer__new(bpf_map__fd(map_of(bpf, id)), fn, arg, NULL);
	if (!ring->rb) {
		int r = -errno;

		free(ring);
		return r;
	}
	*ret_ring = ring;
	return 0;
}

void lw_ring_close(struct lw_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->rb);
	free(ring);
}

int lw_ring_fd(const struct lw_ring *ring)
{
	return ring_buffer__epoll_fd(ring->rb);
}

int lw_ring_read(struct lw_ring *ring)
{
	/* Before the read: a wake-up asked for while it runs must not be lost. */
	if (ring->telemetry)
		__atomic_store_n(&ring->cfg->wake_asked, 0, __ATOMIC_SEQ_CST);
	return ring_buffer__consume(ring->rb);
}
