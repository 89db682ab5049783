/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_DECODE_NAMES_H
#define LW_DECODE_NAMES_H

/*
 * The words for the numbers of the kernel boundary, as records and messages use them. A number out
 * of range gives "unknown", never NULL.
 */

const char *lw_kind_name(unsigned int kind); /* "file.open" */
const char *lw_action_name(unsigned int action);
const char *lw_outcome_name(unsigned int outcome);
const char *lw_backend_name(unsigned int backend);
const char *lw_why_name(unsigned int why);
const char *lw_phase_name(unsigned int phase);
const char *lw_state_name(unsigned int state);
const char *lw_mode_name(unsigned int mode);

/** lw_proto_name() - the transport of one LW_PROTO_* bit. */
const char *lw_proto_name(unsigned int proto);

/** lw_severity_number() - `event.severity` of an enum lw_severity: 0, 21, 47, 73, 99. */
unsigned int lw_severity_number(unsigned int severity);

/** lw_severity_above() - the next higher `event.severity` of these; of the highest itself. */
unsigned int lw_severity_above(unsigned int number);

#endif
