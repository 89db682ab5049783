/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_calls unix|uring SEED N: in the current directory, N times addresses of unix sockets, or
 * requests to io_uring, that are made by chance of a seed. Prints one JSON line: what was done.
 */
#include "ring.h"

#include <sys/socket.h>
#include <sys/un.h>

static unsigned int seed;

static unsigned int chance(unsigned int n)
{
	return rand_r(&seed) % n;
}

/* Text that leads nowhere outside of the directory: no slash at its beginning, no "..". */
static void name(char *buf, size_t len)
{
	static const char letters[] = "aab/_\x01\x7f\xc3\xa9\xff\n\"\\%";

	for (size_t i = 0; i < len; i++)
		buf[i] = letters[chance(sizeof(letters) - 1)];
	if (len && buf[0] == '/')
		buf[0] = 'a';
	if (len)
		buf[len - 1] = '\0';
}

static void one_unix(void)
{
	struct {
		struct sockaddr_un a;
		char more[64];
	} u = {};
	struct sockaddr *a = (struct sockaddr *)&u;
	int type = chance(2) ? SOCK_DGRAM : SOCK_STREAM, fd = socket(AF_UNIX, type, 0);
	socklen_t len = chance(sizeof(u) + 1);

	if (fd < 0)
		die("socket");
	name(u.a.sun_path, sizeof(u) - sizeof(u.a.sun_family));
	if (chance(4) == 0)
		memset(u.a.sun_path, 'a' + chance(2), chance(sizeof(u.a.sun_path) + 1));
	if (chance(3) == 0)
		u.a.sun_path[0] = '\0'; /* abstract */
	u.a.sun_family = chance(8) ? AF_UNIX : chance(64);
	switch (chance(3)) {
	case 0:
		connect(fd, a, len);
		break;
	case 1:
		bind(fd, a, len);
		break;
	default:
		sendto(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL, a, len);
	}
	close(fd);
}

/* What would wait for ever, or for others. */
static int is_patient(int op)
{
	return op == IORING_OP_TIMEOUT || op == IORING_OP_POLL_ADD || op == IORING_OP_ACCEPT ||
	       op == IORING_OP_EPOLL_CTL || op >= 48;
}

static void one_request(struct ring *ring, int file, int dir, int sock)
{
	static char one[4200], two[4200], data[256];
	const int fds[] = { file, dir, sock, AT_FDCWD, -1, 12345 };
	struct io_uring_sqe sqe = { .opcode = chance(64) };

	if (is_patient(sqe.opcode))
		sqe.opcode = IORING_OP_NOP;
	name(one, 1 + chance(chance(8) ? 20 : sizeof(one)));
	name(two, 1 + chance(20));
	sqe.fd = fds[chance(6)];
	sqe.addr = (unsigned long)(chance(5) ? one : chance(2) ? data : NULL);
	sqe.addr2 = (unsigned long)(chance(2) ? two : NULL);
	sqe.len = chance(4) ? chance(256) : (unsigned int)rand_r(&seed);
	sqe.rw_flags = chance(3) ? 0 : rand_r(&seed);
	sqe.flags = chance(4) ? 0 : chance(256) & ~(IOSQE_IO_LINK | IOSQE_IO_HARDLINK);
	sqe.user_data = rand_r(&seed);
	sqe.file_index = chance(8) ? 0 : rand_r(&seed);
	ring_push(ring, &sqe);
	ring_enter(ring, 1, 0);
	while (ring_waiting(ring))
		ring_result(ring);
}

static void requests(long n)
{
	int file = open("file", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY | O_DIRECTORY);
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct ring ring;

	if (file < 0 || dir < 0 || sock < 0)
		die("file");
	for (long i = 0; i < n; i++) {
		/* A few requests a ring: one that waits after all takes no others with it. */
		if (i % 16 == 0 && ring_open(&ring, 0))
			die("io_uring_setup");
		one_request(&ring, file, dir, sock);
		if (i % 16 == 15)
			close(ring.fd);
	}
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "fuzz_calls unix|uring SEED N\n");
		return 2;
	}
	seed = atoi(argv[2]);
	if (!strcmp(argv[1], "uring"))
		requests(atol(argv[3]));
	else
		for (long i = 0; i < atol(argv[3]); i++)
			one_unix();
	/* The last: what came before it has been judged. */
	printf("{\"done\": %ld, \"pid\": %d}\n", atol(argv[3]), getpid());
	return 0;
}
