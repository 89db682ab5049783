// SPDX-License-Identifier: Apache-2.0
#include "base/fs.h"

#include <sys/vfs.h>

bool lw_fs_is_one_of(int fd, const long *magics, size_t n)
{
	struct statfs sf;

	if (fstatfs(fd, &sf) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((long)sf.f_type == magics[i])
			return true;
	return false;
}
