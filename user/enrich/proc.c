// SPDX-License-Identifier: Apache-2.0
#include "enrich/proc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/stamp.h"
#include "enrich/procfs.h"

#define BUCKETS 4096 /* power of two; LW_PROCS_MAX / 4 */

/* A process that has ended. */
struct ended {
	uint64_t start;
	uint32_t pid; /* 0: none */
};

struct lw_procs {
	struct lw_proc *buckets[BUCKETS];
	struct lw_proc *newest, *oldest; /* by last use */
	struct lw_containers *containers;
	size_t entries, max, bytes, max_bytes;
	uint64_t evicted, next_prog;
	char proc[64];
	struct ended ended[LW_PROCS_ENDED];
	size_t n_ended;
};

static size_t prog_bytes(const struct lw_prog *prog)
{
	return sizeof(*prog) + prog->exe_len + prog->args_len;
}

static struct lw_prog *prog_new(struct lw_procs *t, struct lw_span exe, struct lw_span args,
				bool cut)
{
	struct lw_prog *prog = malloc(sizeof(*prog) + exe.len + args.len);

	if (!prog)
		return NULL;
	*prog = (struct lw_prog){ .id = ++t->next_prog,
				  .refs = 1,
				  .exe_len = exe.len,
				  .args_len = args.len,
				  .cut = cut };
	memcpy(prog->data, exe.s, exe.len);
	memcpy(prog->data + exe.len, args.s, args.len);
	t->bytes += prog_bytes(prog);
	return prog;
}

static struct lw_prog *prog_ref(struct lw_prog *prog)
{
	if (prog)
		prog->refs++;
	return prog;
}

static void prog_unref(struct lw_procs *t, struct lw_prog *prog)
{
	if (!prog || --prog->refs)
		return;
	t->bytes -= prog_bytes(prog);
	free(prog);
}

struct lw_span lw_prog_exe(const struct lw_prog *prog)
{
	return (struct lw_span){ prog->data, prog->exe_len };
}

struct lw_span lw_prog_args(const struct lw_prog *prog)
{
	return (struct lw_span){ prog->data + prog->exe_len, prog->args_len };
}

static size_t origin_bytes(const struct lw_origin *origin)
{
	return sizeof(*origin) + sizeof(*origin->stack) + origin->stack->bytes;
}

static struct lw_origin *origin_new(struct lw_procs *t, const struct lw_ev *ev,
				    const struct lw_stack *stack)
{
	struct lw_origin *origin = malloc(sizeof(*origin));
	struct lw_stack *copy = origin ? lw_stack_copy(stack, LW_ORIGIN_BYTES) : NULL;

	if (!copy) {
		free(origin);
		return NULL;
	}
	*origin = (struct lw_origin){ .start = ev->start,
				      .pid = ev->pid,
				      .refs = 1,
				      .cut = ev->py_state == LW_PY_CUT || copy->n < stack->n,
				      .stack = copy };
	t->bytes += origin_bytes(origin);
	return origin;
}

static struct lw_origin *origin_ref(struct lw_origin *origin)
{
	if (origin)
		origin->refs++;
	return origin;
}

static void origin_unref(struct lw_procs *t, struct lw_origin *origin)
{
	if (!origin || --origin->refs)
		return;
	t->bytes -= origin_bytes(origin);
	lw_stack_free(origin->stack);
	free(origin);
}

static struct lw_pickled *pickled_ref(struct lw_pickled *pickled)
{
	if (pickled)
		pickled->refs++;
	return pickled;
}

static void pickled_unref(struct lw_procs *t, struct lw_pickled *pickled)
{
	if (!pickled || --pickled->refs)
		return;
	t->bytes -= sizeof(*pickled);
	free(pickled);
}

static struct lw_proc **bucket(struct lw_procs *t, uint32_t pid, uint64_t start)
{
	uint64_t h = (start ^ (uint64_t)pid << 40) * 0x9e3779b97f4a7c15ULL;

	return &t->buckets[h >> 52];
}

static void lru_unlink(struct lw_procs *t, struct lw_proc *p)
{
	*(p->newer ? &p->newer->older : &t->newest) = p->older;
	*(p->older ? &p->older->newer : &t->oldest) = p->newer;
}

static void lru_push(struct lw_procs *t, struct lw_proc *p)
{
	p->newer = NULL;
	p->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = p;
	t->newest = p;
}

static void drop(struct lw_procs *t, struct lw_proc *p)
{
	struct lw_proc **at = bucket(t, p->pid, p->start);

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	lru_unlink(t, p);
	prog_unref(t, p->prog);
	prog_unref(t, p->previous);
	prog_unref(t, p->parent);
	origin_unref(t, p->origin);
	pickled_unref(t, p->pickled);
	free(p);
	t->entries--;
}

/* The newest entry is the one in hand. */
static void shrink(struct lw_procs *t)
{
	while ((t->entries > t->max || t->bytes > t->max_bytes) && t->oldest != t->newest) {
		drop(t, t->oldest);
		t->evicted++;
	}
}

static struct lw_proc *add(struct lw_procs *t, uint32_t pid, uint64_t start)
{
	struct lw_proc **at = bucket(t, pid, start);
	struct lw_proc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->pid = pid;
	p->start = start;
	p->next = *at;
	*at = p;
	lru_push(t, p);
	t->entries++;
	shrink(t);
	return p;
}

struct lw_proc *lw_procs_get(struct lw_procs *t, uint32_t pid, uint64_t start)
{
	struct lw_proc *p = t->newest;

	if (p && p->pid == pid && p->start == start)
		return p;
	for (p = *bucket(t, pid, start); p; p = p->next) {
		if (p->pid == pid && p->start == start) {
			lru_unlink(t, p);
			lru_push(t, p);
			return p;
		}
	}
	return NULL;
}

static void find_container(struct lw_procs *t, struct lw_proc *p, uint64_t cgroup)
{
	struct lw_container found = lw_containers_find(t->containers, cgroup, p->pid);

	/* Gone already, and it has not moved: it is where it was, or where its parent was. */
	if (found.state != LW_CONTAINER_UNKNOWN || p->cgroup != cgroup)
		p->container = found;
	p->cgroup = cgroup;
}

static void seed(struct lw_procs *t, struct lw_proc *p)
{
	_cleanup_free_ struct lw_procfs *pf = malloc(sizeof(*pf));

	if (!pf || lw_procfs_read(t->proc, p->pid, p->start, pf) || !pf->exe_len)
		return;
	p->prog = prog_new(t, (struct lw_span){ pf->exe, pf->exe_len },
			   (struct lw_span){ pf->args, pf->args_len },
			   pf->args_len == sizeof(pf->args));
	p->seeded = lw_stamp_now();
}

/*
 * The program of a process whose fork was not seen. A violation brings it along and must not wait
 * for procfs; at an exec procfs knows no more than the event does.
 */
static void meet_prog(struct lw_procs *t, const struct lw_ev *ev, struct lw_proc *p)
{
	struct lw_span exe = lw_ev_str(ev, LW_STR_EXE);

	if (ev->kind == LW_PROCESS_EXEC && !ev->error)
		return;
	if (exe.len)
		p->prog =
			prog_new(t, exe, lw_ev_str(ev, LW_STR_ARGS), ev->flags & LW_EVF_TRUNCATED);
	else
		seed(t, p);
}

static struct lw_proc *meet_parent(struct lw_procs *t, const struct lw_ev *ev)
{
	struct lw_proc *parent = lw_procs_get(t, ev->ppid, ev->pstart);

	if (!parent && !(ev->flags & LW_EVF_VIOLATION) && ev->ppid) {
		parent = add(t, ev->ppid, ev->pstart);
		if (parent)
			seed(t, parent);
	}
	return parent;
}

static struct lw_proc *meet(struct lw_procs *t, const struct lw_ev *ev)
{
	struct lw_proc *parent = meet_parent(t, ev);
	struct lw_prog *prog = parent ? prog_ref(parent->prog) : NULL;
	struct lw_origin *origin = parent ? origin_ref(parent->origin) : NULL;
	struct lw_pickled *pickled = parent ? pickled_ref(parent->pickled) : NULL;
	struct lw_proc *p = add(t, ev->pid, ev->start); /* the parent may be gone then */

	if (!p) {
		prog_unref(t, prog);
		origin_unref(t, origin);
		pickled_unref(t, pickled);
		return NULL;
	}
	p->ppid = ev->ppid;
	p->pstart = ev->pstart;
	p->parent = prog;
	p->origin = origin;
	p->pickled = pickled;
	find_container(t, p, ev->cgroup);
	meet_prog(t, ev, p);
	shrink(t);
	return p;
}

static void on_fork(struct lw_procs *t, const struct lw_ev *ev, struct lw_proc *parent)
{
	struct lw_prog *prog;
	struct lw_origin *origin;
	struct lw_pickled *pickled;
	struct lw_container container = parent->container;
	struct lw_proc *p;

	if (ev->proc.clone_thread || lw_procs_get(t, ev->proc.child, ev->proc.child_start))
		return;
	prog = prog_ref(parent->prog);
	origin = origin_ref(parent->origin);
	pickled = pickled_ref(parent->pickled);
	p = add(t, ev->proc.child, ev->proc.child_start);
	if (!p) {
		prog_unref(t, prog);
		origin_unref(t, origin);
		pickled_unref(t, pickled);
		return;
	}
	p->ppid = ev->pid;
	p->pstart = ev->start;
	p->prog = prog;
	p->parent = prog_ref(prog);
	p->origin = origin;
	p->pickled = pickled;
	p->cgroup = ev->cgroup;
	p->container = container;
}

static void on_exec(struct lw_procs *t, const struct lw_ev *ev, struct lw_proc *p)
{
	struct lw_span exe = lw_ev_str(ev, LW_STR_PATH);
	struct lw_prog *prog;

	if (!exe.len)
		exe = lw_ev_str(ev, LW_STR_EXE);
	prog = prog_new(t, exe, lw_ev_str(ev, LW_STR_ARGS), ev->flags & LW_EVF_TRUNCATED);
	prog_unref(t, p->previous);
	/* What procfs told after this exec is the program of this exec, not the one before. */
	if (p->seeded > ev->ts) {
		prog_unref(t, p->prog);
		p->prog = NULL;
	}
	p->previous = p->prog;
	p->prog = prog;
	p->exec_ts = ev->ts;
	/* A runtime enters the container's cgroup, then executes: the root's id does not tell. */
	if (ev->cgroup <= 1)
		find_container(t, p, ev->cgroup);
	shrink(t);
}

struct lw_proc *lw_procs_apply(struct lw_procs *t, const struct lw_ev *ev)
{
	struct lw_proc *p = lw_procs_get(t, ev->pid, ev->start);

	if (!p)
		p = meet(t, ev);
	if (!p)
		return NULL;
	if (p->cgroup != ev->cgroup)
		find_container(t, p, ev->cgroup);
	if (ev->kind == LW_PROCESS_EXEC && !ev->error) {
		on_exec(t, ev, p);
	} else if (ev->kind == LW_PROCESS_FORK) {
		on_fork(t, ev, p);
		p = lw_procs_get(t, ev->pid, ev->start);
	}
	return p;
}

void lw_procs_origin(struct lw_procs *t, struct lw_proc *p, const struct lw_ev *ev,
		     const struct lw_stack *stack)
{
	if (!stack && lw_py_other(ev->py_state))
		return;
	origin_unref(t, p->origin);
	p->origin = stack ? origin_new(t, ev, stack) : NULL;
	shrink(t);
}

bool lw_procs_pickled(struct lw_procs *t, struct lw_proc *p, const struct lw_ev *ev)
{
	struct lw_pickled *before = p->pickled;
	struct lw_pickle_text text;
	int added;

	lw_pickle_text(ev, &text);
	added = lw_pickled_add(&p->pickled, &text);
	if (p->pickled != before) {
		t->bytes += sizeof(*p->pickled);
		shrink(t);
	}
	return added;
}

void lw_procs_exit(struct lw_procs *t, const struct lw_ev *ev)
{
	struct ended *slot = &t->ended[t->n_ended % LW_PROCS_ENDED];
	struct lw_proc *gone;

	if (ev->kind != LW_PROCESS_EXIT || !(ev->flags & LW_EVF_GROUP_DEAD) ||
	    !lw_procs_get(t, ev->pid, ev->start))
		return;
	gone = slot->pid ? lw_procs_get(t, slot->pid, slot->start) : NULL;
	*slot = (struct ended){ .pid = ev->pid, .start = ev->start };
	t->n_ended++;
	if (gone)
		drop(t, gone);
}

const struct lw_prog *lw_proc_prog_at(const struct lw_proc *p, uint64_t ts)
{
	return ts < p->exec_ts ? p->previous : p->prog;
}

int lw_procs_new(size_t max, size_t max_bytes, const char *proc, struct lw_procs **ret)
{
	struct lw_procs *t;
	int err;

	if (strlen(proc) >= sizeof(t->proc))
		return -ENAMETOOLONG;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	strcpy(t->proc, proc);
	t->max = max;
	t->max_bytes = max_bytes;
	err = lw_containers_new(proc, &t->containers);
	if (err) {
		free(t);
		return err;
	}
	*ret = t;
	return 0;
}

void lw_procs_free(struct lw_procs *t)
{
	if (!t)
		return;
	while (t->oldest)
		drop(t, t->oldest);
	lw_containers_free(t->containers);
	free(t);
}

void lw_procs_stats(const struct lw_procs *t, struct lw_procs_stats *ret)
{
	*ret = (struct lw_procs_stats){ t->entries, t->bytes, t->evicted };
}
