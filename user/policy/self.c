// SPDX-License-Identifier: Apache-2.0
/*
 * The monitor's own process, files and socket, forbidden to every loader: rules in front of those
 * of the file, so that no policy can allow what they forbid.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lw_kinds.h"
#include "policy/parse.h"

#define BPF_OBJ_PIN	      6
#define BPF_OBJ_GET	      7
#define BPF_PROG_DETACH	      9
#define BPF_PROG_GET_FD_BY_ID 13
#define BPF_MAP_GET_FD_BY_ID  14
#define BPF_LINK_GET_FD_BY_ID 30
#define BPF_LINK_DETACH	      34

static struct lw_src *add_rule(struct lw_doc *doc, const char *id, __u64 on, const char *reason)
{
	struct lw_src *s = lw_src_new(doc, NULL);

	if (!s)
		return NULL;
	s->id = id;
	s->reason = reason;
	s->action = LW_KILL;
	s->severity = LW_SEV_CRITICAL;
	s->rule.on = on;
	s->builtin = true;
	return s;
}

/* @path as a glob that matches it alone, and @tail behind it. */
static void add_path(struct lw_doc *doc, struct lw_src *s, const char *path, const char *tail)
{
	char glob[LW_GLOB_MAX + 1];
	size_t n = 0;

	for (; *path; path++) {
		if (n + strlen(tail) + 3 > sizeof(glob)) {
			lw_doc_warn(doc, NULL, "use a shorter path",
				    "%s: a path of the monitor is too long to be protected", s->id);
			return;
		}
		if (strchr("*?[]{},\\", *path))
			glob[n++] = '\\';
		glob[n++] = *path;
	}
	strcpy(glob + n, tail);
	s->has_path = true;
	lw_glob_add(doc, NULL, glob, s - doc->src, false);
}

/* Operations that the rule is for. */
static void add_range(struct lw_doc *doc, struct lw_src *s, __u16 lo, __u16 hi)
{
	size_t cap = s->n_ports;
	struct lw_ports *slot;

	slot = lw_grow(doc, (void **)&s->ports, &s->n_ports, &cap, sizeof(*slot));
	if (slot)
		*slot = (struct lw_ports){ .lo = lo, .hi = hi };
}

/* The path that the kernel will see, also of what does not exist yet. */
static char *resolve(const char *path)
{
	_cleanup_free_ char *copy = NULL, *dir = NULL;
	char *real = realpath(path, NULL), *slash;

	if (real)
		return real;
	copy = strdup(path);
	if (!copy)
		return NULL;
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	dir = realpath(slash ? (*copy ? copy : "/") : ".", NULL);
	if (!dir ||
	    asprintf(&real, "%s/%s", strcmp(dir, "/") ? dir : "", slash ? slash + 1 : path) < 0)
		return NULL;
	return real;
}

/* A directory and all that is in it: the log, and the pins. @kinds: what else may be done to it. */
static void protect_dir(struct lw_doc *doc, const char *id, const char *dir, __u64 kinds,
			const char *reason, const char *above)
{
	_cleanup_free_ char *real = resolve(dir);
	struct lw_src *s;
	char *slash;

	if (!real)
		return;
	s = add_rule(doc, id, LW_ON(LW_FILE_OPEN) | LW_ON_CHANGE | LW_ON(LW_MOUNT_ATTACH) | kinds,
		     reason);
	if (!s)
		return;
	add_path(doc, s, real, "");
	add_path(doc, s, real, "/**");
	/* Renaming a directory above it, or mounting over that, hides it as well. */
	s = add_rule(doc, id, LW_ON(LW_FILE_RENAME) | LW_ON(LW_MOUNT_ATTACH) | kinds, above);
	while (s && (slash = strrchr(real, '/')) && slash != real) {
		*slash = '\0';
		add_path(doc, s, real, "");
	}
	if (s && !s->has_path)
		s->broken = true;
}

/* Reading or executing them is harmless. */
static void protect_file(struct lw_doc *doc, const char *id, const char *path, const char *reason)
{
	_cleanup_free_ char *real = resolve(path);
	struct lw_src *s;

	if (!real)
		return;
	s = add_rule(doc, id, LW_ON(LW_FILE_OPEN), reason);
	if (s) {
		s->rule.access = LW_ACC_WRITE | LW_ACC_CREATE | LW_ACC_TRUNC;
		add_path(doc, s, real, "");
	}
	s = add_rule(doc, id, LW_ON_CHANGE | LW_ON(LW_MOUNT_ATTACH), reason);
	if (s)
		add_path(doc, s, real, "");
}

static void protect_socket(struct lw_doc *doc, const char *path)
{
	_cleanup_free_ char *real = resolve(path);
	struct lw_src *s = real ? add_rule(doc, "self:socket",
					   LW_ON(LW_NET_CONNECT) | LW_ON(LW_NET_SEND) |
						   LW_ON_CHANGE | LW_ON(LW_MOUNT_ATTACH),
					   "the monitor's own control socket")
				: NULL;

	if (s)
		add_path(doc, s, real, "");
}

static void protect_process(struct lw_doc *doc, int pid)
{
	static const char secrets[] =
		"/{,task/*/"
		"}{mem,environ,maps,smaps,smaps_rollup,numa_maps,pagemap,auxv,stack,syscall,"
		"clear_refs,oom_score_adj,oom_adj,fd/**,fdinfo/**,map_files/**,attr/**}";
	static const char reason[] = "the monitor itself";
	struct lw_src *s = add_rule(
		doc, "self:process",
		(LW_ON_OTHER_PROC & ~LW_ON(LW_PROCESS_SIGNAL)) | LW_ON(LW_CGROUP_MOVE), reason);
	char dir[32];

	if (s)
		s->rule.cond = LW_COND_MONITOR;
	/* Not signal 0, which asks whether it still runs. */
	s = add_rule(doc, "self:process", LW_ON(LW_PROCESS_SIGNAL), reason);
	if (s) {
		s->rule.cond = LW_COND_MONITOR;
		add_range(doc, s, 1, 65535);
	}
	s = add_rule(doc, "self:process", LW_ON(LW_FILE_OPEN), "memory and files of the monitor");
	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	if (s)
		add_path(doc, s, dir, secrets);
}

/* A loader that takes or removes somebody's programs and maps can only mean a monitor's. */
static void protect_bpf(struct lw_doc *doc)
{
	static const __u16 commands[] = { BPF_PROG_DETACH, BPF_PROG_GET_FD_BY_ID,
					  BPF_MAP_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID,
					  BPF_LINK_DETACH };
	struct lw_src *s = add_rule(doc, "self:bpf", LW_ON(LW_KERNEL_BPF),
				    "programs and maps that others have loaded");

	for (size_t i = 0; s && i < LW_COUNT(commands); i++)
		add_range(doc, s, commands[i], commands[i]);
}

/* Who pins objects, or takes pinned ones: nobody that loads a model, but who attacks them. */
static void protect_pins(struct lw_doc *doc, const char *dir)
{
	struct lw_src *s;

	protect_dir(doc, "self:pins", dir, LW_ON(LW_MOUNT_DETACH), "the monitor's pinned programs",
		    "a directory above the monitor's pinned programs");
	s = add_rule(doc, "self:pins", LW_ON(LW_KERNEL_BPF), "programs and maps that are pinned");
	if (s)
		add_range(doc, s, BPF_OBJ_PIN, BPF_OBJ_GET);
}

void lw_self_rules(struct lw_doc *doc, const struct lw_policy_self *self)
{
	if (self->log)
		protect_dir(doc, "self:log", self->log, 0, "the monitor's own log",
			    "a directory above the monitor's own log");
	if (self->policy)
		protect_file(doc, "self:policy", self->policy, "the policy of the monitor");
	if (self->binary)
		protect_file(doc, "self:binary", self->binary, "the monitor's program");
	if (self->pins)
		protect_pins(doc, self->pins);
	if (self->socket)
		protect_socket(doc, self->socket);
	if (self->pid)
		protect_process(doc, self->pid);
	protect_bpf(doc);
}
