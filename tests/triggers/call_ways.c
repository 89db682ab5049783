/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_ways WAYS VICTIM DIR: calls that are judged when they begin. VICTIM is a process that may be
 * signalled and traced; DIR is empty but for `lib`, a file that may be mapped. What could harm the
 * machine is called with arguments that the kernel refuses.
 */
#include "trigger.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

static pid_t victim;
static const char *dir;

static const char *in_dir(const char *name)
{
	static char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

static long call(const char *raw, long nr, long a, long b, long c, long d, long e)
{
	before(raw);
	return after(syscall(nr, a, b, c, d, e, 0));
}

#define CALL(raw, nr, ...) CALL_(raw, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(raw, nr, a, b, c, d, e, ...) \
	call(raw, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

#ifdef __x86_64__
/* The 32-bit entry: numbers and arguments of i386, pointers below 4 GiB. */
static long call32(const char *raw, long nr, long a, long b, long c)
{
	long ret;

	before(raw);
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = ret < 0 ? -ret : 0;
	return after(ret < 0 ? -1 : ret);
}
#endif

/* Other processes. */
static void ptrace_attach(void)
{
	CALL("", SYS_ptrace, PTRACE_SEIZE, victim);
}

static void vm_transfer(long nr)
{
	char byte = 0;
	struct iovec own = { &byte, 1 }, its = { (void *)dir, 1 };

	truth->got = CALL("", nr, victim, &own, 1, &its, 1) == 1;
}

static void vm_read(void)
{
	vm_transfer(SYS_process_vm_readv);
}

static void vm_write(void)
{
	vm_transfer(SYS_process_vm_writev);
}

static void pidfd_of_victim(void)
{
	CALL("", SYS_pidfd_open, victim, 0);
}

static int open_pidfd(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static void pidfd_getfd_of(void)
{
	truth->got = CALL("", SYS_pidfd_getfd, open_pidfd(victim), 0, 0) >= 0;
}

static void pidfd_signal(void)
{
	CALL("", SYS_pidfd_send_signal, open_pidfd(victim), SIGURG, 0, 0);
}

static void kill_victim(void)
{
	CALL("", SYS_kill, victim, SIGURG);
}

static void kill_group(void)
{
	CALL("", SYS_kill, -victim, SIGURG);
}

static void kill_probe(void)
{
	CALL("", SYS_kill, victim, 0);
}

static void tgkill_victim(void)
{
	CALL("", SYS_tgkill, victim, victim, SIGURG);
}

static void tkill_victim(void)
{
	CALL("", SYS_tkill, victim, SIGURG);
}

static void kill_self(void)
{
	CALL("", SYS_kill, getpid(), 0);
}

static void *own_thread(void *arg)
{
	*(pid_t *)arg = gettid();
	pause();
	return NULL;
}

static void tkill_own(void)
{
	volatile pid_t tid = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, own_thread, (void *)&tid))
		die("pthread_create");
	while (!tid)
		sched_yield();
	CALL("", SYS_tkill, tid, 0);
}

static void kill_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CALL("", SYS_kill, pid, SIGTERM);
}

/* Signals inside a pid namespace of its own go by other numbers. */
static void in_pid_namespace(void (*fn)(void))
{
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		die("unshare");
	pid = fork();
	if (pid == 0) {
		fn();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void kill_child_in_namespace(void)
{
	in_pid_namespace(kill_child);
}

/* Memory. */
static void memfd(void)
{
	CALL("", SYS_memfd_create, "x", 0);
}

static void map(const char *raw, int prot, int flags, int fd)
{
	CALL(raw, SYS_mmap, 0, 4096, prot, flags, fd);
}

static void map_library(void)
{
	int fd = open(in_dir("lib"), O_RDONLY);

	map(in_dir("lib"), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd);
}

static void map_anonymous(void)
{
	map("", PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void map_writable(void)
{
	map("", PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void protect(int fd, long nr)
{
	void *p = mmap(NULL, 4096, fd < 0 ? PROT_READ | PROT_WRITE : PROT_READ,
		       fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, fd, 0);

	CALL("", nr, p, 4096, PROT_READ | PROT_EXEC, -1);
}

static void protect_anonymous(void)
{
	protect(-1, SYS_mprotect);
}

static void protect_pkey(void)
{
	protect(-1, SYS_pkey_mprotect);
}

static void protect_library(void)
{
	protect(open(in_dir("lib"), O_RDONLY), SYS_mprotect);
}

static void map_plain(void)
{
	map("", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* Rights. */
static void set_uid(void)
{
	CALL("", SYS_setuid, 65534);
}

static void set_resuid(void)
{
	CALL("", SYS_setresuid, -1, 65534, -1);
}

static void set_gid(void)
{
	CALL("", SYS_setgid, 65534);
}

static void set_groups(void)
{
	gid_t none = 65534;

	CALL("", SYS_setgroups, 1, &none);
}

static void set_same_uid(void)
{
	CALL("", SYS_setresuid, getuid(), geteuid(), -1);
}

static void capset_with(int more)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		die("capget");
	if (more)
		d[0].inheritable |= 1U << CAP_CHOWN;
	else
		d[0].effective &= ~(1U << CAP_SYS_BOOT);
	CALL("", SYS_capset, &h, d);
}

static void capset_more(void)
{
	capset_with(1);
}

static void capset_less(void)
{
	capset_with(0);
}

static void keyring(void)
{
	CALL("", SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);
}

static void add_a_key(void)
{
	CALL("", SYS_add_key, "user", "loadward-test", "x", 1, KEY_SPEC_PROCESS_KEYRING);
}

static void prctl_dumpable(void)
{
	CALL("", SYS_prctl, PR_SET_DUMPABLE, 0);
}

static void prctl_ptracer(void)
{
	CALL("", SYS_prctl, PR_SET_PTRACER, victim);
}

static void prctl_mm(void)
{
	CALL("", SYS_prctl, PR_SET_MM, PR_SET_MM_ARG_START, 1);
}

static void prctl_name(void)
{
	CALL("", SYS_prctl, PR_SET_NAME, "worker");
}

/* Views of the system. */
static void unshare_mounts(void)
{
	CALL("", SYS_unshare, CLONE_NEWNS);
}

static void unshare_user(void)
{
	CALL("", SYS_unshare, CLONE_NEWUSER | CLONE_NEWNET);
}

static void unshare_files(void)
{
	CALL("", SYS_unshare, CLONE_FILES);
}

static void clone_uts(void)
{
	before("");
	if (after(syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0)) == 0)
		_exit(0);
}

static void clone3_user(void)
{
	struct clone_args a = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

	before("");
	if (after(syscall(SYS_clone3, &a, sizeof(a))) == 0)
		_exit(0);
}

static void set_ns(void)
{
	CALL("", SYS_setns, open("/proc/self/ns/uts", O_RDONLY), 0);
}

static void change_root(void)
{
	CALL(dir, SYS_chroot, dir);
}

static void pivot(void)
{
	CALL(dir, SYS_pivot_root, dir, dir);
}

static void mount_tmpfs(void)
{
	mkdir(in_dir("mnt"), 0755);
	CALL(in_dir("mnt"), SYS_mount, "none", in_dir("mnt"), "tmpfs", 0, 0);
}

static void move_a_mount(void)
{
	int tree;

	before(in_dir("lib"));
	tree = syscall(SYS_open_tree, AT_FDCWD, in_dir("lib"), OPEN_TREE_CLONE);
	CALL(in_dir("lib"), SYS_move_mount, tree, "", AT_FDCWD, in_dir("lib"),
	     MOVE_MOUNT_F_EMPTY_PATH);
}

static void open_a_tree(void)
{
	CALL(in_dir("lib"), SYS_open_tree, AT_FDCWD, in_dir("lib"), OPEN_TREE_CLONE);
}

static void fs_open(void)
{
	CALL("", SYS_fsopen, "tmpfs", 0);
}

static void fs_pick(void)
{
	CALL("/", SYS_fspick, AT_FDCWD, "/", 0);
}

static void fs_mount(void)
{
	CALL("", SYS_fsmount, -1, 0, 0);
}

static void set_mount(void)
{
	CALL(in_dir("lib"), SYS_mount_setattr, AT_FDCWD, in_dir("lib"), 0, 0, 0);
}

static void unmount(void)
{
	CALL(in_dir("lib"), SYS_umount2, in_dir("lib"), 0);
}

/* The kernel. */
static void bpf_load(void)
{
	CALL("", SYS_bpf, 5, 0, 0);
}

static void perf_event(void)
{
	CALL("", SYS_perf_event_open, 0, 0, -1, -1, 0);
}

static void user_fault(void)
{
	CALL("", SYS_userfaultfd, O_CLOEXEC);
}

static void module_init(void)
{
	CALL("", SYS_init_module, 0, 0, 0);
}

static void module_file(void)
{
	CALL("", SYS_finit_module, -1, "", 0);
}

static void module_remove(void)
{
	CALL("", SYS_delete_module, "no_such_module_here", 0);
}

static void kexec(void)
{
	CALL("", SYS_kexec_load, 0, 0xffff, 0, 0xffff);
}

static void boot(void)
{
	CALL("", SYS_reboot, 0, 0, 0, 0);
}

static void host_name(void)
{
	CALL("", SYS_sethostname, "", -1);
}

static void swap(void)
{
	CALL("", SYS_swapon, "/no/such/device", 0);
}

#ifdef __x86_64__
static void kill_32(void)
{
	call32("", 37, victim, SIGURG, 0);
}

static void protect_32(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	call32("", 125, (long)p, 4096, PROT_READ | PROT_EXEC);
}

static void set_uid_32(void)
{
	call32("", 213, 65534, 0, 0);
}

static void set_uid_16(void)
{
	call32("", 23, 65534, 0, 0);
}

static void set_same_uid_16(void)
{
	call32("", 70, 0xffff, 0xffff, 0);
}

static void unshare_32(void)
{
	call32("", 310, CLONE_NEWNS, 0, 0);
}

static void mount_32(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	snprintf(low, 4096, "%s", in_dir("lib"));
	call32(low, 22, (long)low, 0, 0); /* umount */
}
#endif

static const struct way ways[] = {
	{ "ptrace", "process.ptrace", ptrace_attach },
	{ "vm-read", "process.memory", vm_read },
	{ "vm-write", "process.memory", vm_write },
	{ "pidfd-open", "process.pidfd", pidfd_of_victim },
	{ "pidfd-getfd", "process.pidfd", pidfd_getfd_of },
	{ "pidfd-signal", "process.signal", pidfd_signal },
	{ "kill", "process.signal", kill_victim },
	{ "kill-group", "process.signal", kill_group },
	{ "tgkill", "process.signal", tgkill_victim },
	{ "tkill", "process.signal", tkill_victim },
	{ "memfd", "memory.memfd", memfd },
	{ "map-library", "memory.exec", map_library },
	{ "map-anonymous", "memory.exec", map_anonymous },
	{ "map-writable", "memory.exec", map_writable },
	{ "protect", "memory.exec", protect_anonymous },
	{ "protect-pkey", "memory.exec", protect_pkey },
	{ "protect-library", "memory.exec", protect_library },
	{ "setuid", "credential.setid", set_uid },
	{ "setresuid", "credential.setid", set_resuid },
	{ "setgid", "credential.setid", set_gid },
	{ "setgroups", "credential.setid", set_groups },
	{ "capset-more", "credential.capset", capset_more },
	{ "keyctl", "credential.keyring", keyring },
	{ "add-key", "credential.keyring", add_a_key },
	{ "prctl-dumpable", "process.prctl", prctl_dumpable },
	{ "prctl-ptracer", "process.prctl", prctl_ptracer },
	{ "prctl-mm", "process.prctl", prctl_mm },
	{ "unshare-mount", "namespace.create", unshare_mounts },
	{ "unshare-user", "namespace.create", unshare_user },
	{ "clone-uts", "namespace.create", clone_uts },
	{ "clone3-user", "namespace.create", clone3_user },
	{ "setns", "namespace.enter", set_ns },
	{ "chroot", "namespace.root", change_root },
	{ "pivot-root", "namespace.root", pivot },
	{ "mount", "mount.attach", mount_tmpfs },
	{ "move-mount", "mount.attach", move_a_mount },
	{ "open-tree", "mount.attach", open_a_tree },
	{ "fsopen", "mount.attach", fs_open },
	{ "fspick", "mount.attach", fs_pick },
	{ "fsmount", "mount.attach", fs_mount },
	{ "mount-setattr", "mount.attach", set_mount },
	{ "umount", "mount.detach", unmount },
	{ "bpf", "kernel.bpf", bpf_load },
	{ "perf", "kernel.perf", perf_event },
	{ "userfaultfd", "kernel.userfaultfd", user_fault },
	{ "init-module", "kernel.module", module_init },
	{ "finit-module", "kernel.module", module_file },
	{ "delete-module", "kernel.module", module_remove },
	{ "kexec", "kernel.kexec", kexec },
	{ "reboot", "kernel.reboot", boot },
	{ "sethostname", "kernel.admin", host_name },
	{ "swapon", "kernel.admin", swap },
#ifdef __x86_64__
	{ "kill-32", "process.signal", kill_32 },
	{ "protect-32", "memory.exec", protect_32 },
	{ "setuid-32", "credential.setid", set_uid_32 },
	{ "setuid-16", "credential.setid", set_uid_16 },
	{ "unshare-32", "namespace.create", unshare_32 },
	{ "umount-32", "mount.detach", mount_32 },
#endif
	/* What no rule has a reason to stop. */
	{ "harmless-probe", "", kill_probe },
	{ "harmless-kill-self", "", kill_self },
	{ "harmless-kill-child", "", kill_child },
	{ "harmless-tkill-own", "", tkill_own },
	{ "harmless-map", "", map_plain },
	{ "harmless-same-uid", "", set_same_uid },
	{ "harmless-capset-less", "", capset_less },
	{ "harmless-prctl-name", "", prctl_name },
	{ "harmless-unshare-files", "", unshare_files },
#ifdef __x86_64__
	{ "harmless-same-uid-16", "", set_same_uid_16 },
#endif
	{ "namespace-kill-child", "namespace.create", kill_child_in_namespace },
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (argc >= 4) {
		victim = atoi(argv[2]);
		dir = argv[3];
	}
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
