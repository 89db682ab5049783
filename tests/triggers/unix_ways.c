/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unix_ways WAYS SOCKET SCRATCH: reaches a unix socket in many ways. Stream ways go to SOCKET,
 * datagram ways to SOCKET.dgram, abstract to its last component after '@'. SCRATCH is an empty
 * directory on the same file system.
 */
#include "trigger.h"

#include <stddef.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

static const char *target, *scratch;

static struct sockaddr_un address(const char *name, socklen_t *ret_len)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t len = strlen(name);

	if (len >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		die(name);
	}
	memcpy(a.sun_path, name, len);
	if (a.sun_path[0] == '@')
		a.sun_path[0] = '\0';
	*ret_len = offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '@' ? 0 : 1);
	return a;
}

static void connect_type(int type, const char *name)
{
	socklen_t len;
	struct sockaddr_un a = address(name, &len);
	int fd = socket(AF_UNIX, type, 0);

	before(name);
	if (after(connect(fd, (struct sockaddr *)&a, len)) == 0)
		truth->got = send(fd, "EXFIL", 5, MSG_NOSIGNAL) == 5;
}

static void connect_to(const char *name)
{
	connect_type(SOCK_STREAM, name);
}

static void by_absolute(void)
{
	connect_to(target);
}

static void by_relative(void)
{
	if (chdir(dir_of(target)) < 0)
		die("chdir");
	connect_to(name_of(target));
}

static void by_symlink(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/s", scratch);
	if (symlink(target, name) < 0)
		die("symlink");
	connect_to(name);
}

static void by_hardlink(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/h", scratch);
	if (link(target, name) < 0)
		die("link");
	connect_to(name);
}

static void by_bind_mount(void)
{
	char name[PATH_MAX];
	int fd;

	snprintf(name, sizeof(name), "%s/b", scratch);
	fd = open(name, O_CREAT | O_WRONLY, 0644);
	if (fd < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(target, name, NULL, MS_BIND, NULL) < 0)
		die("bind mount");
	connect_to(name);
}

static void by_proc_fd(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", open(target, O_PATH));
	connect_to(name);
}

static void by_chroot(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/%s", name_of(target));
	if (chroot(dir_of(target)) < 0)
		die("chroot");
	connect_to(name);
}

static const char *dgram(void)
{
	static char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s.dgram", target);
	return name;
}

static void by_dgram_connect(void)
{
	connect_type(SOCK_DGRAM, dgram());
}

static void by_dgram_sendto(void)
{
	socklen_t len;
	struct sockaddr_un a = address(dgram(), &len);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	before(dgram());
	truth->got = after(sendto(fd, "EXFIL", 5, 0, (struct sockaddr *)&a, len)) == 5;
}

static void by_dgram_sendmsg(void)
{
	socklen_t len;
	struct sockaddr_un a = address(dgram(), &len);
	struct iovec iov = { "EXFIL", 5 };
	struct msghdr msg = {
		.msg_name = &a, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	before(dgram());
	truth->got = after(sendmsg(fd, &msg, 0)) == 5;
}

static void by_abstract(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "@%s", name_of(target));
	connect_to(name);
}

static void by_missing(void)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s.missing", target);
	connect_to(name);
}

static void by_socketpair(void)
{
	int fd[2];

	before("");
	after(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
	truth->got = send(fd[0], "x", 1, 0) == 1;
}

static const struct way ways[] = {
	{ "absolute", "net.connect", by_absolute },
	{ "relative", "net.connect", by_relative },
	{ "symlink", "net.connect", by_symlink },
	{ "hardlink", "net.connect", by_hardlink },
	{ "bind-mount", "net.connect", by_bind_mount },
	{ "proc-fd", "net.connect", by_proc_fd },
	{ "chroot", "net.connect", by_chroot },
	{ "dgram-connect", "net.connect", by_dgram_connect },
	{ "dgram-sendto", "net.send", by_dgram_sendto },
	{ "dgram-sendmsg", "net.send", by_dgram_sendmsg },
	{ "abstract", "net.connect", by_abstract },
	{ "missing", "net.connect", by_missing },
	{ "socketpair", "none", by_socketpair },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 4) {
		fprintf(stderr, "usage: unix_ways all|list|WAY[,WAY...] SOCKET SCRATCH\n");
		return 2;
	}
	target = argv[2];
	scratch = argv[3];
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
