/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial_ways WAYS BASE: sends "EXFIL" to the forbidden unix socket BASE/WAY/object/file, or to the
 * datagram socket file.dgram beside it, in many ways. "twin" and "twin.dgram" there are allowed.
 * BASE/WAY/scratch is an empty directory on the same file system.
 */
#include "pass.h"

#include <stddef.h>

#include "race.h"

#define DENIALS 20 /* of a race; then it has been stopped often enough */
#define SENDS	200000

static const char *dgram(void)
{
	static char name[PATH_MAX + 8];

	snprintf(name, sizeof(name), "%s.dgram", path);
	return name;
}

static const struct sockaddr_un *address(const char *name)
{
	static struct sockaddr_un a;

	a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(name) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		die(name);
	}
	strcpy(a.sun_path, name);
	return &a;
}

static long dial(int type, const void *addr)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	long r = after(connect(fd, addr, sizeof(struct sockaddr_un)));

	if (r == 0)
		truth->got = send(fd, "EXFIL", 5, MSG_NOSIGNAL) == 5;
	close(fd);
	return r;
}

static void dial_name(int type, const char *name)
{
	before(name);
	dial(type, address(name));
}

static long send_to(const void *addr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r = after(sendto(fd, "EXFIL", 5, 0, addr, sizeof(struct sockaddr_un)));

	truth->got |= r == 5;
	close(fd);
	return r;
}

static void send_name(const char *name)
{
	before(name);
	send_to(address(name));
}

/* ------------------------------------------------------------------ other names */
static void by_rename(void)
{
	must(rename(path, in_scratch("s")), "rename");
	dial_name(SOCK_STREAM, in_scratch("s"));
}

static void by_symlink_parent(void)
{
	must(symlink(dir_of(path), in_scratch("d")), "symlink");
	dial_name(SOCK_STREAM, in_scratch("d/file"));
}

static void by_proc_root(void)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof(name), "/proc/%d/root%s", getppid(), path);
	dial_name(SOCK_STREAM, name);
}

static void by_userns_bind(void)
{
	private_mounts(CLONE_NEWUSER);
	must(mount(dir_of(path), scratch, NULL, MS_BIND | MS_REC, NULL), "bind");
	dial_name(SOCK_STREAM, in_scratch("file"));
}

static const char *symlink_to(const char *what)
{
	must(symlink(what, in_scratch("l")), "symlink");
	return in_scratch("l");
}

static void by_dgram_symlink(void)
{
	dial_name(SOCK_DGRAM, symlink_to(dgram()));
}

static void by_sendto_symlink(void)
{
	send_name(symlink_to(dgram()));
}

static void by_sendto_hardlink(void)
{
	must(link(dgram(), in_scratch("h")), "link");
	send_name(in_scratch("h"));
}

static void by_sendto_relative(void)
{
	must(chdir(dir_of(path)), "chdir");
	send_name("file.dgram");
}

/* ------------------------------------------------------------------ memory of the address */
static void by_cold_connect(void)
{
	const void *addr = cold(address(path), sizeof(struct sockaddr_un));

	before(path);
	dial(SOCK_STREAM, addr);
}

static void by_cold_sendto(void)
{
	const void *addr = cold(address(dgram()), sizeof(struct sockaddr_un));

	before(dgram());
	send_to(addr);
}

/* The name alternates between the forbidden and the allowed socket. */
static const void *flipping(const char *name)
{
	struct sockaddr_un *a = race_memory();
	char *last;

	*a = *address(name);
	last = strrchr(a->sun_path, '/') + 1;
	before(name);
	race_begin();
	if (race_other())
		race_flip(last, "twin", "file");
	return a;
}

/* Where a symlink leads to alternates. */
static const void *swapping(const char *forbidden, const char *allowed)
{
	const char *name = in_scratch("l"), *other = in_scratch("m");

	must(symlink(allowed, name), "symlink");
	must(symlink(forbidden, other), "symlink");
	before(name);
	race_begin();
	if (race_other())
		for (;;)
			must(syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, other, 2), "race");
	return address(name);
}

static void try_again(long (*attempt)(const void *), const void *addr)
{
	int denials = 0, tries = 0;

	while (denials < DENIALS && tries++ < SENDS)
		if (attempt(addr) < 0 && truth->err == EPERM)
			denials++;
	race_end();
}

static long dial_stream(const void *addr)
{
	return dial(SOCK_STREAM, addr);
}

static void by_name_race(void)
{
	try_again(dial_stream, flipping(path));
}

static void by_sendto_name_race(void)
{
	try_again(send_to, flipping(dgram()));
}

static const char *twin(const char *suffix)
{
	static char name[PATH_MAX + 16];

	snprintf(name, sizeof(name), "%s/twin%s", dir_of(path), suffix);
	return name;
}

static void by_symlink_race(void)
{
	try_again(dial_stream, swapping(path, twin("")));
}

static void by_sendto_symlink_race(void)
{
	try_again(send_to, swapping(dgram(), twin(".dgram")));
}

static const struct way ways[] = {
	{ "rename", "net.connect", by_rename },
	{ "symlink-parent", "net.connect", by_symlink_parent },
	{ "proc-root", "net.connect", by_proc_root },
	{ "userns-bind", "net.connect", by_userns_bind },
	{ "dgram-symlink", "net.connect", by_dgram_symlink },
	{ "sendto-symlink", "net.send", by_sendto_symlink },
	{ "sendto-hardlink", "net.send", by_sendto_hardlink },
	{ "sendto-relative", "net.send", by_sendto_relative },
	{ "cold-connect", "net.connect", by_cold_connect },
	{ "cold-sendto", "net.send", by_cold_sendto },
	{ "name-race", "net.connect", by_name_race },
	{ "sendto-name-race", "net.send", by_sendto_name_race },
	{ "symlink-race", "net.connect", by_symlink_race },
	{ "sendto-symlink-race", "net.send", by_sendto_symlink_race },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc != 3) {
		fprintf(stderr, "usage: dial_ways list|WAY[,WAY...] BASE\n");
		return 2;
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
