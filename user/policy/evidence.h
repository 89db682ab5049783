/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_EVIDENCE_H
#define LW_POLICY_EVIDENCE_H

/* Named sets of paths whose opening shows that a process loads a model. */

#include "policy/doc.h"

struct lw_evidence {
	const char *name;
	const char *about;
	const char *const *globs;  /* ended by NULL */
	const char *const *except; /* the same; NULL: none */
};

extern const struct lw_evidence lw_evidence_sets[];
extern const size_t lw_evidence_count;

/** lw_evidence_find() - a set by its name. Return: NULL when there is none. */
const struct lw_evidence *lw_evidence_find(const char *name);

/* "the sets are ..." */
const char *lw_evidence_hint(struct lw_doc *doc);

#endif
