/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_ways WAYS VICTIM DIR: other processes and memory. VICTIM is a process that may be signalled
 * and traced; DIR is empty but for `lib`, a file that may be mapped.
 */
#include "call.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

static pid_t victim;
static const char *dir;

static const char *in_dir(const char *name)
{
	static char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s/%s", dir, name);
	return buf;
}

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

#ifdef HAVE_32BIT
static void kill_32(void)
{
	CALL32("", 37, victim, SIGURG);
}

static void protect_32(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CALL32("", 125, p, 4096, PROT_READ | PROT_EXEC);
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
#ifdef HAVE_32BIT
	{ "kill-32", "process.signal", kill_32 },
	{ "protect-32", "memory.exec", protect_32 },
#endif
	/* What no rule has a reason to stop. */
	{ "harmless-probe", "", kill_probe },
	{ "harmless-kill-self", "", kill_self },
	{ "harmless-kill-child", "", kill_child },
	{ "harmless-tkill-own", "", tkill_own },
	{ "harmless-map", "", map_plain },
#ifdef HAVE_32BIT
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
