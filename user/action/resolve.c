// SPDX-License-Identifier: Apache-2.0
#include "action/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

static bool is_dot(const char *s, size_t len)
{
	return len == 1 && s[0] == '.';
}

static bool is_dotdot(const char *s, size_t len)
{
	return len == 2 && s[0] == '.' && s[1] == '.';
}

/* The component at @s, which is behind slashes. */
static size_t component(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && *p != '/')
		p++;
	return p - s;
}

static const char *skip_slashes(const char *s, const char *end)
{
	while (s < end && *s == '/')
		s++;
	return s;
}

/* Bytes of a name that the kernel side has folded as text ("/a/b"); -1: `..` leads before it. */
static ssize_t folded(const char *s, const char *end)
{
	__u16 stack[LW_JOIN_DEPTH];
	size_t depth = 0, total = 0;

	while ((s = skip_slashes(s, end)) < end) {
		size_t len = component(s, end);

		if (is_dotdot(s, len)) {
			if (!depth)
				return -1;
			total -= stack[--depth];
		} else if (!is_dot(s, len)) {
			if (depth == LW_JOIN_DEPTH)
				return -1;
			stack[depth++] = len + 1;
			total += len + 1;
		}
		s += len;
	}
	return total;
}

/* The part of a name that is relative to what the kernel side has put in front of it. */
static const char *relative_part(struct lw_span raw)
{
	const char *s = raw.s, *end = raw.s + raw.len;
	bool proc = raw.len >= 6 && memcmp(s, "/proc/", 6) == 0;

	if (s[0] == '/' && !proc && (raw.len < 8 || memcmp(s, "/dev/fd/", 8) != 0))
		return NULL;
	if (s[0] != '/')
		return s;
	/* Behind /cwd, /root or /fd/N. */
	for (s = skip_slashes(s, end); s < end; s = skip_slashes(s, end)) {
		size_t len = component(s, end);
		bool fd = len == 2 && memcmp(s, "fd", 2) == 0;

		if (fd)
			len += skip_slashes(s + len, end) - s - len;
		if (fd)
			return s + len + component(s + len, end);
		if ((len == 3 && memcmp(s, "cwd", 3) == 0) ||
		    (len == 4 && memcmp(s, "root", 4) == 0))
			return s + len;
		s += len;
	}
	return NULL;
}

/* The path of an open directory, as /proc shows it. */
static ssize_t path_of(int fd, char ret_path[static LW_PATH_BUF])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, LW_PATH_BUF);
	if (n < 0)
		return -errno;
	return n == LW_PATH_BUF ? -ENAMETOOLONG : n;
}

/*
 * A name from the process's root: the directory that it starts from, as the kernel side saw it, is
 * what @joined has in front of the folded name.
 */
static int from_root(int root, const struct lw_name *name, char *at, size_t cap)
{
	const char *rest = relative_part(name->raw), *end = name->raw.s + name->raw.len;
	char top[LW_PATH_BUF];
	ssize_t n, tail;

	if (!rest) {
		n = snprintf(at, cap, "%.*s", (int)name->raw.len, name->raw.s);
		return n < (ssize_t)cap ? 0 : -ENAMETOOLONG;
	}
	/* `..` at the start leads up from an object: there the text is right. */
	for (rest = skip_slashes(rest, end); rest < end; rest = skip_slashes(rest, end)) {
		size_t len = component(rest, end);

		if (!is_dot(rest, len) && !is_dotdot(rest, len))
			break;
		rest += len;
	}
	tail = folded(rest, end);
	if (tail < 0 || (size_t)tail > name->joined.len)
		return -EXDEV;
	n = path_of(root, top);
	if (n < 0)
		return n;
	if (n == 1)
		n = 0; /* "/" */
	if (name->joined.len - tail < (size_t)n || memcmp(name->joined.s, top, n) != 0)
		return -EXDEV;
	n = snprintf(at, cap, "%.*s/%.*s", (int)(name->joined.len - tail - n), name->joined.s + n,
		     (int)(end - rest), rest);
	return n < (ssize_t)cap ? 0 : -ENAMETOOLONG;
}

static int open_in(int root, const char *path, int flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT };

	return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

static ssize_t whole(int root, const char *at, char ret_path[static LW_PATH_BUF])
{
	_cleanup_close_ int fd = open_in(root, at, 0);

	return fd < 0 ? -errno : path_of(fd, ret_path);
}

ssize_t lw_resolve(int root, const struct lw_name *name, char ret_path[static LW_PATH_BUF])
{
	char at[PATH_MAX], *last;
	_cleanup_close_ int dir = -1;
	size_t len;
	ssize_t n;
	int r = from_root(root, name, at, sizeof(at));

	if (r < 0)
		return r;
	len = strlen(at);
	last = strrchr(at, '/');
	last = last ? last + 1 : at;
	if (name->follow || !*last || is_dot(last, strlen(last)) || is_dotdot(last, strlen(last))) {
		n = whole(root, at, ret_path);
		if (n != -ENOENT)
			return n;
		/* It is not there, or not yet: then its directory. */
		while (len > 1 && at[len - 1] == '/')
			at[--len] = '\0';
		last = strrchr(at, '/');
		last = last ? last + 1 : at;
	}
	if (last > at && last[-1] == '/')
		last[-1] = '\0';
	dir = open_in(root, last > at && at[0] ? at : "/", O_DIRECTORY);
	if (dir < 0)
		return -errno;
	n = path_of(dir, ret_path);
	if (n < 0)
		return n;
	len = strlen(last);
	if (n + 1 + len > LW_PATH_BUF)
		return -ENAMETOOLONG;
	if (n > 1)
		ret_path[n++] = '/';
	memcpy(ret_path + n, last, len);
	return n + len;
}
