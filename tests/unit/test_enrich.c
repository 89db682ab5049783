// SPDX-License-Identifier: Apache-2.0
/* enrich/: process table, procfs, containers, loaders, host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "enrich/container.h"
#include "enrich/host.h"
#include "enrich/loader.h"
#include "enrich/proc.h"
#include "enrich/procfs.h"
#include "python_frames.h"
#include "records.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct test_event t;

static void expect_container(const char *text, const char *id, const char *runtime)
{
	struct lw_container c = lw_container_parse(text, strlen(text));

	if (!id) {
		assert_int_equal(c.state, LW_CONTAINER_NONE);
		return;
	}
	assert_int_equal(c.state, LW_CONTAINER_FOUND);
	assert_string_equal(c.id, id);
	if (runtime)
		assert_string_equal(c.runtime, runtime);
	else
		assert_null(c.runtime);
}

static void container_forms(void **state)
{
	(void)state;
	expect_container("0::/docker/" ID "\n", ID, "docker");
	expect_container("/system.slice/docker-" ID ".scope", ID, "docker");
	expect_container(
		"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/"
		"cri-containerd-" ID ".scope\n",
		ID, "containerd");
	expect_container("0::/kubepods/burstable/pod12ab-cd/" ID "\n", ID, NULL);
	expect_container("/system.slice/containerd.service/kubepods-burstable-pod1.slice:"
			 "cri-containerd:" ID,
			 ID, "containerd");
	expect_container("/kubepods.slice/kubepods-pod1.slice/crio-" ID ".scope/container", ID,
			 "cri-o");
	expect_container("/machine.slice/libpod-" ID ".scope/container", ID, "podman");
	expect_container("/libpod_parent/libpod-" ID, ID, "podman");
	expect_container("/user.slice/nerdctl-" ID ".scope", ID, "containerd");
	/* The innermost one; another line than the first; relative to a cgroup namespace. */
	expect_container("/docker/" ID2 "/docker/" ID "/init.scope", ID, "docker");
	expect_container("9:name=systemd:/\n8:pids:/docker/" ID "\n0::/\n", ID, "docker");
	expect_container("0::/../../docker/" ID, ID, "docker");
}

static void no_container(void **state)
{
	char nul[] = "/docker/\0" ID;
	struct lw_container c;

	(void)state;
	expect_container("", NULL, NULL);
	expect_container("0::/\n", NULL, NULL);
	expect_container("/user.slice/user-0.slice/session-1.scope", NULL, NULL);
	expect_container("/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL);
	expect_container("/kubepods.slice/crio-conmon-" ID ".scope", NULL, NULL);
	expect_container("/docker/0123456789abcdef0123456789abcdef", NULL, NULL);
	expect_container("/docker/" ID "0", NULL, NULL);
	expect_container("/x" ID, NULL, NULL);
	expect_container("////", NULL, NULL);
	expect_container(".scope", NULL, NULL);
	c = lw_container_parse(nul, sizeof(nul) - 1);
	assert_int_equal(c.state, LW_CONTAINER_NONE);
}

static char *fake_proc(unsigned int pid, const char *stat, const char *cmdline, size_t len,
		       const char *exe, const char *cgroup)
{
	char *root = strdup("/tmp/loadward-test-proc-XXXXXX"), path[128];
	FILE *f;

	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/%u", root, pid);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%u/stat", root, pid);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(stat, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%u/cmdline", root, pid);
	f = fopen(path, "we");
	assert_non_null(f);
	fwrite(cmdline, 1, len, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%u/cgroup", root, pid);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(cgroup, f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/%u/exe", root, pid);
	assert_int_equal(symlink(exe, path), 0);
	return root;
}

static void remove_proc(char *root, unsigned int pid)
{
	static const char *const files[] = { "stat", "cmdline", "cgroup", "exe", "" };
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%u/%s", root, pid, files[i]);
		remove(path);
	}
	rmdir(root);
	free(root);
}

/* Start 12345 ticks of 10 ms after boot; a name that imitates the fields behind it. */
#define STAT  "77 (a) R 1 1) S 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 0 12345 23\n"
#define START 123450000001ULL

static void procfs(void **state)
{
	char *root = fake_proc(77, STAT, "a\0b c\0", 6, "/opt/x y", "0::/docker/" ID "\n");
	struct lw_procfs *pf = malloc(sizeof(*pf));

	(void)state;
	assert_int_equal(lw_procfs_read(root, 77, START, pf), 0);
	assert_int_equal(pf->ppid, 5);
	assert_int_equal(pf->exe_len, 8);
	assert_memory_equal(pf->exe, "/opt/x y", 8);
	assert_int_equal(pf->args_len, 6);
	assert_memory_equal(pf->args, "a\0b c\0", 6);
	assert_int_equal(lw_procfs_read(root, 77, START + 10000000, pf), -ESRCH);
	assert_int_equal(lw_procfs_read(root, 78, START, pf), -ESRCH);
	remove_proc(root, 77);
	root = fake_proc(77, "garbage", "", 0, "/x", "");
	assert_int_equal(lw_procfs_read(root, 77, START, pf), -EBADMSG);
	remove_proc(root, 77);
	free(pf);
}

static void own_process_is_found(void **state)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	struct lw_procfs *pf = malloc(sizeof(*pf));
	unsigned long long ticks = 0;
	FILE *f = fopen("/proc/self/stat", "re");

	(void)state;
	assert_int_equal(fscanf(f,
				"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d "
				"%*d %*d %*d %*d %*d %*d %llu",
				&ticks),
			 1);
	fclose(f);
	assert_int_equal(
		lw_procfs_read("/proc", getpid(), ticks * 1000000000 / sysconf(_SC_CLK_TCK), pf),
		0);
	assert_int_equal(pf->exe_len, n);
	assert_memory_equal(pf->exe, exe, n);
	assert_int_equal(pf->ppid, getppid());
	free(pf);
}

static struct lw_ev *event(enum lw_kind kind, uint32_t pid, uint64_t start)
{
	struct lw_ev *ev = test_event(&t, kind);

	ev->pid = ev->tid = pid;
	ev->start = start;
	ev->ppid = 1;
	ev->pstart = 1;
	return ev;
}

/* Enough others end for those that have ended before to be forgotten. */
static void end_others(struct lw_procs *procs)
{
	for (uint32_t i = 0; i < LW_PROCS_ENDED; i++) {
		lw_procs_apply(procs, event(LW_FILE_OPEN, 5000 + i, 7));
		event(LW_PROCESS_EXIT, 5000 + i, 7)->flags = LW_EVF_GROUP_DEAD;
		lw_procs_exit(procs, (struct lw_ev *)t.bytes);
	}
}

static void expect_exe(const struct lw_prog *prog, const char *exe)
{
	assert_non_null(prog);
	assert_int_equal(lw_prog_exe(prog).len, strlen(exe));
	assert_memory_equal(lw_prog_exe(prog).s, exe, strlen(exe));
}

static struct lw_proc *do_exec(struct lw_procs *procs, uint32_t pid, uint64_t start, uint64_t ts,
			       const char *exe)
{
	struct lw_ev *ev = event(LW_PROCESS_EXEC, pid, start);

	ev->ts = ts;
	test_str(ev, LW_STR_PATH, exe);
	test_str_n(ev, LW_STR_ARGS, "a\0b", 4);
	return lw_procs_apply(procs, ev);
}

static struct lw_proc *do_fork(struct lw_procs *procs, uint32_t pid, uint64_t start, uint32_t child)
{
	struct lw_ev *ev = event(LW_PROCESS_FORK, pid, start);

	ev->proc.child = child;
	ev->proc.child_start = start + 1;
	lw_procs_apply(procs, ev);
	return lw_procs_get(procs, child, start + 1);
}

static void fork_exec_exit(void **state)
{
	struct lw_procs_stats st;
	struct lw_procs *procs;
	struct lw_proc *p;
	struct lw_ev *ev;

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, "/nowhere", &procs), 0);
	p = do_exec(procs, 10, 100, 1000, "/bin/one");
	expect_exe(p->prog, "/bin/one");
	p = do_fork(procs, 10, 100, 11);
	expect_exe(p->prog, "/bin/one");
	expect_exe(p->parent, "/bin/one");
	assert_int_equal(p->ppid, 10);
	assert_int_equal(p->pstart, 100);
	p = do_exec(procs, 11, 101, 2000, "/bin/two");
	expect_exe(p->prog, "/bin/two");
	expect_exe(p->previous, "/bin/one");
	expect_exe(p->parent, "/bin/one");
	/* An event of before the exec that is read after it, from the other ring. */
	expect_exe(lw_proc_prog_at(p, 1999), "/bin/one");
	expect_exe(lw_proc_prog_at(p, 2000), "/bin/two");
	/* A failed exec changes nothing. */
	ev = event(LW_PROCESS_EXEC, 11, 101);
	ev->error = -ENOENT;
	test_str(ev, LW_STR_PATH, "/bin/three");
	expect_exe(lw_procs_apply(procs, ev)->prog, "/bin/two");
	/* One thread's exit is not the process's. */
	ev = event(LW_PROCESS_EXIT, 11, 101);
	lw_procs_exit(procs, ev);
	assert_non_null(lw_procs_get(procs, 11, 101));
	ev->flags = LW_EVF_GROUP_DEAD;
	lw_procs_exit(procs, ev);
	/* A violation of it may be read later, from the other ring. */
	assert_non_null(lw_procs_get(procs, 11, 101));
	end_others(procs);
	assert_null(lw_procs_get(procs, 11, 101));
	/* The same number later is another process. */
	p = lw_procs_apply(procs, event(LW_FILE_OPEN, 11, 999));
	assert_null(p->prog);
	lw_procs_stats(procs, &st);
	assert_int_equal(st.evicted, 0);
	lw_procs_free(procs);
}

static void threads_are_not_processes(void **state)
{
	struct lw_procs *procs;
	struct lw_ev *ev;

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, "/nowhere", &procs), 0);
	do_exec(procs, 10, 100, 1, "/bin/one");
	ev = event(LW_PROCESS_FORK, 10, 100);
	ev->proc.child = 10;
	ev->proc.child_tid = 12;
	ev->proc.child_start = 100;
	ev->proc.clone_thread = 1;
	expect_exe(lw_procs_apply(procs, ev)->prog, "/bin/one");
	assert_null(lw_procs_get(procs, 12, 100));
	lw_procs_free(procs);
}

static void violation_brings_its_program(void **state)
{
	struct lw_procs *procs;
	struct lw_ev *ev = event(LW_FILE_OPEN, 10, 100);

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, "/nowhere", &procs), 0);
	ev->flags = LW_EVF_VIOLATION;
	test_str(ev, LW_STR_EXE, "/bin/own");
	expect_exe(lw_procs_apply(procs, ev)->prog, "/bin/own");
	lw_procs_free(procs);
}

static void seeded_from_procfs(void **state)
{
	char *root = fake_proc(77, STAT, "prog\0arg\0", 9, "/opt/prog", "0::/docker/" ID "\n");
	struct lw_procs *procs;
	struct lw_proc *p;
	struct lw_ev *ev;

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, root, &procs), 0);
	/* The parent is looked up as well; this child itself is in no procfs. */
	ev = event(LW_FILE_OPEN, 88, 5);
	ev->ppid = 77;
	ev->pstart = START;
	p = lw_procs_apply(procs, ev);
	assert_null(p->prog);
	expect_exe(p->parent, "/opt/prog");
	assert_int_equal(p->container.state, LW_CONTAINER_UNKNOWN);
	p = lw_procs_apply(procs, event(LW_FILE_OPEN, 77, START));
	expect_exe(p->prog, "/opt/prog");
	assert_int_equal(lw_prog_args(p->prog).len, 9);
	lw_procs_free(procs);
	/* Entered by an event of its own, the container is known too. */
	assert_int_equal(lw_procs_new(100, 1 << 20, root, &procs), 0);
	p = lw_procs_apply(procs, event(LW_FILE_OPEN, 77, START));
	assert_int_equal(p->container.state, LW_CONTAINER_FOUND);
	assert_string_equal(p->container.id, ID);
	lw_procs_free(procs);
	remove_proc(root, 77);
}

/* procfs was read after an exec whose event comes only now: it told of the new program. */
static void seeded_after_the_exec(void **state)
{
	char *root = fake_proc(77, STAT, "new\0", 4, "/opt/new", "0::/docker/" ID "\n");
	struct lw_procs *procs;
	struct lw_proc *p;

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, root, &procs), 0);
	expect_exe(lw_procs_apply(procs, event(LW_FILE_OPEN, 77, START))->prog, "/opt/new");
	p = do_exec(procs, 77, START, 6000000000, "/opt/new");
	expect_exe(p->prog, "/opt/new");
	assert_null(p->previous);
	/* Later execs do have one; a container that cannot be asked for any more is kept. */
	remove_proc(root, 77);
	p = do_exec(procs, 77, START, UINT64_MAX / 2, "/opt/third");
	expect_exe(p->previous, "/opt/new");
	assert_string_equal(p->container.id, ID);
	lw_procs_free(procs);
}

static void table_is_bounded(void **state)
{
	struct lw_procs_stats st;
	struct lw_procs *procs;

	(void)state;
	assert_int_equal(lw_procs_new(64, 1 << 20, "/nowhere", &procs), 0);
	do_exec(procs, 10, 100, 1, "/bin/one");
	for (uint32_t i = 0; i < 10000; i++)
		assert_non_null(do_fork(procs, 10, 100, 1000 + i));
	lw_procs_stats(procs, &st);
	assert_int_equal(st.entries, 64);
	assert_int_equal(st.evicted, 10002 - 64); /* and the parent of the first */
	/* The one that is used is not the one that goes. */
	assert_non_null(lw_procs_get(procs, 10, 100));
	lw_procs_free(procs);
	/* Even where nothing fits. */
	assert_int_equal(lw_procs_new(1, 1, "/nowhere", &procs), 0);
	for (uint32_t i = 0; i < 100; i++) {
		do_exec(procs, 10 + i, 100, 1, "/bin/one");
		do_fork(procs, 10 + i, 100, 1000 + i);
	}
	lw_procs_stats(procs, &st);
	assert_int_equal(st.entries, 1);
	lw_procs_free(procs);
}

static void bytes_are_bounded(void **state)
{
	char exe[LW_PATH_BUF + 1];
	struct lw_procs_stats st;
	struct lw_procs *procs;

	(void)state;
	memset(exe, 'x', sizeof(exe));
	exe[LW_PATH_BUF] = '\0';
	assert_int_equal(lw_procs_new(100000, 1 << 20, "/nowhere", &procs), 0);
	for (uint32_t i = 0; i < 1000; i++)
		expect_exe(do_exec(procs, 10 + i, 100, 1, exe)->prog, exe);
	lw_procs_stats(procs, &st);
	assert_true(st.bytes <= 1 << 20);
	assert_true(st.evicted > 800);
	/* The same process over and over holds two programs, not a thousand. */
	for (uint32_t i = 0; i < 1000; i++)
		do_exec(procs, 5, 100, i, "/bin/one");
	lw_procs_stats(procs, &st);
	assert_true(st.bytes <= 1 << 20);
	lw_procs_free(procs);
}

static struct lw_stacks *stacks_of(unsigned int n)
{
	struct lw_stacks *stacks;
	struct test_frame frame;

	assert_int_equal(lw_stacks_new(1 << 20, &stacks), 0);
	for (unsigned int nr = 0; nr < n; nr++) {
		struct lw_py_frame *f =
			test_frame(&frame, 1, nr, "/m/transformers_modules/acme/x/modeling_x.py",
				   "X.forward.<locals>.run", 8);

		assert_int_equal(lw_stacks_add(stacks, f, f->size, 0), 0);
	}
	return stacks;
}

/* An exec whose stack was looked for, with the result @state. */
static struct lw_proc *do_exec_from(struct lw_procs *procs, uint32_t pid, uint64_t start,
				    enum lw_py_state state, const struct lw_stack *stack)
{
	struct lw_proc *p = do_exec(procs, pid, start, 1, "/bin/sh");
	struct lw_ev *ev = (struct lw_ev *)t.bytes;

	ev->py_state = state;
	lw_procs_origin(procs, p, ev, stack);
	return lw_procs_get(procs, pid, start);
}

/* python -> (os.system) sh -> cat: what Python has executed keeps the stack of that exec. */
static void origins(void **state)
{
	struct lw_stacks *stacks = stacks_of(2);
	const struct lw_stack *stack = lw_stacks_find(stacks, 1);
	struct lw_procs_stats before, after;
	struct lw_procs *procs;
	struct lw_proc *p;

	(void)state;
	assert_int_equal(lw_procs_new(100, 1 << 20, "/nowhere", &procs), 0);
	p = do_exec_from(procs, 10, 100, LW_PY_NO_PYTHON, NULL);
	assert_null(p->origin);
	assert_null(do_fork(procs, 10, 100, 11)->origin);
	lw_procs_stats(procs, &before);
	p = do_exec_from(procs, 11, 101, LW_PY_STACK, stack);
	lw_stacks_free(stacks);
	assert_int_equal(p->origin->pid, 11);
	assert_int_equal(p->origin->start, 101);
	assert_int_equal(p->origin->stack->n, 2);
	assert_false(p->origin->cut);
	p = do_fork(procs, 11, 101, 12);
	assert_int_equal(p->origin->pid, 11);
	p = do_exec_from(procs, 12, 102, LW_PY_NO_PYTHON, NULL);
	assert_int_equal(p->origin->pid, 11);
	p = do_exec_from(procs, 12, 102, LW_PY_UNKNOWN, NULL);
	assert_int_equal(p->origin->pid, 11);
	/* A Python whose stack could not be read: an older stack would be another story. */
	p = do_exec_from(procs, 12, 102, LW_PY_UNREADABLE, NULL);
	assert_null(p->origin);
	/* A child whose fork was not seen. */
	event(LW_FILE_OPEN, 13, 103);
	((struct lw_ev *)t.bytes)->ppid = 11;
	((struct lw_ev *)t.bytes)->pstart = 101;
	p = lw_procs_apply(procs, (struct lw_ev *)t.bytes);
	assert_int_equal(p->origin->pid, 11);
	/* It goes with the last of them. */
	for (uint32_t pid = 11; pid <= 13; pid++) {
		event(LW_PROCESS_EXIT, pid, 90 + pid)->flags = LW_EVF_GROUP_DEAD;
		lw_procs_exit(procs, (struct lw_ev *)t.bytes);
	}
	end_others(procs);
	lw_procs_stats(procs, &after);
	assert_int_equal(after.bytes, before.bytes);
	lw_procs_free(procs);
}

static void origins_are_bounded(void **state)
{
	struct lw_stacks *stacks = stacks_of(LW_PY_FRAMES);
	const struct lw_stack *stack = lw_stacks_find(stacks, 1);
	struct lw_procs_stats st;
	struct lw_procs *procs;
	struct lw_proc *p;

	(void)state;
	assert_int_equal(lw_procs_new(100000, 1 << 20, "/nowhere", &procs), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		p = do_exec_from(procs, 10 + i, 100, LW_PY_STACK, stack);
		assert_in_range(p->origin->stack->n, 2, LW_PY_FRAMES - 1);
		assert_true(p->origin->stack->bytes <= LW_ORIGIN_BYTES);
		assert_true(p->origin->cut);
	}
	lw_procs_stats(procs, &st);
	assert_true(st.bytes <= 1 << 20);
	assert_true(st.evicted > 500);
	lw_procs_free(procs);
	lw_stacks_free(stacks);
}

static void loaders(void **state)
{
	struct lw_loaders *l;

	(void)state;
	assert_int_equal(lw_loaders_new(3, NULL, &l), 0);
	assert_null(lw_loaders_find(l, 5));
	lw_loaders_enter(l, 5)->root = 50;
	lw_loaders_enter(l, 5 + 256)->root = 51; /* the same bucket */
	assert_int_equal(lw_loaders_enter(l, 5)->root, 50);
	assert_non_null(lw_loaders_enter(l, 6));
	assert_null(lw_loaders_enter(l, 7));
	/* One that has ended stays until its room is needed. */
	lw_loaders_end(l, 5);
	lw_loaders_end(l, 5);
	assert_non_null(lw_loaders_find(l, 5));
	assert_non_null(lw_loaders_enter(l, 7));
	assert_null(lw_loaders_find(l, 5));
	assert_int_equal(lw_loaders_find(l, 261)->root, 51);
	assert_null(lw_loaders_enter(l, 8));
	for (uint64_t id = 1000; id < 2000; id++)
		lw_loaders_end(l, id == 1000 ? 6 : id);
	assert_null(lw_loaders_find(l, 6));
	lw_loaders_free(l);
}

static void host(void **state)
{
	struct lw_host h;

	(void)state;
	lw_host_read(&h);
	assert_true(strlen(h.hostname) && strlen(h.kernel));
	assert_int_equal(strlen(h.boot_id), 36);
}

/* The id of a cgroup leads to its path, for a process that is gone already. */
static void container_by_cgroup_id(void **state)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	struct lw_containers *c;
	struct lw_container found;
	char path[256];
	struct stat st;
	int made = -1;

	(void)state;
	for (size_t i = 0; i < 2 && made; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", roots[i]);
		if (access(path, W_OK))
			continue;
		snprintf(path, sizeof(path), "%s/docker-%s.scope", roots[i], ID2);
		made = mkdir(path, 0755);
	}
	if (made) {
		print_message("skip: cannot: make a directory in a cgroup v2 hierarchy\n");
		skip();
	}
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(lw_containers_new("/nowhere", &c), 0);
	found = lw_containers_find(c, st.st_ino, 4294967295U);
	rmdir(path);
	assert_int_equal(found.state, LW_CONTAINER_FOUND);
	assert_string_equal(found.id, ID2);
	/* From the cache now. */
	found = lw_containers_find(c, st.st_ino, 4294967295U);
	assert_string_equal(found.id, ID2);
	found = lw_containers_find(c, 0x7fffffffffffffff, 4294967295U);
	assert_int_equal(found.state, LW_CONTAINER_UNKNOWN);
	lw_containers_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(container_forms),
		cmocka_unit_test(no_container),
		cmocka_unit_test(procfs),
		cmocka_unit_test(own_process_is_found),
		cmocka_unit_test(fork_exec_exit),
		cmocka_unit_test(threads_are_not_processes),
		cmocka_unit_test(violation_brings_its_program),
		cmocka_unit_test(seeded_from_procfs),
		cmocka_unit_test(seeded_after_the_exec),
		cmocka_unit_test(table_is_bounded),
		cmocka_unit_test(bytes_are_bounded),
		cmocka_unit_test(origins),
		cmocka_unit_test(origins_are_bounded),
		cmocka_unit_test(loaders),
		cmocka_unit_test(host),
		cmocka_unit_test(container_by_cgroup_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
