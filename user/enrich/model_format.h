/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_MODEL_FORMAT_H
#define LW_ENRICH_MODEL_FORMAT_H

/*
 * What a file of a model is, by its bytes: a name may say anything. Pure and bounded: the bytes are
 * hostile, and what reads the model may see another format in them all the same.
 */

#include <stddef.h>
#include <stdint.h>

enum lw_format {
	LW_FORMAT_UNKNOWN = 0,
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
	LW_FORMAT_COUNT,
};

/* "pickle", ...; "unknown". */
const char *lw_format_name(enum lw_format format);

#endif
