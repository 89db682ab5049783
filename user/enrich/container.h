/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_CONTAINER_H
#define LW_ENRICH_CONTAINER_H

/* Which container a process is in: from the path of its cgroup, never from what it can write. */

#include <stddef.h>
#include <stdint.h>

enum lw_container_state {
	LW_CONTAINER_UNKNOWN = 0, /* the path could not be learned */
	LW_CONTAINER_NONE,	  /* the path names no container */
	LW_CONTAINER_FOUND,
};

struct lw_container {
	enum lw_container_state state;
	const char *
		runtime; /* "docker", "containerd", "cri-o", "podman"; NULL: not told by the path */
	char id[65];	 /* 64 hex digits and NUL */
};

/**
 * lw_container_parse() - find a container in one cgroup path or in the text of /proc/PID/cgroup.
 * @text: any bytes
 * @len: bytes
 *
 * A container is a path component that ends in 64 hex digits, alone or after "<runtime>-" (or ':'),
 * with ".scope" or without: what docker, containerd, CRI-O, podman and Kubernetes' kubepods make.
 * The innermost one counts. CRI-O's and podman's conmon is a host process beside the container and
 * does not count.
 */
struct lw_container lw_container_parse(const char *text, size_t len);

struct lw_containers;

/**
 * lw_containers_new() - resolver with a cache by cgroup id.
 * @proc: where procfs is, normally "/proc"
 * @ret: free with lw_containers_free()
 *
 * Return: 0, -ENOMEM. Without a cgroup v2 hierarchy it works from procfs alone.
 */
int lw_containers_new(const char *proc, struct lw_containers **ret);
void lw_containers_free(struct lw_containers *c);

/**
 * lw_containers_find() - the container of a process.
 * @c: resolver
 * @cgroup: id in the v2 hierarchy; 0 and 1 (the root) tell no container and are not cached
 * @pid: process to ask procfs about where the id does not help; it may be gone
 */
struct lw_container lw_containers_find(struct lw_containers *c, uint64_t cgroup, uint32_t pid);

#endif
