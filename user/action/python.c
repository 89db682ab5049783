// SPDX-License-Identifier: Apache-2.0
#include "action/python.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "action/python_find.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "enrich/python_elf.h"

/* A thread that does not end by then hangs in a file system. */
#define END_SECONDS 1
/* News that are followed together: one look at the mappings of their process. */
#define NEWS_MAX 256
/* Mappings of one process: a torch with all its libraries has some 3,000. */
#define MAPS_MAX 65536

/* What the thread is asked: one write to a pipe. */
struct job {
	pid_t pid;  /* a process; 0: all of them, unless there is a program */
	char *path; /* a program, from malloc(); NULL: none */
};

struct lw_python {
	struct lw_bpf *bpf;
	bool pickles;				   /* what is unpickled is to be watched, */
	struct lw_py_key watched[LW_PICKLE_FILES]; /* and is, or cannot be */
	size_t n_watched;
	struct lw_ring *ring;
	int jobs[2], done[2];
	pthread_t thread;
	size_t n_news;
	struct lw_py_news news[NEWS_MAX];
};

/* Also where nobody has asked for it. */
static bool is_watched(const struct lw_python *py, const struct lw_py_key *key)
{
	for (size_t i = 0; i < py->n_watched; i++)
		if (!memcmp(&py->watched[i], key, sizeof(*key)))
			return true;
	return !py->pickles;
}

/* Asked for, but no reason not to watch the rest. */
static void watch_pickles(struct lw_python *py, int fd, const char *name,
			  const struct lw_py_key *key)
{
	__u64 offset;
	int r = lw_python_audit(fd, &offset);

	if (py->n_watched < LW_PICKLE_FILES)
		py->watched[py->n_watched++] = *key;
	if (r >= 0)
		r = lw_bpf_pickle(py->bpf, name, offset);
	if (r < 0)
		lw_warning("pickles of an interpreter are not watched: %s", strerror(-r));
}

/* Reads a file, which is regular. */
static int read_file(struct lw_python *py, int path, const struct lw_py_key *key,
		     struct lw_py_file *ret_file)
{
	_cleanup_close_ int fd = -1;
	char name[32];
	int r;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", path);
	fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = lw_python_elf(fd, ret_file);
	if (r > 0 && !ret_file->layout.known)
		lw_warning("CPython 3.%u is not known: records of it have no Python stack",
			   ret_file->layout.minor);
	if (r > 0 && ret_file->layout.known && !is_watched(py, key))
		watch_pickles(py, fd, name, key);
	return r;
}

/*
 * Enters what a file holds, where nobody has looked yet. @path: of O_PATH, since opening what is no
 * regular file can have an effect.
 */
static int enter_file(struct lw_python *py, int path, struct lw_py_key *ret_key)
{
	struct lw_py_file file;
	struct stat st;
	int r;

	if (fstat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = lw_bpf_python_known(py->bpf, path, ret_key);
	/* What an earlier daemon has watched ended with it. */
	if (r < 0 || r == LW_PY_FILE_OTHER || (r && is_watched(py, ret_key)))
		return r < 0 ? r : 0;
	r = read_file(py, path, ret_key, &file);
	return r < 0 ? r : lw_bpf_python_file(py->bpf, ret_key, r ? &file : NULL);
}

/*
 * A file of a process, by the kernel's own way to it: whatever the name leads to elsewhere. Return:
 * 0, also when it is mapped no more, or no file; -errno: it cannot be read.
 */
static int look_at(struct lw_python *py, pid_t pid, __u64 code, __u64 from, __u64 to)
{
	_cleanup_close_ int path = -1;
	struct lw_py_key key;
	char name[96];
	int r;

	snprintf(name, sizeof(name), "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)from,
		 (unsigned long long)to);
	path = open(name, O_PATH | O_CLOEXEC);
	if (path < 0)
		return errno == ENOENT ? 0 : -errno;
	r = enter_file(py, path, &key);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	r = lw_bpf_python_process(py->bpf, pid, code, &key, from, 0);
	return r == -ENOENT ? 0 : r;
}

static bool is_told(const struct lw_python *py, pid_t pid, __u64 addr)
{
	for (size_t i = 0; i < py->n_news; i++)
		if (py->news[i].tgid == (__u32)pid && py->news[i].addr == addr)
			return true;
	return false;
}

/*
 * Looks at the files of which a process has mapped the start: @all of them, or those that news tell
 * of. Return: 0, -errno: not all could be read.
 */
static int look_at_process(struct lw_python *py, pid_t pid, __u64 code, bool all)
{
	unsigned long long from, to, offset, ino;
	_cleanup_fclose_ FILE *f = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64];
	size_t size = 0;
	int r = 0, err;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	for (int n = 0; n < MAPS_MAX && getline(&line, &size, f) > 0; n++) {
		if (sscanf(line, "%llx-%llx %*4s %llx %*s %llu", &from, &to, &offset, &ino) != 4 ||
		    offset || !ino || !(all || is_told(py, pid, from)))
			continue;
		err = look_at(py, pid, code, from, to);
		r = r < 0 ? r : err;
	}
	return r;
}

static void process(struct lw_python *py, pid_t pid, bool all, __u32 read)
{
	struct lw_py_key none = {};
	__u64 code = lw_start_code_of(pid);

	/* An exec meanwhile is told by news of its own. */
	if (code && look_at_process(py, pid, code, all) >= 0 && lw_start_code_of(pid) == code)
		lw_bpf_python_process(py->bpf, pid, code, &none, 0, all ? ~0U : read);
}

static int take_news(void *arg, void *data, size_t len)
{
	struct lw_python *py = arg;

	if (len >= sizeof(py->news[0]))
		memcpy(&py->news[py->n_news++], data, sizeof(py->news[0]));
	return py->n_news < NEWS_MAX ? 0 : -EAGAIN;
}

/* All news of the process of news @i, which is the first of them. */
static void follow(struct lw_python *py, size_t i)
{
	pid_t pid = py->news[i].tgid;
	bool all = false;
	__u32 n = 0;

	for (size_t j = 0; j < py->n_news; j++) {
		if (py->news[j].tgid != (__u32)pid)
			continue;
		if (j < i)
			return;
		all |= !py->news[j].addr;
		n++;
	}
	process(py, pid, all, n);
}

static void follow_news(struct lw_python *py)
{
	int r;

	do {
		py->n_news = 0;
		r = lw_ring_read(py->ring);
		for (size_t i = 0; i < py->n_news; i++)
			follow(py, i);
	} while (r == -EAGAIN);
}

static int each_process(pid_t pid, void *arg)
{
	process(arg, pid, true, 0);
	return 0;
}

static int each_tag(const struct lw_tag *tag, void *arg)
{
	struct lw_python *py = arg;

	return lw_bpf_each_pid(py->bpf, tag->id, each_process, py);
}

static void read_path(const char *name, void *arg)
{
	_cleanup_close_ int path = open(name, O_PATH | O_CLOEXEC);
	struct lw_python *py = arg;
	struct lw_py_key key;

	if (path >= 0)
		enter_file(py, path, &key);
}

static void work_on(struct lw_python *py, struct job *job)
{
	if (job->path) {
		lw_python_find(job->path, read_path, py);
		free(job->path);
		if (write(py->done[1], "d", 1) < 0)
			lw_debug("nobody waits for a program that was read");
	} else if (job->pid) {
		process(py, job->pid, true, 0);
	} else {
		lw_bpf_each_tag(py->bpf, each_tag, py);
	}
}

static void *work(void *arg)
{
	struct lw_python *py = arg;
	struct pollfd fds[] = { { .fd = py->jobs[0], .events = POLLIN },
				{ .fd = lw_ring_fd(py->ring), .events = POLLIN } };
	struct job job;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		/* What waits is read before the end: a job is written whole. */
		if (fds[0].revents) {
			if (read(py->jobs[0], &job, sizeof(job)) != sizeof(job))
				return NULL;
			work_on(py, &job);
		}
		follow_news(py);
	}
}

static int start(struct lw_python *py)
{
	sigset_t all, old;
	int r = lw_ring_open(py->bpf, LW_RING_ID_NEWS, take_news, py, &py->ring);

	if (r < 0)
		return r;
	if (pipe2(py->jobs, O_CLOEXEC) < 0 || pipe2(py->done, O_CLOEXEC) < 0 ||
	    fcntl(py->jobs[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(py->done[1], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&py->thread, NULL, work, py);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

static void close_all(struct lw_python *py)
{
	for (int i = 0; i < 2; i++) {
		if (py->jobs[i] >= 0)
			close(py->jobs[i]);
		if (py->done[i] >= 0)
			close(py->done[i]);
	}
	lw_ring_close(py->ring);
	free(py);
}

int lw_python_new(struct lw_bpf *bpf, bool pickles, struct lw_python **ret_python)
{
	struct lw_python *py = calloc(1, sizeof(*py));
	int r;

	if (!py)
		return -ENOMEM;
	*py = (struct lw_python){
		.bpf = bpf, .pickles = pickles, .jobs = { -1, -1 }, .done = { -1, -1 }
	};
	r = start(py);
	if (r < 0) {
		close_all(py);
		return r;
	}
	*ret_python = py;
	return 0;
}

void lw_python_free(struct lw_python *py)
{
	struct timespec end;

	if (!py)
		return;
	close(lw_steal_fd(&py->jobs[1]));
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += END_SECONDS;
	if (pthread_timedjoin_np(py->thread, NULL, &end))
		pthread_detach(py->thread); /* what it uses stays */
	else
		close_all(py);
}

static int ask(struct lw_python *py, struct job job)
{
	return write(py->jobs[1], &job, sizeof(job)) == sizeof(job) ? 0 : -errno;
}

int lw_python_process(struct lw_python *py, pid_t pid)
{
	return ask(py, (struct job){ .pid = pid });
}

int lw_python_all(struct lw_python *py)
{
	return ask(py, (struct job){});
}

void lw_python_program(struct lw_python *py, const char *path, int timeout_ms)
{
	struct pollfd p = { .fd = py->done[0], .events = POLLIN };
	struct job job = { .path = strdup(path) };
	char byte;

	if (!job.path || ask(py, job) < 0) {
		free(job.path);
		return;
	}
	if (poll(&p, 1, timeout_ms) == 1 && read(py->done[0], &byte, 1) == 1)
		return;
	lw_debug("%s was not read in time: it is read when it runs", path);
}
