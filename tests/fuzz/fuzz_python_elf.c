// SPDX-License-Identifier: Apache-2.0
/* Files of loaders, searched for an interpreter. Input: the file. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enrich/python_elf.h"

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* What the kernel side takes from copies lies in them. */
static void check(const struct lw_py_layout *l)
{
	must(l->frame_size < LW_PY_FRAME_MAX, "size");
	must(l->frame_prev + 8 <= l->frame_size && l->frame_code + 8 <= l->frame_size, "frame");
	must(l->code_file + 8 <= l->code_size && l->code_name + 8 <= l->code_size &&
		     l->code_lines + 8 <= l->code_size && l->code_first + 4 <= l->code_size &&
		     l->type + 8 <= l->code_size,
	     "code");
	must(!l->shim || l->frame_owner < l->frame_size, "owner");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct lw_py_file file;

	must(fd >= 0 && write(fd, data, len) == (ssize_t)len, "no memory for the file");
	if (lw_python_elf(fd, &file) == 1 && file.layout.known)
		check(&file.layout);
	close(fd);
	return 0;
}
