// SPDX-License-Identifier: Apache-2.0
/*
 * Paths and files that name a model. Whatever the bytes: what is said of them lies within them and
 * holds nothing that no hub allows. Input: "<mode> <bytes>"; mode 0 an environment and a path, each
 * ended by NUL, 1 a file, 2 one called *.py.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/bytes.h"
#include "enrich/model_format.h"
#include "enrich/model_layout.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

static void within(struct lw_span s, const char *path, size_t len)
{
	MUST(!s.len || (s.s >= path && s.s + s.len <= path + len));
}

static void check_layout(const char *path, size_t len, const struct lw_model_roots *roots)
{
	struct lw_layout at;
	bool found = lw_layout_parse(path, len, roots, &at);
	char module[LW_MODEL_REPO];

	MUST(found == (at.part != LW_PART_NONE));
	MUST(at.hub < LW_HUB_COUNT && (at.hub || !*at.repo));
	within(at.dir, path, len);
	within(at.file, path, len);
	MUST(!*at.revision || lw_model_is_id(at.revision, strlen(at.revision)));
	MUST(at.commit == lw_model_is_commit(at.revision, strlen(at.revision)));
	if (at.part != LW_PART_COPY)
		for (const char *p = at.repo; *p; p++)
			MUST(*p > ' ' && *p < 0x7f);
	lw_model_module_name(at.repo, strlen(at.repo), module, sizeof(module));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lw_model_roots roots;
	struct test_bytes b = { data + 1, len - 1 };
	struct lw_format_file f = { test_read, &b, len - 1, len && data[0] % 3 == 2 };
	size_t env;

	if (!len)
		return 0;
	if (data[0] % 3) {
		MUST(lw_format_sniff(&f) < LW_FORMAT_COUNT);
		return 0;
	}
	for (env = 0; env < b.len && !(b.p[env] == 0 && (env + 1 == b.len || b.p[env + 1] == '/'));)
		env++;
	lw_model_roots_read((const char *)b.p, env, &roots);
	env += env < b.len;
	check_layout((const char *)b.p + env, b.len - env, &roots);
	check_layout((const char *)b.p + env, b.len - env, NULL);
	return 0;
}
