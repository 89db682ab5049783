/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PASS_H
#define PASS_H

/* Descriptors over a unix socket. */
#include <sys/socket.h>
#include <sys/un.h>

#include "place.h"

union pass_control {
	struct cmsghdr h;
	char space[CMSG_SPACE(sizeof(int))];
};

/** pass_fd() - send @fd over @to. */
static inline void pass_fd(int to, int fd)
{
	union pass_control u = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)),
					.cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u)
	};

	memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	must(sendmsg(to, &msg, 0), "sendmsg");
}

/** receive_fd() - the descriptor that comes over @from, or -1 when it is closed. */
static inline int receive_fd(int from)
{
	union pass_control u;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u)
	};
	int fd;

	if (recvmsg(from, &msg, 0) <= 0 || msg.msg_controllen < sizeof(u.h))
		return -1;
	memcpy(&fd, CMSG_DATA(&u.h), sizeof(fd));
	return fd;
}

/** stranger_fd() - what the stranger at the socket "scm" of the scratch directory hands out. */
static inline int stranger_fd(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%.100s", in_scratch("scm"));
	must(connect(s, (struct sockaddr *)&a, sizeof(a)), "connect");
	return receive_fd(s);
}

#endif
