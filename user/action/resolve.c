// SPDX-License-Identifier: Apache-2.0
#include "action/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of a lookup that other changes disturb. */
#define TRIES 64

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

/* The path of the process's root, "" for "/". Return: bytes or -errno. */
static ssize_t path_of_root(int fd, char ret_path[static PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, PATH_MAX);
	if (n < 0)
		return -errno;
	return n == PATH_MAX ? -ENAMETOOLONG : n == 1 ? 0 : n;
}

/*
 * A name from the process's root: the directory that it starts from, as the kernel side saw it, is
 * what @joined has in front of the folded name.
 */
static int from_root(int root, const struct lw_name *name, char *at, size_t cap)
{
	const char *rest = relative_part(name->raw), *end = name->raw.s + name->raw.len;
	char top[PATH_MAX];
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
	n = path_of_root(root, top);
	if (n < 0)
		return n;
	if (name->joined.len - tail < (size_t)n || memcmp(name->joined.s, top, n) != 0)
		return -EXDEV;
	n = snprintf(at, cap, "%.*s/%.*s", (int)(name->joined.len - tail - n), name->joined.s + n,
		     (int)(end - rest), rest);
	return n < (ssize_t)cap ? 0 : -ENAMETOOLONG;
}

static int open_in(int root, const char *path, int flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT };
	int fd = -1;

	/* A rename or a mount anywhere may disturb a `..`. */
	errno = EAGAIN;
	for (int i = 0; i < TRIES && fd < 0 && errno == EAGAIN; i++)
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd;
}

/* Takes the slashes at the end of a path away. Return: its last component. */
static char *last_of(char *path)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	while (len && path[len - 1] != '/')
		len--;
	return path + len;
}

static bool is_directory_itself(const char *last)
{
	size_t len = strlen(last);

	return !len || is_dot(last, len) || is_dotdot(last, len);
}

int lw_resolve(int root, const struct lw_name *name, char ret_last[static LW_NAME_MAX + 1])
{
	char at[PATH_MAX], *last;
	int r = from_root(root, name, at, sizeof(at));
	bool slash;

	if (r < 0)
		return r;
	slash = at[0] && at[strlen(at) - 1] == '/';
	last = last_of(at);
	if (name->follow || slash || is_directory_itself(last)) {
		r = open_in(root, at[0] ? at : "/", 0);
		ret_last[0] = '\0';
		if (r >= 0 || errno != ENOENT || is_directory_itself(last))
			return r < 0 ? -errno : r;
		/* It is not there, or not yet: then its directory. */
	}
	if (strlen(last) > LW_NAME_MAX)
		return -ENOENT; /* nor can it be */
	memcpy(ret_last, last, strlen(last) + 1);
	*last = '\0';
	r = open_in(root, at[0] ? at : "/", O_DIRECTORY);
	return r < 0 ? -errno : r;
}
