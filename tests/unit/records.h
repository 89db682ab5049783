/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TESTS_RECORDS_H
#define LW_TESTS_RECORDS_H

/* For tests and the fuzzer of records: events made by hand, and what must hold of every line. */

#include <cjson/cJSON.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode/schema.h"
#include "lw_events.h"
#include "lw_image.h"

struct test_event {
	_Alignas(8) char bytes[sizeof(struct lw_ev) + LW_DATA_MAX];
};

/* An event of a loader with all numbers set, so that a mixed-up field shows. */
static inline struct lw_ev *test_event(struct test_event *t, enum lw_kind kind)
{
	struct lw_ev *ev = (struct lw_ev *)t->bytes;

	*ev = (struct lw_ev){ .size = sizeof(*ev),
			      .kind = kind,
			      .cpu = 3,
			      .ts = 5000000000,
			      .seq = 42,
			      .tag = 7001,
			      .start = 4000000001,
			      .pstart = 3000000002,
			      .cgroup = 1,
			      .cap_effective = 1ULL << 21 | 1,
			      .pid = 0x7ffffff0,
			      .tid = 0x7ffffff1,
			      .ppid = 0x7fffffef,
			      .uid = 1000,
			      .gid = 1001,
			      .ruid = 4294967295U,
			      .gen = 1,
			      .syscall = 257,
			      .rule = LW_RULE_NONE,
			      .why = LW_WHY_RUN,
			      .phase = LW_PHASE_LOAD,
			      .state = LW_TAG_LOADER,
			      .comm = "worker" };
	return ev;
}

static inline void test_str_n(struct lw_ev *ev, enum lw_str_role role, const char *s, size_t len)
{
	size_t off = ev->size - sizeof(*ev);

	if (off + len > LW_DATA_MAX)
		abort();
	ev->str[role] = (struct lw_str){ off, len };
	memcpy(ev->data + off, s, len);
	ev->size += len;
}

static inline void test_str(struct lw_ev *ev, enum lw_str_role role, const char *s)
{
	test_str_n(ev, role, s, strlen(s));
}

static inline bool test_is_utf8(const char *s, size_t len)
{
	char out[4096], *in = (char *)s, *o;
	iconv_t cd = iconv_open("UTF-32LE", "UTF-8");
	size_t room, r = 0;

	while (len && r != (size_t)-1) {
		size_t part = len < 512 ? len : 512, before = part;

		o = out;
		room = sizeof(out);
		r = iconv(cd, &in, &part, &o, &room);
		len -= before - part;
		/* A character that goes on behind this part: -1, but it was only divided by us. */
		if (r == (size_t)-1 && part < 4 && part < len && before != part)
			r = 0;
	}
	iconv_close(cd);
	return r != (size_t)-1;
}

static inline bool test_type_ok(const struct lw_field *f, const cJSON *item)
{
	const cJSON *e;

	switch (f->type) {
	case LW_TYPE_LONG:
		return cJSON_IsNumber(item);
	case LW_TYPE_BOOLEAN:
		return cJSON_IsBool(item);
	case LW_TYPE_KEYWORDS:
		if (!cJSON_IsArray(item))
			return false;
		cJSON_ArrayForEach (e, item)
			if (!cJSON_IsString(e))
				return false;
		return true;
	case LW_TYPE_HEX:
		return cJSON_IsString(item) && strlen(item->valuestring) % 2 == 0 &&
		       strspn(item->valuestring, "0123456789abcdef") == strlen(item->valuestring);
	default:
		return cJSON_IsString(item);
	}
}

/* Every leaf is a field of the table with its type, and no key is there twice. */
static inline bool test_fields_ok(const cJSON *object, const char *prefix)
{
	const cJSON *item, *other;

	cJSON_ArrayForEach (item, object) {
		const struct lw_field *f;
		char name[256];

		for (other = item->next; other; other = other->next)
			if (!strcmp(other->string, item->string))
				return false;
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", item->string);
		if (cJSON_IsObject(item)) {
			if (!test_fields_ok(item, name))
				return false;
			continue;
		}
		if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
			cJSON_ArrayForEach (other, item)
				if (!cJSON_IsObject(other) || !test_fields_ok(other, name))
					return false;
			continue;
		}
		f = lw_field_find(name, strlen(name));
		if (!f || !test_type_ok(f, item)) {
			fprintf(stderr, "field %s is not in the table, or has another type\n",
				name);
			return false;
		}
	}
	return true;
}

/* One line: valid UTF-8, no control character, one JSON object of known fields. NULL: it is not. */
static inline cJSON *test_parse_line(const char *line, size_t len)
{
	const char *end = NULL;
	char *text;
	cJSON *root;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return NULL;
	if (!test_is_utf8(line, len))
		return NULL;
	text = strndup(line, len);
	root = text ? cJSON_ParseWithOpts(text, &end, 1) : NULL;
	if (root && (!cJSON_IsObject(root) || !test_fields_ok(root, ""))) {
		cJSON_Delete(root);
		root = NULL;
	}
	free(text);
	return root;
}

/* A field by its dotted name, where no key has a dot. */
static inline const cJSON *test_get(const cJSON *root, const char *name)
{
	char copy[256], *save = NULL;
	const cJSON *at = root;

	snprintf(copy, sizeof(copy), "%s", name);
	for (char *p = strtok_r(copy, ".", &save); p && at; p = strtok_r(NULL, ".", &save))
		at = cJSON_GetObjectItemCaseSensitive(at, p);
	return at;
}

static inline const char *test_get_str(const cJSON *root, const char *name)
{
	const cJSON *item = test_get(root, name);

	return item && cJSON_IsString(item) ? item->valuestring : NULL;
}

static inline double test_get_num(const cJSON *root, const char *name)
{
	const cJSON *item = test_get(root, name);

	return item && cJSON_IsNumber(item) ? item->valuedouble : -1;
}

#endif
