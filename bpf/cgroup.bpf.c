// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cgroup hooks at the root of the v2 hierarchy: they see the address that the kernel has copied,
 * and deny with EPERM before a packet leaves. TCP Fast Open and io_uring come through here too.
 */
#include "net.bpf.h"

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym __weak;

/*
 * Judges s->ev.net (and, for AF_UNIX, the verdict that the caller brings). Return: what the hook
 * returns: 1 to go on, 0 to deny.
 */
static __always_inline int lw_cg_finish(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					struct lw_task *t, struct lw_tag *tag,
					const struct lw_image *img, struct lw_verdict v, __u32 kind)
{
	struct lw_power power = { LW_BE_CGROUP, 1, LW_OUT_DENIED };
	int in_call = t->kind == kind + 1, deny;

	if (in_call) {
		t->net = s->ev.net;
		t->verdict = v;
		t->net_seen = LW_NET_JUDGED;
	}
	if (v.action < LW_ALERT && (in_call || !v.record))
		return 1;
	lw_event_init(s, task, tag, kind);
	deny = lw_enforce(s, tag, img, v, 0, power);
	lw_report(s, slot, task, v);
	if (in_call)
		t->net_seen = LW_NET_REPORTED;
	if (deny && v.action >= LW_KILL)
		t->kill = 1;
	return !deny;
}

/* Whose call it is. Return: 0 and the loader, or 1 when the hook has nothing to do. */
static __always_inline int lw_cg_subject(struct task_struct *task, struct lw_task **ret_t,
					 struct lw_tag **ret_tag)
{
	struct lw_task *t = lw_task_of(task);
	struct lw_tag *tag;

	if (!t)
		return 1;
	tag = lw_tag_of(t);
	if (!tag || tag->state != LW_TAG_LOADER)
		return 1;
	*ret_t = t;
	*ret_tag = tag;
	return 0;
}

/*
 * No working memory, or no policy: the address cannot be judged, so in enforce mode it is denied.
 */
static __always_inline int lw_cg_closed(void)
{
	return lw_cfg.mode == LW_MODE_OBSERVE;
}

/*
 * A socket by which a loader, or what may become one, asks for names: from now on its packets are
 * read. Return: 0, or -1 when the kernel has no memory for that, of which the socket's own options
 * can use up what it may have.
 */
static __noinline int lw_dns_mark(struct bpf_sock_addr *ctx)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_of(task);
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	struct bpf_sock *sk = ctx->sk;
	struct lw_dns_sock *m;
	struct lw_scratch *s;
	__u32 slot;

	if (!tag || !sk)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return -1;
	m = bpf_sk_storage_get(&lw_dns_socks, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (m && sk->protocol == IPPROTO_TCP &&
	    !bpf_sk_storage_get(&lw_dns_tcp, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE))
		m = NULL;
	if (m) {
		lw_event_init(s, task, tag, LW_DNS_QUERY);
		bpf_probe_read_kernel(&m->who, sizeof(m->who), &s->ev);
		m->tag = tag->id;
		m->netns = bpf_get_netns_cookie(ctx);
	} else {
		lw_count(dns_unseen);
	}
	lw_scratch_put(s);
	return m ? 0 : -1;
}

static __always_inline int lw_cg_addr(struct bpf_sock_addr *ctx, __u32 kind, int v6)
{
	struct task_struct *task = lw_current();
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_verdict v;
	struct lw_tag *tag;
	struct lw_ev_net *net;
	struct lw_task *t;
	__u32 slot, *w;
	__u64 sk;
	int ok;

	if (lw_cfg.dns && kind != LW_NET_BIND && ctx->user_port == bpf_htons(LW_DNS_PORT) &&
	    lw_dns_mark(ctx))
		return lw_cg_closed();
	if (lw_cg_subject(task, &t, &tag))
		return 1;
	if (tag->doomed)
		return lw_cg_closed();
	img = lw_image_get(tag->profile);
	if (!img)
		return lw_cg_closed();
	s = lw_scratch_get(&slot);
	if (!s)
		return lw_cg_closed();
	net = &s->ev.net;
	lw_net_sock(net, v6 ? AF_INET6 : AF_INET, ctx->type, ctx->protocol);
	net->port = bpf_ntohs(ctx->user_port);
	w = (__u32 *)net->addr;
	if (v6) {
		w[0] = ctx->user_ip6[0];
		w[1] = ctx->user_ip6[1];
		w[2] = ctx->user_ip6[2];
		w[3] = ctx->user_ip6[3];
		lw_net_unmap(net, &s->ev.flags);
	} else {
		w[0] = ctx->user_ip4;
	}
	if (kind != LW_NET_BIND)
		lw_net_here(net, ctx->sk->src_ip4);
	net->fd = -1;
	if (t->kind == kind + 1) {
		net->fd = t->fd;
		/* An MPTCP socket connects by a TCP subflow: that is what the hook sees. */
		sk = lw_fd_sock(task, t->fd);
		if (sk && lw_sk_protocol(sk) == IPPROTO_MPTCP)
			lw_net_sock(net, net->family, SOCK_STREAM, IPPROTO_MPTCP);
	}
	if (kind != LW_NET_BIND)
		lw_names_of(s, slot, tag, img, bpf_get_netns_cookie(ctx));
	v = lw_net_judge(s, slot, tag, img, kind);
	ok = lw_cg_finish(s, slot, task, t, tag, img, v, kind);
	lw_scratch_put(s);
	return ok;
}

SEC("cgroup/connect4")
int lw_cg_connect4(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_CONNECT, 0);
}

SEC("cgroup/connect6")
int lw_cg_connect6(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_CONNECT, 1);
}

SEC("cgroup/sendmsg4")
int lw_cg_sendmsg4(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_SEND, 0);
}

SEC("cgroup/sendmsg6")
int lw_cg_sendmsg6(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_SEND, 1);
}

SEC("cgroup/bind4")
int lw_cg_bind4(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_BIND, 0);
}

SEC("cgroup/bind6")
int lw_cg_bind6(struct bpf_sock_addr *ctx)
{
	return lw_cg_addr(ctx, LW_NET_BIND, 1);
}

SEC("cgroup/sock_create")
int lw_sock_create(struct bpf_sock *ctx)
{
	struct task_struct *task = lw_current();
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_verdict v;
	struct lw_tag *tag;
	struct lw_task *t;
	__u32 slot;
	int ok;

	if (lw_cg_subject(task, &t, &tag))
		return 1;
	img = lw_image_get(tag->profile);
	if (!img)
		return lw_cg_closed();
	s = lw_scratch_get(&slot);
	if (!s)
		return lw_cg_closed();
	lw_net_sock(&s->ev.net, ctx->family, ctx->type, ctx->protocol);
	s->ev.net.fd = -1;
	s->q = (struct lw_query){ .kind = LW_NET_SOCKET, .proto = s->ev.net.proto, LW_OF(tag) };
	v = lw_match_any(s, slot, img, tag->profile);
	ok = lw_cg_finish(s, slot, task, t, tag, img, v, LW_NET_SOCKET);
	lw_scratch_put(s);
	return ok;
}

/*
 * AF_UNIX, from 6.7: the name as given. It is judged as text here, so that a forbidden name is
 * denied; the socket that the name led to is judged at the exit of connect.
 */
static __always_inline int lw_cg_unix(struct bpf_sock_addr *ctx, __u32 kind)
{
	struct task_struct *task = lw_current();
	struct bpf_sock_addr_kern *kern;
	const struct lw_image *img;
	struct lw_scratch *s;
	struct lw_verdict v;
	struct lw_tag *tag;
	struct lw_task *t;
	__u32 slot;
	int ok;

	if (lw_cg_subject(task, &t, &tag))
		return 1;
	img = lw_image_get(tag->profile);
	if (!img)
		return lw_cg_closed();
	s = lw_scratch_get(&slot);
	if (!s)
		return lw_cg_closed();
	kern = bpf_cast_to_kern_ctx(ctx);
	lw_net_sock(&s->ev.net, AF_UNIX, lw_sk_type((__u64)kern->sk), 0);
	s->ev.net.fd = t->kind == kind + 1 ? t->fd : -1;
	v = lw_unix_name(s, slot, task, tag, img, kind,
			 (__u64)kern->uaddr + offsetof(struct sockaddr_un, sun_path),
			 kern->uaddrlen - offsetof(struct sockaddr_un, sun_path));
	ok = lw_cg_finish(s, slot, task, t, tag, img, v, kind);
	/* A request to io_uring: its end will ask. */
	if (t->kind != kind + 1 && v.action >= LW_ALERT)
		lw_remember((__u64)kern->sk, v.action);
	lw_scratch_put(s);
	return ok;
}

/* Attach types 49 and 50 are unknown to libbpf 1.1: set by user space before load. */
SEC("cgroup/connect4")
int lw_cg_connect_unix(struct bpf_sock_addr *ctx)
{
	return lw_cg_unix(ctx, LW_NET_CONNECT);
}

SEC("cgroup/sendmsg4")
int lw_cg_sendmsg_unix(struct bpf_sock_addr *ctx)
{
	return lw_cg_unix(ctx, LW_NET_SEND);
}
