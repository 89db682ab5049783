// SPDX-License-Identifier: Apache-2.0
#include "enrich/model_format.h"

#include <string.h>
#include <zlib.h>

#include "base/text.h"

#define HEAD	      8192U	     /* bytes at the beginning that are looked at */
#define TENSORS_MAX   (100ULL << 20) /* bytes of a header, as safetensors itself has it */
#define ONNX_FIELDS   64	     /* of a model, before its graph */
#define ONNX_VERSIONS 64	     /* of the format: 13 in 2026 */

static const char *const names[] = {
	[LW_FORMAT_UNKNOWN] = "unknown",
	[LW_FORMAT_PICKLE] = "pickle",
	[LW_FORMAT_ZIP_PICKLE] = "zip-pickle",
	[LW_FORMAT_SAFETENSORS] = "safetensors",
	[LW_FORMAT_GGUF] = "gguf",
	[LW_FORMAT_ONNX] = "onnx",
	[LW_FORMAT_HDF5] = "hdf5",
	[LW_FORMAT_KERAS] = "keras",
	[LW_FORMAT_NUMPY] = "numpy",
	[LW_FORMAT_NUMPY_OBJECT] = "numpy-object",
	[LW_FORMAT_PYTHON] = "python",
	[LW_FORMAT_OTHER] = "other",
};

const char *lw_format_name(enum lw_format format)
{
	return names[format < LW_FORMAT_COUNT ? format : LW_FORMAT_UNKNOWN];
}

enum lw_format lw_format_find(const char *name)
{
	for (enum lw_format f = 1; f < LW_FORMAT_COUNT; f++)
		if (strcmp(names[f], name) == 0)
			return f;
	return LW_FORMAT_UNKNOWN;
}

static bool has(const uint8_t *p, size_t len, const char *magic, size_t n)
{
	return len >= n && memcmp(p, magic, n) == 0;
}

/* A length, then that much JSON, then the tensors. */
static bool is_safetensors(const uint8_t *p, size_t len, uint64_t size)
{
	uint64_t header = len >= 9 ? lw_le64(p) : 0;

	return header >= 2 && header <= TENSORS_MAX && header + 8 <= size && p[8] == '{';
}

/* The version is in the byte order of the machine that wrote it. */
static bool is_gguf(const uint8_t *p, size_t len)
{
	return len >= 8 && has(p, len, "GGUF", 4) &&
	       ((p[4] && p[4] < 16 && !p[7]) || (p[7] && p[7] < 16 && !p[4]));
}

/* HDF5's signature may stand behind a block of the user's own. */
static bool is_hdf5(const uint8_t *p, size_t len)
{
	for (size_t off = 0; off + 8 <= len; off = off ? off * 2 : 512)
		if (has(p + off, len - off, "\x89HDF\r\n\x1a\n", 8))
			return true;
	return false;
}

/* An array of objects is one of pickles, also where they are a part of what its elements are. */
enum lw_format lw_numpy_sniff(const uint8_t *p, size_t len)
{
	size_t at, n;

	if (!has(p, len, "\x93NUMPY", 6) || len < 12)
		return LW_FORMAT_UNKNOWN;
	at = p[6] == 1 ? 10 : 12;
	n = p[6] == 1 ? lw_le16(p + 8) : lw_le32(p + 8);
	if (n > len - at)
		n = len - at;
	return memmem(p + at, n, "|O", 2) || memmem(p + at, n, "'O", 2) ? LW_FORMAT_NUMPY_OBJECT
									: LW_FORMAT_NUMPY;
}

/* Protocol Buffers: a number of 7 bits a byte. Return: its bytes; 0: there is none. */
static size_t varint(const uint8_t *p, size_t len, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < len && i < 10; i++) {
		*ret |= (uint64_t)(p[i] & 0x7f) << (i < 9 ? 7 * i : 63);
		if (!(p[i] & 0x80))
			return i + 1;
	}
	return 0;
}

/* A ModelProto: ir_version (1) first, as all writers have it, and a graph (7) that fits. */
static bool is_onnx(const struct lw_format_file *f)
{
	uint64_t off = 0;
	bool versioned = false;

	for (int i = 0; i < ONNX_FIELDS && off < f->size; i++) {
		uint8_t head[20];
		ssize_t n = f->read(f->arg, head, sizeof(head), off);
		uint64_t tag, value;
		size_t a = n > 0 ? varint(head, n, &tag) : 0;
		size_t b = a ? varint(head + a, n - a, &value) : 0;

		if (!b || (!versioned && (tag != (1 << 3 | 0) || value > ONNX_VERSIONS)))
			return false;
		versioned = true;
		off += a + b;
		if ((tag & 7) == 2) {
			if (value > f->size - off)
				return false;
			if (tag >> 3 == 7)
				return value > 0;
			off += value;
		} else if ((tag & 7) != 0) {
			return false;
		}
	}
	return false;
}

static bool is_text(const uint8_t *p, size_t len)
{
	uint32_t cp;

	for (size_t i = 0, n; i < len; i += n) {
		n = lw_utf8_len((const char *)p + i, len - i, &cp);
		/* Sources may have another encoding; what ends in the middle of a letter is cut. */
		if (!n && (p[i] < 0x80 || i + 4 > len))
			return i + 4 > len;
		n = n ? n : 1;
		if (n == 1 && p[i] < 0x20 && !memchr("\t\n\r\f", p[i], 4))
			return false;
	}
	return len;
}

/* Compiled by CPython 3: a number that ends in these two bytes, then flags. */
static bool is_compiled(const uint8_t *p, size_t len)
{
	return len >= 16 && p[2] == '\r' && p[3] == '\n' && p[1] >= 0x0b && p[1] <= 0x0f &&
	       lw_le32(p + 4) <= 3;
}

/* joblib's and others' pickles are often compressed: the beginning is enough to tell. */
static size_t unpack(const uint8_t *p, size_t len, uint8_t *out, size_t size)
{
	z_stream z = {
		.next_in = (uint8_t *)p, .avail_in = len, .next_out = out, .avail_out = size
	};
	bool gzip = has(p, len, "\x1f\x8b", 2);

	if (!gzip && !(len >= 2 && p[0] == 0x78 && (p[0] << 8 | p[1]) % 31 == 0))
		return 0;
	if (inflateInit2(&z, 15 + 32) != Z_OK)
		return 0;
	inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return size - z.avail_out;
}

static enum lw_format by_head(const struct lw_format_file *f, const uint8_t *p, size_t len)
{
	enum lw_format array = lw_numpy_sniff(p, len);

	if (array != LW_FORMAT_UNKNOWN)
		return array;
	if (is_gguf(p, len))
		return LW_FORMAT_GGUF;
	if (is_hdf5(p, len))
		return LW_FORMAT_HDF5;
	if (is_compiled(p, len) || (f->source && is_text(p, len)))
		return LW_FORMAT_PYTHON;
	if (is_safetensors(p, len, f->size))
		return LW_FORMAT_SAFETENSORS;
	if (lw_pickle_sniff(p, len, f->size))
		return LW_FORMAT_PICKLE;
	return LW_FORMAT_UNKNOWN;
}

enum lw_format lw_format_sniff(const struct lw_format_file *f)
{
	uint8_t head[HEAD], plain[HEAD];
	ssize_t len = f->read(f->arg, head, f->size < HEAD ? f->size : HEAD, 0);
	enum lw_format found;
	size_t n;

	if (len <= 0)
		return LW_FORMAT_UNKNOWN;
	if (has(head, len, "PK\3\4", 4))
		return lw_zip_sniff(f);
	found = by_head(f, head, len);
	if (found == LW_FORMAT_UNKNOWN && is_onnx(f))
		return LW_FORMAT_ONNX;
	n = found == LW_FORMAT_UNKNOWN ? unpack(head, len, plain, sizeof(plain)) : 0;
	if (n && lw_numpy_sniff(plain, n) != LW_FORMAT_UNKNOWN)
		return lw_numpy_sniff(plain, n);
	return n && lw_pickle_sniff(plain, n, UINT64_MAX) ? LW_FORMAT_PICKLE : found;
}
