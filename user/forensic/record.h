/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_RECORD_H
#define LW_FORENSIC_RECORD_H

/* One event as one JSON object. Every field is described in decode/fields.def. */

#include "base/json_writer.h"
#include "base/stamp.h"
#include "decode/decode.h"
#include "enrich/loader.h"
#include "enrich/model.h"
#include "enrich/proc.h"
#include "enrich/python.h"
#include "forensic/rules.h"

/* Why a field is absent: bits of `event.reason_missing`. */
#define LW_MISS_EXE	  (1U << 0)
#define LW_MISS_ARGS	  (1U << 1)
#define LW_MISS_ARGS_REST (1U << 2)
#define LW_MISS_PARENT	  (1U << 3)
#define LW_MISS_PATH	  (1U << 4)
#define LW_MISS_RAW	  (1U << 5)
#define LW_MISS_CONTAINER (1U << 6)
#define LW_MISS_ROOT	  (1U << 7)
#define LW_MISS_RULE	  (1U << 8)
#define LW_MISS_FORMAT	  (1U << 9)

/* Members of "process" that rarely change, ready made. */
struct lw_proc_frag;

/* All that a record is made of. */
struct lw_record {
	const struct lw_ev *ev;
	const struct lw_proc *proc; /* NULL: not known */
	const struct lw_python *python;
	const struct lw_loader *loader; /* NULL: loader.start was not seen */
	const struct lw_model *model;	/* the loader's current one; NULL: none is known */
	const struct lw_model **loaded; /* all of its models */
	size_t n_loaded;
	const struct lw_rules *rules; /* NULL: of a generation that is gone */
	const char *host;	      /* JSON members that end each record */
	size_t host_len;
	struct lw_stamp *stamp;
	struct lw_proc_frag **frags; /* LW_FRAGS slots; NULL: no cache */
	enum lw_mode mode;
	unsigned int missing; /* LW_MISS_*; out */
};

#define LW_FRAGS 256 /* power of two; processes that are active at one time */

/**
 * lw_record_encode() - write the record.
 * @r: what it is made of; r->missing is set
 * @buf: room for it
 * @cap: bytes, at least 1024
 *
 * Return: bytes written: always one complete JSON object.
 */
size_t lw_record_encode(struct lw_record *r, char *buf, size_t cap);

/* The program and arguments that a record names. */
struct lw_who {
	struct lw_span exe, args, previous, parent;
	bool full; /* all arguments that are known, not only the first LW_RECORD_ARGS bytes */
};

/**
 * lw_record_severity() - of an alert: its rule's, one step higher where a native thread acted, as
 * code does that goes past the interpreter.
 */
unsigned int lw_record_severity(const struct lw_record *r, const struct lw_rule_text *rule);

/** lw_record_who() - from the event itself where it tells, else from the process table. */
void lw_record_who(const struct lw_record *r, struct lw_who *ret);

/* The parts, each one top level object. */
void lw_record_process(struct lw_record *r, struct lw_jw *w);
void lw_record_file(struct lw_record *r, struct lw_jw *w);
void lw_record_net(struct lw_record *r, struct lw_jw *w);
void lw_record_dns(struct lw_record *r, struct lw_jw *w);
void lw_record_call(struct lw_record *r, struct lw_jw *w);
void lw_record_model(struct lw_record *r, struct lw_jw *w);
size_t lw_record_python_room(const struct lw_record *r); /* bytes that other text leaves to it */
void lw_record_python(struct lw_record *r, struct lw_jw *w);

/** lw_record_operation() - "operation": the words of lw_ops.def for a number or for bits. */
void lw_record_operation(struct lw_jw *w, unsigned int kind, unsigned int op);

/** lw_record_entity() - "<key>":"<pid>-<start>". */
void lw_record_entity(struct lw_jw *w, const char *key, size_t klen, uint32_t pid, uint64_t start);

/** lw_record_object() - what the event acts on, as text for a person; any bytes are in it. */
struct lw_span lw_record_object(const struct lw_ev *ev, char buf[static 64]);

#endif
