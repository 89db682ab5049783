// SPDX-License-Identifier: Apache-2.0
#include "action/fanotify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fs.h"

/* Events of one read, each with a descriptor. */
#define BATCH 16
/* Programs that are being started: see was_exec(). */
#define EXECS 64
/* A thread that does not end by then hangs in a file system. */
#define END_SECONDS 1
/* Seconds: an empty file that is younger may have been made by the open that asks. */
#define FRESH 2

/* Of every kernel the inode of the first pid namespace. */
#define INIT_PID_NS 0xEFFFFFFCU

/* linux/magic.h has none of these. */
#define XFS_MAGIC	 0x58465342
#define ZFS_MAGIC	 0x2fc12fc1
#define VFAT_MAGIC	 0x4d44
#define EXFAT_MAGIC	 0x2011BAB0
#define BCACHEFS_MAGIC	 0xca451a4e
#define LW_OVERLAY_MAGIC 0x794c7630

/* uapi/linux/pidfd.h, 6.9 and 6.13. */
#define LW_PIDFD_THREAD O_EXCL
struct pidfd_words {
	__u64 mask;
	__u64 cgroup;
	__u32 pid, tgid, ppid;
	__u32 rest[9];
};
#define LW_PIDFD_GET_INFO _IOWR(0xFF, 11, struct pidfd_words)

struct exec_mark {
	pid_t tid;
	dev_t dev;
	ino_t ino;
};

struct lw_fanotify {
	struct lw_bpf *bpf;
	int fd, stop;
	pthread_t thread;
	size_t marks;
	_Atomic unsigned long long asked, denied, failed;
	struct exec_mark execs[EXECS]; /* of the thread */
};

/* Process of a thread that nobody has seen before: a worker of io_uring is one. 0: not known. */
static pid_t process_of(pid_t tid)
{
	struct pidfd_words info = { .mask = 1 };
	int fd = syscall(SYS_pidfd_open, tid, LW_PIDFD_THREAD);
	pid_t tgid = 0;

	if (fd < 0)
		return 0;
	if (ioctl(fd, LW_PIDFD_GET_INFO, &info) == 0)
		tgid = info.tgid;
	close(fd);
	return tgid;
}

/* Whether the call that asks may have made the file: then something has happened already. */
static bool may_be_new(const struct stat *st)
{
	struct timespec now;

	if (!S_ISREG(st->st_mode) || st->st_size)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec - st->st_ctim.tv_sec < FRESH;
}

/*
 * The start of a program asks twice: as a start, and as an open like any other. The second is none
 * to the policy.
 */
static bool was_exec(struct lw_fanotify *f, pid_t tid, const struct stat *st)
{
	struct exec_mark *e = &f->execs[(unsigned int)tid % EXECS];
	bool was = e->tid == tid && e->dev == st->st_dev && e->ino == st->st_ino;

	if (was)
		e->tid = 0;
	return was;
}

static void remember_exec(struct lw_fanotify *f, pid_t tid, const struct stat *st)
{
	f->execs[(unsigned int)tid % EXECS] =
		(struct exec_mark){ .tid = tid, .dev = st->st_dev, .ino = st->st_ino };
}

static bool is_allowed(struct lw_fanotify *f, const struct fanotify_event_metadata *event)
{
	bool exec = event->mask & FAN_OPEN_EXEC_PERM;
	int kind = exec ? LW_PROCESS_EXEC : LW_FILE_OPEN, r;
	pid_t tid = event->pid, tgid;
	struct stat st;

	if (fstat(event->fd, &st) < 0) {
		f->failed++;
		return true;
	}
	if ((!exec && was_exec(f, tid, &st)) || may_be_new(&st))
		return true;
	r = lw_bpf_may_open(f->bpf, event->fd, tid, 0, kind);
	if (r == -ESRCH) {
		tgid = process_of(tid);
		if (!tgid || tgid == tid)
			return true;
		r = lw_bpf_may_open(f->bpf, event->fd, tid, tgid, kind);
	}
	if (r < 0 && r != -ESRCH)
		f->failed++;
	if (r > 0 && exec)
		remember_exec(f, tid, &st);
	return r != 0;
}

static void answer(struct lw_fanotify *f, const struct fanotify_event_metadata *event)
{
	struct fanotify_response response = { .fd = event->fd, .response = FAN_ALLOW };

	if (event->fd < 0)
		return;
	if (event->mask & (FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM)) {
		f->asked++;
		if (!is_allowed(f, event)) {
			response.response = FAN_DENY;
			f->denied++;
		}
		/* It fails when nobody waits any more. */
		if (write(f->fd, &response, sizeof(response)) < 0 && errno != ENOENT)
			f->failed++;
	}
	close(event->fd);
}

static void *work(void *arg)
{
	struct fanotify_event_metadata events[BATCH];
	struct lw_fanotify *f = arg;
	struct pollfd polled[2] = { { .fd = f->fd, .events = POLLIN },
				    { .fd = f->stop, .events = POLLIN } };

	for (;;) {
		const struct fanotify_event_metadata *e = events;
		ssize_t n;

		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			break;
		if (polled[1].revents)
			break;
		n = read(f->fd, events, sizeof(events));
		for (; n > 0 && FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n))
			answer(f, e);
	}
	return NULL;
}

/* Marks and unmarks something as the files will be: nobody is asked meanwhile. */
static int probe(int fd)
{
	const __u64 mask = FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM;

	/* A directory itself asks only with FAN_ONDIR. */
	if (fanotify_mark(fd, FAN_MARK_ADD, mask, AT_FDCWD, "/") < 0 ||
	    fanotify_mark(fd, FAN_MARK_REMOVE, mask, AT_FDCWD, "/") < 0)
		return -errno;
	return 0;
}

/* Without this the numbers of tasks are not those that the kernel side knows. */
static bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino == INIT_PID_NS;
}

static const char *why_not(int r)
{
	switch (r) {
	case -EPERM:
		return "CAP_SYS_ADMIN is needed";
	case -EINVAL:
	case -ENOSYS:
		return "the kernel has no CONFIG_FANOTIFY_ACCESS_PERMISSIONS, or is older than "
		       "5.0";
	case -EMFILE:
		return "too many fanotify groups";
	default:
		return "the kernel refuses it";
	}
}

/* All signals are the loop's. */
static int start(struct lw_fanotify *f)
{
	sigset_t all, old;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&f->thread, NULL, work, f);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -err;
}

static int open_group(struct lw_fanotify *f)
{
	/*
	 * O_NONBLOCK: no lease makes the thread wait. FAN_CLASS_CONTENT: of the two classes that
	 * may deny the one that does not make every read on those file systems dearer.
	 */
	f->fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_TID |
				      FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
			      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_LARGEFILE);
	if (f->fd < 0)
		return -errno;
	f->stop = eventfd(0, EFD_CLOEXEC);
	return f->stop < 0 ? -errno : probe(f->fd);
}

static void close_group(struct lw_fanotify *f)
{
	if (f->fd >= 0)
		close(lw_steal_fd(&f->fd));
	if (f->stop >= 0)
		close(lw_steal_fd(&f->stop));
}

int lw_fanotify_check(const char **ret_why)
{
	struct lw_fanotify f = { .fd = -1, .stop = -1 };
	int r = -EOPNOTSUPP;

	if (!in_first_pid_namespace()) {
		*ret_why = "the monitor does not run in the host's pid namespace";
		return r;
	}
	r = open_group(&f);
	*ret_why = r < 0 ? why_not(r) : NULL;
	close_group(&f);
	return r;
}

int lw_fanotify_new(struct lw_bpf *bpf, struct lw_fanotify **ret_fanotify, const char **ret_why)
{
	struct lw_fanotify *f;
	int r = lw_fanotify_check(ret_why);

	if (r < 0)
		return r;
	*ret_why = "out of memory";
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	*f = (struct lw_fanotify){ .bpf = bpf, .fd = -1, .stop = -1 };
	r = open_group(f);
	if (r >= 0)
		r = start(f);
	if (r < 0) {
		*ret_why = why_not(r);
		close_group(f);
		free(f);
		return r;
	}
	*ret_fanotify = f;
	return 0;
}

void lw_fanotify_child(struct lw_fanotify *f)
{
	if (f && f->fd >= 0)
		close(lw_steal_fd(&f->fd));
}

void lw_fanotify_free(struct lw_fanotify *f)
{
	struct timespec end;

	if (!f)
		return;
	/* Nobody is asked any more; what still waits is answered, or released by the close. */
	lw_fanotify_clear(f);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += END_SECONDS;
	if (eventfd_write(f->stop, 1) < 0 || pthread_timedjoin_np(f->thread, NULL, &end))
		return; /* the end of the process closes it */
	close_group(f);
	free(f);
}

/* File systems of this machine alone: to open a file there nobody else has to answer. */
static bool is_local(int fd)
{
	static const long magics[] = { EXT4_SUPER_MAGIC,    XFS_MAGIC,	      BTRFS_SUPER_MAGIC,
				       TMPFS_MAGIC,	    LW_OVERLAY_MAGIC, F2FS_SUPER_MAGIC,
				       ZFS_MAGIC,	    BCACHEFS_MAGIC,   VFAT_MAGIC,
				       EXFAT_MAGIC,	    RAMFS_MAGIC,      SQUASHFS_MAGIC,
				       EROFS_SUPER_MAGIC_V1 };

	return lw_fs_is_one_of(fd, magics, sizeof(magics) / sizeof(magics[0]));
}

/* An open asks as a start too, so that the two can be told apart. */
static __u64 mask_of(__u64 kinds)
{
	if (kinds & LW_ON(LW_FILE_OPEN))
		return FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM;
	return kinds & LW_ON(LW_PROCESS_EXEC) ? FAN_OPEN_EXEC_PERM : 0;
}

int lw_fanotify_mark(struct lw_fanotify *f, const char *path, __u64 self, __u64 below)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	char name[64];
	struct stat st;
	__u64 mask;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)) || !is_local(fd))
		return -EOPNOTSUPP;
	mask = mask_of(self);
	if (S_ISDIR(st.st_mode)) {
		mask = mask_of((self | below) & LW_ON(LW_FILE_OPEN)) |
		       mask_of(below & LW_ON(LW_PROCESS_EXEC));
		if (mask & FAN_OPEN_PERM)
			mask |= FAN_ONDIR;
		if (below)
			mask |= FAN_EVENT_ON_CHILD;
	}
	if (!mask)
		return 0;
	if (f->marks == LW_MARKS_MAX)
		return -E2BIG;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (fanotify_mark(f->fd, FAN_MARK_ADD, mask, AT_FDCWD, name) < 0)
		return -errno;
	f->marks++;
	return 0;
}

void lw_fanotify_again(struct lw_fanotify *f)
{
	f->marks = 0;
}

void lw_fanotify_clear(struct lw_fanotify *f)
{
	fanotify_mark(f->fd, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
	f->marks = 0;
}

void lw_fanotify_counts(const struct lw_fanotify *f, struct lw_fanotify_counts *ret)
{
	*ret = (struct lw_fanotify_counts){
		.asked = f->asked, .denied = f->denied, .failed = f->failed, .marks = f->marks
	};
}
