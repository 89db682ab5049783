// SPDX-License-Identifier: Apache-2.0
/*
 * Requests to io_uring to records: each operation, with the names and arguments that it carries.
 * Input: "<kind> <flags> <operation, 2 bytes> <call> <bytes of path> <bytes of target> <texts>";
 * the texts are the path, the target and what is left: the name.
 */
#include "recording.h"

#define HEAD 7

/* What a ring can do, beside its own kinds: its requests are recorded like the calls they are. */
static const enum lw_kind kinds[] = { LW_IO_URING_OP,	LW_IO_URING_SETUP, LW_FILE_OPEN,
				      LW_FILE_UNLINK,	LW_FILE_RENAME,	   LW_FILE_LINK,
				      LW_FILE_SETXATTR, LW_FILE_TRUNCATE };

static const unsigned int flags[] = { LW_EVF_VIOLATION,	   LW_EVF_TRUNCATED, LW_EVF_NO_PATH,
				      LW_EVF_PATH_IS_NAME, LW_EVF_NO_NAME,   LW_EVF_ENTRY,
				      LW_EVF_TARGET,	   LW_EVF_UNASKED };

static struct test_event t;

static void take(const uint8_t **data, size_t *len, size_t n, struct lw_ev *ev,
		 enum lw_str_role role)
{
	n = n < *len ? n : *len;
	test_str_n(ev, role, (const char *)*data, n);
	*data += n;
	*len -= n;
}

static struct lw_ev *make(const uint8_t *data, size_t len)
{
	struct lw_ev *ev = test_event(&t, kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))]);
	size_t path = data[5], target = data[6];

	ev->flags = LW_EVF_URING;
	for (size_t i = 0; i < 8; i++)
		if (data[1] & 1 << i)
			ev->flags |= flags[i];
	if (ev->flags & LW_EVF_VIOLATION) {
		ev->action = LW_KILL;
		ev->outcome = LW_OUT_KILLED_AFTER;
		ev->backend = LW_BE_TRACEPOINT;
	}
	if (ev->kind != LW_FILE_OPEN)
		ev->call = (struct lw_ev_call){ .op = data[2] | data[3] << 8,
						.call = data[4],
						.args = { data[5], data[6], ~0ULL, 1 },
						.cond = data[4] >> 4 };
	data += HEAD;
	len -= HEAD;
	take(&data, &len, path, ev, LW_STR_PATH);
	take(&data, &len, target, ev, LW_STR_TARGET);
	take(&data, &len, LW_PATH_MAX, ev, LW_STR_NAME);
	return ev;
}

/* A request is recorded as one, and its operation has a word or a number. */
static bool must(const cJSON *line, const struct lw_ev *ev)
{
	const cJSON *entry = test_get(line, "event.entry"), *op;

	if (!entry)
		return false; /* not the record of this event */
	op = test_get(line, "call.operation");
	if (strcmp(entry->valuestring, "io_uring") || test_get(line, "call.args") ||
	    (ev->kind == LW_IO_URING_OP && (!cJSON_IsArray(op) || !cJSON_GetArraySize(op)))) {
		fprintf(stderr, "the record says something else than the event\n");
		abort();
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct lw_ev *ev;

	if (len < HEAD)
		return 0;
	ev = make(data, len);
	check_event(ev, ev->call.call < LW_CALL_COUNT || ev->kind == LW_FILE_OPEN, must);
	return 0;
}
