/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel has, by its own description of its types. */
#include "bpfctl/internal.h"

#include <string.h>

static const char *name_of(const struct btf *btf, const struct btf_type *t)
{
	const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;

	return name ? name : "";
}

/* The type that a typedef or pointer leads to, NULL where @id is neither. */
static const struct btf_type *target_of(const struct btf *btf, const struct btf_type *t)
{
	return t && (btf_is_typedef(t) || btf_is_ptr(t)) ? btf__type_by_id(btf, t->type) : NULL;
}

bool lw_btf_has_unix_hooks(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "bpf_attach_type", BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_enum(t)[i].name_off);

		if (name && !strcmp(name, "BPF_CGROUP_UNIX_CONNECT"))
			return true;
	}
	return false;
}

bool lw_btf_has_tracepoint(const struct btf *btf, const char *name, const char *first)
{
	const struct btf_type *t;
	char full[128];
	int id;

	/* btf_trace_NAME: a typedef of a pointer to a function (void *, arguments ...). */
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, full, BTF_KIND_TYPEDEF);
	t = id > 0 ? target_of(btf, target_of(btf, btf__type_by_id(btf, id))) : NULL;
	if (!t || !btf_is_func_proto(t))
		return false;
	if (!first)
		return true;
	if (btf_vlen(t) < 2)
		return false;
	t = target_of(btf, btf__type_by_id(btf, btf_params(t)[1].type));
	return !strcmp(name_of(btf, t), first);
}

unsigned int lw_btf_offset(const struct btf *btf, const char *type, const char *field)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (int i = 0; t && i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);

		if (name && !strcmp(name, field))
			return btf_member_bit_offset(t, i) / 8;
	}
	return 0;
}

/* Since 6.1 trampolines pass structs on. */
static bool passes_structs(const struct btf *btf)
{
	return lw_btf_offset(btf, "btf_func_model", "arg_flags") > 0;
}

bool lw_btf_can_trace(const struct btf *btf, const char *function)
{
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const struct btf_type *proto = t ? btf__type_by_id(btf, t->type) : NULL;

	if (!proto || !btf_is_func_proto(proto))
		return false;
	for (int i = 0; i < btf_vlen(proto); i++) {
		t = btf__type_by_id(btf, btf__resolve_type(btf, btf_params(proto)[i].type));
		if (t && btf_is_composite(t) && !passes_structs(btf))
			return false;
	}
	return true;
}
