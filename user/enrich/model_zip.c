// SPDX-License-Identifier: Apache-2.0
/* What a zip archive holds: the names in its directory, and the beginnings of arrays. */
#include <string.h>

#include "enrich/model_format.h"

#define END_SIZE    22U
#define END64_SIZE  56U
#define ENTRY_SIZE  46U
#define LOCAL_SIZE  30U
#define TAIL	    (END_SIZE + 65535U) /* the end record and its comment */
#define ENTRIES_MAX 8192		/* a model of PyTorch has one a tensor */
#define NAME_BYTES  1024
#define ARRAYS_MAX  64 /* members whose beginnings are read */

struct directory {
	uint64_t at, size;
};

struct seen {
	bool pickle, object, array, weights, config;
	int arrays;
};

static bool read_all(const struct lw_format_file *f, void *buf, size_t len, uint64_t off)
{
	return off <= f->size && len <= f->size - off &&
	       f->read(f->arg, buf, len, off) == (ssize_t)len;
}

/* Of an archive too large for 32 bits: another end record, to which one before the end leads. */
static bool find64(const struct lw_format_file *f, uint64_t end, struct directory *ret)
{
	uint8_t locator[20], record[END64_SIZE];

	if (end < sizeof(locator) || !read_all(f, locator, sizeof(locator), end - 20) ||
	    memcmp(locator, "PK\6\7", 4) != 0 ||
	    !read_all(f, record, sizeof(record), lw_le64(locator + 8)) ||
	    memcmp(record, "PK\6\6", 4) != 0)
		return false;
	*ret = (struct directory){ .at = lw_le64(record + 48), .size = lw_le64(record + 40) };
	return true;
}

/* The end record lies at the end of the file, before a comment. */
static bool find(const struct lw_format_file *f, struct directory *ret)
{
	static _Thread_local uint8_t tail[TAIL];
	size_t len = f->size < TAIL ? f->size : TAIL;
	uint64_t from = f->size - len;

	if (len < END_SIZE || !read_all(f, tail, len, from))
		return false;
	for (size_t i = len - END_SIZE + 1; i-- > 0;) {
		if (memcmp(tail + i, "PK\5\6", 4) != 0)
			continue;
		*ret = (struct directory){ .at = lw_le32(tail + i + 16),
					   .size = lw_le32(tail + i + 12) };
		if (ret->at != UINT32_MAX && ret->size != UINT32_MAX)
			return true;
		return find64(f, from + i, ret);
	}
	return false;
}

static bool ends(const char *name, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && memcmp(name + len - n, suffix, n) == 0;
}

/* An array that is not compressed shows what it is; one that is may hold anything. */
static void look_at_array(const struct lw_format_file *f, const uint8_t *entry, struct seen *seen)
{
	uint64_t at = lw_le32(entry + 42);
	uint8_t local[LOCAL_SIZE], head[512];
	ssize_t n;

	if (lw_le16(entry + 10) != 0 || seen->arrays++ >= ARRAYS_MAX ||
	    !read_all(f, local, sizeof(local), at) || memcmp(local, "PK\3\4", 4) != 0)
		return;
	at += LOCAL_SIZE + lw_le16(local + 26) + lw_le16(local + 28);
	n = at < f->size ? f->read(f->arg, head, sizeof(head), at) : 0;
	seen->object |= n > 0 && lw_numpy_sniff(head, n) == LW_FORMAT_NUMPY_OBJECT;
}

static void look(const struct lw_format_file *f, const uint8_t *entry, const char *name, size_t len,
		 struct seen *seen)
{
	if (ends(name, len, ".pkl") || ends(name, len, ".pickle")) {
		seen->pickle = true;
	} else if (ends(name, len, ".npy")) {
		seen->array = true;
		look_at_array(f, entry, seen);
	} else if (ends(name, len, ".weights.h5")) {
		seen->weights = true;
	} else if (ends(name, len, "config.json")) {
		seen->config = true;
	}
}

enum lw_format lw_zip_sniff(const struct lw_format_file *f)
{
	struct directory dir;
	struct seen seen = {};
	uint64_t at;

	if (!find(f, &dir))
		return LW_FORMAT_UNKNOWN;
	at = dir.at;
	for (int i = 0; i < ENTRIES_MAX && !seen.pickle && at - dir.at < dir.size; i++) {
		uint8_t entry[ENTRY_SIZE];
		char name[NAME_BYTES];
		size_t len;

		if (!read_all(f, entry, sizeof(entry), at) || memcmp(entry, "PK\1\2", 4) != 0)
			break;
		len = lw_le16(entry + 28);
		if (len < sizeof(name) && read_all(f, name, len, at + ENTRY_SIZE))
			look(f, entry, name, len, &seen);
		at += ENTRY_SIZE + len + lw_le16(entry + 30) + lw_le16(entry + 32);
	}
	if (seen.pickle)
		return LW_FORMAT_ZIP_PICKLE;
	if (at - dir.at < dir.size)
		return LW_FORMAT_UNKNOWN; /* there is more in it */
	if (seen.object)
		return LW_FORMAT_NUMPY_OBJECT;
	if (seen.weights && seen.config)
		return LW_FORMAT_KERAS;
	return seen.array ? LW_FORMAT_NUMPY : LW_FORMAT_UNKNOWN;
}
