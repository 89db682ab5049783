// SPDX-License-Identifier: Apache-2.0
#include "cli/pins.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *const kinds[] = {
	[LW_PINS_NONE] = "none",   [LW_PINS_HALF] = "unfinished", [LW_PINS_OURS] = "in-force",
	[LW_PINS_OTHER] = "other", [LW_PINS_UNSAFE] = "unusable",
};

static const char *mode_of(const struct lw_pins_look *look)
{
	return look->cfg.mode == LW_MODE_ENFORCE ? "enforce" : "observe";
}

/* Since when nobody reads the rings, in ns; 0: a daemon does. */
static __u64 blind(const struct lw_pins_look *look)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	if (!look->cfg.blind_since)
		return 0;
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec - look->cfg.blind_since;
}

static void print_ours(const char *dir, const struct lw_pins_look *look)
{
	if (look->used) {
		printf("%s: a daemon lives (pid %u) and holds them\n", dir, look->state.pid);
		return;
	}
	printf("%s: no daemon runs, but the kernel side is still in force: mode %s, %u hooks, %u "
	       "loaders, policy %s (digest %.16s)\n",
	       dir, mode_of(look), look->hooks, look->loaders, look->state.policy,
	       look->state.digest);
	printf("         nobody has read the events for %.0f s; `loadward daemon` takes over, "
	       "`loadward unload` ends it\n",
	       blind(look) / 1e9);
}

cJSON *lw_pins_json(const char *dir)
{
	struct lw_pins_look look;
	cJSON *o = cJSON_CreateObject();

	lw_pins_look(dir, &look);
	cJSON_AddStringToObject(o, "directory", dir);
	cJSON_AddStringToObject(o, "state", kinds[look.kind]);
	cJSON_AddBoolToObject(o, "daemon", look.used);
	if (look.err.text[0] && look.kind != LW_PINS_NONE)
		cJSON_AddStringToObject(o, "reason", look.err.text);
	if (look.kind != LW_PINS_OURS)
		return o;
	cJSON_AddStringToObject(o, "version", look.version);
	cJSON_AddStringToObject(o, "mode", mode_of(&look));
	cJSON_AddNumberToObject(o, "hooks", look.hooks);
	cJSON_AddNumberToObject(o, "loaders", look.loaders);
	cJSON_AddStringToObject(o, "policy", look.state.policy);
	cJSON_AddStringToObject(o, "digest", look.state.digest);
	cJSON_AddNumberToObject(o, "blind_ns", (double)blind(&look));
	return o;
}

static void print_json(const char *dir)
{
	cJSON *root = cJSON_CreateObject();
	char *text;

	cJSON_AddFalseToObject(root, "daemon");
	cJSON_AddItemToObject(root, "pins", lw_pins_json(dir));
	text = cJSON_PrintUnformatted(root);
	puts(text ? text : "{}");
	free(text);
	cJSON_Delete(root);
}

void lw_print_pins(const char *dir, bool json)
{
	struct lw_pins_look look;

	if (json) {
		print_json(dir);
		return;
	}
	lw_pins_look(dir, &look);
	if (look.kind == LW_PINS_OURS)
		print_ours(dir, &look);
	else if (look.kind == LW_PINS_NONE)
		printf("%s: nothing is pinned\n", dir);
	else if (look.kind == LW_PINS_HALF)
		printf("%s: a start that was not finished; nothing of it is in force\n", dir);
	else
		printf("%s\n", look.err.text);
}
