/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_TESTS_RECORDING_H
#define LW_TESTS_RECORDING_H

/* For the fuzzers of events: a recorder with a log of its own, and what must hold of each line. */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "forensic/recorder.h"

#include "../unit/records.h"

#define EVENTS_MAX 8 /* of one input */

static const char policy_text[] =
	"{\"version\":1,\"name\":\"fuzz\",\"mode\":\"enforce\",\"rules\":[{\"id\":\"r0\",\"on\":"
	"\"file.open\",\"path\":[\"/secret/**\"],\"action\":\"kill\",\"reason\":\"why\"}],"
	"\"default\":{\"file\":\"allow\",\"net\":\"alert\",\"exec\":\"alert\"}}";

static char dir[] = "/dev/shm/loadward-fuzz-XXXXXX";
static struct lw_policy *policy;

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", dir);
	if (system(command))
		fprintf(stderr, "%s is left behind\n", dir);
}

static void on_violation(const struct lw_violation *v, void *arg)
{
	(void)arg;
	lw_violation_line(v);
}

static void start(void)
{
	struct lw_report report = {};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || !mkdtemp(dir))
		abort();
	atexit(remove_dir);
	if (lw_policy_parse(policy_text, strlen(policy_text), "<fuzz>", NULL, &policy, &report))
		abort();
	lw_report_free(&report);
	close(null);
	/* Lines on stderr would hide what the fuzzer says; they are made all the same. */
	lw_log_set_level(LW_LOG_ERROR);
}

static struct lw_recorder *new_recorder(void)
{
	struct lw_recorder_options o = { .dir = dir, .on_violation = on_violation };
	struct lw_recorder *rec;

	if (!policy)
		start();
	if (lw_recorder_new(&o, &rec) || lw_recorder_set_policy(rec, 1, policy))
		abort();
	return rec;
}

typedef bool lw_must_fn(const cJSON *line, const struct lw_ev *ev);

/*
 * Every line is a record, and what @must says holds of it. @must may be NULL; it says whether the
 * line is of the event. Return: how many were.
 */
static size_t check_log(struct lw_recorder *rec, lw_must_fn *must, const struct lw_ev *ev)
{
	static char text[EVENTS_MAX * LW_RECORD_MAX + 65536];
	char path[256], *p = text, *end;
	size_t n = 0;
	ssize_t len;
	int fd;

	lw_recorder_flush(rec);
	snprintf(path, sizeof(path), "%s/%s", dir, lw_log_dir_segment(lw_recorder_log(rec)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0 || len == sizeof(text))
		abort();
	close(fd);
	unlink(path);
	for (end = text + len; p < end;) {
		char *nl = memchr(p, '\n', end - p);
		cJSON *line = nl ? test_parse_line(p, nl - p) : NULL;

		if (!line || (size_t)(nl - p) >= LW_RECORD_MAX) {
			fprintf(stderr, "not a record: %.*s\n", (int)((nl ? nl : end) - p), p);
			abort();
		}
		if (must)
			n += must(line, ev);
		cJSON_Delete(line);
		p = nl + 1;
	}
	return n;
}

/* One event through a recorder: @good ones become one record that @must agrees to, others none. */
static inline void check_event(const struct lw_ev *ev, bool good, lw_must_fn *must)
{
	struct lw_recorder *rec = new_recorder();
	int r = lw_recorder_feed(rec, ev, ev->size, ev->flags & LW_EVF_VIOLATION);

	if (r != (good ? 0 : -EBADMSG) || check_log(rec, must, ev) != good) {
		fprintf(stderr, "%s event, result %d\n", good ? "a good" : "a bad", r);
		abort();
	}
	lw_recorder_free(rec);
}

#endif
