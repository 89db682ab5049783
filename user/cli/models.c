// SPDX-License-Identifier: Apache-2.0
/*
 * Models of loaders, for the rules that ask for them: user space finds out what they are and
 * judges, the kernel side gets the result.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "cli/monitor.h"

void lw_monitor_models_known(uint64_t tag, void *monitor)
{
	struct lw_monitor *m = monitor;
	const struct lw_models *all = lw_recorder_models(m->recorder);
	const struct lw_model *models[LW_MODELS_MAX];
	struct lw_bpf_models known = { .gen = m->gen };
	size_t n = lw_models_list(all, tag, models);
	bool whole;
	int r;

	if (!m->policy->models)
		return;
	known.artefacts = lw_models_seen(all, tag, &whole);
	lw_policy_models(m->policy, models, n, whole, &known.satisfied, &known.unsure);
	r = lw_bpf_models(m->bpf, tag, &known);
	if (r < 0 && r != -ENOENT)
		lw_error("rules with `model` cannot be told of a loader's models: %s",
			 strerror(-r));
}

static int judge_anew(const struct lw_tag *tag, void *arg)
{
	if (tag->models_gen || tag->artefacts)
		lw_monitor_models_known(tag->id, arg);
	return 0;
}

void lw_monitor_models_policy(struct lw_monitor *m)
{
	lw_bpf_settings(m->bpf)->models = m->policy->models != NULL;
	lw_bpf_each_tag(m->bpf, judge_anew, m);
}

static int on_answers(int fd, uint32_t events, void *arg)
{
	struct lw_monitor *m = arg;

	(void)fd;
	(void)events;
	lw_recorder_models_take(m->recorder);
	return 0;
}

int lw_monitor_models_start(struct lw_monitor *m)
{
	return lw_loop_add_fd(m->loop, lw_recorder_models_fd(m->recorder), on_answers, m);
}
