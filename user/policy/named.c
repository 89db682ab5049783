// SPDX-License-Identifier: Apache-2.0
/* The files and directories that exist now and that forbidding rules name. */
#include "policy/named.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/fs.h"
#include "policy/dfa.h"

#define NAMED_MAX    65536U /* globs: the rules' own, times homes and braces */
#define EXPAND_NAMED 1024U  /* of them from one with braces */
#define DEPTH_MAX    64U    /* directories, each with an open descriptor */
#define VISITS_EACH  32U    /* entries looked at for each object that may be reported, and */
#define VISITS_MIN   65536U

struct collect {
	struct lw_named *named;
	size_t n, cap;
	bool shallow, denied; /* of the rule at hand */
	bool failed;
};

static void take(const char *glob, void *arg)
{
	struct collect *c = arg;
	char literal[LW_GLOB_MAX + 1];
	struct lw_named *grown;

	lw_glob_literal(glob, literal);
	/* A wildcard at the root would mean to walk everything; /proc changes all the time. */
	if (!strchr(literal + 1, '/') && strpbrk(glob, "*?[{"))
		return;
	if (glob[0] != '/' || strncmp(glob, "/proc/", 6) == 0 || c->n == NAMED_MAX)
		return;
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 64;

		grown = realloc(c->named, cap * sizeof(*grown));
		if (!grown) {
			c->failed = true;
			return;
		}
		c->named = grown;
		c->cap = cap;
	}
	c->named[c->n].shallow = c->shallow;
	c->named[c->n].denied = c->denied;
	c->named[c->n].glob = strdup(glob);
	if (c->named[c->n].glob)
		c->n++;
	else
		c->failed = true;
}

/* The rule alone denies an open for whatever use, or a start. */
static bool denies(const struct lw_src *s)
{
	__u16 both = LW_ACC_READ | LW_ACC_WRITE, access = s->rule.access;

	if (s->action < LW_DENY)
		return false;
	return s->rule.on & LW_ON(LW_PROCESS_EXEC) ||
	       (s->rule.on & LW_ON(LW_FILE_OPEN) && (!access || (access & both) == both));
}

int lw_named_collect(const struct lw_doc *doc, struct lw_named **ret_named, size_t *ret_n)
{
	struct collect c = { 0 };

	for (size_t i = 0; i < doc->n_globs; i++) {
		const struct lw_glob *g = &doc->globs[i];
		const struct lw_src *s = &doc->src[g->src];

		if (g->except || g->domain || s->pseudo || s->action < LW_ALERT)
			continue;
		/*
		 * A second name of a program or a socket says nothing that its rule fears, and
		 * trees like /tmp are large: of such a rule the directories are enough.
		 */
		c.shallow = !(s->rule.on & (LW_ON(LW_FILE_OPEN) | LW_ON_CHANGE));
		c.denied = denies(s);
		if (g->text[0] != '~') {
			lw_glob_expand(g->text, EXPAND_NAMED, take, &c);
			continue;
		}
		for (size_t h = 0; h < doc->n_homes; h++) {
			_cleanup_free_ char *text = NULL;

			if (asprintf(&text, "%s%s", doc->homes[h], g->text + 1) < 0)
				c.failed = true;
			else
				lw_glob_expand(text, EXPAND_NAMED, take, &c);
		}
	}
	if (c.failed) {
		lw_named_free(c.named, c.n);
		return -ENOMEM;
	}
	*ret_named = c.named;
	*ret_n = c.n;
	return 0;
}

void lw_named_free(struct lw_named *named, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(named[i].glob);
	free(named);
}

struct walk {
	const struct lw_policy *policy;
	const struct lw_dfa *dfa; /* of the glob that is walked */
	size_t limit, found, visits;
	bool shallow;
	int (*fn)(const char *path, bool is_dir, __u32 state, void *arg);
	void (*place)(const char *dir, void *arg); /* or NULL */
	void *arg;
	char path[LW_PATH_MAX];
};

static __u32 step(const struct lw_dfa *d, __u32 state, const char *s)
{
	for (; *s; s++)
		state = d->trans[(size_t)state * d->nclasses + d->byte_class[(unsigned char)*s]];
	return state;
}

/* Everything that lies below matches: whatever byte comes, the next state accepts for good. */
static bool is_tail(const struct lw_dfa *d, __u32 state)
{
	__u32 next = d->trans[(size_t)state * d->nclasses];

	for (__u32 c = 0; c < d->nclasses; c++)
		if (d->trans[(size_t)state * d->nclasses + c] != next ||
		    d->trans[(size_t)next * d->nclasses + c] != next)
			return false;
	return next && d->list[next];
}

static __u32 image_state(const struct lw_image *img, const char *path, bool is_dir)
{
	__u32 state = img->hdr.start;

	for (; *path; path++)
		state = lw_dfa_next(img, state, *path);
	return is_dir ? lw_dfa_next(img, state, '/') : state;
}

/* Some rule of the list forbids: the glob's own may be behind one that allows everything. */
static bool forbids(const struct lw_image *img, __u32 state)
{
	for (__u32 i = lw_dfa_list(img, state); img->list[i] != LW_RULE_NONE; i++)
		if (img->rules[img->list[i]].action >= LW_ALERT &&
		    (img->rules[img->list[i]].on & ~LW_ON_TAG))
			return true;
	return false;
}

/*
 * A name that is masked by a link to /dev/null, as systemd does it with units: nothing of what the
 * rule means is there, and everybody opens the device.
 */
static bool is_masked(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static int report(struct walk *w, bool is_dir)
{
	const struct lw_image *img = w->policy->image;
	__u32 state = image_state(img, w->path, is_dir);

	if (is_dir ? !state : !forbids(img, state) || is_masked(w->path))
		return 0;
	if (w->found == w->limit)
		return -E2BIG;
	w->found++;
	return w->fn(w->path, is_dir, state, w->arg);
}

static int walk_dir(struct walk *w, int parent, const char *name, size_t len, __u32 state,
		    unsigned int depth);

/* Views of the kernel: no hard links, and inodes that are made when somebody looks. */
static bool is_pseudo(int fd)
{
	static const long magics[] = { PROC_SUPER_MAGIC,   SYSFS_MAGIC,	     DEBUGFS_MAGIC,
				       TRACEFS_MAGIC,	   SECURITYFS_MAGIC, CGROUP2_SUPER_MAGIC,
				       CGROUP_SUPER_MAGIC, BPF_FS_MAGIC };

	return lw_fs_is_one_of(fd, magics, sizeof(magics) / sizeof(magics[0]));
}

/* One entry of the directory whose path is w->path[0 .. len). */
static int walk_entry(struct walk *w, int dir, const struct dirent *e, size_t len, __u32 state,
		      unsigned int depth)
{
	size_t n = strlen(e->d_name);
	bool is_dir = e->d_type == DT_DIR;
	struct stat st;
	int err = 0;

	if (++w->visits > VISITS_MIN + VISITS_EACH * w->limit)
		return -E2BIG;
	state = step(w->dfa, state, e->d_name);
	if (!state || len + 1 + n >= sizeof(w->path))
		return 0;
	if (e->d_type == DT_UNKNOWN && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		is_dir = S_ISDIR(st.st_mode);
	w->path[len] = '/';
	memcpy(w->path + len + 1, e->d_name, n + 1);
	if (!is_dir)
		return w->dfa->list[state] ? report(w, false) : 0;
	state = step(w->dfa, state, "/");
	if (state && depth < DEPTH_MAX)
		err = walk_dir(w, dir, e->d_name, len + 1 + n, state, depth + 1);
	return err;
}

/* @state: after the directory's '/'. */
static int walk_dir(struct walk *w, int parent, const char *name, size_t len, __u32 state,
		    unsigned int depth)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *e;
	int fd, err = 0;

	w->path[len] = '\0';
	if (is_tail(w->dfa, state)) {
		err = report(w, true);
		if (err || w->shallow)
			return err;
	}
	/* The literal part may lead through symlinks; below it none is followed. */
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
	if (fd < 0)
		return 0; /* gone, or not ours to read: the others go on */
	if (is_pseudo(fd)) {
		close(fd);
		return 0;
	}
	if (w->place)
		w->place(w->path, w->arg);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			err = walk_entry(w, dirfd(dir), e, len, state, depth);
	}
	w->path[len] = '\0';
	return err;
}

static int one_list(void *arg, const __u32 *src, size_t n)
{
	(void)arg;
	(void)src;
	return n != 0;
}

static int compile_one(const char *glob, struct lw_dfa *ret_dfa)
{
	static const __u64 kinds[1] = { 1 };
	struct lw_nfa nfa;
	struct lw_dfa_env env = {
		.nfa = &nfa, .kinds = kinds, .skip = LW_NFA_NONE, .list = one_list
	};
	struct lw_glob_end end = { LW_NFA_NONE, LW_NFA_NONE };
	__u32 entry;
	int err = lw_nfa_init(&nfa);

	if (!err)
		err = lw_glob_build(&nfa, glob, (struct lw_nfa_node){ 0 }, &end, &entry);
	if (!err)
		err = lw_nfa_start(&nfa, LW_START_RULES, entry);
	if (!err)
		err = lw_dfa_build(&env, ret_dfa);
	lw_nfa_free(&nfa);
	return err;
}

/* The directory that a name is in, or the deepest one above it that is there. */
static void report_above(struct walk *w, const char *name)
{
	char dir[LW_GLOB_MAX + 1];
	struct stat st;
	char *slash;

	if (!w->place)
		return;
	strcpy(dir, name);
	while ((slash = strrchr(dir, '/'))) {
		*slash = '\0';
		if (lstat(*dir ? dir : "/", &st) == 0)
			break;
	}
	if (slash)
		w->place(*dir ? dir : "/", w->arg);
}

static int walk_glob(struct walk *w, const char *glob)
{
	char literal[LW_GLOB_MAX + 1];
	bool whole = lw_glob_literal(glob, literal);
	struct lw_dfa dfa = { 0 };
	struct stat st;
	int err;

	if (!whole)
		*strrchr(literal, '/') = '\0';
	report_above(w, literal);
	/* Most globs name nothing on a given host: look before anything is compiled. */
	if ((whole ? lstat(literal, &st) : stat(literal, &st)) != 0)
		return 0;
	memcpy(w->path, literal, strlen(literal) + 1);
	if (whole)
		return report(w, S_ISDIR(st.st_mode));
	err = compile_one(glob, &dfa);
	if (err)
		return err == -E2BIG ? 0 : err;
	w->dfa = &dfa;
	err = walk_dir(w, AT_FDCWD, literal, strlen(literal),
		       step(&dfa, step(&dfa, dfa.start[LW_START_RULES], literal), "/"), 0);
	lw_dfa_free(&dfa);
	return err;
}

static int walk(struct walk *w, bool denied)
{
	const struct lw_policy *policy = w->policy;
	int err = 0;

	for (size_t i = 0; i < policy->n_named && !err; i++) {
		if (denied && !policy->named[i].denied)
			continue;
		w->shallow = policy->named[i].shallow;
		err = walk_glob(w, policy->named[i].glob);
	}
	if (err)
		return err;
	return w->found > INT32_MAX ? INT32_MAX : (int)w->found;
}

int lw_policy_walk_named(const struct lw_policy *policy, size_t limit,
			 int (*fn)(const char *path, bool is_dir, __u32 state, void *arg),
			 void *arg)
{
	struct walk w = { .policy = policy, .limit = limit, .fn = fn, .arg = arg };

	return walk(&w, false);
}

int lw_policy_walk_denied(const struct lw_policy *policy, size_t limit,
			  int (*fn)(const char *path, bool is_dir, __u32 state, void *arg),
			  void (*place)(const char *dir, void *arg), void *arg)
{
	struct walk w = { .policy = policy, .limit = limit, .fn = fn, .place = place, .arg = arg };

	return walk(&w, true);
}
