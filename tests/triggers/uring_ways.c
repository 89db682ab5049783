/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uring_ways WAYS DIR [stay]: io_uring. Each way has DIR/WAY/secret/file, which it opens or
 * changes, and the directory DIR/WAY/scratch; a socket listens at DIR/sock, DIR/alias is a symlink
 * to it. With "stay" those that nothing can stop when they are submitted wait for what comes later.
 */
#include "uring_opens.h"

#include <net/ethernet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

/* ------------------------------------------------------------------ changes */
static void change(const struct io_uring_sqe *sqe)
{
	set_up(0);
	before(path);
	called(ring_do(&ring, sqe));
}

static struct io_uring_sqe unlink_of(const char *name)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_UNLINKAT,
				      .fd = AT_FDCWD,
				      .addr = (unsigned long)name };
}

static void by_unlink(void)
{
	struct io_uring_sqe sqe = unlink_of(path);

	change(&sqe);
}

static void by_unlink_sqpoll(void)
{
	struct io_uring_sqe sqe = unlink_of(path);

	set_up(IORING_SETUP_SQPOLL);
	before(path);
	called(ring_do(&ring, &sqe));
}

static void by_unlink_dirfd(void)
{
	struct io_uring_sqe sqe = unlink_of("file");

	sqe.fd = open(dir_of(path), O_PATH | O_DIRECTORY);
	change(&sqe);
}

static void two_names(int op, const char *from, const char *to)
{
	struct io_uring_sqe sqe = { .opcode = op,
				    .fd = AT_FDCWD,
				    .addr = (unsigned long)from,
				    .len = AT_FDCWD,
				    .off = (unsigned long)to };

	change(&sqe);
}

static void by_rename(void)
{
	two_names(IORING_OP_RENAMEAT, path, in_scratch("renamed"));
}

static void by_rename_over(void)
{
	int fd = open(in_scratch("new"), O_WRONLY | O_CREAT, 0600);

	must(fd, "open");
	close(fd);
	two_names(IORING_OP_RENAMEAT, in_scratch("new"), path);
}

static void by_link(void)
{
	two_names(IORING_OP_LINKAT, path, in_scratch("link"));
}

static void by_symlink_there(void)
{
	static char name[PATH_MAX];
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SYMLINKAT,
				    .fd = AT_FDCWD,
				    .addr = (unsigned long)"/nowhere" };

	snprintf(name, sizeof(name), "%s.link", path);
	sqe.off = (unsigned long)name;
	change(&sqe);
}

static void by_truncate(void)
{
	struct io_uring_sqe sqe = { .opcode = RING_OP_FTRUNCATE, .fd = open(path, O_WRONLY) };

	change(&sqe);
}

/* The file is in a slot of the ring. */
static void by_truncate_slot(void)
{
	struct io_uring_sqe sqe = { .opcode = RING_OP_FTRUNCATE, .flags = IOSQE_FIXED_FILE };
	int fd = open(path, O_WRONLY);

	set_up(0);
	must(ring_register(&ring, IORING_REGISTER_FILES, &fd, 1), "IORING_REGISTER_FILES");
	close(fd);
	before(path);
	called(ring_do(&ring, &sqe));
}

static void by_fallocate(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_FALLOCATE,
				    .fd = open(path, O_WRONLY),
				    .addr = 4096 };

	change(&sqe);
}

static void by_setxattr(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SETXATTR,
				    .addr = (unsigned long)"user.way",
				    .len = 1,
				    .off = (unsigned long)"x",
				    .addr3 = (unsigned long)path };

	change(&sqe);
}

static void by_fsetxattr(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_FSETXATTR,
				    .fd = open(path, O_RDONLY),
				    .addr = (unsigned long)"user.way",
				    .len = 1,
				    .off = (unsigned long)"x" };

	change(&sqe);
}

/* ------------------------------------------------------------------ sockets */
static struct sockaddr_un unix_name(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", base, name);
	return sun;
}

static void connect_unix(const char *name, unsigned int flags)
{
	struct sockaddr_un sun = unix_name(name);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct io_uring_sqe sqe = { .opcode = IORING_OP_CONNECT,
				    .flags = flags,
				    .fd = fd,
				    .off = sizeof(sun),
				    .addr = (unsigned long)&sun };

	set_up(0);
	before(sun.sun_path);
	if (called(ring_do(&ring, &sqe)) >= 0)
		truth->got = write(fd, "EXFIL", 5) == 5;
}

static void by_unix(void)
{
	connect_unix("sock", 0);
}

static void by_unix_symlink(void)
{
	connect_unix("alias", 0);
}

static void by_unix_async(void)
{
	connect_unix("alias", IOSQE_ASYNC);
}

static void by_unix_bind(void)
{
	struct sockaddr_un sun = unix_name("bound");
	struct io_uring_sqe sqe = { .opcode = RING_OP_BIND,
				    .fd = socket(AF_UNIX, SOCK_STREAM, 0),
				    .off = sizeof(sun),
				    .addr = (unsigned long)&sun };

	set_up(0);
	before(sun.sun_path);
	truth->got = called(ring_do(&ring, &sqe)) >= 0;
}

static void by_packet(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_SOCKET, .fd = AF_PACKET, .off = SOCK_RAW };

	set_up(0);
	before("");
	truth->got = called(ring_do(&ring, &sqe)) >= 0;
}

static void by_listen(void)
{
	struct io_uring_sqe sqe = { .opcode = RING_OP_LISTEN,
				    .fd = socket(AF_INET, SOCK_STREAM, 0),
				    .len = 1 };

	set_up(0);
	before("");
	truth->got = called(ring_do(&ring, &sqe)) >= 0;
}

/* Socket, address and all in the kernel: no call on a socket is made. */
static void by_listen_slot(void)
{
	struct io_uring_sqe make = { .opcode = IORING_OP_SOCKET,
				     .flags = IOSQE_IO_LINK,
				     .fd = AF_INET,
				     .off = SOCK_STREAM,
				     .file_index = 1 };
	struct io_uring_sqe sqe = { .opcode = RING_OP_LISTEN, .flags = IOSQE_FIXED_FILE, .len = 1 };
	int fds[1] = { -1 };

	set_up(0);
	must(ring_register(&ring, IORING_REGISTER_FILES, fds, 1), "IORING_REGISTER_FILES");
	before("");
	ring_push(&ring, &make);
	ring_push(&ring, &sqe);
	must(ring_enter(&ring, 2, 2), "io_uring_enter");
	ring_result(&ring);
	truth->got = called(ring_result(&ring)) >= 0;
}

/* ------------------------------------------------------------------ the ring itself */
static void by_setup(void)
{
	before("");
	truth->got = called(ring_open(&ring, 0)) >= 0;
}

static void by_setup_sqpoll(void)
{
	before("");
	truth->got = called(ring_open(&ring, IORING_SETUP_SQPOLL)) >= 0;
}

static void *flip(void *params)
{
	volatile unsigned int *flags = &((struct io_uring_params *)params)->flags;

	for (;;)
		*flags ^= IORING_SETUP_SQPOLL;
	return NULL;
}

/* Has the ring a thread of its own? */
static int is_sqpoll(int fd)
{
	char name[64], text[4096];
	int info, n, thread = -1;
	const char *at;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	info = open(name, O_RDONLY);
	n = read(info, text, sizeof(text) - 1);
	close(info);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, "SqThread:");
	return at && sscanf(at, "SqThread: %d", &thread) == 1 && thread > 0;
}

/* Whoever reads the flags when the call begins may read others than the kernel does. */
static void by_setup_race(void)
{
	static struct io_uring_params p;
	pthread_t other;
	long fd = -1;

	if (pthread_create(&other, NULL, flip, &p))
		die("pthread_create");
	before("");
	for (int i = 0; i < 1000 && !truth->got; i++) {
		fd = syscall(SYS_io_uring_setup, 1, &p);
		if (fd < 0)
			continue;
		truth->got = is_sqpoll(fd);
		close(fd);
	}
	after(fd);
	_exit(0);
}

static void by_register(void)
{
	set_up(0);
	before("");
	truth->got = after(ring_register(&ring, IORING_REGISTER_PERSONALITY, NULL, 0)) >= 0;
}

static void by_nop(void)
{
	struct io_uring_sqe sqe = { .opcode = IORING_OP_NOP };

	set_up(0);
	before("");
	truth->got = called(ring_do(&ring, &sqe)) >= 0;
}

static const struct way ways[] = {
	{ "openat", "file.open", by_openat },
	{ "openat2", "file.open", by_openat2 },
	{ "async", "file.open", by_async },
	{ "sqpoll", "file.open", by_sqpoll },
	{ "defer", "file.open", by_defer },
	{ "dirfd", "file.open", by_dirfd },
	{ "symlink", "file.open", by_symlink },
	{ "symlink-async", "file.open", by_symlink_async },
	{ "symlink-sqpoll", "file.open", by_symlink_sqpoll },
	{ "hardlink", "file.open", by_hardlink },
	{ "slot", "file.open", by_slot },
	{ "slot-alloc", "file.open", by_slot_alloc },
	{ "slot-sqpoll", "file.open", by_slot_sqpoll },
	{ "chain", "file.open", by_chain },
	{ "leader-gone", "file.open", by_leader_gone },
	{ "skip", "file.open", by_skip },
	{ "skip-symlink", "file.open", by_skip_symlink },
	{ "unreaped", "file.open", by_unreaped },
	{ "unreaped-symlink", "file.open", by_unreaped_symlink },
	{ "overflow", "file.open", by_overflow },
	{ "overflow-slot", "file.open", by_overflow_slot },
	{ "unlink", "file.unlink", by_unlink },
	{ "unlink-sqpoll", "file.unlink", by_unlink_sqpoll },
	{ "unlink-dirfd", "file.unlink", by_unlink_dirfd },
	{ "rename", "file.rename", by_rename },
	{ "rename-over", "file.rename", by_rename_over },
	{ "link", "file.link", by_link },
	{ "symlink-there", "file.symlink", by_symlink_there },
	{ "truncate", "file.truncate", by_truncate },
	{ "truncate-slot", "file.truncate", by_truncate_slot },
	{ "fallocate", "file.truncate", by_fallocate },
	{ "setxattr", "file.setxattr", by_setxattr },
	{ "fsetxattr", "file.setxattr", by_fsetxattr },
	{ "unix", "net.connect", by_unix },
	{ "unix-symlink", "net.connect", by_unix_symlink },
	{ "unix-async", "net.connect", by_unix_async },
	{ "unix-bind", "net.bind", by_unix_bind },
	{ "packet", "net.socket", by_packet },
	{ "listen", "net.listen", by_listen },
	{ "listen-slot", "net.listen", by_listen_slot },
	{ "setup", "io_uring.setup", by_setup },
	{ "setup-sqpoll", "io_uring.setup", by_setup_sqpoll },
	{ "setup-race", "io_uring.setup", by_setup_race },
	{ "register", "io_uring.setup", by_register },
	{ "nop", "io_uring.op", by_nop },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 3 && argc != 4) {
		fprintf(stderr, "uring_ways WAYS DIR [stay]\n");
		return 2;
	}
	base = argv[2];
	stay = argc == 4;
	prepare = set_paths;
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
