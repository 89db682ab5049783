// SPDX-License-Identifier: Apache-2.0
#include "forensic/record.h"

#include <errno.h>
#include <stdio.h>

#include "decode/names.h"

#define OWN_WORDS 4096 /* bytes of a record that are not text of others, at most */

/* What is the same for all events of a kind, as JSON. */
static const struct {
	const char *open, *denied;
	uint16_t open_len, denied_len;
} kinds[] = {
#define HEAD(name, category, type) \
	"\"action\":\"" name "\",\"category\":[\"" category "\"],\"type\":[\"" type "\""
#define LW_EVENT(id, name, category, type, dflt) \
	[LW_##id] = { HEAD(name, category, type) "]", HEAD(name, category, type) ",\"denied\"]", \
		      sizeof(HEAD(name, category, type)), \
		      sizeof(HEAD(name, category, type) ",\"denied\"") },
#include "lw_events.def"
#undef LW_EVENT
};

static const char *const reasons[] = {
	"process.executable: the process was gone before it was looked up",
	"process.args: not known",
	"process.args: only the first of them are repeated in this record",
	"process.parent.executable: the parent was not seen",
	"file.path: the object could not be resolved",
	"file.path_raw: the caller's string could not be read",
	"container.id: the cgroup was gone before it was looked up",
	"loader.root: its loader.start was not seen",
	"rule.id: the policy that judged is no longer known",
	"model.format: the file could not be read in time, or not at all",
};

static bool is_alert(const struct lw_ev *ev)
{
	return ev->flags & LW_EVF_VIOLATION;
}

static bool is_stopped(const struct lw_ev *ev)
{
	return ev->outcome == LW_OUT_DENIED || ev->outcome == LW_OUT_KILLED_BEFORE;
}

static const char *outcome_of(const struct lw_ev *ev)
{
	if (is_stopped(ev))
		return "failure";
	if (ev->outcome == LW_OUT_KILLED_AFTER || ev->error == -EINPROGRESS)
		return "unknown";
	if (ev->error)
		return "failure";
	/* Judged before the call does its work, as the cgroup hooks, which know no call, do. */
	if (ev->flags & LW_EVF_ENTRY)
		return "unknown";
	if (ev->kind == LW_DNS_ANSWER)
		return ev->dns.flags & 15 ? "failure" : "success";
	return (lw_ev_is_net(ev) || lw_ev_is_dns(ev)) && ev->syscall == ~0U ? "unknown" : "success";
}

static void write_timestamp(struct lw_record *r, struct lw_jw *w)
{
	char *p = lw_jw_begin(w, LW_K("@timestamp"), LW_STAMP_LEN + 2);

	if (!p)
		return;
	*p++ = '"';
	lw_stamp_format(r->stamp, r->ev->ts, p);
	p += LW_STAMP_LEN;
	*p++ = '"';
	lw_jw_commit(w, p);
}

static const struct lw_rule_text *rule_of(struct lw_record *r)
{
	const struct lw_ev *ev = r->ev;
	const struct lw_rule_text *rule;

	if (ev->rule == LW_RULE_NONE && !is_alert(ev))
		return NULL;
	rule = lw_rules_text(r->rules, ev->rule);
	if (!rule)
		r->missing |= LW_MISS_RULE;
	return rule;
}

unsigned int lw_record_severity(const struct lw_record *r, const struct lw_rule_text *rule)
{
	return r->python->native ? lw_severity_above(rule->severity) : rule->severity;
}

/* Return: position directly after the '{'. */
static size_t write_event(struct lw_record *r, struct lw_jw *w, const struct lw_rule_text *rule)
{
	const struct lw_ev *ev = r->ev;
	size_t at;

	lw_jw_obj(w, LW_K("event"));
	at = w->pos;
	if (is_stopped(ev))
		lw_jw_members(w, kinds[ev->kind].denied, kinds[ev->kind].denied_len);
	else
		lw_jw_members(w, kinds[ev->kind].open, kinds[ev->kind].open_len);
	if (is_alert(ev))
		lw_jw_members(w, LW_K("\"provider\":\"loadward\",\"kind\":\"alert\""));
	else
		lw_jw_members(w, LW_K("\"provider\":\"loadward\",\"kind\":\"event\""));
	lw_jw_cstr(w, LW_K("outcome"), outcome_of(ev));
	if (is_alert(ev) && rule)
		lw_jw_u64(w, LW_K("severity"), lw_record_severity(r, rule));
	lw_jw_u64(w, LW_K("sequence"), ev->seq);
	lw_jw_u64(w, LW_K("cpu"), ev->cpu);
	if (ev->syscall != ~0U)
		lw_jw_u64(w, LW_K("syscall"), ev->syscall);
	if (ev->flags & (LW_EVF_URING | LW_EVF_COMPAT))
		lw_jw_cstr(w, LW_K("entry"), ev->flags & LW_EVF_URING ? "io_uring" : "compat");
	lw_jw_end(w);
	return at;
}

static void write_error(const struct lw_ev *ev, struct lw_jw *w)
{
	const char *name = strerrorname_np(-ev->error);

	if (!ev->error)
		return;
	lw_jw_obj(w, LW_K("error"));
	if (name)
		lw_jw_cstr(w, LW_K("code"), name);
	lw_jw_u64(w, LW_K("number"), -ev->error);
	lw_jw_end(w);
}

static void write_rule(const struct lw_ev *ev, struct lw_jw *w, const struct lw_rule_text *rule)
{
	if (!rule)
		return;
	lw_jw_obj(w, LW_K("rule"));
	lw_jw_cstr(w, LW_K("id"), rule->id);
	if (rule->reason)
		lw_jw_cstr(w, LW_K("description"), rule->reason);
	if (ev->flags & LW_EVF_BY_INODE)
		lw_jw_cstr(w, LW_K("matched_by"), "inode");
	else if (ev->flags & LW_EVF_SCRIPT)
		lw_jw_cstr(w, LW_K("matched_by"), "script");
	else if (ev->flags & LW_EVF_TARGET)
		lw_jw_cstr(w, LW_K("matched_by"), "target");
	lw_jw_end(w);
}

/* Did what happened equal what the policy asks, and if not, why? */
static const char *strength_of(const struct lw_ev *ev)
{
	bool killed = ev->outcome == LW_OUT_KILLED_BEFORE || ev->outcome == LW_OUT_KILLED_AFTER;

	if (ev->action <= LW_ALERT || ev->outcome == LW_OUT_FAILED)
		return "as-asked";
	if (ev->flags & LW_EVF_OBSERVED)
		return "observed";
	if (ev->action == LW_DENY && killed)
		return "kill-instead-of-deny";
	if (ev->action >= LW_KILL && ev->outcome == LW_OUT_DENIED)
		return ev->flags & LW_EVF_KILL_SENT ? "as-asked" : "deny-instead-of-kill";
	return killed || ev->outcome == LW_OUT_DENIED ? "as-asked" : "not-stopped";
}

static void write_enforcement(const struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;

	if (!is_alert(ev))
		return;
	lw_jw_obj(w, LW_K("enforcement"));
	lw_jw_cstr(w, LW_K("action"), lw_action_name(ev->action));
	lw_jw_cstr(w, LW_K("outcome"), lw_outcome_name(ev->outcome));
	lw_jw_cstr(w, LW_K("backend"), lw_backend_name(ev->backend));
	lw_jw_cstr(w, LW_K("mode"),
		   lw_mode_name(ev->flags & LW_EVF_OBSERVED ? LW_MODE_OBSERVE : r->mode));
	lw_jw_cstr(w, LW_K("strength"), strength_of(ev));
	lw_jw_end(w);
}

static void write_loader(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	const struct lw_loader *l = r->loader;

	lw_jw_obj(w, LW_K("loader"));
	lw_jw_u64(w, LW_K("id"), ev->tag);
	lw_jw_cstr(w, LW_K("why"), lw_why_name(ev->why));
	if (l && l->why_rule[0])
		lw_jw_cstr(w, LW_K("why_rule"), l->why_rule);
	lw_jw_cstr(w, LW_K("state"), lw_state_name(ev->state));
	lw_jw_cstr(w, LW_K("phase"), lw_phase_name(ev->phase));
	if (l && l->root) {
		lw_jw_obj(w, LW_K("root"));
		lw_jw_u64(w, LW_K("pid"), l->root);
		lw_record_entity(w, LW_K("entity_id"), l->root, l->root_start);
		lw_jw_end(w);
	} else {
		r->missing |= LW_MISS_ROOT;
	}
	if (ev->kind == LW_LOADER_END && ev->loader.stopped) {
		lw_jw_obj(w, LW_K("stopped"));
		lw_jw_u64(w, LW_K("processes"), ev->loader.stopped);
		lw_jw_u64(w, LW_K("duration"), ev->loader.stop_ns);
		lw_jw_end(w);
	}
	lw_jw_end(w);
}

static void write_container(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_container *c = r->proc ? &r->proc->container : NULL;

	if (!c || c->state == LW_CONTAINER_UNKNOWN)
		r->missing |= LW_MISS_CONTAINER;
	if (!c || c->state != LW_CONTAINER_FOUND)
		return;
	lw_jw_obj(w, LW_K("container"));
	lw_jw_cstr(w, LW_K("id"), c->id);
	if (c->runtime)
		lw_jw_cstr(w, LW_K("runtime"), c->runtime);
	lw_jw_end(w);
}

/* "event" is written before it is known what will be missing: its last member is put in later. */
static void write_missing(struct lw_jw *w, size_t event, unsigned int missing)
{
	char buf[1024];
	struct lw_jw m;

	if (!missing)
		return;
	lw_jw_init(&m, buf, sizeof(buf));
	lw_jw_arr(&m, LW_K("reason_missing"));
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (missing >> i & 1)
			lw_jw_cstr(&m, LW_NOKEY, reasons[i]);
	}
	lw_jw_end(&m);
	if (w->pos + m.pos + 1 > w->limit)
		w->truncated = true;
	else
		lw_jw_splice(w, event, m.buf, m.pos);
}

size_t lw_record_encode(struct lw_record *r, char *buf, size_t cap)
{
	const struct lw_rule_text *rule;
	struct lw_jw w;
	size_t event, own;

	r->missing = 0;
	lw_jw_init(&w, buf, cap);
	own = w.limit > 2 * OWN_WORDS ? OWN_WORDS : 0;
	w.keep = own + (own ? lw_record_python_room(r) : 0);
	lw_jw_obj(&w, LW_NOKEY);
	write_timestamp(r, &w);
	rule = rule_of(r);
	event = write_event(r, &w, rule);
	lw_record_process(r, &w);
	lw_record_file(r, &w);
	lw_record_net(r, &w);
	lw_record_dns(r, &w);
	lw_record_call(r, &w);
	w.keep = own;
	lw_record_python(r, &w);
	write_error(r->ev, &w);
	write_rule(r->ev, &w, rule);
	write_enforcement(r, &w);
	write_loader(r, &w);
	lw_record_model(r, &w);
	write_container(r, &w);
	if (r->rules)
		lw_jw_members(&w, r->rules->json, r->rules->json_len);
	lw_jw_members(&w, r->host, r->host_len);
	lw_jw_end(&w);
	write_missing(&w, event, r->missing);
	if (w.truncated || r->ev->flags & LW_EVF_TRUNCATED)
		lw_jw_splice(&w, event, LW_K("\"truncated\":true"));
	return w.pos;
}
