/* SPDX-License-Identifier: Apache-2.0 */
#include "bpfctl/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "bpfctl/pins_dir.h"

/* Attach types that libbpf 1.1 has no section name for (include/uapi/linux/bpf.h, 6.7). */
#define CGROUP_UNIX_CONNECT 49
#define CGROUP_UNIX_SENDMSG 50

#define BTF_PREFIX "tp_btf/"

static const char *const kind_names[] = {
#define LW_EVENT(id, name, category, type, dflt) [LW_##id] = name,
#include "lw_events.def"
#undef LW_EVENT
};

static const struct lw_hook_state hook_table[] = {
#define LW_HOOK(prog, ev, be, grp, rank, at) \
	{ .program = #prog, \
	  .event = NULL, \
	  .where = at, \
	  .group = #grp, \
	  .group_id = LW_GROUP_##grp, \
	  .backend = LW_BE_##be, \
	  .kind = LW_##ev },
#include "lw_hooks.def"
#undef LW_HOOK
};

int lw_bpf_fail(struct lw_bpf_error *err, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err->text, sizeof(err->text), format, ap);
	va_end(ap);
	return r;
}

/* The verifier's log of a refused program is one text: its end says why. */
#define LOG_LINES 40

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	char *from, *line;
	int lines = 0;

	if (level == LIBBPF_DEBUG || vasprintf(&text, format, args) < 0)
		return 0;
	for (from = text + strlen(text); from > text && lines <= LOG_LINES; from--)
		lines += from[-1] == '\n';
	while ((line = strsep(&from, "\n")))
		if (*line)
			lw_debug("%s", line);
	return 0;
}

int lw_cgroup_root(void)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int fd = -ENOENT;

	if (!f)
		return -errno;
	while ((m = getmntent(f))) {
		if (strcmp(m->mnt_type, "cgroup2"))
			continue;
		fd = open(m->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
		break;
	}
	endmntent(f);
	return fd;
}

/* Since 5.8. A right that is missing says nothing of the kernel: what is loaded next names it. */
static bool has_ring_buffers(void)
{
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "lw_probe", 0, 0, getpagesize(), NULL);

	return fd >= 0 || errno != EINVAL;
}

static int check_rights(struct lw_bpf_error *err)
{
	if (geteuid() != 0)
		return lw_bpf_fail(err, -EPERM,
				   "must be root (loading BPF programs needs CAP_BPF, CAP_PERFMON "
				   "and CAP_NET_ADMIN)");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return lw_bpf_fail(
			err, -EOPNOTSUPP,
			"the kernel has no BTF (/sys/kernel/btf/vmlinux): a kernel built "
			"with CONFIG_DEBUG_INFO_BTF is needed");
	if (!has_ring_buffers())
		return lw_bpf_fail(err, -EOPNOTSUPP,
				   "the kernel has no BPF ring buffers: Linux 5.8 or later is "
				   "needed, and 5.10 is the oldest that is tested");
	return 0;
}

/* The kernel's BTF: readable, or said why not. */
static int open_btf(struct btf **ret_btf, struct lw_bpf_error *err)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int r = libbpf_get_error(btf);

	if (r)
		return lw_bpf_fail(
			err, -EOPNOTSUPP,
			"the kernel's BTF (/sys/kernel/btf/vmlinux) cannot be read: %s; a "
			"kernel built with CONFIG_DEBUG_INFO_BTF is needed",
			strerror(-r));
	*ret_btf = btf;
	return 0;
}

/* Whether requests to io_uring can be seen: since 6.0, when the tracepoints got the request. */
static bool has_rings(const struct btf *btf)
{
	return lw_btf_has_tracepoint(btf, "io_uring_submit_req", "io_kiocb") ||
	       lw_btf_has_tracepoint(btf, "io_uring_submit_sqe", "io_kiocb");
}

/* A security hook of the backend that runs here, which this kernel has. */
static bool has_security_hook(const struct lw_bpf *bpf, const struct hook *h, const struct btf *btf)
{
	char function[128];

	if (h->state.backend != (int)bpf->deny_by)
		return false;
	/* "lsm/file_open", "fmod_ret/security_file_open" */
	snprintf(function, sizeof(function), "%s%s", bpf->deny_by == LW_BE_LSM ? "bpf_lsm_" : "",
		 strchr(h->state.where, '/') + 1);
	return lw_btf_can_trace(btf, function);
}

static bool is_missing(const struct lw_bpf *bpf, const struct hook *h, const struct btf *btf)
{
	if (h->state.backend == LW_BE_FANOTIFY)
		return bpf->deny_by != LW_BE_NONE; /* security hooks deny, nobody asks */
	if (lw_hook_is_security(h))
		return !has_security_hook(bpf, h, btf);
	if (lw_hook_in(h, LW_GROUP_OPT))
		return !lw_btf_has_unix_hooks(btf);
	if (lw_hook_in(h, LW_GROUP_RING))
		return !has_rings(btf) ||
		       !lw_btf_has_tracepoint(btf, h->state.where + strlen(BTF_PREFIX), NULL);
	return false;
}

/* Leaves out the programs that this kernel has no place for, or the policies no use. */
static void choose(struct lw_bpf *bpf, const struct btf *btf)
{
	struct loadward_bpf *skel = bpf->skel;

	/* A program of this type is for connect and sendmsg of IP until it is told otherwise. */
	bpf_program__set_expected_attach_type(skel->progs.lw_cg_connect_unix, CGROUP_UNIX_CONNECT);
	bpf_program__set_expected_attach_type(skel->progs.lw_cg_sendmsg_unix, CGROUP_UNIX_SENDMSG);
	for (size_t i = 0; i < bpf->n_hooks; i++) {
		struct hook *h = &bpf->hooks[i];
		const char *why;

		h->state.missing = is_missing(bpf, h, btf);
		if (h->state.missing) {
			why = lw_hook_is_security(h) ? bpf->why_not[h->state.backend] : "";
			snprintf(h->state.why_not, sizeof(h->state.why_not), "%s",
				 *why ? why : "not on this kernel");
		} else if (lw_hook_wanted(bpf, h)) {
			continue;
		}
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(skel->obj, h->state.program), false);
	}
}

/* No two sets of programs of one boot have the same. */
static void set_epoch(struct lw_bpf *bpf)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	bpf->epoch = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	bpf->skel->rodata->lw_epoch = bpf->epoch;
}

static int load(struct lw_bpf *bpf, struct lw_bpf_error *err)
{
	struct loadward_bpf *skel;
	struct btf *btf = NULL;
	__u32 zero = 0;
	int r = open_btf(&btf, err);

	if (r < 0)
		return r;
	skel = lw_object_open(btf);
	if (!skel) {
		btf__free(btf);
		return lw_bpf_fail(err, -errno, "cannot open the BPF object: %s", strerror(errno));
	}
	bpf->skel = skel;
	bpf_map__set_max_entries(skel->maps.lw_scratches, lw_bpf_cpus() * LW_SCRATCH_SLOTS);
	bpf->deny_by = lw_probe_security(btf, bpf->why_not);
	choose(bpf, btf);
	btf__free(btf);
	set_epoch(bpf);
	r = bpf->pins ? lw_pins_reuse(bpf->pins, skel, err) : 0;
	if (r < 0)
		return r;
	r = loadward_bpf__load(skel);
	if (r == -EPERM)
		return lw_bpf_fail(
			err, r,
			"the kernel refuses BPF (CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, or "
			"lockdown mode): %s",
			strerror(-r));
	if (r < 0)
		return lw_bpf_fail(err, r,
				   "the kernel does not take the BPF programs (%s); "
				   "LOADWARD_LOG=debug shows why",
				   strerror(-r));
	if (!bpf->pins)
		return 0;
	/* The filter of the policy that is in force: what the next one adds comes on top. */
	if (lw_pins_adopted(bpf->pins))
		bpf_map_lookup_elem(bpf_map__fd(skel->maps.lw_bloom), &zero, &bpf->bloom);
	return lw_pins_keep(bpf->pins, skel, err);
}

int lw_bpf_new(unsigned int groups, struct lw_bpf **ret_bpf, struct lw_bpf_error *ret_error)
{
	return lw_bpf_new_pinned(NULL, groups, ret_bpf, ret_error);
}

int lw_bpf_new_pinned(struct lw_pins *pins, unsigned int groups, struct lw_bpf **ret_bpf,
		      struct lw_bpf_error *ret_error)
{
	size_t n = sizeof(hook_table) / sizeof(hook_table[0]);
	struct lw_bpf *bpf;
	int r;

	libbpf_set_print(print_libbpf);
	r = check_rights(ret_error);
	bpf = r < 0 ? NULL : calloc(1, sizeof(*bpf));
	if (r < 0 || !bpf)
		lw_pins_free(pins);
	if (r < 0)
		return r;
	if (bpf) {
		bpf->pins = pins;
		bpf->wanted = groups;
		bpf->pickle_audit = groups >> LW_GROUP_AUDIT & 1;
		bpf->hooks = calloc(n, sizeof(*bpf->hooks));
		bpf->states = calloc(n, sizeof(*bpf->states));
		bpf->cgroup = -1;
	}
	if (!bpf || !bpf->hooks || !bpf->states) {
		lw_bpf_free(bpf);
		return lw_bpf_fail(ret_error, -ENOMEM, "out of memory");
	}
	bpf->n_hooks = n;
	for (size_t i = 0; i < n; i++) {
		bpf->hooks[i].state = hook_table[i];
		bpf->hooks[i].state.event = kind_names[hook_table[i].kind];
	}
	r = load(bpf, ret_error);
	if (r < 0) {
		lw_bpf_free(bpf);
		return r;
	}
	*ret_bpf = bpf;
	return 0;
}

/* What is pinned goes before the hooks do: nobody finds half of it. */
static void unpin(struct lw_bpf *bpf)
{
	int r;

	if (!bpf->pins)
		return;
	if (bpf->active) {
		r = lw_pins_remove(bpf->pins);
		if (r < 0)
			lw_error("what is pinned cannot be removed: %s", strerror(-r));
	} else {
		lw_pins_drop(bpf->pins, bpf->epoch);
	}
	lw_pins_free(bpf->pins);
	bpf->pins = NULL;
}

void lw_bpf_leave(struct lw_bpf *bpf)
{
	for (size_t i = 0; i < bpf->n_hooks; i++)
		if (bpf->hooks[i].pinned) /* else libbpf would switch the tracepoint off */
			bpf_link__disconnect(bpf->hooks[i].link);
	lw_pins_free(bpf->pins);
	bpf->pins = NULL;
	lw_bpf_free(bpf);
}

void lw_bpf_free(struct lw_bpf *bpf)
{
	if (!bpf)
		return;
	unpin(bpf);
	lw_bpf_pickle_end(bpf);
	for (size_t i = 0; i < bpf->n_hooks; i++)
		bpf_link__destroy(bpf->hooks[i].link);
	loadward_bpf__destroy(bpf->skel);
	if (bpf->cgroup >= 0)
		close(bpf->cgroup);
	free(bpf->hooks);
	free(bpf->states);
	free(bpf);
}

/* Holds the last references until the parent has dropped its own. */
static void keep_until_eof(int fd)
{
	char byte;

	if (setsid() < 0)
		lw_debug("setsid: %s", strerror(errno));
	/* Nobody who reads our output to its end should wait for us. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

void lw_bpf_free_later(struct lw_bpf *bpf)
{
	_cleanup_close_ int write_end = -1;
	int fds[2];

	unpin(bpf);
	if (lw_bpf_hot(bpf) && pipe2(fds, O_CLOEXEC) == 0) {
		write_end = fds[1];
		if (fork() == 0) {
			close(write_end);
			keep_until_eof(fds[0]);
		}
		close(fds[0]);
	}
	lw_bpf_free(bpf);
}

struct lw_cfg *lw_bpf_settings(struct lw_bpf *bpf)
{
	return &bpf->skel->bss->lw_cfg;
}

int lw_bpf_cpus(void)
{
	int n = libbpf_num_possible_cpus();

	return n > 0 && n <= (int)LW_CPUS_MAX ? n : (int)LW_CPUS_MAX;
}
