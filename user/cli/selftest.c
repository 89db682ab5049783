/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/selftest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/monitor.h"

/* TEST-NET-1 (RFC 5737): nobody's address, and denied before a packet could look for it. */
#define TEST_ADDR "192.0.2.1"
#define TEST_PORT 9
#define OPENS	  200 /* that are timed: a few milliseconds */

static const char policy_text[] =
	"{\"version\":1,\"name\":\"selftest\",\"mode\":\"enforce\",\"loaders\":[],\"rules\":["
	"{\"id\":\"open\",\"on\":\"file.open\",\"path\":[\"%s/secret\"],\"action\":\"kill\"},"
	"{\"id\":\"unlink\",\"on\":\"file.unlink\",\"path\":[\"%s/secret\"],\"action\":\"kill\"},"
	"{\"id\":\"memory\",\"on\":\"memory.exec\",\"operation\":\"anonymous\",\"action\":\"kill\"}"
	","
	"{\"id\":\"namespace\",\"on\":\"namespace.create\",\"action\":\"kill\"},"
	"{\"id\":\"exec\",\"on\":\"process.exec\",\"path\":[\"%s/program\"],\"action\":\"kill\"},"
	"{\"id\":\"socket\",\"on\":\"net.socket\",\"protocol\":[\"raw\"],\"action\":\"deny\"},"
	"{\"id\":\"net\",\"on\":[\"net.connect\",\"net.send\",\"net.bind\",\"net.listen\"],"
	"\"cidr\":[\"0.0.0.0/0\"],\"action\":\"deny\"}],"
	"\"default\":{\"file\":\"allow\",\"net\":\"allow\",\"exec\":\"allow\"},\"record\":[]}";

struct selftest {
	struct lw_monitor *monitor;
	struct lw_selftest *tests;
	char dir[64];
	char policy[96];
	char secret[96];
	char program[96];
	int current;
};

/* What the child does. Return: 0 when the effect happened: the hook has not held. */
static int effect(const struct selftest *st, int kind)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(TEST_PORT) };
	char *argv[] = { (char *)st->program, NULL };
	int fd, type = kind == LW_NET_SEND ? SOCK_DGRAM : SOCK_STREAM;

	inet_pton(AF_INET, TEST_ADDR, &sa.sin_addr);
	switch (kind) {
	case LW_FILE_OPEN:
		return open(st->secret, O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
	case LW_PROCESS_EXEC:
		execv(st->program, argv);
		return 1;
	case LW_FILE_UNLINK:
		return unlink(st->secret);
	case LW_MEMORY_EXEC:
		return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0) == MAP_FAILED;
	case LW_NAMESPACE_CREATE:
		return unshare(CLONE_NEWUTS) != 0;
	case LW_PROCESS_SIGNAL:
		/* A signal that the parent ignores, forbidden without any rule of the file. */
		return kill(getppid(), SIGURG) != 0;
	case LW_NET_SOCKET:
		return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0 ? 0 : 1;
	default:
		break;
	}
	fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 1;
	switch (kind) {
	case LW_NET_CONNECT:
		return !connect(fd, (struct sockaddr *)&sa, sizeof(sa)) || errno != EPERM ? 0 : 1;
	case LW_NET_SEND:
		return sendto(fd, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)) == 1 ? 0 : 1;
	case LW_NET_BIND:
		sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		sa.sin_port = 0;
		return bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 ? 0 : 1;
	case LW_NET_LISTEN:
		return listen(fd, 1) == 0 ? 0 : 1;
	}
	return 1;
}

static void on_event(const struct lw_ev *ev, void *arg)
{
	struct selftest *st = arg;
	struct lw_selftest *t = &st->tests[st->current];

	if (!(ev->flags & LW_EVF_VIOLATION) || ev->kind != t->kind)
		return;
	t->fired = true;
	t->outcome = ev->outcome;
	t->complete = ev->rule < LW_RULES_MAX && ev->pid && ev->start && ev->tag &&
		      ev->str[LW_STR_ARGS].len &&
		      (ev->kind == LW_PROCESS_EXEC || ev->str[LW_STR_EXE].len) &&
		      ((ev->kind > LW_FILE_OPEN && ev->kind != LW_FILE_UNLINK) ||
		       ev->str[LW_STR_PATH].len);
}

/* The fastest of some opens and closes of a file, ns; 0: it cannot be opened. */
static long time_of_open(const char *path)
{
	struct timespec from, to;
	long best = 0, ns;

	for (int i = 0; i < OPENS; i++) {
		int fd;

		clock_gettime(CLOCK_MONOTONIC, &from);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 0;
		close(fd);
		clock_gettime(CLOCK_MONOTONIC, &to);
		ns = (to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec;
		if (!best || ns < best)
			best = ns;
	}
	return best;
}

/* What fanotify changes: who opens a marked file waits for an answer. */
static void look_at_fanotify(struct selftest *st)
{
	long asked = time_of_open(st->secret), plain = time_of_open(st->policy);

	for (int i = 0; st->monitor->fanotify && i < LW_SELFTESTS; i++) {
		struct lw_selftest *t = &st->tests[i];

		if (t->kind == LW_FILE_OPEN || t->kind == LW_PROCESS_EXEC)
			t->want = LW_OUT_DENIED;
		if (t->kind == LW_FILE_OPEN && asked > plain)
			t->asked_ns = asked - plain;
	}
}

/*
 * A loader has read its arguments before it does anything. Where a child has not, processors that
 * leave noting accesses to the kernel (Armv8.0) keep that page out of a hook's reach.
 */
static void read_own_arguments(void)
{
	(void)*(volatile const char *)program_invocation_name;
}

static int run_one(struct selftest *st, struct lw_selftest *t)
{
	int go[2], status = 0, r;
	char byte;
	pid_t pid;
	__u64 tag;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	if (pid == 0) {
		close(go[1]);
		lw_fanotify_child(st->monitor->fanotify);
		read_own_arguments();
		if (read(go[0], &byte, 1) != 1)
			_exit(2);
		_exit(effect(st, t->kind));
	}
	close(go[0]);
	r = lw_bpf_tag(st->monitor->bpf, pid, LW_WHY_RUN, &tag);
	/* A program that was tagged by `run` may start one program unjudged: this is not it. */
	if (r >= 0)
		r = lw_bpf_launched(st->monitor->bpf, tag);
	if (r >= 0 && write(go[1], "g", 1) != 1)
		r = -errno;
	close(go[1]);
	if (r < 0)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	if (r < 0)
		return r;
	lw_monitor_drain(st->monitor);
	t->held = WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 1;
	return 0;
}

static int write_file(const char *path, mode_t mode, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -EIO;
}

static int prepare(struct selftest *st)
{
	char text[sizeof(policy_text) + 3 * sizeof(st->dir)];
	int r;

	snprintf(st->dir, sizeof(st->dir), "/tmp/loadward-selftest-XXXXXX");
	if (!mkdtemp(st->dir)) {
		r = -errno;
		st->dir[0] = '\0';
		return r;
	}
	snprintf(st->policy, sizeof(st->policy), "%s/policy.json", st->dir);
	snprintf(st->secret, sizeof(st->secret), "%s/secret", st->dir);
	snprintf(st->program, sizeof(st->program), "%s/program", st->dir);
	snprintf(text, sizeof(text), policy_text, st->dir, st->dir, st->dir);
	r = write_file(st->policy, 0600, text);
	if (r >= 0)
		r = write_file(st->secret, 0600, "secret\n");
	/* A link: the program must be one that can be executed where /tmp is noexec too. */
	if (r >= 0)
		r = symlink("/bin/true", st->program) < 0 ? -errno : 0;
	return r;
}

static void tidy(struct selftest *st)
{
	if (!st->dir[0])
		return;
	unlink(st->policy);
	unlink(st->secret);
	unlink(st->program);
	rmdir(st->dir);
}

static int run_all(struct selftest *st, struct lw_hook_state **ret_hooks, size_t *ret_n)
{
	struct lw_monitor_options mo = { .policy = st->policy,
					 .mode = LW_MODE_ENFORCE,
					 .quiet = true,
					 .on_event = on_event,
					 .arg = st };
	const struct lw_hook_state *hooks;
	int r = lw_monitor_new(&mo, &st->monitor);

	if (r < 0)
		return r;
	if (lw_bpf_deny_by(st->monitor->bpf) != LW_BE_NONE)
		for (int i = 0; i < LW_SELFTESTS; i++)
			st->tests[i].want = LW_OUT_DENIED;
	r = lw_monitor_heat(st->monitor);
	look_at_fanotify(st);
	for (st->current = 0; r >= 0 && st->current < LW_SELFTESTS; st->current++)
		r = run_one(st, &st->tests[st->current]);
	hooks = lw_bpf_hooks(st->monitor->bpf, ret_n);
	*ret_hooks = malloc(*ret_n * sizeof(**ret_hooks));
	if (*ret_hooks)
		memcpy(*ret_hooks, hooks, *ret_n * sizeof(**ret_hooks));
	else
		r = -ENOMEM;
	lw_monitor_free(st->monitor);
	return r;
}

int lw_selftest_run(struct lw_selftest *tests, struct lw_hook_state **ret_hooks, size_t *ret_n)
{
	static const struct lw_selftest table[LW_SELFTESTS] = {
		{ .name = "process.exec",
		  .effect = "run a forbidden program",
		  .kind = LW_PROCESS_EXEC,
		  .want = LW_OUT_KILLED_BEFORE },
		{ .name = "file.open",
		  .effect = "open a forbidden file",
		  .kind = LW_FILE_OPEN,
		  .want = LW_OUT_KILLED_BEFORE },
		{ .name = "net.connect",
		  .effect = "connect out (TCP)",
		  .kind = LW_NET_CONNECT,
		  .want = LW_OUT_DENIED },
		{ .name = "net.send",
		  .effect = "send out (UDP)",
		  .kind = LW_NET_SEND,
		  .want = LW_OUT_DENIED },
		{ .name = "net.bind",
		  .effect = "bind a port",
		  .kind = LW_NET_BIND,
		  .want = LW_OUT_DENIED },
		{ .name = "net.listen",
		  .effect = "listen",
		  .kind = LW_NET_LISTEN,
		  .want = LW_OUT_KILLED_AFTER },
		{ .name = "net.socket",
		  .effect = "make a raw socket",
		  .kind = LW_NET_SOCKET,
		  .want = LW_OUT_DENIED },
		{ .name = "memory.exec",
		  .effect = "make memory executable",
		  .kind = LW_MEMORY_EXEC,
		  .want = LW_OUT_KILLED_BEFORE },
		{ .name = "namespace.create",
		  .effect = "make a namespace",
		  .kind = LW_NAMESPACE_CREATE,
		  .want = LW_OUT_KILLED_BEFORE },
		{ .name = "process.signal",
		  .effect = "signal the monitor",
		  .kind = LW_PROCESS_SIGNAL,
		  .want = LW_OUT_KILLED_AFTER },
		{ .name = "file.unlink",
		  .effect = "remove a forbidden file",
		  .kind = LW_FILE_UNLINK,
		  .want = LW_OUT_KILLED_AFTER },
	};
	struct selftest st = { .tests = tests };
	int r;

	memcpy(tests, table, sizeof(table));
	r = prepare(&st);
	if (r < 0)
		lw_error("cannot prepare the self-test under /tmp: %s", strerror(-r));
	else
		r = run_all(&st, ret_hooks, ret_n);
	tidy(&st);
	return r;
}
