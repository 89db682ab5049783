// SPDX-License-Identifier: Apache-2.0
/* The models of one loader, as the files that it opens tell of them. */
#include "enrich/model_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lw_events.h"

static void forget(struct lw_model *m)
{
	free(m->repo);
	free(m->revision);
	free(m->file);
	for (size_t i = 0; i < LW_MODEL_DIRS; i++)
		free(m->dirs[i]);
	*m = (struct lw_model){};
}

void lw_model_set_free(struct lw_model_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		forget(&set->models[i]);
	for (size_t i = 0; i < set->n_hints; i++)
		free(set->hints[i]);
	while (set->waiting) {
		struct lw_model_waiting *w = set->waiting;

		set->waiting = w->next;
		free(w->ev);
		free(w);
	}
	free(set->source);
	free(set);
}

/* Return: true when *@to is another text now. */
static bool set_text(char **to, const char *s, size_t len)
{
	char *copy;

	if (*to && strlen(*to) == len && memcmp(*to, s, len) == 0)
		return false;
	copy = strndup(s, len);
	if (!copy)
		return false;
	free(*to);
	*to = copy;
	return true;
}

static bool is_below(const char *dir, const char *path, size_t len)
{
	size_t n = strlen(dir);

	return len > n && memcmp(path, dir, n) == 0 && path[n] == '/';
}

static struct lw_span parent_of(struct lw_span path)
{
	const char *slash = memrchr(path.s, '/', path.len);

	return (struct lw_span){ path.s, slash ? (size_t)(slash - path.s) : 0 };
}

static struct lw_span name_of(struct lw_span path)
{
	size_t dir = parent_of(path).len;

	return (struct lw_span){ path.s + dir + 1, path.len > dir ? path.len - dir - 1 : 0 };
}

static bool has_suffix(struct lw_span name, const char *suffix)
{
	size_t n = strlen(suffix);

	return name.len >= n && memcmp(name.s + name.len - n, suffix, n) == 0;
}

static bool is_source(struct lw_span name)
{
	return has_suffix(name, ".py") || has_suffix(name, ".pyc");
}

/* What describes a model or its files: what is read of it is not what is loaded. */
static bool is_description(struct lw_span name)
{
	static const char *const suffixes[] = { ".json", ".txt", ".md",	   ".jinja",
						".yaml", ".yml", ".model", ".lock" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (has_suffix(name, suffixes[i]))
			return true;
	return false;
}

/* The one that was loaded first makes room. */
static struct lw_model *append(struct lw_model_set *set, enum lw_hub hub)
{
	struct lw_model *m;

	if (set->n == LW_MODELS_MAX) {
		forget(&set->models[0]);
		memmove(set->models, set->models + 1, (set->n - 1) * sizeof(*set->models));
		if (set->current)
			set->current = set->current > set->models ? set->current - 1 : NULL;
		set->opened = NULL;
		set->n--;
		set->given_up = true;
	}
	m = &set->models[set->n++];
	*m = (struct lw_model){ .hub = hub, .id = ++set->ids };
	return m;
}

static bool same(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* The newest model of a repository, with this revision or with one that is not known yet. */
static struct lw_model *find_repo(struct lw_model_set *set, const struct lw_layout *at)
{
	for (size_t i = set->n; i-- > 0;) {
		struct lw_model *m = &set->models[i];

		if (m->hub != at->hub || !same(m->repo, at->repo))
			continue;
		if (!*at->revision || !m->revision || same(m->revision, at->revision))
			return m;
	}
	return NULL;
}

static struct lw_model *find_dir(struct lw_model_set *set, struct lw_span dir)
{
	for (size_t i = set->n; i-- > 0;)
		for (size_t k = 0; k < LW_MODEL_DIRS && set->models[i].dirs[k]; k++)
			if (strlen(set->models[i].dirs[k]) == dir.len &&
			    memcmp(set->models[i].dirs[k], dir.s, dir.len) == 0)
				return &set->models[i];
	return NULL;
}

/* The first directory stays; of the others the oldest makes room. */
static bool add_dir(struct lw_model *m, struct lw_span dir)
{
	size_t k;

	if (!dir.len)
		return false;
	for (k = 0; k < LW_MODEL_DIRS && m->dirs[k]; k++)
		if (strlen(m->dirs[k]) == dir.len && memcmp(m->dirs[k], dir.s, dir.len) == 0)
			return false;
	if (k == LW_MODEL_DIRS) {
		free(m->dirs[1]);
		memmove(m->dirs + 1, m->dirs + 2, (LW_MODEL_DIRS - 2) * sizeof(*m->dirs));
		m->dirs[--k] = NULL;
	}
	return set_text(&m->dirs[k], dir.s, dir.len);
}

/* Whether the revision of a model can be another one the next time, as far as it can be told. */
static enum lw_pinned judge_revision(const struct lw_model *m)
{
	bool commit = m->revision && lw_model_is_commit(m->revision, strlen(m->revision));

	if (m->moving || m->hub == LW_HUB_OPENCSG || same(m->revision, "main") ||
	    same(m->revision, "master"))
		return LW_NOT_PINNED;
	if (commit)
		return LW_PINNED;
	/* The cache of Hugging Face has commits only; elsewhere a tag may be a branch. */
	return m->hub == LW_HUB_HUGGINGFACE && m->revision ? LW_NOT_PINNED : LW_PIN_UNKNOWN;
}

/* A name of a revision was looked up or written: no load of that repository is pinned. */
static bool note_ref(struct lw_model_set *set, const struct lw_layout *at)
{
	bool news = false;

	for (size_t i = 0; i < set->n; i++) {
		struct lw_model *m = &set->models[i];

		if (m->hub != at->hub || !same(m->repo, at->repo) || m->moving)
			continue;
		m->moving = news = true;
		m->pinned = LW_NOT_PINNED;
	}
	return news;
}

/* Its entry, made where there is none, with what the layout tells of it. */
static struct lw_model *enter_repo(struct lw_model_set *set, const struct lw_layout *at, bool *news)
{
	struct lw_model *m = find_repo(set, at), *other;

	if (!m) {
		struct lw_layout any = *at;

		any.revision[0] = '\0';
		other = find_repo(set, &any);
		m = append(set, at->hub);
		set_text(&m->repo, at->repo, strlen(at->repo));
		m->moving = other && other->moving;
		*news = true;
	}
	if (*at->revision)
		*news |= set_text(&m->revision, at->revision, strlen(at->revision));
	m->pinned = judge_revision(m);
	*news |= add_dir(m, at->dir);
	return m;
}

/* A file of torch.hub's checkpoints is the current model's, where that is one of torch.hub. */
static struct lw_model *enter_checkpoint(struct lw_model_set *set, bool *news)
{
	if (set->current && set->current->hub == LW_HUB_PYTORCH)
		return set->current;
	*news = true;
	return append(set, LW_HUB_PYTORCH);
}

/* A repository that its hub's client was told to put into @dir, which then ends in OWNER/NAME. */
static struct lw_model *find_put(struct lw_model_set *set, struct lw_span dir)
{
	for (size_t i = set->n; i-- > 0;) {
		struct lw_model *m = &set->models[i];
		size_t n = m->repo ? strlen(m->repo) : 0;

		if ((m->hub == LW_HUB_MODELSCOPE || m->hub == LW_HUB_OPENCSG) && n && dir.len > n &&
		    dir.s[dir.len - n - 1] == '/' && has_suffix(dir, m->repo))
			return m;
	}
	return NULL;
}

/* A model in a directory of its own. */
static struct lw_model *enter_dir(struct lw_model_set *set, enum lw_hub hub, struct lw_span dir,
				  bool *news)
{
	struct lw_model *m = find_dir(set, dir);

	if (m)
		return m;
	*news = true;
	m = find_put(set, dir);
	if (m) {
		add_dir(m, dir);
		return m;
	}
	m = append(set, hub);
	set_text(&m->repo, dir.s, dir.len);
	add_dir(m, dir);
	return m;
}

/* Does transformers call the code copies of what lies in @dir so? */
static bool is_copy_of(const char *dir, const char *module)
{
	const char *base = strrchr(dir, '/');
	char name[LW_MODEL_REPO];

	base = base ? base + 1 : dir;
	return strcmp(base, module) == 0 ||
	       (lw_model_module_name(base, strlen(base), name, sizeof(name)) &&
		strcmp(name, module) == 0);
}

/* Code copies of a model in a directory: whose last name is all that they tell. */
static struct lw_model *enter_copy(struct lw_model_set *set, const struct lw_layout *at, bool *news)
{
	struct lw_model *m = find_dir(set, at->dir);

	for (size_t i = set->n; !m && i-- > 0;)
		for (size_t k = 0; k < LW_MODEL_DIRS && set->models[i].dirs[k]; k++)
			if (set->models[i].hub != LW_HUB_HUGGINGFACE &&
			    is_copy_of(set->models[i].dirs[k], at->repo))
				m = &set->models[i];
	for (size_t i = set->n_hints; !m && i-- > 0;) {
		struct lw_span dir = { set->hints[i], strlen(set->hints[i]) };

		if (is_copy_of(set->hints[i], at->repo))
			m = enter_dir(set, LW_HUB_LOCAL, dir, news);
	}
	if (!m)
		return enter_dir(set, LW_HUB_LOCAL, at->dir, news);
	*news |= add_dir(m, at->dir);
	return m;
}

static void add_hint(struct lw_model_set *set, struct lw_span dir)
{
	char *copy;

	for (size_t i = 0; i < set->n_hints; i++)
		if (strlen(set->hints[i]) == dir.len && !memcmp(set->hints[i], dir.s, dir.len))
			return;
	copy = strndup(dir.s, dir.len);
	if (!copy)
		return;
	if (set->n_hints == LW_MODEL_HINTS) {
		free(set->hints[0]);
		memmove(set->hints, set->hints + 1, (LW_MODEL_HINTS - 1) * sizeof(*set->hints));
		set->n_hints--;
	}
	set->hints[set->n_hints++] = copy;
}

/* The nearest directory above a file in which a description of a model was read. */
static struct lw_span nearest(const struct lw_model_set *set, struct lw_span path)
{
	struct lw_span dir = parent_of(path);

	for (size_t up = 0; up < 4 && dir.len; up++, dir = parent_of(dir))
		for (size_t i = 0; i < set->n_hints; i++)
			if (strlen(set->hints[i]) == dir.len &&
			    memcmp(set->hints[i], dir.s, dir.len) == 0)
				return dir;
	return parent_of(path);
}

/*
 * MMEngine copies a configuration to a file of tempfile's before it executes it: what was read
 * before is a configuration. Those that it is based on belong to it.
 */
static struct lw_model *enter_config(struct lw_model_set *set, bool *news)
{
	struct lw_span source = { set->source, strlen(set->source) }, dir = parent_of(source);
	struct lw_model *m = set->current;

	if (m && m->hub == LW_HUB_OPENMMLAB && memmem(dir.s, dir.len, "/_base_", 7)) {
		*news |= add_dir(m, dir);
		return m;
	}
	return enter_dir(set, LW_HUB_OPENMMLAB, dir, news);
}

static bool set_file(struct lw_model_set *set, struct lw_model *m, struct lw_span file)
{
	if (!file.len || (is_description(file) && m->file) || !set_text(&m->file, file.s, file.len))
		return false;
	m->format = LW_FORMAT_UNKNOWN;
	m->missing = 0;
	m->files++;
	set->opened = m;
	return true;
}

/* What no layout tells: files beside which a model may lie, and MMEngine's way of reading one. */
static bool open_plain(struct lw_model_set *set, const struct lw_opened *o)
{
	struct lw_span name = name_of(o->path);
	struct lw_model *m;
	bool news = false;

	if (o->strong && !o->write && !is_source(name)) {
		m = enter_dir(set, LW_HUB_LOCAL, nearest(set, o->path), &news);
	} else if (o->strong && !o->write && has_suffix(name, "hubconf.py")) {
		m = enter_dir(set, LW_HUB_LOCAL, parent_of(o->path), &news);
	} else {
		if (!o->write && has_suffix(name, ".json"))
			add_hint(set, parent_of(o->path));
		if (!o->write && has_suffix(name, ".py"))
			set_text(&set->source, o->path.s, o->path.len);
		return false;
	}
	if (m->dirs[0] && is_below(m->dirs[0], o->path.s, o->path.len))
		name = (struct lw_span){ o->path.s + strlen(m->dirs[0]) + 1,
					 o->path.len - strlen(m->dirs[0]) - 1 };
	news |= set_file(set, m, name) | !m->loaded | (set->current != m);
	m->loaded = true;
	set->current = m;
	return news;
}

static bool open_config(struct lw_model_set *set, const struct lw_opened *o)
{
	struct lw_model *m;
	bool news = false;

	if (!o->write || !set->mmengine || !set->source)
		return false;
	m = enter_config(set, &news);
	if (!m->file)
		news |= set_file(set, m,
				 name_of((struct lw_span){ set->source, strlen(set->source) }));
	free(set->source);
	set->source = NULL;
	news |= set->current != m;
	m->loaded = true;
	set->current = m;
	return news;
}

static bool open_part(struct lw_model_set *set, const struct lw_opened *o)
{
	const struct lw_layout *at = &o->at;
	bool news = false, read = !o->write && at->part != LW_PART_REF && at->part != LW_PART_OWN;
	struct lw_model *m;

	if (at->part == LW_PART_COPY)
		m = enter_copy(set, at, &news);
	else if (!*at->repo)
		m = enter_checkpoint(set, &news);
	else
		m = enter_repo(set, at, &news);
	if (at->part == LW_PART_REF)
		news |= note_ref(set, at);
	if (at->part != LW_PART_BLOB && read)
		news |= set_file(set, m, at->file);
	if (read || !set->current) {
		news |= set->current != m || m->loaded != read;
		set->current = m;
		m->loaded |= read;
	}
	return news;
}

bool lw_model_set_open(struct lw_model_set *set, const struct lw_opened *o)
{
	set->opened = NULL;
	switch (o->at.part) {
	case LW_PART_NONE:
		return open_plain(set, o);
	case LW_PART_MMENGINE:
		set->mmengine = true;
		return false;
	case LW_PART_TEMP:
		return open_config(set, o);
	default:
		return open_part(set, o);
	}
}

bool lw_model_is_description(const char *file)
{
	return is_description((struct lw_span){ file, strlen(file) });
}

bool lw_model_is_source(const char *file)
{
	return has_suffix((struct lw_span){ file, strlen(file) }, ".py");
}

size_t lw_model_prefix(const char *dir, struct lw_span path)
{
	return is_below(dir, path.s, path.len) ? strlen(dir) : 0;
}

bool lw_model_set_move(struct lw_model_set *set, struct lw_model *m, struct lw_span dir)
{
	_cleanup_free_ char *file = NULL;
	size_t old = m->dirs[0] ? strlen(m->dirs[0]) : 0;

	if (m->hub != LW_HUB_LOCAL || !m->file || old <= dir.len || find_dir(set, dir) ||
	    memcmp(m->dirs[0], dir.s, dir.len) != 0 || m->dirs[0][dir.len] != '/')
		return false;
	if (asprintf(&file, "%s/%s", m->dirs[0] + dir.len + 1, m->file) < 0)
		return false;
	add_hint(set, dir);
	set_text(&m->file, file, strlen(file));
	set_text(&m->dirs[0], dir.s, dir.len);
	return set_text(&m->repo, dir.s, dir.len);
}

bool lw_model_revised(struct lw_model *m, struct lw_span revision)
{
	bool news = set_text(&m->revision, revision.s, revision.len);

	m->pinned = judge_revision(m);
	return news;
}

bool lw_model_set_owns(const struct lw_model_set *set, const char *path, size_t len)
{
	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < LW_MODEL_DIRS && set->models[i].dirs[k]; k++)
			if (is_below(set->models[i].dirs[k], path, len))
				return true;
	return false;
}

struct lw_model *lw_model_set_find(struct lw_model_set *set, uint32_t id)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->models[i].id == id)
			return &set->models[i];
	return NULL;
}
