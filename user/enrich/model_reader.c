// SPDX-License-Identifier: Apache-2.0
#include "enrich/model_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/thread.h"
#include "base/fs.h"
#include "enrich/foreign.h"
#include "lw_limits.h"

/* Directories above a file in which its model may be described. */
#define LEVELS 4
#define NOTE   256 /* bytes of a file of ModelScope's client */

struct queue {
	struct lw_model_ask *first, **end;
};

struct lw_model_reader {
	pthread_mutex_t lock;
	pthread_cond_t asked, answered;
	pthread_t thread;
	bool started, ending;
	bool busy; /* a question is being answered */
	bool left; /* nobody waits for it any more: the thread frees this */
	size_t waiting;
	struct queue asks, answers;
	int fd;
};

static void put(struct queue *q, struct lw_model_ask *ask)
{
	ask->next = NULL;
	if (!q->first)
		q->end = &q->first;
	*q->end = ask;
	q->end = &ask->next;
}

static struct lw_model_ask *get(struct queue *q)
{
	struct lw_model_ask *ask = q->first;

	if (ask)
		q->first = ask->next;
	return ask;
}

struct lw_model_ask *lw_model_ask_new(const char *path, size_t len)
{
	struct lw_model_ask *ask = calloc(1, sizeof(*ask) + len + 1);

	if (ask && len)
		memcpy(ask->path, path, len);
	return ask;
}

static void read_env(struct lw_model_ask *ask)
{
	_cleanup_free_ char *env = malloc(LW_ENVIRON_MAX);
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	char name[64];
	ssize_t n = 1;

	snprintf(name, sizeof(name), "/proc/%u/environ", ask->pid);
	fd = env ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	while (fd >= 0 && len < LW_ENVIRON_MAX && n > 0) {
		n = read(fd, env + len, LW_ENVIRON_MAX - len);
		len += n > 0 ? n : 0;
	}
	if (len)
		lw_model_roots_read(env, len, &ask->roots);
}

/*
 * Is it the file that was opened? What stat(2) calls the device is the super block's, but for file
 * systems that give each of their layers or volumes one of its own.
 */
static int check_same(int fd, void *arg)
{
	static const long others[] = { OVERLAYFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC };
	const struct lw_model_ask *ask = arg;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_ino != ask->ino)
		return -ESTALE;
	if ((major(st.st_dev) << 20 | minor(st.st_dev)) == ask->dev ||
	    lw_fs_is_one_of(fd, others, sizeof(others) / sizeof(others[0])))
		return 0;
	return -ESTALE;
}

static int check_any(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

static ssize_t read_at(void *arg, void *buf, size_t len, uint64_t off)
{
	return pread(*(int *)arg, buf, len, off);
}

static void read_format(struct lw_model_ask *ask, int root)
{
	_cleanup_close_ int fd = lw_foreign_open(root, ask->path, check_same, ask);
	struct lw_format_file f = { .read = read_at, .arg = &fd, .source = ask->source };
	struct stat st;

	ask->error = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;
	if (ask->error)
		return;
	f.size = st.st_size;
	ask->format = lw_format_sniff(&f);
	if (ask->format == LW_FORMAT_UNKNOWN)
		ask->format = LW_FORMAT_OTHER;
}

/* Which of the directories above the file has what stands beside a model. */
static void find_dir(struct lw_model_ask *ask, int root)
{
	static const char *const marks[] = { "config.json", "hubconf.py", "model_index.json",
					     "configuration.json", "tokenizer_config.json" };
	char name[LW_PATH_BUF];
	size_t len = strlen(ask->path);

	for (int up = 0; up < LEVELS; up++) {
		const char *slash = memrchr(ask->path, '/', len);

		len = slash ? (size_t)(slash - ask->path) : 0;
		for (size_t i = 0; len && i < sizeof(marks) / sizeof(marks[0]); i++) {
			_cleanup_close_ int fd = -1;

			if (snprintf(name, sizeof(name), "%.*s/%s", (int)len, ask->path,
				     marks[i]) >= (int)sizeof(name))
				continue;
			fd = lw_foreign_open(root, name, check_any, NULL);
			if (fd >= 0) {
				ask->nearest = len;
				return;
			}
		}
	}
}

/* "Revision:NAME,CreatedAt:SECONDS" */
static void read_version(struct lw_model_ask *ask, int root)
{
	char name[LW_PATH_BUF], text[NOTE];
	_cleanup_close_ int fd = -1;
	const char *from, *to;
	ssize_t n;

	if (snprintf(name, sizeof(name), "%.*s/.mv", (int)ask->dir, ask->path) >= (int)sizeof(name))
		return;
	fd = lw_foreign_open(root, name, check_any, NULL);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return;
	text[n] = '\0';
	if (strncmp(text, "Revision:", 9) != 0)
		return;
	from = text + 9;
	to = from + strcspn(from, ",\r\n");
	if (lw_model_is_id(from, to - from))
		memcpy(ask->revision, from, to - from);
}

static void answer(struct lw_model_ask *ask)
{
	_cleanup_close_ int root = -1;
	char name[64];
	int r;

	if (ask->want & LW_WANT_ENV)
		read_env(ask);
	if (!(ask->want & ~LW_WANT_ENV))
		return;
	snprintf(name, sizeof(name), "/proc/%u/root", ask->pid);
	root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* It has ended: most likely its files are those of everybody. */
	if (root < 0)
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = root < 0 ? -errno : lw_foreign_rights(ask->uid, ask->gid);
	if (r < 0) {
		ask->error = r;
		return;
	}
	if (ask->want & LW_WANT_FORMAT)
		read_format(ask, root);
	if (ask->want & LW_WANT_DIR)
		find_dir(ask, root);
	if (ask->want & LW_WANT_VERSION)
		read_version(ask, root);
	lw_foreign_own();
}

static void destroy(struct lw_model_reader *r)
{
	struct lw_model_ask *ask;

	while ((ask = get(&r->asks)) || (ask = get(&r->answers)))
		free(ask);
	pthread_cond_destroy(&r->asked);
	pthread_cond_destroy(&r->answered);
	pthread_mutex_destroy(&r->lock);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

static void *work(void *arg)
{
	struct lw_model_reader *r = arg;
	bool left;

	pthread_mutex_lock(&r->lock);
	while (!r->ending) {
		struct lw_model_ask *ask = get(&r->asks);

		if (!ask) {
			pthread_cond_wait(&r->asked, &r->lock);
			continue;
		}
		r->busy = true;
		pthread_mutex_unlock(&r->lock);
		answer(ask);
		pthread_mutex_lock(&r->lock);
		r->busy = false;
		put(&r->answers, ask);
		eventfd_write(r->fd, 1);
		pthread_cond_signal(&r->answered);
	}
	left = r->left;
	pthread_mutex_unlock(&r->lock);
	if (left)
		destroy(r);
	return NULL;
}

int lw_model_reader_new(struct lw_model_reader **ret)
{
	struct lw_model_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	lw_cond_init(&r->answered);
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->fd < 0) {
		int err = -errno;

		destroy(r);
		return err;
	}
	*ret = r;
	return 0;
}

void lw_model_reader_free(struct lw_model_reader *r)
{
	bool busy;

	if (!r)
		return;
	if (!r->started) {
		destroy(r);
		return;
	}
	pthread_mutex_lock(&r->lock);
	r->ending = true;
	busy = r->left = r->busy;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
	if (busy) {
		pthread_detach(r->thread);
		return;
	}
	pthread_join(r->thread, NULL);
	destroy(r);
}

int lw_model_reader_fd(const struct lw_model_reader *r)
{
	return r->fd;
}

static int start(struct lw_model_reader *r)
{
	int err = r->started ? 0 : lw_thread_start(&r->thread, work, r);

	r->started |= !err;
	return err;
}

int lw_model_reader_ask(struct lw_model_reader *r, struct lw_model_ask *ask)
{
	int err = start(r);

	if (err)
		return err;
	pthread_mutex_lock(&r->lock);
	if (r->waiting < LW_MODEL_ASKS) {
		put(&r->asks, ask);
		r->waiting++;
		pthread_cond_signal(&r->asked);
	} else {
		err = -EAGAIN;
	}
	pthread_mutex_unlock(&r->lock);
	return err;
}

struct lw_model_ask *lw_model_reader_take(struct lw_model_reader *r, int wait_ms)
{
	struct timespec until = lw_deadline(wait_ms);
	struct lw_model_ask *ask;
	eventfd_t n;

	pthread_mutex_lock(&r->lock);
	while (!(ask = get(&r->answers)) && wait_ms && r->waiting)
		if (pthread_cond_timedwait(&r->answered, &r->lock, &until))
			wait_ms = 0;
	if (ask)
		r->waiting--;
	if (!r->answers.first)
		eventfd_read(r->fd, &n);
	pthread_mutex_unlock(&r->lock);
	return ask;
}
