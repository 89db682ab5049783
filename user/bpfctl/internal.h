/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_BPFCTL_INTERNAL_H
#define LW_BPFCTL_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "bpfctl/bpf.h"
#include "lw_abi.h"
#include "loadward.skel.h"

/* One row of lw_hooks.def at run time. */
struct hook {
	struct lw_hook_state state;
	struct bpf_link *link;
	bool pinned;
};

#define LW_BACKENDS (LW_BE_USER + 1)
#define LW_WHY_MAX  sizeof(((struct lw_hook_state *)0)->why_not)

static inline bool lw_hook_in(const struct hook *h, enum lw_hook_group group)
{
	return h->state.group_id == group;
}

static inline bool lw_hook_is_security(const struct hook *h)
{
	return lw_hook_in(h, LW_GROUP_DENY) || lw_hook_in(h, LW_GROUP_CHECK);
}

struct lw_bpf;

/** lw_hook_wanted() - is it to be attached: always, or while a loader lives? */
bool lw_hook_wanted(const struct lw_bpf *bpf, const struct hook *h);

struct lw_bpf {
	struct loadward_bpf *skel;
	struct hook *hooks;
	struct lw_hook_state *states; /* what lw_bpf_hooks() hands out */
	size_t n_hooks;
	unsigned int wanted;		       /* groups */
	enum lw_backend deny_by;	       /* of security hooks */
	char why_not[LW_BACKENDS][LW_WHY_MAX]; /* security hooks of the other backends */
	struct lw_pins *pins;		       /* NULL: all ends with the process */
	__u64 epoch;			       /* lw_epoch of these programs */
	bool active;			       /* they are in force */
	bool pickle_audit;
	struct bpf_link *pickles[LW_PICKLE_FILES]; /* of the thread that reads interpreters */
	size_t n_pickles;
	int cgroup;
	struct lw_bloom bloom;
	__u32 index_round; /* looks at the paths of policies */
};

int lw_bpf_fail(struct lw_bpf_error *err, int r, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** lw_btf_has_unix_hooks() - whether there are cgroup hooks for AF_UNIX (6.7). */
bool lw_btf_has_unix_hooks(const struct btf *btf);

/**
 * lw_btf_has_tracepoint() - whether a tracepoint is there for a tp_btf program.
 * @first: name of the struct that its first argument must point to, or NULL
 */
bool lw_btf_has_tracepoint(const struct btf *btf, const char *name, const char *first);

/** lw_btf_offset() - bytes from the start of a struct to one of its fields; 0: it has none. */
unsigned int lw_btf_offset(const struct btf *btf, const char *type, const char *field);

/** lw_btf_can_trace() - whether a program can be put at the entry of a function of the kernel. */
bool lw_btf_can_trace(const struct btf *btf, const char *function);

/**
 * lw_probe_security() - the strongest backend of security hooks that runs here.
 *
 * A BPF LSM program attaches without an error, and never runs, where "bpf" is not among the active
 * LSMs: so each backend is tried on an open of our own.
 * @btf: of the kernel
 * @why: gets, for each that is not used, why
 *
 * Return: LW_BE_LSM, LW_BE_FMOD_RET or LW_BE_NONE.
 */
enum lw_backend lw_probe_security(const struct btf *btf, char why[LW_BACKENDS][LW_WHY_MAX]);

/** lw_object_open() - the object for this kernel, with its maps chosen. NULL: errno says why. */
struct loadward_bpf *lw_object_open(const struct btf *btf);

/** lw_bpf_pickle_end() - leave all files of lw_bpf_pickle(). */
void lw_bpf_pickle_end(struct lw_bpf *bpf);

/* Runs one of the raw_tp programs in this task; the answer is in skel->bss->lw_ctl. */
int lw_bpf_ask(struct lw_bpf *bpf, struct bpf_program *prog);

#endif
