// SPDX-License-Identifier: Apache-2.0
#include "forensic/violation.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "decode/names.h"
#include "lw_limits.h"

/* Bytes that the one line shows: escaped, all of them fit in one line of lw_log(). */
#define LINE_REASON  128
#define LINE_OBJECT  384
#define LINE_PROGRAM 96
#define LINE_MODEL   96
#define LINE_CODE    192

static int clip(size_t len, size_t max)
{
	return len < max ? (int)len : (int)max;
}

/* ", code FILE:LINE": of a long name the end. */
static void code_of(const struct lw_violation *v, char *buf, size_t size)
{
	struct lw_span file = v->culprit.file;
	int n = clip(file.len, LINE_CODE);

	*buf = '\0';
	if (n)
		snprintf(buf, size, ", code %.*s:%u", n, file.s + file.len - n, v->culprit.line);
}

/* What loadward says comes first: hostile names at the end cannot push it out or imitate it. */
void lw_violation_line(const struct lw_violation *v)
{
	const struct lw_ev *ev = v->ev;
	bool object = v->object.len, program = v->executable.len, model = v->model.repo.len;
	char code[LINE_CODE + 32];

	code_of(v, code, sizeof(code));
	lw_log(LW_LOG_INFO, "%s: rule %s%s%.*s%s: %s of pid %u%s%.*s%s%s%s%.*s%s%.*s",
	       lw_outcome_name(ev->outcome), v->rule ? v->rule : "unknown", v->reason ? " (" : "",
	       LINE_REASON, v->reason ? v->reason : "", v->reason ? ")" : "",
	       lw_kind_name(ev->kind), ev->pid, program ? " (" : "",
	       clip(v->executable.len, LINE_PROGRAM), program ? v->executable.s : "",
	       program ? ")" : "", code, model ? ", model " : "",
	       clip(v->model.repo.len, LINE_MODEL), model ? v->model.repo.s : "",
	       object ? ": " : "", clip(v->object.len, LINE_OBJECT), object ? v->object.s : "");
}

/* Lines under construction, and the columns that the current one has left. */
struct page {
	struct lw_sb sb;
	size_t left;
	bool colour;
};

static void add(struct page *p, const char *s, size_t len, enum lw_cut cut)
{
	size_t before = p->sb.len, columns = 0;
	uint32_t cp;

	if (!p->left || !len)
		return;
	lw_sb_clip(&p->sb, s, len, p->left, cut);
	for (size_t i = before; i < p->sb.len; i += lw_utf8_len(p->sb.buf + i, p->sb.len - i, &cp))
		columns++;
	for (size_t i = before; i < p->sb.len;) {
		i += lw_utf8_len(p->sb.buf + i, p->sb.len - i, &cp);
		columns += cp >= 0x1100 && cp != 0x2026;
	}
	p->left -= columns < p->left ? columns : p->left;
}

static void say(struct page *p, const char *s)
{
	add(p, s, strlen(s), LW_CUT_END);
}

static void number(struct page *p, uint64_t value)
{
	char tmp[20];

	add(p, tmp, lw_fmt_u64(tmp, value) - tmp, LW_CUT_END);
}

/* @columns at most, so that there is room for what follows. */
static void within(struct page *p, struct lw_span text, size_t columns, enum lw_cut cut)
{
	size_t rest = p->left > columns ? p->left - columns : 0;

	p->left -= rest;
	add(p, text.s, text.len, cut);
	p->left += rest;
}

static void paint(struct page *p, const char *sequence)
{
	if (p->colour)
		lw_sb_str(&p->sb, sequence);
}

static void end_line(struct page *p)
{
	lw_sb_str(&p->sb, "\n");
	p->left = LW_VIOLATION_COLUMNS;
}

static void begin_line(struct page *p, const char *label)
{
	paint(p, "\033[2m");
	say(p, "  ");
	say(p, label);
	paint(p, "\033[0m");
	for (size_t n = strlen(label); n < 8; n++)
		say(p, " ");
}

static struct lw_span span_of(const char *s)
{
	return (struct lw_span){ s, s ? strlen(s) : 0 };
}

static void head(struct page *p, const struct lw_violation *v)
{
	say(p, "loadward: ");
	paint(p, v->ev->outcome == LW_OUT_ALERTED ? "\033[1;33m" : "\033[1;31m");
	say(p, lw_outcome_name(v->ev->outcome));
	paint(p, "\033[0m");
	say(p, ": rule ");
	within(p, span_of(v->rule ? v->rule : "unknown"), 64, LW_CUT_END);
	if (v->reason) {
		say(p, " (");
		within(p, span_of(v->reason), p->left - 1, LW_CUT_END);
		say(p, ")");
	}
	end_line(p);
}

static void what(struct page *p, const struct lw_violation *v)
{
	begin_line(p, "what");
	say(p, lw_kind_name(v->ev->kind));
	if (v->object.len) {
		say(p, " of ");
		within(p, v->object, 110, LW_CUT_START);
	}
	say(p, " by pid ");
	number(p, v->ev->pid);
	if (v->executable.len) {
		say(p, " (");
		within(p, v->executable, p->left - 1, LW_CUT_START);
		say(p, ")");
	}
	end_line(p);
}

static void model(struct page *p, const struct lw_violation *v)
{
	const struct lw_model_name *m = &v->model;
	struct lw_span name = m->repo.len ? m->repo : m->file;

	if (!name.len)
		return;
	begin_line(p, "model");
	within(p, name, 110, LW_CUT_START);
	if (m->revision.len) {
		say(p, "@");
		within(p, m->revision, 48, LW_CUT_END);
	}
	if (m->hub.len || m->pinned != LW_PIN_UNKNOWN) {
		say(p, " (");
		within(p, m->hub, 16, LW_CUT_END);
		if (m->hub.len && m->pinned != LW_PIN_UNKNOWN)
			say(p, ", ");
		if (m->pinned != LW_PIN_UNKNOWN)
			say(p, m->pinned == LW_PINNED ? "pinned" : "not pinned");
		say(p, ")");
	}
	end_line(p);
}

/* The line itself, when it can be read without any harm. */
static void code_text(struct page *p, const struct lw_violation *v, struct lw_sources *sources)
{
	const struct lw_ev *ev = v->ev;
	struct lw_source_at at = { .file = v->culprit.file.s,
				   .file_len = v->culprit.file.len,
				   .line = v->culprit.line,
				   .pid = ev->pid,
				   .root_ino = ev->root_ino,
				   .root_dev = ev->root_dev,
				   .mnt_ns = ev->mnt_ns,
				   .uid = ev->uid,
				   .gid = ev->gid,
				   .before = v->when };
	char text[LW_SOURCE_TEXT];
	int n;

	if (!sources)
		return;
	n = lw_sources_read(sources, &at, text, sizeof(text));
	if (n == -ESTALE) {
		begin_line(p, "");
		say(p, "(the file was changed since)");
	} else if (n > 0) {
		begin_line(p, "");
		add(p, text, n, LW_CUT_END);
	} else {
		return;
	}
	end_line(p);
}

static void executed(struct page *p, uint32_t pid)
{
	if (!pid)
		return;
	say(p, ", which executed pid ");
	number(p, pid);
}

static void code(struct page *p, const struct lw_violation *v, struct lw_sources *sources)
{
	if (!v->culprit.file.len && !v->no_culprit)
		return;
	begin_line(p, "code");
	if (!v->culprit.file.len) {
		say(p, v->no_culprit);
		end_line(p);
		return;
	}
	within(p, v->culprit.file, 120, LW_CUT_START);
	if (v->culprit.line) {
		say(p, ":");
		number(p, v->culprit.line);
	}
	if (v->culprit.function.len) {
		say(p, " in ");
		within(p, v->culprit.function, p->left - (v->executed ? 32 : 0), LW_CUT_START);
	}
	executed(p, v->executed);
	end_line(p);
	code_text(p, v, sources);
}

static void pickle(struct page *p, const struct lw_violation *v)
{
	if (!v->pickled.len)
		return;
	begin_line(p, "pickle");
	say(p, "last named ");
	add(p, v->pickled.s, v->pickled.len, LW_CUT_START);
	end_line(p);
}

static void record(struct page *p, const struct lw_violation *v)
{
	if (!v->log)
		return;
	begin_line(p, "record");
	within(p, span_of(v->log), 90, LW_CUT_START);
	say(p, "/");
	say(p, v->segment);
	say(p, ", event.sequence ");
	number(p, v->ev->seq);
	say(p, " of CPU ");
	number(p, v->ev->cpu);
	end_line(p);
}

size_t lw_violation_text(const struct lw_violation *v, struct lw_sources *sources, bool colour,
			 char *buf, size_t size)
{
	struct page p = { .left = LW_VIOLATION_COLUMNS, .colour = colour };

	lw_sb_init(&p.sb, buf, size);
	head(&p, v);
	what(&p, v);
	model(&p, v);
	code(&p, v, sources);
	pickle(&p, v);
	record(&p, v);
	return p.sb.len;
}
