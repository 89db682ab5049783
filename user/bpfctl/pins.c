// SPDX-License-Identifier: Apache-2.0
/* The directory of pins: whose it is, what is in it, how it is made and removed. */
#include "bpfctl/pins_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"

#define BPFFS_MAGIC 0xcafe4a11
/* For the kernel's workers to detach what nobody holds any more: up to 100 ms a hook. */
#define UNLOAD_PATIENCE_S 60
#define UNLOAD_POLL_NS	  10000000

static bool is_bpffs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned int)fs.f_type == BPFFS_MAGIC;
}

/* The directory above @path, as a descriptor. */
static int open_parent(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	char *slash = copy ? strrchr(copy, '/') : NULL;
	int fd;

	if (!copy)
		return -ENOMEM;
	if (!slash)
		return -EINVAL;
	slash[slash == copy] = '\0';
	fd = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make_dir(const char *path, struct lw_bpf_error *err)
{
	_cleanup_close_ int parent = open_parent(path);

	if (parent == -EINVAL)
		return lw_bpf_fail(err, parent, "%s: say the whole path", path);
	if (parent < 0)
		return lw_bpf_fail(err, parent, "%s: %s; mount -t bpf bpf /sys/fs/bpf, or --no-pin",
				   path, strerror(-parent));
	if (!is_bpffs(parent))
		return lw_bpf_fail(err, -EINVAL,
				   "%s is not in a bpffs, so nothing can be pinned there: mount -t "
				   "bpf bpf /sys/fs/bpf, or --no-pin",
				   path);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return lw_bpf_fail(err, -errno, "cannot make %s: %s", path, strerror(errno));
	return 0;
}

/* Nobody else may have put anything there, nor be able to. */
static int check_dir(int fd, const char *path, struct lw_bpf_error *err)
{
	struct stat st, now;

	if (fstat(fd, &st) < 0)
		return lw_bpf_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (!is_bpffs(fd))
		return lw_bpf_fail(err, -EINVAL, "%s is not in a bpffs: nothing is pinned there",
				   path);
	if (st.st_uid != geteuid())
		return lw_bpf_fail(err, -EPERM,
				   "%s belongs to uid %u: what is pinned there is not trusted; "
				   "remove it or use --pin-dir",
				   path, st.st_uid);
	if (st.st_mode & 077)
		return lw_bpf_fail(err, -EPERM,
				   "%s is open to others (mode %03o, 700 is needed): what is "
				   "pinned there is not trusted",
				   path, st.st_mode & 0777);
	if (lstat(path, &now) < 0 || now.st_ino != st.st_ino || now.st_dev != st.st_dev)
		return lw_bpf_fail(err, -EBUSY, "%s is being replaced: try again", path);
	return 0;
}

static int open_dir(const char *path, struct lw_bpf_error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

	if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
		return lw_bpf_fail(err, -ENOTDIR, "%s is not a directory (or a symlink)", path);
	if (fd < 0)
		return lw_bpf_fail(err, -errno, "%s: %s", path, strerror(errno));
	r = check_dir(fd, path, err);
	if (r >= 0)
		return fd;
	close(fd);
	return r;
}

static bool is_number(const char *s, char end)
{
	const char *p = s;

	while (*p >= '0' && *p <= '9')
		p++;
	return p > s && *p == end;
}

/* Whether a name with a file type is one that loadward makes: @sub: below a directory of links. */
static bool is_known(const char *name, mode_t mode, bool sub)
{
	if (sub)
		return S_ISREG(mode) && is_number(name, '-');
	if (!strncmp(name, LW_PIN_LINKS, strlen(LW_PIN_LINKS)))
		return S_ISDIR(mode) && is_number(name + strlen(LW_PIN_LINKS), '\0');
	return S_ISREG(mode) &&
	       (!strcmp(name, LW_PIN_STATE) || !strncmp(name, LW_PIN_MAP, strlen(LW_PIN_MAP)));
}

int lw_pins_each(int dir, bool sub, int (*fn)(int dir, const char *name, void *arg), void *arg)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	_cleanup_closedir_ DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	struct stat st;

	if (!d) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (!r && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			r = errno == ENOENT ? 0 : -errno;
		else if (!is_known(e->d_name, st.st_mode, sub))
			r = -ENOTSUP;
		if (r)
			lw_warning("%s: no pin of loadward", e->d_name);
		else
			r = fn(dir, e->d_name, arg);
	}
	return r;
}

static int count_one(int dir, const char *name, void *arg)
{
	unsigned int *n = arg;

	(void)dir;
	(void)name;
	++*n;
	return 0;
}

static int check_one(int dir, const char *name, void *arg)
{
	_cleanup_close_ int sub = -1;

	if (strncmp(name, LW_PIN_LINKS, strlen(LW_PIN_LINKS)))
		return count_one(dir, name, arg);
	sub = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sub < 0)
		return -errno;
	count_one(dir, name, arg);
	return lw_pins_each(sub, true, count_one, arg);
}

/* Everything in it must be of a kind that loadward makes. */
static int check_content(int dir, const char *path, unsigned int *ret_n, struct lw_bpf_error *err)
{
	int r;

	*ret_n = 0;
	r = lw_pins_each(dir, false, check_one, ret_n);
	if (r == -ENOTSUP)
		return lw_bpf_fail(err, -EPERM,
				   "%s holds files that loadward has not pinned: nothing in it is "
				   "touched; remove them or use --pin-dir",
				   path);
	return r < 0 ? lw_bpf_fail(err, r, "%s: %s", path, strerror(-r)) : 0;
}

/* bpf_link_info.prog_id; 0: it is no link. */
static __u32 program_of(int dir, const char *name)
{
	struct bpf_link_info info = {};
	__u32 len = sizeof(info);
	_cleanup_close_ int fd = lw_pins_get(dir, name);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len) ? info.prog_id : 0;
}

struct removal {
	__u32 *ids; /* of the programs of its links; NULL: nobody waits for their end */
	size_t n, max;
};

static int remove_link(int dir, const char *name, void *arg)
{
	struct removal *removal = arg;

	if (removal->ids && removal->n < removal->max)
		removal->ids[removal->n] = program_of(dir, name);
	removal->n++;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

static int remove_links(int dir, const char *name, struct removal *removal)
{
	_cleanup_close_ int sub =
		openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = sub < 0 ? -errno : lw_pins_each(sub, true, remove_link, removal);

	if (r < 0)
		return r;
	return unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int lw_pins_remove_links(int dir, const char *name)
{
	struct removal removal = {};

	return remove_links(dir, name, &removal);
}

static int remove_one(int dir, const char *name, void *arg)
{
	if (!strncmp(name, LW_PIN_LINKS, strlen(LW_PIN_LINKS)))
		return remove_links(dir, name, arg);
	if (!strcmp(name, LW_PIN_STATE))
		return 0;
	return unlinkat(dir, name, 0) < 0 ? -errno : 0;
}

/* What a removal leaves that is cut short is nobody's to take over. In every version's state. */
static void disown(int dir)
{
	_cleanup_close_ int fd = lw_pins_get(dir, LW_PIN_STATE);
	_cleanup_free_ __u64 *value = NULL;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) < 0 || info.value_size < 8 ||
	    info.key_size != sizeof(zero))
		return;
	value = calloc(1, (info.value_size + 7) & ~7U);
	if (!value || bpf_map_lookup_elem(fd, &zero, value) < 0)
		return;
	value[0] = 0;
	bpf_map_update_elem(fd, &zero, value, BPF_ANY);
}

static int remove_content(int dir, struct removal *removal)
{
	int r = lw_pins_each(dir, false, remove_one, removal);

	if (r < 0)
		return r;
	return unlinkat(dir, LW_PIN_STATE, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_all(int dir, const char *path, struct removal *removal)
{
	int r;

	disown(dir);
	r = remove_content(dir, removal);
	if (r < 0)
		return r;
	return rmdir(path) < 0 && errno != ENOENT ? -errno : 0;
}

int lw_pins_remove(struct lw_pins *pins)
{
	struct removal removal = {};

	return remove_all(pins->dir, pins->path, &removal);
}

static int lock(int dir, const char *path, struct lw_bpf_error *err)
{
	if (!flock(dir, LOCK_EX | LOCK_NB))
		return 0;
	if (errno == EWOULDBLOCK)
		return lw_bpf_fail(err, -EBUSY, "%s is held by a loadward daemon that lives", path);
	return lw_bpf_fail(err, -errno, "cannot lock %s: %s", path, strerror(errno));
}

/*
 * The state as another version may have written it too. Return: its descriptor, 0 bytes beyond its
 * size in @ret; -ENOENT: none.
 */
static int read_state(int dir, struct lw_pin_state *ret)
{
	_cleanup_close_ int fd = lw_pins_get(dir, LW_PIN_STATE);
	_cleanup_free_ char *value = NULL;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info), zero = 0;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0 || info.type != BPF_MAP_TYPE_ARRAY ||
	    info.key_size != 4 || info.max_entries != 1)
		return -EPROTO;
	value = calloc(1, (info.value_size + 7) & ~7U);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value) < 0)
		return -errno;
	memcpy(ret, value, info.value_size < sizeof(*ret) ? info.value_size : sizeof(*ret));
	ret->version[sizeof(ret->version) - 1] = '\0';
	if (ret->size != info.value_size && ret->magic)
		return -EPROTO;
	return lw_steal_fd(&fd);
}

static enum lw_pins_kind kind_of(int dir, struct lw_pin_state *ret_state, int *ret_fd)
{
	unsigned int n = 0;
	int fd = read_state(dir, ret_state);

	*ret_fd = -1;
	if (fd == -ENOENT) {
		lw_pins_each(dir, false, count_one, &n);
		return n ? LW_PINS_OTHER : LW_PINS_NONE;
	}
	if (fd < 0)
		return LW_PINS_OTHER;
	*ret_fd = fd;
	if (!ret_state->magic)
		return LW_PINS_HALF;
	if (ret_state->magic != LW_PIN_MAGIC || ret_state->abi != LW_ABI_VERSION ||
	    ret_state->size != sizeof(*ret_state))
		return LW_PINS_OTHER;
	ret_state->digest[sizeof(ret_state->digest) - 1] = '\0';
	ret_state->policy[sizeof(ret_state->policy) - 1] = '\0';
	return LW_PINS_OURS;
}

int lw_pins_other(const char *path, const struct lw_pin_state *state, struct lw_bpf_error *err)
{
	if (state->magic != LW_PIN_MAGIC)
		return lw_bpf_fail(err, -EPROTO,
				   "%s is damaged: it does not say of which version it is; what is "
				   "in force stays; `loadward unload` removes it, and nothing is "
				   "enforced then until a daemon has started",
				   path);
	return lw_bpf_fail(
		err, -EPROTO,
		"%s was pinned by loadward %.32s (ABI %u), whose maps this one (%s, ABI "
		"%u) would misread: it stays in force; `loadward unload` removes it, and "
		"nothing is enforced then until a daemon has started",
		path, state->version, state->abi, LW_VERSION, LW_ABI_VERSION);
}

static int map_state(struct lw_pins *pins, int fd, struct lw_bpf_error *err)
{
	void *p = mmap(NULL, sizeof(*pins->state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return lw_bpf_fail(err, -errno, "cannot read the pinned state: %s",
				   strerror(errno));
	pins->state = p;
	return 0;
}

static int new_state(struct lw_pins *pins, struct lw_bpf_error *err)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int r;

	pins->state_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lw_pins", sizeof(__u32),
					sizeof(*pins->state), 1, &opts);
	if (pins->state_fd < 0)
		return lw_bpf_fail(err, -errno, "cannot make a map to pin: %s", strerror(errno));
	r = map_state(pins, pins->state_fd, err);
	if (r < 0)
		return r;
	pins->state->abi = LW_ABI_VERSION;
	pins->state->size = sizeof(*pins->state);
	snprintf(pins->state->version, sizeof(pins->state->version), "%s", LW_VERSION);
	return 0;
}

/* What is found in a directory that is locked and holds nothing foreign. */
static int take(struct lw_pins *pins, struct lw_bpf_error *err)
{
	struct removal removal = {};
	struct lw_pin_state state;
	_cleanup_close_ int fd = -1;
	int r;

	switch (kind_of(pins->dir, &state, &fd)) {
	case LW_PINS_OURS:
		pins->adopted = true;
		pins->state_fd = lw_steal_fd(&fd);
		return map_state(pins, pins->state_fd, err);
	case LW_PINS_HALF:
		lw_warning("%s: a start that was not finished is removed; nothing of it was in "
			   "force",
			   pins->path);
		r = remove_content(pins->dir, &removal);
		if (r < 0)
			return lw_bpf_fail(err, r, "%s: %s", pins->path, strerror(-r));
		return new_state(pins, err);
	case LW_PINS_NONE:
		return new_state(pins, err);
	default:
		return lw_pins_other(pins->path, &state, err);
	}
}

int lw_pins_open(const char *path, struct lw_pins **ret_pins, struct lw_bpf_error *ret_error)
{
	struct lw_pins *pins = calloc(1, sizeof(*pins));
	unsigned int n;
	int r;

	if (!pins)
		return lw_bpf_fail(ret_error, -ENOMEM, "out of memory");
	pins->dir = pins->state_fd = -1;
	pins->path = strdup(path);
	r = pins->path ? make_dir(path, ret_error)
		       : lw_bpf_fail(ret_error, -ENOMEM, "out of memory");
	if (r >= 0)
		r = pins->dir = open_dir(path, ret_error);
	if (r >= 0)
		r = lock(pins->dir, path, ret_error);
	if (r >= 0)
		r = check_dir(pins->dir, path, ret_error);
	if (r >= 0)
		r = check_content(pins->dir, path, &n, ret_error);
	if (r >= 0)
		r = take(pins, ret_error);
	if (r < 0) {
		lw_pins_free(pins);
		return r;
	}
	*ret_pins = pins;
	return 0;
}

void lw_pins_free(struct lw_pins *pins)
{
	if (!pins)
		return;
	if (pins->state)
		munmap(pins->state, sizeof(*pins->state));
	if (pins->state_fd >= 0)
		close(pins->state_fd);
	if (pins->dir >= 0) {
		rmdir(pins->path); /* only when it is empty */
		close(pins->dir);
	}
	free(pins->path);
	free(pins);
}

static bool is_used(int dir)
{
	if (flock(dir, LOCK_SH | LOCK_NB) < 0)
		return true;
	flock(dir, LOCK_UN);
	return false;
}

void lw_pins_look(const char *path, struct lw_pins_look *ret_look)
{
	struct lw_pins_look *look = ret_look;
	_cleanup_close_ int dir = -1, fd = -1;
	unsigned int n;

	memset(look, 0, sizeof(*look));
	dir = open_dir(path, &look->err);
	if (dir == -ENOENT)
		return;
	look->kind = LW_PINS_UNSAFE;
	if (dir < 0 || check_content(dir, path, &n, &look->err) < 0)
		return;
	look->used = is_used(dir);
	look->kind = kind_of(dir, &look->state, &fd);
	memcpy(look->version, look->state.version, sizeof(look->version));
	look->abi = look->state.abi;
	if (look->kind == LW_PINS_OTHER)
		lw_pins_other(path, &look->state, &look->err);
	if (look->kind == LW_PINS_OURS)
		lw_pins_look_inside(dir, path, look);
}

/*
 * Nobody holds the links any more; the kernel detaches them in its own time. A link has no id any
 * more when that begins, its program has one until it is done.
 */
static int wait_for_programs(const struct removal *removal, struct lw_bpf_error *err)
{
	const struct timespec pause = { .tv_nsec = UNLOAD_POLL_NS };
	struct timespec now, end;
	unsigned int left = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += UNLOAD_PATIENCE_S;
	for (size_t i = 0; i < removal->n && i < removal->max;) {
		_cleanup_close_ int fd = -1;

		if (removal->ids[i])
			fd = bpf_prog_get_fd_by_id(removal->ids[i]);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (fd >= 0 && now.tv_sec < end.tv_sec) {
			close(lw_steal_fd(&fd));
			nanosleep(&pause, NULL);
			continue;
		}
		left += fd >= 0;
		i++;
	}
	if (left)
		return lw_bpf_fail(err, -EBUSY,
				   "%u hooks are still attached: another process holds them", left);
	return 0;
}

int lw_pins_unload(const char *path, unsigned int *ret_links, struct lw_bpf_error *ret_error)
{
	_cleanup_close_ int dir = open_dir(path, ret_error);
	_cleanup_free_ __u32 *ids = NULL;
	struct removal removal = {};
	unsigned int n;
	int r = dir;

	*ret_links = 0;
	if (r >= 0)
		r = lock(dir, path, ret_error);
	if (r >= 0)
		r = check_content(dir, path, &n, ret_error);
	if (r < 0)
		return r;
	ids = calloc(n + 1, sizeof(*ids));
	if (!ids)
		return lw_bpf_fail(ret_error, -ENOMEM, "out of memory");
	removal.ids = ids;
	removal.max = n;
	r = remove_all(dir, path, &removal);
	*ret_links = removal.n;
	if (r < 0)
		return lw_bpf_fail(ret_error, r, "%s: %s", path, strerror(-r));
	return wait_for_programs(&removal, ret_error);
}

bool lw_pins_adopted(const struct lw_pins *pins)
{
	return pins && pins->adopted;
}

struct lw_pin_state *lw_pins_state(struct lw_pins *pins)
{
	return pins->state;
}
