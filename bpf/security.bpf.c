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

#define EPERM 1

/* The loader that asks. */
struct asker {
	struct task_struct *task;
	struct lw_scratch *s;
	struct lw_tag *tag;
	const struct lw_image *img;
	__u32 slot;
};

static __always_inline int refused(void)
{
	return lw_cfg.mode == LW_MODE_OBSERVE ? 0 : -EPERM;
}

/**
 * begin() - who asks, and working memory, to be given back by lw_scratch_put().
 * @candidates: those who may become loaders count too
 * @ret: what the hook returns when there is nothing to judge
 *
 * Return: 0, or 1 when there is nothing to judge.
 */
static __always_inline int begin(struct asker *a, __u32 kind, int candidates, int *ret)
{
	struct lw_task *t;

	*ret = 0;
	a->task = lw_current();
	t = lw_task_of(a->task);
	a->tag = t ? lw_tag_of(t) : NULL;
	if (!a->tag || (a->tag->state != LW_TAG_LOADER && !candidates))
		return 1;
	*ret = refused();
	if (lw_doomed(t, a->tag))
		return 1;
	a->img = lw_image_get(a->tag->profile);
	a->s = a->img ? lw_scratch_get(&a->slot) : NULL;
	if (!a->s)
		return 1;
	*ret = 0;
	lw_scratch_call(a->s, 0, ~0U);
	a->s->q = (struct lw_query){ .kind = kind, .phase = a->tag->phase };
	return 0;
}

/* Carries out a verdict on the object. Return: what the hook returns. */
static __always_inline int carry_out(struct asker *a, struct lw_verdict v)
{
	struct lw_power power = { lw_cfg.deny_by, 1, LW_OUT_DENIED };
	struct lw_scratch *s = a->s;
	int deny;

	if (v.action < LW_ALERT && !v.record)
		return 0;
	lw_event_init(s, a->task, a->tag, s->q.kind);
	deny = lw_enforce(s, a->tag, a->img, v, 0, power);
	/* The process is still what it was. */
	if (deny && s->q.kind == LW_PROCESS_EXEC)
		s->ev.error = -EPERM;
	if (deny && v.action >= LW_KILL)
		lw_kill_current(s);
	lw_report(s, a->slot, a->task, v);
	return deny ? -EPERM : 0;
}

/* ------------------------------------------------------------------ programs and opens */
static __always_inline int on_exec(__u64 bprm)
{
	struct asker a;
	int ret;

	if (begin(&a, LW_PROCESS_EXEC, 0, &ret))
		return ret;
	a.s->args[0] = bprm;
	ret = carry_out(&a, lw_unpack(lw_exec_check(a.slot)));
	lw_scratch_put(a.s);
	return ret;
}

/* Of opens only what is to be denied: the end of the call reports all others. */
static __always_inline int on_open(__u64 file)
{
	struct asker a;
	int ret;

	if (begin(&a, LW_FILE_OPEN, 1, &ret))
		return ret;
	a.s->open = (struct lw_open_call){ .file = file, .fixed = 1 };
	if (lw_cfg.mode != LW_MODE_OBSERVE)
		ret = lw_open_check(a.slot) ? -EPERM : 0;
	lw_scratch_put(a.s);
	return ret;
}

/* ------------------------------------------------------------------ names and attributes */
/* An object of the call: the second one is the place where a name will be. */
static __always_inline struct lw_verdict object(struct asker *a, __u64 dentry, __u64 mnt,
						int second)
{
	a->s->f_dentry = dentry;
	a->s->f_mnt = mnt;
	return lw_unpack(lw_change_object(a->slot, a->tag->profile, second));
}

static __always_inline __u64 path_dentry(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, dentry);
}

static __always_inline __u64 path_mnt(__u64 path)
{
	return (__u64)BPF_CORE_READ((struct path *)path, mnt);
}

/* begin(), and which call it is, for the record. */
static __always_inline int change_begin(struct asker *a, __u32 kind, __u32 op, int *ret)
{
	if (begin(a, kind, 0, ret))
		return 1;
	a->s->call_kind = kind;
	lw_call_now(a->slot);
	a->s->ev.call.call = a->s->call;
	a->s->ev.call.op = op;
	a->s->q.port = op;
	a->s->q.access = LW_ACC_WRITE;
	return 0;
}

static __always_inline int change_end(struct asker *a, struct lw_verdict v)
{
	int ret = carry_out(a, v);

	lw_scratch_put(a->s);
	return ret;
}

static __always_inline int on_name(__u32 kind, __u32 op, __u64 dir, __u64 dentry)
{
	struct asker a;
	int ret;

	if (change_begin(&a, kind, op, &ret))
		return ret;
	a.s->args[0] = dentry;
	return change_end(&a, object(&a, a.s->args[0], path_mnt(dir), 0));
}

static __always_inline int on_names(__u32 kind, __u64 from, __u64 from_mnt, __u64 to, __u64 to_mnt)
{
	struct lw_verdict v, by_target;
	struct asker a;
	int ret;

	if (change_begin(&a, kind, 0, &ret))
		return ret;
	a.s->args[0] = from;
	a.s->args[1] = to;
	v = object(&a, a.s->args[0], from_mnt, 0);
	by_target = lw_stricter(v, object(&a, a.s->args[1], to_mnt, 1));
	if (by_target.rule != v.rule || by_target.action != v.action)
		a.s->ev.flags |= LW_EVF_TARGET;
	return change_end(&a, by_target);
}

static __always_inline int on_path(__u32 kind, __u32 bits, __u64 path)
{
	struct asker a;
	int ret;

	if (change_begin(&a, kind, bits, &ret))
		return ret;
	a.s->q.port = 0;
	a.s->q.access = bits | LW_ACC_WRITE;
	return change_end(&a, object(&a, path_dentry(path), path_mnt(path), 0));
}

/* A file that an open makes, and one of mknod. A socket is made by bind, which is judged itself. */
static __always_inline int on_mknod(__u64 dir, __u64 dentry, __u32 mode)
{
	__u32 type = mode & S_IFMT;
	struct asker a;
	int ret;

	if (type == S_IFSOCK)
		return 0;
	if (change_begin(&a, LW_FILE_MKNOD, type ? type >> 12 : 8, &ret))
		return ret;
	a.s->args[0] = dentry;
	a.s->f_dentry = a.s->args[0];
	a.s->f_mnt = path_mnt(dir);
	if (a.s->call != LW_CALL_mknod && a.s->call != LW_CALL_mknodat) {
		__builtin_memset(&a.s->ev, 0, sizeof(a.s->ev));
		ret = lw_cfg.mode == LW_MODE_OBSERVE ? 0 : lw_create_check(a.slot) ? -EPERM : 0;
		lw_scratch_put(a.s);
		return ret;
	}
	return change_end(&a, object(&a, a.s->args[0], path_mnt(dir), 0));
}

/* O_TRUNC is part of an open. */
static __always_inline int on_truncate(__u64 path)
{
	struct asker a;
	int ret;

	if (change_begin(&a, LW_FILE_TRUNCATE, 0, &ret))
		return ret;
	if (a.s->call != LW_CALL_truncate && a.s->call != LW_CALL_truncate64 &&
	    a.s->call != LW_CALL_ftruncate && a.s->call != LW_CALL_ftruncate64) {
		lw_scratch_put(a.s);
		return 0;
	}
	return change_end(&a, object(&a, path_dentry(path), path_mnt(path), 0));
}

static __always_inline __u32 mode_bits(__u32 mode)
{
	return (mode & 0111 ? 1U << 8 : 0) | (mode & 04000 ? 1U << 9 : 0) |
	       (mode & 02000 ? 1U << 10 : 0) | (mode & 0002 ? 1U << 11 : 0);
}

/* ------------------------------------------------------------------ sockets */
static __always_inline int on_unix(__u32 kind, __u64 other)
{
	struct asker a;
	int ret;

	if (begin(&a, kind, 0, &ret))
		return ret;
	a.s->args[0] = other;
	ret = carry_out(&a, lw_unpack(lw_unix_check(a.slot)));
	lw_scratch_put(a.s);
	return ret;
}

static __always_inline int on_listen(__u64 sock)
{
	struct asker a;
	int ret;

	if (begin(&a, LW_NET_LISTEN, 0, &ret))
		return ret;
	a.s->args[0] = (__u64)BPF_CORE_READ((struct socket *)sock, sk);
	ret = carry_out(&a, lw_unpack(lw_listen_check(a.slot)));
	lw_scratch_put(a.s);
	return ret;
}

/* ------------------------------------------------------------------ calls that were forbidden */
static __always_inline int on_check(void)
{
	struct lw_task *t = lw_task_current();

	return t && t->deny && lw_call_is(t->deny) ? -EPERM : 0;
}

/* The two programs of a hook; the arguments of the hook are ctx[0], ctx[1], ... */
#define LW_SECURITY_AT(hook, where, body) \
	SEC("lsm/" where) \
	int lw_lsm_##hook(__u64 *ctx) \
	{ \
		return body; \
	} \
	SEC("fmod_ret/security_" #hook) \
	int lw_mod_##hook(__u64 *ctx) \
	{ \
		return body; \
	}
#define LW_SECURITY(hook, body) LW_SECURITY_AT(hook, #hook, body)

/* Those whose functions have another name than their hooks. */
LW_SECURITY_AT(bprm_check, "bprm_check_security", on_exec(ctx[0]))
LW_SECURITY_AT(create_user_ns, "userns_create", on_check())
LW_SECURITY(file_open, on_open(ctx[0]))
LW_SECURITY(file_receive, on_open(ctx[0]))
LW_SECURITY(path_unlink, on_name(LW_FILE_UNLINK, 0, ctx[0], ctx[1]))
LW_SECURITY(path_rmdir, on_name(LW_FILE_UNLINK, 1, ctx[0], ctx[1]))
LW_SECURITY(path_rename,
	    on_names(LW_FILE_RENAME, ctx[1], path_mnt(ctx[0]), ctx[3], path_mnt(ctx[2])))
/* Both names are on one mount. */
LW_SECURITY(path_link, on_names(LW_FILE_LINK, ctx[0], path_mnt(ctx[1]), ctx[2], path_mnt(ctx[1])))
LW_SECURITY(path_symlink, on_name(LW_FILE_SYMLINK, 0, ctx[0], ctx[1]))
LW_SECURITY(path_mknod, on_mknod(ctx[0], ctx[1], ctx[2]))
LW_SECURITY(path_truncate, on_truncate(ctx[0]))
LW_SECURITY(file_truncate,
	    on_truncate((__u64)__builtin_preserve_access_index(&((struct file *)ctx[0])->f_path)))
LW_SECURITY(path_chmod, on_path(LW_FILE_CHMOD, mode_bits(ctx[1]), ctx[0]))
LW_SECURITY(path_chown, on_path(LW_FILE_CHOWN, 0, ctx[0]))
LW_SECURITY(unix_stream_connect, on_unix(LW_NET_CONNECT, ctx[1]))
LW_SECURITY(unix_may_send, on_unix(LW_NET_SEND, (__u64)BPF_CORE_READ((struct socket *)ctx[1], sk)))
LW_SECURITY(socket_listen, on_listen(ctx[0]))
LW_SECURITY(inode_setxattr, on_check())
LW_SECURITY(inode_removexattr, on_check())
LW_SECURITY(mmap_file, on_check())
LW_SECURITY(file_mprotect, on_check())
LW_SECURITY(ptrace_access_check, on_check())
LW_SECURITY(ptrace_traceme, on_check())
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
LW_SECURITY(kernel_load_data, on_check())
LW_SECURITY(capable, on_check())
