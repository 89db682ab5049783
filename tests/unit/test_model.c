// SPDX-License-Identifier: Apache-2.0
/* enrich/model: what the opens of a loader come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "enrich/model.h"
#include "records.h"

#define TAG    7001
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define OTHER  "89abcdef0123456789abcdef0123456789abcdef"
#define HUB    "/h/hub/models--acme--net/"

static char dir[] = "/tmp/lw-model-XXXXXX";
static struct test_event t;
static struct lw_loaders *loaders;
static struct lw_models *models;

static int set_up(void **state)
{
	(void)state;
	if (lw_loaders_new(4, lw_model_set_free, &loaders))
		return -1;
	return lw_models_new(loaders, &models);
}

static int tear_down(void **state)
{
	(void)state;
	lw_loaders_free(loaders);
	lw_models_free(models);
	return 0;
}

static struct lw_ev *event(const char *path, const char *name, __u32 access)
{
	struct lw_ev *ev = test_event(&t, LW_FILE_OPEN);
	struct stat st;

	ev->pid = getpid();
	ev->uid = geteuid();
	ev->gid = getegid();
	ev->file.access = access;
	ev->file.artefact = LW_ARTEFACT_SEEN | LW_ARTEFACT_STRONG;
	if (stat(path, &st) == 0) {
		ev->file.ino = st.st_ino;
		ev->file.dev = major(st.st_dev) << 20 | minor(st.st_dev);
	}
	test_str(ev, LW_STR_PATH, path);
	if (name)
		test_str(ev, LW_STR_NAME, name);
	return ev;
}

/* And all that is read of it is there. */
static void take(struct lw_ev *ev)
{
	lw_models_open(models, ev);
	lw_models_wait(models, TAG, 60000);
}

static void opens(const char *path, const char *name)
{
	take(event(path, name, LW_ACC_READ));
}

static void hint(const char *path, __u32 access)
{
	struct lw_ev *ev = event(path, NULL, access);

	ev->file.artefact = LW_ARTEFACT_SEEN;
	take(ev);
}

static const struct lw_model *current(void)
{
	const struct lw_model *m = lw_models_current(models, TAG);

	assert_non_null(m);
	return m;
}

static void by_commit(void **state)
{
	(void)state;
	opens(HUB "blobs/aa", HUB "snapshots/" COMMIT "/model.bin");
	assert_int_equal(current()->hub, LW_HUB_HUGGINGFACE);
	assert_string_equal(current()->repo, "acme/net");
	assert_string_equal(current()->revision, COMMIT);
	assert_string_equal(current()->file, "model.bin");
	assert_int_equal(current()->pinned, LW_PINNED);
	assert_true(current()->loaded);
	/* The file is not there: what it is cannot be known. */
	assert_int_equal(current()->format, LW_FORMAT_UNKNOWN);
	assert_true(current()->missing < 0 && current()->unread && !current()->pending);
}

static void by_branch(void **state)
{
	(void)state;
	opens(HUB "refs/main", NULL);
	assert_false(current()->loaded);
	opens(HUB "blobs/aa", HUB "snapshots/" COMMIT "/model.bin");
	assert_int_equal(current()->pinned, LW_NOT_PINNED);
	/* Of that repository nothing is pinned any more; of another one it is. */
	opens(HUB "blobs/bb", HUB "snapshots/" OTHER "/model.bin");
	assert_string_equal(current()->revision, OTHER);
	assert_int_equal(current()->pinned, LW_NOT_PINNED);
	opens("/h/models--a--b/snapshots/" COMMIT "/f", NULL);
	assert_int_equal(current()->pinned, LW_PINNED);
}

static void a_ref_afterwards(void **state)
{
	(void)state;
	opens(HUB "snapshots/" COMMIT "/model.bin", NULL);
	assert_int_equal(current()->pinned, LW_PINNED);
	opens(HUB "refs/main", NULL);
	assert_int_equal(current()->pinned, LW_NOT_PINNED);
}

static void a_download(void **state)
{
	(void)state;
	take(event(HUB "blobs/aa.incomplete", NULL, LW_ACC_WRITE | LW_ACC_CREATE));
	assert_string_equal(current()->repo, "acme/net");
	assert_null(current()->revision);
	assert_false(current()->loaded);
	opens(HUB "blobs/aa", HUB "snapshots/" COMMIT "/model.bin");
	assert_string_equal(current()->revision, COMMIT);
	assert_true(current()->loaded);
}

/* The name is what the loader writes: where the file lies in another repository, it is of that. */
static void a_name_that_lies(void **state)
{
	(void)state;
	opens("/h/models--evil--x/snapshots/" COMMIT "/f", HUB "snapshots/" COMMIT "/model.bin");
	assert_string_equal(current()->repo, "evil/x");
}

static void owns(const char *path, bool want)
{
	assert_int_equal(lw_models_owns(models, TAG, path, strlen(path)), want);
}

static void code_copies(void **state)
{
	(void)state;
	owns("/m/x.py", false);
	opens(HUB "blobs/aa", HUB "snapshots/" COMMIT "/c.py");
	opens("/m/transformers_modules/acme/net/" COMMIT "/c.py", NULL);
	assert_string_equal(current()->repo, "acme/net");
	owns(HUB "snapshots/" COMMIT "/c.py", true);
	owns("/m/transformers_modules/acme/net/" COMMIT "/d/c.py", true);
	owns("/m/transformers_modules/acme/net/" OTHER "/c.py", false);
	owns("/m/transformers_modules/acme/net/" COMMIT, false);
	owns("/m/x.py", false);
}

/* A copy names the last component of its model only. */
static void code_of_a_directory(void **state)
{
	(void)state;
	hint("/srv/my-net/config.json", LW_ACC_READ);
	opens("/m/transformers_modules/my_hyphen_net/0123456789abcdef/c.py", NULL);
	assert_int_equal(current()->hub, LW_HUB_LOCAL);
	assert_string_equal(current()->repo, "/srv/my-net");
	owns("/srv/my-net/c.py", true);
	owns("/m/transformers_modules/my_hyphen_net/0123456789abcdef/c.py", true);
	opens("/m/transformers_modules/unknown/c.py", NULL);
	assert_string_equal(current()->repo, "/m/transformers_modules/unknown");
}

static void openmmlab(void **state)
{
	(void)state;
	hint("/c/first.py", LW_ACC_READ);
	hint("/tmp/tmpabcdefgh/tmpabcdefgh.py", LW_ACC_WRITE | LW_ACC_CREATE);
	assert_null(lw_models_current(models, TAG)); /* MMEngine is not there */
	opens("/v/mmengine/config/config.py", NULL);
	hint("/c/net.py", LW_ACC_READ);
	hint("/tmp/tmpabcdefgh/tmpabcdefgh.py", LW_ACC_WRITE | LW_ACC_CREATE);
	assert_int_equal(current()->hub, LW_HUB_OPENMMLAB);
	assert_string_equal(current()->repo, "/c");
	assert_string_equal(current()->file, "net.py");
	hint("/c/_base_/x.py", LW_ACC_READ);
	hint("/tmp/tmpabcdefgh/tmp12345678.py", LW_ACC_WRITE | LW_ACC_CREATE);
	assert_string_equal(current()->file, "net.py");
}

static void write_file(const char *name, const char *content, size_t len, char *ret_path)
{
	FILE *f;

	snprintf(ret_path, 256, "%s/%s", dir, name);
	f = fopen(ret_path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, len, f), len);
	fclose(f);
}

static void what_is_read(void **state)
{
	char path[256], config[256], link[256], below[256];
	struct lw_ev *ev;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(below, sizeof(below), "%s/weights", dir);
	assert_int_equal(mkdir(below, 0755), 0);
	write_file("config.json", "{}", 2, config);
	write_file("weights/m.bin", "\x80\x02}q\x00.", 6, path);
	opens(path, NULL);
	assert_int_equal(current()->format, LW_FORMAT_PICKLE);
	assert_int_equal(current()->missing, 0);
	/* The directory that is described, not the one that the file lies in. */
	assert_string_equal(current()->repo, dir);
	assert_string_equal(current()->file, "weights/m.bin");
	/* Another file is there by now. */
	write_file("weights/n.bin", "GGUF\x03\0\0\0\0", 9, path);
	ev = event(path, NULL, LW_ACC_READ);
	ev->file.ino++;
	take(ev);
	assert_string_equal(current()->file, "weights/n.bin");
	assert_int_equal(current()->missing, -ESTALE);
	/* A link is not followed out of what a file is, and nothing but a file is opened. */
	snprintf(link, sizeof(link), "%s/weights/fifo.bin", dir);
	assert_int_equal(mkfifo(link, 0600), 0);
	opens(link, NULL);
	assert_int_equal(current()->missing, -EINVAL);
	assert_int_equal(current()->formats, 1U << LW_FORMAT_PICKLE);
	unlink(link);
	unlink(path);
	unlink(config);
	snprintf(path, sizeof(path), "%s/weights/m.bin", dir);
	unlink(path);
	rmdir(below);
	rmdir(dir);
}

/* No loader keeps more than so many, and the oldest goes. */
static void many(void **state)
{
	const struct lw_model *list[LW_MODELS_MAX];
	char path[128];
	bool all;

	(void)state;
	for (int i = 0; i < LW_MODELS_MAX + 5; i++) {
		snprintf(path, sizeof(path), "/h/models--acme--n%d/snapshots/" COMMIT "/f", i);
		opens(path, NULL);
	}
	assert_int_equal(lw_models_list(models, TAG, list), LW_MODELS_MAX);
	assert_string_equal(list[0]->repo, "acme/n5");
	assert_ptr_equal(current(), list[LW_MODELS_MAX - 1]);
	assert_int_equal(lw_models_seen(models, TAG, &all), LW_MODELS_MAX + 5);
	assert_false(all);
	owns("/h/models--acme--n0/snapshots/" COMMIT "/f", false);
}

static void many_copies(void **state)
{
	char path[256];

	(void)state;
	opens(HUB "snapshots/" COMMIT "/c.py", NULL);
	for (int i = 0; i < 2 * LW_MODEL_DIRS; i++) {
		snprintf(path, sizeof(path), "/m%d/transformers_modules/acme/net/" COMMIT "/c.py",
			 i);
		opens(path, NULL);
	}
	owns(path, true);
	owns(HUB "snapshots/" COMMIT "/c.py", true);
	owns("/m0/transformers_modules/acme/net/" COMMIT "/c.py", false);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_commit),
		TEST(by_branch),
		TEST(a_ref_afterwards),
		TEST(a_download),
		TEST(a_name_that_lies),
		TEST(code_copies),
		TEST(openmmlab),
		TEST(code_of_a_directory),
		TEST(what_is_read),
		TEST(many_copies),
		TEST(many),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
