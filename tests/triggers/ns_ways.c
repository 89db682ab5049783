/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ns_ways WAYS CGROUP [VICTIM]: namespaces and cgroups. CGROUP is an empty cgroup of the v2
 * hierarchy, VICTIM a process that may be moved there. To be started by root. "got" says that the
 * effect is there once all processes of the way have ended.
 */
#include "call.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define NO_FILE (-1)

#define CREATE "namespace.create"
#define ENTERS "namespace.enter"
#define MOVES  "cgroup.move"

static const char *group;
static pid_t victim;

/* Made by unshare(). */
#define UNSHARE(name, flags) \
	static void name(void) \
	{ \
		CALL("", SYS_unshare, flags); \
	}
UNSHARE(unshare_mount, CLONE_NEWNS)
UNSHARE(unshare_cgroup, CLONE_NEWCGROUP)
UNSHARE(unshare_uts, CLONE_NEWUTS)
UNSHARE(unshare_ipc, CLONE_NEWIPC)
UNSHARE(unshare_user, CLONE_NEWUSER)
UNSHARE(unshare_pid, CLONE_NEWPID)
UNSHARE(unshare_net, CLONE_NEWNET)
UNSHARE(unshare_time, CLONE_NEWTIME)
UNSHARE(unshare_many, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_FILES)
UNSHARE(unshare_files, CLONE_FILES | CLONE_FS)

/* Made by clone(): the child says that it has run. */
static void child_of(long pid)
{
	if (after(pid) == 0) {
		truth->got = 1;
		_exit(0);
	}
}

static void clone_with(long flags)
{
	before("");
	child_of(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

static void clone3_with(struct clone_args a)
{
	a.exit_signal = SIGCHLD;
	before("");
	child_of(syscall(SYS_clone3, &a, sizeof(a)));
}

static void clone_uts(void)
{
	clone_with(CLONE_NEWUTS);
}

static void clone_mount(void)
{
	clone_with(CLONE_NEWNS | CLONE_NEWIPC);
}

static void clone_pid(void)
{
	clone_with(CLONE_NEWPID);
}

static void clone_vfork(void)
{
	clone_with(CLONE_NEWNET | CLONE_VFORK);
}

static void clone3_user(void)
{
	clone3_with((struct clone_args){ .flags = CLONE_NEWUSER | CLONE_NEWNET });
}

static void clone3_time(void)
{
	clone3_with((struct clone_args){ .flags = CLONE_NEWTIME });
}

/* A child in the cgroup, without anybody having been moved. */
static void clone3_cgroup(void)
{
	int fd = open(group, O_PATH | O_DIRECTORY);

	if (fd < 0)
		die(group);
	clone3_with((struct clone_args){ .flags = CLONE_INTO_CGROUP, .cgroup = fd });
}

static void clone_plain(void)
{
	clone_with(0);
}

static void clone3_plain(void)
{
	clone3_with((struct clone_args){ 0 });
}

/* Entered. */
static int ns_file(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		die(path);
	return fd;
}

#define ENTER(name, file, type) \
	static void name(void) \
	{ \
		CALL("", SYS_setns, ns_file(file), type); \
	}
ENTER(setns_mount, "mnt", 0)
ENTER(setns_cgroup, "cgroup", 0)
ENTER(setns_uts, "uts", 0)
ENTER(setns_ipc, "ipc", 0)
ENTER(setns_user, "user", 0)
ENTER(setns_pid, "pid", 0)
ENTER(setns_net, "net", 0)
ENTER(setns_typed, "uts", CLONE_NEWUTS)

static void setns_pidfd(void)
{
	CALL("", SYS_setns, syscall(SYS_pidfd_open, getppid(), 0), CLONE_NEWUTS | CLONE_NEWNET);
}

/* Not a namespace at all: nobody can say which it would have been. */
static void setns_unknown(void)
{
	CALL("", SYS_setns, NO_FILE, 0);
}

/* Cgroups. */
static void move_to(const char *name, const char *who)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		die(path);
	before(path);
	after(write(fd, who, strlen(who)));
}

static void move_self(void)
{
	move_to("cgroup.procs", "0");
}

static void move_parent(void)
{
	char nr[16];

	snprintf(nr, sizeof(nr), "%d", getppid());
	move_to("cgroup.procs", nr);
}

static void move_victim(void)
{
	char nr[16];

	snprintf(nr, sizeof(nr), "%d", victim);
	move_to("cgroup.procs", nr);
}

#ifdef HAVE_32BIT
static void unshare_32(void)
{
	CALL32("", 310, CLONE_NEWUTS);
}

static void clone_32(void)
{
	before("");
	CALL32("", 120, CLONE_NEWUTS | SIGCHLD);
	child_of(truth->ret);
}

static void setns_32(void)
{
	CALL32("", 346, ns_file("uts"), 0);
}

#endif

static int in_group(pid_t pid)
{
	char path[PATH_MAX], line[32];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	f = fopen(path, "re");
	if (!f)
		die(path);
	while (fgets(line, sizeof(line), f))
		found |= atoi(line) == pid;
	fclose(f);
	return found;
}

static void settled(const struct way *way)
{
	if (!strcmp(way->name, "move-parent"))
		truth->got = in_group(getpid());
	if (!strcmp(way->name, "move-other"))
		truth->got = in_group(victim);
}

static const struct way ways[] = {
	{ "unshare-mount", CREATE, unshare_mount },
	{ "unshare-cgroup", CREATE, unshare_cgroup },
	{ "unshare-uts", CREATE, unshare_uts },
	{ "unshare-ipc", CREATE, unshare_ipc },
	{ "unshare-user", CREATE, unshare_user },
	{ "unshare-pid", CREATE, unshare_pid },
	{ "unshare-net", CREATE, unshare_net },
	{ "unshare-time", CREATE, unshare_time },
	{ "unshare-many", CREATE, unshare_many },
	{ "clone-uts", CREATE, clone_uts },
	{ "clone-mount", CREATE, clone_mount },
	{ "clone-pid", CREATE, clone_pid },
	{ "clone-vfork", CREATE, clone_vfork },
	{ "clone3-user", CREATE, clone3_user },
	{ "clone3-time", CREATE, clone3_time },
	{ "harmless-unshare-files", CREATE, unshare_files },
	{ "harmless-clone", CREATE, clone_plain },
	{ "harmless-clone3", CREATE, clone3_plain },
	{ "setns-mount", ENTERS, setns_mount },
	{ "setns-cgroup", ENTERS, setns_cgroup },
	{ "setns-uts", ENTERS, setns_uts },
	{ "setns-ipc", ENTERS, setns_ipc },
	{ "setns-user", ENTERS, setns_user },
	{ "setns-pid", ENTERS, setns_pid },
	{ "setns-net", ENTERS, setns_net },
	{ "setns-typed", ENTERS, setns_typed },
	{ "setns-pidfd", ENTERS, setns_pidfd },
	{ "setns-unknown", ENTERS, setns_unknown },
	{ "move-self", MOVES, move_self },
	{ "move-other", MOVES, move_victim },
	{ "clone3-cgroup", MOVES, clone3_cgroup },
	{ "move-parent", MOVES, move_parent }, /* the last: it leaves all others there */
#ifdef HAVE_32BIT
	{ "unshare-32", CREATE, unshare_32 },
	{ "clone-32", CREATE, clone_32 },
	{ "setns-32", ENTERS, setns_32 },
#endif
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc < 3) {
		fprintf(stderr, "usage: ns_ways all|list|WAY[,WAY...] CGROUP [VICTIM]\n");
		return 2;
	}
	group = argv[2];
	victim = argc > 3 ? atoi(argv[3]) : 0;
	settle = settled;
	/* Children whose parent was killed are waited for. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("subreaper");
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
