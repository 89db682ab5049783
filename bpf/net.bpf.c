// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The system call side of the network: errno of what the cgroup hooks have judged, AF_UNIX sockets
 * by the object that the name led to, and the families and protocols that no cgroup hook sees.
 */
#include "call.bpf.h"
#include "net.bpf.h"

static __always_inline int lw_net_entry(__u32 kind, __s32 fd, __u64 addr, __u64 len)
{
	struct lw_task *t = lw_task_current();

	if (t)
		lw_net_enter(t, kind, fd, addr, len);
	return 0;
}

SEC("tp/syscalls/sys_enter_socket")
int lw_enter_socket(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_SOCKET, -1, 0, 0);
}

SEC("tp/syscalls/sys_enter_connect")
int lw_enter_connect(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_CONNECT, ctx->args[0], ctx->args[1], ctx->args[2]);
}

SEC("tp/syscalls/sys_enter_bind")
int lw_enter_bind(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_BIND, ctx->args[0], ctx->args[1], ctx->args[2]);
}

SEC("tp/syscalls/sys_enter_listen")
int lw_enter_listen(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_LISTEN, ctx->args[0], 0, 0);
}

SEC("tp/syscalls/sys_enter_sendto")
int lw_enter_sendto(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_SEND, ctx->args[0], ctx->args[4], ctx->args[5]);
}

/*
 * sendmsg and sendmmsg: the address is in user memory, and the cgroup hook sees the kernel's copy.
 */
SEC("tp/syscalls/sys_enter_sendmsg")
int lw_enter_sendmsg(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_SEND, ctx->args[0], 0, 0);
}

SEC("tp/syscalls/sys_enter_sendmmsg")
int lw_enter_sendmmsg(struct trace_event_raw_sys_enter *ctx)
{
	return lw_net_entry(LW_NET_SEND, ctx->args[0], 0, 0);
}

/* The peer (or, for bind and listen, the own side) of an IP socket, from the socket itself. */
static __always_inline void lw_sock_addr(struct lw_scratch *s, __u64 sk, int own)
{
	struct sock_common *c = (struct sock_common *)sk;
	struct lw_ev_net *net = &s->ev.net;

	net->port = own ? lw_sk_num(sk) : bpf_ntohs(lw_sk_dport(sk));
	if (net->family == AF_INET6) {
		if (own)
			BPF_CORE_READ_INTO(&net->addr, c, skc_v6_rcv_saddr);
		else
			BPF_CORE_READ_INTO(&net->addr, c, skc_v6_daddr);
		lw_net_unmap(net, &s->ev.flags);
	} else if (net->family == AF_INET) {
		*(__u32 *)net->addr = own ? lw_sk_rcv_saddr(sk) : lw_sk_daddr(sk);
	}
}

/* An address as a call has it, for the socket that is in the event. */
static __always_inline void lw_sockaddr(struct lw_scratch *s, const struct sockaddr_in6 *sa)
{
	struct lw_ev_net *net = &s->ev.net;

	net->port = bpf_ntohs(sa->sin6_port);
	if (net->family == AF_INET6)
		__builtin_memcpy(net->addr, &sa->sin6_addr, 16);
	else
		__builtin_memcpy(net->addr, &sa->sin6_flowinfo, 4); /* sin_addr */
	lw_net_unmap(net, &s->ev.flags);
}

/* The address of a call that failed before the socket had one: the caller's, a hint. */
static __always_inline void lw_user_addr(struct lw_scratch *s, const struct lw_task *t)
{
	struct sockaddr_in6 sa = {};

	if (bpf_probe_read_user(&sa, t->how < sizeof(sa) ? t->how & 31 : sizeof(sa),
				(void *)t->uptr))
		return;
	s->ev.flags |= LW_EVF_PATH_IS_NAME;
	lw_sockaddr(s, &sa);
}

/*
 * AF_UNIX: the socket at the other end, by where it is bound. Return: 0, or 1 when it has no name.
 */
static __always_inline int lw_unix_object(struct lw_scratch *s, __u32 slot, __u64 usk, __u32 gen)
{
	__u64 dentry = usk ? lw_unix_dentry(usk) : 0;

	if (!dentry)
		return 1;
	return lw_path_walk(s, slot, dentry, lw_unix_mnt(usk), gen) != LW_WALK_DONE;
}

/* The name of an AF_UNIX call that failed, or that no cgroup hook has seen: the caller's string. */
static __always_inline struct lw_verdict
lw_unix_user(struct lw_scratch *s, __u32 slot, struct task_struct *task, const struct lw_task *t,
	     const struct lw_tag *tag, const struct lw_image *img)
{
	struct lw_verdict v = { .rule = LW_RULE_NONE };
	struct sockaddr_un *sa = (struct sockaddr_un *)t->uptr;
	__u32 off = s->used;
	char first = 0;

	if (!t->uptr || bpf_probe_read_user(&first, 1, &sa->sun_path))
		return v;
	if (!first) {
		__u64 len = t->how - offsetof(struct sockaddr_un, sun_path);

		if (len < 1 || len > UNIX_PATH_MAX || off > LW_DATA_MAX - LW_PATH_MAX ||
		    bpf_probe_read_user(&s->data[lw_mask(off, LW_DATA_MAX)], lw_mask(len, 128),
					&sa->sun_path))
			return v;
		s->data[lw_mask(off, LW_DATA_MAX)] = '@';
		s->ev.str[LW_STR_NAME].off = off;
		s->ev.str[LW_STR_NAME].len = len;
		s->used = off + len;
		return lw_match_text(s, slot, img, tag->profile, LW_STR_NAME);
	}
	if (!lw_name_attach(s, LW_STR_NAME, (__u64)&sa->sun_path) ||
	    lw_path_join(s, slot, task, AT_FDCWD, LW_STR_NAME, LW_STR_PATH))
		return v;
	return lw_match_text(s, slot, img, tag->profile, LW_STR_PATH);
}

static __always_inline struct lw_verdict
lw_unix_done(struct lw_scratch *s, __u32 slot, struct task_struct *task, const struct lw_task *t,
	     const struct lw_tag *tag, const struct lw_image *img, __u64 sk, int failed)
{
	__u64 end = s->q.kind == LW_NET_CONNECT ? lw_unix_peer(sk) : sk;
	struct lw_verdict name, v;

	s->q.proto = LW_PROTO_UNIX;
	name = lw_unix_user(s, slot, task, t, tag, img);
	if (failed || lw_unix_object(s, slot, end, img->hdr.gen)) {
		if (failed && name.rule == LW_RULE_NONE)
			name.action = LW_ALLOW;
		return name;
	}
	v = lw_match_walked(s, slot, img, tag->profile, 0);
	s->ev.str[LW_STR_PATH].len = 0;
	s->ev.flags &= ~LW_EVF_PATH_IS_NAME;
	lw_path_attach(s, LW_STR_PATH);
	return v;
}

/* The event of an address that the cgroup hook has judged: and its name, if it is recorded. */
static __always_inline void lw_net_judged(struct lw_scratch *s, __u32 slot, const struct lw_task *t,
					  const struct lw_tag *tag, const struct lw_image *img,
					  __u64 sk)
{
	s->ev.net = t->net;
	if (t->verdict.record)
		lw_names_of(s, slot, tag, img, lw_sk_netns(sk));
}

/* IP: what the cgroup hook has left, or, where none ran (MPTCP), the socket's own address. */
static __always_inline struct lw_verdict
lw_inet_done(struct lw_scratch *s, __u32 slot, const struct lw_task *t, const struct lw_tag *tag,
	     const struct lw_image *img, __u64 sk, int failed)
{
	struct lw_verdict v;

	if (t->net_seen == LW_NET_JUDGED) {
		lw_net_judged(s, slot, t, tag, img, sk);
		return t->verdict;
	}
	if (failed)
		lw_user_addr(s, t);
	else
		lw_sock_addr(s, sk, s->q.kind != LW_NET_CONNECT);
	lw_names_of(s, slot, tag, img, lw_sk_netns(sk));
	s->q.port = s->ev.net.port;
	s->q.names = s->names;
	v = lw_match_net(s, slot, img, tag->profile, &s->ev.net);
	if (failed && v.rule == LW_RULE_NONE)
		v.action = LW_ALLOW;
	return v;
}

/* Judges a call on a socket at its exit. Return: 1 when there is nothing to say. */
static __always_inline int lw_net_object(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					 const struct lw_task *t, const struct lw_tag *tag,
					 const struct lw_image *img, __u64 sk, long ret,
					 struct lw_verdict *ret_v)
{
	int failed = ret < 0 && ret != -EINPROGRESS;
	__u32 kind = s->q.kind, family;

	/* A send without an address, or one whose address was judged already, is no event. */
	if (kind == LW_NET_SEND) {
		if (t->net_seen != LW_NET_JUDGED)
			return 1;
		lw_net_judged(s, slot, t, tag, img, lw_fd_sock(task, t->fd));
		*ret_v = t->verdict;
		return 0;
	}
	if (!sk)
		return 1;
	family = lw_sk_family(sk);
	lw_net_sock(&s->ev.net, family, lw_sk_type(sk), lw_sk_protocol(sk));
	s->q.proto = s->ev.net.proto;
	if (kind == LW_NET_SOCKET && t->net_seen == LW_NET_JUDGED)
		*ret_v = t->verdict;
	else if (kind == LW_NET_SOCKET)
		*ret_v = lw_match_any(s, slot, img, tag->profile);
	else if (family == AF_UNIX)
		*ret_v = lw_unix_done(s, slot, task, t, tag, img, sk, failed);
	else if (family == AF_INET || family == AF_INET6)
		*ret_v = lw_inet_done(s, slot, t, tag, img, sk, failed);
	else if (kind == LW_NET_CONNECT && family != AF_NETLINK)
		*ret_v = lw_match_any(s, slot, img, tag->profile);
	else
		return 1;
	return 0;
}

static __always_inline void lw_net_done(struct lw_scratch *s, __u32 slot, struct task_struct *task,
					struct lw_task *t, struct lw_tag *tag, __u32 kind, __u64 sk,
					long ret)
{
	const struct lw_image *img = lw_image_get(tag->profile);
	struct lw_power power = { LW_BE_TRACEPOINT, 0, LW_OUT_KILLED_AFTER };
	struct lw_verdict v = { .rule = LW_RULE_NONE };

	if (!img)
		return;
	s->q = (struct lw_query){ .kind = kind, LW_OF(tag) };
	if (lw_net_object(s, slot, task, t, tag, img, sk, ret, &v))
		return;
	/* Helpers of a load listen too, for its other processes, before it has begun. */
	if (kind == LW_NET_LISTEN && ret >= 0 && tag->phase == LW_PHASE_LOAD)
		tag->phase = LW_PHASE_SERVE;
	if ((v.action < LW_ALERT && !v.record) || (s->reported && v.action <= s->reported) ||
	    lw_was_denied(v, kind, ret))
		return;
	lw_event_init(s, task, tag, kind);
	s->ev.flags |= s->way;
	s->ev.syscall = s->nr;
	s->ev.net.fd = kind == LW_NET_SOCKET ? ret : t->fd;
	if (kind == LW_NET_SOCKET)
		power.killed = LW_OUT_KILLED_BEFORE; /* a socket alone has no effect */
	lw_enforce(s, tag, img, v, ret < 0 ? ret : 0, power);
	lw_report(s, slot, task, v);
}

/* Ends the call that @t remembers. Return: its kind, or 0 when there is nothing left to judge. */
static __always_inline __u32 lw_net_over(struct lw_task *t, const struct lw_tag *tag)
{
	__u32 kind = t->kind - 1;

	if (kind < LW_NET_SOCKET || kind > LW_NET_LISTEN)
		return 0;
	t->kind = 0;
	if (t->kill) {
		/* The cgroup hook has denied and reported it; the rule asks for the process too. */
		t->kill = 0;
		lw_kill_current(NULL);
		return 0;
	}
	if (!tag || tag->state != LW_TAG_LOADER || lw_doomed(t, tag) ||
	    t->net_seen == LW_NET_REPORTED)
		return 0;
	return kind;
}

/* The name that a unix socket without a file is bound to, by the kernel's own copy. */
static __always_inline struct lw_verdict lw_unix_abstract(struct lw_call_ctx *c, __u32 slot,
							  __u64 usk)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE };
	__u64 addr = (__u64)BPF_CORE_READ((struct unix_sock *)usk, addr);
	__u32 path = offsetof(struct sockaddr_un, sun_path);
	__s32 len;

	if (!addr)
		return none; /* of a pair: it has no name */
	len = BPF_CORE_READ((struct unix_address *)addr, len) - path;
	addr += bpf_core_field_offset(((struct unix_address *)0)->name) + path;
	return lw_unix_name(c->s, slot, c->task, c->tag, c->img, c->s->q.kind, addr, len);
}

/*
 * A security hook asks whether the loader may reach the unix socket s->args[0] (struct sock), by
 * where it is bound. Return: a verdict, packed.
 */
__weak int lw_unix_check(__u32 slot)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE }, v;
	struct lw_call_ctx c;
	struct lw_scratch *s;
	int report, by_file;

	if (lw_call_who(&c, slot))
		return lw_pack(none);
	s = c.s;
	/* Without the cgroup hooks nobody else sees an address of a send. */
	report = s->q.kind == LW_NET_SEND && !lw_has_unix_hooks();
	if (lw_cfg.mode == LW_MODE_OBSERVE && !report)
		return lw_pack(none);
	lw_net_sock(&s->ev.net, AF_UNIX, lw_sk_type(s->args[0]), 0);
	s->ev.net.fd = -1;
	s->q.proto = LW_PROTO_UNIX;
	by_file = !lw_unix_object(s, slot, s->args[0], c.img->hdr.gen);
	v = by_file ? lw_match_walked(s, slot, c.img, c.tag->profile, 0)
		    : lw_unix_abstract(&c, slot, s->args[0]);
	if (v.action < LW_DENY && !report)
		return lw_pack(none);
	if (by_file)
		lw_path_attach(s, LW_STR_PATH);
	return lw_pack(v);
}

/* The same for listen(), by the address that the socket s->args[0] is bound to. */
__weak int lw_listen_check(__u32 slot)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE }, v = none;
	struct lw_task *t = lw_task_current();
	struct lw_call_ctx c;

	if (!t || lw_call_who(&c, slot) || lw_cfg.mode == LW_MODE_OBSERVE)
		return lw_pack(none);
	if (lw_net_object(c.s, slot, c.task, t, c.tag, c.img, c.s->args[0], 0, &v) ||
	    v.action < LW_DENY)
		return lw_pack(none);
	c.s->ev.net.fd = t->fd;
	return lw_pack(v);
}

/* An IP socket connects: s->args as for lw_socket_check(). To no family at all: it disconnects. */
static __always_inline struct lw_verdict lw_inet_check(struct lw_call_ctx *c, __u32 slot)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE };
	struct lw_scratch *s = c->s;
	struct sockaddr_in6 sa = {};
	__u32 len = s->args[2];

	if (bpf_probe_read_kernel(&sa, len < sizeof(sa) ? len & 31 : sizeof(sa),
				  (const void *)s->args[1]) ||
	    !sa.sin6_family)
		return none;
	if (sa.sin6_family == AF_INET)
		s->ev.net.family = AF_INET;
	lw_sockaddr(s, &sa);
	lw_net_here(&s->ev.net, lw_sk_rcv_saddr(s->args[0]));
	lw_names_of(s, slot, c->tag, c->img, lw_sk_netns(s->args[0]));
	return lw_net_judge(s, slot, c->tag, c->img, LW_NET_CONNECT);
}

/*
 * The same for what no cgroup hook sees, by s->q.kind: a socket of another family is made, or
 * connects; a unix socket is bound; a raw socket and the like connects. s->args: the socket (struct
 * sock), the name of a unix socket or an address (kernel memory), bytes of that.
 */
__weak int lw_socket_check(__u32 slot)
{
	struct lw_verdict none = { .rule = LW_RULE_NONE }, v;
	struct lw_task *t = lw_task_current();
	struct lw_call_ctx c;
	__u32 kind;

	if (!t || lw_call_who(&c, slot) || lw_cfg.mode == LW_MODE_OBSERVE)
		return lw_pack(none);
	kind = c.s->q.kind;
	c.s->ev.net.fd = t->kind == kind + 1 && kind != LW_NET_SOCKET ? t->fd : -1;
	c.s->q.proto = c.s->ev.net.proto;
	if (kind == LW_NET_BIND)
		v = lw_unix_name(c.s, slot, c.task, c.tag, c.img, kind, c.s->args[1], c.s->args[2]);
	else if (c.s->ev.net.family == AF_INET || c.s->ev.net.family == AF_INET6)
		v = lw_inet_check(&c, slot);
	else
		v = lw_match_any(c.s, slot, c.img, c.tag->profile);
	return lw_pack(v.action < LW_DENY ? none : v);
}

/* Attached to the exit of every network call. */
SEC("tp")
int lw_exit_net(struct trace_event_raw_sys_exit *ctx)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_get(task);
	struct lw_scratch *s;
	struct lw_tag *tag;
	__u32 slot, kind;
	__u64 sk;

	if (!t || !t->kind || !lw_in_force())
		return 0;
	tag = lw_tag_of(t);
	kind = lw_net_over(t, tag);
	if (!kind || !tag)
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_scratch_call(s, 0, ctx->id);
	sk = lw_fd_sock(task, kind == LW_NET_SOCKET ? ctx->ret : t->fd);
	lw_net_done(s, slot, task, t, tag, kind, sk, ctx->ret);
	lw_scratch_put(s);
	return 0;
}

/* The same for calls through an entry that those tracepoints do not see. */
__weak int lw_net_leave(__u32 slot, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_current();
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	__u32 kind;
	__u64 sk;

	if (!s || !t || !tag)
		return 1;
	kind = lw_net_over(t, tag);
	if (!kind)
		return 0;
	sk = lw_fd_sock(task, kind == LW_NET_SOCKET ? ret : t->fd);
	lw_net_done(s, slot, task, t, tag, kind, sk, ret);
	return 0;
}

/*
 * A request to io_uring has ended. The cgroup hooks have judged, and reported, all that has an IP
 * address.
 * @file: the socket's; s->reported: what was reported when it was submitted
 */
__weak int lw_net_end(__u32 slot, __u32 kind, __u64 file, __s32 ret)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_of(task), call = { .fd = -1 };
	struct lw_tag *tag = t ? lw_tag_of(t) : NULL;
	__u64 sk = lw_file_sock(file);
	__u32 family = lw_sk_family(sk);

	if (!s || !tag || !sk || tag->state != LW_TAG_LOADER)
		return 1;
	if ((family == AF_INET || family == AF_INET6) && kind != LW_NET_LISTEN)
		return 0;
	lw_net_done(s, slot, task, &call, tag, kind, sk, ret);
	return 0;
}
