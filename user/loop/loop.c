/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "base/cleanup.h"

#define SOURCES_MAX 16

struct source {
	struct lw_loop *loop;
	int fd;
	bool owned; /* made here: timers and signals */
	lw_fd_fn fn;
	lw_signal_fn signal_fn;
	void *arg;
};

struct lw_loop {
	int epoll;
	struct source sources[SOURCES_MAX];
};

int lw_loop_new(struct lw_loop **ret_loop)
{
	struct lw_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return -ENOMEM;
	for (int i = 0; i < SOURCES_MAX; i++)
		loop->sources[i].fd = -1;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return -errno;
	}
	*ret_loop = loop;
	return 0;
}

void lw_loop_free(struct lw_loop *loop)
{
	if (!loop)
		return;
	for (int i = 0; i < SOURCES_MAX; i++)
		if (loop->sources[i].owned && loop->sources[i].fd >= 0)
			close(loop->sources[i].fd);
	close(loop->epoll);
	free(loop);
}

static int add(struct lw_loop *loop, int fd, struct source **ret_source)
{
	for (int i = 0; i < SOURCES_MAX; i++) {
		struct source *s = &loop->sources[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = s };

		if (s->fd >= 0)
			continue;
		if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
			return -errno;
		*s = (struct source){ .loop = loop, .fd = fd };
		*ret_source = s;
		return 0;
	}
	return -ENOSPC;
}

int lw_loop_add_fd(struct lw_loop *loop, int fd, lw_fd_fn fn, void *arg)
{
	struct source *s;
	int r = add(loop, fd, &s);

	if (r < 0)
		return r;
	s->fn = fn;
	s->arg = arg;
	return 0;
}

int lw_loop_remove_fd(struct lw_loop *loop, int fd)
{
	for (int i = 0; i < SOURCES_MAX; i++) {
		if (loop->sources[i].fd != fd)
			continue;
		loop->sources[i].fd = -1;
		if (epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL) < 0)
			return -errno;
		return 0;
	}
	return -ENOENT;
}

int lw_loop_add_signals(struct lw_loop *loop, const sigset_t *mask, lw_signal_fn fn, void *arg)
{
	_cleanup_close_ int fd = -1;
	struct source *s;
	int r;

	if (sigprocmask(SIG_BLOCK, mask, NULL) < 0)
		return -errno;
	fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	r = add(loop, fd, &s);
	if (r < 0)
		return r;
	s->owned = true;
	s->signal_fn = fn;
	s->arg = arg;
	lw_steal_fd(&fd);
	return 0;
}

int lw_loop_add_timer(struct lw_loop *loop, unsigned int period_ms, lw_fd_fn fn, void *arg)
{
	struct timespec period = { .tv_sec = period_ms / 1000,
				   .tv_nsec = (period_ms % 1000) * 1000000L };
	struct itimerspec its = { .it_interval = period, .it_value = period };
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct source *s;
	int r;

	if (fd < 0 || timerfd_settime(fd, 0, &its, NULL) < 0)
		return -errno;
	r = add(loop, fd, &s);
	if (r < 0)
		return r;
	s->owned = true;
	s->fn = fn;
	s->arg = arg;
	lw_steal_fd(&fd);
	return 0;
}

static int dispatch(struct source *s, uint32_t events)
{
	struct signalfd_siginfo si;
	uint64_t ticks;

	if (s->signal_fn) {
		if (read(s->fd, &si, sizeof(si)) != sizeof(si))
			return 0;
		return s->signal_fn(&si, s->arg);
	}
	if (s->owned && read(s->fd, &ticks, sizeof(ticks)) < 0)
		return 0;
	return s->fn(s->fd, events, s->arg);
}

int lw_loop_run(struct lw_loop *loop)
{
	struct epoll_event events[SOURCES_MAX];

	for (;;) {
		int n = epoll_wait(loop->epoll, events, SOURCES_MAX, -1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (int i = 0; i < n; i++) {
			struct source *s = events[i].data.ptr;
			int r = s->fd >= 0 ? dispatch(s, events[i].events) : 0;

			if (r)
				return r;
		}
	}
}
