// SPDX-License-Identifier: Apache-2.0
/* Where `~` leads: a list of globs. */
#include "policy/doc.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define HOMES_MAX 512U /* each one makes the automaton larger */

/* Homes of system accounts that are no one's home: rules on `~` must not reach programs. */
static bool is_shared(const char *home)
{
	static const char *const whole[] = {
		"/bin",	      "/sbin", "/usr",	"/usr/bin", "/usr/sbin", "/usr/games",
		"/usr/local", "/etc",  "/home", "/var",	    "/tmp",	 "/run",
		"/opt",	      "/srv",  "/lib",	"/var/run", "/var/tmp",
	};
	static const char *const below[] = { "/proc", "/dev", "/sys", "/nonexistent" };

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcmp(home, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		size_t n = strlen(below[i]);

		if (strncmp(home, below[i], n) == 0 && (!home[n] || home[n] == '/'))
			return true;
	}
	return false;
}

/* One directory of /home is covered by the glob. */
static bool below_home(const char *home)
{
	return strncmp(home, "/home/", 6) == 0 && home[6] && !strchr(home + 6, '/');
}

static void add_glob(struct lw_doc *doc, const char *glob)
{
	const char **slot;

	for (size_t i = 0; i < doc->n_homes; i++)
		if (strcmp(doc->homes[i], glob) == 0)
			return;
	if (doc->n_homes == HOMES_MAX) {
		doc->homes_cut = true;
		return;
	}
	slot = lw_grow(doc, (void **)&doc->homes, &doc->n_homes, &doc->cap_homes, sizeof(*slot));
	if (slot)
		*slot = lw_keep(doc, glob);
}

static void add_dir(struct lw_doc *doc, const char *home)
{
	char glob[2 * LW_GLOB_MAX];
	size_t n = 0, len = strlen(home);

	while (len > 1 && home[len - 1] == '/')
		len--;
	if (home[0] != '/' || len < 2 || len >= LW_GLOB_MAX)
		return;
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?[]{},\\", home[i]))
			glob[n++] = '\\';
		glob[n++] = home[i];
	}
	glob[n] = '\0';
	if (!is_shared(glob) && !below_home(glob))
		add_glob(doc, glob);
}

/* The kernel sees the resolved path, a failed open only the name: both are homes. */
static void add_home(struct lw_doc *doc, const char *home)
{
	_cleanup_free_ char *real = realpath(home, NULL);

	add_dir(doc, home);
	if (real && strcmp(real, home) != 0)
		add_dir(doc, real);
}

int lw_homes_find(struct lw_doc *doc, const struct lw_policy_env *env)
{
	_cleanup_free_ char *real = NULL, *glob = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	const struct passwd *pw;
	const char *home;

	if (env && env->homes) {
		for (size_t i = 0; i < env->n_homes; i++)
			strcmp(env->homes[i], "/home/*") == 0 ? add_glob(doc, "/home/*")
							      : add_dir(doc, env->homes[i]);
		return doc->err;
	}
	add_glob(doc, "/root");
	add_glob(doc, "/home/*");
	real = realpath("/home", NULL);
	if (real && strcmp(real, "/home") != 0 && strlen(real) < LW_GLOB_MAX &&
	    asprintf(&glob, "%s/*", real) >= 0)
		add_glob(doc, glob);
	f = fopen("/etc/passwd", "re");
	while (f && (pw = fgetpwent(f)))
		if (pw->pw_dir)
			add_home(doc, pw->pw_dir);
	home = getenv("HOME");
	if (home)
		add_home(doc, home);
	if (doc->homes_cut)
		lw_doc_warn(doc, NULL, "name the others in full",
			    "`~` stands for the first %u homes", HOMES_MAX);
	return doc->err;
}
