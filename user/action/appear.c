// SPDX-License-Identifier: Apache-2.0
#include "action/appear.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lw_limits.h"

/* The kernel counts watches up: those of the table are in order. */
struct watch {
	int wd;
	char *dir;
};

struct lw_appear {
	int fd;
	size_t n, cap;
	struct watch *watches;
};

int lw_appear_new(struct lw_appear **ret)
{
	struct lw_appear *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->fd < 0) {
		free(a);
		return -errno;
	}
	*ret = a;
	return 0;
}

void lw_appear_free(struct lw_appear *a)
{
	if (!a)
		return;
	lw_appear_clear(a);
	close(a->fd);
	free(a->watches);
	free(a);
}

int lw_appear_fd(const struct lw_appear *a)
{
	return a->fd;
}

static int compare(const void *key, const void *item)
{
	return *(const int *)key - ((const struct watch *)item)->wd;
}

static struct watch *find(const struct lw_appear *a, int wd)
{
	return a->n ? bsearch(&wd, a->watches, a->n, sizeof(*a->watches), compare) : NULL;
}

int lw_appear_watch(struct lw_appear *a, const char *dir)
{
	struct watch *grown;
	int wd;

	if (a->n == LW_WATCHES_MAX)
		return -E2BIG;
	wd = inotify_add_watch(a->fd, dir, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	if (wd < 0)
		return -errno;
	if (find(a, wd))
		return 0;
	if (a->n == a->cap) {
		grown = realloc(a->watches, (a->cap + 64) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		a->watches = grown;
		a->cap += 64;
	}
	a->watches[a->n] = (struct watch){ .wd = wd, .dir = strdup(dir) };
	if (!a->watches[a->n].dir)
		return -ENOMEM;
	a->n++;
	return 0;
}

void lw_appear_clear(struct lw_appear *a)
{
	for (size_t i = 0; i < a->n; i++) {
		inotify_rm_watch(a->fd, a->watches[i].wd);
		free(a->watches[i].dir);
	}
	a->n = 0;
}

/* The directory is gone. */
static void forget(struct lw_appear *a, struct watch *w)
{
	free(w->dir);
	memmove(w, w + 1, (a->watches + a->n - (w + 1)) * sizeof(*w));
	a->n--;
}

/* Return: 0, -EOVERFLOW. */
static int one(struct lw_appear *a, const struct inotify_event *e,
	       void (*fn)(const char *path, bool is_dir, void *arg), void *arg)
{
	struct watch *w = find(a, e->wd);
	char path[LW_PATH_MAX];

	if (e->mask & IN_Q_OVERFLOW)
		return -EOVERFLOW;
	if (!w)
		return 0;
	if (e->mask & IN_IGNORED) {
		forget(a, w);
		return 0;
	}
	if (e->len && snprintf(path, sizeof(path), "%s/%s", strcmp(w->dir, "/") ? w->dir : "",
			       e->name) < (int)sizeof(path))
		fn(path, e->mask & IN_ISDIR, arg);
	return 0;
}

int lw_appear_read(struct lw_appear *a, void (*fn)(const char *path, bool is_dir, void *arg),
		   void *arg)
{
	_Alignas(struct inotify_event) char buf[8192];
	const struct inotify_event *e;
	int err = 0;
	ssize_t n;

	while ((n = read(a->fd, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + n; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)p;
			if (one(a, e, fn, arg) < 0)
				err = -EOVERFLOW;
		}
	return n < 0 && errno != EAGAIN ? -errno : err;
}
