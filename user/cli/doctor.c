/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "action/fanotify.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/pins.h"
#include "cli/selftest.h"
#include "decode/names.h"

static const char doctor_help[] =
	"Usage: loadward doctor [--json]\n\n"
	"Loads and attaches every hook, then makes a child do what a policy forbids, once per kind "
	"of\n"
	"hook. A hook works when the violation comes back complete and the effect did not happen.\n"
	"Exit status: 0 everything works, 1 something does not, 2 usage.\n";

struct fact {
	const char *name;
	bool ok;
	char text[256];
	const char *hint; /* when not ok */
};

#define FACTS 6

static void read_line(const char *path, char *ret, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, ret, size - 1) : -1;

	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void find_facts(struct fact *f)
{
	struct utsname u;
	const char *why;
	char lsm[200];
	int fd;

	uname(&u);
	f[0] = (struct fact){ .name = "kernel", .ok = true };
	snprintf(f[0].text, sizeof(f[0].text), "%s %s", u.release, u.machine);
	f[1] = (struct fact){ .name = "btf", .hint = "a kernel with CONFIG_DEBUG_INFO_BTF" };
	f[1].ok = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	snprintf(f[1].text, sizeof(f[1].text), "/sys/kernel/btf/vmlinux");
	f[2] = (struct fact){ .name = "tracefs",
			      .hint = "mount -t tracefs none /sys/kernel/tracing" };
	f[2].ok = access("/sys/kernel/tracing/events/syscalls", F_OK) == 0;
	snprintf(f[2].text, sizeof(f[2].text), "/sys/kernel/tracing");
	fd = lw_cgroup_root();
	f[3] = (struct fact){ .name = "cgroup v2",
			      .ok = fd >= 0,
			      .hint = "mount -t cgroup2 none /sys/fs/cgroup/unified" };
	snprintf(f[3].text, sizeof(f[3].text), "%s", fd >= 0 ? "mounted" : strerror(-fd));
	if (fd >= 0)
		close(fd);
	read_line("/sys/kernel/security/lsm", lsm, sizeof(lsm));
	f[4] = (struct fact){ .name = "lsm", .ok = true };
	snprintf(f[4].text, sizeof(f[4].text), "%s", lsm[0] ? lsm : "list not readable");
	f[5] = (struct fact){ .name = "fanotify", .ok = true };
	if (lw_fanotify_check(&why) == 0)
		snprintf(f[5].text, sizeof(f[5].text),
			 "can deny files that rules name before they are opened, where no security "
			 "hook does");
	else
		snprintf(f[5].text, sizeof(f[5].text), "not used: %s", why);
}

static bool works(const struct lw_selftest *t)
{
	return t->fired && t->complete && t->held && t->outcome == t->want;
}

static const char *why_not(const struct lw_selftest *t)
{
	if (!t->fired)
		return "attached, but never fired";
	if (!t->complete)
		return "fired, but the event is not complete";
	if (!t->held)
		return "fired, but the effect happened";
	return t->outcome == t->want ? "" : "weaker than this kernel should allow";
}

static const char *state_of(const struct lw_hook_state *h)
{
	if (h->missing)
		return h->why_not;
	if (!h->attached)
		return h->wanted ? "NO: " : "not needed by the policy";
	if (h->group_id == LW_GROUP_CALLS)
		return "attached; every task pays for it while a loader lives, since the policy "
		       "judges calls that no other hook sees";
	if (h->group_id == LW_GROUP_COMPAT)
		return "attached; every task pays for it while a loader lives, since a process "
		       "that uses a 32-bit or x32 entry may live on";
	return "attached";
}

static bool is_attached(const struct lw_hook_state *hooks, size_t n, int kind)
{
	for (size_t i = 0; i < n; i++)
		if (hooks[i].kind == kind && hooks[i].attached)
			return true;
	return false;
}

static bool is_security(const struct lw_hook_state *h)
{
	return h->group_id == LW_GROUP_DENY || h->group_id == LW_GROUP_CHECK;
}

static bool security_runs(const struct lw_hook_state *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_security(&hooks[i]) && hooks[i].attached)
			return true;
	return false;
}

/* A security hook of the backend that is not used. */
static bool is_unused(const struct lw_hook_state *hooks, size_t n, const struct lw_hook_state *hook)
{
	if (!is_security(hook) || !hook->missing)
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_security(&hooks[i]) && !hooks[i].missing)
			return hook->backend != hooks[i].backend;
	return true;
}

static const char *backend_why(const struct lw_hook_state *hooks, size_t n, int backend)
{
	const char *why = "";

	for (size_t i = 0; i < n; i++) {
		if (!is_security(&hooks[i]) || hooks[i].backend != backend)
			continue;
		if (!hooks[i].missing)
			return ""; /* one that this kernel lacks says nothing of the others */
		why = hooks[i].why_not;
	}
	return why;
}

/* Which rung of the ladder this kernel is on, and why. */
static void print_ladder(const struct lw_hook_state *hooks, size_t n)
{
	const char *lsm = backend_why(hooks, n, LW_BE_LSM);
	const char *mod = backend_why(hooks, n, LW_BE_FMOD_RET);

	printf("\nEnforcement\n");
	printf("  %-10s %s\n", "lsm", *lsm ? lsm : "denies: a program of ours was seen to run");
	printf("  %-10s %s\n", "fmod_ret",
	       *mod ? mod : "denies: a program of ours was seen to run");
	if (security_runs(hooks, n))
		return;
	printf("  Neither runs on this kernel: what neither cgroup hooks nor fanotify can deny is\n"
	       "  stopped by SIGKILL.\n");
}

static void print_text(const struct fact *facts, const struct lw_selftest *tests, int r,
		       const struct lw_hook_state *hooks, size_t n)
{
	printf("System\n");
	for (int i = 0; i < FACTS; i++)
		printf("  %-10s %-3s %s%s%s\n", facts[i].name, facts[i].ok ? "yes" : "NO",
		       facts[i].text,
		       facts[i].ok ? "" : "; needs: ", facts[i].ok ? "" : facts[i].hint);
	if (r < 0)
		return;
	printf("\nHooks\n");
	for (size_t i = 0; i < n; i++)
		if (strcmp(hooks[i].group, "CTL") && !is_unused(hooks, n, &hooks[i]))
			printf("  %-18s %-36s %s%s\n", hooks[i].event, hooks[i].where,
			       state_of(&hooks[i]),
			       hooks[i].attached || !hooks[i].wanted ? "" : hooks[i].why_not);
	print_ladder(hooks, n);
	if (!is_attached(hooks, n, LW_IO_URING_OP))
		printf("  Requests to io_uring are not judged on this kernel: forbid "
		       "io_uring.setup.\n");
	for (int i = 0; i < LW_SELFTESTS; i++)
		if (tests[i].asked_ns)
			printf("  An open of a file that is marked for fanotify takes everybody "
			       "%.1f us longer\n  while a loader lives.\n",
			       tests[i].asked_ns / 1000.0);
	printf("\nPins\n  ");
	lw_print_pins(LW_PIN_DIR, false);
	printf("\nSelf-test\n");
	for (int i = 0; i < LW_SELFTESTS; i++)
		printf("  %-16s %-24s %-28s %s%s\n", tests[i].name, tests[i].effect,
		       lw_outcome_name(tests[i].outcome),
		       works(&tests[i]) ? "ok" : "FAILED: ", why_not(&tests[i]));
}

static void print_json(const struct fact *facts, const struct lw_selftest *tests, int r,
		       const struct lw_hook_state *hooks, size_t n, bool ready)
{
	cJSON *root = cJSON_CreateObject(), *list, *o;
	char *text;

	cJSON_AddBoolToObject(root, "ready", ready);
	list = cJSON_AddArrayToObject(root, "system");
	for (int i = 0; i < FACTS; i++) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "name", facts[i].name);
		cJSON_AddBoolToObject(o, "ok", facts[i].ok);
		cJSON_AddStringToObject(o, "text", facts[i].text);
		cJSON_AddItemToArray(list, o);
	}
	list = cJSON_AddArrayToObject(root, "hooks");
	for (size_t i = 0; r >= 0 && i < n; i++) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "program", hooks[i].program);
		cJSON_AddStringToObject(o, "event", hooks[i].event);
		cJSON_AddStringToObject(o, "where", hooks[i].where);
		cJSON_AddStringToObject(o, "group", hooks[i].group);
		cJSON_AddStringToObject(o, "backend", lw_backend_name(hooks[i].backend));
		cJSON_AddBoolToObject(o, "attached", hooks[i].attached);
		cJSON_AddBoolToObject(o, "wanted", hooks[i].wanted);
		cJSON_AddStringToObject(o, "reason", hooks[i].why_not);
		cJSON_AddItemToArray(list, o);
	}
	cJSON_AddItemToObject(root, "pins", lw_pins_json(LW_PIN_DIR));
	list = cJSON_AddArrayToObject(root, "selftest");
	for (int i = 0; r >= 0 && i < LW_SELFTESTS; i++) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "event", tests[i].name);
		cJSON_AddStringToObject(o, "effect", tests[i].effect);
		cJSON_AddStringToObject(o, "outcome", lw_outcome_name(tests[i].outcome));
		cJSON_AddBoolToObject(o, "fired", tests[i].fired);
		cJSON_AddBoolToObject(o, "complete", tests[i].complete);
		cJSON_AddBoolToObject(o, "held", tests[i].held);
		cJSON_AddBoolToObject(o, "ok", works(&tests[i]));
		if (tests[i].asked_ns)
			cJSON_AddNumberToObject(o, "asked_ns", tests[i].asked_ns);
		cJSON_AddItemToArray(list, o);
	}
	text = cJSON_Print(root);
	puts(text ? text : "{}");
	free(text);
	cJSON_Delete(root);
}

int lw_cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	_cleanup_free_ struct lw_hook_state *hooks = NULL;
	struct lw_selftest tests[LW_SELFTESTS];
	bool json = false, ready = true;
	struct fact facts[FACTS];
	size_t n = 0;
	int c, r;

	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c == 'j') {
			json = true;
		} else if (c == 'h') {
			fputs(doctor_help, stdout);
			return LW_EXIT_OK;
		} else {
			return LW_EXIT_USAGE;
		}
	}
	find_facts(facts);
	for (int i = 0; i < FACTS; i++)
		ready = ready && facts[i].ok;
	r = lw_selftest_run(tests, &hooks, &n);
	for (int i = 0; i < LW_SELFTESTS; i++)
		ready = ready && r >= 0 && works(&tests[i]);
	if (json)
		print_json(facts, tests, r, hooks, n, ready);
	else
		print_text(facts, tests, r, hooks, n);
	if (!json)
		printf("\n%s\n",
		       ready ? "loadward works here." : "loadward does NOT work fully here.");
	return ready ? LW_EXIT_OK : LW_EXIT_FAILED;
}
