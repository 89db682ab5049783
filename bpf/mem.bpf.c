// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Code that comes to life in memory: executable mappings, and files without a name. */
#include "call.bpf.h"

#define PROT_WRITE    0x2
#define MAP_ANONYMOUS 0x20
#define VM_WRITE      0x2

#define BIT_FILE      (1U << 0)
#define BIT_ANONYMOUS (1U << 1)
#define BIT_WRITABLE  (1U << 2)
#define BIT_MPROTECT  (1U << 3)

/* What an address belongs to. */
struct found {
	__u64 file;
	__u64 flags;
};

#ifdef LW_OLD
/* Mappings were a tree of their own before 6.1. Read without its lock: a thread may change it. */
struct mm_struct___rb {
	struct rb_root mm_rb;
} __attribute__((preserve_access_index));

struct vm_area_struct___rb {
	struct rb_node vm_rb;
	unsigned long vm_flags;
} __attribute__((preserve_access_index));

#define TREE_DEPTH 40 /* twice the logarithm of a million mappings */

static __always_inline void find(struct task_struct *task, __u64 addr, struct found *found)
{
	struct mm_struct___rb *mm = (void *)BPF_CORE_READ(task, mm);
	struct rb_node *node = BPF_CORE_READ(mm, mm_rb.rb_node);

	for (int i = 0; i < TREE_DEPTH && node; i++) {
		struct vm_area_struct *vma =
			(void *)node - bpf_core_field_offset(struct vm_area_struct___rb, vm_rb);

		if (addr >= BPF_CORE_READ(vma, vm_end)) {
			node = BPF_CORE_READ(node, rb_right);
		} else if (addr < BPF_CORE_READ(vma, vm_start)) {
			node = BPF_CORE_READ(node, rb_left);
		} else {
			found->file = (__u64)BPF_CORE_READ(vma, vm_file);
			found->flags = BPF_CORE_READ(vma, vm_flags);
			return;
		}
	}
}
#else
static long look(struct task_struct *task, struct vm_area_struct *vma, struct found *found)
{
	found->file = (__u64)vma->vm_file;
	found->flags = vma->vm_flags;
	return 0;
}

static __always_inline void find(struct task_struct *task, __u64 addr, struct found *found)
{
	bpf_find_vma(task, addr, look, found, 0);
}
#endif

/* The first mmap call of 32-bit x86 has its arguments in memory (struct mmap_arg_struct32). */
static __always_inline void unpack_mmap(struct lw_scratch *s)
{
	__u32 args[6] = {};

	bpf_probe_read_user(args, sizeof(args), (const void *)s->args[0]);
	for (int i = 0; i < 6; i++)
		s->args[i] = args[i];
}

static __always_inline struct lw_verdict judge_file(struct lw_call_ctx *c, __u64 file)
{
	struct lw_scratch *s = c->s;
	struct lw_verdict v;

	if (lw_path_walk(s, c->slot, lw_f_dentry(file), lw_f_mnt(file), c->img->hdr.gen) !=
	    LW_WALK_DONE)
		return lw_unresolved(c->img, s->q.kind);
	v = lw_match_walked(s, c->slot, c->img, c->tag->profile, 0);
	lw_path_attach(s, LW_STR_PATH);
	return v;
}

static __always_inline void on_exec_memory(struct lw_call_ctx *c)
{
	struct lw_scratch *s = c->s;
	struct found found = {};
	struct lw_verdict v = { .rule = LW_RULE_NONE };
	__u16 bits = 0;

	if (s->call == LW_CALL_mmap || s->call == LW_CALL_mmap2) {
		if (!(s->args[3] & MAP_ANONYMOUS))
			found.file = lw_fd_file(c->task, s->args[4]);
	} else {
		bits |= BIT_MPROTECT;
		find(c->task, s->args[0], &found);
	}
	if ((s->args[2] & PROT_WRITE) || (found.flags & VM_WRITE))
		bits |= BIT_WRITABLE;
	bits |= found.file ? BIT_FILE : BIT_ANONYMOUS;
	lw_call_bits(c, bits);
	if (found.file)
		v = judge_file(c, found.file);
	else
		v = lw_match_any(s, c->slot, c->img, c->tag->profile);
	lw_call_done(c, v, lw_killed_alone(c->task));
}

__weak int lw_on_mem(__u32 slot)
{
	struct lw_call_ctx c;

	if (lw_call_begin(&c, slot))
		return 1;
	if (c.s->q.kind == LW_MEMORY_MEMFD) {
		lw_call_op(&c, c.s->call == LW_CALL_memfd_secret);
		lw_call_plain(&c, LW_OUT_KILLED_BEFORE);
		return 0;
	}
	if (c.s->call == LW_CALL_mmap && c.s->compat)
		unpack_mmap(c.s);
	if (c.s->args[2] & PROT_EXEC)
		on_exec_memory(&c);
	return 0;
}
