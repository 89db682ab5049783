/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_ways WAYS IP PORT: reaches the address in many ways, each time with the bytes "EXFIL-WAY". IP
 * is IPv4 or IPv6; for bind-listen it is the address to listen on (port 0: the kernel chooses).
 */
#include "trigger.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

static union {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
} peer;
static socklen_t peer_len;
static char text[64];

static int new_socket(int type, int protocol)
{
	int fd = socket(peer.any.sa_family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		die("socket");
	before(text);
	return fd;
}

static const char *payload(const char *way)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "EXFIL-%s.", way);
	return buf;
}

/* A connected socket sends its payload: what a denied connect must prevent. */
static void send_after(int fd, long connected, const char *way)
{
	if (connected == 0)
		truth->got = send(fd, payload(way), strlen(payload(way)), MSG_NOSIGNAL) > 0;
}

static void connect_with(int fd, const char *way)
{
	send_after(fd, after(connect(fd, &peer.any, peer_len)), way);
}

static void by_tcp(void)
{
	connect_with(new_socket(SOCK_STREAM, 0), "tcp");
}

static void by_mptcp(void)
{
	connect_with(new_socket(SOCK_STREAM, IPPROTO_MPTCP), "mptcp");
}

static void by_udp_connected(void)
{
	connect_with(new_socket(SOCK_DGRAM, 0), "udp-connected");
}

static void by_nonblocking(void)
{
	int fd = new_socket(SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	long r = after(connect(fd, &peer.any, peer_len));

	if (r < 0 && truth->err == EINPROGRESS && poll(&p, 1, 5000) == 1)
		send_after(fd, 0, "nonblocking");
}

static void by_tfo_connect(void)
{
	int fd = new_socket(SOCK_STREAM, 0), on = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on)) < 0)
		die("TCP_FASTOPEN_CONNECT");
	connect_with(fd, "tfo-connect");
}

static void by_tfo_sendto(void)
{
	int fd = new_socket(SOCK_STREAM, 0);
	const char *p = payload("tfo-sendto");

	truth->got = after(sendto(fd, p, strlen(p), MSG_FASTOPEN | MSG_NOSIGNAL, &peer.any,
				  peer_len)) > 0;
}

static void by_udp_sendto(void)
{
	const char *p = payload("udp-sendto");

	truth->got =
		after(sendto(new_socket(SOCK_DGRAM, 0), p, strlen(p), 0, &peer.any, peer_len)) > 0;
}

static struct msghdr *message(const char *way)
{
	static struct iovec iov;
	static struct msghdr msg;

	iov.iov_base = (void *)payload(way);
	iov.iov_len = strlen(payload(way));
	msg = (struct msghdr){
		.msg_name = &peer, .msg_namelen = peer_len, .msg_iov = &iov, .msg_iovlen = 1
	};
	return &msg;
}

static void by_udp_sendmsg(void)
{
	truth->got = after(sendmsg(new_socket(SOCK_DGRAM, 0), message("udp-sendmsg"), 0)) > 0;
}

static void by_udp_sendmmsg(void)
{
	struct mmsghdr m = { .msg_hdr = *message("udp-sendmmsg") };

	truth->got = after(sendmmsg(new_socket(SOCK_DGRAM, 0), &m, 1, 0)) > 0;
}

static struct sockaddr_in6 mapped(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = peer.in.sin_port };

	if (peer.any.sa_family == AF_INET6)
		return peer.in6;
	a.sin6_addr.s6_addr[10] = a.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&a.sin6_addr.s6_addr[12], &peer.in.sin_addr, 4);
	return a;
}

static void by_v4mapped_tcp(void)
{
	struct sockaddr_in6 a = mapped();
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	before(text);
	send_after(fd, after(connect(fd, (struct sockaddr *)&a, sizeof(a))), "v4mapped-tcp");
}

static void by_v4mapped_udp(void)
{
	struct sockaddr_in6 a = mapped();
	const char *p = payload("v4mapped-udp");
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	before(text);
	truth->got = after(sendto(fd, p, strlen(p), 0, (struct sockaddr *)&a, sizeof(a))) > 0;
}

static void *tcp_thread(void *arg)
{
	(void)arg;
	connect_with(new_socket(SOCK_STREAM, 0), "thread");
	return NULL;
}

static void by_thread(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, tcp_thread, NULL))
		die("pthread_create");
	pthread_join(t, NULL);
}

static void by_raw(void)
{
	struct icmphdr icmp = { .type = ICMP_ECHO };
	char packet[sizeof(icmp) + 64];
	const char *p = payload("raw");
	long fd;

	before(text);
	fd = after(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	if (fd < 0)
		return;
	memcpy(packet, &icmp, sizeof(icmp));
	memcpy(packet + sizeof(icmp), p, strlen(p));
	truth->got = sendto(fd, packet, sizeof(icmp) + strlen(p), 0, &peer.any, peer_len) > 0;
}

static void by_packet(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x88b5), /* for local experiments */
				  .sll_ifindex = if_nametoindex("lo"),
				  .sll_halen = ETH_ALEN };
	char frame[64] = "";
	long fd;

	strcpy(frame, payload("packet"));
	before(text);
	fd = after(socket(AF_PACKET, SOCK_DGRAM, 0));
	if (fd >= 0)
		truth->got =
			sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) > 0;
}

static void by_bind_listen(void)
{
	int fd = new_socket(SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	truth->got = after(bind(fd, &peer.any, peer_len)) == 0 && listen(fd, 1) == 0;
}

static void by_bind_only(void)
{
	after(bind(new_socket(SOCK_STREAM, 0), &peer.any, peer_len));
}

static void by_listen_unbound(void)
{
	after(listen(new_socket(SOCK_STREAM, 0), 1));
}

/* One request through a ring of its own. Return: the request's result, or -errno. */
static long uring(struct io_uring_sqe *want)
{
	struct io_uring_params p = {};
	int fd = syscall(SYS_io_uring_setup, 1, &p);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	char *sq, *cq;

	if (fd < 0)
		return -errno;
	sq = mmap(NULL, p.sq_off.array + 4, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  IORING_OFF_SQ_RING);
	cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(*cqe), PROT_READ | PROT_WRITE,
		  MAP_SHARED, fd, IORING_OFF_CQ_RING);
	sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || sqe == MAP_FAILED)
		die("io_uring maps");
	*sqe = *want;
	*(unsigned int *)(sq + p.sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return cqe->res;
}

static void connect_by_uring(unsigned int flags, const char *way)
{
	int fd = new_socket(SOCK_STREAM, 0);
	struct io_uring_sqe sqe = { .opcode = IORING_OP_CONNECT,
				    .flags = flags,
				    .fd = fd,
				    .off = peer_len,
				    .addr = (unsigned long)&peer };
	long r = uring(&sqe);

	errno = r < 0 ? -r : 0;
	send_after(fd, after(r < 0 ? -1 : r), way);
}

static void by_uring(void)
{
	connect_by_uring(0, "uring");
}

/* Done by a kernel worker, not by the task that asked. */
static void by_uring_async(void)
{
	connect_by_uring(IOSQE_ASYNC, "uring-async");
}

static const struct way ways[] = {
	{ "tcp", "net.connect", by_tcp },
	{ "mptcp", "net.connect", by_mptcp },
	{ "nonblocking", "net.connect", by_nonblocking },
	{ "tfo-connect", "net.connect", by_tfo_connect },
	{ "tfo-sendto", "net.connect", by_tfo_sendto },
	{ "thread", "net.connect", by_thread },
	{ "v4mapped-tcp", "net.connect", by_v4mapped_tcp },
	{ "uring", "net.connect", by_uring },
	{ "uring-async", "net.connect", by_uring_async },
	{ "udp-connected", "net.connect", by_udp_connected },
	{ "udp-sendto", "net.send", by_udp_sendto },
	{ "udp-sendmsg", "net.send", by_udp_sendmsg },
	{ "udp-sendmmsg", "net.send", by_udp_sendmmsg },
	{ "v4mapped-udp", "net.send", by_v4mapped_udp },
	{ "raw", "net.socket", by_raw },
	{ "packet", "net.socket", by_packet },
	{ "bind-listen", "net.bind", by_bind_listen },
	{ "bind-only", "net.bind", by_bind_only },
	{ "listen-unbound", "net.listen", by_listen_unbound },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 4) {
		fprintf(stderr, "usage: net_ways all|list|WAY[,WAY...] IP PORT\n");
		return 2;
	}
	if (inet_pton(AF_INET, argv[2], &peer.in.sin_addr) == 1) {
		peer.any.sa_family = AF_INET;
		peer_len = sizeof(peer.in);
	} else if (inet_pton(AF_INET6, argv[2], &peer.in6.sin6_addr) == 1) {
		peer.any.sa_family = AF_INET6;
		peer_len = sizeof(peer.in6);
	} else {
		fprintf(stderr, "net_ways: no address: %s\n", argv[2]);
		return 2;
	}
	peer.in.sin_port = htons(atoi(argv[3])); /* the same place in both */
	snprintf(text, sizeof(text), "%s:%s", argv[2], argv[3]);
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
