// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "decode/names.h"
#include "forensic/record.h"

#define FRAG_MAX 4096 /* bytes; a longer one is made anew for each record */

/*
 * What the members below are made of. A process whose identity, program and users are the same as
 * for the record before has the same members, so they are copied as they are.
 */
struct frag_key {
	uint64_t start, pstart, prog, parent;
	uint32_t pid, ppid, uid, ruid, gid, pad;
};

struct lw_proc_frag {
	struct frag_key key;
	unsigned int missing;
	uint32_t len;
	char json[FRAG_MAX];
};

static const char *const cap_names[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

void lw_record_entity(struct lw_jw *w, const char *key, size_t klen, uint32_t pid, uint64_t start)
{
	char *p = lw_jw_begin(w, key, klen, 48);

	if (!p)
		return;
	*p++ = '"';
	p = lw_fmt_u64(p, pid);
	*p++ = '-';
	p = lw_fmt_u64(p, start);
	*p++ = '"';
	lw_jw_commit(w, p);
}

static bool is_exec(const struct lw_ev *ev)
{
	return ev->kind == LW_PROCESS_EXEC && !ev->error;
}

/* A loader that an exec began: the event brings the program, not a file it has opened. */
static bool is_exec_start(const struct lw_ev *ev)
{
	return ev->kind == LW_LOADER_START && ev->why == LW_WHY_EXEC;
}

static const struct lw_prog *prog_of(const struct lw_record *r)
{
	return r->proc ? lw_proc_prog_at(r->proc, r->ev->ts) : NULL;
}

static const struct lw_prog *parent_of(const struct lw_record *r)
{
	const struct lw_proc *p = r->proc;

	/* A process that was adopted has another parent than at its fork. */
	return p && p->ppid == r->ev->ppid && p->pstart == r->ev->pstart ? p->parent : NULL;
}

void lw_record_who(const struct lw_record *r, struct lw_who *ret)
{
	const struct lw_ev *ev = r->ev;
	const struct lw_prog *prog = prog_of(r), *parent = parent_of(r);

	*ret = (struct lw_who){ .full = ev->flags & LW_EVF_VIOLATION };
	if (parent)
		ret->parent = lw_prog_exe(parent);
	if (is_exec(ev) && r->proc && r->proc->previous)
		ret->previous = lw_prog_exe(r->proc->previous);
	if (is_exec(ev) || is_exec_start(ev)) {
		ret->full = true;
		ret->exe = lw_ev_str(ev, LW_STR_PATH);
		ret->args = lw_ev_str(ev, LW_STR_ARGS);
	}
	if (!ret->exe.len)
		ret->exe = lw_ev_str(ev, LW_STR_EXE);
	if (!ret->args.len)
		ret->args = lw_ev_str(ev, LW_STR_ARGS);
	if (!ret->exe.len && prog)
		ret->exe = lw_prog_exe(prog);
	if (!ret->args.len && prog && !is_exec(ev))
		ret->args = lw_prog_args(prog);
}

static void write_args(struct lw_record *r, struct lw_jw *w, struct lw_span args, bool full)
{
	const char *end = args.s + args.len;
	uint64_t count = 0;
	bool clean = true;

	lw_jw_arr(w, LW_K("args"));
	for (const char *p = args.s; p < end; count++) {
		size_t len = strnlen(p, end - p);

		if (full || (size_t)(p - args.s) + len <= LW_RECORD_ARGS)
			clean &= lw_jw_text(w, LW_NOKEY, p, len);
		else
			r->missing |= LW_MISS_ARGS_REST;
		p += len + 1;
	}
	lw_jw_end(w);
	if (!clean)
		lw_jw_hex(w, LW_K("args_bytes"), args.s,
			  full || args.len < LW_RECORD_ARGS ? args.len : LW_RECORD_ARGS);
	lw_jw_u64(w, LW_K("args_count"), count);
}

static void write_parent(struct lw_record *r, struct lw_jw *w, struct lw_span exe)
{
	const struct lw_ev *ev = r->ev;

	lw_jw_obj(w, LW_K("parent"));
	lw_jw_u64(w, LW_K("pid"), ev->ppid);
	lw_record_entity(w, LW_K("entity_id"), ev->ppid, ev->pstart);
	if (exe.len)
		lw_jw_bytes(w, LW_K("executable"), exe.s, exe.len);
	else
		r->missing |= LW_MISS_PARENT;
	lw_jw_end(w);
}

static void write_id(struct lw_jw *w, const char *key, size_t klen, uint32_t id)
{
	lw_jw_obj(w, key, klen);
	lw_jw_u64(w, LW_K("id"), id);
	lw_jw_end(w);
}

static void write_start(struct lw_record *r, struct lw_jw *w)
{
	struct lw_stamp st = { .offset = r->stamp->offset };
	char *p = lw_jw_begin(w, LW_K("start"), LW_STAMP_LEN + 2);

	if (!p)
		return;
	*p++ = '"';
	lw_stamp_format(&st, r->ev->start, p);
	p += LW_STAMP_LEN;
	*p++ = '"';
	lw_jw_commit(w, p);
}

/* The members that lw_proc_frag keeps. */
static void write_stable(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	struct lw_who who;

	lw_record_who(r, &who);
	lw_jw_u64(w, LW_K("pid"), ev->pid);
	lw_record_entity(w, LW_K("entity_id"), ev->pid, ev->start);
	if (who.exe.len)
		lw_jw_bytes(w, LW_K("executable"), who.exe.s, who.exe.len);
	else
		r->missing |= LW_MISS_EXE;
	if (who.args.len)
		write_args(r, w, who.args, who.full);
	else
		r->missing |= LW_MISS_ARGS;
	if (who.previous.len) {
		lw_jw_obj(w, LW_K("previous"));
		lw_jw_bytes(w, LW_K("executable"), who.previous.s, who.previous.len);
		lw_jw_end(w);
	}
	write_parent(r, w, who.parent);
	write_id(w, LW_K("user"), ev->uid);
	write_id(w, LW_K("real_user"), ev->ruid);
	write_id(w, LW_K("group"), ev->gid);
	write_start(r, w);
}

static bool cacheable(const struct lw_record *r)
{
	return r->frags && r->proc && !(r->ev->flags & LW_EVF_VIOLATION) &&
	       r->ev->kind != LW_PROCESS_EXEC && r->ev->kind < LW_LOADER_START;
}

static void write_cached(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	const struct lw_prog *prog = prog_of(r), *parent = parent_of(r);
	const struct frag_key key = { ev->start,
				      ev->pstart,
				      prog ? prog->id : 0,
				      parent ? parent->id : 0,
				      ev->pid,
				      ev->ppid,
				      ev->uid,
				      ev->ruid,
				      ev->gid,
				      0 };
	struct lw_proc_frag **at = &r->frags[ev->pid % LW_FRAGS];
	unsigned int missing = r->missing;
	size_t from = w->pos;

	if (*at && !memcmp(&(*at)->key, &key, sizeof(key))) {
		lw_jw_members(w, (*at)->json, (*at)->len);
		r->missing |= (*at)->missing;
		return;
	}
	r->missing = 0;
	write_stable(r, w);
	if (!*at)
		*at = malloc(sizeof(**at));
	if (*at && !w->truncated && w->pos - from <= FRAG_MAX) {
		(*at)->key = key;
		(*at)->missing = r->missing;
		(*at)->len = w->pos - from;
		memcpy((*at)->json, w->buf + from, w->pos - from);
	} else if (*at) {
		(*at)->key = (struct frag_key){}; /* no process has pid 0 and start 0 */
	}
	r->missing |= missing;
}

static void write_thread(const struct lw_ev *ev, struct lw_jw *w)
{
	lw_jw_obj(w, LW_K("thread"));
	lw_jw_u64(w, LW_K("id"), ev->tid);
	if (ev->flags & LW_EVF_VIOLATION) {
		lw_jw_obj(w, LW_K("capabilities"));
		lw_jw_arr(w, LW_K("effective"));
		for (size_t i = 0; i < sizeof(cap_names) / sizeof(cap_names[0]); i++) {
			if (ev->cap_effective >> i & 1)
				lw_jw_cstr(w, LW_NOKEY, cap_names[i]);
		}
		lw_jw_end(w);
		lw_jw_end(w);
	}
	lw_jw_end(w);
}

static void write_exit(const struct lw_ev *ev, struct lw_jw *w)
{
	unsigned int status = ev->proc.exit_code, sig = status & 0x7f;

	lw_jw_u64(w, LW_K("exit_code"), sig ? 128 + sig : status >> 8 & 0xff);
	if (sig)
		lw_jw_u64(w, LW_K("exit_signal"), sig);
}

static void write_child(const struct lw_ev *ev, struct lw_jw *w)
{
	lw_jw_obj(w, LW_K("child"));
	lw_jw_u64(w, LW_K("pid"), ev->proc.child);
	lw_record_entity(w, LW_K("entity_id"), ev->proc.child, ev->proc.child_start);
	lw_jw_obj(w, LW_K("thread"));
	lw_jw_u64(w, LW_K("id"), ev->proc.child_tid);
	lw_jw_end(w);
	lw_jw_end(w);
}

void lw_record_process(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	struct lw_span comm = lw_ev_comm(ev), script = lw_ev_str(ev, LW_STR_SCRIPT);

	lw_jw_obj(w, LW_K("process"));
	if (cacheable(r))
		write_cached(r, w);
	else
		write_stable(r, w);
	lw_jw_bytes(w, LW_K("name"), comm.s, comm.len);
	write_thread(ev, w);
	if (ev->pid_ns)
		lw_jw_u64(w, LW_K("vpid"), ev->pid_ns);
	if (script.len)
		lw_jw_bytes(w, LW_K("script"), script.s, script.len);
	if (ev->kind == LW_PROCESS_EXIT)
		write_exit(ev, w);
	else if (ev->kind == LW_PROCESS_FORK)
		write_child(ev, w);
	lw_jw_end(w);
}
