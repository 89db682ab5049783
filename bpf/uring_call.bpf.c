// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests to io_uring that do what a system call does: change names and attributes, and what the
 * cgroup hooks do not see of sockets.
 */
#include "uring.bpf.h"
#include "net.bpf.h"

LW_REQ_NAME(io_unlink, filename);
LW_REQ_NAME(io_rename, oldpath);
LW_REQ_NAME(io_rename, newpath);
LW_REQ_NAME(io_link, oldpath);
LW_REQ_NAME(io_link, newpath);
LW_REQ_NAME(io_xattr, filename);

struct io_unlink___lw {
	int dfd;
	int flags;
} __attribute__((preserve_access_index));

struct io_rename___lw {
	int old_dfd;
	int new_dfd;
	int flags;
} __attribute__((preserve_access_index));

struct io_link___lw {
	int old_dfd;
	int new_dfd;
	int flags;
} __attribute__((preserve_access_index));

struct io_socket___lw {
	int domain;
	int type;
	int protocol;
} __attribute__((preserve_access_index));

/* A field of a request as one of the arguments that the system call of that name has. */
#define SET(arg, type, field) \
	bpf_core_read(&args[arg], sizeof(((struct type *)0)->field), &((struct type *)req)->field)
#define SET_NAME(arg, type, field) (args[arg] = lw_req_name(req, type, field))

static __always_inline void names_args(__u64 *args, struct io_kiocb *req, __u32 op)
{
	switch (op) {
	case OP_UNLINKAT:
		SET(0, io_unlink___lw, dfd);
		SET_NAME(1, io_unlink, filename);
		SET(2, io_unlink___lw, flags);
		break;
	case OP_RENAMEAT:
		SET(0, io_rename___lw, old_dfd);
		SET_NAME(1, io_rename, oldpath);
		SET(2, io_rename___lw, new_dfd);
		SET_NAME(3, io_rename, newpath);
		SET(4, io_rename___lw, flags);
		break;
	case OP_LINKAT:
		SET(0, io_link___lw, old_dfd);
		SET_NAME(1, io_link, oldpath);
		SET(2, io_link___lw, new_dfd);
		SET_NAME(3, io_link, newpath);
		SET(4, io_link___lw, flags);
		break;
	case OP_SYMLINKAT:
		SET_NAME(0, io_link, oldpath);
		SET(1, io_link___lw, new_dfd);
		SET_NAME(2, io_link, newpath);
		break;
	case OP_SETXATTR:
		SET_NAME(0, io_xattr, filename);
		break;
	}
}

/* Operations that change names or attributes: the system call that does the same, and its kind. */
static __always_inline __u32 change_of(__u32 op, __u32 *ret_kind)
{
	switch (op) {
	case OP_UNLINKAT:
		*ret_kind = LW_FILE_UNLINK;
		return LW_CALL_unlinkat;
	case OP_RENAMEAT:
		*ret_kind = LW_FILE_RENAME;
		return LW_CALL_renameat2;
	case OP_LINKAT:
		*ret_kind = LW_FILE_LINK;
		return LW_CALL_linkat;
	case OP_SYMLINKAT:
		*ret_kind = LW_FILE_SYMLINK;
		return LW_CALL_symlinkat;
	case OP_SETXATTR:
		*ret_kind = LW_FILE_SETXATTR;
		return LW_CALL_setxattr;
	case OP_FSETXATTR:
		*ret_kind = LW_FILE_SETXATTR;
		return LW_CALL_fsetxattr;
	case OP_FTRUNCATE:
		*ret_kind = LW_FILE_TRUNCATE;
		return LW_CALL_ftruncate;
	case OP_FALLOCATE:
		*ret_kind = LW_FILE_TRUNCATE;
		return LW_CALL_fallocate;
	default:
		return LW_CALL_NONE;
	}
}

/*
 * A change is submitted: laid out in the scratch like its system call, for lw_on_change(). That is
 * left to the program itself: eight calls deep is as far as the verifier goes.
 */
__weak int lw_uring_change(__u32 slot, __u32 op)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct io_kiocb *req;

	if (!s)
		return 1;
	req = (struct io_kiocb *)s->req;
	s->call = change_of(op, &s->call_kind);
	names_args(s->args, req, op);
	s->open.file = lw_req_file(req);
	return 0;
}

/*
 * A socket of a family that no cgroup hook sees is made: by the kernel's copy of what was asked.
 */
static __always_inline struct lw_verdict judge_socket(struct lw_call_ctx *c, struct io_kiocb *req)
{
	struct io_socket___lw *ask = (struct io_socket___lw *)req;
	struct lw_verdict v = { .rule = LW_RULE_NONE };
	__u32 domain = 0, type = 0, protocol = 0;

	bpf_core_read(&domain, sizeof(domain), &ask->domain);
	bpf_core_read(&type, sizeof(type), &ask->type);
	bpf_core_read(&protocol, sizeof(protocol), &ask->protocol);
	if (domain == AF_INET || domain == AF_INET6)
		return v;
	lw_net_sock(&c->s->ev.net, domain, type & SOCK_TYPE_MASK, protocol);
	c->s->ev.net.fd = -1;
	c->s->q.proto = c->s->ev.net.proto;
	return lw_match_any(c->s, c->slot, c->img, c->tag->profile);
}

static __always_inline __u32 kind_of(__u32 op)
{
	switch (op) {
	case OP_SOCKET:
		return LW_NET_SOCKET;
	case OP_CONNECT:
		return LW_NET_CONNECT;
	case OP_BIND:
		return LW_NET_BIND;
	default:
		return LW_NET_LISTEN;
	}
}

/* Is the socket of a request one whose addresses the cgroup hooks judge, whatever comes of it? */
static __always_inline int is_hooked(struct io_kiocb *req, __u32 op)
{
	__u64 sk = lw_file_sock(lw_req_file(req));
	__u32 family = lw_sk_family(sk);

	return op != OP_LISTEN && (family == AF_INET || family == AF_INET6);
}

/* A request about a socket is submitted. */
__weak int lw_uring_net(__u32 slot, __u32 op)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct io_kiocb *req;
	struct lw_call_ctx c;

	if (!s)
		return 1;
	req = (struct io_kiocb *)s->req;
	s->call = LW_CALL_NONE;
	s->call_kind = kind_of(op);
	if (lw_call_begin(&c, slot))
		return 1;
	if (op == OP_SOCKET)
		lw_call_done(&c, judge_socket(&c, req), LW_OUT_KILLED_AFTER);
	else if (lw_req_hidden(req) && c.img->hdr.judged & LW_ON(s->call_kind & 63) &&
		 !is_hooked(req, op))
		lw_call_done(&c, lw_unresolved(c.img, s->call_kind), LW_OUT_KILLED_AFTER);
	return 0;
}

/*
 * It has ended: judges the socket that a name has led to, or that listens now. What the cgroup hook
 * has reported of this socket is news once only; but where it denies, what has not failed is not
 * what it has denied.
 */
__weak int lw_uring_net_end(__u32 slot, __u32 op)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct io_kiocb *req;
	__u64 file;
	__s32 res;

	if (!s || op == OP_SOCKET)
		return 1;
	req = (struct io_kiocb *)s->req;
	res = BPF_CORE_READ(req, cqe.res);
	file = (__u64)BPF_CORE_READ(req, file);
	s->reported = lw_recall(lw_file_sock(file));
	if (s->reported && lw_cfg.mode != LW_MODE_OBSERVE)
		s->reported = LW_ALERT;
	return res < 0 ? 0 : lw_net_end(slot, kind_of(op), file, res);
}
