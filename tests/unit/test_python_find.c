// SPDX-License-Identifier: Apache-2.0
/* action/python_find: where the interpreter of a program that is to be run may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/python_find.h"
#include "elf_file.h"

#define FOUND_MAX 8
#define LIBRARY	  "libpython3.99.so"

static char dir[] = "/tmp/lw-find-XXXXXX";
static char found[FOUND_MAX][PATH_MAX];
static size_t n_found;

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(path_of(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(path_of(name), 0755), 0);
}

static void write_script(const char *name, const char *line)
{
	write_file(name, line, strlen(line));
}

/* A program that needs the library, and looks for it in @runpath. */
static void write_program(const char *name, const char *runpath)
{
	static struct elf_file file;

	elf_make(&file, 12);
	strcpy(file.texts + 192, LIBRARY);
	snprintf(file.texts + 216, sizeof(file.texts) - 216, "%s", runpath);
	file.dynamic[4] = (Elf64_Dyn){ DT_NEEDED, { 192 } };
	file.dynamic[5] = (Elf64_Dyn){ DT_RUNPATH, { 216 } };
	write_file(name, &file, sizeof(file));
}

static void take(const char *path, void *arg)
{
	(void)arg;
	assert_true(n_found < FOUND_MAX);
	snprintf(found[n_found++], PATH_MAX, "%s", path);
}

static void find(const char *name)
{
	n_found = 0;
	lw_python_find(path_of(name), take, NULL);
}

static void expect(size_t i, const char *name)
{
	char real[PATH_MAX];

	assert_true(i < n_found);
	assert_non_null(realpath(found[i], real));
	assert_string_equal(real, path_of(name));
}

static void test_a_program_and_its_library(void **state)
{
	static const char *const runpaths[] = { "$ORIGIN/../lib", "/none:${ORIGIN}/../lib" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		write_program("bin/program", runpaths[i]);
		find("bin/program");
		assert_int_equal(n_found, 2);
		expect(0, "bin/program");
		expect(1, "lib/" LIBRARY);
	}
}

static void test_a_library_that_the_environment_names(void **state)
{
	(void)state;
	write_program("bin/program", "/none");
	find("bin/program");
	assert_int_equal(n_found, 1);
	assert_int_equal(setenv("LD_LIBRARY_PATH", path_of("lib"), 1), 0);
	find("bin/program");
	unsetenv("LD_LIBRARY_PATH");
	assert_int_equal(n_found, 2);
	expect(1, "lib/" LIBRARY);
}

static void test_scripts(void **state)
{
	char line[PATH_MAX + 64];

	(void)state;
	write_program("bin/program", "/none");
	snprintf(line, sizeof(line), "#! \t%s -u\nrest\n", path_of("bin/program"));
	write_script("script", line);
	find("script");
	assert_int_equal(n_found, 1);
	expect(0, "bin/program");
	snprintf(line, sizeof(line), "#!%s\n", path_of("script"));
	write_script("of-a-script", line);
	find("of-a-script");
	assert_int_equal(n_found, 1);
	expect(0, "bin/program");
	setenv("PATH", path_of("bin"), 1);
	write_script("script", "#!/usr/bin/env -S A=b program -u\n");
	find("script");
	assert_int_equal(n_found, 1);
	expect(0, "bin/program");
}

static void test_what_leads_nowhere(void **state)
{
	char line[PATH_MAX + 8];

	(void)state;
	find("none");
	assert_int_equal(n_found, 0);
	snprintf(line, sizeof(line), "#!%s\n", path_of("circle"));
	write_script("circle", line);
	find("circle");
	assert_int_equal(n_found, 0);
	write_script("empty", "");
	find("empty");
	assert_int_equal(n_found, 1); /* a program as good as any */
	write_script("bare", "#!");
	find("bare");
	write_script("bare", "#!/usr/bin/env");
	find("bare");
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir) || mkdir(path_of("bin"), 0755) < 0 || mkdir(path_of("lib"), 0755) < 0)
		return -1;
	write_file("lib/" LIBRARY, "", 0);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	setenv("PATH", "/usr/bin:/bin", 1);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_program_and_its_library),
		cmocka_unit_test(test_a_library_that_the_environment_names),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_what_leads_nowhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
