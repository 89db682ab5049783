// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names and attributes of files. Of a name there is only text when the call begins; the directory
 * that it starts from is an object, and what a descriptor leads to is one. Symlinks in the text are
 * user space's to follow (LW_EVF_FIND_PATH): it may add an alert or a kill, and comes later.
 */
#include "call.bpf.h"
#include "change.bpf.h"

/* lw_magic(): through the descriptors or directories of another process. */
#define MAGIC_OTHER (-1)

/* Argument @n of the call, from 1. */
static __always_inline __u64 arg(struct lw_scratch *s, __u32 n)
{
	n -= 1;
	asm volatile("" : "+r"(n)); /* the check below is for this very register */
	return n < 6 ? s->args[n] : 0;
}

/* A name of the call as string @role; of a request to io_uring it is the kernel's copy. */
static __always_inline __u32 name_attach(struct lw_scratch *s, int role, __u64 name)
{
	__u32 len;

	if (!(s->way & LW_EVF_URING))
		return lw_name_attach(s, role, name);
	len = lw_kstr_attach(s, role, name);
	if (!len)
		s->ev.flags |= LW_EVF_NO_NAME;
	return len;
}

#define AT(s, i) ((s)->data[lw_mask(i, LW_DATA_MAX)])
/* Does data[off ..] start with a literal? A name in data[] ends in NUL. */
#define STARTS(s, off, word) starts(s, off, word, sizeof(word) - 1)

static __always_inline int starts(struct lw_scratch *s, __u32 off, const char *word, __u32 len)
{
	for (__u32 i = 0; i < len; i++)
		if (AT(s, off + i) != word[i])
			return 0;
	return 1;
}

/* A decimal number at *off, which is moved behind it. Return: -1 when there is none. */
static __always_inline __s32 number(struct lw_scratch *s, __u32 *off)
{
	__u32 value = 0, at = *off;

	for (__u32 i = 0; i < 9; i++) {
		char c = AT(s, at);

		if (c < '0' || c > '9')
			break;
		value = value * 10 + (c - '0');
		at++;
	}
	if (at == *off)
		return -1;
	*off = at;
	return value;
}

/* "/proc/self/", "/proc/thread-self/", "/proc/N/", each maybe with "task/N/". Return: whose. */
static __always_inline struct task_struct *magic_task(struct lw_scratch *s, __u32 *off, int *other)
{
	struct task_struct *task = lw_current();
	struct task_struct *who = BPF_CORE_READ(task, group_leader);
	__s32 nr;

	*off += sizeof("/proc/") - 1;
	if (STARTS(s, *off, "self")) {
		*off += sizeof("self") - 1;
	} else if (STARTS(s, *off, "thread-self")) {
		*off += sizeof("thread-self") - 1;
		who = task;
	} else {
		nr = number(s, off);
		*other = nr != BPF_CORE_READ(who, pid) && nr != lw_nr_ns(who);
	}
	if (!STARTS(s, *off, "/task/"))
		return who;
	*off += sizeof("/task/") - 1;
	nr = number(s, off);
	*other |= nr != LW_FIELD(task, pid) && nr != lw_nr_ns(task);
	return task;
}

/*
 * Names through the magic links of procfs, which lead where no text says. s->f_dentry and s->f_mnt
 * get what the link leads to.
 * Return: where the rest of the name starts (a '/' or its end), 0: no such name, MAGIC_OTHER.
 */
__weak int lw_magic(__u32 slot, __u32 off)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct task_struct *who = BPF_CORE_READ(lw_current(), group_leader);
	struct lw_place place = {};
	int other = 0, none;

	if (!s)
		return 0;
	if (STARTS(s, off, "/dev/fd/"))
		off += sizeof("/dev") - 1;
	else if (STARTS(s, off, "/proc/"))
		who = magic_task(s, &off, &other);
	else
		return 0;
	if (STARTS(s, off, "/fd/")) {
		off += sizeof("/fd/") - 1;
		none = lw_path_base(who, number(s, &off), 0, &place);
	} else if (STARTS(s, off, "/cwd")) {
		off += sizeof("/cwd") - 1;
		none = lw_path_base(who, AT_FDCWD, 0, &place);
	} else if (STARTS(s, off, "/root")) {
		off += sizeof("/root") - 1;
		none = lw_path_base(who, AT_FDCWD, '/', &place);
	} else {
		return 0;
	}
	if (AT(s, off) && AT(s, off) != '/')
		return 0;
	if (other)
		return MAGIC_OTHER;
	s->f_dentry = place.dentry;
	s->f_mnt = place.mnt;
	return none ? 0 : off;
}

/* Nothing that a rule could forbid. */
static __always_inline struct lw_verdict nothing(const struct lw_image *img, __u32 kind)
{
	return (struct lw_verdict){ .rule = LW_RULE_NONE,
				    .record = img->hdr.default_record[kind & (LW_KIND_MAX - 1)] };
}

/*
 * What cannot be known matters where some rule judges such calls. Rules that ask for no name hold
 * for it too.
 */
static __always_inline int unresolved(struct lw_scratch *s, __u32 slot, const struct lw_image *img,
				      __u32 profile)
{
	s->ev.flags |= LW_EVF_NO_PATH;
	if (!(img->hdr.judged & LW_ON(s->q.kind & (LW_KIND_MAX - 1))))
		return lw_pack(nothing(img, s->q.kind));
	return lw_pack(
		lw_stricter(lw_match_any(s, slot, img, profile), lw_unresolved(img, s->q.kind)));
}

/* Does what lies below a directory go where its name goes? */
static __always_inline int takes_along(__u32 kind)
{
	return kind == LW_FILE_RENAME || kind == LW_FILE_SYMLINK;
}

/* The object at a place, as string @role: what a descriptor leads to. */
static __always_inline int judge_object(struct lw_scratch *s, __u32 slot,
					const struct lw_image *img, __u32 profile,
					struct lw_place at, int role)
{
	struct lw_verdict v;

	if (lw_path_walk(s, slot, at.dentry, at.mnt, img->hdr.gen) != LW_WALK_DONE)
		return unresolved(s, slot, img, profile);
	v = lw_match_walked(s, slot, img, profile, takes_along(s->q.kind));
	lw_path_attach(s, role);
	return lw_pack(v);
}

/* What descriptor s->open.dirfd leads to; @second: as the second object of the call. */
__weak int lw_change_fd(__u32 slot, __u32 profile, __u32 second)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img = lw_image_get(profile);
	struct lw_place place = {};
	int none;

	if (!s || !img)
		return LW_RULE_NONE;
	if (s->way & LW_EVF_URING)
		none = lw_path_file(s->open.file, &place);
	else
		none = lw_path_base(lw_current(), s->open.dirfd, 0, &place);
	if (none)
		return unresolved(s, slot, img, profile);
	return judge_object(s, slot, img, profile, place, second ? LW_STR_TARGET : LW_STR_PATH);
}

/* The same for an object that a security hook holds; it may be a place where nothing is yet. */
__weak int lw_change_object(__u32 slot, __u32 profile, __u32 second)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img = lw_image_get(profile);
	struct lw_place place = {};

	if (!s || !img)
		return LW_RULE_NONE;
	place.dentry = s->f_dentry;
	place.mnt = s->f_mnt;
	return judge_object(s, slot, img, profile, place, second ? LW_STR_TARGET : LW_STR_PATH);
}

/*
 * Is the name more than one plain component below a directory that is known as an object? Then a
 * symlink may lead it elsewhere.
 */
static __always_inline int may_lead_elsewhere(struct lw_scratch *s, __u32 off, __u32 end)
{
	__u32 expected = s->tall ? s->base : s->join;

	expected += end - off + (AT(s, off) != '/');
	return s->depth != s->tall + 1 || s->out != expected;
}

/* One name of the call, as string @role: data[off .. end), from a directory or a magic link. */
static __always_inline int judge_text(struct lw_scratch *s, __u32 slot, const struct lw_image *img,
				      __u32 profile, __s32 dirfd, int raw, int role, int follow)
{
	__u32 off = s->ev.str[raw].off, end = off + s->ev.str[raw].len, kind = s->q.kind;
	int magic = lw_magic(slot, off);
	struct lw_place from = { .dentry = s->f_dentry, .mnt = s->f_mnt };
	struct lw_verdict v;

	if (magic > 0 && magic == end && follow)
		return judge_object(s, slot, img, profile, from, role);
	if (magic > 0 && magic < end)
		off = magic;
	else if (lw_path_base(lw_current(), dirfd, AT(s, off), &from))
		return unresolved(s, slot, img, profile);
	if (lw_path_join_at(s, slot, from, img->hdr.gen, off, end, role))
		return unresolved(s, slot, img, profile);
	v = lw_match_joined(s, slot, img, profile, role, takes_along(kind));
	if (!(img->hdr.judged & LW_ON(kind & (LW_KIND_MAX - 1))))
		return lw_pack(v);
	if (magic == MAGIC_OTHER)
		return lw_pack(lw_stricter(v, lw_unresolved(img, kind)));
	if (follow || may_lead_elsewhere(s, off, end))
		s->ev.flags |= role == LW_STR_PATH ? LW_EVF_FIND_PATH : LW_EVF_FIND_TARGET;
	if (follow)
		s->ev.flags |= role == LW_STR_PATH ? LW_EVF_FOLLOW : LW_EVF_FOLLOW2;
	return lw_pack(v);
}

/* The first or the second name of the call. Return: a packed verdict, or LW_BY_FD. */
__weak int lw_change_text(__u32 slot, __u32 profile, __u32 second)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img = lw_image_get(profile);
	const volatile struct lw_shape *sh;
	__u32 at, flags, follow, missing, empty;
	__s32 dirfd;
	__u64 name;

	if (!s || !img)
		return LW_RULE_NONE;
	sh = &lw_shapes[s->call & 255];
	at = second ? sh->at2 : sh->at;
	dirfd = at ? (__s32)arg(s, at) : AT_FDCWD;
	name = arg(s, second ? sh->name2 : sh->name);
	flags = second ? 0 : arg(s, sh->flags);
	if (second)
		follow = sh->follow2;
	else
		follow = sh->follow ? !(flags & AT_SYMLINK_NOFOLLOW) : flags & AT_SYMLINK_FOLLOW;
	empty = flags & AT_EMPTY_PATH || (at && sh->empty);
	s->open.dirfd = dirfd;
	if (empty && !name)
		return LW_BY_FD;
	missing = s->ev.flags & LW_EVF_NO_NAME;
	s->ev.flags &= ~LW_EVF_NO_NAME;
	if (!name_attach(s, second ? LW_STR_TARGET_NAME : LW_STR_NAME, name)) {
		if (s->ev.flags & LW_EVF_NO_NAME)
			return unresolved(s, slot, img, profile);
		s->ev.flags |= missing;
		/* An empty name: the call will fail. */
		return empty ? LW_BY_FD : lw_pack(nothing(img, s->q.kind));
	}
	s->ev.flags |= missing;
	if (second)
		return judge_text(s, slot, img, profile, dirfd, LW_STR_TARGET_NAME, LW_STR_TARGET,
				  follow);
	return judge_text(s, slot, img, profile, dirfd, LW_STR_NAME, LW_STR_PATH, follow);
}

/* For a security hook: the first name of the call, as its caller wrote it, into the event. */
__weak int lw_change_raw(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	__u64 name;

	if (!s)
		return 1;
	name = arg(s, lw_shapes[s->call & 255].name);
	if (name && !lw_name_attach(s, LW_STR_NAME, name))
		s->ev.flags &= ~LW_EVF_NO_NAME; /* the object is known */
	return 0;
}

/* Both names of the call: the stricter verdict. */
__weak int lw_change_names(__u32 slot, __u32 profile)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_verdict v, by_target;

	if (!s)
		return LW_RULE_NONE;
	v = lw_unpack(lw_change_name(slot, profile, 0));
	by_target = lw_stricter(v, lw_unpack(lw_change_name(slot, profile, 1)));
	if (by_target.rule != v.rule || by_target.action != v.action)
		s->ev.flags |= LW_EVF_TARGET;
	return lw_pack(by_target);
}

/* What the call does: `operation` of a rule. A change is a write, for `access`. */
static __always_inline void operation(struct lw_call_ctx *c, const volatile struct lw_shape *sh)
{
	struct lw_scratch *s = c->s;
	__u32 mode = arg(s, sh->mode);

	switch (s->q.kind) {
	case LW_FILE_CHMOD:
		lw_call_bits(c, lw_mode_bits(mode));
		break;
	case LW_FILE_MKNOD:
		lw_call_op(c, lw_file_kind(mode));
		break;
	case LW_FILE_RENAME:
		lw_call_op(c, s->call == LW_CALL_renameat2 && arg(s, 5) & RENAME_EXCHANGE
				      ? OP_EXCHANGE
				      : 0);
		break;
	case LW_FILE_UNLINK:
		lw_call_op(c, arg(s, sh->flags) & AT_REMOVEDIR ? OP_DIRECTORY : sh->op);
		break;
	default:
		lw_call_op(c, sh->op);
	}
	s->q.access |= LW_ACC_WRITE;
}

__weak int lw_on_change(__u32 slot)
{
	const volatile struct lw_shape *sh;
	struct lw_verdict v;
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	/* The object itself will be judged, in a moment. For fallocate there is no hook. */
	if (lw_cfg.deny_kinds & LW_ON(c.s->q.kind & (LW_KIND_MAX - 1)) &&
	    c.s->call != LW_CALL_fallocate)
		return 0;
	sh = &lw_shapes[c.s->call & 255];
	operation(&c, sh);
	if (sh->fd) {
		c.s->open.dirfd = arg(c.s, sh->fd);
		v = lw_unpack(lw_change_fd(slot, c.tag->profile, 0));
	} else if (sh->name2 && c.s->q.kind != LW_FILE_SYMLINK) {
		v = lw_unpack(lw_change_names(slot, c.tag->profile));
	} else {
		v = lw_unpack(lw_change_name(slot, c.tag->profile, 0));
	}
	/* Where a symlink leads to is judged when somebody goes there. */
	if (c.s->q.kind == LW_FILE_SYMLINK)
		name_attach(c.s, LW_STR_TARGET, arg(c.s, sh->name2));
	lw_call_named(&c, v, LW_OUT_KILLED_AFTER);
	return 0;
}

struct lw_ask lw_ask;

static __always_inline void answer(struct lw_scratch *s, __u32 slot, const struct lw_image *img,
				   struct lw_place place)
{
	__u32 len = lw_ask.len & LW_NAME_MAX, profile = lw_ask.profile, off;

	s->q = lw_ask.q;
	if (len) {
		bpf_probe_read_kernel(s->data, len, lw_ask.path);
		s->used = len;
		if (lw_path_join_at(s, slot, place, img->hdr.gen, 0, len, LW_STR_PATH))
			return;
		lw_ask.verdict =
			lw_match_joined(s, slot, img, profile, LW_STR_PATH, takes_along(s->q.kind));
	} else {
		lw_ask.verdict = lw_unpack(judge_object(s, slot, img, profile, place, LW_STR_PATH));
	}
	len = s->ev.str[LW_STR_PATH].len & (LW_PATH_BUF - 1);
	off = s->ev.str[LW_STR_PATH].off & (LW_PATH_BUF - 1);
	if (!len || bpf_probe_read_kernel(lw_ask.path, len, &s->data[lw_mask(off, LW_DATA_MAX)]))
		return;
	lw_ask.len = len;
	lw_ask.gen = img->hdr.gen;
	lw_ask.error = 0;
}

/* Run by BPF_PROG_TEST_RUN: judges lw_ask as a call would be. */
SEC("raw_tp")
int lw_ctl_name(void *ctx)
{
	const struct lw_image *img = lw_image_get(lw_ask.profile);
	struct lw_place place;
	struct lw_scratch *s;
	__u32 slot;

	lw_ask.error = -9; /* EBADF */
	if (!img || lw_path_base(lw_current(), lw_ask.fd, 0, &place))
		return 0;
	s = lw_scratch_get(&slot);
	if (!s)
		return 0;
	lw_ask.error = -36; /* ENAMETOOLONG */
	answer(s, slot, img, place);
	lw_scratch_put(s);
	return 0;
}
