// SPDX-License-Identifier: Apache-2.0
#include "enrich/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/thread.h"
#include "enrich/foreign.h"
#include "lw_limits.h"

struct lw_sources {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	pthread_t thread;
	bool started; /* the thread is there */
	bool busy;    /* it has a question */
	bool left;    /* nobody waits for it any more: it frees this */
	bool ending;
	struct lw_source_at at;
	char file[PATH_MAX];
	int result;
	char text[LW_SOURCE_TEXT];
};

static bool is_source(const char *name, size_t len)
{
	return len > 3 && !memcmp(name + len - 3, ".py", 3);
}

static bool is_root_of(int fd, const struct lw_source_at *at)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == at->root_ino &&
	       (major(st.st_dev) << 20 | minor(st.st_dev)) == at->root_dev;
}

static bool in_mount_namespace(const char *proc, const struct lw_source_at *at)
{
	char name[64];
	struct stat st;

	snprintf(name, sizeof(name), "/proc/%s/ns/mnt", proc);
	return stat(name, &st) == 0 && st.st_ino == at->mnt_ns;
}

/* The root directory of /proc/@proc, if it is the one that the process had. */
static int open_root(const char *proc, const struct lw_source_at *at)
{
	char name[64];
	int fd;

	if (!in_mount_namespace(proc, at))
		return -ENOENT;
	snprintf(name, sizeof(name), "/proc/%s/root", proc);
	fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (is_root_of(fd, at))
		return fd;
	close(fd);
	return -ENOENT;
}

/* A link may have any name: what it leads to must be called a source file too. */
static int check_file(int fd, void *arg)
{
	const struct lw_source_at *at = arg;
	char link[32], name[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec > at->before)
		return -ESTALE;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, name, sizeof(name));
	return n > 0 && is_source(name, n) ? 0 : -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f';
}

/* Reads line @nr; Python takes \n, \r and both together as the end of one. */
static int take_line(FILE *f, uint32_t nr, char *text, size_t size)
{
	size_t len = 0, read = 0;
	uint32_t line = 1;
	int c, before = 0;

	while ((c = getc_unlocked(f)) != EOF && read++ < LW_SOURCE_FILE_MAX) {
		if ((c == '\n' && before != '\r') || c == '\r') {
			if (line++ == nr)
				break;
		} else if (c != '\n' && line == nr && len + 1 < size && (len || !is_blank(c))) {
			text[len++] = c;
		}
		before = c;
	}
	while (len && is_blank(text[len - 1]))
		len--;
	text[len] = '\0';
	return len ? (int)len : -ENODATA;
}

static int read_line(int root, struct lw_source_at *at, char *text, size_t size)
{
	_cleanup_fclose_ FILE *f = NULL;
	int fd = lw_foreign_open(root, at->file, check_file, at);

	if (fd < 0)
		return fd;
	f = fdopen(fd, "r");
	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	return take_line(f, at->line, text, size);
}

static int read_with_rights(struct lw_source_at *at, char *text, size_t size)
{
	_cleanup_close_ int root = open_root("self", at);
	char pid[16];
	int r;

	snprintf(pid, sizeof(pid), "%d", at->pid);
	if (root < 0)
		root = open_root(pid, at);
	if (root < 0)
		return root;
	r = lw_foreign_rights(at->uid, at->gid);
	if (r < 0)
		return r;
	r = read_line(root, at, text, size);
	lw_foreign_own();
	return r;
}

static void destroy(struct lw_sources *t)
{
	pthread_cond_destroy(&t->asked);
	pthread_cond_destroy(&t->answered);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void *reader(void *arg)
{
	struct lw_sources *t = arg;
	bool left;

	pthread_mutex_lock(&t->lock);
	while (!t->ending) {
		if (!t->busy) {
			pthread_cond_wait(&t->asked, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		t->result = read_with_rights(&t->at, t->text, sizeof(t->text));
		pthread_mutex_lock(&t->lock);
		t->busy = false;
		pthread_cond_signal(&t->answered);
	}
	left = t->left;
	pthread_mutex_unlock(&t->lock);
	if (left)
		destroy(t);
	return NULL;
}

int lw_sources_new(struct lw_sources **ret)
{
	struct lw_sources *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->asked, NULL);
	lw_cond_init(&t->answered);
	*ret = t;
	return 0;
}

void lw_sources_free(struct lw_sources *t)
{
	bool busy;

	if (!t)
		return;
	if (!t->started) {
		destroy(t);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->ending = true;
	busy = t->left = t->busy;
	pthread_cond_signal(&t->asked);
	pthread_mutex_unlock(&t->lock);
	if (busy) {
		pthread_detach(t->thread);
		return;
	}
	pthread_join(t->thread, NULL);
	destroy(t);
}

static int start(struct lw_sources *t)
{
	int r = t->started ? 0 : lw_thread_start(&t->thread, reader, t);

	t->started |= !r;
	return r;
}

/* With the lock held. */
static int ask(struct lw_sources *t, const struct lw_source_at *at)
{
	struct timespec until = lw_deadline(LW_SOURCE_WAIT_MS);

	if (t->busy)
		return -EBUSY;
	memcpy(t->file, at->file, at->file_len);
	t->file[at->file_len] = '\0';
	t->at = *at;
	t->at.file = t->file;
	t->busy = true;
	pthread_cond_signal(&t->asked);
	while (t->busy) {
		if (pthread_cond_timedwait(&t->answered, &t->lock, &until))
			return -ETIMEDOUT;
	}
	return t->result;
}

int lw_sources_read(struct lw_sources *t, const struct lw_source_at *at, char *buf, size_t size)
{
	int r;

	buf[0] = '\0';
	if (!at->line || at->file_len >= PATH_MAX || !is_source(at->file, at->file_len) ||
	    at->file[0] != '/' || memchr(at->file, '\0', at->file_len))
		return -EINVAL;
	r = start(t);
	if (r < 0)
		return r;
	pthread_mutex_lock(&t->lock);
	r = ask(t, at);
	if (r > 0) {
		r = (size_t)r < size ? r : (int)size - 1;
		memcpy(buf, t->text, r);
		buf[r] = '\0';
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}
