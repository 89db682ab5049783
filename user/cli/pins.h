/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_CLI_PINS_H
#define LW_CLI_PINS_H

/* What is pinned, for `status`, `doctor` and scripts. */

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "bpfctl/pins.h"

/** lw_print_pins() - what is in force without a daemon, or that nothing is, on stdout. */
void lw_print_pins(const char *dir, bool json);

/** lw_pins_json() - the same as an object. */
cJSON *lw_pins_json(const char *dir);

#endif
