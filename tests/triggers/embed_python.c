// SPDX-License-Identifier: Apache-2.0
/* embed_python LIBPYTHON ARGUMENT...: an interpreter in a library that is loaded by dlopen(). */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
	int (*python)(int, char **);

	if (!library) {
		fprintf(stderr, "%s\n", argc > 1 ? dlerror() : "no library");
		return 1;
	}
	*(void **)&python = dlsym(library, "Py_BytesMain");
	return python ? python(argc - 1, argv + 1) : 1;
}
