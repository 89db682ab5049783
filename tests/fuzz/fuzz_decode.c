// SPDX-License-Identifier: Apache-2.0
/*
 * Bytes of a ring through decode, enrich and encode into a log: whatever they are, each line of the
 * log is a record. Input: events one after the other, each "<flags> <length, 2 bytes> <bytes>".
 * Flag 1: the header is made plausible, so that the fuzzer need not find it; 2: ring of violations;
 * 4: a frame of a Python stack, for the events that follow.
 */
#include "recording.h"

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
	ev->py_state %= LW_PY_STATE_COUNT;
	ev->py_frames %= LW_PY_FRAMES + 1;
	ev->py_stack %= 4;
	if (ev->kind == LW_PICKLE_GLOBAL) {
		ev->pickle.module_kind &= LW_PY_LATIN1;
		ev->pickle.name_kind &= LW_PY_LATIN1;
	}
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

static void make_plausible_frame(struct lw_py_frame *f, size_t len)
{
	size_t room = len - sizeof(*f);

	f->size = len;
	f->stack = f->stack % 3 + 1;
	f->nr %= LW_PY_FRAMES;
	f->flags &= LW_PYF_FILE_CUT | LW_PYF_NAME_CUT | LW_PYF_LINES_CUT | LW_PYF_BAD;
	f->file_kind &= LW_PY_LATIN1;
	f->name_kind &= LW_PY_LATIN1;
	f->file_len %= (room < LW_PY_FILE ? room : LW_PY_FILE) + 1;
	room -= f->file_len;
	f->name_len %= (room < LW_PY_NAME ? room : LW_PY_NAME) + 1;
	room -= f->name_len;
	f->lines_len %= (room < LW_PY_LINES ? room : LW_PY_LINES) + 1;
}

static void feed(struct lw_recorder *rec, uint8_t flags, const uint8_t *data, size_t len)
{
	void *copy = NULL; /* of its own, so that ASan sees one byte too many */

	if (posix_memalign(&copy, 8, len ? len : 1))
		abort();
	memcpy(copy, data, len);
	if (flags & 4) {
		if (flags & 1 && len >= sizeof(struct lw_py_frame))
			make_plausible_frame(copy, len);
		lw_recorder_frame(rec, copy, len);
	} else {
		if (flags & 1 && len >= sizeof(struct lw_ev))
			make_plausible(copy, len);
		lw_recorder_feed(rec, copy, len, flags & 2);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct lw_recorder *rec = new_recorder();

	for (int i = 0; i < EVENTS_MAX && len >= 3; i++) {
		size_t n = data[1] | data[2] << 8;

		n = n < len - 3 ? n : len - 3;
		feed(rec, data[0], data + 3, n);
		data += 3 + n;
		len -= 3 + n;
	}
	check_log(rec, NULL, NULL);
	lw_recorder_free(rec);
	return 0;
}
