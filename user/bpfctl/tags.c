/* SPDX-License-Identifier: Apache-2.0 */
/* Loaders and candidates in the kernel's maps: tag, seed, list; and the counters. */
#include "bpfctl/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/cleanup.h"

static __u64 boottime_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A numeric field of /proc/PID/stat, as proc(5) counts them. 0: there is no such process. */
static __u64 stat_field(pid_t pid, int nr)
{
	char path[64], line[1024], *p, *word = NULL;
	_cleanup_fclose_ FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(line, sizeof(line), f))
		return 0;
	/* The second is a name of any characters, in brackets. */
	p = strrchr(line, ')');
	if (!p || !p[1])
		return 0;
	for (p += 2; nr > 2 && (word = strsep(&p, " ")); nr--)
		;
	return word ? strtoull(word, NULL, 10) : 0;
}

/* In clock ticks since boot: the best that user space can know. */
__u64 lw_start_of(pid_t pid)
{
	return stat_field(pid, 22) * (1000000000ULL / sysconf(_SC_CLK_TCK));
}

__u64 lw_start_code_of(pid_t pid)
{
	return stat_field(pid, 26);
}

/* Runs an iterator over all tasks. */
static int each_task(const struct bpf_program *prog)
{
	_cleanup_close_ int iter = -1;
	struct bpf_link *link = bpf_program__attach_iter(prog, NULL);
	char sink[64];
	ssize_t n;

	if (!link)
		return -errno;
	iter = bpf_iter_create(bpf_link__fd(link));
	n = iter;
	while (iter >= 0 && (n = read(iter, sink, sizeof(sink))) && (n > 0 || errno == EAGAIN))
		;
	n = n < 0 ? -errno : 0;
	bpf_link__destroy(link);
	return n;
}

/* The storage of a process, which is in lw_tgids already. */
static int tag_task(struct lw_bpf *bpf, pid_t pid, __u64 tag)
{
	_cleanup_close_ int pidfd = -1;
	struct lw_task task = { .tag = tag };

	if (bpf->skel->rodata->lw_tasks_hashed)
		return each_task(bpf->skel->progs.lw_adopt);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 ||
	    bpf_map_update_elem(bpf_map__fd(bpf->skel->maps.lw_tasks), &pidfd, &task, BPF_ANY) < 0)
		return -errno;
	return 0;
}

int lw_bpf_tag(struct lw_bpf *bpf, pid_t pid, int why, __u64 *ret_tag)
{
	struct lw_cfg *cfg = lw_bpf_settings(bpf);
	__u32 tgid = pid;
	struct lw_tag tag = {
		.born = boottime_ns(),
		.root = pid,
		.root_start = lw_start_of(pid),
		.profile = cfg->profile,
		.tasks = 1,
		.state = LW_TAG_LOADER,
		.why = why,
		.why_rule = LW_RULE_NONE,
	};
	int r;

	tag.id = __atomic_fetch_add(&cfg->next_tag, 1, __ATOMIC_RELAXED);
	if (bpf_map_update_elem(bpf_map__fd(bpf->skel->maps.lw_tags), &tag.id, &tag, BPF_NOEXIST) <
		    0 ||
	    bpf_map_update_elem(bpf_map__fd(bpf->skel->maps.lw_tgids), &tgid, &tag.id, BPF_ANY) < 0)
		return -errno;
	r = tag_task(bpf, pid, tag.id);
	if (r < 0) {
		bpf_map_delete_elem(bpf_map__fd(bpf->skel->maps.lw_tgids), &tgid);
		bpf_map_delete_elem(bpf_map__fd(bpf->skel->maps.lw_tags), &tag.id);
		return r;
	}
	__atomic_fetch_add(&cfg->live_tags, 1, __ATOMIC_RELAXED);
	*ret_tag = tag.id;
	return 0;
}

int lw_bpf_seed(struct lw_bpf *bpf)
{
	return each_task(bpf->skel->progs.lw_seed);
}

int lw_bpf_tag_get(struct lw_bpf *bpf, __u64 id, struct lw_tag *ret_tag)
{
	if (bpf_map_lookup_elem(bpf_map__fd(bpf->skel->maps.lw_tags), &id, ret_tag) < 0)
		return -errno;
	return 0;
}

int lw_bpf_launched(struct lw_bpf *bpf, __u64 id)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_tags);
	struct lw_tag tag;

	if (bpf_map_lookup_elem(fd, &id, &tag) < 0)
		return -errno;
	tag.launched = 1;
	return bpf_map_update_elem(fd, &id, &tag, BPF_EXIST) < 0 ? -errno : 0;
}

int lw_bpf_promote(struct lw_bpf *bpf, __u64 id, __u32 rule)
{
	struct lw_ctl *ctl = &bpf->skel->bss->lw_ctl;

	ctl->tag = id;
	ctl->rule = rule;
	return lw_bpf_ask(bpf, bpf->skel->progs.lw_ctl_promote);
}

int lw_bpf_each_tag(struct lw_bpf *bpf, int (*fn)(const struct lw_tag *tag, void *arg), void *arg)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_tags);
	__u64 key, *prev = NULL;
	struct lw_tag tag;

	while (bpf_map_get_next_key(fd, prev, &key) == 0) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &tag) == 0) {
			int r = fn(&tag, arg);

			if (r)
				return r;
		}
	}
	return 0;
}

__u64 lw_bpf_tag_of_pid(struct lw_bpf *bpf, pid_t pid)
{
	__u32 tgid = pid;
	__u64 id = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(bpf->skel->maps.lw_tgids), &tgid, &id) < 0)
		return 0;
	return id & ~LW_ENDED;
}

int lw_bpf_each_pid(struct lw_bpf *bpf, __u64 id, int (*fn)(pid_t pid, void *arg), void *arg)
{
	int fd = bpf_map__fd(bpf->skel->maps.lw_tgids);
	__u32 key, *prev = NULL;
	__u64 tag;

	while (bpf_map_get_next_key(fd, prev, &key) == 0) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &tag) == 0 && tag == id) {
			int r = fn(key, arg);

			if (r)
				return r;
		}
	}
	return 0;
}

int lw_bpf_stats(struct lw_bpf *bpf, struct lw_stats *stats)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(bpf->skel->maps.lw_stats), &zero, stats) < 0)
		return -errno;
	return 0;
}
