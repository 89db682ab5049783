// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "forensic/record.h"

#define LOADED_TEXT 1024 /* bytes of one element of model.loaded */

static void write_text(struct lw_jw *w, const char *key, size_t klen, const char *s)
{
	if (s)
		lw_jw_bytes(w, key, klen, s, strlen(s));
}

static void write_format(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_model *m = r->model;

	if (m->format != LW_FORMAT_UNKNOWN)
		lw_jw_cstr(w, LW_K("format"), lw_format_name(m->format));
	else if (m->missing || m->pending)
		r->missing |= LW_MISS_FORMAT;
}

/* The loader's other models, each in one text: hub:repo@revision. */
static void write_loaded(struct lw_record *r, struct lw_jw *w)
{
	lw_jw_arr(w, LW_K("loaded"));
	for (size_t i = 0; i < r->n_loaded; i++) {
		const struct lw_model *m = r->loaded[i];
		char text[LOADED_TEXT];
		struct lw_sb sb;

		if (m == r->model || !m->loaded)
			continue;
		lw_sb_init(&sb, text, sizeof(text));
		lw_sb_str(&sb, lw_hub_name(m->hub));
		lw_sb_str(&sb, ":");
		lw_sb_str(&sb, m->repo ? m->repo : m->file ? m->file : "");
		if (m->revision) {
			lw_sb_str(&sb, "@");
			lw_sb_str(&sb, m->revision);
		}
		lw_jw_text(w, LW_NOKEY, text, sb.len);
	}
	lw_jw_end(w);
}

void lw_record_model(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_model *m = r->model;

	if (!m)
		return;
	lw_jw_obj(w, LW_K("model"));
	lw_jw_cstr(w, LW_K("hub"), lw_hub_name(m->hub));
	write_text(w, LW_K("repo"), m->repo);
	if (m->revision)
		lw_jw_cstr(w, LW_K("revision"), m->revision);
	if (m->pinned != LW_PIN_UNKNOWN)
		lw_jw_bool(w, LW_K("pinned"), m->pinned == LW_PINNED);
	write_text(w, LW_K("file"), m->file);
	write_format(r, w);
	if (r->ev->flags & LW_EVF_VIOLATION && r->n_loaded > 1)
		write_loaded(r, w);
	lw_jw_end(w);
}
