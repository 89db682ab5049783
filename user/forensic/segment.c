// SPDX-License-Identifier: Apache-2.0
#include "forensic/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"

#define LOCK_NAME    "loadward.lock"
#define NAME_PREFIX  "loadward-"
#define NAME_SUFFIX  ".jsonl"
#define STAMP_LEN    16 /* 20261123T065908Z */
#define COUNT_LEN    6
#define COUNT_MAX    999999
#define COUNT_OFFSET (sizeof(NAME_PREFIX) - 1 + STAMP_LEN + 1)

static const char *open_hint(int err)
{
	switch (err) {
	case ENOENT:
		return ": its parent directory does not exist";
	case EROFS:
		return ": choose a directory that can be written with --log";
	case EACCES:
	case EPERM:
		return ": run as root, or choose another directory with --log";
	default:
		return "";
	}
}

static int fail(const char *what, const char *dir, int err)
{
	lw_error("log directory %s: %s: %s%s", dir, what, strerror(err), open_hint(err));
	return -err;
}

static int lock_dir(struct lw_segment *seg, const char *dir)
{
	char owner[16] = "";

	seg->lock_fd =
		openat(seg->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (seg->lock_fd < 0)
		return fail("cannot create " LOCK_NAME, dir, errno);
	if (flock(seg->lock_fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return fail("cannot lock it", dir, errno);
		if (read(seg->lock_fd, owner, sizeof(owner) - 1) < 0)
			owner[0] = '\0';
		lw_error("log directory %s: another loadward (pid %s) writes to it: choose another "
			 "directory with --log",
			 dir, *owner ? owner : "unknown");
		return -EBUSY;
	}
	/* The number only serves the message above: on a full disk the lock holds without it. */
	if (!ftruncate(seg->lock_fd, 0) && dprintf(seg->lock_fd, "%d", (int)getpid()) < 0)
		lw_debug("log directory %s: pid not noted in " LOCK_NAME, dir);
	return 0;
}

int lw_segment_dir(struct lw_segment *seg, const char *dir)
{
	struct stat st;

	*seg = (struct lw_segment){ .dir_fd = -1, .lock_fd = -1, .fd = -1 };
	if (mkdir(dir, 0700) && errno != EEXIST)
		return fail("cannot create it", dir, errno);
	seg->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (seg->dir_fd < 0)
		return fail("cannot open it", dir, errno);
	if (fstat(seg->dir_fd, &st))
		return fail("cannot stat it", dir, errno);
	if (st.st_mode & 022)
		lw_warning("log directory %s: others than its owner can write to it (mode %o): "
			   "records can be removed",
			   dir, st.st_mode & 07777);
	return lock_dir(seg, dir);
}

static bool is_segment(const char *name)
{
	size_t len = strlen(name);

	return len == LW_SEGMENT_NAME - 1 && !strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) &&
	       !strcmp(name + len - strlen(NAME_SUFFIX), NAME_SUFFIX);
}

/* The last name in sorting order; "" when there is none. */
static int last_name(int dir_fd, char last[LW_SEGMENT_NAME])
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *e;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	last[0] = '\0';
	if (fd < 0)
		return -errno;
	d = fdopendir(fd);
	if (!d) {
		int err = -errno;

		close(fd);
		return err;
	}
	while ((e = readdir(d))) {
		if (is_segment(e->d_name) && strcmp(e->d_name, last) > 0)
			memcpy(last, e->d_name, LW_SEGMENT_NAME);
	}
	return 0;
}

/*
 * UTC now and number 1; but when the clock was set back, or within one second, the last name's time
 * and the next number, so that the order of names stays the order of writing.
 */
static int next_name(int dir_fd, char name[LW_SEGMENT_NAME])
{
	char last[LW_SEGMENT_NAME], stamp[STAMP_LEN + 1];
	time_t now = time(NULL);
	unsigned int count = 1;
	struct tm tm;
	int err = last_name(dir_fd, last);

	if (err)
		return err;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	if (strncmp(last + (*last ? strlen(NAME_PREFIX) : 0), stamp, STAMP_LEN) >= 0) {
		memcpy(stamp, last + strlen(NAME_PREFIX), STAMP_LEN);
		count = strtoul(last + COUNT_OFFSET, NULL, 10) + 1;
	}
	if (count > COUNT_MAX)
		return -EOVERFLOW;
	snprintf(name, LW_SEGMENT_NAME, NAME_PREFIX "%.*s-%0*u" NAME_SUFFIX, STAMP_LEN, stamp,
		 COUNT_LEN, count);
	return 0;
}

int lw_segment_next(struct lw_segment *seg)
{
	char name[LW_SEGMENT_NAME];
	int fd, err = next_name(seg->dir_fd, name);

	if (err)
		return err;
	fd = openat(seg->dir_fd, name,
		    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (seg->fd >= 0)
		close(seg->fd);
	seg->fd = fd;
	seg->size = 0;
	seg->torn = false;
	memcpy(seg->name, name, sizeof(name));
	return 0;
}

/* A line that is there in part must not be followed by another one. */
static int cut_torn(struct lw_segment *seg)
{
	if (!seg->torn)
		return 0;
	if (ftruncate(seg->fd, (off_t)seg->size))
		return -errno;
	seg->torn = false;
	return 0;
}

int lw_segment_write(struct lw_segment *seg, const char *buf, size_t len, size_t *ret_done)
{
	size_t done = 0, whole;
	const char *nl;
	int err = cut_torn(seg);

	*ret_done = 0;
	while (!err && done < len) {
		ssize_t n = write(seg->fd, buf + done, len - done);

		if (n > 0)
			done += n;
		else if (n == 0)
			err = -EIO;
		else if (errno != EINTR)
			err = -errno;
	}
	nl = memrchr(buf, '\n', done);
	whole = nl ? (size_t)(nl + 1 - buf) : 0;
	seg->size += whole;
	seg->torn = seg->torn || whole < done;
	*ret_done = whole;
	/* Still torn after this: the next write tries again before anything else. */
	cut_torn(seg);
	return err;
}

void lw_segment_close(struct lw_segment *seg)
{
	if (seg->fd >= 0)
		close(seg->fd);
	if (seg->lock_fd >= 0)
		close(seg->lock_fd);
	if (seg->dir_fd >= 0)
		close(seg->dir_fd);
	seg->fd = seg->lock_fd = seg->dir_fd = -1;
}
