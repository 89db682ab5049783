/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_KINDS_H
#define LW_KINDS_H

#include "lw_types.h"

/* Kinds of event, and what a tagged task is. Names are made from lw_events.def. */

enum lw_kind {
#define LW_EVENT(id, name, category, type, dflt) LW_##id,
#include "lw_events.def"
#undef LW_EVENT
	LW_KIND_COUNT,
	/* Pseudo kinds: rules of these kinds tag a task instead of judging it. */
	LW_TAG_ARTEFACT = 61, /* or tell user space of a file that may say which model is loaded */
	LW_TAG_EXEC = 62,
	LW_TAG_EVIDENCE = 63,
	LW_KIND_MAX = 64,
};

LW_STATIC_ASSERT(LW_KIND_COUNT <= LW_TAG_ARTEFACT, "kinds fit in one 64-bit mask");

#define LW_ON(kind) (1ULL << (kind))

/* System calls that are judged when they begin. 0: none of them. */
enum lw_call {
	LW_CALL_NONE = 0,
#define LW_CALL(name, kind, family, x86_64, x32, ia32, arm64) LW_CALL_##name,
#include "lw_calls.def"
#undef LW_CALL
	LW_CALL_COUNT,
};

LW_STATIC_ASSERT(LW_CALL_COUNT <= 256, "a call fits in one byte of the dispatcher's tables");

enum lw_tag_state { LW_TAG_NONE = 0, LW_TAG_CANDIDATE, LW_TAG_LOADER };

/* Why a task is tagged: `loader.why`. */
enum lw_why { LW_WHY_NONE = 0, LW_WHY_RUN, LW_WHY_EXEC, LW_WHY_EVIDENCE, LW_WHY_SEED };

enum lw_phase { LW_PHASE_START = 0, LW_PHASE_DOWNLOAD, LW_PHASE_LOAD, LW_PHASE_SERVE };

enum lw_mode { LW_MODE_OBSERVE = 0, LW_MODE_ENFORCE };

/* What became of the effect: `enforcement.outcome`. */
enum lw_outcome {
	LW_OUT_NONE = 0,      /* no violation */
	LW_OUT_ALERTED,	      /* it happened, and was reported */
	LW_OUT_DENIED,	      /* the call failed with EPERM, nothing happened */
	LW_OUT_KILLED_BEFORE, /* SIGKILL; no user code saw the effect */
	LW_OUT_KILLED_AFTER,  /* SIGKILL; the call may have had its effect */
	LW_OUT_FAILED,	      /* the attempt itself failed (error) or could not be stopped */
};

/* Who enforced: `enforcement.backend`. */
enum lw_backend {
	LW_BE_NONE = 0,
	LW_BE_TRACEPOINT,
	LW_BE_CGROUP,
	LW_BE_LSM,
	LW_BE_FMOD_RET,
	LW_BE_FANOTIFY,
	LW_BE_USER
};

#endif
