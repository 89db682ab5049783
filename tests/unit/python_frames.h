/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TESTS_PYTHON_FRAMES_H
#define LW_TESTS_PYTHON_FRAMES_H

/* For tests and fuzzers: frames made by hand, as the kernel side sends them. */

#include <stdlib.h>
#include <string.h>

#include "lw_python.h"

struct test_frame {
	_Alignas(8) char bytes[sizeof(struct lw_py_frame) + LW_PY_FILE + LW_PY_NAME + LW_PY_LINES];
};

/* A frame of 3.9 whose line is @line. */
static inline struct lw_py_frame *test_frame_n(struct test_frame *buf, uint64_t stack,
					       unsigned int nr, const char *file, size_t file_len,
					       const char *name, size_t name_len, int32_t line)
{
	struct lw_py_frame *f = (struct lw_py_frame *)buf->bytes;

	if (file_len > LW_PY_FILE || name_len > LW_PY_NAME)
		abort();
	*f = (struct lw_py_frame){ .stack = stack,
				   .size = sizeof(*f) + file_len + name_len,
				   .nr = nr,
				   .minor = 9,
				   .first_line = line,
				   .file_len = file_len,
				   .name_len = name_len };
	memcpy(f->data, file, file_len);
	memcpy(f->data + file_len, name, name_len);
	return f;
}

static inline struct lw_py_frame *test_frame(struct test_frame *buf, uint64_t stack,
					     unsigned int nr, const char *file, const char *name,
					     int32_t line)
{
	return test_frame_n(buf, stack, nr, file, strlen(file), name, strlen(name), line);
}

#endif
