/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CALL_H
#define CALL_H

/* System calls as a loader may make them: by number, and through the 32-bit entry. */

#include "trigger.h"

static inline long call(const char *raw, long nr, long a, long b, long c, long d, long e)
{
	before(raw);
	return after(syscall(nr, a, b, c, d, e, 0));
}

#define CALL(raw, nr, ...) CALL_(raw, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL_(raw, nr, a, b, c, d, e, ...) \
	call(raw, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))

/* Bytes below 4 GiB, where the 32-bit entry can reach them. */
static inline void *low(const void *bytes, size_t n)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	return memcpy(page, bytes, n);
}

static inline char *low_text(const char *text)
{
	return low(text, strlen(text) + 1);
}

#ifdef __x86_64__
#define HAVE_32BIT 1

/* Numbers and arguments of i386. */
static inline long call32(const char *raw, long nr, long a, long b, long c, long d, long e)
{
	long ret;

	before(raw);
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = ret < 0 ? -ret : 0;
	return after(ret < 0 ? -1 : ret);
}

#define CALL32(raw, nr, ...) CALL32_(raw, nr, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define CALL32_(raw, nr, a, b, c, d, e, ...) \
	call32(raw, nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#endif

#endif
