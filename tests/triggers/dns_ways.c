/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dns_ways WAYS IP: asks the name server at the address (IPv4) for WAY.exfil.example in many ways,
 * some of them behind a question for WAY.quiet.example. got: bytes of the answer.
 */
#include "ring.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/time.h>
#include <sys/uio.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

#define PORT 53

static struct sockaddr_in server = { .sin_family = AF_INET };
static char text[64];

struct message {
	char b[512];
	size_t n;
};

/* A question for WAY.TAIL, behind its length for a stream. */
static void add_question(struct message *m, const char *tail, int stream)
{
	static const char head[] = { 0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	char name[128], *p = name;
	size_t at = m->n, len;

	snprintf(name, sizeof(name), "%s.%s", current->name, tail);
	if (stream)
		m->n += 2;
	memcpy(m->b + m->n, head, sizeof(head));
	m->n += sizeof(head);
	for (char *label; (label = strsep(&p, "."));) {
		m->b[m->n++] = strlen(label);
		memcpy(m->b + m->n, label, strlen(label));
		m->n += strlen(label);
	}
	memcpy(m->b + m->n, "\0\0\1\0\1", 5);
	m->n += 5;
	len = m->n - at - 2;
	if (stream) {
		m->b[at] = len >> 8;
		m->b[at + 1] = len;
	}
}

static struct message forbidden(int stream)
{
	struct message m = { .n = 0 };

	add_question(&m, "exfil.example", stream);
	return m;
}

static int new_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol), on = 1;
	struct timeval patience = { .tv_sec = 1 };

	if (fd < 0)
		die("socket");
	/* What is dropped never comes: a second is more than the loopback needs. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	before(text);
	return fd;
}

static int connected(int type, int protocol)
{
	int fd = new_socket(AF_INET, type, protocol);

	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		die("connect");
	return fd;
}

/* What comes back once a call has sent all. */
static void answer(int fd, long sent)
{
	char reply[4096];
	long n;

	if (sent <= 0)
		return;
	n = recv(fd, reply, sizeof(reply), 0);
	truth->got = n > 0 ? n : 0;
}

static void to_server(int fd)
{
	struct message m = forbidden(0);

	answer(fd, after(sendto(fd, m.b, m.n, 0, (struct sockaddr *)&server, sizeof(server))));
}

static void by_udp_sendto(void)
{
	to_server(new_socket(AF_INET, SOCK_DGRAM, 0));
}

static void by_udp_connected(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0);

	answer(fd, after(send(fd, m.b, m.n, 0)));
}

static void by_udp_write(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0);

	answer(fd, after(write(fd, m.b, m.n)));
}

static void by_udp_case(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0);

	for (size_t i = 12; i < m.n; i++)
		if (m.b[i] >= 'a' && m.b[i] <= 'z')
			m.b[i] -= 'a' - 'A';
	answer(fd, after(send(fd, m.b, m.n, 0)));
}

static void by_udp_sendmsg(void)
{
	struct message m = forbidden(0);
	struct iovec iov[2] = { { m.b, 20 }, { m.b + 20, m.n - 20 } };
	struct msghdr msg = {
		.msg_name = &server, .msg_namelen = sizeof(server), .msg_iov = iov, .msg_iovlen = 2
	};
	int fd = new_socket(AF_INET, SOCK_DGRAM, 0);

	answer(fd, after(sendmsg(fd, &msg, 0)));
}

static void by_udp_sendmmsg(void)
{
	struct message quiet = { .n = 0 }, m = forbidden(0);
	struct iovec iov[2] = { { quiet.b, 0 }, { m.b, m.n } };
	struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
				  { .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } } };
	int fd = connected(SOCK_DGRAM, 0);
	long n;

	add_question(&quiet, "quiet.example", 0);
	iov[0].iov_len = quiet.n;
	n = sendmmsg(fd, two, 2, 0);
	answer(fd, n);
	truth->got = 0;
	/* The first may be sent alone: the call says 1 then, and nobody the errno of the second. */
	answer(fd, after(n == 2 ? 1 : send(fd, m.b, m.n, 0)));
}

static void by_udp_cork(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0);

	if (send(fd, m.b, 30, MSG_MORE) != 30)
		die("MSG_MORE");
	answer(fd, after(send(fd, m.b + 30, m.n - 30, 0)));
}

static void by_udp_gso(void)
{
	struct message m = { .n = 0 };
	int fd = connected(SOCK_DGRAM, 0), size;

	add_question(&m, "quiet.example", 0);
	size = m.n;
	add_question(&m, "exfil.example", 0); /* as long as the first */
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0)
		die("UDP_SEGMENT");
	answer(fd, after(send(fd, m.b, m.n, 0)));
	if (truth->got)
		answer(fd, 1);
}

static void by_udp_v4mapped(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = server.sin_port };
	struct message m = forbidden(0);
	int fd = new_socket(AF_INET6, SOCK_DGRAM, 0);

	a.sin6_addr.s6_addr[10] = a.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&a.sin6_addr.s6_addr[12], &server.sin_addr, 4);
	answer(fd, after(sendto(fd, m.b, m.n, 0, (struct sockaddr *)&a, sizeof(a))));
}

/* A header between that of IPv6 and that of UDP. */
static void by_udp6_options(void)
{
	static const unsigned char options[] = { 0, 0, 1, 4, 0, 0, 0, 0 }; /* padding */
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
				  .sin6_port = server.sin_port,
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct message m = forbidden(0);
	int fd = new_socket(AF_INET6, SOCK_DGRAM, 0);

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_DSTOPTS, options, sizeof(options)) < 0)
		die("IPV6_DSTOPTS");
	answer(fd, after(sendto(fd, m.b, m.n, 0, (struct sockaddr *)&a, sizeof(a))));
}

static void by_udp_sendfile(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0), file = memfd_create("question", 0);

	if (file < 0 || write(file, m.b, m.n) != (ssize_t)m.n || lseek(file, 0, SEEK_SET) < 0)
		die("memfd");
	answer(fd, after(sendfile(fd, file, NULL, m.n)));
}

static void *ask_thread(void *arg)
{
	truth->tid = gettid();
	to_server(*(int *)arg);
	return NULL;
}

static void by_udp_thread(void)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM, 0);
	pthread_t t;

	if (pthread_create(&t, NULL, ask_thread, &fd))
		die("pthread_create");
	pthread_join(t, NULL);
}

/* The socket was connected by a process that is gone. */
static void by_udp_inherited(void)
{
	struct message m = forbidden(0);
	int fd = new_socket(AF_INET, SOCK_DGRAM, 0), status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		die("connect in a child");
	answer(fd, after(send(fd, m.b, m.n, 0)));
}

static void by_udp_uring(void)
{
	struct message m = forbidden(0);
	int fd = connected(SOCK_DGRAM, 0);
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_SEND, .fd = fd, .addr = (unsigned long)m.b, .len = m.n
	};
	struct ring ring;
	long r = ring_open(&ring, 0);

	if (r < 0)
		die("io_uring_setup");
	r = ring_do(&ring, &sqe);
	errno = r < 0 ? -r : 0;
	answer(fd, after(r < 0 ? -1 : r));
}

static void by_tcp(void)
{
	struct message m = forbidden(1);
	int fd = connected(SOCK_STREAM, 0);

	answer(fd, after(send(fd, m.b, m.n, MSG_NOSIGNAL)));
}

static void by_tcp_bytes(void)
{
	struct message m = forbidden(1);
	int fd = connected(SOCK_STREAM, 0);

	for (size_t i = 0; i < m.n; i++)
		after(send(fd, m.b + i, 1, MSG_NOSIGNAL));
	answer(fd, truth->ret);
}

static void by_tcp_two(void)
{
	struct message m = { .n = 0 };
	int fd = connected(SOCK_STREAM, 0);

	add_question(&m, "quiet.example", 1);
	add_question(&m, "exfil.example", 1);
	answer(fd, after(send(fd, m.b, m.n, MSG_NOSIGNAL)));
	if (truth->got)
		answer(fd, 1);
}

static void by_tcp_fastopen(void)
{
	struct message m = forbidden(1);
	int fd = new_socket(AF_INET, SOCK_STREAM, 0);

	answer(fd, after(sendto(fd, m.b, m.n, MSG_FASTOPEN | MSG_NOSIGNAL,
				(struct sockaddr *)&server, sizeof(server))));
}

static void by_tcp_mptcp(void)
{
	struct message m = forbidden(1);
	int fd = connected(SOCK_STREAM, IPPROTO_MPTCP);

	answer(fd, after(send(fd, m.b, m.n, MSG_NOSIGNAL)));
}

static const struct way ways[] = {
	{ "udp-sendto", "dns.query", by_udp_sendto },
	{ "udp-connected", "dns.query", by_udp_connected },
	{ "udp-write", "dns.query", by_udp_write },
	{ "udp-case", "dns.query", by_udp_case },
	{ "udp-sendmsg", "dns.query", by_udp_sendmsg },
	{ "udp-sendmmsg", "dns.query", by_udp_sendmmsg },
	{ "udp-cork", "dns.query", by_udp_cork },
	{ "udp-gso", "dns.query", by_udp_gso },
	{ "udp-v4mapped", "dns.query", by_udp_v4mapped },
	{ "udp6-options", "dns.query", by_udp6_options },
	{ "udp-sendfile", "dns.query", by_udp_sendfile },
	{ "udp-thread", "dns.query", by_udp_thread },
	{ "udp-inherited", "dns.query", by_udp_inherited },
	{ "udp-uring", "dns.query", by_udp_uring },
	{ "tcp", "dns.query", by_tcp },
	{ "tcp-bytes", "dns.query", by_tcp_bytes },
	{ "tcp-two", "dns.query", by_tcp_two },
	{ "tcp-fastopen", "dns.query", by_tcp_fastopen },
	{ "tcp-mptcp", "dns.query", by_tcp_mptcp },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 3 || inet_pton(AF_INET, argv[2], &server.sin_addr) != 1) {
		fprintf(stderr, "usage: dns_ways all|list|WAY[,WAY...] IP\n");
		return 2;
	}
	server.sin_port = htons(PORT);
	snprintf(text, sizeof(text), "%s:%d", argv[2], PORT);
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
