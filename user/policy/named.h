/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_NAMED_H
#define LW_POLICY_NAMED_H

#include "policy/doc.h"

/* A glob of a forbidding rule: no braces, no `~`, with a literal directory to start from. */
struct lw_named {
	char *glob;
	bool shallow; /* of a tree, only the directories */
	bool denied;  /* its rule denies opens or starts, whatever for: see lw_policy_denied() */
};

/** lw_named_collect() - what lw_policy_walk_named() will walk. Return: 0, -ENOMEM. */
int lw_named_collect(const struct lw_doc *doc, struct lw_named **ret_named, size_t *ret_n);

void lw_named_free(struct lw_named *named, size_t n);

#endif
