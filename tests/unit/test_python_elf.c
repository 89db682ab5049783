// SPDX-License-Identifier: Apache-2.0
/* enrich/python_elf: interpreters are found in whole files, and broken ones do no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf_file.h"
#include "enrich/elf.h"
#include "enrich/python_elf.h"

static struct elf_file file;
static struct lw_py_file found;

static int read_bytes(const void *bytes, size_t len)
{
	int fd = memfd_create("elf", MFD_CLOEXEC), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	r = lw_python_elf(fd, &found);
	close(fd);
	return r;
}

static int read_it(void)
{
	return read_bytes(&file, sizeof(file));
}

static void test_every_release(void **state)
{
	(void)state;
	for (unsigned int minor = 7; minor <= 17; minor++) {
		elf_make(&file, minor);
		assert_int_equal(read_it(), 1);
		assert_int_equal(found.layout.minor, minor);
		assert_int_equal(found.layout.known, minor >= 8 && minor <= 15);
		assert_int_equal(found.runtime, ELF_AT(runtime));
		assert_int_equal(found.code_type, ELF_BASE + 0x222);
		assert_int_equal(found.start, ELF_BASE);
		assert_int_equal(found.code, ELF_BASE + 0x100123);
	}
}

static void test_by_the_old_hash_table(void **state)
{
	(void)state;
	elf_make(&file, 9);
	file.dynamic[3] = (Elf64_Dyn){ DT_HASH, { ELF_AT(hash) } };
	assert_int_equal(read_it(), 1);
	assert_int_equal(found.layout.minor, 9);
}

static void test_copies_are_bounded(void **state)
{
	(void)state;
	for (unsigned int minor = 8; minor <= 15; minor++)
		for (int ft = 0; ft < 2; ft++) {
			struct lw_py_layout l = lw_python_layout(minor, ft, NULL, 0);

			assert_int_equal(l.known, !ft || minor >= 13);
			if (!l.known)
				continue;
			assert_in_range(l.frame_size, l.frame_instr + 4, LW_PY_FRAME_MAX - 1);
			assert_in_range(l.code_size, l.code_lines + 8, LW_PY_CODE_MAX - 1);
			assert_int_equal(l.compact_bit, l.ascii_bit - 1);
		}
}

/* Since 3.13 the interpreter's own word counts: here the frame of a thread is elsewhere. */
#define DEBUG_3_13_THREAD_FRAME 184
#define DEBUG_3_13_CODE_FILE	280

static void put(size_t at, uint64_t v)
{
	memcpy(file.runtime + at, &v, sizeof(v));
}

/* All of it as the table has it. */
static void make_debug(uint64_t version, uint64_t free_threaded)
{
	static const uint16_t at[] = { 40,  64,	 72,  168, 192, 184, 232, 240, 248, 264, 280,
				       296, 312, 304, 344, 552, 544, 560, 520, 528, 360 };
	static const uint64_t is[] = { 632, 7264, 7344, 8,   152, 72, 8,  0,  56, 70, 112,
				       128, 68,	  136,	200, 16,  32, 40, 16, 32, 8 };

	elf_make(&file, 13);
	memcpy(file.runtime, "xdebugpy", 8);
	put(8, version);
	put(16, free_threaded);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		put(at[i], is[i]);
}

static void test_the_interpreter_says_it_itself(void **state)
{
	struct lw_py_layout table = lw_python_layout(13, false, NULL, 0);

	(void)state;
	make_debug(0x030d00f0, 0);
	assert_int_equal(read_it(), 1);
	assert_memory_equal(&found.layout, &table, sizeof(table));
	put(DEBUG_3_13_THREAD_FRAME, 96);
	assert_int_equal(read_it(), 1);
	assert_int_equal(found.layout.thread_frame, 96);
	assert_int_equal(found.layout.known, 1);
}

static void test_what_cannot_be_is_not_believed(void **state)
{
	static const uint64_t bad[] = { 65535, 1ULL << 40, UINT64_MAX, 250, 113 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_debug(0x030d00f0, 0);
		put(DEBUG_3_13_CODE_FILE, bad[i]);
		assert_int_equal(read_it(), 1);
		assert_int_equal(found.layout.known, 0);
		assert_int_equal(found.layout.minor, 13);
	}
	make_debug(0x031000f0, 0); /* 3.16 */
	assert_int_equal(read_it(), 1);
	assert_int_equal(found.layout.known, 0);
	assert_int_equal(found.layout.minor, 16);
	make_debug(0x040000f0, 0);
	assert_int_equal(read_it(), 1);
	assert_int_equal(found.layout.known, 0);
}

static void test_no_interpreter(void **state)
{
	(void)state;
	assert_int_equal(read_bytes("", 0), 0);
	assert_int_equal(read_bytes("#!/bin/sh\n", 10), 0);
	elf_make(&file, 11);
	file.symbols[1].st_shndx = SHN_UNDEF; /* one that uses it: an extension module */
	assert_int_equal(read_it(), 0);
	elf_make(&file, 11);
	file.head.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(read_it(), 0);
	elf_make(&file, 11);
	file.dynamic_head.p_type = PT_NOTE;
	assert_int_equal(read_it(), 0);
	elf_make(&file, 11);
	file.loads[1].p_flags = PF_R;
	assert_int_equal(read_it(), 0);
}

static void test_chains_that_do_not_end(void **state)
{
	(void)state;
	elf_make(&file, 11);
	memset(file.gnu.chain, 0, sizeof(file.gnu.chain));
	memset(&file.version, 0, sizeof(file.version));
	assert_int_equal(read_it(), 0);
	elf_make(&file, 11);
	file.dynamic[3] = (Elf64_Dyn){ DT_HASH, { ELF_AT(hash) } };
	for (size_t i = 2; i < 2 + ELF_BUCKETS + ELF_SYMBOLS; i++)
		file.hash[i] = 4; /* each leads to one that is not looked for */
	assert_int_equal(read_it(), 0);
	file.gnu.buckets = file.hash[0] = 0;
	assert_int_equal(read_it(), 0);
}

/* Cut at each place, and with each byte of what tells where things are changed. */
static void test_broken_files(void **state)
{
	static const unsigned char values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	(void)state;
	elf_make(&file, 12);
	for (size_t n = 0; n < sizeof(file); n++)
		assert_in_range(read_bytes(&file, n) + 1, 0, 2);
	for (size_t at = 0; at < offsetof(struct elf_file, runtime); at++)
		for (size_t i = 0; i < sizeof(values); i++) {
			elf_make(&file, 12);
			((unsigned char *)&file)[at] = values[i];
			read_it();
			assert_true(!found.layout.known ||
				    found.layout.frame_size < LW_PY_FRAME_MAX);
		}
}

static void test_text_of_the_dynamic_section(void **state)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	struct lw_elf elf;
	char text[16];

	(void)state;
	elf_make(&file, 12);
	file.dynamic[4] = (Elf64_Dyn){ DT_NEEDED, { 32 } };
	file.dynamic[5] = (Elf64_Dyn){ DT_RPATH, { 1000 } };
	assert_int_equal(write(fd, &file, sizeof(file)), sizeof(file));
	assert_int_equal(lw_elf_open(fd, &elf), 0);
	assert_int_equal(elf.n_needed, 1);
	assert_int_equal(lw_elf_text(&elf, elf.needed[0], text, sizeof(text)), 0);
	assert_string_equal(text, "_PyRuntime");
	assert_int_equal(lw_elf_text(&elf, elf.needed[0], text, 4), -ENAMETOOLONG);
	assert_true(elf.has_runpath);
	assert_int_equal(lw_elf_text(&elf, elf.runpath, text, sizeof(text)), -ERANGE);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_release),
		cmocka_unit_test(test_by_the_old_hash_table),
		cmocka_unit_test(test_copies_are_bounded),
		cmocka_unit_test(test_the_interpreter_says_it_itself),
		cmocka_unit_test(test_what_cannot_be_is_not_believed),
		cmocka_unit_test(test_no_interpreter),
		cmocka_unit_test(test_chains_that_do_not_end),
		cmocka_unit_test(test_broken_files),
		cmocka_unit_test(test_text_of_the_dynamic_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
