// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Security hooks: where the kernel asks whether an effect may happen, with the object in its hands
 * and whatever way led here (io_uring, 32-bit entries, descriptors of others). Each hook is two
 * programs with one body: for BPF LSM, and by fmod_ret for kernels that do not run BPF LSM.
 *
 *   DENY    the object is judged here
 *   CHECK   the call was forbidden when it began (call.bpf.c), by arguments in registers: it fails
 *           at the first check that it comes to
 *
 * Where these are attached the hooks of the system calls leave such effects to them.
 */
#include "call.bpf.h"
#include "change.bpf.h"
#include "net.bpf.h"
#include "ns.bpf.h"

#define EPERM 1

/**
 * begin() - who asks, and working memory, to be given back by end().
 * @candidates: those who may become loaders count too; nothing is denied to them
 * @ret: what the hook returns when there is nothing to judge
 *
 * Return: 0, or 1 when there is nothing to judge.
 */
static __always_inline int begin(struct lw_call_ctx *c, __u32 kind, int candidates, int *ret)
{
	struct lw_task *t;

	*ret = 0;
	c->task = lw_current();
	t = lw_task_of(c->task);
	c->tag = t ? lw_tag_of(t) : NULL;
	if (!c->tag || (c->tag->state != LW_TAG_LOADER && !candidates))
		return 1;
	if (c->tag->state == LW_TAG_LOADER && lw_cfg.mode != LW_MODE_OBSERVE)
		*ret = -EPERM;
	if (lw_doomed(t, c->tag))
		return 1;
	c->img = lw_image_get(c->tag->profile);
	c->s = c->img ? lw_scratch_get(&c->slot) : NULL;
	if (!c->s)
		return 1;
	lw_scratch_call(c->s, 0, ~0U);
	c->s->q = (struct lw_query){ .kind = kind, LW_OF(c->tag) };
	return 0;
}

/* Carries out a verdict on the object. Return: what the hook returns. */
static __always_inline int carry_out(struct lw_call_ctx *c, struct lw_verdict v)
{
	struct lw_power power = { lw_cfg.deny_by, 1, LW_OUT_DENIED };
	struct lw_scratch *s = c->s;
	int deny;

	if (v.action < LW_ALERT && !v.record)
		return 0;
	lw_call_entry(c->slot);
	lw_event_init(s, c->task, c->tag, s->q.kind);
	s->ev.flags |= s->way;
	deny = lw_enforce(s, c->tag, c->img, v, 0, power);
	/* The process is still what it was. */
	if (deny && s->q.kind == LW_PROCESS_EXEC)
		s->ev.error = -EPERM;
	if (deny && v.action >= LW_KILL)
		lw_kill_current(s);
	lw_report(s, c->slot, c->task, v);
	return deny ? -EPERM : 0;
}

static __always_inline int end(struct lw_call_ctx *c, struct lw_verdict v)
{
	int ret = carry_out(c, v);

	lw_scratch_put(c->s);
	return ret;
}

/* ------------------------------------------------------------------ programs and opens */
static __always_inline int on_exec(__u64 bprm)
{
	struct lw_call_ctx c;
	int ret;

	if (begin(&c, LW_PROCESS_EXEC, 0, &ret))
		return ret;
	c.s->args[0] = bprm;
	return end(&c, lw_unpack(lw_exec_check(c.slot)));
}

/* Of opens only what is to be denied: the end of the call reports all others. */
static __always_inline int on_open(__u64 file)
{
	struct lw_call_ctx c;
	int ret;

	if (begin(&c, LW_FILE_OPEN, 1, &ret))
		return ret;
	c.s->open = (struct lw_open_call){ .file = file, .fixed = 1 };
	ret = lw_cfg.mode != LW_MODE_OBSERVE && lw_open_check(c.slot) ? -EPERM : 0;
	lw_scratch_put(c.s);
	return ret;
}

/* ------------------------------------------------------------------ names and attributes */
/* An object of the call: the second one is the place where a name will be. */
static __always_inline struct lw_verdict object(struct lw_call_ctx *c, __u64 dentry, __u64 mnt,
						int second)
{
	c->s->f_dentry = dentry;
	c->s->f_mnt = mnt;
	return lw_unpack(lw_change_object(c->slot, c->tag->profile, second));
}

static __always_inline __u64 path_dentry(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, dentry);
}

static __always_inline __u64 path_mnt(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, mnt);
}

/* begin(), and which call it is, for the record; s->args are its arguments. */
static __always_inline int change_begin(struct lw_call_ctx *c, __u32 kind, int *ret)
{
	if (begin(c, kind, 0, ret))
		return 1;
	c->s->call_kind = kind;
	lw_call_now(c->slot);
	c->s->ev.call.call = c->s->call;
	c->s->q.access = LW_ACC_WRITE;
	lw_change_raw(c->slot);
	return 0;
}

static __always_inline int on_name(__u32 kind, __u32 op, __u64 dir, __u64 dentry)
{
	struct lw_call_ctx c;
	int ret;

	if (change_begin(&c, kind, &ret))
		return ret;
	lw_call_op(&c, op);
	c.s->args[0] = dentry;
	return end(&c, object(&c, c.s->args[0], path_mnt(dir), 0));
}

/* What the link leads to is only text. */
static __always_inline int on_symlink(__u64 dir, __u64 dentry, __u64 to)
{
	struct lw_call_ctx c;
	int ret;

	if (change_begin(&c, LW_FILE_SYMLINK, &ret))
		return ret;
	c.s->args[0] = dentry;
	lw_kstr_attach(c.s, LW_STR_TARGET, to);
	return end(&c, object(&c, c.s->args[0], path_mnt(dir), 0));
}

/*
 * Before 5.19 a security module is asked twice about an exchange, first with the places swapped:
 * one of the two is enough, both judge both.
 */
static __always_inline int is_swapped(void)
{
#ifdef LW_OLD
	struct lw_task *t = lw_task_current();

	if (!t || lw_cfg.deny_by != LW_BE_LSM)
		return 0;
	t->swapped = !t->swapped;
	return t->swapped;
#else
	return 0;
#endif
}

static __always_inline int on_names(__u32 kind, __u64 from, __u64 from_mnt, __u64 to, __u64 to_mnt)
{
	struct lw_verdict v, by_target;
	struct lw_call_ctx c;
	int ret;

	if (change_begin(&c, kind, &ret))
		return ret;
	if (c.s->call == LW_CALL_renameat2 && c.s->args[4] & RENAME_EXCHANGE) {
		lw_call_op(&c, OP_EXCHANGE);
		if (is_swapped()) {
			lw_scratch_put(c.s);
			return 0;
		}
	}
	c.s->args[0] = from;
	c.s->args[1] = to;
	v = object(&c, c.s->args[0], from_mnt, 0);
	by_target = lw_stricter(v, object(&c, c.s->args[1], to_mnt, 1));
	if (by_target.rule != v.rule || by_target.action != v.action)
		c.s->ev.flags |= LW_EVF_TARGET;
	return end(&c, by_target);
}

static __always_inline int on_path(__u32 kind, __u32 bits, __u64 path)
{
	struct lw_call_ctx c;
	int ret;

	if (change_begin(&c, kind, &ret))
		return ret;
	lw_call_bits(&c, bits);
	c.s->q.access |= LW_ACC_WRITE;
	return end(&c, object(&c, path_dentry(path), path_mnt(path), 0));
}

/* A file that an open makes, and one of mknod. A socket is made by bind, which is judged itself. */
static __always_inline int on_mknod(__u64 dir, __u64 dentry, __u32 mode)
{
	struct lw_call_ctx c;
	int ret;

	if ((mode & S_IFMT) == S_IFSOCK)
		return 0;
	if (change_begin(&c, LW_FILE_MKNOD, &ret))
		return ret;
	c.s->args[0] = dentry;
	if (c.s->call == LW_CALL_mknod || c.s->call == LW_CALL_mknodat) {
		lw_call_op(&c, lw_file_kind(mode));
		return end(&c, object(&c, c.s->args[0], path_mnt(dir), 0));
	}
	__builtin_memset(&c.s->ev, 0, sizeof(c.s->ev));
	c.s->f_dentry = c.s->args[0];
	c.s->f_mnt = path_mnt(dir);
	ret = lw_cfg.mode != LW_MODE_OBSERVE && lw_create_check(c.slot) ? -EPERM : 0;
	lw_scratch_put(c.s);
	return ret;
}

/* Is the current call an open? Native ones are not in the table of calls. */
static __always_inline int is_open(const struct lw_call_ctx *c)
{
	__u32 nr = lw_syscall_nr(c->task);

	switch (c->s->call) {
	case LW_CALL_open:
	case LW_CALL_creat:
	case LW_CALL_openat:
	case LW_CALL_openat2:
	case LW_CALL_open_by_handle_at:
		return 1;
	default:
		return !c->s->compat && (nr == NR_open || nr == NR_creat || nr == NR_openat ||
					 nr == NR_openat2 || nr == NR_open_by_handle_at);
	}
}

/* O_TRUNC is part of an open, which is judged as that. */
static __always_inline int on_truncate(__u64 path)
{
	struct lw_call_ctx c;
	int ret;

	if (change_begin(&c, LW_FILE_TRUNCATE, &ret))
		return ret;
	if (is_open(&c)) {
		lw_scratch_put(c.s);
		return 0;
	}
	return end(&c, object(&c, path_dentry(path), path_mnt(path), 0));
}

/* ------------------------------------------------------------------ sockets */
/* connect() of a datagram socket is asked for as a send. */
static __always_inline int on_unix(__u32 kind, __u64 other)
{
	struct lw_task *t = lw_task_current();
	struct lw_call_ctx c;
	int ret;

	/* An entry hook has written it down where one is needed. */
	if (t && (t->kind == LW_NET_CONNECT + 1 || lw_syscall_nr(lw_current()) == NR_connect))
		kind = LW_NET_CONNECT;
	if (begin(&c, kind, 0, &ret))
		return ret;
	c.s->args[0] = other;
	return end(&c, lw_unpack(lw_unix_check(c.slot)));
}

static __always_inline int on_listen(__u64 sock)
{
	struct lw_call_ctx c;
	int ret;

	if (begin(&c, LW_NET_LISTEN, 0, &ret))
		return ret;
	c.s->args[0] = (__u64)BPF_CORE_READ((struct socket *)sock, sk);
	return end(&c, lw_unpack(lw_listen_check(c.slot)));
}

static __always_inline int is_ip(__u32 family)
{
	return family == AF_INET || family == AF_INET6; /* the cgroup hooks judge it */
}

static __always_inline int on_socket(__u32 family, __u32 type, __u32 protocol, int kern)
{
	struct lw_call_ctx c;
	int ret;

	if (kern || is_ip(family) || begin(&c, LW_NET_SOCKET, 0, &ret))
		return kern || is_ip(family) ? 0 : ret;
	lw_net_sock(&c.s->ev.net, family, type, protocol);
	return end(&c, lw_unpack(lw_socket_check(c.slot)));
}

/* Does a cgroup hook see where such an IP socket connects to? Not of raw ones and UDP-Lite. */
static __always_inline int is_seen(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_MPTCP;
}

/* A name is given to a unix socket, or a socket connects that no cgroup hook sees. */
static __always_inline int on_address(__u32 kind, __u64 sock, __u64 addr, __s32 len)
{
	__u64 sk = (__u64)BPF_CORE_READ((struct socket *)sock, sk);
	__u32 family = lw_sk_family(sk), path = offsetof(struct sockaddr_un, sun_path);
	struct lw_call_ctx c;
	int ret;

	if (family == AF_NETLINK || (family == AF_UNIX) != (kind == LW_NET_BIND) ||
	    (is_ip(family) && is_seen(lw_sk_protocol(sk))))
		return 0;
	if (begin(&c, kind, 0, &ret))
		return ret;
	lw_net_sock(&c.s->ev.net, family, lw_sk_type(sk), lw_sk_protocol(sk));
	path = is_ip(family) ? 0 : path;
	c.s->args[0] = sk;
	c.s->args[1] = addr + path;
	c.s->args[2] = len > (__s32)path ? len - path : 0;
	return end(&c, lw_unpack(lw_socket_check(c.slot)));
}

/* ------------------------------------------------------------------ calls that were forbidden */
static __always_inline int on_check(void)
{
	struct lw_task *t = lw_task_current();

	return t && t->deny && lw_call_is(t->deny) ? -EPERM : 0;
}

/* As two constants: what the compiler computes of a condition may be any number to verifiers that
 * check the range (6.12). */
static __always_inline int returned(int denied)
{
	if (!denied)
		return 0;
	asm volatile("");
	return -EPERM;
}

/* A child in namespaces of its own, by the kernel's copy of the flags. What is not denied the fork
 * hook reports, with the child. */
static __always_inline int on_task(__u64 flags)
{
	struct lw_verdict v = { .rule = LW_RULE_NONE };
	__u16 bits = lw_ns_bits(flags);
	struct lw_call_ctx c;
	int ret;

	if (!bits)
		return on_check();
	if (begin(&c, LW_NAMESPACE_CREATE, 0, &ret))
		return ret;
	lw_call_now(c.slot);
	c.s->ev.call.call = c.s->call;
	lw_call_bits(&c, bits);
	if (lw_cfg.mode != LW_MODE_OBSERVE)
		v = lw_match_any(c.s, c.slot, c.img, c.tag->profile);
	if (v.action < LW_DENY)
		v = (struct lw_verdict){ .rule = LW_RULE_NONE };
	return end(&c, v);
}

/* The two programs of a hook; the arguments of the hook are ctx[0], ctx[1], ... */
#define LW_SECURITY_AT(hook, where, body) \
	SEC("lsm/" where) \
	int lw_lsm_##hook(__u64 *ctx) \
	{ \
		return returned(body); \
	} \
	SEC("fmod_ret/security_" #hook) \
	int lw_mod_##hook(__u64 *ctx) \
	{ \
		return returned(body); \
	}
#define LW_SECURITY(hook, body) LW_SECURITY_AT(hook, #hook, body)

/* Those whose functions have another name than their hooks. */
LW_SECURITY_AT(bprm_check, "bprm_check_security", on_exec(ctx[0]))
LW_SECURITY_AT(create_user_ns, "userns_create", on_check())
LW_SECURITY(file_open, on_open(ctx[0]))
LW_SECURITY(file_receive, on_open(ctx[0]))
LW_SECURITY(path_unlink, on_name(LW_FILE_UNLINK, 0, ctx[0], ctx[1]))
LW_SECURITY(path_rmdir, on_name(LW_FILE_UNLINK, OP_DIRECTORY, ctx[0], ctx[1]))
LW_SECURITY(path_rename,
	    on_names(LW_FILE_RENAME, ctx[1], path_mnt(ctx[0]), ctx[3], path_mnt(ctx[2])))
/* Both names are on one mount. */
LW_SECURITY(path_link, on_names(LW_FILE_LINK, ctx[0], path_mnt(ctx[1]), ctx[2], path_mnt(ctx[1])))
LW_SECURITY(path_symlink, on_symlink(ctx[0], ctx[1], ctx[2]))
LW_SECURITY(path_mknod, on_mknod(ctx[0], ctx[1], ctx[2]))
LW_SECURITY(path_truncate, on_truncate(ctx[0]))
LW_SECURITY(file_truncate,
	    on_truncate((__u64)__builtin_preserve_access_index(&((struct file *)ctx[0])->f_path)))
LW_SECURITY(path_chmod, on_path(LW_FILE_CHMOD, lw_mode_bits(ctx[1]), ctx[0]))
LW_SECURITY(path_chown, on_path(LW_FILE_CHOWN, 0, ctx[0]))
LW_SECURITY(unix_stream_connect, on_unix(LW_NET_CONNECT, ctx[1]))
LW_SECURITY(unix_may_send, on_unix(LW_NET_SEND, (__u64)BPF_CORE_READ((struct socket *)ctx[1], sk)))
LW_SECURITY(socket_create, on_socket(ctx[0], ctx[1], ctx[2], ctx[3]))
LW_SECURITY(socket_bind, on_address(LW_NET_BIND, ctx[0], ctx[1], ctx[2]))
LW_SECURITY(socket_connect, on_address(LW_NET_CONNECT, ctx[0], ctx[1], ctx[2]))
LW_SECURITY(socket_listen, on_listen(ctx[0]))
LW_SECURITY(inode_setxattr, on_check())
LW_SECURITY(inode_removexattr, on_check())
LW_SECURITY(mmap_file, on_check())
LW_SECURITY(file_mprotect, on_check())
LW_SECURITY(ptrace_access_check, on_check())
LW_SECURITY(ptrace_traceme, on_check())
LW_SECURITY(task_alloc, on_task(ctx[1]))
LW_SECURITY_AT(prepare_creds, "cred_prepare", on_check())
LW_SECURITY(task_kill, on_check())
LW_SECURITY(task_prctl, on_check())
LW_SECURITY(task_fix_setuid, on_check())
LW_SECURITY(task_fix_setgid, on_check())
LW_SECURITY(task_fix_setgroups, on_check())
LW_SECURITY(capset, on_check())
LW_SECURITY(key_permission, on_check())
LW_SECURITY(key_alloc, on_check())
LW_SECURITY(path_chroot, on_check())
LW_SECURITY(sb_mount, on_check())
LW_SECURITY(sb_pivotroot, on_check())
LW_SECURITY(move_mount, on_check())
LW_SECURITY(sb_umount, on_check())
LW_SECURITY(bpf, on_check())
LW_SECURITY(perf_event_open, on_check())
LW_SECURITY(quotactl, on_check())
LW_SECURITY(syslog, on_check())
LW_SECURITY(kernel_load_data, on_check())
LW_SECURITY(capable, on_check())
