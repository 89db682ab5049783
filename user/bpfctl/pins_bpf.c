// SPDX-License-Identifier: Apache-2.0
/* Maps and links in the directory of pins. */
#include "bpfctl/pins_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"

#define NAME_SIZE 128 /* below NAME_MAX; programs have up to 63 */
#define PATH_SIZE 256

/* A path that leads to the open directory, whatever has become of its name. */
static const char *path_in(int dir, const char *name, char ret[PATH_SIZE])
{
	snprintf(ret, PATH_SIZE, "/proc/self/fd/%d/%.200s", dir, name);
	return ret;
}

int lw_pins_get(int dir, const char *name)
{
	char path[PATH_SIZE];
	int fd = bpf_obj_get(path_in(dir, name, path));

	return fd < 0 ? -errno : fd;
}

static int put(int dir, const char *name, int fd)
{
	char path[PATH_SIZE];

	return bpf_obj_pin(fd, path_in(dir, name, path)) < 0 ? -errno : 0;
}

/* Working memory depends on the CPUs and holds nothing; constants are the programs' own. */
static bool is_shared(const struct loadward_bpf *skel, const struct bpf_map *map)
{
	return map != skel->maps.lw_scratches && map != skel->maps.rodata &&
	       bpf_map__autocreate(map);
}

static void pin_name(const struct loadward_bpf *skel, const struct bpf_map *map, char *ret,
		     size_t size)
{
	snprintf(ret, size, LW_PIN_MAP "%s", map == skel->maps.bss ? "bss" : bpf_map__name(map));
}

static void hash_text(void *arg, const char *format, va_list args)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, args);

	if (n > 0)
		crypto_generichash_update(arg, (unsigned char *)text,
					  (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void hash_number(crypto_generichash_state *h, __u64 n)
{
	crypto_generichash_update(h, (unsigned char *)&n, sizeof(n));
}

static void hash_map(crypto_generichash_state *h, const struct loadward_bpf *skel,
		     const struct bpf_map *map)
{
	char name[64];

	pin_name(skel, map, name, sizeof(name));
	crypto_generichash_update(h, (unsigned char *)name, strlen(name) + 1);
	hash_number(h, bpf_map__type(map));
	hash_number(h, bpf_map__key_size(map));
	hash_number(h, bpf_map__value_size(map));
	hash_number(h, bpf_map__max_entries(map));
	hash_number(h, bpf_map__map_flags(map));
}

/*
 * A digest of all that two sets of programs and their daemons must agree on: the maps, and the
 * types of what is in them and in the rings, written out as C with every name, size and array.
 * Types of the kernel are in none of them.
 */
static int find_layout(const struct loadward_bpf *skel, __u8 ret[32])
{
	static const char *const more[] = { "lw_ev", "lw_cfg", "lw_py_frame" };
	const struct btf *btf = bpf_object__btf(skel->obj);
	crypto_generichash_state h;
	struct btf_dump *dump;
	struct bpf_map *map;
	int r = 0;

	crypto_generichash_init(&h, NULL, 0, 32);
	dump = btf_dump__new(btf, hash_text, &h, NULL);
	if (!dump)
		return -errno;
	bpf_object__for_each_map(map, skel->obj)
	{
		if (!is_shared(skel, map))
			continue;
		hash_map(&h, skel, map);
		if (map == skel->maps.bss)
			continue;
		if (!r && bpf_map__btf_key_type_id(map))
			r = btf_dump__dump_type(dump, bpf_map__btf_key_type_id(map));
		if (!r && bpf_map__btf_value_type_id(map))
			r = btf_dump__dump_type(dump, bpf_map__btf_value_type_id(map));
	}
	for (size_t i = 0; !r && i < sizeof(more) / sizeof(more[0]); i++) {
		int id = btf__find_by_name_kind(btf, more[i], BTF_KIND_STRUCT);

		r = id < 0 ? id : btf_dump__dump_type(dump, id);
	}
	hash_number(&h, offsetof(struct loadward_bpf__bss, lw_cfg));
	hash_number(&h, LW_IMAGE_VERSION); /* clang leaves its type out */
	hash_number(&h, sizeof(struct lw_image));
	crypto_generichash_final(&h, ret, 32);
	btf_dump__free(dump);
	return r;
}

/* The object that is pinned must be the one that the programs expect. */
static int check_map(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (info.type != bpf_map__type(map) || info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map) ||
	    (info.max_entries != bpf_map__max_entries(map) && bpf_map__max_entries(map)))
		return -EPROTO;
	return 0;
}

static int reuse_map(struct lw_pins *pins, const struct loadward_bpf *skel, struct bpf_map *map,
		     struct lw_bpf_error *err)
{
	_cleanup_close_ int fd = -1;
	char name[64];
	int r;

	pin_name(skel, map, name, sizeof(name));
	r = fd = lw_pins_get(pins->dir, name);
	if (r >= 0)
		r = check_map(map, fd);
	if (r >= 0)
		r = bpf_map__reuse_fd(map, fd);
	if (r < 0)
		return lw_bpf_fail(err, r,
				   "%s/%s is not the map that it should be (%s): nothing is taken "
				   "over, what is in force stays; `loadward unload` removes it",
				   pins->path, name, strerror(-r));
	return 0;
}

int lw_pins_reuse(struct lw_pins *pins, struct loadward_bpf *skel, struct lw_bpf_error *err)
{
	struct bpf_map *map;
	__u8 layout[32];
	int r = find_layout(skel, layout);

	if (r < 0)
		return lw_bpf_fail(err, r, "the types of the maps cannot be read: %s",
				   strerror(-r));
	if (!pins->adopted) {
		memcpy(pins->state->layout, layout, sizeof(layout));
		return 0;
	}
	if (memcmp(pins->state->layout, layout, sizeof(layout)))
		return lw_pins_other(pins->path, pins->state, err);
	bpf_object__for_each_map(map, skel->obj)
	{
		r = is_shared(skel, map) ? reuse_map(pins, skel, map, err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

int lw_pins_keep(struct lw_pins *pins, struct loadward_bpf *skel, struct lw_bpf_error *err)
{
	struct bpf_map *map;
	char name[64];
	int r;

	if (pins->adopted)
		return 0;
	/* The first: what is there without it has been damaged. */
	r = put(pins->dir, LW_PIN_STATE, pins->state_fd);
	bpf_object__for_each_map(map, skel->obj)
	{
		pin_name(skel, map, name, sizeof(name));
		if (r >= 0 && is_shared(skel, map))
			r = put(pins->dir, name, bpf_map__fd(map));
	}
	return r < 0 ? lw_bpf_fail(err, r, "cannot pin maps in %s: %s", pins->path, strerror(-r))
		     : 0;
}

static void links_of(__u64 epoch, char *ret, size_t size)
{
	snprintf(ret, size, LW_PIN_LINKS "%llu", (unsigned long long)epoch);
}

static void link_name(__u64 epoch, size_t i, const char *program, char ret[NAME_SIZE])
{
	snprintf(ret, NAME_SIZE, LW_PIN_LINKS "%llu/%zu-%.63s", (unsigned long long)epoch, i,
		 program);
}

int lw_pins_hook(struct lw_pins *pins, __u64 epoch, size_t i, const char *program, int link)
{
	char name[NAME_SIZE];

	links_of(epoch, name, sizeof(name));
	if (mkdirat(pins->dir, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	link_name(epoch, i, program, name);
	return put(pins->dir, name, link);
}

void lw_pins_unhook(struct lw_pins *pins, __u64 epoch, size_t i, const char *program)
{
	char name[NAME_SIZE];

	link_name(epoch, i, program, name);
	if (unlinkat(pins->dir, name, 0) < 0 && errno != ENOENT)
		lw_error("%s/%s cannot be unpinned: %s", pins->path, name, strerror(errno));
}

static int remove_other(int dir, const char *name, void *arg)
{
	if (strncmp(name, LW_PIN_LINKS, strlen(LW_PIN_LINKS)) || !strcmp(name, arg))
		return 0;
	return lw_pins_remove_links(dir, name);
}

int lw_pins_only(struct lw_pins *pins, __u64 epoch)
{
	char name[64];

	links_of(epoch, name, sizeof(name));
	return lw_pins_each(pins->dir, false, remove_other, name);
}

void lw_pins_drop(struct lw_pins *pins, __u64 epoch)
{
	char name[64];
	int r;

	links_of(epoch, name, sizeof(name));
	r = pins->adopted ? lw_pins_remove_links(pins->dir, name) : lw_pins_remove(pins);
	if (r < 0 && r != -ENOENT)
		lw_error("%s: what was pinned cannot be removed: %s", pins->path, strerror(-r));
}

static int mend_one(struct lw_pins *pins, const char *name, int fd)
{
	int r;

	if (!faccessat(pins->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) || errno != ENOENT)
		return 0;
	r = put(pins->dir, name, fd);
	return r < 0 ? r : 1;
}

static int mend_hooks(struct lw_bpf *bpf)
{
	char name[NAME_SIZE];
	int n = 0;

	links_of(bpf->epoch, name, sizeof(name));
	if (mkdirat(bpf->pins->dir, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	for (size_t i = 0; i < bpf->n_hooks; i++) {
		const struct hook *h = &bpf->hooks[i];
		int r = 0;

		link_name(bpf->epoch, i, h->state.program, name);
		if (h->pinned)
			r = mend_one(bpf->pins, name, bpf_link__fd(h->link));
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

int lw_pins_mend(struct lw_bpf *bpf)
{
	struct lw_pins *pins = bpf->pins;
	struct stat st, now;
	struct bpf_map *map;
	char name[64];
	int r, n;

	if (!pins)
		return 0;
	if (fstat(pins->dir, &st) < 0 || lstat(pins->path, &now) < 0 || now.st_ino != st.st_ino ||
	    now.st_dev != st.st_dev)
		return -ESTALE;
	n = r = mend_one(pins, LW_PIN_STATE, pins->state_fd);
	bpf_object__for_each_map(map, bpf->skel->obj)
	{
		pin_name(bpf->skel, map, name, sizeof(name));
		if (r >= 0 && is_shared(bpf->skel, map))
			n += r = mend_one(pins, name, bpf_map__fd(map));
	}
	if (r >= 0)
		n += r = mend_hooks(bpf);
	return r < 0 ? r : n;
}

static int count_link(int dir, const char *name, void *arg)
{
	unsigned int *n = arg;

	(void)dir;
	(void)name;
	++*n;
	return 0;
}

static void look_at_tags(int dir, struct lw_pins_look *look)
{
	_cleanup_close_ int fd = lw_pins_get(dir, LW_PIN_MAP "lw_tags");
	__u64 key, *prev = NULL;
	struct lw_tag tag;

	while (fd >= 0 && bpf_map_get_next_key(fd, prev, &key) == 0) {
		prev = &key;
		if (bpf_map_lookup_elem(fd, &key, &tag) == 0)
			look->loaders += tag.state == LW_TAG_LOADER;
	}
}

static int look_at_settings(int dir, const struct loadward_bpf *skel, struct lw_pins_look *look)
{
	_cleanup_close_ int fd = lw_pins_get(dir, LW_PIN_MAP "bss");
	_cleanup_free_ struct loadward_bpf__bss *bss = NULL;
	__u32 zero = 0;
	int r = fd < 0 ? fd : check_map(skel->maps.bss, fd);

	if (r < 0)
		return r;
	bss = calloc(1, (bpf_map__value_size(skel->maps.bss) + 7) & ~7U);
	if (!bss)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, bss) < 0)
		return -errno;
	look->cfg = bss->lw_cfg;
	return 0;
}

void lw_pins_look_inside(int dir, const char *path, struct lw_pins_look *look)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct loadward_bpf *skel = libbpf_get_error(btf) ? NULL : lw_object_open(btf);
	_cleanup_close_ int links = -1;
	__u8 layout[32];
	char name[64];
	int r = skel ? find_layout(skel, layout) : -errno;

	btf__free(btf);
	if (r >= 0 && memcmp(layout, look->state.layout, sizeof(layout))) {
		look->kind = LW_PINS_OTHER;
		lw_pins_other(path, &look->state, &look->err);
	} else {
		if (r >= 0)
			r = look_at_settings(dir, skel, look);
		if (r < 0) {
			look->kind = LW_PINS_UNSAFE;
			lw_bpf_fail(&look->err, r, "%s cannot be read: %s", path, strerror(-r));
		}
	}
	loadward_bpf__destroy(skel);
	if (look->kind != LW_PINS_OURS)
		return;
	look_at_tags(dir, look);
	links_of(look->cfg.epoch, name, sizeof(name));
	links = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (links >= 0)
		lw_pins_each(links, true, count_link, &look->hooks);
}
