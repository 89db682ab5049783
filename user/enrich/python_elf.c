// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "enrich/elf.h"
#include "enrich/python_elf.h"

#define DEBUG_SIZE 1024 /* bytes of _PyRuntime that may hold a struct _Py_DebugOffsets */
#define COOKIE	   "xdebugpy"

/* What struct _Py_DebugOffsets has at its start in all releases. */
struct debug_head {
	char cookie[8];
	__u64 version; /* PY_VERSION_HEX */
	__u64 free_threaded;
};

/* Exported since that release, and before 3.11 there is no number. */
static const struct {
	const char *symbol;
	unsigned int minor;
} since[] = {
	{ "PyIter_Send", 10 },
	{ "PyFrame_GetCode", 9 },
	{ "PyCode_NewWithPosOnlyArgs", 8 },
};

/* PY_VERSION_HEX: 0x030b07f0 is 3.11.7. */
static unsigned int minor_of(__u64 version)
{
	return version >> 24 == 3 ? version >> 16 & 0xff : 0;
}

static unsigned int find_minor(const struct lw_elf *elf)
{
	__u64 at, version;

	if (lw_elf_symbol(elf, "Py_Version", &at) >= 0 &&
	    lw_elf_read(elf, at, &version, sizeof(version)) >= 0)
		return minor_of(version & 0xffffffff);
	for (size_t i = 0; i < sizeof(since) / sizeof(since[0]); i++)
		if (lw_elf_symbol(elf, since[i].symbol, &at) >= 0)
			return since[i].minor;
	return 7; /* the first that has _PyRuntime */
}

/* Bytes of _PyRuntime that are in the file; the rest of it may be none of the file's. */
static size_t read_runtime(const struct lw_elf *elf, __u64 at, char *ret, size_t size)
{
	for (; size >= sizeof(struct debug_head); size -= 8)
		if (lw_elf_read(elf, at, ret, size) >= 0)
			return size;
	return 0;
}

static struct lw_py_layout find_layout(const struct lw_elf *elf, __u64 runtime)
{
	unsigned int minor = find_minor(elf);
	char bytes[DEBUG_SIZE];
	struct debug_head head;
	size_t n = read_runtime(elf, runtime, bytes, sizeof(bytes));

	if (n < sizeof(head) || memcmp(bytes, COOKIE, sizeof(head.cookie)))
		/* Since 3.13 each says so itself: one that does not is something else. */
		return lw_python_layout(minor, false, NULL, 0);
	memcpy(&head, bytes, sizeof(head));
	return lw_python_layout(minor_of(head.version), head.free_threaded, bytes, n);
}

/* Where the file begins in memory, and its code. Return: 0, -ENOEXEC. */
static int find_starts(const struct lw_elf *elf, struct lw_py_file *file)
{
	__u64 page = sysconf(_SC_PAGESIZE);
	bool start = false, code = false;

	for (size_t i = 0; i < elf->n_loads; i++) {
		const struct lw_elf_load *l = &elf->loads[i];

		if (l->offset < page && !start) {
			file->start = l->vaddr & ~(page - 1);
			start = true;
		}
		if (l->exec && (!code || l->vaddr < file->code)) {
			file->code = l->vaddr;
			code = true;
		}
	}
	return start && code ? 0 : -ENOEXEC;
}

int lw_python_elf(int fd, struct lw_py_file *ret_file)
{
	struct lw_py_file *file = ret_file;
	struct lw_elf elf;
	int r = lw_elf_open(fd, &elf);

	*file = (struct lw_py_file){};
	if (r >= 0)
		r = lw_elf_symbol(&elf, "_PyRuntime", &file->runtime);
	if (r >= 0)
		r = lw_elf_symbol(&elf, "PyCode_Type", &file->code_type);
	if (r >= 0)
		r = find_starts(&elf, file);
	if (r < 0)
		return r == -ENOENT || r == -ENOEXEC ? 0 : r;
	file->layout = find_layout(&elf, file->runtime);
	return 1;
}

int lw_python_audit(int fd, __u64 *ret_offset)
{
	struct lw_elf elf;
	__u64 addr;
	int r = lw_elf_open(fd, &elf);

	if (r >= 0)
		r = lw_elf_symbol(&elf, "PySys_Audit", &addr);
	if (r < 0)
		return r;
	for (size_t i = 0; i < elf.n_loads; i++) {
		const struct lw_elf_load *l = &elf.loads[i];

		if (l->exec && addr >= l->vaddr && addr - l->vaddr < l->size) {
			*ret_offset = l->offset + (addr - l->vaddr);
			return 0;
		}
	}
	return -ENOENT;
}
