/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cred_ways WAYS: rights of the process, through the native and the 32-bit entry. To be started by
 * root. Ways that start with "harmless-" ask for no more than the process has.
 */
#include "call.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/securebits.h>
#include <signal.h>
#include <sys/prctl.h>

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON	     1
#endif

#define OTHER 65534 /* nobody, nogroup */

/* A call with an id that is not the process's own; NAME32 and NAME16: through the 32-bit entry. */
#define NATIVE(name, nr, ...) \
	static void name(void) \
	{ \
		CALL("", nr, __VA_ARGS__); \
	}
#define ENTRY32(name, nr, ...) \
	static void name(void) \
	{ \
		CALL32("", nr, __VA_ARGS__); \
	}

NATIVE(set_uid, SYS_setuid, OTHER)
NATIVE(set_reuid, SYS_setreuid, -1, OTHER)
NATIVE(set_resuid, SYS_setresuid, -1, OTHER, -1)
NATIVE(set_fsuid, SYS_setfsuid, OTHER)
NATIVE(set_gid, SYS_setgid, OTHER)
NATIVE(set_regid, SYS_setregid, -1, OTHER)
NATIVE(set_resgid, SYS_setresgid, -1, OTHER, -1)
NATIVE(set_fsgid, SYS_setfsgid, OTHER)
/* The kernel takes 32 bits of an id and ignores the rest. */
NATIVE(set_uid_wide, SYS_setuid, OTHER | 1L << 32)

#ifdef HAVE_32BIT
ENTRY32(set_uid_32, 213, OTHER)
ENTRY32(set_reuid_32, 203, -1, OTHER)
ENTRY32(set_resuid_32, 208, -1, OTHER, -1)
ENTRY32(set_fsuid_32, 215, OTHER)
ENTRY32(set_gid_32, 214, OTHER)
ENTRY32(set_regid_32, 204, -1, OTHER)
ENTRY32(set_resgid_32, 210, -1, OTHER, -1)
ENTRY32(set_fsgid_32, 216, OTHER)
ENTRY32(set_uid_16, 23, OTHER)
ENTRY32(set_reuid_16, 70, 0xffff, OTHER)
ENTRY32(set_resuid_16, 164, 0xffff, OTHER, 0xffff)
ENTRY32(set_fsuid_16, 138, OTHER)
ENTRY32(set_gid_16, 46, OTHER)
ENTRY32(set_regid_16, 71, 0xffff, OTHER)
ENTRY32(set_resgid_16, 170, 0xffff, OTHER, 0xffff)
ENTRY32(set_fsgid_16, 139, OTHER)
ENTRY32(same_uid_32, 213, getuid())
ENTRY32(same_resgid_32, 210, -1, getgid(), -1)
ENTRY32(same_uid_16, 70, 0xffff, 0xffff)
ENTRY32(same_fsgid_16, 139, 0xffff)

static void set_groups_32(void)
{
	gid_t other = OTHER;

	CALL32("", 206, 1, low(&other, sizeof(other)));
}

static void set_groups_16(void)
{
	unsigned short other = OTHER;

	CALL32("", 81, 1, low(&other, sizeof(other)));
}

static void prctl_32(void)
{
	CALL32("", 172, PR_SET_DUMPABLE, 0);
}
#endif

static void set_groups(void)
{
	gid_t other = OTHER;

	CALL("", SYS_setgroups, 1, &other);
}

NATIVE(same_uid, SYS_setuid, getuid())
NATIVE(same_resuid, SYS_setresuid, getuid(), geteuid(), -1)
NATIVE(same_reuid, SYS_setreuid, -1, -1)
NATIVE(same_gid, SYS_setgid, getgid())
NATIVE(ask_fsuid, SYS_setfsuid, -1)

static void same_groups(void)
{
	gid_t list[64];
	int n = getgroups(64, list);

	CALL("", SYS_setgroups, n, list);
}

/* Root that has stepped down for a while and steps up again. */
static void root_again(void)
{
	if (syscall(SYS_setresuid, -1, OTHER, 0) < 0)
		die("setresuid");
	CALL("", SYS_setresuid, -1, 0, -1);
}

static void root_group(void)
{
	gid_t root = 0;

	if (syscall(SYS_setresgid, OTHER, OTHER, OTHER) < 0)
		die("setresgid");
	CALL("", SYS_setgroups, 1, &root);
}

/* In a user namespace ids have other numbers: there 5 is the root outside. */
static void in_namespace(void (*fn)(void))
{
	int fd;

	if (unshare(CLONE_NEWUSER) < 0)
		die("unshare");
	fd = open("/proc/self/uid_map", O_WRONLY);
	if (fd < 0 || write(fd, "5 0 1", 5) != 5)
		die("uid_map");
	fn();
}

NATIVE(set_5, SYS_setresuid, 5, 5, 5)
NATIVE(set_0, SYS_setresuid, 0, 0, 0)

static void same_in_namespace(void)
{
	in_namespace(set_5);
}

/* 0 is nobody there: the call fails, but it asks for what the process is not. */
static void root_in_namespace(void)
{
	in_namespace(set_0);
}

/* Capabilities. */
static void caps_now(struct __user_cap_data_struct d[2])
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	if (syscall(SYS_capget, &h, d))
		die("capget");
}

static void set_caps(const struct __user_cap_data_struct d[2])
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	CALL("", SYS_capset, &h, d);
}

static void caps_inheritable(void)
{
	struct __user_cap_data_struct d[2];

	caps_now(d);
	d[0].inheritable |= 1U << CAP_CHOWN;
	set_caps(d);
}

static void caps_high(void)
{
	struct __user_cap_data_struct d[2];

	caps_now(d);
	d[1].inheritable |= 1U << (CAP_SYSLOG - 32);
	set_caps(d);
}

static void caps_drop(void)
{
	struct __user_cap_data_struct d[2];

	caps_now(d);
	d[0].effective &= ~(1U << CAP_SYS_BOOT);
	set_caps(d);
}

static void caps_effective(void)
{
	struct __user_cap_data_struct d[2];
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	caps_now(d);
	d[0].effective &= ~(1U << CAP_SYS_BOOT);
	if (syscall(SYS_capset, &h, d))
		die("capset");
	d[0].effective |= 1U << CAP_SYS_BOOT;
	set_caps(d);
}

static void caps_same(void)
{
	struct __user_cap_data_struct d[2];

	caps_now(d);
	set_caps(d);
}

/* The oldest form has one half only: nothing behind it may be looked at. */
static void caps_old(unsigned int more)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_1, 0 };
	struct __user_cap_data_struct d[2], *end;
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || munmap(pages + 4096, 4096) < 0)
		die("mmap");
	caps_now(d);
	d[0].inheritable |= more;
	end = (void *)(pages + 4096 - sizeof(*end));
	*end = d[0];
	CALL("", SYS_capset, &h, end);
}

static void caps_old_more(void)
{
	caps_old(1U << CAP_CHOWN);
}

static void caps_old_same(void)
{
	caps_old(0);
}

static void caps_unreadable(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };

	CALL("", SYS_capset, &h, 16);
}

/* Keys. */
NATIVE(key_join, SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0)
NATIVE(key_read, SYS_keyctl, KEYCTL_READ, KEY_SPEC_SESSION_KEYRING, 0, 0)
NATIVE(key_wide, SYS_keyctl, KEYCTL_READ | 1L << 32, KEY_SPEC_SESSION_KEYRING, 0, 0)
NATIVE(key_add, SYS_add_key, "user", "loadward-test", "x", 1, KEY_SPEC_PROCESS_KEYRING)
NATIVE(key_request, SYS_request_key, "user", "loadward-no-such-key", 0, 0)
NATIVE(key_id, SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0)

/* What the process is to others. */
static char dispatch_selector; /* 0: system calls go on */

NATIVE(dumpable, SYS_prctl, PR_SET_DUMPABLE, 0)
NATIVE(dumpable_wide, SYS_prctl, PR_SET_DUMPABLE | 1L << 32, 0)
NATIVE(keepcaps, SYS_prctl, PR_SET_KEEPCAPS, 1)
NATIVE(securebits, SYS_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT)
NATIVE(mm, SYS_prctl, PR_SET_MM, PR_SET_MM_ARG_START, 1)
NATIVE(ambient, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN)
NATIVE(dispatch, SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0,
       &dispatch_selector)
NATIVE(ptracer, SYS_prctl, PR_SET_PTRACER, PR_SET_PTRACER_ANY)
NATIVE(name, SYS_prctl, PR_SET_NAME, "worker")
NATIVE(dumpable_same, SYS_prctl, PR_SET_DUMPABLE, prctl(PR_GET_DUMPABLE))
NATIVE(securebits_same, SYS_prctl, PR_SET_SECUREBITS, prctl(PR_GET_SECUREBITS))
NATIVE(keepcaps_none, SYS_prctl, PR_SET_KEEPCAPS, 0)
NATIVE(ambient_ask, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN)
NATIVE(ambient_clear, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
NATIVE(ptracer_none, SYS_prctl, PR_SET_PTRACER, 0)

static int dumpable_child(void *arg)
{
	(void)arg;
	dumpable();
	return 0;
}

/* The memory that is changed belongs to a process that lives on too. */
static void mm_shared(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(dumpable_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);

	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		die("clone");
	truth->got = prctl(PR_GET_DUMPABLE) == 0;
}

#define SETID	"credential.setid"
#define CAPSET	"credential.capset"
#define KEYRING "credential.keyring"
#define PRCTL	"process.prctl"

static const struct way ways[] = {
	{ "setuid", SETID, set_uid },
	{ "setreuid", SETID, set_reuid },
	{ "setresuid", SETID, set_resuid },
	{ "setfsuid", SETID, set_fsuid },
	{ "setgid", SETID, set_gid },
	{ "setregid", SETID, set_regid },
	{ "setresgid", SETID, set_resgid },
	{ "setfsgid", SETID, set_fsgid },
	{ "setgroups", SETID, set_groups },
	{ "setuid-wide", SETID, set_uid_wide },
	{ "root-in-namespace", SETID, root_in_namespace },
	{ "harmless-setuid", SETID, same_uid },
	{ "harmless-setresuid", SETID, same_resuid },
	{ "harmless-setreuid", SETID, same_reuid },
	{ "harmless-setgid", SETID, same_gid },
	{ "harmless-setfsuid", SETID, ask_fsuid },
	{ "harmless-setgroups", SETID, same_groups },
	{ "harmless-in-namespace", SETID, same_in_namespace },
#ifdef HAVE_32BIT
	{ "setuid-32", SETID, set_uid_32 },
	{ "setreuid-32", SETID, set_reuid_32 },
	{ "setresuid-32", SETID, set_resuid_32 },
	{ "setfsuid-32", SETID, set_fsuid_32 },
	{ "setgid-32", SETID, set_gid_32 },
	{ "setregid-32", SETID, set_regid_32 },
	{ "setresgid-32", SETID, set_resgid_32 },
	{ "setfsgid-32", SETID, set_fsgid_32 },
	{ "setgroups-32", SETID, set_groups_32 },
	{ "setuid-16", SETID, set_uid_16 },
	{ "setreuid-16", SETID, set_reuid_16 },
	{ "setresuid-16", SETID, set_resuid_16 },
	{ "setfsuid-16", SETID, set_fsuid_16 },
	{ "setgid-16", SETID, set_gid_16 },
	{ "setregid-16", SETID, set_regid_16 },
	{ "setresgid-16", SETID, set_resgid_16 },
	{ "setfsgid-16", SETID, set_fsgid_16 },
	{ "setgroups-16", SETID, set_groups_16 },
	{ "harmless-setuid-32", SETID, same_uid_32 },
	{ "harmless-setresgid-32", SETID, same_resgid_32 },
	{ "harmless-setreuid-16", SETID, same_uid_16 },
	{ "harmless-setfsgid-16", SETID, same_fsgid_16 },
#endif
	/* Their preparation is of the same kind: for rules on the operation `root`. */
	{ "root-again", "root", root_again },
	{ "root-group", "root", root_group },
	{ "capset-inheritable", CAPSET, caps_inheritable },
	{ "capset-high", CAPSET, caps_high },
	{ "capset-effective", CAPSET, caps_effective },
	{ "capset-old", CAPSET, caps_old_more },
	{ "capset-unreadable", CAPSET, caps_unreadable },
	{ "harmless-capset-drop", CAPSET, caps_drop },
	{ "harmless-capset-same", CAPSET, caps_same },
	{ "harmless-capset-old", CAPSET, caps_old_same },
	{ "keyctl-join", KEYRING, key_join },
	{ "keyctl-read", KEYRING, key_read },
	{ "keyctl-wide", KEYRING, key_wide },
	{ "add-key", KEYRING, key_add },
	{ "request-key", KEYRING, key_request },
	{ "harmless-keyctl-id", KEYRING, key_id },
	{ "prctl-dumpable", PRCTL, dumpable },
	{ "prctl-wide", PRCTL, dumpable_wide },
	{ "prctl-keepcaps", PRCTL, keepcaps },
	{ "prctl-securebits", PRCTL, securebits },
	{ "prctl-mm", PRCTL, mm },
	{ "prctl-mm-shared", PRCTL, mm_shared },
	{ "prctl-ambient", PRCTL, ambient },
	{ "prctl-dispatch", PRCTL, dispatch },
	{ "prctl-ptracer", PRCTL, ptracer },
#ifdef HAVE_32BIT
	{ "prctl-32", PRCTL, prctl_32 },
#endif
	{ "harmless-prctl-name", PRCTL, name },
	{ "harmless-prctl-dumpable", PRCTL, dumpable_same },
	{ "harmless-prctl-securebits", PRCTL, securebits_same },
	{ "harmless-prctl-keepcaps", PRCTL, keepcaps_none },
	{ "harmless-prctl-ambient", PRCTL, ambient_ask },
	{ "harmless-prctl-ambient-clear", PRCTL, ambient_clear },
	{ "harmless-prctl-ptracer", PRCTL, ptracer_none },
};

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
