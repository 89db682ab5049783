// SPDX-License-Identifier: Apache-2.0
/* enrich/model_layout: what paths tell of a model, and what they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "enrich/model_layout.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static struct lw_model_roots roots;

struct want {
	const char *path;
	enum lw_model_part part;
	enum lw_hub hub;
	const char *repo, *revision, *dir, *file;
};

static void is_span(struct lw_span s, const char *want)
{
	assert_int_equal(s.len, strlen(want));
	assert_memory_equal(s.s, want, s.len);
}

static void check(const struct want *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct lw_layout at;

		if (!lw_layout_parse(w[i].path, strlen(w[i].path), &roots, &at))
			fail_msg("%s: no layout", w[i].path);
		if (at.part != w[i].part || at.hub != w[i].hub)
			fail_msg("%s: part %d of hub %d", w[i].path, at.part, at.hub);
		assert_string_equal(at.repo, w[i].repo);
		assert_string_equal(at.revision, w[i].revision);
		is_span(at.dir, w[i].dir);
		is_span(at.file, w[i].file);
	}
}

static void none(const char *path)
{
	struct lw_layout at;

	if (lw_layout_parse(path, strlen(path), &roots, &at))
		fail_msg("%s: part %d, %s", path, at.part, at.repo);
	assert_int_equal(at.part, LW_PART_NONE);
	assert_string_equal(at.repo, "");
}

#define CHECK(table) check(table, sizeof(table) / sizeof((table)[0]))

static void huggingface(void **state)
{
	static const struct want table[] = {
		{ "/h/hub/models--acme--net/snapshots/" COMMIT "/config.json", LW_PART_FILE,
		  LW_HUB_HUGGINGFACE, "acme/net", COMMIT,
		  "/h/hub/models--acme--net/snapshots/" COMMIT, "config.json" },
		{ "/models--gpt2/snapshots/" COMMIT "/a/b.bin", LW_PART_FILE, LW_HUB_HUGGINGFACE,
		  "gpt2", COMMIT, "/models--gpt2/snapshots/" COMMIT, "a/b.bin" },
		{ "/h/models--acme--net/refs/main", LW_PART_REF, LW_HUB_HUGGINGFACE, "acme/net", "",
		  "/h/models--acme--net", "refs/main" },
		{ "/h/models--acme--net/blobs/" COMMIT, LW_PART_BLOB, LW_HUB_HUGGINGFACE,
		  "acme/net", "", "/h/models--acme--net", "blobs/" COMMIT },
		{ "/h/.locks/models--acme--net/x.lock", LW_PART_OWN, LW_HUB_HUGGINGFACE, "acme/net",
		  "", "/h/.locks/models--acme--net", "x.lock" },
		/* What lies in a model is its own, whatever it is called. */
		{ "/h/models--evil--x/snapshots/" COMMIT "/models--good--y/snapshots/" COMMIT "/f",
		  LW_PART_FILE, LW_HUB_HUGGINGFACE, "evil/x", COMMIT,
		  "/h/models--evil--x/snapshots/" COMMIT,
		  "models--good--y/snapshots/" COMMIT "/f" },
	};

	(void)state;
	CHECK(table);
	none("/h/models--/snapshots/" COMMIT "/f");
	none("/h/models----x/snapshots/" COMMIT "/f");
	none("/h/models--a--b\n/snapshots/" COMMIT "/f");
	none("/h/models--a--b c/snapshots/" COMMIT "/f");
	none("/h/models--acme--net");
	none("models--acme--net/snapshots/" COMMIT "/f");
}

static void code_copies(void **state)
{
	static const struct want table[] = {
		{ "/m/transformers_modules/acme/read_hyphen_2_dot_x/" COMMIT "/c.py", LW_PART_CODE,
		  LW_HUB_HUGGINGFACE, "acme/read-2.x", COMMIT,
		  "/m/transformers_modules/acme/read_hyphen_2_dot_x/" COMMIT, "c.py" },
		{ "/m/transformers_modules/_01_hyphen_ai/y/" COMMIT "/__pycache__/c.pyc",
		  LW_PART_CODE, LW_HUB_HUGGINGFACE, "01-ai/y", COMMIT,
		  "/m/transformers_modules/_01_hyphen_ai/y/" COMMIT, "__pycache__/c.pyc" },
		{ "/m/transformers_modules/gpt2/" COMMIT "/c.py", LW_PART_CODE, LW_HUB_HUGGINGFACE,
		  "gpt2", COMMIT, "/m/transformers_modules/gpt2/" COMMIT, "c.py" },
		{ "/m/transformers_modules/net/0123456789abcdef/c.py", LW_PART_COPY, LW_HUB_LOCAL,
		  "net", "", "/m/transformers_modules/net/0123456789abcdef", "c.py" },
		{ "/m/transformers_modules/net/c.py", LW_PART_COPY, LW_HUB_LOCAL, "net", "",
		  "/m/transformers_modules/net", "c.py" },
	};
	char name[64];

	(void)state;
	CHECK(table);
	none("/m/transformers_modules/__init__.py");
	none("/m/transformers_modules/acme/__init__.py");
	assert_int_equal(lw_model_module_name("0-a.b", 5, name, sizeof(name)), 17);
	assert_string_equal(name, "_0_hyphen_a_dot_b");
}

static void modelscope(void **state)
{
	static const struct want table[] = {
		{ "/r/.cache/modelscope/hub/models/acme/tiny___2/model.bin", LW_PART_FILE,
		  LW_HUB_MODELSCOPE, "acme/tiny.2", "",
		  "/r/.cache/modelscope/hub/models/acme/tiny___2", "model.bin" },
		{ "/r/.cache/modelscope/hub/acme/tiny/a/b", LW_PART_FILE, LW_HUB_MODELSCOPE,
		  "acme/tiny", "", "/r/.cache/modelscope/hub/acme/tiny", "a/b" },
		{ "/r/.cache/modelscope/models/acme--tiny/snapshots/master/f", LW_PART_FILE,
		  LW_HUB_MODELSCOPE, "acme/tiny", "master",
		  "/r/.cache/modelscope/models/acme--tiny/snapshots/master", "f" },
		{ "/elsewhere/models/acme--tiny/snapshots/v1.0/f", LW_PART_FILE, LW_HUB_MODELSCOPE,
		  "acme/tiny", "v1.0", "/elsewhere/models/acme--tiny/snapshots/v1.0", "f" },
		{ "/ms/models/acme/tiny/.mv", LW_PART_OWN, LW_HUB_MODELSCOPE, "acme/tiny", "",
		  "/ms/models/acme/tiny", ".mv" },
		{ "/ms/acme/tiny/f", LW_PART_FILE, LW_HUB_MODELSCOPE, "acme/tiny", "",
		  "/ms/acme/tiny", "f" },
	};

	(void)state;
	CHECK(table);
	none("/ms/datasets/acme/tiny/f");
	none("/ms/hub/acme/f");
	none("/mss/acme/tiny/f");
}

static void others(void **state)
{
	static const struct want table[] = {
		{ "/r/.cache/torch/hub/acme_my_net_main/hubconf.py", LW_PART_FILE, LW_HUB_PYTORCH,
		  "acme/my_net", "main", "/r/.cache/torch/hub/acme_my_net_main", "hubconf.py" },
		{ "/th/hub/acme_net_v0.10.0/a/b.py", LW_PART_FILE, LW_HUB_PYTORCH, "acme/net",
		  "v0.10.0", "/th/hub/acme_net_v0.10.0", "a/b.py" },
		{ "/th/hub/checkpoints/net.pth", LW_PART_FILE, LW_HUB_PYTORCH, "", "",
		  "/th/hub/checkpoints", "net.pth" },
		{ "/r/.cache/csg/hub/acme/tiny/f.bin", LW_PART_FILE, LW_HUB_OPENCSG, "acme/tiny",
		  "", "/r/.cache/csg/hub/acme/tiny", "f.bin" },
		{ "/csg/acme/tiny/.msc", LW_PART_OWN, LW_HUB_OPENCSG, "acme/tiny", "",
		  "/csg/acme/tiny", ".msc" },
		{ "/v/mmengine/config/__pycache__/config.cpython-311.pyc", LW_PART_MMENGINE,
		  LW_HUB_NONE, "", "", "", "" },
		{ "/v/mmcv/utils/config.py", LW_PART_MMENGINE, LW_HUB_NONE, "", "", "", "" },
		{ "/tmp/tmpab12cd34/tmpx_yz1234.py", LW_PART_TEMP, LW_HUB_NONE, "", "", "", "" },
	};

	(void)state;
	CHECK(table);
	none("/th/hub/trusted_list");
	none("/th/hub/acme_net/hubconf.py");
	none("/r/.cache/csg/hub/temp/x/f");
	none("/csg/temp/x/f");
	none("/v/config/config.py");
	none("/tmp/tmpx.py");
	none("/");
	none("");
}

static void no_end_of_components(void **state)
{
	char path[8192];

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "/a", 3);
	none(path);
}

static void environment(void **state)
{
	static const char env[] = "A=B\0TORCH_HOME=/t/\0MODELSCOPE_CACHE=rel\0CSGHUB_CACHE=/c//\0"
				  "TORCH_HOME=/later\0XTORCH_HOME=/x\0=\0";
	char many[2 * LW_MODEL_ROOT] = "MODELSCOPE_CACHE=/";
	struct lw_model_roots r;

	(void)state;
	lw_model_roots_read(env, sizeof(env), &r);
	assert_string_equal(r.torch, "/t/hub");
	assert_string_equal(r.modelscope, "");
	assert_string_equal(r.opencsg, "/c");
	memset(many + strlen(many), 'x', sizeof(many) - strlen(many));
	lw_model_roots_read(many, sizeof(many), &r);
	assert_string_equal(r.modelscope, "");
	lw_model_roots_read("TORCH_HOME=/unterminated", 12, &r);
	assert_string_equal(r.torch, "");
}

static int setup(void **state)
{
	static const char env[] = "TORCH_HOME=/th\0MODELSCOPE_CACHE=/ms\0CSGHUB_CACHE=/csg";

	(void)state;
	lw_model_roots_read(env, sizeof(env), &roots);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(huggingface), cmocka_unit_test(code_copies),
		cmocka_unit_test(modelscope),  cmocka_unit_test(others),
		cmocka_unit_test(environment), cmocka_unit_test(no_end_of_components),
	};

	return cmocka_run_group_tests_name("model layout", tests, setup, NULL);
}
