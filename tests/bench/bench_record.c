// SPDX-License-Identifier: Apache-2.0
/*
 * CPU of the daemon per record: synthetic file.open events from memory through decode, enrich and
 * encode into a file. Reading the ring is not in it. Run by hand: bench_record DIR [RECORDS [RUNS]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/stamp.h"
#include "forensic/recorder.h"

#define PATHS 256

static const char policy_text[] =
	"{\"version\":1,\"name\":\"bench\",\"mode\":\"enforce\",\"rules\":[{\"id\":\"libs\","
	"\"on\":\"file.open\",\"path\":[\"/usr/lib/**\"],\"action\":\"allow\",\"record\":true}],"
	"\"default\":{\"file\":\"allow\",\"net\":\"alert\",\"exec\":\"alert\"}}";

struct sample {
	_Alignas(8) char bytes[sizeof(struct lw_ev) + 512];
	size_t len;
};

static double cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void put(struct lw_ev *ev, enum lw_str_role role, const char *s)
{
	size_t off = ev->size - sizeof(*ev);

	ev->str[role] = (struct lw_str){ off, strlen(s) };
	memcpy(ev->data + off, s, strlen(s));
	ev->size += strlen(s);
}

static void make(struct sample *s, unsigned int i)
{
	struct lw_ev *ev = (struct lw_ev *)s->bytes;
	char path[256];

	snprintf(path, sizeof(path),
		 "/usr/lib/python3/dist-packages/transformers/models/model_%03u/modeling_%03u.py",
		 i, i);
	*ev = (struct lw_ev){ .size = sizeof(*ev),
			      .kind = LW_FILE_OPEN,
			      .tag = 77,
			      .start = 1,
			      .pid = getpid(),
			      .tid = getpid(),
			      .ppid = getppid(),
			      .gen = 1,
			      .state = LW_TAG_LOADER,
			      .why = LW_WHY_RUN,
			      .phase = LW_PHASE_LOAD,
			      .comm = "python3",
			      .syscall = 257,
			      .cgroup = 1 };
	ev->file = (struct lw_ev_file){ .ino = 1234567 + i,
					.dev = 8 << 20 | 1,
					.mode = 0100644,
					.access = 1,
					.size = 4096 + i,
					.fd = 3,
					.nlink = 1 };
	put(ev, LW_STR_PATH, path);
	put(ev, LW_STR_NAME, path);
	s->len = ev->size;
}

/* So that the program and the arguments are known, as they are of a real loader. */
static void exec_event(struct lw_recorder *rec)
{
	static const char args[] = "python3\0serve.py\0--model\0/models/some-model\0--trust";
	struct sample s = {};
	struct lw_ev *ev = (struct lw_ev *)s.bytes;

	make(&s, 0);
	ev->kind = LW_PROCESS_EXEC;
	ev->ts = lw_stamp_now();
	ev->str[LW_STR_ARGS] = (struct lw_str){ ev->size - sizeof(*ev), sizeof(args) };
	memcpy(ev->data + ev->size - sizeof(*ev), args, sizeof(args));
	ev->size += sizeof(args);
	lw_recorder_feed(rec, ev, ev->size, false);
}

static double run(struct lw_recorder *rec, struct sample *samples, long records)
{
	uint64_t now = lw_stamp_now();
	double begin = cpu_ns();

	for (long i = 0; i < records; i++) {
		struct sample *s = &samples[i % PATHS];
		struct lw_ev *ev = (struct lw_ev *)s->bytes;

		ev->ts = now + i * 4000;
		ev->seq = i + 1;
		if (lw_recorder_feed(rec, ev, s->len, false))
			abort();
	}
	lw_recorder_flush(rec);
	return (cpu_ns() - begin) / records;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	long records = argc > 2 ? atol(argv[2]) : 100000, runs = argc > 3 ? atol(argv[3]) : 9;
	struct lw_recorder_options o = { .dir = argc > 1 ? argv[1] : NULL };
	static struct sample samples[PATHS];
	struct lw_policy *policy;
	struct lw_recorder *rec;
	struct lw_recorder_stats st;
	struct lw_report report = {};
	double *ns = calloc(runs > 0 ? runs : 1, sizeof(*ns));

	if (!ns || argc < 2 || records < 1 || runs < 1) {
		fprintf(stderr, "usage: bench_record DIR [RECORDS [RUNS]]\n");
		return 2;
	}
	if (lw_policy_parse(policy_text, strlen(policy_text), "<bench>", NULL, &policy, &report) ||
	    lw_recorder_new(&o, &rec))
		return 1;
	lw_recorder_set_policy(rec, 1, policy);
	for (unsigned int i = 0; i < PATHS; i++)
		make(&samples[i], i);
	exec_event(rec);
	for (long i = 0; i < runs; i++)
		ns[i] = run(rec, samples, records);
	lw_recorder_stats(rec, &st);
	qsort(ns, runs, sizeof(*ns), by_value);
	printf("%ld runs of %ld records: min %.0f, median %.0f ns of CPU a record; %.0f bytes a "
	       "record\n",
	       runs, records, ns[0], ns[runs / 2], (double)st.log.bytes / (double)st.log.lines);
	lw_recorder_free(rec);
	lw_policy_free(policy);
	lw_report_free(&report);
	free(ns);
	return 0;
}
