/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_URING_BPF_H
#define LW_URING_BPF_H

/* A request to io_uring and the ring that it was submitted to, as the kernel lays them out. */

#include "call.bpf.h"

/* IORING_OP_*: those that kernels may lack are in no header of theirs. */
#define OP_CONNECT   16
#define OP_FALLOCATE 17
#define OP_OPENAT    18
#define OP_OPENAT2   28
#define OP_RENAMEAT  35
#define OP_UNLINKAT  36
#define OP_SYMLINKAT 38
#define OP_LINKAT    39
#define OP_FSETXATTR 41
#define OP_SETXATTR  42
#define OP_SOCKET    45
#define OP_FTRUNCATE 55
#define OP_BIND	     56
#define OP_LISTEN    57

/* Operations that open, that change names or attributes, and that concern sockets. */
#define OP_BIT(op) (1ULL << (op))
#define OPENS	   (OP_BIT(OP_OPENAT) | OP_BIT(OP_OPENAT2))
#define CHANGES \
	(OP_BIT(OP_FALLOCATE) | OP_BIT(OP_RENAMEAT) | OP_BIT(OP_UNLINKAT) | OP_BIT(OP_SYMLINKAT) | \
	 OP_BIT(OP_LINKAT) | OP_BIT(OP_FSETXATTR) | OP_BIT(OP_SETXATTR) | OP_BIT(OP_FTRUNCATE))
#define SOCKETS (OP_BIT(OP_CONNECT) | OP_BIT(OP_SOCKET) | OP_BIT(OP_BIND) | OP_BIT(OP_LISTEN))

#define SETUP_SQPOLL   (1U << 1) /* IORING_SETUP_* */
#define SETUP_DEFER    (1U << 13)
#define REQ_FIXED_FILE (1U << 0) /* the low bits of a request's flags are IOSQE_* */
#define REQ_CQE_SKIP   (1U << 6)
#define SLOT_ALLOC     0xffffffffU /* IORING_FILE_INDEX_ALLOC */
#define SLOT_FILE_MASK (~7ULL)	   /* the low bits of a slot say what its file can do */

/* Requests as each operation lays them out (io_uring/ of the kernel), over struct io_kiocb. */
struct io_open___lw {
	int dfd;
	u32 file_slot;
	struct open_how how;
} __attribute__((preserve_access_index));

/* Files that are registered with a ring: an array of nodes since 6.13, of plain words before. */
struct io_rsrc_node___lw {
	unsigned long file_ptr;
} __attribute__((preserve_access_index));

struct io_rsrc_data___lw {
	unsigned int nr;
	struct io_rsrc_node___lw **nodes;
} __attribute__((preserve_access_index));

struct io_file_table___lw {
	struct io_rsrc_data___lw data;
	void *files;
} __attribute__((preserve_access_index));

struct io_ring_ctx___lw {
	struct io_file_table___lw file_table;
	unsigned int nr_user_files;
} __attribute__((preserve_access_index));

static __always_inline int lw_op_in(__u32 op, __u64 set)
{
	return op < 64 && set >> op & 1;
}

static __always_inline __u32 lw_req_flags(struct io_kiocb *req)
{
	__u8 flags = 0;

	bpf_core_read(&flags, sizeof(flags), &req->flags);
	return flags;
}

static __always_inline __u64 lw_ring_file_old(struct io_ring_ctx___lw *ring, __u32 slot)
{
	void *files = NULL;
	__u32 n = 0;

	if (!bpf_core_field_exists(ring->nr_user_files))
		return 0;
	bpf_core_read(&n, sizeof(n), &ring->nr_user_files);
	bpf_core_read(&files, sizeof(files), &ring->file_table.files);
	return slot < n ? lw_peek8((__u64)files + slot * sizeof(__u64)) : 0;
}

/* The file in a slot of a ring, 0 where there is none. */
static __always_inline __u64 lw_ring_file(struct io_ring_ctx *ctx, __u32 slot)
{
	struct io_ring_ctx___lw *ring = (struct io_ring_ctx___lw *)ctx;
	struct io_rsrc_node___lw *node, **nodes = NULL;
	__u64 file = 0;
	__u32 n = 0;

	if (!bpf_core_field_exists(ring->file_table.data.nodes))
		return lw_ring_file_old(ring, slot) & SLOT_FILE_MASK;
	bpf_core_read(&n, sizeof(n), &ring->file_table.data.nr);
	bpf_core_read(&nodes, sizeof(nodes), &ring->file_table.data.nodes);
	if (slot >= n)
		return 0;
	node = (struct io_rsrc_node___lw *)lw_peek8((__u64)nodes + slot * sizeof(__u64));
	if (node)
		bpf_core_read(&file, sizeof(file), &node->file_ptr);
	return file & SLOT_FILE_MASK;
}

/* The file that a request works on: it is not looked up yet when the request is submitted. */
static __always_inline __u64 lw_req_file(struct io_kiocb *req)
{
	__s32 fd = BPF_CORE_READ(req, cqe.fd);

	if (lw_req_flags(req) & REQ_FIXED_FILE)
		return lw_ring_file(BPF_CORE_READ(req, ctx), fd);
	return lw_fd_file(lw_current(), fd);
}

/*
 * Whether the completion of a request may pass unseen, or long after its effect: none is posted
 * (CQE_SKIP), or the ring's task posts it when it likes (DEFER_TASKRUN).
 */
static __always_inline __u32 lw_req_hidden(struct io_kiocb *req)
{
	return (lw_req_flags(req) & REQ_CQE_SKIP) || (BPF_CORE_READ(req, ctx, flags) & SETUP_DEFER);
}

/* A name that the kernel has copied is a pointer up to 7.0, and in a struct of its own since. */
struct delayed_filename___lw {
	struct filename *__incomplete_filename;
} __attribute__((preserve_access_index));

#define LW_REQ_NAME(type, field) \
	struct type##___##field { \
		struct filename *field; \
	} __attribute__((preserve_access_index)); \
	struct type##___later_##field { \
		struct delayed_filename___lw field; \
	} __attribute__((preserve_access_index))

LW_REQ_NAME(io_open, filename);

/* The kernel's own address of the name in a field of a request, 0 where it has none. */
#define lw_req_name(req, type, field) \
	({ \
		struct filename *_name = NULL; \
		if (bpf_core_field_exists(struct type##___##field, field)) \
			bpf_core_read(&_name, sizeof(_name), \
				      &((struct type##___##field *)(req))->field); \
		else \
			bpf_core_read(&_name, sizeof(_name), \
				      &((struct type##___later_##field *)(req))->field); \
		_name ? (__u64)BPF_CORE_READ(_name, name) : 0; \
	})

int lw_uring_change(__u32 slot, __u32 op); /* uring_call.bpf.c */
int lw_uring_net(__u32 slot, __u32 op);
int lw_uring_net_end(__u32 slot, __u32 op);

#endif
