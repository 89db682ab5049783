/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RACE_H
#define RACE_H

/*
 * A race against another process: race_begin(), then one side loops in race_other() and the other
 * tries in race_again() until it has what it wants or has tried RACE_TRIES times. It is a process,
 * not a thread, so that the two share memory and files only where the way says so.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>

#define RACE_TRIES 2000000

static pid_t race_pid;
static int race_tries;

/** race_memory() - a page that both sides see. */
static inline void *race_memory(void)
{
	void *p = mmap(NULL, BYTES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static inline void race_begin(void)
{
	pid_t me = getpid();

	race_tries = 0;
	race_pid = fork();
	if (race_pid < 0)
		die("fork");
	/* It ends with us, however we end. */
	if (race_pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != me))
		_exit(0);
}

static inline int race_other(void)
{
	return race_pid == 0;
}

/** race_flip() - four bytes are the one and the other, each as long, for ever. */
static inline void race_flip(void *at, const char *one, const char *other)
{
	uint32_t words[2];

	memcpy(&words[0], one, 4);
	memcpy(&words[1], other, 4);
	for (unsigned int i = 0;; i++) {
		*(volatile uint32_t *)at = words[i % 2];
		for (volatile int pause = 0; pause < 50; pause++)
			;
	}
}

static inline int race_again(void)
{
	return race_tries++ < RACE_TRIES;
}

static inline void race_end(void)
{
	kill(race_pid, SIGKILL);
	waitpid(race_pid, NULL, 0);
}

#endif
