// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which processes have a Python interpreter, and where. Files that hold one are known by their
 * inode, so a process is entered here, when it maps such a file or becomes it, before any Python
 * runs there. A file that is seen for the first time is told to user space, which reads it.
 */
#include "python.bpf.h"

#define MAP_TYPE    0x0f
#define MAP_PRIVATE 0x02
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS 0x20
#endif
#define S_IFREG 0100000

struct lw_py_ask lw_py_ask;

static __always_inline __u64 start_code(struct task_struct *task)
{
	return BPF_CORE_READ(task, mm, start_code);
}

static __always_inline struct lw_py_key key_of(__u64 inode)
{
	return (struct lw_py_key){ .ino = lw_i_ino(inode),
				   .dev = lw_s_dev(lw_i_sb(inode)),
				   .generation = lw_i_generation(inode) };
}

/* Has the interpreter that is known already made one of its own? Only of the current process. */
static __always_inline int is_running(const struct lw_py_proc *p)
{
	__u64 interp = 0;

	if (!p->layout.known ||
	    bpf_probe_read_user(&interp, sizeof(interp),
				(const void *)(p->runtime + p->layout.interpreters)))
		return 0;
	return interp != 0;
}

/*
 * A process has @file at @addr. The first interpreter stays that has begun to run: what is mapped
 * later may be data, or a copy that hides it.
 */
static __always_inline void enter(__u32 tgid, __u64 code, const struct lw_py_file *file, __u64 addr)
{
	struct lw_py_proc *old = bpf_map_lookup_elem(&lw_py_procs, &tgid);
	struct lw_py_proc p = { .start_code = code };

	if (old && old->start_code == code) {
		if (old->runtime && is_running(old))
			return;
		p.unread = old->unread;
	}
	p.runtime = file->runtime - file->start + addr;
	p.code_type = file->code_type - file->start + addr;
	p.layout = file->layout;
	bpf_map_update_elem(&lw_py_procs, &tgid, &p, BPF_ANY);
}

static __always_inline void tell(__u32 tgid, __u64 addr)
{
	struct lw_py_news news = { .tgid = tgid, .addr = addr };

	if (bpf_ringbuf_output(&lw_py_news, &news, sizeof(news), BPF_RB_FORCE_WAKEUP))
		lw_count(news_lost);
}

/* It has mapped a file that nobody has read yet. */
static __always_inline void enter_unread(__u32 tgid, __u64 code, __u64 addr)
{
	struct lw_py_proc *old = bpf_map_lookup_elem(&lw_py_procs, &tgid);
	struct lw_py_proc p = { .start_code = code, .unread = 1 };

	if (old && old->start_code == code)
		__sync_fetch_and_add(&old->unread, 1);
	else
		bpf_map_update_elem(&lw_py_procs, &tgid, &p, BPF_ANY);
	tell(tgid, addr);
}

/**
 * lw_py_mapped() - the current process has mapped a file from its start.
 * @file: kernel address
 * @addr: of the mapping; 0: it is the program that the process has become
 */
__weak int lw_py_mapped(__u64 file, __u64 addr)
{
	struct task_struct *task = lw_current();
	__u64 inode = lw_d_inode(lw_f_dentry(file)), code = start_code(task);
	__u32 tgid = LW_FIELD(task, tgid);
	struct lw_py_key key = key_of(inode);
	struct lw_py_file *known;

	if (!addr)
		bpf_map_delete_elem(&lw_py_procs, &tgid);
	if ((lw_i_mode(inode) & S_IFMT) != S_IFREG)
		return 0;
	known = bpf_map_lookup_elem(&lw_py_files, &key);
	if (known)
		enter(tgid, code, known, addr ?: code - known->code + known->start);
	else if (!bpf_map_lookup_elem(&lw_py_others, &key))
		enter_unread(tgid, code, addr);
	return 0;
}

/* A child has its parent's memory, or a copy of it, until it executes something. */
__weak int lw_py_forked(__u32 parent, __u32 child)
{
	struct lw_py_proc *p = bpf_map_lookup_elem(&lw_py_procs, &parent);

	if (!p) {
		bpf_map_delete_elem(&lw_py_procs, &child);
		return 0;
	}
	bpf_map_update_elem(&lw_py_procs, &child, p, BPF_ANY);
	if (p->unread && !p->runtime)
		tell(child, 0); /* what is read for the parent is entered for the parent */
	return 0;
}

/*
 * Attached to the exit of mmap: a shared library that holds an interpreter, or a program that the
 * dynamic loader was asked to run. That maps the start of a file first, private.
 */
SEC("tp")
int lw_exit_mmap(struct trace_event_raw_sys_exit *ctx)
{
	struct task_struct *task = lw_current();
	struct lw_task *t = lw_task_get(task);
	__u64 flags, file;

	if (!t || ctx->ret <= 0 || lw_syscall_arg(task, 5))
		return 0;
	flags = lw_syscall_arg(task, 3);
	if ((flags & MAP_TYPE) != MAP_PRIVATE || flags & MAP_ANONYMOUS || !lw_tag_of(t))
		return 0;
	file = lw_fd_file(task, lw_syscall_arg(task, 4));
	if (file)
		lw_py_mapped(file, ctx->ret);
	return 0;
}

/* Run by BPF_PROG_TEST_RUN: the key of the file lw_py_ask.fd, and whether it has been read. */
SEC("raw_tp")
int lw_ctl_file(void *ctx)
{
	__u64 file = lw_fd_file(lw_current(), lw_py_ask.fd);
	struct lw_py_key key;

	lw_py_ask.error = -9; /* EBADF */
	if (!file)
		return 0;
	key = key_of(lw_d_inode(lw_f_dentry(file)));
	lw_py_ask.file = key;
	lw_py_ask.known = bpf_map_lookup_elem(&lw_py_files, &key)    ? LW_PY_FILE_PYTHON
			  : bpf_map_lookup_elem(&lw_py_others, &key) ? LW_PY_FILE_OTHER
								     : LW_PY_FILE_NEW;
	lw_py_ask.error = 0;
	return 0;
}

/* Run by BPF_PROG_TEST_RUN: user space has read files of a process: see struct lw_py_ask. */
SEC("raw_tp")
int lw_ctl_python(void *ctx)
{
	__u32 tgid = lw_py_ask.tgid, read = lw_py_ask.read;
	__u64 code = lw_py_ask.start_code;
	struct lw_py_key key = lw_py_ask.file;
	struct lw_py_file *file;
	struct lw_py_proc *p;

	lw_py_ask.error = -2; /* ENOENT */
	p = bpf_map_lookup_elem(&lw_py_procs, &tgid);
	if (lw_py_ask.addr) {
		file = bpf_map_lookup_elem(&lw_py_files, &key);
		if (!file)
			return 0;
		/* Whether another one runs there cannot be seen from here. */
		if (!p || p->start_code != code || !p->runtime)
			enter(tgid, code, file, lw_py_ask.addr);
		p = bpf_map_lookup_elem(&lw_py_procs, &tgid);
	}
	lw_py_ask.error = 0;
	if (!p || p->start_code != code)
		return 0;
	if (read == ~0U)
		p->unread = 0;
	else if (read <= p->unread)
		__sync_fetch_and_add(&p->unread, -read);
	return 0;
}
