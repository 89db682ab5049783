// SPDX-License-Identifier: Apache-2.0
/*
 * Two threads that open a file as fast as they can: what does the monitor lose, and does it know?
 *
 * usage: storm SECONDS FILE FORBIDDEN EVERY
 * Prints "ready", waits for a line on stdin, storms, prints "OPENS VIOLATIONS FAILED CPU": opens of
 * FILE, opens of FORBIDDEN (each EVERYth call), how many of either failed, and CPU time in ns.
 * Then it waits for the end of stdin, so that its own exit is not part of what is counted.
 */

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 2

static const char *file, *forbidden;
static unsigned long every;
static pthread_barrier_t gate;
static atomic_bool stop;

struct tally {
	uint64_t opens, violations, failed;
};

static void *storm(void *arg)
{
	struct tally *result = arg, t = { 0 };

	pthread_barrier_wait(&gate);
	for (unsigned long i = 1; !atomic_load_explicit(&stop, memory_order_relaxed); i++) {
		int forbid = i % every == 0;
		int fd = open(forbid ? forbidden : file, O_RDONLY | O_CLOEXEC);

		t.violations += forbid;
		t.opens += !forbid;
		if (fd < 0)
			t.failed++;
		else
			close(fd);
	}
	*result = t;
	return NULL;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t))
		err(1, "clock_gettime");
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	struct tally t[THREADS] = { 0 }, sum = { 0 };
	struct timespec duration = { 0 };
	pthread_t thread[THREADS];
	uint64_t cpu;

	if (argc != 5)
		errx(2, "usage: storm SECONDS FILE FORBIDDEN EVERY");
	duration.tv_sec = atoi(argv[1]);
	file = argv[2];
	forbidden = argv[3];
	every = strtoul(argv[4], NULL, 10);
	if (!every)
		errx(2, "EVERY must be a positive number");
	pthread_barrier_init(&gate, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, storm, &t[i]))
			errx(1, "pthread_create failed");
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	if (getchar() == EOF)
		errx(2, "no start line on stdin");
	cpu = cpu_ns();
	pthread_barrier_wait(&gate);
	nanosleep(&duration, NULL);
	atomic_store(&stop, 1);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		sum.opens += t[i].opens;
		sum.violations += t[i].violations;
		sum.failed += t[i].failed;
	}
	printf("%llu %llu %llu %llu\n", (unsigned long long)sum.opens,
	       (unsigned long long)sum.violations, (unsigned long long)sum.failed,
	       (unsigned long long)(cpu_ns() - cpu));
	while (getchar() != EOF)
		;
	return 0;
}
