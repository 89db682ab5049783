// SPDX-License-Identifier: Apache-2.0
#include "enrich/culprit.h"

#include <string.h>

/* Directories, as they are found in a path. */
static const struct {
	const char *name;
	enum lw_code code;
} marks[] = {
	{ "/transformers_modules/", LW_CODE_MODEL },
	{ "/diffusers_modules/", LW_CODE_MODEL },
	{ "/site-packages/", LW_CODE_LIBRARY },
	{ "/dist-packages/", LW_CODE_LIBRARY },
};

static bool starts(struct lw_span s, const char *with)
{
	size_t len = strlen(with);

	return s.len >= len && !memcmp(s.s, with, len);
}

static size_t digits(struct lw_span s)
{
	size_t n = 0;

	while (n < s.len && s.s[n] >= '0' && s.s[n] <= '9')
		n++;
	return n;
}

static struct lw_span behind(struct lw_span s, size_t n)
{
	return (struct lw_span){ s.s + n, s.len - n };
}

/* "/lib/python3.11/", "/lib64/python3.11/", "/lib/python311.zip/" */
static bool is_stdlib(struct lw_span s)
{
	size_t n;

	if (starts(s, "/lib/python3"))
		s = behind(s, 12);
	else if (starts(s, "/lib64/python3"))
		s = behind(s, 14);
	else
		return false;
	n = digits(s);
	if (n)
		return starts(behind(s, n), ".zip/");
	if (!starts(s, "."))
		return false;
	s = behind(s, 1);
	n = digits(s);
	/* "t": the build without the lock */
	return n && (starts(behind(s, n), "/") || starts(behind(s, n), "t/"));
}

/* "/models--acme--x/snapshots/": what the Hugging Face client has downloaded. */
static bool is_snapshot(struct lw_span s)
{
	const char *slash;

	if (!starts(s, "/models--"))
		return false;
	s = behind(s, 1);
	slash = memchr(s.s, '/', s.len);
	return slash && starts(behind(s, slash - s.s), "/snapshots/");
}

static enum lw_code mark_at(struct lw_span s)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (starts(s, marks[i].name))
			return marks[i].code;
	if (is_snapshot(s))
		return LW_CODE_MODEL;
	return is_stdlib(s) ? LW_CODE_LIBRARY : LW_CODE_OTHER;
}

enum lw_code lw_code_of(struct lw_span file)
{
	enum lw_code code;

	if (!file.len || file.s[0] == '<')
		return LW_CODE_NO_FILE;
	for (size_t i = 0; i < file.len; i++) {
		if (file.s[i] != '/')
			continue;
		code = mark_at(behind(file, i));
		if (code != LW_CODE_OTHER)
			return code;
	}
	if (file.len >= 11 && !memcmp(file.s + file.len - 11, "/hubconf.py", 11))
		return LW_CODE_MODEL;
	return LW_CODE_OTHER;
}

static enum lw_code code_of(struct lw_span file, const struct lw_model_code *model)
{
	enum lw_code code = lw_code_of(file);

	if (code != LW_CODE_NO_FILE && model->owns && model->owns(model->arg, file))
		return LW_CODE_MODEL;
	return code;
}

const struct lw_frame *lw_culprit(const struct lw_stack *s, const struct lw_model_code *model)
{
	const struct lw_frame *other = NULL;

	for (const struct lw_frame *f = s->newest; f; f = f->older) {
		enum lw_code code = code_of(lw_frame_file(f), model);

		if (code == LW_CODE_MODEL)
			return f;
		if (code == LW_CODE_OTHER && !other)
			other = f;
	}
	return other;
}
