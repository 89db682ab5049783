// SPDX-License-Identifier: Apache-2.0
/*
 * Globs over resolved paths. `*` and `?` stay within a component and a component is never empty,
 * `**` crosses components, `[...]` is one byte but never '/', `{a,b}` nests, '\' takes the next
 * byte as it is. Bytes, not characters: a path is any bytes.
 */
#include <errno.h>
#include <string.h>

#include "lw_limits.h"
#include "policy/nfa.h"

enum token_type {
	T_BYTE,	 /* a byte set */
	T_STAR,	 /* `*` within a component: any number of bytes */
	T_STAR1, /* the whole component: at least one */
	T_ANY,	 /* `**`: any number of bytes */
	T_TAIL,	 /* `**` as the last component: at least one, and the glob ends */
	T_DIRS,	 /* `**` and its '/': any number of whole components */
	T_OPEN,
	T_COMMA,
	T_CLOSE,
};

struct token {
	__u8 type;
	__u8 byte;
	bool is_class;
	struct lw_set class;
};

/* A leading `**` component adds the root's '/'. */
#define TOKENS_MAX (LW_GLOB_MAX + 2)

struct tokens {
	struct token t[TOKENS_MAX];
	size_t n;
	struct lw_glob_error error;
};

static const char *bad(struct tokens *ts, const char *message, const char *hint)
{
	ts->error = (struct lw_glob_error){ message, hint };
	return NULL;
}

/* One end of a range; the backslash is as everywhere. */
static const char *class_byte(struct tokens *ts, const char *p, unsigned char *ret)
{
	static const char no_end[] = "`[` without its `]`";

	if (*p == '\\')
		p++;
	if (!*p)
		return bad(ts, no_end, "write \\[ for a bracket in a name");
	if (*p == '/')
		return bad(ts, "`/` within `[...]`", "a bracket stands for one byte of a name");
	*ret = *p;
	return p + 1;
}

/* @p: behind the `[`. */
static const char *read_class(struct tokens *ts, const char *p, struct token *t)
{
	bool negate = *p == '!' || *p == '^', first = true;

	p += negate;
	t->type = T_BYTE;
	t->is_class = true;
	while (*p != ']' || first) {
		unsigned char lo, hi;

		first = false;
		p = class_byte(ts, p, &lo);
		if (!p)
			return NULL;
		hi = lo;
		if (p[0] == '-' && p[1] && p[1] != ']') {
			p = class_byte(ts, p + 1, &hi);
			if (!p)
				return NULL;
		}
		if (lo > hi)
			return bad(ts, "a range that runs backwards",
				   "write the smaller end first");
		for (unsigned int c = lo; c <= hi; c++)
			if (c != '/')
				lw_set_add(&t->class, c);
	}
	if (negate) {
		for (int i = 0; i < 4; i++)
			t->class.bits[i] = ~t->class.bits[i];
		t->class.bits['/' >> 6] &= ~(1ULL << ('/' & 63));
	}
	return p + 1;
}

static struct token *push(struct tokens *ts, enum token_type type)
{
	struct token *t = &ts->t[ts->n++];

	*t = (struct token){ .type = type };
	return t;
}

/* @p: at a `*`; @start: at the start of a component. */
static const char *read_stars(struct tokens *ts, const char *p, bool start)
{
	size_t n = strspn(p, "*");
	const char *end = p + n;

	if (n > 2)
		return bad(ts, "more than two `*` in a row", "`**` crosses directories already");
	if (n == 1) {
		push(ts, start && (!*end || *end == '/') ? T_STAR1 : T_STAR);
	} else if (start && *end == '/') {
		if (!ts->n)
			push(ts, T_BYTE)->byte = '/';
		push(ts, T_DIRS);
		end++;
	} else {
		push(ts, start && !*end && ts->n ? T_TAIL : T_ANY);
	}
	return end;
}

static const char *read_token(struct tokens *ts, const char *p, bool *start, bool *stack,
			      size_t *depth)
{
	bool at_start = *start;

	*start = false;
	switch (*p) {
	case '*':
		p = read_stars(ts, p, at_start);
		*start = p && p[-1] == '/';
		return p;
	case '?':
		push(ts, T_BYTE)->is_class = true;
		memset(&ts->t[ts->n - 1].class, 0xff, sizeof(struct lw_set));
		ts->t[ts->n - 1].class.bits['/' >> 6] &= ~(1ULL << ('/' & 63));
		return p + 1;
	case '[':
		return read_class(ts, p + 1, push(ts, T_BYTE));
	case '{':
		stack[(*depth)++] = *start = at_start;
		push(ts, T_OPEN);
		return p + 1;
	case ',':
	case '}':
		if (!*depth && *p == '}')
			return bad(ts, "`}` without its `{`", "write \\} for a brace in a name");
		if (*depth) {
			*start = *p == ',' && stack[*depth - 1];
			*depth -= *p == '}';
			push(ts, *p == ',' ? T_COMMA : T_CLOSE);
			return p + 1;
		}
		break;
	case '\\':
		p++;
		if (!*p)
			return bad(ts, "a backslash at the end", "write \\\\ for a backslash");
		break;
	}
	push(ts, T_BYTE)->byte = *p;
	*start = *p == '/';
	return p + 1;
}

static int tokenize(struct tokens *ts, const char *p)
{
	bool stack[TOKENS_MAX], start = true;
	size_t depth = 0;

	ts->n = 0;
	while (*p) {
		p = read_token(ts, p, &start, stack, &depth);
		if (!p)
			return -EINVAL;
	}
	if (depth) {
		bad(ts, "`{` without its `}`", "write \\{ for a brace in a name");
		return -EINVAL;
	}
	return 0;
}

/* Every alternative of a leading brace must start as a glob must: at the root. */
static bool starts_at_root(const struct tokens *ts)
{
	size_t depth = 0;
	bool first = true;

	for (size_t i = 0; i < ts->n; i++) {
		const struct token *t = &ts->t[i];

		if (t->type == T_OPEN) {
			depth++;
			continue;
		}
		if (first && (t->type != T_BYTE || t->is_class || t->byte != '/'))
			return false;
		first = t->type == T_COMMA;
		if (t->type == T_CLOSE && !--depth)
			return true;
	}
	return true;
}

static bool has_dot_component(const char *p)
{
	for (; (p = strchr(p, '/')); p++) {
		size_t n = strcspn(p + 1, "/{},*?[\\");

		if (p[1] == '/' || ((n == 1 || n == 2) && strncmp(p + 1, "..", n) == 0 &&
				    (!p[n + 1] || p[n + 1] == '/')))
			return true;
	}
	return false;
}

int lw_glob_check(const char *text, struct lw_glob_error *ret_error)
{
	static const char root[] = "start it with /, ~/, **/, memfd: or @ (abstract socket)";
	struct tokens ts;
	const char *p = text;

	if (strlen(text) > LW_GLOB_MAX) {
		*ret_error = (struct lw_glob_error){ "longer than 1024 bytes", NULL };
		return -EINVAL;
	}
	if (*p == '~') {
		p++;
		if (*p && *p != '/') {
			*ret_error = (struct lw_glob_error){
				"`~` stands for every home and needs a `/` behind it",
				"write \"~/...\", or the home of one user in full"
			};
			return -EINVAL;
		}
		if (!*p)
			return 0;
	} else if (*p != '/' && *p != '@' && *p != '{' && strncmp(p, "**", 2) != 0 &&
		   strncmp(p, "memfd:", 6) != 0) {
		*ret_error = (struct lw_glob_error){ "this path is not absolute", root };
		return -EINVAL;
	}
	ts.error = (struct lw_glob_error){ "this path is not absolute", root };
	if (tokenize(&ts, p) || (*p == '{' && !starts_at_root(&ts))) {
		*ret_error = ts.error;
		return -EINVAL;
	}
	if (*p != '@' && has_dot_component(p)) {
		*ret_error = (struct lw_glob_error){
			"an empty, `.` or `..` component: no resolved path has one",
			"write the path as the kernel sees it"
		};
		return -EINVAL;
	}
	if ((p[1] || *text == '~') && p[strlen(p) - 1] == '/' && *p != '@') {
		*ret_error = (struct lw_glob_error){ "no resolved path ends in `/`",
						     "write `/**` for all that lies below" };
		return -EINVAL;
	}
	return 0;
}

/* Where the alternatives of an open brace lead to. */
struct brace {
	__u32 next, alts;
};

struct builder {
	struct lw_nfa *nfa;
	struct lw_nfa_node proto;
	bool failed;
};

static __u32 add(struct builder *b, enum lw_nfa_type type, __u32 set, __u32 next, __u32 other)
{
	struct lw_nfa_node node = b->proto;
	__u32 i;

	node.type = type;
	node.set = set;
	node.next = next;
	node.other = other;
	i = lw_nfa_add(b->nfa, node);
	if (i == LW_NFA_NONE)
		b->failed = true;
	return i;
}

/* Any number of bytes of @set, then @next. Return: the SPLIT; its `next` is the BYTE. */
static __u32 add_loop(struct builder *b, __u32 set, __u32 next)
{
	__u32 byte = add(b, LW_NFA_BYTE, set, LW_NFA_NONE, 0);
	__u32 split = add(b, LW_NFA_SPLIT, 0, byte, next);

	if (!b->failed)
		b->nfa->nodes[byte].next = split;
	return split;
}

static __u32 add_byte(struct builder *b, const struct token *t, __u32 next)
{
	int set = t->byte;

	if (t->is_class)
		set = lw_nfa_set(b->nfa, &t->class);
	if (set < 0) {
		b->failed = true;
		return LW_NFA_NONE;
	}
	return add(b, LW_NFA_BYTE, set, next, 0);
}

/* The nodes that the globs of a rule share belong to none of them. */
static __u32 shared_end(struct builder *b, struct lw_glob_end *end, bool tail)
{
	__u32 glob = b->proto.glob;

	b->proto.glob = LW_NFA_NONE;
	if (end->node == LW_NFA_NONE)
		end->node = add(b, LW_NFA_ACCEPT, 0, LW_NFA_NONE, 0);
	if (tail && end->tail == LW_NFA_NONE && !b->failed) {
		__u32 loop = add_loop(b, LW_SET_ANY, end->node);

		if (!b->failed) {
			end->tail = b->nfa->nodes[loop].next;
			b->nfa->nodes[end->tail].tail = true;
		}
	}
	b->proto.glob = glob;
	return tail ? end->tail : end->node;
}

/* A `**` that nothing follows: after it any bytes match, so that all of a rule are one. */
static __u32 add_last(struct builder *b, const struct token *t, struct lw_glob_end *end)
{
	__u32 tail = shared_end(b, end, true);

	return t->type == T_TAIL ? tail : add(b, LW_NFA_SPLIT, 0, tail, end->node);
}

static __u32 add_token(struct builder *b, const struct token *t, __u32 next)
{
	__u32 loop;

	switch (t->type) {
	case T_STAR:
		return add_loop(b, LW_SET_COMPONENT, next);
	case T_STAR1:
		loop = add_loop(b, LW_SET_COMPONENT, next);
		return b->failed ? loop : b->nfa->nodes[loop].next;
	case T_ANY:
		return add_loop(b, LW_SET_ANY, next);
	case T_DIRS:
		loop = add_loop(b, LW_SET_ANY, add(b, LW_NFA_BYTE, '/', next, 0));
		return add(b, LW_NFA_SPLIT, 0, loop, next);
	default:
		return add_byte(b, t, next);
	}
}

int lw_glob_build(struct lw_nfa *nfa, const char *text, struct lw_nfa_node proto,
		  struct lw_glob_end *end, __u32 *ret_entry)
{
	struct builder b = { .nfa = nfa, .proto = proto };
	struct brace open[TOKENS_MAX];
	struct tokens ts;
	size_t depth = 0, n;
	__u32 cur;

	if (strlen(text) > LW_GLOB_MAX || tokenize(&ts, text))
		return -EINVAL;
	n = ts.n;
	if (n && (ts.t[n - 1].type == T_TAIL || ts.t[n - 1].type == T_ANY))
		cur = add_last(&b, &ts.t[--n], end);
	else
		cur = shared_end(&b, end, false);
	for (size_t i = n; i-- && !b.failed;) {
		switch (ts.t[i].type) {
		case T_CLOSE:
			open[depth++] = (struct brace){ .next = cur, .alts = LW_NFA_NONE };
			break;
		case T_COMMA:
		case T_OPEN:
			if (open[depth - 1].alts != LW_NFA_NONE)
				cur = add(&b, LW_NFA_SPLIT, 0, cur, open[depth - 1].alts);
			open[depth - 1].alts = cur;
			if (ts.t[i].type == T_COMMA)
				cur = open[depth - 1].next;
			else
				depth--;
			break;
		default:
			cur = add_token(&b, &ts.t[i], cur);
		}
	}
	*ret_entry = cur;
	return b.failed ? -E2BIG : 0;
}
