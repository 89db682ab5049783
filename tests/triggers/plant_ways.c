/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plant_ways WAYS BASE: leaves the text "PLANTED" under the forbidden name BASE/WAY/object/file in
 * many ways. Ways that begin with "new" find no file there. The directory BASE/WAY/scratch is free;
 * "hard" there is a hard link to the file. The ways of a race are about file-000, file-001 ...;
 * "remove-race" finds them there, with their neighbours twin-..., which are free, and removes one.
 */
#include "place.h"

#include "race.h"

#define TRIES 200

static void put(int fd)
{
	truth->got = fd >= 0 && write(fd, "PLANTED", 7) == 7;
	close(fd);
}

static void open_and_put(const char *name, int flags)
{
	before(name);
	put(after(open(name, flags, 0644)));
}

/* A harmless file with the text. */
static const char *loaded(const char *name)
{
	const char *file = in_scratch(name);

	put(open(file, O_WRONLY | O_CREAT | O_EXCL, 0644));
	if (!truth->got)
		die(file);
	truth->got = 0;
	return file;
}

static void by_new(void)
{
	open_and_put(path, O_WRONLY | O_CREAT | O_EXCL);
}

static void by_append(void)
{
	open_and_put(path, O_WRONLY | O_APPEND);
}

static void by_truncate(void)
{
	open_and_put(path, O_WRONLY | O_TRUNC);
}

static void by_hardlink(void)
{
	open_and_put(in_scratch("hard"), O_WRONLY);
}

static void by_mmap(void)
{
	char *p;

	before(path);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, after(open(path, O_RDWR)), 0);
	if (p != MAP_FAILED)
		memcpy(p, "PLANTED", 7);
}

static void by_copy_file_range(void)
{
	int from = open(loaded("x"), O_RDONLY), to;

	before(path);
	to = after(open(path, O_WRONLY));
	after(copy_file_range(from, NULL, to, NULL, 7, 0));
}

static void by_new_rename(void)
{
	const char *x = loaded("x");

	before(path);
	after(rename(x, path));
}

static void by_exchange(void)
{
	const char *x = loaded("x");

	before(path);
	after(syscall(SYS_renameat2, AT_FDCWD, x, AT_FDCWD, path, 2));
}

static void by_new_link(void)
{
	const char *x = loaded("x");

	before(path);
	after(link(x, path));
}

static void by_new_tmpfile(void)
{
	int fd = open(scratch, O_TMPFILE | O_WRONLY, 0644);

	put(dup(fd));
	truth->got = 0;
	before(path);
	after(linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH));
}

static void by_new_symlink(void)
{
	const char *x = loaded("x");

	before(path);
	after(symlink(x, path));
}

/* Its directory makes place for another one, which has a file of that name. */
static void replace_parent(int by_symlink)
{
	const char *parent = in_scratch("parent");

	must(mkdir(parent, 0755), "mkdir");
	loaded("parent/file");
	before(dir_of(path));
	must(rename(dir_of(path), in_scratch("away")), "rename");
	after(by_symlink ? symlink(parent, dir_of(path)) : rename(parent, dir_of(path)));
}

static void by_rename_parent(void)
{
	replace_parent(0);
}

static void by_symlink_parent(void)
{
	replace_parent(1);
}

/* Seen by all who share the mount namespace. */
static void by_bind_mount(void)
{
	const char *x = loaded("x");

	before(path);
	after(mount(x, path, NULL, MS_BIND, NULL));
}

/*
 * A race for BASE/WAY/object/file-N, each N once, against a process that turns "file" into "twin"
 * and back in shared memory all the time. A child makes the attempt, since some are killed; it is
 * won when one did it and lived. "note" is its N.
 */
static void race(void (*attempt)(const char *name), int (*done)(const char *name))
{
	char *name = race_memory(), *last, real[PATH_MAX + 32];

	snprintf(name, BYTES_MAX, "%s-000", path);
	last = strrchr(name, '/') + 1;
	before(path);
	race_begin();
	if (race_other())
		race_flip(last, "twin", "file");
	for (int i = 0; i < TRIES; i++) {
		int status;
		pid_t pid;

		snprintf(real, sizeof(real), "%s-%03d", path, i);
		memcpy(last + 4, strrchr(real, '-'), 4);
		pid = fork();
		must(pid, "fork");
		if (pid == 0) {
			truth->pid = truth->tid = getpid();
			(void)*(volatile const char *)name; /* a cold page is another way */
			attempt(name);
			_exit(0);
		}
		must(waitpid(pid, &status, 0), "waitpid");
		if (WIFEXITED(status) && done(real)) {
			snprintf(truth->note, sizeof(truth->note), "%03d", i);
			break;
		}
	}
	race_end();
}

static int planted(const char *name)
{
	char text[8] = "";
	int fd = open(name, O_RDONLY);
	int yes = fd >= 0 && read(fd, text, 7) == 7 && !strcmp(text, "PLANTED");

	close(fd);
	return yes;
}

static int removed(const char *name)
{
	return access(name, F_OK) < 0;
}

static void rename_to(const char *name)
{
	unlink(in_scratch("x"));
	after(rename(loaded("x"), name));
}

static void unlink_it(const char *name)
{
	after(unlink(name));
}

static void create_it(const char *name)
{
	put(after(open(name, O_WRONLY | O_CREAT, 0644)));
}

static void by_rename_race(void)
{
	race(rename_to, planted);
}

static void by_new_race(void)
{
	race(create_it, planted);
}

static void by_remove_race(void)
{
	race(unlink_it, removed);
}

static const struct way ways[] = {
	{ "new", "file.open", by_new },
	{ "append", "file.open", by_append },
	{ "truncate", "file.open", by_truncate },
	{ "hardlink", "file.open", by_hardlink },
	{ "mmap", "file.open", by_mmap },
	{ "copy-file-range", "file.open", by_copy_file_range },
	{ "new-rename", "file.rename", by_new_rename },
	{ "exchange", "file.rename", by_exchange },
	{ "new-link", "file.link", by_new_link },
	{ "new-tmpfile", "file.link", by_new_tmpfile },
	{ "new-symlink", "file.symlink", by_new_symlink },
	{ "rename-parent", "file.rename", by_rename_parent },
	{ "symlink-parent", "file.rename", by_symlink_parent },
	{ "bind-mount", "mount.attach", by_bind_mount },
	{ "new-race", "file.open", by_new_race },
	{ "rename-race", "file.rename", by_rename_race },
	{ "remove-race", "file.unlink", by_remove_race },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc != 3) {
		fprintf(stderr, "usage: plant_ways list|WAY[,WAY...] BASE\n");
		return 2;
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
