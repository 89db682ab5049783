/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BPFCTL_PINS_H
#define LW_BPFCTL_PINS_H

/*
 * The directory in bpffs that holds the kernel side of a daemon, so that it outlives the process:
 *
 *   state               what a successor must know (struct lw_pin_state), one element of an array
 *   map-NAME            each map that carries state; working memory and constants are not shared
 *   links-EPOCH/N-PROG  each hook of the set of programs that was loaded at EPOCH
 *
 * lw_cfg.epoch names the set in force; any other is a start that was not finished.
 */

#include <stdbool.h>
#include <stddef.h>

#include "bpfctl/bpf.h"
#include "lw_abi.h"

#define LW_PIN_DIR "/sys/fs/bpf/loadward"

#define LW_PIN_MAGIC 0x316e69706477ULL /* "wdpin1" */

/* Up to `version` it is the same in every version: what an older or newer one may read. */
struct lw_pin_state {
	__u64 magic; /* 0: a start that was not finished */
	__u32 abi;   /* LW_ABI_VERSION */
	__u32 size;  /* bytes of this */
	__u8 layout[32];
	char version[32];
	__u32 gen; /* lw_image_hdr.gen of the policy in force */
	__u32 pid; /* of the daemon */
	char digest[72];
	__u8 rules[32];	      /* digest of the names of its rules, in their order */
	char policy[256];     /* file */
	struct lw_stats said; /* sums of all CPUs: losses that are in the log */
	__u64 unwritten;      /* events taken from the rings that the log may not have yet */
};

enum lw_pins_kind {
	LW_PINS_NONE,  /* no directory, or an empty one */
	LW_PINS_HALF,  /* a first start, or a removal, that was not finished: nothing is in force */
	LW_PINS_OURS,  /* can be taken over */
	LW_PINS_OTHER, /* of a version whose maps mean something else, or damaged */
	LW_PINS_UNSAFE, /* it cannot be used: err says why */
};

/* What somebody finds who only looks. */
struct lw_pins_look {
	enum lw_pins_kind kind;
	bool used;	  /* a daemon lives and holds them */
	char version[32]; /* of the loadward that made them */
	__u32 abi;
	/* LW_PINS_OURS: */
	struct lw_cfg cfg;
	struct lw_pin_state state;
	unsigned int hooks;
	unsigned int loaders;
	struct lw_bpf_error err; /* LW_PINS_UNSAFE, LW_PINS_OTHER */
};

struct lw_pins;

/**
 * lw_pins_open() - the directory, made where it is missing, locked, its content checked.
 * @path: in a bpffs
 * @ret_pins: free with lw_pins_free() or hand it to lw_bpf_new_pinned()
 *
 * What a first start left unfinished is removed. Return: 0; -EBUSY: a daemon lives; -EPROTO: of
 * another version; -EINVAL, -EPERM, -errno: not usable. @ret_error says why.
 */
int lw_pins_open(const char *path, struct lw_pins **ret_pins, struct lw_bpf_error *ret_error);

/** lw_pins_free() - closes them; what is pinned stays, an empty directory goes. NULL is fine. */
void lw_pins_free(struct lw_pins *pins);

/** lw_pins_look() - what is there, for those who change nothing. */
void lw_pins_look(const char *path, struct lw_pins_look *ret_look);

/**
 * lw_pins_unload() - removes everything, of whatever version, and waits until no hook is left.
 * @ret_links: hooks that were pinned
 *
 * Return: 0; -ENOENT: nothing is pinned; -EBUSY: a daemon lives; -errno. @ret_error says why.
 */
int lw_pins_unload(const char *path, unsigned int *ret_links, struct lw_bpf_error *ret_error);

/**
 * lw_pins_mend() - pin again what somebody has removed.
 *
 * Return: how many; -ESTALE: the directory has been moved or unmounted, so that no successor will
 * find it; -errno.
 */
int lw_pins_mend(struct lw_bpf *bpf);

/** lw_pins_adopted() - whether there is something to take over. */
bool lw_pins_adopted(const struct lw_pins *pins);

/** lw_pins_state() - shared with a successor; it may be written at any time. */
struct lw_pin_state *lw_pins_state(struct lw_pins *pins);

#endif
