// SPDX-License-Identifier: Apache-2.0
/*
 * The floor: loadward's system call tracepoints, each with a program that only looks for a tag.
 *
 * usage: floor FLOOR.BPF.O
 * Prints "ready N" when N tracepoints are attached, and stays until stdin ends.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

static const struct {
	const char *group, *where;
} hooks[] = {
#define LW_HOOK(program, event, backend, group, rank, where) { #group, where },
#include "lw_hooks.def"
#undef LW_HOOK
};

static struct bpf_link *links[sizeof(hooks) / sizeof(hooks[0])];

int main(int argc, char **argv)
{
	static const char prefix[] = "tp/syscalls/";
	struct bpf_program *prog;
	struct bpf_object *obj;
	int n = 0;

	if (argc != 2)
		errx(2, "usage: floor FLOOR.BPF.O");
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj)
		err(1, "%s", argv[1]);
	if (bpf_object__load(obj))
		err(1, "load");
	prog = bpf_object__find_program_by_name(obj, "floor_hook");
	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		const char *name = hooks[i].where + strlen(prefix);

		if (strcmp(hooks[i].group, "HOT") ||
		    strncmp(hooks[i].where, prefix, strlen(prefix)))
			continue;
		links[n] = bpf_program__attach_tracepoint(prog, "syscalls", name);
		if (!links[n++])
			err(1, "attach %s", name);
	}
	printf("ready %d\n", n);
	fflush(stdout);
	while (getchar() != EOF)
		;
	bpf_object__close(obj);
	return 0;
}
