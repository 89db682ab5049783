/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_FORENSIC_RECORDER_H
#define LW_FORENSIC_RECORDER_H

/* From the bytes of a ring to a line of the log: decode, enrich, encode, write. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/decode.h"
#include "enrich/proc.h"
#include "forensic/log.h"
#include "forensic/violation.h"
#include "lw_abi.h"
#include "policy/policy.h"

struct lw_recorder_options {
	const char *dir; /* log directory; NULL: no log, violations are only passed on */
	/* Called for each violation, after its record was handed to the log; may be NULL. */
	void (*on_violation)(const struct lw_violation *violation, void *arg);
	void *arg;
	struct lw_log_opts log; /* log.dir is not used; zero: defaults */
};

struct lw_recorder_stats {
	uint64_t records; /* encoded, own ones included */
	uint64_t violations;
	uint64_t damaged; /* bytes from a ring that were no event */
	struct lw_procs_stats procs;
	struct lw_log_stats log;
};

struct lw_recorder;

/**
 * lw_recorder_new() - open the log and the tables.
 * @options: see there
 * @ret: free with lw_recorder_free()
 *
 * Return: 0 or -errno; what is wrong is on stderr.
 */
int lw_recorder_new(const struct lw_recorder_options *options, struct lw_recorder **ret);

/** lw_recorder_free() - write what waits, and close. @rec may be NULL. */
void lw_recorder_free(struct lw_recorder *rec);

/**
 * lw_recorder_set_policy() - the policy whose image has generation @gen is in force now.
 *
 * Its names are copied: @policy may be freed at once. The last LW_RULES_KEPT generations are kept
 * for events that are still under way. Return: 0, -ENOMEM.
 */
int lw_recorder_set_policy(struct lw_recorder *rec, uint32_t gen, const struct lw_policy *policy);

/** lw_recorder_set_mode() - the mode in force, for enforcement.mode; at start the policy's. */
void lw_recorder_set_mode(struct lw_recorder *rec, enum lw_mode mode);

/**
 * lw_recorder_feed() - one record of a ring buffer.
 * @rec: recorder
 * @data: bytes, not trusted, aligned to 8
 * @len: bytes
 * @violations: it comes from the ring of violations: its line is written at once
 *
 * Return: 0; -EBADMSG: no event, counted.
 */
int lw_recorder_feed(struct lw_recorder *rec, const void *data, size_t len, bool violations);

/**
 * lw_recorder_frame() - one record of the ring lw_stacks: before the event that names its stack.
 * @rec: recorder
 * @data: bytes, not trusted, aligned to 8
 * @len: bytes
 *
 * Return: 0; -EBADMSG: no frame, counted; -ENOMEM.
 */
int lw_recorder_frame(struct lw_recorder *rec, const void *data, size_t len);

/**
 * lw_recorder_note() - a record of loadward's own.
 * @rec: recorder
 * @action: "monitor.start", ...
 *
 * Then pairs of const char *: the name of a monitor.* field of decode/fields.def without
 * "monitor.", and its text; ended by NULL. Fields of type LONG take a decimal number. It is written
 * at once. Return: 0; -EINVAL: no such field, or not a number (the record is written without it).
 */
int lw_recorder_note(struct lw_recorder *rec, const char *action, ...)
	__attribute__((__sentinel__));

/**
 * lw_recorder_adopt() - a loader that was tagged before: what its loader.start has told.
 * @gen: of the policy whose rule has tagged it, where its names are known
 */
void lw_recorder_adopt(struct lw_recorder *rec, const struct lw_tag *tag, uint32_t gen);

/** lw_recorder_said() - losses up to here are in the log already. */
void lw_recorder_said(struct lw_recorder *rec, const struct lw_stats *stats, int n);

/**
 * lw_recorder_losses() - write a monitor.gap record for each ring and CPU that lost events since.
 * @rec: recorder
 * @stats: counters as the kernel has them, one per CPU
 * @n: CPUs; those beyond LW_CPUS_MAX are ignored
 */
void lw_recorder_losses(struct lw_recorder *rec, const struct lw_stats *stats, int n);

/**
 * lw_recorder_flush() - write what waits, retry what the disk refused; once it works again, record
 * what was lost. Call it when the rings are empty and at least once a second. Return: 0 or -errno.
 */
int lw_recorder_flush(struct lw_recorder *rec);

/** lw_recorder_state() - the log in one word or message: "ok", "none", or what is wrong. */
const char *lw_recorder_state(const struct lw_recorder *rec);

void lw_recorder_stats(const struct lw_recorder *rec, struct lw_recorder_stats *ret);

/** lw_recorder_log() - the log, NULL when there is none: its descriptor and file names. */
const struct lw_log_dir *lw_recorder_log(const struct lw_recorder *rec);

#endif
