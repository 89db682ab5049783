// SPDX-License-Identifier: Apache-2.0
/* What opens of loaders and the reader's answers come to. What they mean is in model_set.c. */
#include "enrich/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "enrich/model_reader.h"
#include "enrich/model_set.h"
#include "lw_events.h"
#include "lw_image.h"
#include "lw_limits.h"

struct lw_models {
	struct lw_loaders *loaders;
	struct lw_model_reader *reader;
	bool stuck; /* the reader has not answered in time: nobody waits for it until it does */
};

int lw_models_new(struct lw_loaders *loaders, struct lw_models **ret)
{
	struct lw_models *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->loaders = loaders;
	err = lw_model_reader_new(&t->reader);
	if (err) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void lw_models_free(struct lw_models *t)
{
	if (!t)
		return;
	lw_model_reader_free(t->reader);
	free(t);
}

int lw_models_fd(const struct lw_models *t)
{
	return lw_model_reader_fd(t->reader);
}

static struct lw_model_set *set_of(const struct lw_models *t, uint64_t tag)
{
	const struct lw_loader *l = lw_loaders_find(t->loaders, tag);

	return l ? l->models : NULL;
}

static struct lw_model_env *find_env(struct lw_model_set *set, uint32_t pid, uint64_t start)
{
	for (size_t i = 0; i < LW_MODEL_ENVS; i++)
		if (set->envs[i].pid == pid && set->envs[i].start == start)
			return &set->envs[i];
	return NULL;
}

/*
 * The layout of the path that was written tells the revision, where the file itself is a blob; but
 * where both name a repository it is the file's.
 */
static void look(const struct lw_ev *ev, const struct lw_model_roots *roots, struct lw_opened *ret)
{
	struct lw_span name = lw_ev_str(ev, LW_STR_NAME);
	struct lw_layout real;
	bool found;

	*ret = (struct lw_opened){ .path = lw_ev_str(ev, LW_STR_PATH),
				   .write = ev->file.access & LW_ACC_WRITE,
				   .strong = ev->file.artefact & LW_ARTEFACT_STRONG };
	found = lw_layout_parse(ret->path.s, ret->path.len, roots, &real);
	if (lw_layout_parse(name.s, name.len, roots, &ret->at) &&
	    (!found || !*real.repo || strcmp(ret->at.repo, real.repo) == 0))
		return;
	ret->at = real;
}

static struct lw_model_ask *ask_new(const struct lw_ev *ev, struct lw_span path, unsigned int want)
{
	struct lw_model_ask *ask = lw_model_ask_new(path.s, path.len);

	if (!ask)
		return NULL;
	ask->tag = ev->tag;
	ask->want = want;
	ask->pid = ev->pid;
	ask->start = ev->start;
	ask->uid = ev->uid;
	ask->gid = ev->gid;
	ask->ino = ev->file.ino;
	ask->dev = ev->file.dev;
	return ask;
}

/* Return: 0 or -errno; the question is gone then. */
static int ask_reader(struct lw_models *t, struct lw_model_set *set, struct lw_model_ask *ask)
{
	int err = ask ? lw_model_reader_ask(t->reader, ask) : -ENOMEM;

	if (err)
		free(ask);
	else
		set->asked++;
	return err;
}

/* What only the file that was opened, or one beside it, can tell of its model. */
static void ask_file(struct lw_models *t, struct lw_model_set *set, const struct lw_ev *ev,
		     const struct lw_opened *o)
{
	struct lw_model *m = set->opened;
	struct lw_model_ask *ask;
	unsigned int want = 0;
	size_t dir = 0;
	int err;

	if (!m)
		return;
	if (!lw_model_is_description(m->file))
		want |= LW_WANT_FORMAT;
	if (m->hub == LW_HUB_LOCAL && o->at.part == LW_PART_NONE)
		want |= LW_WANT_DIR;
	if ((m->hub == LW_HUB_MODELSCOPE || m->hub == LW_HUB_OPENCSG) && !m->revision && m->dirs[0])
		dir = lw_model_prefix(m->dirs[0], o->path);
	if (dir)
		want |= LW_WANT_VERSION;
	ask = want ? ask_new(ev, o->path, want) : NULL;
	if (ask) {
		ask->model = m->id;
		ask->file = m->files;
		ask->dir = dir;
		ask->source = lw_model_is_source(m->file);
	}
	err = want ? ask_reader(t, set, ask) : 0;
	m->pending = want && !err;
	m->missing = err;
}

static bool take_open(struct lw_models *t, struct lw_model_set *set, const struct lw_ev *ev,
		      const struct lw_model_roots *roots)
{
	struct lw_opened o;
	bool news;

	look(ev, roots, &o);
	news = lw_model_set_open(set, &o);
	ask_file(t, set, ev, &o);
	set->strong += o.strong;
	return news || o.strong;
}

/* Opens whose process's environment is known by now; @all: and those of which it is not. */
static bool take_waiting(struct lw_models *t, struct lw_model_set *set, bool all)
{
	bool news = false;

	while (set->waiting) {
		struct lw_model_waiting *w = set->waiting;
		const struct lw_model_env *env = find_env(set, w->ev->pid, w->ev->start);

		if (env && !env->known && !all)
			break;
		set->waiting = w->next;
		set->n_waiting--;
		news |= take_open(t, set, w->ev, env ? &env->roots : NULL);
		free(w->ev);
		free(w);
	}
	return news;
}

static int wait_env(struct lw_model_set *set, const struct lw_ev *ev)
{
	struct lw_model_waiting *w;

	if (set->n_waiting == LW_MODEL_WAITING)
		return -EAGAIN;
	w = calloc(1, sizeof(*w));
	if (w)
		w->ev = malloc(ev->size);
	if (!w || !w->ev) {
		free(w);
		return -ENOMEM;
	}
	memcpy(w->ev, ev, ev->size);
	if (!set->waiting)
		set->waiting_end = &set->waiting;
	*set->waiting_end = w;
	set->waiting_end = &w->next;
	set->n_waiting++;
	return 0;
}

static struct lw_model_env *enter_env(struct lw_models *t, struct lw_model_set *set,
				      const struct lw_ev *ev)
{
	struct lw_model_env *env = find_env(set, ev->pid, ev->start);

	if (env)
		return env;
	env = &set->envs[set->next_env++ % LW_MODEL_ENVS];
	*env = (struct lw_model_env){ .pid = ev->pid, .start = ev->start };
	env->known = ask_reader(t, set, ask_new(ev, (struct lw_span){}, LW_WANT_ENV)) < 0;
	return env;
}

bool lw_models_open(struct lw_models *t, const struct lw_ev *ev)
{
	struct lw_loader *l = lw_loaders_enter(t->loaders, ev->tag);
	struct lw_model_set *set = l ? l->models : NULL;
	struct lw_model_env *env;
	bool news = false;

	if (l && !set)
		set = l->models = calloc(1, sizeof(*set));
	if (!set || !ev->str[LW_STR_PATH].len)
		return false;
	env = enter_env(t, set, ev);
	/* In their order: what was opened first may tell what the next one is of. */
	if ((set->waiting || !env->known) && wait_env(set, ev) == 0)
		return false;
	if (set->waiting)
		news = take_waiting(t, set, true);
	return take_open(t, set, ev, &env->roots) || news;
}

void lw_models_exec(struct lw_models *t, const struct lw_ev *ev)
{
	struct lw_model_set *set = set_of(t, ev->tag);
	struct lw_model_env *env = set ? find_env(set, ev->pid, ev->start) : NULL;

	if (env && env->known)
		*env = (struct lw_model_env){};
}

static void take_file(struct lw_model_set *set, const struct lw_model_ask *ask)
{
	struct lw_model *m = lw_model_set_find(set, ask->model);

	if (!m)
		return;
	if (ask->want & LW_WANT_FORMAT && !ask->error)
		m->formats |= 1U << ask->format;
	if (ask->want & LW_WANT_FORMAT && ask->error)
		m->unread = true;
	if (m->files == ask->file) {
		m->format = ask->error ? LW_FORMAT_UNKNOWN : ask->format;
		m->missing = ask->error;
		m->pending = false;
	}
	if (ask->nearest)
		lw_model_set_move(set, m, (struct lw_span){ ask->path, ask->nearest });
	if (*ask->revision)
		lw_model_revised(m, (struct lw_span){ ask->revision, strlen(ask->revision) });
}

/* Return: the loader that it is news of; 0: of none. */
static uint64_t take_answer(struct lw_models *t, const struct lw_model_ask *ask)
{
	struct lw_model_set *set = set_of(t, ask->tag);
	struct lw_model_env *env;

	t->stuck = false;
	if (!set || !set->asked)
		return 0;
	set->asked--;
	if (!(ask->want & LW_WANT_ENV)) {
		take_file(set, ask);
		return ask->tag;
	}
	env = find_env(set, ask->pid, ask->start);
	if (env) {
		env->roots = ask->roots;
		env->known = true;
	}
	return take_waiting(t, set, false) ? ask->tag : 0;
}

void lw_models_take(struct lw_models *t, void (*fn)(uint64_t tag, void *arg), void *arg)
{
	struct lw_model_ask *ask;

	while ((ask = lw_model_reader_take(t->reader, 0))) {
		uint64_t tag = take_answer(t, ask);

		if (tag && fn)
			fn(tag, arg);
		free(ask);
	}
}

bool lw_models_wait(struct lw_models *t, uint64_t tag, int wait_ms)
{
	struct lw_model_set *set = set_of(t, tag);
	int64_t end = lw_stamp_now() + wait_ms * 1000000LL, left = wait_ms;
	bool news = false;

	while (set && set->asked && !t->stuck && left > 0) {
		struct lw_model_ask *ask = lw_model_reader_take(t->reader, left);

		if (ask)
			news |= take_answer(t, ask) != 0;
		else
			t->stuck = true;
		free(ask);
		left = (end - (int64_t)lw_stamp_now()) / 1000000;
	}
	if (set && set->waiting)
		news |= take_waiting(t, set, true);
	return news;
}

const struct lw_model *lw_models_current(const struct lw_models *t, uint64_t tag)
{
	const struct lw_model_set *set = set_of(t, tag);

	return set ? set->current : NULL;
}

size_t lw_models_list(const struct lw_models *t, uint64_t tag,
		      const struct lw_model *ret[LW_MODELS_MAX])
{
	const struct lw_model_set *set = set_of(t, tag);

	for (size_t i = 0; set && i < set->n; i++)
		ret[i] = &set->models[i];
	return set ? set->n : 0;
}

uint32_t lw_models_seen(const struct lw_models *t, uint64_t tag, bool *ret_all)
{
	const struct lw_model_set *set = set_of(t, tag);

	*ret_all = set && !set->given_up;
	return set ? set->strong : 0;
}

bool lw_models_owns(const struct lw_models *t, uint64_t tag, const char *path, size_t len)
{
	const struct lw_model_set *set = set_of(t, tag);

	return set && lw_model_set_owns(set, path, len);
}
