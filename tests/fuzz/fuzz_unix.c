// SPDX-License-Identifier: Apache-2.0
/*
 * Addresses of unix sockets to records: names of files, abstract ones and none, whatever their
 * bytes. Input: "<kind> <flags> <type> <bytes of path> <path> <name>".
 */
#include "recording.h"

#include <sys/socket.h>

#define HEAD 4

static const enum lw_kind kinds[] = { LW_NET_CONNECT, LW_NET_SEND, LW_NET_BIND, LW_NET_LISTEN,
				      LW_NET_SOCKET };

static const unsigned int flags[] = { LW_EVF_VIOLATION,	   LW_EVF_TRUNCATED, LW_EVF_NO_PATH,
				      LW_EVF_PATH_IS_NAME, LW_EVF_BY_INODE,  LW_EVF_NO_NAME,
				      LW_EVF_URING,	   LW_EVF_COMPAT };

static struct test_event t;

static struct lw_ev *make(const uint8_t *data, size_t len)
{
	struct lw_ev *ev = test_event(&t, kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))]);
	const char *text = (const char *)data + HEAD;
	size_t n = data[3], rest;

	for (size_t i = 0; i < 8; i++)
		if (data[1] & 1 << i)
			ev->flags |= flags[i];
	ev->net = (struct lw_ev_net){
		.family = AF_UNIX, .type = data[2], .proto = LW_PROTO_UNIX, .fd = (int8_t)data[2]
	};
	if (ev->flags & LW_EVF_VIOLATION) {
		ev->action = LW_DENY;
		ev->outcome = LW_OUT_DENIED;
		ev->backend = LW_BE_CGROUP;
	}
	len -= HEAD;
	n = n < len ? n : len;
	rest = len - n < LW_PATH_MAX ? len - n : LW_PATH_MAX;
	test_str_n(ev, LW_STR_PATH, text, n);
	test_str_n(ev, LW_STR_NAME, text + n, rest);
	return ev;
}

/* An address that was given is in the record, and nothing is made up. */
static bool must(const cJSON *line, const struct lw_ev *ev)
{
	bool near = ev->kind == LW_NET_BIND || ev->kind == LW_NET_LISTEN;
	const cJSON *type = test_get(line, "network.type"), *end;

	if (!type)
		return false; /* not the record of this event */
	end = test_get(line, near ? "source" : "destination");
	if (strcmp(type->valuestring, "unix") || (ev->kind == LW_NET_SOCKET) != !end ||
	    (end &&
	     (!!test_get(end, "path") != !!ev->str[LW_STR_PATH].len ||
	      !!test_get(end, "path_raw") != !!ev->str[LW_STR_NAME].len || test_get(end, "ip")))) {
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
	check_event(ev, true, must);
	return 0;
}
