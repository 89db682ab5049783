/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BASE_CLEANUP_H
#define LW_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound release: `_cleanup_free_ char *p = NULL;` frees p when it goes out of scope. Take the
 * value out with lw_steal_ptr() / lw_steal_fd() to hand it to the caller.
 */
#define _cleanup_(fn) __attribute__((__cleanup__(fn)))

static inline void lw_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void lw_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void lw_cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void lw_cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define _cleanup_free_	   _cleanup_(lw_cleanup_free)
#define _cleanup_close_	   _cleanup_(lw_cleanup_close)
#define _cleanup_fclose_   _cleanup_(lw_cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(lw_cleanup_closedir)

#define lw_steal_ptr(p) \
	({ \
		__typeof__(p) _stolen = (p); \
		(p) = NULL; \
		_stolen; \
	})

static inline int lw_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
