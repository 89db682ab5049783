// SPDX-License-Identifier: Apache-2.0
/* docs/schema.md is what decode/fields.def says; with LW_WRITE_SCHEMA=1 it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/schema.h"

#define SCHEMA "docs/schema.md"

static char *read_file(const char *path)
{
	char *text = calloc(1, 1 << 20);
	FILE *f = fopen(path, "re");

	assert_non_null(text);
	if (!f)
		fail_msg("%s cannot be opened: run the test from the top directory", path);
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void document_is_current(void **state)
{
	char *want = lw_schema_markdown(), *have;

	(void)state;
	assert_non_null(want);
	if (getenv("LW_WRITE_SCHEMA")) {
		FILE *f = fopen(SCHEMA, "we");

		assert_non_null(f);
		assert_true(fputs(want, f) >= 0);
		assert_int_equal(fclose(f), 0);
	}
	have = read_file(SCHEMA);
	if (strcmp(have, want))
		fail_msg("%s is not current: LW_WRITE_SCHEMA=1 build/debug/unit/test_schema",
			 SCHEMA);
	free(have);
	free(want);
}

static void names_are_found(void **state)
{
	(void)state;
	assert_non_null(lw_field_find("file.path", 9));
	assert_non_null(lw_field_find("@timestamp", 10));
	assert_null(lw_field_find("file.pat", 8));
	assert_null(lw_field_find("file.path2", 10));
	assert_null(lw_field_find("", 0));
}

/* A name that is the parent of another one would be a string and an object at once. */
static void names_are_a_tree(void **state)
{
	static const char *const names[] = {
#define LW_FIELD(name, type, ecs, source, meaning) name,
#include "decode/fields.def"
#undef LW_FIELD
	};
	size_t n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			size_t len = strlen(names[i]);

			if (i != j && !strncmp(names[i], names[j], len) &&
			    (!names[j][len] || names[j][len] == '.'))
				fail_msg("%s and %s", names[i], names[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_is_current),
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(names_are_a_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
