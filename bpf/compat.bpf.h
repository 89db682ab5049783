/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_COMPAT_BPF_H
#define LW_COMPAT_BPF_H

/*
 * Reading kernel objects. Every accessor takes and gives plain addresses. A field is one helper
 * call; in a file that defines LW_FAST_READS, and on a kernel that has bpf_rdonly_cast (6.2), it is
 * one load that faults to zero. Only walk.bpf.c does, where the loops are: bpftool 7.1 cannot link
 * a kernel function that two objects name. Flavours of structs that changed between kernels live
 * here.
 *
 * A pointer of a task is read by BPF_CORE_READ() too: to load it directly costs the verifier four
 * searches of the kernel's whole BTF, on each path that comes there (btf_nested_type_is_trusted(),
 * 6.4 to 6.18).
 */

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "lw_match.h"

#define AF_UNIX	   1
#define AF_INET	   2
#define AF_INET6   10
#define AF_NETLINK 16
#define AF_PACKET  17
#define AF_VSOCK   40

#define O_ACCMODE 00000003
#define O_WRONLY  00000001
#define O_RDWR	  00000002
#define O_CREAT	  00000100
#define O_TRUNC	  00001000
#define O_APPEND  00002000
/* __FMODE_EXEC, in the flags of a file that is opened to be run. */
#define FMODE_EXEC_FLAG 0x20
#ifdef __TARGET_ARCH_arm64
#define O_PATH 010000000
#else
#define O_PATH 010000000
#endif

#define AT_FDCWD      (-100)
#define AT_EMPTY_PATH 0x1000
#define S_IFMT	      00170000
#define S_IFSOCK      0140000

#define FMODE_CREATED	      0x100000 /* include/linux/fs.h since 4.19 */
#define PF_IO_WORKER	      0x00000010
#define PF_USER_WORKER	      0x00004000
#define PF_KTHREAD	      0x00200000
#define PROC_SUPER_MAGIC      0x9fa0
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define SIGKILL		      9
#define EINPROGRESS	      115

/*
 * The second object, for kernels before 5.17 (LW_OLD): without the helpers that 5.10 lacks, and
 * without two kinds of instruction that its verifier refuses even where they are never reached:
 * atomic operations that give a result, and addresses of functions.
 */
#ifdef LW_OLD
#define LW_FIELD(p, field) BPF_CORE_READ(p, field)
#else
#define LW_FIELD(p, field) ((p)->field) /* a number in a struct that the verifier knows */
#endif

static __always_inline struct task_struct *lw_current(void)
{
#ifdef LW_OLD
	return (struct task_struct *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

/*
 * Adds, and gives what was there before. The old way is exact as long as nothing else adds to the
 * same place between the two instructions: on 5.10 that can only be another CPU.
 */
#ifdef LW_OLD
#define lw_fetch_add(p, n) (__sync_fetch_and_add(p, n), *(volatile typeof(*(p)) *)(p) - (n))
#else
#define lw_fetch_add(p, n) __sync_fetch_and_add(p, n)
#endif

/* Takes something for one program run. Return: 1 when it was free. */
static __always_inline int lw_slot_take(__u32 *busy)
{
#ifdef LW_OLD
	/* Two that add before either has looked both go on to the next slot. */
	__sync_fetch_and_add(busy, 1);
	if (*(volatile __u32 *)busy == 1)
		return 1;
	__sync_fetch_and_add(busy, -1);
	return 0;
#else
	return __sync_val_compare_and_swap(busy, 0, 1) == 0;
#endif
}

static __always_inline void lw_slot_free(__u32 *busy)
{
#ifdef LW_OLD
	__sync_fetch_and_add(busy, -1);
#else
	*(volatile __u32 *)busy = 0;
#endif
}

/* bpf_rdonly_cast() is there since 6.2. */
#if defined(LW_FAST_READS) && !defined(LW_OLD)
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define lw_can_cast (bpf_rdonly_cast != NULL)
#define lw_cast(type, addr) \
	((type *)bpf_rdonly_cast((const void *)(addr), bpf_core_type_id_kernel(type)))
#else
#define lw_can_cast	    0
#define lw_cast(type, addr) ((type *)(addr))
#endif

#define LW_GET(name, type, field, ret) \
	static __always_inline ret lw_##name(__u64 addr) \
	{ \
		ret v = 0; \
		if (lw_can_cast) \
			return (ret)lw_cast(type, addr)->field; \
		bpf_core_read(&v, sizeof(v), &((type *)addr)->field); \
		return v; \
	}

LW_GET(d_parent, struct dentry, d_parent, __u64)
LW_GET(d_name, struct dentry, d_name.name, __u64)
LW_GET(d_len, struct dentry, d_name.len, __u32)
LW_GET(d_inode, struct dentry, d_inode, __u64)
LW_GET(d_sb, struct dentry, d_sb, __u64)
LW_GET(d_hashed, struct dentry, d_hash.pprev, __u64)
LW_GET(s_dev, struct super_block, s_dev, __u32)
LW_GET(s_magic, struct super_block, s_magic, __u64)
LW_GET(i_ino, struct inode, i_ino, __u64)
LW_GET(i_generation, struct inode, i_generation, __u32)
LW_GET(i_size, struct inode, i_size, __u64)
LW_GET(i_mode, struct inode, i_mode, __u16)
LW_GET(i_nlink, struct inode, i_nlink, __u32)
LW_GET(i_sb, struct inode, i_sb, __u64)
LW_GET(i_private, struct inode, i_private, __u64)
LW_GET(mnt_parent, struct mount, mnt_parent, __u64)
LW_GET(mnt_mountpoint, struct mount, mnt_mountpoint, __u64)
LW_GET(mnt_root, struct mount, mnt.mnt_root, __u64)
LW_GET(f_dentry, struct file, f_path.dentry, __u64)
LW_GET(f_mnt, struct file, f_path.mnt, __u64)
LW_GET(f_mode, struct file, f_mode, __u32)
LW_GET(f_flags, struct file, f_flags, __u32)
LW_GET(f_private, struct file, private_data, __u64)
LW_GET(sk_family, struct sock, __sk_common.skc_family, __u16)
LW_GET(sk_dport, struct sock, __sk_common.skc_dport, __u16)
LW_GET(sk_num, struct sock, __sk_common.skc_num, __u16)
LW_GET(sk_daddr, struct sock, __sk_common.skc_daddr, __u32)
LW_GET(sk_rcv_saddr, struct sock, __sk_common.skc_rcv_saddr, __u32)
LW_GET(sk_type, struct sock, sk_type, __u16)
LW_GET(sk_protocol, struct sock, sk_protocol, __u16)
LW_GET(sk_net, struct sock, __sk_common.skc_net.net, __u64)
LW_GET(socket_sk, struct socket, sk, __u64)
LW_GET(unix_peer, struct unix_sock, peer, __u64)
LW_GET(unix_addr, struct unix_sock, addr, __u64)
LW_GET(unix_dentry, struct unix_sock, path.dentry, __u64)
LW_GET(unix_mnt, struct unix_sock, path.mnt, __u64)

/*
 * overlayfs (fs/overlayfs/ovl_entry.h): the inode that holds the data is below the one that is
 * seen. Flavours, since the file system is often a module that the header's kernel did not have
 * loaded: the layers are in an ovl_entry since 6.5, in a path before, and without types of modules
 * (5.10) they cannot be told.
 */
struct ovl_path___lw {
	const void *layer;
	struct dentry *dentry;
} __attribute__((preserve_access_index));

struct ovl_entry___lw {
	unsigned int __numlower;
	struct ovl_path___lw __lowerstack[1];
} __attribute__((preserve_access_index));

struct ovl_inode___lw {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
	struct ovl_entry___lw *oe;
} __attribute__((preserve_access_index));

struct ovl_inode___64 {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
	struct ovl_path___lw lowerpath;
} __attribute__((preserve_access_index));

/* The dentry below an overlay inode, 0 where it cannot be told. */
static __always_inline __u64 lw_overlay_real(__u64 inode)
{
	struct ovl_inode___lw *oi;
	struct ovl_entry___lw *oe = NULL;
	struct dentry *real = NULL;

	if (!bpf_core_field_exists(((struct ovl_inode___lw *)0)->__upperdentry))
		return 0;
	oi = (void *)inode - bpf_core_field_offset(struct ovl_inode___lw, vfs_inode);
	bpf_core_read(&real, sizeof(real), &oi->__upperdentry);
	if (real)
		return (__u64)real;
	if (bpf_core_field_exists(((struct ovl_inode___64 *)0)->lowerpath)) {
		struct ovl_inode___64 *old = (struct ovl_inode___64 *)oi;

		bpf_core_read(&real, sizeof(real), &old->lowerpath.dentry);
		return (__u64)real;
	}
	if (!bpf_core_field_exists(((struct ovl_inode___lw *)0)->oe))
		return 0;
	bpf_core_read(&oe, sizeof(oe), &oi->oe);
	if (oe)
		bpf_core_read(&real, sizeof(real), &oe->__lowerstack[0].dentry);
	return (__u64)real;
}

/* The cookie of a socket's network namespace as bpf_get_netns_cookie() has it; 0 before 5.12. */
static __always_inline __u64 lw_sk_netns(__u64 sk)
{
	struct net *net = (struct net *)lw_sk_net(sk);
	__u64 cookie = 0;

	if (bpf_core_field_exists(net->net_cookie))
		bpf_core_read(&cookie, sizeof(cookie), &net->net_cookie);
	return cookie;
}

/* The mount that a vfsmount is part of. */
static __always_inline __u64 lw_real_mount(__u64 vfsmnt)
{
	return vfsmnt - bpf_core_field_offset(struct mount, mnt);
}

/*
 * Eight bytes, or one, at any kernel address: the fields of these two structs stand for plain
 * scalars, so that no helper call is needed where casts are.
 */
static __always_inline __u64 lw_peek8(__u64 addr)
{
	__u64 v = 0;

	if (lw_can_cast)
		return lw_cast(struct timespec64, addr)->tv_sec;
	bpf_probe_read_kernel(&v, sizeof(v), (const void *)addr);
	return v;
}

static __always_inline __u8 lw_peek1(__u64 addr)
{
	__u8 v = 0;

	if (lw_can_cast)
		return lw_cast(struct in6_addr, addr)->in6_u.u6_addr8[0];
	bpf_probe_read_kernel(&v, sizeof(v), (const void *)addr);
	return v;
}

/* The file behind a descriptor of the current task, or 0. */
static __always_inline __u64 lw_fd_file(struct task_struct *task, __s32 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);

	if (fd < 0 || (__u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return 0;
	return lw_peek8((__u64)BPF_CORE_READ(fdt, fd) + (__u64)fd * sizeof(__u64));
}

/* The sock of an open file, or 0 where it is no socket. */
static __always_inline __u64 lw_file_sock(__u64 file)
{
	__u64 inode;

	if (!file)
		return 0;
	inode = lw_d_inode(lw_f_dentry(file));
	if ((lw_i_mode(inode) & S_IFMT) != S_IFSOCK)
		return 0;
	return lw_socket_sk(lw_f_private(file));
}

/* The sock behind a descriptor of the current task. */
static __always_inline __u64 lw_fd_sock(struct task_struct *task, __s32 fd)
{
	return lw_file_sock(lw_fd_file(task, fd));
}

/*
 * System calls whose arguments are read at their exit: the registers still hold them, so no hook at
 * the entry is needed, which halves the cost. A tracer can change them: they are hints.
 */
#ifdef __TARGET_ARCH_arm64
#define NR_open		     1024U /* the old calls do not exist: numbers that none has */
#define NR_creat	     1064U
#define NR_openat	     56U
#define NR_open_by_handle_at 265U
#define NR_execve	     221U
#define NR_connect	     203U
#else
#define NR_open		     2U
#define NR_creat	     85U
#define NR_openat	     257U
#define NR_open_by_handle_at 304U
#define NR_execve	     59U
#define NR_connect	     42U
#endif
#define NR_openat2 437U
#define NR_clone3  435U

/* The registers with which @task has entered the kernel. */
#define X86_THREAD_SIZE 16384 /* of its kernel stack, at whose end they are */
static __always_inline struct pt_regs *lw_regs(struct task_struct *task)
{
#ifdef LW_OLD
	void *stack = BPF_CORE_READ(task, stack);

	return stack + X86_THREAD_SIZE - bpf_core_type_size(struct pt_regs);
#else
	return (struct pt_regs *)bpf_task_pt_regs(task);
#endif
}

/* The system call that @task is in; of a 32-bit entry, the number there. */
static __always_inline __u32 lw_syscall_nr(struct task_struct *task)
{
#ifdef __TARGET_ARCH_arm64
	return LW_FIELD(lw_regs(task), syscallno);
#else
	return LW_FIELD(lw_regs(task), orig_ax) & ~0x40000000UL; /* __X32_SYSCALL_BIT */
#endif
}

/* Argument @n of the system call that @task is leaving. */
static __always_inline __u64 lw_syscall_arg(struct task_struct *task, int n)
{
#ifdef __TARGET_ARCH_arm64
	return n ? LW_FIELD(lw_regs(task), user_regs.regs[n]) : LW_FIELD(lw_regs(task), orig_x0);
#else
	return n == 0	? LW_FIELD(lw_regs(task), di)
	       : n == 1 ? LW_FIELD(lw_regs(task), si)
	       : n == 2 ? LW_FIELD(lw_regs(task), dx)
	       : n == 3 ? LW_FIELD(lw_regs(task), r10)
	       : n == 4 ? LW_FIELD(lw_regs(task), r8)
			: LW_FIELD(lw_regs(task), r9);
#endif
}

#endif
