// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loops over path components and bytes. Each is a global function with scalar arguments, so
 * that the verifier proves it once and not at every place that calls it; what they work on is in
 * the scratch slot. A plain loop over 2,048 bytes already meets the verifier's limit on jumps, so
 * they go in chunks.
 */
#define LW_FAST_READS
#include "path.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * Is this inode one that the policy names? Then its canonical path goes on below s->canon_pos. The
 * key is in the scratch: the stack of all calls together is full (512 bytes).
 */
static __always_inline int lw_walk_named(struct lw_scratch *s, __u64 inode, __u32 dev)
{
	__u64 ino = lw_i_ino(inode);
	__u32 zero = 0, h = lw_bloom_hash(ino, dev);
	struct lw_ino_val *val;
	struct lw_bloom *bloom;

	bloom = bpf_map_lookup_elem(&lw_bloom, &zero);
	if (!bloom || !(bloom->bits[(h >> 6) & (LW_BLOOM_BITS / 64 - 1)] & (1ULL << (h & 63))))
		return 0;
	s->named = (struct lw_ino_key){ .ino = ino, .dev = dev, .gen = s->gen };
	val = bpf_map_lookup_elem(&lw_inodes, &s->named);
	if (!val || val->generation != lw_i_generation(inode))
		return 0;
	s->canon_state = val->state;
	/* Below a directory: skip the '/' that its state has already read. */
	s->canon_pos = s->pos < LW_PATH_BUF ? s->pos + 1 : LW_PATH_BUF;
	return 1;
}

static __always_inline void lw_walk_canon(struct lw_scratch *s, __u64 dentry)
{
	__u64 inode = lw_d_inode(dentry), sb = lw_d_sb(dentry), real;

	if (s->canon_state || !s->gen)
		return;
	if (sb != s->sb) {
		s->sb = sb;
		s->dev = lw_s_dev(sb);
		s->overlay = lw_s_magic(sb) == OVERLAYFS_SUPER_MAGIC;
	}
	if (lw_walk_named(s, inode, s->dev) || !s->overlay)
		return;
	/* An overlay over a named directory gives its files new inodes: ask for those below. */
	real = lw_overlay_real(inode);
	if (real)
		lw_walk_named(s, lw_d_inode(real), lw_s_dev(lw_d_sb(real)));
	else if (dentry == s->over)
		lw_walk_named(s, s->below, lw_s_dev(lw_i_sb(s->below)));
}

/*
 * A component's name into path[pos ..]. Short names, which most are, go by plain loads: the helper
 * costs as much as the rest of the step. What lies behind the name is the rest of the path, so the
 * last eight bytes are copied overlapping, not past the end.
 */
static __always_inline void lw_walk_name(struct lw_scratch *s, __u32 pos, __u64 name, __u32 len)
{
	if (!lw_can_cast || len > 32) {
		bpf_probe_read_kernel(&s->path[pos & (LW_PATH_BUF - 1)], len, (const void *)name);
		return;
	}
	*(__u64 *)&s->path[pos & (LW_PATH_BUF - 1)] = lw_peek8(name);
	if (len > 16)
		*(__u64 *)&s->path[(pos + 8) & (LW_PATH_BUF - 1)] = lw_peek8(name + 8);
	if (len > 24)
		*(__u64 *)&s->path[(pos + 16) & (LW_PATH_BUF - 1)] = lw_peek8(name + 16);
	*(__u64 *)&s->path[(pos + len - 8) & (LW_PATH_BUF - 1)] = lw_peek8(name + len - 8);
}

static __always_inline void lw_walk_short(struct lw_scratch *s, __u32 pos, __u64 name, __u32 len)
{
	for (__u32 i = 0; i < 7; i++) {
		if (i >= len)
			break;
		s->path[(pos + i) & (LW_PATH_BUF - 1)] = lw_peek1(name + i);
	}
}

/*
 * One step towards the root: over a mount point, or up one component. A global function: its paths
 * are many, and proven once here instead of in each turn of the loop, in each of the programs.
 */
__weak int lw_walk_step(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	__u64 dentry, parent;
	__u32 pos, len;

	if (!s)
		return LW_WALK_TOO_LONG;
	dentry = s->dentry;
	pos = s->pos;
	lw_walk_canon(s, dentry);
	if (dentry == s->root) {
		__u64 up = lw_mnt_parent(s->mnt);

		if (up == s->mnt || !up)
			return LW_WALK_DONE;
		s->dentry = lw_mnt_mountpoint(s->mnt);
		s->mnt = up;
		s->root = lw_mnt_root(up);
		return LW_WALK_MORE;
	}
	parent = lw_d_parent(dentry);
	len = lw_d_len(dentry) & LW_NAME_MAX;
	if (pos > LW_PATH_BUF || pos < len + 1)
		return LW_WALK_TOO_LONG;
	pos -= len;
	if (lw_can_cast && len < 8)
		lw_walk_short(s, pos, lw_d_name(dentry), len);
	else
		lw_walk_name(s, pos, lw_d_name(dentry), len);
	s->pos = pos;
	/* No directory above and not the mount's root: memfd:NAME and the like. */
	if (parent == dentry || !parent)
		return LW_WALK_DONE;
	pos -= 1;
	s->path[pos & (LW_PATH_BUF - 1)] = '/';
	s->pos = pos;
	s->dentry = parent;
	return LW_WALK_MORE;
}

__weak int lw_walk_chunk(__u32 slot)
{
	for (int i = 0; i < LW_WALK_CHUNK; i++) {
		int state = lw_walk_step(slot);

		if (state != LW_WALK_MORE)
			return state;
	}
	return LW_WALK_MORE;
}

/* The whole walk. Return: LW_WALK_DONE or LW_WALK_TOO_LONG. */
__weak int lw_walk(__u32 slot)
{
	for (int i = 0; i < LW_WALK_CHUNKS; i++) {
		int state = lw_walk_chunk(slot);

		if (state != LW_WALK_MORE)
			return state;
	}
	return LW_WALK_TOO_LONG;
}

/* Feeds text[off .. end) to the automaton, LW_DFA_CHUNK bytes at most. Return: 1 to stop. */
__weak int lw_dfa_chunk(__u32 slot, __u32 profile, __u32 in_data, __u32 off, __u32 end)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	void *inner = bpf_map_lookup_elem(&lw_images, &profile);
	struct lw_image *img;
	__u32 zero = 0, state;
	const char *text;

	if (!s || !inner)
		return 1;
	img = bpf_map_lookup_elem(inner, &zero);
	if (!img)
		return 1;
	state = s->state;
	/* Both texts have LW_DFA_CHUNK bytes of scratch behind them: the loop needs no mask. */
	text = in_data ? &s->data[off & (LW_DATA_MAX - 1)] : &s->path[off & (LW_PATH_BUF - 1)];
	for (__u32 i = 0; i < LW_DFA_CHUNK; i++) {
		if (off + i >= end)
			break;
		state = lw_dfa_next(img, state, text[i]);
	}
	s->state = state;
	return 0;
}

/* The whole text. */
__weak int lw_dfa(__u32 slot, __u32 profile, __u32 in_data, __u32 off, __u32 end)
{
	for (__u32 i = 0; i < LW_DFA_CHUNKS && off < end; i++) {
		if (lw_dfa_chunk(slot, profile, in_data, off, end))
			return 1;
		off += LW_DFA_CHUNK;
	}
	return 0;
}

/* Ends one component of a name: drops "" and ".", goes back one for "..". */
static __always_inline void lw_join_end(struct lw_scratch *s)
{
	__u32 len = s->out - s->comp;
	char a = s->data[(s->comp + 1) & (LW_DATA_MAX - 1)];
	char b = s->data[(s->comp + 2) & (LW_DATA_MAX - 1)];

	if (len <= 1 || (len == 2 && a == '.')) {
		s->out = s->comp;
	} else if (len == 3 && a == '.' && b == '.') {
		if (s->depth > s->floor) {
			s->depth--;
			s->comp = s->stack[lw_mask(s->depth, LW_JOIN_DEPTH)] + s->join;
		}
		s->out = s->comp;
		if (s->out < s->low)
			s->low = s->out;
	} else {
		s->stack[lw_mask(s->depth, LW_JOIN_DEPTH)] = s->comp - s->join;
		s->depth++;
		s->comp = s->out;
	}
}

/* One byte of a name. Return: 1 when the name is too long or too deep. */
static __noinline int lw_join_byte(struct lw_scratch *s, char c)
{
	if (s->out - s->join >= LW_PATH_BUF - 2 || s->depth >= LW_JOIN_DEPTH)
		return 1;
	/* A component is kept as "/name"; one that starts without a '/' gets it. */
	if (c == '/') {
		if (s->out > s->comp)
			lw_join_end(s);
		s->data[s->out & (LW_DATA_MAX - 1)] = '/';
		s->out++;
		return 0;
	}
	if (s->out == s->comp) {
		s->data[s->out & (LW_DATA_MAX - 1)] = '/';
		s->out++;
	}
	s->data[s->out & (LW_DATA_MAX - 1)] = c;
	s->out++;
	return 0;
}

/*
 * Appends text[off .. end) to the name in data[join ..], component by component ("/name" each).
 * An empty text ends the base or the name. Return: 1 when it is too long or too deep.
 */
__weak int lw_join_chunk(__u32 slot, __u32 in_data, __u32 off, __u32 end)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	if (off == end) {
		lw_join_end(s);
		if (s->out == s->join) {
			s->data[s->out & (LW_DATA_MAX - 1)] = '/';
			s->out++;
		}
		return 0;
	}
	for (__u32 i = 0; i < LW_JOIN_CHUNK; i++) {
		__u32 at = off + i;
		char c;

		if (at >= end)
			break;
		c = in_data ? s->data[at & (LW_DATA_MAX - 1)] : s->path[at & (LW_PATH_BUF - 1)];
		if (lw_join_byte(s, c))
			return 1;
	}
	return 0;
}

/* Appends a whole text to the name under way, and ends its last component. */
__weak int lw_join(__u32 slot, __u32 in_data, __u32 off, __u32 end)
{
	for (__u32 i = 0; i < LW_PATH_BUF / LW_JOIN_CHUNK && off < end; i++) {
		if (lw_join_chunk(slot, in_data, off, end))
			return 1;
		off += LW_JOIN_CHUNK;
	}
	return lw_join_chunk(slot, in_data, 0, 0);
}

__weak int lw_list_part(__u32 slot, __u32 profile, __u32 list)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	void *inner = bpf_map_lookup_elem(&lw_images, &profile);
	struct lw_image *img;
	__u32 zero = 0;

	if (!s || !inner)
		return LW_RULE_NONE;
	img = bpf_map_lookup_elem(inner, &zero);
	return img ? lw_list_chunk(img, list, &s->q) : LW_RULE_NONE;
}

/* lw_list_first() with the query in the scratch. Return: rule index or LW_RULE_NONE. */
__weak int lw_list_rule(__u32 slot, __u32 profile, __u32 list)
{
	for (__u32 i = 0; i < LW_LIST_LEN_MAX; i += LW_LIST_CHUNK) {
		int r = lw_list_part(slot, profile, list + i);

		if (r != LW_RULE_MORE)
			return r;
	}
	return LW_RULE_NONE;
}

/* An open file, into the scratch. Return: 1 when there is none. */
__weak int lw_file_take(__u32 slot, __u64 file)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s || !file)
		return 1;
	s->f_dentry = lw_f_dentry(file);
	s->f_mnt = lw_f_mnt(file);
	s->f_inode = lw_d_inode(s->f_dentry);
	s->below = lw_overlay_data(file, s->f_inode);
	s->over = s->below ? s->f_dentry : 0;
	s->f_flags = lw_f_flags(file);
	s->f_proc = lw_s_magic(lw_d_sb(s->f_dentry)) == PROC_SUPER_MAGIC;
	if (lw_f_mode(file) & FMODE_CREATED)
		s->ev.flags |= LW_EVF_CREATED;
	return 0;
}

/* The same for the one behind a descriptor of the current task. */
__weak int lw_file_load(__u32 slot, __s32 fd)
{
	return lw_file_take(slot, lw_fd_file(lw_current(), fd));
}

/* What a record says of the file that lw_file_load() has found. */
__weak int lw_file_details(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_ev_file *f;

	if (!s)
		return 1;
	f = &s->ev.file;
	f->ino = lw_i_ino(s->f_inode);
	f->dev = lw_s_dev(lw_d_sb(s->f_dentry));
	f->mode = lw_i_mode(s->f_inode);
	f->size = lw_i_size(s->f_inode);
	f->nlink = lw_i_nlink(s->f_inode);
	if (!lw_d_hashed(s->f_dentry))
		s->ev.flags |= LW_EVF_DELETED;
	return 0;
}
