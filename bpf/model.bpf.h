/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_MODEL_BPF_H
#define LW_MODEL_BPF_H

#include "match.bpf.h"

/**
 * lw_artefact_new() - is the file that is open, an artefact (s->artefact), news to user space?
 * @slot: scratch; its event has the path and the name, its query the access
 *
 * One that is new is remembered. What can make a model by itself is counted in any case: as long as
 * user space has not seen as many, it does not know the loader's models.
 *
 * Return: 1 when the event is to be sent.
 */
int lw_artefact_new(__u32 slot);

#endif
