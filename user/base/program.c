// SPDX-License-Identifier: Apache-2.0
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *lw_program_find(const char *name, char *buf, size_t size)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') || !path)
		return name;
	while (*path) {
		int len = strcspn(path, ":");

		snprintf(buf, size, "%.*s/%s", len ? len : 1, len ? path : ".", name);
		if (access(buf, X_OK) == 0)
			return buf;
		path += len + (path[len] == ':');
	}
	return name;
}
