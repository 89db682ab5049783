// SPDX-License-Identifier: Apache-2.0
#include "enrich/model_layout.h"

#include <ctype.h>
#include <string.h>

/* Components of a path that are looked at: no cache lies deeper. */
#define COMPONENTS_MAX 128

struct parts {
	const char *path;
	size_t n;
	struct lw_span at[COMPONENTS_MAX];
	size_t end; /* bytes of the path */
};

static const char *const hubs[] = {
	[LW_HUB_HUGGINGFACE] = "huggingface", [LW_HUB_MODELSCOPE] = "modelscope",
	[LW_HUB_OPENCSG] = "opencsg",	      [LW_HUB_PYTORCH] = "pytorch-hub",
	[LW_HUB_OPENMMLAB] = "openmmlab",     [LW_HUB_LOCAL] = "local",
};

const char *lw_hub_name(enum lw_hub hub)
{
	return hub < LW_HUB_COUNT ? hubs[hub] : NULL;
}

static bool is(struct lw_span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.s, word, s.len) == 0;
}

static bool begins(struct lw_span s, const char *word)
{
	return s.len >= strlen(word) && memcmp(s.s, word, strlen(word)) == 0;
}

static bool ends(struct lw_span s, const char *word)
{
	size_t n = strlen(word);

	return s.len >= n && memcmp(s.s + s.len - n, word, n) == 0;
}

static bool is_hex(struct lw_span s, size_t len)
{
	if (s.len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s.s[i]) && (s.s[i] < 'a' || s.s[i] > 'f'))
			return false;
	return true;
}

bool lw_model_is_commit(const char *s, size_t len)
{
	return is_hex((struct lw_span){ s, len }, 40);
}

bool lw_model_is_id(const char *s, size_t len)
{
	if (!len || len >= LW_MODEL_REVISION || s[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !memchr("-_.", s[i], 3))
			return false;
	return true;
}

static bool is_id(struct lw_span s)
{
	return lw_model_is_id(s.s, s.len);
}

static bool split(const char *path, size_t len, struct parts *ret)
{
	size_t i = 0;

	*ret = (struct parts){ .path = path, .end = len };
	if (!len || path[0] != '/')
		return false;
	while (i < len && ret->n < COMPONENTS_MAX) {
		size_t from;

		while (i < len && path[i] == '/')
			i++;
		for (from = i; i < len && path[i] != '/'; i++)
			;
		if (i > from)
			ret->at[ret->n++] = (struct lw_span){ path + from, i - from };
	}
	return i == len;
}

/* The directory that component @dir is, and what lies in it. */
static void place(const struct parts *p, size_t dir, struct lw_layout *ret)
{
	const char *end = p->at[dir].s + p->at[dir].len;

	ret->dir = (struct lw_span){ p->path, end - p->path };
	if (dir + 1 < p->n)
		ret->file =
			(struct lw_span){ p->at[dir + 1].s, p->path + p->end - p->at[dir + 1].s };
}

static size_t put(char *buf, size_t size, size_t n, struct lw_span s)
{
	if (n + s.len >= size)
		return n;
	memcpy(buf + n, s.s, s.len);
	buf[n + s.len] = '\0';
	return n + s.len;
}

static bool set_repo(struct lw_layout *ret, struct lw_span owner, struct lw_span name)
{
	size_t n = 0;

	if ((owner.len && !is_id(owner)) || !is_id(name))
		return false;
	if (owner.len) {
		n = put(ret->repo, sizeof(ret->repo), n, owner);
		n = put(ret->repo, sizeof(ret->repo), n, (struct lw_span){ "/", 1 });
	}
	put(ret->repo, sizeof(ret->repo), n, name);
	return true;
}

static bool set_revision(struct lw_layout *ret, struct lw_span revision)
{
	if (!is_id(revision))
		return false;
	put(ret->revision, sizeof(ret->revision), 0, revision);
	ret->commit = is_hex(revision, 40);
	return true;
}

/* ORG--NAME, or NAME. */
static bool set_joined(struct lw_layout *ret, struct lw_span joined)
{
	const char *at = memmem(joined.s, joined.len, "--", 2);
	struct lw_span owner = { NULL, 0 };

	if (at) {
		owner = (struct lw_span){ joined.s, at - joined.s };
		joined = (struct lw_span){ at + 2, joined.len - owner.len - 2 };
		if (!owner.len)
			return false;
	}
	return set_repo(ret, owner, joined);
}

/* snapshots/REVISION/FILE, refs/NAME, blobs/HASH: what lies in component @i, a repository. */
static bool set_part(const struct parts *p, size_t i, struct lw_layout *ret)
{
	struct lw_span kind = i + 1 < p->n ? p->at[i + 1] : (struct lw_span){ "", 0 };

	place(p, i, ret);
	if (is(kind, "snapshots") && i + 3 < p->n) {
		ret->part = LW_PART_FILE;
		place(p, i + 2, ret);
		return set_revision(ret, p->at[i + 2]);
	} else if (is(kind, "refs") && i + 2 < p->n) {
		ret->part = LW_PART_REF;
	} else if (is(kind, "blobs") && i + 2 < p->n) {
		ret->part = LW_PART_BLOB;
	} else {
		ret->part = LW_PART_OWN;
	}
	return true;
}

/* models--ORG--NAME/..., wherever the cache lies. */
static bool huggingface(const struct parts *p, size_t i, struct lw_layout *ret)
{
	struct lw_span s = p->at[i];

	if (!begins(s, "models--") || i + 1 >= p->n)
		return false;
	ret->hub = LW_HUB_HUGGINGFACE;
	return set_joined(ret, (struct lw_span){ s.s + 8, s.len - 8 }) && set_part(p, i, ret);
}

/* transformers' name of a module back to that of the repository. */
static struct lw_span plain_name(struct lw_span s, char *buf, size_t size)
{
	static const struct {
		const char *from, *to;
	} marks[] = { { "_dot_", "." }, { "_hyphen_", "-" } };
	size_t i = s.len > 1 && s.s[0] == '_' && isdigit((unsigned char)s.s[1]), n = 0;

	while (i < s.len && n + 1 < size) {
		size_t k;

		for (k = 0; k < 2; k++) {
			struct lw_span rest = { s.s + i, s.len - i };

			if (begins(rest, marks[k].from))
				break;
		}
		buf[n++] = k < 2 ? marks[k].to[0] : s.s[i];
		i += k < 2 ? strlen(marks[k].from) : 1;
	}
	return (struct lw_span){ buf, n };
}

size_t lw_model_module_name(const char *name, size_t len, char *buf, size_t size)
{
	size_t n = 0;

	if (len && isdigit((unsigned char)name[0]) && size)
		buf[n++] = '_';
	for (size_t i = 0; i < len; i++) {
		const char *as = name[i] == '.' ? "_dot_" : name[i] == '-' ? "_hyphen_" : NULL;
		size_t k = as ? strlen(as) : 1;

		if (n + k >= size)
			return 0;
		memcpy(buf + n, as ? as : name + i, k);
		n += k;
	}
	if (n >= size)
		return 0;
	buf[n] = '\0';
	return n;
}

/*
 * transformers_modules/[ORG/]NAME/COMMIT/FILE. Of a model in a directory: NAME[/16 DIGITS]/FILE,
 * with nothing of where it lies.
 */
static bool transformers(const struct parts *p, size_t i, struct lw_layout *ret)
{
	char owner[LW_MODEL_REVISION], name[LW_MODEL_REVISION];
	struct lw_span none = { NULL, 0 };

	if (!is(p->at[i], "transformers_modules"))
		return false;
	ret->hub = LW_HUB_HUGGINGFACE;
	ret->part = LW_PART_CODE;
	for (size_t k = i + 2; k < p->n - 1 && k <= i + 3; k++) {
		if (!is_hex(p->at[k], 40))
			continue;
		if (!set_repo(ret,
			      k == i + 3 ? plain_name(p->at[i + 1], owner, sizeof(owner)) : none,
			      plain_name(p->at[k - 1], name, sizeof(name))))
			return false;
		place(p, k, ret);
		return set_revision(ret, p->at[k]);
	}
	/* The packages on the way there are empty files. */
	if (i + 2 >= p->n || is(p->at[p->n - 1], "__init__.py"))
		return false;
	ret->hub = LW_HUB_LOCAL;
	ret->part = LW_PART_COPY;
	put(ret->repo, sizeof(ret->repo), 0, p->at[i + 1]);
	place(p, i + 3 < p->n && is_hex(p->at[i + 2], 16) ? i + 2 : i + 1, ret);
	return true;
}

/* ModelScope writes the dots of a name as ___. */
static struct lw_span dotted_name(struct lw_span s, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len && n + 1 < size; i++) {
		struct lw_span rest = { s.s + i, s.len - i };

		buf[n++] = begins(rest, "___") ? '.' : s.s[i];
		i += begins(rest, "___") ? 2 : 0;
	}
	return (struct lw_span){ buf, n };
}

/* ORG/NAME/FILE from component @i on. */
static bool owner_and_name(const struct parts *p, size_t i, struct lw_layout *ret)
{
	char name[LW_MODEL_REVISION];
	struct lw_span plain;

	if (i + 2 >= p->n)
		return false;
	plain = ret->hub == LW_HUB_MODELSCOPE ? dotted_name(p->at[i + 1], name, sizeof(name))
					      : p->at[i + 1];
	ret->part = begins(p->at[p->n - 1], ".m") ? LW_PART_OWN : LW_PART_FILE;
	place(p, i + 1, ret);
	return set_repo(ret, p->at[i], plain);
}

/* Below ModelScope's cache: [hub/][models/]ORG/NAME/FILE, or models/ORG--NAME/snapshots/... */
static bool in_modelscope(const struct parts *p, size_t i, struct lw_layout *ret)
{
	bool models;

	ret->hub = LW_HUB_MODELSCOPE;
	if (i < p->n && is(p->at[i], "hub"))
		i++;
	models = i < p->n && is(p->at[i], "models");
	i += models;
	if (models && i + 1 < p->n && memmem(p->at[i].s, p->at[i].len, "--", 2) &&
	    (is(p->at[i + 1], "snapshots") || is(p->at[i + 1], "blobs")))
		return set_joined(ret, p->at[i]) && set_part(p, i, ret);
	if (i < p->n && (is(p->at[i], "datasets") || is(p->at[i], "ast_indexer")))
		return false;
	return owner_and_name(p, i, ret);
}

/*
 * Below torch.hub's directory: OWNER_REPO_REF/FILE, where no owner has a '_' and those of REF stand
 * for '/' too; checkpoints/FILE is of any model.
 */
static bool in_torch(const struct parts *p, size_t i, struct lw_layout *ret)
{
	struct lw_span s, owner, name;
	const char *first, *last;

	ret->hub = LW_HUB_PYTORCH;
	if (i + 1 >= p->n)
		return false;
	s = p->at[i];
	ret->part = LW_PART_FILE;
	place(p, i, ret);
	if (is(s, "checkpoints"))
		return true;
	first = memchr(s.s, '_', s.len);
	last = memrchr(s.s, '_', s.len);
	if (!first || first == last)
		return false;
	owner = (struct lw_span){ s.s, first - s.s };
	name = (struct lw_span){ first + 1, last - first - 1 };
	return owner.len && set_repo(ret, owner, name) &&
	       set_revision(ret, (struct lw_span){ last + 1, s.s + s.len - last - 1 });
}

/* Number of components of a directory that the path begins with; 0: it does not. */
static size_t below(const struct parts *p, const char *root)
{
	size_t n = 0, len = strlen(root);

	if (!len || p->end <= len || memcmp(p->path, root, len) != 0 || p->path[len] != '/')
		return 0;
	while (n < p->n && p->at[n].s < p->path + len)
		n++;
	return n;
}

static bool by_roots(const struct parts *p, const struct lw_model_roots *roots,
		     struct lw_layout *ret)
{
	size_t i;

	i = below(p, roots->torch);
	if (i && in_torch(p, i, ret))
		return true;
	i = below(p, roots->modelscope);
	if (i && in_modelscope(p, i, ret))
		return true;
	i = below(p, roots->opencsg);
	ret->hub = LW_HUB_OPENCSG;
	return i && !is(p->at[i], "temp") && owner_and_name(p, i, ret);
}

/* The layouts that are known by the names of their directories. */
static bool by_names(const struct parts *p, size_t i, struct lw_layout *ret)
{
	struct lw_span s = p->at[i], next = i + 1 < p->n ? p->at[i + 1] : (struct lw_span){ "", 0 };

	if (huggingface(p, i, ret) || transformers(p, i, ret))
		return true;
	if (is(s, "torch") && is(next, "hub"))
		return in_torch(p, i + 2, ret);
	if (is(s, "modelscope") && (is(next, "hub") || is(next, "models")))
		return in_modelscope(p, i + 1, ret);
	/* With its own directory elsewhere, the layout of its newer clients tells it. */
	if (is(s, "models") && memmem(next.s, next.len, "--", 2) && !begins(next, "models--") &&
	    i + 3 < p->n && is(p->at[i + 2], "snapshots"))
		return in_modelscope(p, i, ret);
	ret->hub = LW_HUB_OPENCSG;
	return is(s, "csg") && is(next, "hub") && i + 2 < p->n && !is(p->at[i + 2], "temp") &&
	       owner_and_name(p, i + 2, ret);
}

/* What says nothing of one model: MMEngine's loader, and the copies that it makes. */
static bool mmengine(const struct parts *p, struct lw_layout *ret)
{
	static const char *const files[] = { "config.py", "config.pyc" };
	struct lw_span last = p->at[p->n - 1], dir;
	bool cached;
	size_t i;

	/* tempfile's names: tmp and eight characters. */
	if (p->n >= 2 && begins(last, "tmp") && ends(last, ".py") && last.len == 14 &&
	    begins(p->at[p->n - 2], "tmp") && p->at[p->n - 2].len == 11) {
		ret->part = LW_PART_TEMP;
		return true;
	}
	cached = p->n >= 4 && is(p->at[p->n - 2], "__pycache__") && begins(last, "config.");
	if (!cached && !is(last, files[0]) && !is(last, files[1]))
		return false;
	i = p->n - 2 - cached;
	if (p->n < 3 || i < 1)
		return false;
	dir = p->at[i - 1];
	if ((!is(p->at[i], "config") && !is(p->at[i], "utils")) ||
	    (!is(dir, "mmengine") && !is(dir, "mmcv")))
		return false;
	ret->part = LW_PART_MMENGINE;
	return true;
}

bool lw_layout_parse(const char *path, size_t len, const struct lw_model_roots *roots,
		     struct lw_layout *ret)
{
	struct parts p;

	*ret = (struct lw_layout){};
	if (!split(path, len, &p) || !p.n)
		return false;
	if (roots && by_roots(&p, roots, ret))
		return true;
	for (size_t i = 0; i < p.n; i++) {
		*ret = (struct lw_layout){};
		if (by_names(&p, i, ret))
			return true;
	}
	*ret = (struct lw_layout){};
	return mmengine(&p, ret);
}

static void take(const char *value, size_t len, const char *below_it, char *ret)
{
	size_t more = strlen(below_it);

	while (len > 1 && value[len - 1] == '/')
		len--;
	if (len < 2 || value[0] != '/' || len + more >= LW_MODEL_ROOT)
		return;
	memcpy(ret, value, len);
	memcpy(ret + len, below_it, more + 1);
}

void lw_model_roots_read(const char *env, size_t len, struct lw_model_roots *ret)
{
	const struct {
		const char *name, *below;
		char *to;
	} names[] = { { "TORCH_HOME=", "/hub", ret->torch },
		      { "MODELSCOPE_CACHE=", "", ret->modelscope },
		      { "CSGHUB_CACHE=", "", ret->opencsg } };

	*ret = (struct lw_model_roots){};
	for (size_t i = 0; i < len;) {
		struct lw_span s = { env + i, strnlen(env + i, len - i) };

		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			size_t n = strlen(names[k].name);

			if (begins(s, names[k].name) && !*names[k].to)
				take(s.s + n, s.len - n, names[k].below, names[k].to);
		}
		i += s.len + 1;
	}
}
