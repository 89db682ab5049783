// SPDX-License-Identifier: Apache-2.0
#include "action/python_find.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "enrich/elf.h"

#define LIBRARY	    "libpython"
#define SCRIPTS_MAX 4	/* scripts that are run by scripts: the kernel takes as many */
#define LINE_SIZE   256 /* bytes of the first line of a script: BINPRM_BUF_SIZE */
#define NAME_SIZE   256
#define DIRS_SIZE   4096

/* Where the dynamic loader looks in the end. */
static const char system_dirs[] =
#ifdef __aarch64__
	"/lib/aarch64-linux-gnu:/usr/lib/aarch64-linux-gnu:"
#else
	"/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:"
#endif
	"/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib";

struct search {
	const char *origin;   /* directory of the program */
	char name[NAME_SIZE]; /* of the library */
	void (*fn)(const char *path, void *arg);
	void *arg;
};

/* Return: true when it was there. */
static bool try_dir(const struct search *s, const char *dir, int len)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}" };
	const char *origin = "";
	char path[2 * PATH_MAX];

	for (size_t i = 0; i < 2 && !*origin; i++) {
		int n = strlen(words[i]);

		if (len < n || strncmp(dir, words[i], n))
			continue;
		origin = s->origin;
		dir += n;
		len -= n;
	}
	snprintf(path, sizeof(path), "%s%.*s/%s", origin, len, dir, s->name);
	if (access(path, R_OK) < 0)
		return false;
	s->fn(path, s->arg);
	return true;
}

/* Directories with ':' between them. */
static bool try_dirs(const struct search *s, const char *dirs)
{
	while (dirs && *dirs) {
		int len = strcspn(dirs, ":");

		if (len && try_dir(s, dirs, len))
			return true;
		dirs += len + (dirs[len] == ':');
	}
	return false;
}

static void find_libraries(int fd, struct search *s)
{
	char runpath[DIRS_SIZE] = "";
	struct lw_elf elf;

	if (lw_elf_open(fd, &elf) < 0)
		return;
	if (elf.has_runpath && lw_elf_text(&elf, elf.runpath, runpath, sizeof(runpath)) < 0)
		runpath[0] = '\0';
	for (size_t i = 0; i < elf.n_needed; i++) {
		if (lw_elf_text(&elf, elf.needed[i], s->name, sizeof(s->name)) < 0 ||
		    strncmp(s->name, LIBRARY, strlen(LIBRARY)))
			continue;
		if (!try_dirs(s, getenv("LD_LIBRARY_PATH")) && !try_dirs(s, runpath))
			try_dirs(s, system_dirs);
	}
}

/* The program that runs a script: "#!/usr/bin/env NAME" or "#!/path". Return: NULL: no script. */
static const char *script_program(int fd, char line[LINE_SIZE + 1], char *buf, size_t size)
{
	ssize_t n = pread(fd, line, LINE_SIZE, 0);
	char *rest = line + 2, *word;
	const char *base;

	if (n < 2 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while ((word = strsep(&rest, " \t")) && !*word)
		;
	if (!word || !*word)
		return NULL;
	base = strrchr(word, '/');
	if (!base || strcmp(base, "/env"))
		return word;
	while ((word = strsep(&rest, " \t")) && (!*word || *word == '-' || strchr(word, '=')))
		;
	return word ? lw_program_find(word, buf, size) : NULL;
}

void lw_python_find(const char *path, void (*fn)(const char *path, void *arg), void *arg)
{
	char origin[PATH_MAX], found[PATH_MAX], line[LINE_SIZE + 1], name[PATH_MAX];
	struct search s = { .origin = origin, .fn = fn, .arg = arg };

	for (int i = 0; path && i <= SCRIPTS_MAX; i++) {
		_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd < 0)
			return;
		snprintf(name, sizeof(name), "%s", path); /* which may lie in the line before */
		path = script_program(fd, line, found, sizeof(found));
		if (path)
			continue;
		fn(name, arg);
		if (!realpath(name, origin))
			return;
		*strrchr(origin, '/') = '\0';
		find_libraries(fd, &s);
	}
}
