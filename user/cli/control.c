/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/control.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/log.h"

#define LINE_MAX_BYTES	 128
#define ANSWER_MAX_BYTES (1U << 20)
/* A client that does not talk or read must not hold up the loop. */
#define CLIENT_TIMEOUT_MS 200

static int add_loader(const struct lw_tag *tag, void *arg)
{
	static const char *const whys[] = { "none", "run", "exec", "evidence", "seed" };
	cJSON *list = arg, *o;
	char id[32];

	if (tag->state != LW_TAG_LOADER)
		return 0;
	o = cJSON_CreateObject();
	snprintf(id, sizeof(id), "%llx", (unsigned long long)tag->id);
	cJSON_AddStringToObject(o, "id", id);
	cJSON_AddNumberToObject(o, "root_pid", tag->root);
	cJSON_AddNumberToObject(o, "tasks", tag->tasks);
	cJSON_AddStringToObject(o, "why", whys[tag->why < 5 ? tag->why : 0]);
	cJSON_AddItemToArray(list, o);
	return 0;
}

static void add_counts(cJSON *root, const struct lw_monitor_counts *c)
{
	cJSON *o = cJSON_AddObjectToObject(root, "counts");

	cJSON_AddNumberToObject(o, "events", c->events);
	cJSON_AddNumberToObject(o, "violations", c->violations);
	cJSON_AddNumberToObject(o, "denied", c->denied);
	cJSON_AddNumberToObject(o, "killed", c->killed);
	cJSON_AddNumberToObject(o, "lost_violations", c->lost_violations);
	cJSON_AddNumberToObject(o, "lost_telemetry", c->lost_telemetry);
	cJSON_AddNumberToObject(o, "lost_frames", c->lost_frames);
}

static void add_fanotify(cJSON *root, const struct lw_monitor *m)
{
	cJSON *o = cJSON_AddObjectToObject(root, "fanotify");
	struct lw_fanotify_counts c = {};

	cJSON_AddStringToObject(o, "state", m->fanotify ? "ok" : m->no_fanotify);
	if (m->fanotify)
		lw_fanotify_counts(m->fanotify, &c);
	cJSON_AddNumberToObject(o, "marks", c.marks);
	cJSON_AddNumberToObject(o, "asked", c.asked);
	cJSON_AddNumberToObject(o, "denied", c.denied);
	cJSON_AddNumberToObject(o, "failed", c.failed);
}

/* Where hooks are attached that every task of the system pays for. */
static void add_costly(struct lw_monitor *m, cJSON *list)
{
	size_t n;
	const struct lw_hook_state *h = lw_bpf_hooks(m->bpf, &n);

	for (size_t i = 0; i < n; i++)
		if (h[i].attached &&
		    (h[i].group_id == LW_GROUP_CALLS || h[i].group_id == LW_GROUP_COMPAT))
			cJSON_AddItemToArray(list, cJSON_CreateString(h[i].where));
}

static void add_pins(struct lw_monitor *m, cJSON *o)
{
	int n = lw_bpf_unpinned(m->bpf);
	char text[64];

	snprintf(text, sizeof(text), "all but %d hooks", n);
	cJSON_AddStringToObject(o, "state", !m->options.pins ? "none" : n ? text : "all");
	if (m->options.pins)
		cJSON_AddStringToObject(o, "directory", m->options.pins);
	cJSON_AddBoolToObject(o, "adopted", m->adopted);
	cJSON_AddNumberToObject(o, "unpinned", n);
}

char *lw_status_json(struct lw_monitor *m)
{
	const struct lw_cfg *cfg = lw_bpf_settings(m->bpf);
	cJSON *root = cJSON_CreateObject(), *o;
	char *text;

	cJSON_AddNumberToObject(root, "pid", getpid());
	cJSON_AddStringToObject(root, "mode", cfg->mode == LW_MODE_ENFORCE ? "enforce" : "observe");
	o = cJSON_AddObjectToObject(root, "policy");
	cJSON_AddStringToObject(o, "name", m->policy->name);
	cJSON_AddStringToObject(o, "file", m->policy->file);
	cJSON_AddStringToObject(o, "digest", m->policy->digest);
	o = cJSON_AddObjectToObject(root, "hooks");
	cJSON_AddNumberToObject(o, "syscall_attached", lw_bpf_hot(m->bpf));
	cJSON_AddNumberToObject(o, "syscall_all", lw_bpf_hot_all(m->bpf));
	cJSON_AddBoolToObject(o, "failed", m->hot_failed);
	add_costly(m, cJSON_AddArrayToObject(o, "every_task"));
	add_pins(m, cJSON_AddObjectToObject(root, "pins"));
	add_fanotify(root, m);
	o = cJSON_AddObjectToObject(root, "log");
	cJSON_AddStringToObject(o, "state", lw_recorder_state(m->recorder));
	add_counts(root, &m->counts);
	lw_bpf_each_tag(m->bpf, add_loader, cJSON_AddArrayToObject(root, "loaders"));
	text = cJSON_PrintUnformatted(root);
	cJSON_Delete(root);
	return text;
}

static char *answer_to(struct lw_monitor *m, const char *line)
{
	if (!strcmp(line, "status"))
		return lw_status_json(m);
	if (!strcmp(line, "mode observe") || !strcmp(line, "mode enforce")) {
		lw_monitor_set_mode(m, line[5] == 'e' ? LW_MODE_ENFORCE : LW_MODE_OBSERVE);
		return strdup("{\"ok\":true}");
	}
	return strdup("{\"ok\":false,\"error\":\"unknown request\"}");
}

/* A loader must not switch off what watches it, whatever its uid. */
static bool may_ask(struct lw_monitor *m, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 ||
	    lw_bpf_tag_of_pid(m->bpf, cred.pid))
		return false;
	return cred.uid == 0 || cred.uid == geteuid();
}

static void set_timeout(int fd)
{
	struct timeval tv = { .tv_usec = CLIENT_TIMEOUT_MS * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		text += n;
		len -= n;
	}
	return 0;
}

static int on_client(int listener, uint32_t events, void *arg)
{
	_cleanup_close_ int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	_cleanup_free_ char *answer = NULL;
	char line[LINE_MAX_BYTES];
	ssize_t n;

	(void)events;
	if (fd < 0 || !may_ask(arg, fd))
		return 0;
	set_timeout(fd);
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n <= 0)
		return 0;
	line[n] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	answer = answer_to(arg, line);
	if (answer && write_all(fd, answer, strlen(answer)) < 0)
		lw_debug("a client of the control socket went away");
	return 0;
}

static int address(const char *path, struct sockaddr_un *ret_sa)
{
	*ret_sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret_sa->sun_path))
		return -ENAMETOOLONG;
	strcpy(ret_sa->sun_path, path);
	return 0;
}

int lw_control_listen(struct lw_monitor *monitor, const char *path)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	_cleanup_free_ char *answer = NULL;
	struct sockaddr_un sa;
	mode_t old;
	int r;

	if (fd < 0)
		return -errno;
	r = address(path, &sa);
	if (r < 0)
		return r;
	if (lw_control_ask(path, "status", &answer) == 0)
		return -EADDRINUSE; /* a living daemon */
	unlink(path);
	old = umask(0177);
	r = bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
	umask(old);
	if (r >= 0 && listen(fd, 16) < 0)
		r = -errno;
	if (r >= 0)
		r = lw_loop_add_fd(monitor->loop, fd, on_client, monitor);
	return r < 0 ? r : lw_steal_fd(&fd);
}

int lw_control_ask(const char *path, const char *line, char **ret_answer)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *answer = NULL;
	struct sockaddr_un sa;
	size_t len = 0;
	int r;

	if (fd < 0)
		return -errno;
	r = address(path, &sa);
	if (r < 0)
		return r;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		return -errno;
	r = write_all(fd, line, strlen(line));
	if (r < 0)
		return r;
	answer = malloc(ANSWER_MAX_BYTES + 1);
	if (!answer)
		return -ENOMEM;
	for (;;) {
		ssize_t n = recv(fd, answer + len, ANSWER_MAX_BYTES - len, 0);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += n;
	}
	if (!len)
		return -EACCES;
	answer[len] = '\0';
	*ret_answer = lw_steal_ptr(answer);
	return 0;
}
