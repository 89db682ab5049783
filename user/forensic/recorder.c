// SPDX-License-Identifier: Apache-2.0
#include "forensic/recorder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stamp.h"
#include "decode/names.h"
#include "decode/schema.h"
#include "enrich/host.h"
#include "enrich/loader.h"
#include "forensic/record.h"

#define ECS_VERSION "8.17.0"
#define RESYNC_NS   1000000000ULL

struct lost {
	uint64_t violations, telemetry, frames;
};

struct lw_recorder {
	struct lw_recorder_options opts;
	struct lw_log_dir *log;
	struct lw_procs *procs;
	struct lw_stacks *stacks;
	struct lw_loaders *loaders;
	struct lw_rules_table rules;
	struct lw_stamp stamp;
	uint64_t synced; /* ns, boot time: of the last lw_stamp_sync() */
	enum lw_mode mode;
	struct lw_recorder_stats stats;
	struct lost lost[LW_CPUS_MAX]; /* reported so far */
	struct lw_log_stats reported;  /* the same, of the log */
	uint64_t damaged_reported;
	struct lw_proc_frag *frags[LW_FRAGS];
	size_t host_len;
	char host[2048]; /* JSON members */
};

static void make_host(struct lw_recorder *rec)
{
	struct lw_host host;
	struct lw_jw w;

	lw_host_read(&host);
	lw_jw_init(&w, rec->host, sizeof(rec->host));
	lw_jw_obj(&w, LW_K("host"));
	lw_jw_cstr(&w, LW_K("hostname"), host.hostname);
	if (host.boot_id[0]) {
		lw_jw_obj(&w, LW_K("boot"));
		lw_jw_cstr(&w, LW_K("id"), host.boot_id);
		lw_jw_end(&w);
	}
	lw_jw_obj(&w, LW_K("os"));
	lw_jw_cstr(&w, LW_K("kernel"), host.kernel);
	lw_jw_end(&w);
	lw_jw_end(&w);
	lw_jw_obj(&w, LW_K("ecs"));
	lw_jw_cstr(&w, LW_K("version"), ECS_VERSION);
	lw_jw_end(&w);
	rec->host_len = w.pos;
}

static void sync_clock(struct lw_recorder *rec)
{
	uint64_t now = lw_stamp_now();

	if (now - rec->synced < RESYNC_NS)
		return;
	rec->synced = now;
	lw_stamp_sync(&rec->stamp);
}

int lw_recorder_new(const struct lw_recorder_options *options, struct lw_recorder **ret)
{
	struct lw_recorder *rec = calloc(1, sizeof(*rec));
	struct lw_log_opts log = options->log;
	int err = -ENOMEM;

	if (rec) {
		rec->opts = *options;
		rec->mode = LW_MODE_ENFORCE;
		sync_clock(rec);
		make_host(rec);
		err = lw_procs_new(LW_PROCS_MAX, LW_PROCS_BYTES, "/proc", &rec->procs);
	}
	if (!err)
		err = lw_stacks_new(LW_STACKS_BYTES, &rec->stacks);
	if (!err)
		err = lw_loaders_new(LW_TAGS_MAX, &rec->loaders);
	if (err)
		lw_error("cannot record: %s", strerror(-err));
	log.dir = options->dir;
	if (!err && log.dir)
		err = lw_log_dir_open(&log, &rec->log);
	if (err) {
		lw_recorder_free(rec);
		return err;
	}
	*ret = rec;
	return 0;
}

int lw_recorder_set_policy(struct lw_recorder *rec, uint32_t gen, const struct lw_policy *policy)
{
	int err = lw_rules_add(&rec->rules, gen, policy);

	if (err)
		lw_error("no memory for the names of the policy's rules");
	return err;
}

void lw_recorder_set_mode(struct lw_recorder *rec, enum lw_mode mode)
{
	rec->mode = mode;
}

/* loader.start brings what the other events of the loader do not repeat. */
static void learn_loader(struct lw_recorder *rec, const struct lw_ev *ev)
{
	const struct lw_rule_text *rule = NULL;
	struct lw_loader *l = lw_loaders_enter(rec->loaders, ev->tag);

	if (!l)
		return;
	l->root = ev->loader.root;
	/* Of a root that was tagged from outside the start is known in clock ticks only. */
	l->root_start = ev->pid == l->root ? ev->start : ev->loader.root_start;
	if (ev->loader.why_rule != LW_RULE_NONE)
		rule = lw_rules_text(lw_rules_of(&rec->rules, ev->gen), ev->loader.why_rule);
	if (rule && ev->why != LW_WHY_RUN)
		memccpy(l->why_rule, rule->id, '\0', sizeof(l->why_rule) - 1);
}

static void tell_code(const struct lw_record *r, struct lw_violation *v)
{
	const struct lw_python *py = r->python;

	if (py->culprit) {
		v->culprit.file = lw_frame_file(py->culprit);
		v->culprit.function = lw_frame_name(py->culprit);
		v->culprit.line = py->culprit->line;
		v->executed = py->origin ? py->origin->pid : 0;
	} else if (r->ev->py_state != LW_PY_NONE) {
		v->no_culprit = py->reason;
	}
	if (r->proc && r->proc->pickled)
		v->pickled = lw_pickled_get(r->proc->pickled, 0);
}

static void tell(struct lw_recorder *rec, const struct lw_record *r)
{
	struct lw_violation v = { .ev = r->ev };
	const struct lw_rule_text *rule = lw_rules_text(r->rules, r->ev->rule);
	struct lw_who who;
	char buf[64];

	rec->stats.violations++;
	if (!rec->opts.on_violation)
		return;
	lw_record_who(r, &who);
	v.executable = who.exe;
	v.object = lw_record_object(r->ev, buf);
	v.when = r->ev->ts + r->stamp->offset;
	v.log = rec->log ? rec->opts.dir : NULL;
	v.segment = rec->log ? lw_log_dir_segment(rec->log) : NULL;
	v.rule = rule ? rule->id : NULL;
	v.reason = rule ? rule->reason : NULL;
	v.severity = rule ? lw_record_severity(r, rule) : lw_severity_number(LW_SEV_HIGH);
	tell_code(r, &v);
	rec->opts.on_violation(&v, rec->opts.arg);
}

static void write_record(struct lw_recorder *rec, struct lw_record *r, bool urgent)
{
	char *line;
	size_t len;

	rec->stats.records++;
	if (!rec->log)
		return;
	line = lw_log_dir_reserve(rec->log);
	len = lw_record_encode(r, line, LW_RECORD_MAX - 1);
	lw_log_dir_commit(rec->log, len, urgent);
}

int lw_recorder_frame(struct lw_recorder *rec, const void *data, size_t len)
{
	int err = lw_stacks_add(rec->stacks, data, len, lw_stamp_now());

	if (err == -EBADMSG)
		rec->stats.damaged++;
	return err;
}

/* The process of an event and the Python code behind it. */
static struct lw_proc *learn(struct lw_recorder *rec, const struct lw_ev *ev,
			     struct lw_python *ret_python)
{
	const struct lw_stack *stack = lw_stacks_find(rec->stacks, ev->py_stack);
	const struct lw_model_code model = {};
	struct lw_proc *proc = lw_procs_apply(rec->procs, ev);

	if (proc && ev->kind == LW_PROCESS_EXEC && !ev->error)
		lw_procs_origin(rec->procs, proc, ev, stack);
	lw_python_of(ev, stack, proc, &model, ret_python);
	return proc;
}

int lw_recorder_feed(struct lw_recorder *rec, const void *data, size_t len, bool violations)
{
	const struct lw_ev *ev;
	struct lw_python python;
	struct lw_proc *proc;
	struct lw_record r;
	int err = lw_ev_check(data, len, &ev);

	if (err) {
		rec->stats.damaged++;
		return err;
	}
	if (ev->kind == LW_LOADER_START)
		learn_loader(rec, ev);
	proc = learn(rec, ev, &python);
	/* A pickle names the same few over and over. */
	if (ev->kind == LW_PICKLE_GLOBAL && proc && !lw_procs_pickled(rec->procs, proc, ev))
		return 0;
	if (ev->flags & LW_EVF_UNASKED)
		return 0;
	r = (struct lw_record){ .ev = ev,
				.proc = proc,
				.python = &python,
				.loader = lw_loaders_find(rec->loaders, ev->tag),
				.rules = lw_rules_of(&rec->rules, ev->gen),
				.host = rec->host,
				.host_len = rec->host_len,
				.stamp = &rec->stamp,
				.frags = rec->frags,
				.mode = rec->mode };
	write_record(rec, &r, violations);
	if (ev->flags & LW_EVF_VIOLATION)
		tell(rec, &r);
	lw_procs_exit(rec->procs, ev);
	if (ev->kind == LW_LOADER_END)
		lw_loaders_end(rec->loaders, ev->tag);
	return 0;
}

/* The head of an own record: it stops inside the object "monitor". */
static void begin_note(struct lw_recorder *rec, struct lw_jw *w, const char *action)
{
	char stamp[LW_STAMP_LEN];

	sync_clock(rec);
	lw_stamp_format(&rec->stamp, lw_stamp_now(), stamp);
	lw_jw_init(w, lw_log_dir_reserve(rec->log), LW_RECORD_MAX - 1);
	lw_jw_obj(w, LW_NOKEY);
	lw_jw_str(w, LW_K("@timestamp"), stamp, sizeof(stamp));
	lw_jw_obj(w, LW_K("event"));
	lw_jw_cstr(w, LW_K("action"), action);
	lw_jw_members(w,
		      LW_K("\"category\":[\"host\"],\"type\":[\"info\"],"
			   "\"provider\":\"loadward\",\"kind\":\"event\",\"outcome\":\"success\""));
	lw_jw_end(w);
	lw_jw_obj(w, LW_K("monitor"));
}

static void end_note(struct lw_recorder *rec, struct lw_jw *w)
{
	const struct lw_rules *rules = lw_rules_of(&rec->rules, 0);

	lw_jw_end(w);
	if (rules)
		lw_jw_members(w, rules->json, rules->json_len);
	lw_jw_members(w, rec->host, rec->host_len);
	lw_jw_end(w);
	rec->stats.records++;
	lw_log_dir_commit(rec->log, w->pos, true);
}

static int note_field(struct lw_jw *w, const char *key, const char *value)
{
	char name[64] = "monitor.";
	const struct lw_field *field;
	unsigned long long number;
	char *end;

	if (!memccpy(name + 8, key, '\0', sizeof(name) - 8))
		return -EINVAL;
	field = lw_field_find(name, strlen(name));
	if (!field)
		return -EINVAL;
	if (field->type != LW_TYPE_LONG) {
		lw_jw_cstr(w, key, strlen(key), value);
		return 0;
	}
	errno = 0;
	number = strtoull(value, &end, 10);
	if (errno || end == value || *end || *value == '-')
		return -EINVAL;
	lw_jw_u64(w, key, strlen(key), number);
	return 0;
}

int lw_recorder_note(struct lw_recorder *rec, const char *action, ...)
{
	const char *key, *value;
	struct lw_jw w;
	va_list ap;
	int err = 0;

	if (!rec->log)
		return 0;
	begin_note(rec, &w, action);
	if (!strcmp(action, "monitor.start"))
		lw_jw_cstr(&w, LW_K("version"), LW_VERSION);
	va_start(ap, action);
	while ((key = va_arg(ap, const char *)) && (value = va_arg(ap, const char *))) {
		if (note_field(&w, key, value))
			err = -EINVAL;
	}
	va_end(ap);
	end_note(rec, &w);
	return err;
}

/* @cpu: -1: none. */
static void gap(struct lw_recorder *rec, const char *ring, int cpu, uint64_t lost, uint64_t total)
{
	struct lw_jw w;

	lw_warning("%llu records were lost (%s)", (unsigned long long)lost, ring);
	if (!rec->log)
		return;
	begin_note(rec, &w, "monitor.gap");
	lw_jw_cstr(&w, LW_K("ring"), ring);
	if (cpu >= 0)
		lw_jw_u64(&w, LW_K("cpu"), cpu);
	lw_jw_u64(&w, LW_K("lost"), lost);
	lw_jw_u64(&w, LW_K("lost_total"), total);
	end_note(rec, &w);
}

static void gap_since(struct lw_recorder *rec, const char *ring, int cpu, uint64_t *reported,
		      uint64_t total)
{
	uint64_t lost = total - *reported;

	if (total <= *reported)
		return;
	*reported = total;
	gap(rec, ring, cpu, lost, total);
}

void lw_recorder_adopt(struct lw_recorder *rec, const struct lw_tag *tag, uint32_t gen)
{
	const struct lw_rules *rules = lw_rules_of(&rec->rules, gen);
	struct lw_loader *l = lw_loaders_enter(rec->loaders, tag->id);
	const struct lw_rule_text *rule = NULL;

	if (!l)
		return;
	l->root = tag->root;
	l->root_start = tag->root_start;
	if (rules && tag->why != LW_WHY_RUN && tag->why_rule != LW_RULE_NONE)
		rule = lw_rules_text(rules, tag->why_rule);
	if (rule)
		memccpy(l->why_rule, rule->id, '\0', sizeof(l->why_rule) - 1);
}

void lw_recorder_said(struct lw_recorder *rec, const struct lw_stats *stats, int n)
{
	for (int i = 0; i < n && i < (int)LW_CPUS_MAX; i++) {
		rec->lost[i].violations = stats[i].violation_lost;
		rec->lost[i].telemetry = stats[i].telemetry_lost;
		rec->lost[i].frames = stats[i].frames_lost;
	}
}

void lw_recorder_losses(struct lw_recorder *rec, const struct lw_stats *stats, int n)
{
	for (int i = 0; i < n && i < (int)LW_CPUS_MAX; i++) {
		gap_since(rec, "violations", i, &rec->lost[i].violations, stats[i].violation_lost);
		gap_since(rec, "telemetry", i, &rec->lost[i].telemetry, stats[i].telemetry_lost);
		gap_since(rec, "stacks", i, &rec->lost[i].frames, stats[i].frames_lost);
	}
}

int lw_recorder_flush(struct lw_recorder *rec)
{
	struct lw_log_stats log;
	int err = 0;

	sync_clock(rec);
	lw_stacks_expire(rec->stacks, lw_stamp_now());
	if (rec->log) {
		err = lw_log_dir_flush(rec->log);
		lw_log_dir_stats(rec->log, &log);
		if (!log.error) {
			gap_since(rec, "log-violations", -1, &rec->reported.violations_lost,
				  log.violations_lost);
			gap_since(rec, "log-telemetry", -1, &rec->reported.telemetry_dropped,
				  log.telemetry_dropped);
		}
	}
	gap_since(rec, "damaged", -1, &rec->damaged_reported, rec->stats.damaged);
	return err;
}

const char *lw_recorder_state(const struct lw_recorder *rec)
{
	struct lw_log_stats log;

	if (!rec->log)
		return "none";
	lw_log_dir_stats(rec->log, &log);
	return log.error ? strerror(-log.error) : "ok";
}

void lw_recorder_stats(const struct lw_recorder *rec, struct lw_recorder_stats *ret)
{
	*ret = rec->stats;
	lw_procs_stats(rec->procs, &ret->procs);
	if (rec->log)
		lw_log_dir_stats(rec->log, &ret->log);
}

const struct lw_log_dir *lw_recorder_log(const struct lw_recorder *rec)
{
	return rec->log;
}

void lw_recorder_free(struct lw_recorder *rec)
{
	if (!rec)
		return;
	if (rec->log)
		lw_recorder_flush(rec);
	lw_log_dir_close(rec->log);
	lw_procs_free(rec->procs);
	lw_stacks_free(rec->stacks);
	lw_loaders_free(rec->loaders);
	lw_rules_clear(&rec->rules);
	for (size_t i = 0; i < LW_FRAGS; i++)
		free(rec->frags[i]);
	free(rec);
}
