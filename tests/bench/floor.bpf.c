// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least that a tagging monitor can cost a task without a tag: one look into task storage.
 * floor.c attaches it to every system call that loadward hooks.
 */

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} tags SEC(".maps");

SEC("tracepoint")
int floor_hook(void *ctx)
{
	__u64 *tag = bpf_task_storage_get(&tags, bpf_get_current_task_btf(), NULL, 0);

	(void)ctx;
	if (tag)
		(*tag)++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
