// SPDX-License-Identifier: Apache-2.0
#include "enrich/model_format.h"

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
};

const char *lw_format_name(enum lw_format format)
{
	return names[format < LW_FORMAT_COUNT ? format : LW_FORMAT_UNKNOWN];
}
