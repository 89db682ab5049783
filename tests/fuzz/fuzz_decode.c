// SPDX-License-Identifier: Apache-2.0
/*
 * Bytes of a ring through decode, enrich and encode into a log: whatever they are, each line of the
 * log is a record. Input: events one after the other, each "<flags> <length, 2 bytes> <bytes>".
 * Flag 1: the header is made plausible, so that the fuzzer need not find it; 2: ring of violations.
 */
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
	lw_recorder_print(v);
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

static void make_plausible(struct lw_ev *ev, size_t len)
{
	ev->size = len;
	ev->kind %= LW_KIND_COUNT;
	ev->cpu %= 4;
	ev->tag = ev->tag % 4 + 1;
	ev->pid = ev->pid % 4 + 0x7ffffff0;
	ev->start %= 4;
	ev->gen %= 3;
	ev->action %= LW_KILL_LOADER + 1;
	ev->outcome %= LW_OUT_FAILED + 1;
	ev->backend %= LW_BE_USER + 1;
	ev->why %= LW_WHY_SEED + 1;
	ev->phase %= LW_PHASE_SERVE + 1;
	ev->state %= LW_TAG_LOADER + 1;
	ev->error = -(ev->error & 127);
	ev->rule = ev->rule & 1 ? LW_RULE_NONE : ev->rule % LW_RULES_MAX;
	if (ev->kind == LW_LOADER_START || ev->kind == LW_LOADER_END) {
		ev->loader.state %= LW_TAG_LOADER + 1;
		ev->loader.why %= LW_WHY_SEED + 1;
		ev->loader.why_rule %= LW_RULES_MAX;
	}
	for (int i = 0; i < LW_STR_COUNT; i++) {
		struct lw_str *s = &ev->str[i];
		size_t room = len - sizeof(*ev);

		s->off %= room + 1;
		s->len %= room - s->off + 1;
	}
}

static void feed(struct lw_recorder *rec, uint8_t flags, const uint8_t *data, size_t len)
{
	void *copy = NULL; /* of its own, so that ASan sees one byte too many */

	if (posix_memalign(&copy, 8, len ? len : 1))
		abort();
	memcpy(copy, data, len);
	if (flags & 1 && len >= sizeof(struct lw_ev))
		make_plausible(copy, len);
	lw_recorder_feed(rec, copy, len, flags & 2);
	free(copy);
}

static void check_log(struct lw_recorder *rec)
{
	static char text[EVENTS_MAX * LW_RECORD_MAX + 65536];
	char path[256], *p = text, *end;
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
		cJSON_Delete(line);
		p = nl + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lw_recorder_options o = { .dir = dir, .on_violation = on_violation };
	struct lw_recorder *rec;

	if (!policy)
		start();
	if (lw_recorder_new(&o, &rec) || lw_recorder_set_policy(rec, 1, policy))
		abort();
	for (int i = 0; i < EVENTS_MAX && len >= 3; i++) {
		size_t n = data[1] | data[2] << 8;

		n = n < len - 3 ? n : len - 3;
		feed(rec, data[0], data + 3, n);
		data += 3 + n;
		len -= 3 + n;
	}
	check_log(rec);
	lw_recorder_free(rec);
	return 0;
}
