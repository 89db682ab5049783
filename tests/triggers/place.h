/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLACE_H
#define PLACE_H

/*
 * For triggers whose ways have a place of their own: way W finds the object BASE/W/object/file and
 * the directory BASE/W/scratch on the same file system, and may leave the file BASE/W/mark.
 */
#include "trigger.h"

#include <sys/mount.h>

static char path[PATH_MAX], scratch[PATH_MAX], mark[PATH_MAX];

static inline void must(long ret, const char *what)
{
	if (ret < 0)
		die(what);
}

/** in_scratch() - a name there; good until eight more were asked for. */
static inline const char *in_scratch(const char *name)
{
	static char buf[8][PATH_MAX + 256];
	static unsigned int n;
	char *p = buf[n++ % 8];

	snprintf(p, sizeof(buf[0]), "%s/%s", scratch, name);
	return p;
}

/** private_mounts() - a mount namespace of our own; with CLONE_NEWUSER a user namespace too. */
static inline void private_mounts(int flags)
{
	must(unshare(flags | CLONE_NEWNS), "unshare");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private");
}

/** long_name() - the object's name in PATH_MAX - 1 bytes. */
static inline const char *long_name(void)
{
	static char name[PATH_MAX];
	size_t len = strlen(path), pad = (PATH_MAX - 1 - len) / 2;

	for (size_t i = 0; i < pad; i++)
		memcpy(name + 2 * i, "/.", 2);
	strcpy(name + 2 * pad, path);
	return name;
}

/** cold() - bytes on a page that no page table holds, and nobody reads before the call itself. */
static inline const void *cold(const void *bytes, size_t len)
{
	int fd = open(in_scratch("cold"), O_RDWR | O_CREAT | O_TRUNC, 0644);
	void *page;

	if (fd < 0 || write(fd, bytes, len) < 0 || ftruncate(fd, 4096) < 0)
		die("cold page");
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED || madvise(page, 4096, MADV_DONTNEED) < 0)
		die("cold page");
	return page;
}

/** run_placed() - run_ways(), each way in its place below @base. */
static inline int run_placed(const struct way *ways, size_t n, char *which, const char *base)
{
	char *save = NULL, *name;
	int r = 0;

	for (name = strtok_r(which, ",", &save); name && !r; name = strtok_r(NULL, ",", &save)) {
		snprintf(path, sizeof(path), "%s/%s/object/file", base, name);
		snprintf(scratch, sizeof(scratch), "%s/%s/scratch", base, name);
		snprintf(mark, sizeof(mark), "%s/%s/mark", base, name);
		r = run_ways(ways, n, name);
	}
	return r;
}

#endif
