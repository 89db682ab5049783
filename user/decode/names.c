// SPDX-License-Identifier: Apache-2.0
#include "decode/names.h"

#include "lw_image.h"
#include "lw_kinds.h"

#define NAME_OF(table, i) \
	((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "unknown")

static const char *const kinds[] = {
#define LW_EVENT(id, name, category, type, dflt) [LW_##id] = name,
#include "lw_events.def"
#undef LW_EVENT
};

static const char *const actions[] = { [LW_ALLOW] = "allow",
				       [LW_ALERT] = "alert",
				       [LW_DENY] = "deny",
				       [LW_KILL] = "kill",
				       [LW_KILL_LOADER] = "kill-loader" };

static const char *const outcomes[] = { [LW_OUT_NONE] = "none",
					[LW_OUT_ALERTED] = "alerted",
					[LW_OUT_DENIED] = "denied",
					[LW_OUT_KILLED_BEFORE] = "killed-before-effect",
					[LW_OUT_KILLED_AFTER] = "killed-after-possible-effect",
					[LW_OUT_FAILED] = "failed" };

static const char *const backends[] = {
	[LW_BE_NONE] = "none", [LW_BE_TRACEPOINT] = "tracepoint", [LW_BE_CGROUP] = "cgroup",
	[LW_BE_LSM] = "lsm",   [LW_BE_FMOD_RET] = "fmod_ret",	  [LW_BE_FANOTIFY] = "fanotify",
	[LW_BE_USER] = "user",
};

static const char *const whys[] = { [LW_WHY_NONE] = "none",
				    [LW_WHY_RUN] = "run",
				    [LW_WHY_EXEC] = "exec",
				    [LW_WHY_EVIDENCE] = "evidence",
				    [LW_WHY_SEED] = "seed" };

static const char *const phases[] = { [LW_PHASE_START] = "start",
				      [LW_PHASE_DOWNLOAD] = "download",
				      [LW_PHASE_LOAD] = "load",
				      [LW_PHASE_SERVE] = "serve" };

static const char *const states[] = {
	[LW_TAG_NONE] = "none", [LW_TAG_CANDIDATE] = "candidate", [LW_TAG_LOADER] = "loader"
};

static const char *const modes[] = { [LW_MODE_OBSERVE] = "observe", [LW_MODE_ENFORCE] = "enforce" };

const char *lw_kind_name(unsigned int kind)
{
	return NAME_OF(kinds, kind);
}

const char *lw_action_name(unsigned int action)
{
	return NAME_OF(actions, action);
}

const char *lw_outcome_name(unsigned int outcome)
{
	return NAME_OF(outcomes, outcome);
}

const char *lw_backend_name(unsigned int backend)
{
	return NAME_OF(backends, backend);
}

const char *lw_why_name(unsigned int why)
{
	return NAME_OF(whys, why);
}

const char *lw_phase_name(unsigned int phase)
{
	return NAME_OF(phases, phase);
}

const char *lw_state_name(unsigned int state)
{
	return NAME_OF(states, state);
}

const char *lw_mode_name(unsigned int mode)
{
	return NAME_OF(modes, mode);
}

const char *lw_proto_name(unsigned int proto)
{
	switch (proto) {
	case LW_PROTO_TCP:
		return "tcp";
	case LW_PROTO_UDP:
		return "udp";
	case LW_PROTO_MPTCP:
		return "mptcp";
	case LW_PROTO_RAW:
		return "raw";
	case LW_PROTO_PACKET:
		return "packet";
	case LW_PROTO_UNIX:
		return "unix";
	case LW_PROTO_VSOCK:
		return "vsock";
	case LW_PROTO_NETLINK:
		return "netlink";
	default:
		return "other";
	}
}

static const unsigned char severities[] = { [LW_SEV_INFO] = 0,
					    [LW_SEV_LOW] = 21,
					    [LW_SEV_MEDIUM] = 47,
					    [LW_SEV_HIGH] = 73,
					    [LW_SEV_CRITICAL] = 99 };

unsigned int lw_severity_number(unsigned int severity)
{
	return severity < sizeof(severities) ? severities[severity] : 99;
}

unsigned int lw_severity_above(unsigned int number)
{
	size_t i = 0;

	while (i < sizeof(severities) - 1 && severities[i] <= number)
		i++;
	return severities[i];
}
