// SPDX-License-Identifier: Apache-2.0
#include "action/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "decode/ops.h"

/* Bytes of each pipe: 512 questions and as many answers wait, 40 MiB at the very most. */
#define QUEUE_BYTES 4096
/* A thread that does not end by then hangs in a file system. */
#define END_SECONDS 1

/* Both pipes carry pointers to struct lw_change. */
struct lw_resolver {
	struct lw_bpf *bpf;
	int ask[2], answer[2];
	unsigned int pending;
	pthread_t thread;
};

static void change_free(struct lw_change *c)
{
	if (!c)
		return;
	free(c->path.path);
	free(c->target.path);
	free(c->ev);
	free(c);
}

/* The root directory of a process, when it is still one of that loader. */
static int root_of(struct lw_bpf *bpf, __u64 tag, pid_t pid)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/root", pid);
	fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && lw_bpf_tag_of_pid(bpf, pid) != tag) {
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Of a process that has ended, or has another root now, the parent's root is most likely the same;
 * else our own.
 */
static int open_root(struct lw_bpf *bpf, const struct lw_ev *ev)
{
	int fd = ev->kind == LW_NAMESPACE_ROOT ? -1 : root_of(bpf, ev->tag, ev->pid);

	if (fd < 0)
		fd = root_of(bpf, ev->tag, ev->ppid);
	if (fd < 0)
		fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The query that the kernel side has asked with. */
static struct lw_query query_of(struct lw_bpf *bpf, const struct lw_ev *ev)
{
	struct lw_tag tag = { .unsure = ~0ULL };
	struct lw_query q;

	/* Of one that has ended nothing is known any more. */
	lw_bpf_tag_get(bpf, ev->tag, &tag);
	q = (struct lw_query){ .kind = ev->kind, .access = LW_ACC_WRITE, LW_OF(&tag) };
	q.phase = ev->phase;

	if (ev->kind == LW_FILE_OPEN)
		q.access = ev->file.access;
	else if (lw_op_has_bits(ev->kind))
		q.access |= ev->call.op;
	else
		q.port = ev->call.op;
	return q;
}

/* Return: 0, also when there is nothing there; -errno: it cannot be told. */
static int find(struct lw_bpf *bpf, const struct lw_ev *ev, int root, const struct lw_name *name,
		struct lw_found *ret)
{
	struct lw_ask ask = { .q = query_of(bpf, ev), .profile = ev->profile };
	_cleanup_close_ int fd = -1;
	int r;

	if (!name->raw.len || !name->joined.len)
		return 0;
	if (root < 0)
		return root;
	fd = lw_resolve(root, name, ask.path);
	/* No such directory: the call fails too, or has taken it away. */
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return fd;
	ask.fd = fd;
	ask.len = strlen(ask.path);
	r = lw_bpf_judge(bpf, &ask);
	if (r < 0)
		return r;
	ret->verdict = ask.verdict;
	if (ask.verdict.action < LW_ALERT || ask.verdict.action <= ev->action)
		return 0;
	ret->path = malloc(ask.len);
	if (!ret->path)
		return -ENOMEM;
	memcpy(ret->path, ask.path, ask.len);
	ret->len = ask.len;
	ret->gen = ask.gen;
	return 0;
}

static void find_both(struct lw_bpf *bpf, struct lw_change *c)
{
	const struct lw_ev *ev = c->ev;
	_cleanup_close_ int root = open_root(bpf, ev);
	struct lw_name path = { .raw = lw_ev_str(ev, LW_STR_NAME),
				.joined = lw_ev_str(ev, LW_STR_PATH),
				.follow = ev->flags & LW_EVF_FOLLOW };
	struct lw_name target = { .raw = lw_ev_str(ev, LW_STR_TARGET_NAME),
				  .joined = lw_ev_str(ev, LW_STR_TARGET),
				  .follow = ev->flags & LW_EVF_FOLLOW2 };

	if (ev->flags & LW_EVF_FIND_PATH)
		c->path.error = find(bpf, ev, root, &path, &c->path);
	if (ev->flags & LW_EVF_FIND_TARGET)
		c->target.error = find(bpf, ev, root, &target, &c->target);
}

static void *work(void *arg)
{
	struct lw_resolver *r = arg;
	struct lw_change *c;

	/* Pointers are written whole: they are smaller than PIPE_BUF and divide it. */
	while (read(r->ask[0], &c, sizeof(c)) == sizeof(c)) {
		find_both(r->bpf, c);
		if (write(r->answer[1], &c, sizeof(c)) != sizeof(c)) {
			change_free(c); /* nobody reads any more */
			break;
		}
	}
	return NULL;
}

static int start(struct lw_resolver *r)
{
	sigset_t all, old;
	int err;

	if (pipe2(r->ask, O_CLOEXEC) < 0 || pipe2(r->answer, O_CLOEXEC) < 0)
		return -errno;
	if (fcntl(r->ask[1], F_SETPIPE_SZ, QUEUE_BYTES) < 0 ||
	    fcntl(r->answer[1], F_SETPIPE_SZ, QUEUE_BYTES) < 0 ||
	    fcntl(r->ask[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(r->answer[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&r->thread, NULL, work, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(lw_steal_fd(fd));
}

static void close_all(struct lw_resolver *r)
{
	for (int i = 0; i < 2; i++) {
		shut(&r->ask[i]);
		shut(&r->answer[i]);
	}
}

int lw_resolver_new(struct lw_bpf *bpf, struct lw_resolver **ret)
{
	struct lw_resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct lw_resolver){ .bpf = bpf, .ask = { -1, -1 }, .answer = { -1, -1 } };
	err = start(r);
	if (err < 0) {
		close_all(r);
		free(r);
		return err;
	}
	*ret = r;
	return 0;
}

/* Pointers in a pipe that nobody else reads any more. */
static void discard(int fd)
{
	struct lw_change *c;

	while (read(fd, &c, sizeof(c)) == sizeof(c))
		change_free(c);
}

void lw_resolver_free(struct lw_resolver *r)
{
	struct timespec end;

	if (!r)
		return;
	/* No more questions; an answer that nobody reads does not hold the thread either. */
	shut(&r->ask[1]);
	discard(r->ask[0]);
	discard(r->answer[0]);
	shut(&r->answer[0]);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += END_SECONDS;
	if (pthread_timedjoin_np(r->thread, NULL, &end)) {
		pthread_detach(r->thread);
		return; /* what it uses stays */
	}
	close_all(r);
	free(r);
}

int lw_resolver_fd(const struct lw_resolver *r)
{
	return r->answer[0];
}

int lw_resolver_ask(struct lw_resolver *r, const struct lw_ev *ev)
{
	struct lw_change *c = calloc(1, sizeof(*c));

	if (c)
		c->ev = malloc(ev->size);
	if (!c || !c->ev) {
		free(c);
		return -ENOMEM;
	}
	memcpy(c->ev, ev, ev->size);
	if (write(r->ask[1], &c, sizeof(c)) != sizeof(c)) {
		int err = -errno;

		change_free(c);
		return err;
	}
	r->pending++;
	return 0;
}

void lw_resolver_read(struct lw_resolver *r, void (*fn)(struct lw_change *change, void *arg),
		      void *arg)
{
	struct lw_change *c;

	while (read(r->answer[0], &c, sizeof(c)) == sizeof(c)) {
		r->pending--;
		if (c->path.path || c->path.error || c->target.path || c->target.error)
			fn(c, arg);
		change_free(c);
	}
}

int lw_resolver_wait(struct lw_resolver *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->answer[0], .events = POLLIN };

	if (r->pending && poll(&p, 1, timeout_ms) == 0)
		return -ETIMEDOUT;
	return r->pending;
}
