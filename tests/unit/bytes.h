/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TESTS_BYTES_H
#define LW_TESTS_BYTES_H

/* Bytes in memory as the file whose format is asked for. */

#include <string.h>

#include "enrich/model_format.h"

struct test_bytes {
	const uint8_t *p;
	size_t len;
};

static inline ssize_t test_read(void *arg, void *buf, size_t len, uint64_t off)
{
	const struct test_bytes *b = arg;

	if (off >= b->len)
		return 0;
	if (len > b->len - off)
		len = b->len - off;
	memcpy(buf, b->p + off, len);
	return len;
}

#endif
