/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_NET_BPF_H
#define LW_NET_BPF_H

/* What the cgroup hooks (deny) and the system call exits (errno, AF_UNIX objects) share. */

#include "dns.bpf.h"
#include "verdict.bpf.h"
#include <bpf/bpf_endian.h>

#define SOCK_STREAM	1
#define SOCK_DGRAM	2
#define SOCK_RAW	3
#define SOCK_TYPE_MASK	0xf
#define IPPROTO_ICMP	1
#define IPPROTO_TCP	6
#define IPPROTO_UDP	17
#define IPPROTO_ICMPV6	58
#define IPPROTO_UDPLITE 136
#define IPPROTO_MPTCP	262
#define UNIX_PATH_MAX	108
#define INADDR_LOOPBACK 0x7f000001

/* t->net_seen */
#define LW_NET_UNSEEN	0 /* no cgroup hook ran in this call */
#define LW_NET_JUDGED	1 /* one did, and left the address for the exit to record */
#define LW_NET_REPORTED 2 /* one did, and has sent the event */

static __always_inline __u16 lw_proto(__u32 family, __u32 type, __u32 protocol)
{
	switch (family) {
	case AF_UNIX:
		return LW_PROTO_UNIX;
	case AF_NETLINK:
		return LW_PROTO_NETLINK;
	case AF_PACKET:
		return LW_PROTO_PACKET;
	case AF_VSOCK:
		return LW_PROTO_VSOCK;
	case AF_INET:
	case AF_INET6:
		break;
	default:
		return LW_PROTO_OTHER;
	}
	if (protocol == IPPROTO_MPTCP)
		return LW_PROTO_MPTCP;
	/*
	 * A ping socket sends what the caller likes, and no sendmsg hook sees it: as good as raw.
	 */
	if (type == SOCK_RAW || protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
		return LW_PROTO_RAW;
	if (type == SOCK_STREAM && (!protocol || protocol == IPPROTO_TCP))
		return LW_PROTO_TCP;
	if (type == SOCK_DGRAM &&
	    (!protocol || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE))
		return LW_PROTO_UDP;
	return LW_PROTO_OTHER;
}

/* ::ffff:a.b.c.d is the IPv4 address, wherever it stands. */
static __always_inline void lw_net_unmap(struct lw_ev_net *net, __u32 *flags)
{
	const __u32 *w = (const __u32 *)net->addr;

	if (net->family != AF_INET6 || w[0] || w[1] || w[2] != bpf_htonl(0xffff))
		return;
	__builtin_memcpy(net->addr, &net->addr[12], 4);
	__builtin_memset(&net->addr[4], 0, 12);
	net->family = AF_INET;
	*flags |= LW_EVF_V4MAPPED;
}

/* To no address (0.0.0.0, ::) means to this host: to where the socket is bound, else loopback. */
static __always_inline void lw_net_here(struct lw_ev_net *net, __u32 bound)
{
	__u32 *w = (__u32 *)net->addr;

	if (w[0] | w[1] | w[2] | w[3])
		return;
	if (net->family == AF_INET6)
		w[3] = bpf_htonl(1);
	else
		w[0] = bound ?: bpf_htonl(INADDR_LOOPBACK);
}

/* Judges s->ev.net, which must be filled, as an event of @kind. */
static __always_inline struct lw_verdict lw_net_judge(struct lw_scratch *s, __u32 slot,
						      const struct lw_tag *tag,
						      const struct lw_image *img, __u32 kind)
{
	s->q = (struct lw_query){
		.kind = kind,
		.proto = s->ev.net.proto,
		.port = s->ev.net.port,
		LW_OF(tag),
		.names = s->names,
	};
	return lw_match_net(s, slot, img, tag->profile, &s->ev.net);
}

/* A socket's kind into the event. */
static __always_inline void lw_net_sock(struct lw_ev_net *net, __u32 family, __u32 type,
					__u32 protocol)
{
	net->family = family;
	net->type = type;
	net->protocol = protocol;
	net->proto = lw_proto(family, type, protocol);
}

/*
 * An AF_UNIX name into the event, as the caller wrote it ("@name" is abstract).
 * @addr: kernel address of sun_path; @len: bytes of it. Return: bytes of the name.
 */
static __always_inline __u32 lw_unix_attach(struct lw_scratch *s, __u64 addr, __s32 len)
{
	__u32 off = s->used, n = len;
	char first = 0;

	if (len <= 0 || len > UNIX_PATH_MAX || off > LW_DATA_MAX - LW_PATH_MAX)
		return 0;
	bpf_probe_read_kernel(&first, 1, (const void *)addr);
	if (first)
		return lw_kstr_attach(s, LW_STR_NAME, addr);
	s->data[lw_mask(off, LW_DATA_MAX)] = '@';
	n -= 1;
	if (n && bpf_probe_read_kernel(&s->data[off + 1], n & 127, (const void *)(addr + 1)))
		return 0;
	s->ev.str[LW_STR_NAME].off = off;
	s->ev.str[LW_STR_NAME].len = n + 1;
	s->used = off + n + 1;
	return n + 1;
}

/* Judges an AF_UNIX name as text; the event gets NAME, and PATH for a name in the file system. */
static __always_inline struct lw_verdict
lw_unix_name(struct lw_scratch *s, __u32 slot, struct task_struct *task, const struct lw_tag *tag,
	     const struct lw_image *img, __u32 kind, __u64 addr, __s32 len)
{
	__u32 off;

	s->q = (struct lw_query){ .kind = kind, .proto = LW_PROTO_UNIX, LW_OF(tag) };
	if (!lw_unix_attach(s, addr, len))
		return lw_match_any(s, slot, img, tag->profile);
	off = s->ev.str[LW_STR_NAME].off;
	if (off < LW_DATA_MAX && s->data[lw_mask(off, LW_DATA_MAX)] == '@')
		return lw_match_text(s, slot, img, tag->profile, LW_STR_NAME);
	if (lw_path_join(s, slot, task, AT_FDCWD, LW_STR_NAME, LW_STR_PATH))
		return lw_unresolved(img, kind);
	return lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
}

/* Are there cgroup hooks for AF_UNIX (6.7)? */
enum cgroup_bpf_attach_type___unix {
	CGROUP_UNIX_SENDMSG___unix,
};

static __always_inline int lw_has_unix_hooks(void)
{
	return bpf_core_enum_value_exists(enum cgroup_bpf_attach_type___unix,
					  CGROUP_UNIX_SENDMSG___unix);
}

#endif
