/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BPFCTL_PINS_DIR_H
#define LW_BPFCTL_PINS_DIR_H

/* What the two files about pins share: pins.c the directory, pins_bpf.c the objects in it. */

#include "bpfctl/internal.h"
#include "bpfctl/pins.h"

#define LW_PIN_STATE "state"
#define LW_PIN_MAP   "map-"
#define LW_PIN_LINKS "links-"

struct lw_pins {
	int dir; /* locked as long as it is open */
	int state_fd;
	char *path;
	bool adopted;
	struct lw_pin_state *state;
};

/** lw_pins_get() - what is pinned under a name. Return: a descriptor or -errno. */
int lw_pins_get(int dir, const char *name);

/**
 * lw_pins_each() - call @fn for each pin.
 * @sub: of a directory of links
 *
 * Return: 0; what @fn returned; -ENOTSUP: there is something that loadward does not make.
 */
int lw_pins_each(int dir, bool sub, int (*fn)(int dir, const char *name, void *arg), void *arg);

/** lw_pins_remove_links() - a directory of links and what is in it. */
int lw_pins_remove_links(int dir, const char *name);

/** lw_pins_remove() - everything. */
int lw_pins_remove(struct lw_pins *pins);

/** lw_pins_other() - says of what version the pins are. Return: -EPROTO. */
int lw_pins_other(const char *path, const struct lw_pin_state *state, struct lw_bpf_error *err);

/** lw_pins_look_inside() - settings, hooks and loaders of pins that are of this version. */
void lw_pins_look_inside(int dir, const char *path, struct lw_pins_look *look);

/** lw_pins_reuse() - before the programs are loaded: they get the maps that are pinned. */
int lw_pins_reuse(struct lw_pins *pins, struct loadward_bpf *skel, struct lw_bpf_error *err);

/** lw_pins_keep() - after it: pin the maps, where they are new. */
int lw_pins_keep(struct lw_pins *pins, struct loadward_bpf *skel, struct lw_bpf_error *err);

/** lw_pins_hook() - pin hook number @i of lw_hooks.def. Return: 0 or -errno. */
int lw_pins_hook(struct lw_pins *pins, __u64 epoch, size_t i, const char *program, int link);

/** lw_pins_unhook() - the same hook is to go; nothing happens where it is not pinned. */
void lw_pins_unhook(struct lw_pins *pins, __u64 epoch, size_t i, const char *program);

/** lw_pins_only() - the sets of links of all other epochs go. */
int lw_pins_only(struct lw_pins *pins, __u64 epoch);

/** lw_pins_drop() - a start has failed: its links go, and with them all that it has made. */
void lw_pins_drop(struct lw_pins *pins, __u64 epoch);

#endif
