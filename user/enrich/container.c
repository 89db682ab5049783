// SPDX-License-Identifier: Apache-2.0
#include "enrich/container.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/cleanup.h"

#define ID_LEN	      64
#define CACHE_SLOTS   1024 /* power of two; 96 KiB; a node runs some hundreds of containers */
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h: the handle is the 64-bit cgroup id */
#define CGROUP_TEXT   16384

struct lw_containers {
	int v2_fd; /* root of the v2 hierarchy, -1: none */
	char proc[64];
	struct {
		uint64_t cgroup; /* 0: free */
		struct lw_container found;
	} cache[CACHE_SLOTS];
};

static const struct {
	const char *prefix, *runtime;
} runtimes[] = {
	{ "docker", "docker" },	     { "cri-containerd", "containerd" },
	{ "nerdctl", "containerd" }, { "crio", "cri-o" },
	{ "libpod", "podman" },
};

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !memcmp(s + len - n, end, n);
}

static const char *runtime_of(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		if (ends_with(s, len, runtimes[i].prefix))
			return runtimes[i].runtime;
	}
	return NULL;
}

/* One component of the path; @before: what stands in front of it. */
static bool component(const char *s, size_t len, const char *before, size_t before_len,
		      struct lw_container *ret)
{
	const char *id;

	if (ends_with(s, len, ".scope"))
		len -= 6;
	if (len < ID_LEN)
		return false;
	id = s + len - ID_LEN;
	for (size_t i = 0; i < ID_LEN; i++) {
		if (!isxdigit((unsigned char)id[i]))
			return false;
	}
	if (len == ID_LEN) {
		ret->runtime = ends_with(before, before_len, "/docker/") ? "docker" : NULL;
	} else {
		if (id[-1] != '-' && id[-1] != ':')
			return false;
		if (ends_with(s, len - ID_LEN - 1, "conmon"))
			return false;
		ret->runtime = runtime_of(s, len - ID_LEN - 1);
	}
	ret->state = LW_CONTAINER_FOUND;
	memcpy(ret->id, id, ID_LEN);
	ret->id[ID_LEN] = '\0';
	return true;
}

static void path_of_line(const char *line, size_t len, struct lw_container *ret)
{
	size_t end = len;

	while (end) {
		size_t start = end;

		while (start && line[start - 1] != '/')
			start--;
		if (component(line + start, end - start, line, start, ret))
			return;
		end = start ? start - 1 : 0;
	}
}

struct lw_container lw_container_parse(const char *text, size_t len)
{
	struct lw_container found = { .state = LW_CONTAINER_NONE };

	while (len && found.state == LW_CONTAINER_NONE) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;

		path_of_line(text, n, &found);
		n += nl != NULL;
		text += n;
		len -= n;
	}
	return found;
}

static int open_v2(void)
{
	static const char *const roots[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		int fd = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		struct statfs fs;

		if (fd < 0)
			continue;
		if (!fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		close(fd);
	}
	return -1;
}

int lw_containers_new(const char *proc, struct lw_containers **ret)
{
	struct lw_containers *c;

	if (strlen(proc) >= sizeof(c->proc))
		return -ENAMETOOLONG;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	strcpy(c->proc, proc);
	c->v2_fd = open_v2();
	*ret = c;
	return 0;
}

void lw_containers_free(struct lw_containers *c)
{
	if (!c)
		return;
	if (c->v2_fd >= 0)
		close(c->v2_fd);
	free(c);
}

/* The id is the file handle of the cgroup's directory: needs CAP_DAC_READ_SEARCH. */
static ssize_t path_by_id(const struct lw_containers *c, uint64_t cgroup, char *buf, size_t cap)
{
	union {
		struct file_handle h;
		char bytes[sizeof(struct file_handle) + sizeof(cgroup)];
	} u = { .h = { .handle_bytes = sizeof(cgroup), .handle_type = FILEID_KERNFS } };
	_cleanup_close_ int fd = -1;
	char link[64];
	ssize_t n;

	if (c->v2_fd < 0)
		return -ENOENT;
	memcpy(u.h.f_handle, &cgroup, sizeof(cgroup));
	fd = open_by_handle_at(c->v2_fd, &u.h, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, cap);
	return n < 0 ? -errno : n;
}

static ssize_t text_by_pid(const struct lw_containers *c, uint32_t pid, char *buf, size_t cap)
{
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	char path[96];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%u/cgroup", c->proc, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < cap && (n = read(fd, buf + len, cap - len)) != 0) {
		if (n < 0)
			return -errno;
		len += n;
	}
	return len;
}

struct lw_container lw_containers_find(struct lw_containers *c, uint64_t cgroup, uint32_t pid)
{
	size_t slot = (cgroup * 0x9e3779b97f4a7c15ULL) >> 54;
	struct lw_container found = { .state = LW_CONTAINER_UNKNOWN };
	char buf[CGROUP_TEXT];
	ssize_t n = -ENOENT;

	if (cgroup > 1 && c->cache[slot].cgroup == cgroup)
		return c->cache[slot].found;
	if (cgroup > 1)
		n = path_by_id(c, cgroup, buf, sizeof(buf));
	if (n < 0)
		n = text_by_pid(c, pid, buf, sizeof(buf));
	if (n < 0)
		return found;
	found = lw_container_parse(buf, n);
	if (cgroup > 1) {
		c->cache[slot].cgroup = cgroup;
		c->cache[slot].found = found;
	}
	return found;
}
