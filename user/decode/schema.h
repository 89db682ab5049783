/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_SCHEMA_H
#define LW_DECODE_SCHEMA_H

/* The table of all fields that a record can have: decode/fields.def. */

#include <stddef.h>

enum lw_field_type {
	LW_TYPE_DATE,
	LW_TYPE_KEYWORD,
	LW_TYPE_KEYWORDS, /* array of strings */
	LW_TYPE_LONG,
	LW_TYPE_BOOLEAN,
	LW_TYPE_HEX,
};

struct lw_field {
	const char *name; /* dotted */
	size_t len;	  /* of name */
	enum lw_field_type type;
	int ecs; /* 1: a field of the Elastic Common Schema, 0: loadward's own */
	const char *source, *meaning;
};

/** lw_field_find() - by its dotted name of @len bytes; NULL: there is no such field. */
const struct lw_field *lw_field_find(const char *name, size_t len);

/** lw_schema_markdown() - docs/schema.md. Return: the text, to be freed; NULL: no memory. */
char *lw_schema_markdown(void);

#endif
