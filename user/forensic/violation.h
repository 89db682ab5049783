/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_VIOLATION_H
#define LW_FORENSIC_VIOLATION_H

/* A violation as a person reads it. All that is in the record is in the log; this is the gist. */

#include "decode/decode.h"
#include "enrich/model.h"
#include "enrich/source.h"

/* A frame of a Python stack. */
struct lw_place {
	struct lw_span file, function;
	uint32_t line; /* from 1; 0: not known */
};

/* What a loader had loaded last. */
struct lw_model_name {
	struct lw_span hub, repo, revision; /* empty: not known */
	struct lw_span file;		    /* shown where no repository is known */
	enum lw_pinned pinned;
};

/* For those who act on a violation or show it. The texts are hostile: any bytes are in them. */
struct lw_violation {
	const struct lw_ev *ev;
	const char *rule;      /* id; NULL: the policy that judged is no longer known */
	const char *reason;    /* NULL: none */
	struct lw_span object; /* path, address:port, socket; may be empty */
	struct lw_span executable;
	unsigned int severity; /* event.severity */
	struct lw_model_name model;
	struct lw_place culprit; /* no file: see no_culprit */
	uint32_t executed; /* pid of a program that the culprit has executed; 0: it acted itself */
	struct lw_span pickled; /* global that was unpickled last; empty: not known */
	const char *no_culprit; /* why not; NULL: nothing is to be said of it */
	int64_t when;		/* ns, CLOCK_REALTIME */
	const char *log;	/* directory; NULL: no record was kept */
	const char *segment;	/* its file with the record */
};

#define LW_VIOLATION_COLUMNS 200 /* of a line at most */

/** lw_violation_line() - one plain line on stderr, for a journal. */
void lw_violation_line(const struct lw_violation *v);

/**
 * lw_violation_text() - the lines that a person reads: rule and reason; what, by whom and what
 * became of it; the model and the code; where the record is.
 * @v: violation
 * @sources: reads the line of code; NULL: it is not shown
 * @colour: with colours for a terminal
 * @buf: text, whole lines of LW_VIOLATION_COLUMNS at most
 * @size: bytes, at least 4096
 *
 * Return: bytes in @buf.
 */
size_t lw_violation_text(const struct lw_violation *v, struct lw_sources *sources, bool colour,
			 char *buf, size_t size);

#endif
