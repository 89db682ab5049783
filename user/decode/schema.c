// SPDX-License-Identifier: Apache-2.0
#include "decode/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ECS 1
#define OWN 0

static const struct lw_field fields[] = {
#define LW_FIELD(name, type, ecs, source, meaning) \
	{ name, sizeof(name) - 1, LW_TYPE_##type, ecs, source, meaning },
#include "decode/fields.def"
#undef LW_FIELD
};

static const char *const types[] = {
	[LW_TYPE_DATE] = "date",
	[LW_TYPE_KEYWORD] = "string",
	[LW_TYPE_KEYWORDS] = "string array",
	[LW_TYPE_LONG] = "number",
	[LW_TYPE_BOOLEAN] = "boolean",
	[LW_TYPE_HEX] = "hex string",
};

static const struct {
	const char *kind, *category, *type;
} kinds[] = {
#define LW_EVENT(id, name, category, type, dflt) { name, category, type },
#include "lw_events.def"
#undef LW_EVENT
};

static const char head[] =
	"# Records\n\n"
	"<!-- Made from user/decode/fields.def by `LW_WRITE_SCHEMA=1 "
	"build/debug/unit/test_schema`: "
	"do not edit. -->\n\n"
	"A log is a directory of files `loadward-<UTC start>-<number>.jsonl`; their names sort in "
	"the "
	"order of\nwriting. Each line is one JSON object. Names are those of the Elastic Common "
	"Schema "
	"(ECS) where it has\none, and loadward's own elsewhere; a dot is one level of nesting.\n\n"
	"- A field that could not be learned is absent, and `event.reason_missing` says why. Other "
	"fields are\n  absent where they have no meaning.\n"
	"- Text of others (paths, arguments, names) may hold any byte. Control characters and "
	"those "
	"that\n  change the direction of text are written as `\\uXXXX`. A byte that is not UTF-8 "
	"becomes `\\ufffd`, and\n  then a second field with `_bytes` at the end of its name holds "
	"all "
	"bytes in hex: nothing is lost.\n"
	"- A record has at most 128 KiB. What does not fit is left out as whole fields, and\n"
	"  `event.truncated` is `true`.\n\n";

const struct lw_field *lw_field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (fields[i].len == len && !memcmp(fields[i].name, name, len))
			return &fields[i];
	}
	return NULL;
}

static void print_kinds(FILE *f)
{
	fputs("## Kinds of record\n\n| `event.action` | `event.category` | `event.type` |\n"
	      "|---|---|---|\n",
	      f);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		fprintf(f, "| `%s` | `%s` | `%s` |\n", kinds[i].kind, kinds[i].category,
			kinds[i].type);
	fputs("| `monitor.*` | `host` | `info` |\n\n`monitor.start`, `monitor.stop`, "
	      "`monitor.policy`, `monitor.mode`, `monitor.hooks`, `monitor.pins` and\n"
	      "`monitor.gap` are loadward's own records: what it watched, and what it missed.\n\n",
	      f);
}

char *lw_schema_markdown(void)
{
	size_t len = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs(head, f);
	print_kinds(f);
	fputs("## Fields\n\n| field | type | ECS | source | meaning |\n|---|---|---|---|---|\n", f);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		fprintf(f, "| `%s` | %s | %s | %s | %s |\n", fields[i].name, types[fields[i].type],
			fields[i].ecs ? "yes" : "", fields[i].source, fields[i].meaning);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
