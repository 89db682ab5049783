/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kern_ways WAYS DIR: calls into the kernel's own machinery. What could harm the machine is called
 * with arguments that the kernel refuses. DIR holds the file `image`, which is no kernel and no
 * module. To be started by root.
 */
#include "call.h"

#include <linux/bpf.h>
#include <linux/kexec.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <signal.h>
#include <sys/timex.h>
#include <time.h>

#define NO_FILE	 (-1)
#define NO_MAGIC 1 /* for reboot(), which then does nothing */

static const char *dir;

static const char *image(void)
{
	static char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s/image", dir);
	return buf;
}

static int open_image(void)
{
	int fd = open(image(), O_RDONLY);

	if (fd < 0)
		die(image());
	return fd;
}

#define NATIVE(name, nr, ...) \
	static void name(void) \
	{ \
		CALL("", nr, ##__VA_ARGS__); \
	}
#define ENTRY32(name, nr, ...) \
	static void name(void) \
	{ \
		CALL32("", nr, ##__VA_ARGS__); \
	}

/* BPF: a map that can be made, and commands that find nothing. */
static long make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return CALL("", SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void bpf_map(void)
{
	make_map();
}

static int map_child(void *arg)
{
	(void)arg;
	make_map();
	return 0;
}

/* A descriptor that another process shares is there when its maker has died. */
static void bpf_map_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int lowest = open("/dev/null", O_RDONLY);
	pid_t pid;

	close(lowest);
	pid = clone(map_child, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		die("clone");
	truth->got = fcntl(lowest, F_GETFD) >= 0;
}

NATIVE(bpf_load, SYS_bpf, BPF_PROG_LOAD, 0, 0)
NATIVE(bpf_wide, SYS_bpf, BPF_PROG_LOAD | 1L << 32, 0, 0)
NATIVE(bpf_unknown, SYS_bpf, 70000, 0, 0)
NATIVE(bpf_pin, SYS_bpf, BPF_OBJ_PIN, 0, 0)
NATIVE(bpf_get, SYS_bpf, BPF_OBJ_GET, 0, 0)
NATIVE(bpf_link, SYS_bpf, BPF_LINK_CREATE, 0, 0)
NATIVE(bpf_tracepoint, SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, 0, 0)

static void perf(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr) };

	CALL("", SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

NATIVE(user_fault, SYS_userfaultfd, O_CLOEXEC)

/* Modules and kernels. */
NATIVE(module_init, SYS_init_module, 0, 0, 0)
NATIVE(module_bad, SYS_finit_module, NO_FILE, "", 0)

static void module_file(void)
{
	CALL(image(), SYS_finit_module, open_image(), "", 0);
}

static void module_remove(void)
{
	char name[] = "no_such_module_here"; /* on the stack, which is in memory */

	CALL(name, SYS_delete_module, name, 0);
}

NATIVE(kexec, SYS_kexec_load, 0, KEXEC_SEGMENT_MAX + 1, 0, ~0L)

static void kexec_file(void)
{
	CALL(image(), SYS_kexec_file_load, open_image(), NO_FILE, 0, 0, KEXEC_FILE_NO_INITRAMFS);
}

NATIVE(reboot_restart, SYS_reboot, NO_MAGIC, NO_MAGIC, LINUX_REBOOT_CMD_RESTART)
NATIVE(reboot_halt, SYS_reboot, NO_MAGIC, NO_MAGIC, LINUX_REBOOT_CMD_HALT)
NATIVE(reboot_power, SYS_reboot, NO_MAGIC, NO_MAGIC, LINUX_REBOOT_CMD_POWER_OFF)
NATIVE(reboot_kexec, SYS_reboot, NO_MAGIC, NO_MAGIC, LINUX_REBOOT_CMD_KEXEC)
NATIVE(reboot_unknown, SYS_reboot, NO_MAGIC, NO_MAGIC, 0x1234)

/* Settings of the system. */
#ifdef SYS_iopl
NATIVE(port_level, SYS_iopl, 3)
NATIVE(port_permission, SYS_ioperm, 0x80, 1, 1)
NATIVE(port_level_none, SYS_iopl, 0)
NATIVE(port_permission_none, SYS_ioperm, 0x80, 1, 0)
#endif

static void swap_on(void)
{
	CALL(image(), SYS_swapon, image(), ~0L);
}

static void swap_off(void)
{
	CALL(image(), SYS_swapoff, image());
}

/* A directory cannot be written: no accounting begins. */
static void account(void)
{
	CALL(dir, SYS_acct, dir);
}

NATIVE(quota, SYS_quotactl, -1, 0, 0, 0)
NATIVE(log_size, SYS_syslog, 10, 0, 0)
NATIVE(log_open, SYS_syslog, 1, 0, 0)
NATIVE(host_name, SYS_sethostname, "", -1)
NATIVE(domain_name, SYS_setdomainname, "", -1)
NATIVE(fanotify, SYS_fanotify_init, -1, 0)

static void log_read(void)
{
	static char line[4096];

	truth->got = CALL("", SYS_syslog, 3, line, sizeof(line)) > 0;
}

static void time_of_day(void)
{
	struct timeval bad = { .tv_usec = -1 };

	CALL("", SYS_settimeofday, &bad, 0);
}

static void clock_set(void)
{
	struct timespec now = { 0 };

	CALL("", SYS_clock_settime, CLOCK_MONOTONIC, &now);
}

static void adjust(int modes)
{
	struct timex t = { .modes = modes };

	CALL("", SYS_adjtimex, &t);
}

/* A tick that no clock has. */
static void adjust_tick(void)
{
	adjust(ADJ_TICK);
}

static void adjust_ask(void)
{
	adjust(0);
}

static void adjust_ask_offset(void)
{
	adjust(ADJ_OFFSET_SS_READ);
}

static void adjust_clock(void)
{
	struct timex t = { .modes = ADJ_TICK };

	CALL("", SYS_clock_adjtime, CLOCK_REALTIME, &t);
}

#ifdef HAVE_32BIT
ENTRY32(bpf_32, 357, BPF_PROG_LOAD, 0, 0)
ENTRY32(module_init_32, 128, 0, 0, 0)
ENTRY32(kexec_32, 283, 0, KEXEC_SEGMENT_MAX + 1, 0, ~0L)
ENTRY32(reboot_32, 88, NO_MAGIC, NO_MAGIC, (int)LINUX_REBOOT_CMD_HALT)
ENTRY32(host_name_32, 74, 0, -1)
ENTRY32(time_32, 25, 0)
ENTRY32(clock_64_32, 404, CLOCK_MONOTONIC, 0)
#endif

#define BPF    "kernel.bpf"
#define MODULE "kernel.module"
#define KEXEC  "kernel.kexec"
#define REBOOT "kernel.reboot"
#define ADMIN  "kernel.admin"

static const struct way ways[] = {
	{ "bpf-map", BPF, bpf_map },
	{ "bpf-map-shared", BPF, bpf_map_shared },
	{ "bpf-load", BPF, bpf_load },
	{ "bpf-wide", BPF, bpf_wide },
	{ "bpf-unknown", BPF, bpf_unknown },
	{ "bpf-pin", BPF, bpf_pin },
	{ "bpf-get", BPF, bpf_get },
	{ "bpf-link", BPF, bpf_link },
	{ "bpf-tracepoint", BPF, bpf_tracepoint },
	{ "perf", "kernel.perf", perf },
	{ "userfaultfd", "kernel.userfaultfd", user_fault },
	{ "init-module", MODULE, module_init },
	{ "finit-module", MODULE, module_file },
	{ "finit-module-bad", MODULE, module_bad },
	{ "delete-module", MODULE, module_remove },
	{ "kexec-load", KEXEC, kexec },
	{ "kexec-file-load", KEXEC, kexec_file },
	{ "reboot-restart", REBOOT, reboot_restart },
	{ "reboot-halt", REBOOT, reboot_halt },
	{ "reboot-power-off", REBOOT, reboot_power },
	{ "reboot-kexec", REBOOT, reboot_kexec },
	{ "reboot-unknown", REBOOT, reboot_unknown },
#ifdef SYS_iopl
	{ "iopl", ADMIN, port_level },
	{ "ioperm", ADMIN, port_permission },
	{ "harmless-iopl", ADMIN, port_level_none },
	{ "harmless-ioperm", ADMIN, port_permission_none },
#endif
	{ "swapon", ADMIN, swap_on },
	{ "swapoff", ADMIN, swap_off },
	{ "acct", ADMIN, account },
	{ "quotactl", ADMIN, quota },
	{ "syslog-read", ADMIN, log_read },
	{ "sethostname", ADMIN, host_name },
	{ "setdomainname", ADMIN, domain_name },
	{ "settimeofday", ADMIN, time_of_day },
	{ "clock-settime", ADMIN, clock_set },
	{ "adjtimex", ADMIN, adjust_tick },
	{ "clock-adjtime", ADMIN, adjust_clock },
	{ "fanotify", ADMIN, fanotify },
	{ "harmless-syslog-size", ADMIN, log_size },
	{ "harmless-syslog-open", ADMIN, log_open },
	{ "harmless-adjtimex", ADMIN, adjust_ask },
	{ "harmless-adjtimex-offset", ADMIN, adjust_ask_offset },
#ifdef HAVE_32BIT
	{ "bpf-32", BPF, bpf_32 },
	{ "init-module-32", MODULE, module_init_32 },
	{ "kexec-load-32", KEXEC, kexec_32 },
	{ "reboot-32", REBOOT, reboot_32 },
	{ "sethostname-32", ADMIN, host_name_32 },
	{ "stime-32", ADMIN, time_32 },
	{ "clock-settime64-32", ADMIN, clock_64_32 },
#endif
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	dir = argc > 2 ? argv[2] : "/nonexistent";
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
