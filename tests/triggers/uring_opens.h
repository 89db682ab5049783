/* SPDX-License-Identifier: Apache-2.0 */
#ifndef URING_OPENS_H
#define URING_OPENS_H

/* Opens through a ring. */
#include <pthread.h>

#include "uring.h"

static struct io_uring_sqe open_of(int dirfd, const char *name)
{
	return (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
				      .fd = dirfd,
				      .addr = (unsigned long)name,
				      .open_flags = O_RDONLY };
}

static void open_and_look(unsigned int setup, unsigned int flags, int dirfd, const char *name)
{
	struct io_uring_sqe sqe = open_of(dirfd, name);

	set_up(setup);
	before(name);
	sqe.flags = flags;
	look(called(ring_do(&ring, &sqe)));
}

static void wait_for_the_end(void)
{
	while (stay)
		pause();
}

static void by_openat(void)
{
	open_and_look(0, 0, AT_FDCWD, path);
	wait_for_the_end();
}

static void by_openat2(void)
{
	struct open_how how = { .flags = O_RDONLY };
	struct io_uring_sqe sqe = open_of(AT_FDCWD, path);

	set_up(0);
	before(path);
	sqe.opcode = IORING_OP_OPENAT2;
	sqe.open_flags = 0;
	sqe.len = sizeof(how);
	sqe.off = (unsigned long)&how;
	look(called(ring_do(&ring, &sqe)));
}

static void by_async(void)
{
	open_and_look(0, IOSQE_ASYNC, AT_FDCWD, path);
}

static void by_sqpoll(void)
{
	open_and_look(IORING_SETUP_SQPOLL, 0, AT_FDCWD, path);
}

static void by_defer(void)
{
	open_and_look(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0, AT_FDCWD, path);
}

static void by_dirfd(void)
{
	int fd = open(dir_of(path), O_PATH | O_DIRECTORY);

	open_and_look(0, 0, fd, name_of(path));
}

/* The name leads nowhere that is forbidden: only the file does. */
static const char *linked_name(void)
{
	must(symlink(path, in_scratch("link")), "symlink");
	return in_scratch("link");
}

static void by_symlink(void)
{
	open_and_look(0, 0, AT_FDCWD, linked_name());
}

static void by_symlink_async(void)
{
	open_and_look(0, IOSQE_ASYNC, AT_FDCWD, linked_name());
}

static void by_symlink_sqpoll(void)
{
	open_and_look(IORING_SETUP_SQPOLL, 0, AT_FDCWD, linked_name());
}

/* scratch/hard is one to the file. */
static void by_hardlink(void)
{
	open_and_look(0, 0, AT_FDCWD, in_scratch("hard"));
}

/* Into a slot of the ring: no descriptor, and read from there. */
static void open_slot(unsigned int setup, unsigned int slot, const char *name)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, name);
	struct io_uring_sqe get = { .opcode = IORING_OP_READ,
				    .flags = IOSQE_FIXED_FILE,
				    .addr = (unsigned long)data,
				    .len = sizeof(data) };
	int fds[4] = { -1, -1, -1, -1 };

	set_up(setup);
	must(ring_register(&ring, IORING_REGISTER_FILES, fds, 4), "IORING_REGISTER_FILES");
	before(name);
	sqe.file_index = slot;
	get.fd = called(ring_do(&ring, &sqe));
	if (slot != IORING_FILE_INDEX_ALLOC && get.fd == 0)
		get.fd = slot - 1;
	if (get.fd >= 0)
		truth->got = ring_do(&ring, &get) > 0;
}

static void by_slot(void)
{
	open_slot(0, 3, linked_name());
}

static void by_slot_alloc(void)
{
	open_slot(0, IORING_FILE_INDEX_ALLOC, linked_name());
}

static void by_slot_sqpoll(void)
{
	open_slot(IORING_SETUP_SQPOLL, 3, linked_name());
}

/*
 * One submission opens into a slot and reads from it, into memory that others see: whether we still
 * live by then or not.
 */
static void by_chain(void)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, linked_name());
	struct io_uring_sqe get = { .opcode = IORING_OP_READ,
				    .flags = IOSQE_FIXED_FILE,
				    .fd = 1,
				    .addr = (unsigned long)truth->note,
				    .len = sizeof(truth->note) - 1 };
	int fds[2] = { -1, -1 };

	set_up(0);
	must(ring_register(&ring, IORING_REGISTER_FILES, fds, 2), "IORING_REGISTER_FILES");
	before(in_scratch("link"));
	sqe.flags = IOSQE_IO_LINK;
	sqe.file_index = 2;
	ring_push(&ring, &sqe);
	ring_push(&ring, &get);
	must(ring_enter(&ring, 2, 2), "io_uring_enter");
	if (called(ring_result(&ring)) >= 0)
		truth->got = ring_result(&ring) > 0;
}

/* The leader of the process has ended: its threads and their workers go on. */
static void *after_the_leader(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	open_and_look(0, IOSQE_ASYNC, AT_FDCWD, linked_name());
	_exit(0);
}

static void by_leader_gone(void)
{
	static pthread_t leader;
	pthread_t other;

	leader = pthread_self();
	if (pthread_create(&other, NULL, after_the_leader, &leader))
		die("pthread_create");
	pthread_exit(NULL);
}

/* ------------------------------------------------------------------ no completion */
/* The descriptor is known without one: the lowest that is free. */
static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	close(fd);
	return fd;
}

/* Waits until a worker of the kernel has given us the descriptor. */
static void look_when_there(int fd)
{
	while (fcntl(fd, F_GETFD) < 0)
		sched_yield();
	after(fd);
	look(fd);
}

static void open_skipped(const char *name)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, name);
	int fd;

	set_up(0);
	before(name);
	fd = next_fd();
	sqe.flags = IOSQE_CQE_SKIP_SUCCESS;
	ring_push(&ring, &sqe);
	must(ring_enter(&ring, 1, 0), "io_uring_enter");
	look_when_there(fd);
}

static void by_skip(void)
{
	open_skipped(path);
}

static void by_skip_symlink(void)
{
	open_skipped(linked_name());
	wait_for_the_end();
}

/* A worker opens; the completion waits for a call that never comes. */
static void open_deferred(const char *name)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, name);
	int fd;

	set_up(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
	before(name);
	fd = next_fd();
	sqe.flags = IOSQE_ASYNC;
	ring_push(&ring, &sqe);
	must(ring_enter(&ring, 1, 0), "io_uring_enter");
	look_when_there(fd);
}

static void by_unreaped(void)
{
	open_deferred(path);
}

static void by_unreaped_symlink(void)
{
	open_deferred(linked_name());
	wait_for_the_end();
}

/* The queue of completions is full. */
static void fill_queue(void)
{
	struct io_uring_sqe nop = { .opcode = IORING_OP_NOP };

	set_up(0);
	for (unsigned int i = 0; i < ring.p.cq_entries; i++) {
		ring_push(&ring, &nop);
		must(ring_enter(&ring, 1, 0), "io_uring_enter");
	}
}

static void by_overflow(void)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, linked_name());
	int fd;

	fill_queue();
	before(in_scratch("link"));
	fd = next_fd();
	ring_push(&ring, &sqe);
	must(ring_enter(&ring, 1, 0), "io_uring_enter");
	look_when_there(fd);
}

static void by_overflow_slot(void)
{
	struct io_uring_sqe sqe = open_of(AT_FDCWD, linked_name());
	struct io_uring_sqe get = { .opcode = IORING_OP_READ,
				    .flags = IOSQE_FIXED_FILE,
				    .addr = (unsigned long)data,
				    .len = sizeof(data) };
	int fds[1] = { -1 };

	fill_queue();
	must(ring_register(&ring, IORING_REGISTER_FILES, fds, 1), "IORING_REGISTER_FILES");
	before(in_scratch("link"));
	sqe.file_index = 1;
	ring_push(&ring, &sqe);
	after(ring_enter(&ring, 1, 0));
	/* A worker may fill the slot, and read the page; no completion tells when. */
	for (int i = 0; i < 2000 && !truth->got; i++) {
		ring_push(&ring, &get);
		must(ring_enter(&ring, 1, 0), "io_uring_enter");
		usleep(1000);
		truth->got = *(volatile char *)data != 0;
	}
}

#endif
