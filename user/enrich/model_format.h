/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_FORMAT_H
#define LW_ENRICH_MODEL_FORMAT_H

/*
 * What a file of a model is, by its bytes: a name may say anything. Pure and bounded: the bytes are
 * hostile, and what reads the model may see another format in them all the same.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum lw_format {
	LW_FORMAT_UNKNOWN = 0, /* it was not read, or could not be */
	LW_FORMAT_PICKLE,
	LW_FORMAT_ZIP_PICKLE, /* torch.save(), and other archives with a pickle in them */
	LW_FORMAT_SAFETENSORS,
	LW_FORMAT_GGUF,
	LW_FORMAT_ONNX,
	LW_FORMAT_HDF5,
	LW_FORMAT_KERAS, /* an archive of a configuration and weights */
	LW_FORMAT_NUMPY,
	LW_FORMAT_NUMPY_OBJECT, /* with pickles in it */
	LW_FORMAT_PYTHON,	/* source, or compiled */
	LW_FORMAT_OTHER,	/* none of these */
	LW_FORMAT_COUNT,
};

/* "pickle", ...; "unknown". */
const char *lw_format_name(enum lw_format format);

/** lw_format_find() - by its name; LW_FORMAT_UNKNOWN: it has none. */
enum lw_format lw_format_find(const char *name);

/* A file, as far as it is asked for. */
struct lw_format_file {
	/* As pread(2): fewer bytes than asked for are the end, or an error. */
	ssize_t (*read)(void *arg, void *buf, size_t len, uint64_t off);
	void *arg;
	uint64_t size; /* bytes */
	bool source;   /* it is called *.py: text in it is Python then */
};

/**
 * lw_format_sniff() - what a file is.
 *
 * Reads some KiB at its beginning, and of an archive its directory and the beginnings of members.
 */
enum lw_format lw_format_sniff(const struct lw_format_file *f);

/** lw_pickle_sniff() - do these bytes begin a pickle? For model_format.c. */
bool lw_pickle_sniff(const uint8_t *p, size_t len, uint64_t size);

/** lw_zip_sniff() - what an archive holds; LW_FORMAT_UNKNOWN: nothing of a model. The same. */
enum lw_format lw_zip_sniff(const struct lw_format_file *f);

/** lw_numpy_sniff() - an array, or LW_FORMAT_UNKNOWN. The same. */
enum lw_format lw_numpy_sniff(const uint8_t *p, size_t len);

static inline uint32_t lw_le16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static inline uint32_t lw_le32(const uint8_t *p)
{
	return lw_le16(p) | lw_le16(p + 2) << 16;
}

static inline uint64_t lw_le64(const uint8_t *p)
{
	return lw_le32(p) | (uint64_t)lw_le32(p + 4) << 32;
}

#endif
