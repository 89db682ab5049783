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
	__u32 artefact;		   /* enum lw_artefact of such a file */
};

extern const struct lw_evidence lw_evidence_sets[];
extern const size_t lw_evidence_count;

/** lw_evidence_find() - a set by its name. Return: NULL when there is none. */
const struct lw_evidence *lw_evidence_find(const char *name);

/** lw_evidence_globs() - the globs of a set become those of rule @src. */
void lw_evidence_globs(struct lw_doc *doc, const struct lw_ptr *ptr, const struct lw_evidence *set,
		       __u32 src);

/**
 * lw_artefact_rules() - pseudo rules for files that say which model is loaded.
 *
 * For every set, whatever the policy takes for evidence: a model has a name under each policy.
 */
void lw_artefact_rules(struct lw_doc *doc);

/* "the sets are ..." */
const char *lw_evidence_hint(struct lw_doc *doc);

#endif
