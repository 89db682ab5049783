// SPDX-License-Identifier: Apache-2.0
/*
 * From the violating call to its line in the log, as seen by the violator itself.
 *
 * usage: latency FORBIDDEN COUNT, with a UNIX socket as stdin
 * Prints "ready", receives the open log file over the socket (a tagged process may not open it),
 * then COUNT times: waits 1-5 ms so that the monitor is asleep again, takes CLOCK_BOOTTIME, opens
 * FORBIDDEN, and reads what is appended to the log until the path is in it. Prints a number of ns
 * for each, or "lost" after two seconds. The reader spins: the figure holds no wake-up but the
 * monitor's own, and is too large by at most one fstat and one pread.
 */

#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOST_NS 2000000000ULL

static uint64_t now_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_BOOTTIME, &t))
		err(1, "clock_gettime");
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int receive_fd(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		err(1, "recvmsg");
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		errx(1, "no file descriptor received");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		err(1, "fstat");
	return st.st_size;
}

/* The record may come in pieces and behind others: look at all that was added since @from. */
static int appended(int fd, off_t from, const char *needle)
{
	static char buf[1 << 20];
	ssize_t n = pread(fd, buf, sizeof(buf), from);

	if (n < 0)
		err(1, "pread");
	return memmem(buf, n, needle, strlen(needle)) && buf[n - 1] == '\n';
}

/* Return: ns, or 0 when no line came. */
static uint64_t once(int log, const char *forbidden)
{
	off_t from = size_of(log), seen = from;
	uint64_t begin = now_ns(), now = begin;
	int fd = open(forbidden, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", forbidden);
	while (now - begin < LOST_NS) {
		off_t size = size_of(log);

		now = now_ns();
		if (size > seen) {
			seen = size;
			if (appended(log, from, forbidden)) {
				close(fd);
				return now - begin;
			}
		}
	}
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	int count, log;

	if (argc != 3)
		errx(2, "usage: latency FORBIDDEN COUNT");
	count = atoi(argv[2]);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	puts("ready");
	fflush(stdout);
	log = receive_fd(0);
	for (int i = 0; i < count; i++) {
		struct timespec pause = { .tv_nsec = 1000000 + random() % 4000000 };
		uint64_t ns;

		nanosleep(&pause, NULL);
		ns = once(log, argv[1]);
		if (ns)
			printf("%llu\n", (unsigned long long)ns);
		else
			puts("lost");
	}
	return 0;
}
