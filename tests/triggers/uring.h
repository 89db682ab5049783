/* SPDX-License-Identifier: Apache-2.0 */
#ifndef URING_H
#define URING_H

/* What the ways by io_uring have in common: the files of a way, its ring, the truth of a result. */
#include "ring.h"

static const char *base;
static char path[PATH_MAX / 2], scratch[PATH_MAX / 2];
static int stay;
static struct ring ring;
static char data[64];

static const char *in_scratch(const char *name)
{
	static char buf[PATH_MAX];

	snprintf(buf, sizeof(buf), "%s/%s", scratch, name);
	return buf;
}

static void must(long r, const char *what)
{
	if (r < 0)
		die(what);
}

static void set_up(unsigned int flags)
{
	int r = ring_open(&ring, flags);

	errno = -r;
	must(r, "io_uring_setup");
}

static void set_paths(void)
{
	snprintf(path, sizeof(path), "%s/%s/secret/file", base, current->name);
	snprintf(scratch, sizeof(scratch), "%s/%s/scratch", base, current->name);
}

/* The result of a request as that of a call. */
static long called(int res)
{
	errno = res < 0 ? -res : 0;
	return after(res < 0 ? -1 : res);
}

static void look(int fd)
{
	truth->got = fd >= 0 && read(fd, data, sizeof(data)) > 0;
}

#endif
