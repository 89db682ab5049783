// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "decode/names.h"
#include "forensic/record.h"
#include "lw_image.h"

static const struct {
	uint32_t bit;
	const char *word;
} accesses[] = {
	{ LW_ACC_READ, "read" },      { LW_ACC_WRITE, "write" }, { LW_ACC_CREATE, "create" },
	{ LW_ACC_TRUNC, "truncate" }, { LW_ACC_PATH, "path" },
};

static const char *type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "symlink";
	case S_IFCHR:
		return "character";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	default:
		return "unknown"; /* anon_inode and the like */
	}
}

static void write_text(struct lw_jw *w, const char *key, size_t klen, const char *s, size_t len)
{
	lw_jw_raw(w, key, klen, s, len);
}

static void write_device(struct lw_jw *w, uint32_t dev)
{
	char buf[32], *p = buf;

	*p++ = '"';
	p = lw_fmt_u64(p, dev >> 20);
	*p++ = ':';
	p = lw_fmt_u64(p, dev & 0xfffff);
	*p++ = '"';
	write_text(w, LW_K("device"), buf, p - buf);
}

static void write_mode(struct lw_jw *w, uint32_t mode)
{
	char buf[6] = { '"',
			'0' + (mode >> 9 & 7),
			'0' + (mode >> 6 & 7),
			'0' + (mode >> 3 & 7),
			'0' + (mode & 7),
			'"' };

	write_text(w, LW_K("mode"), buf, sizeof(buf));
}

static void write_quoted_u64(struct lw_jw *w, const char *key, size_t klen, uint64_t value)
{
	char buf[24], *p = buf;

	*p++ = '"';
	p = lw_fmt_u64(p, value);
	*p++ = '"';
	write_text(w, key, klen, buf, p - buf);
}

static void write_inode(struct lw_jw *w, const struct lw_ev_file *f)
{
	write_quoted_u64(w, LW_K("inode"), f->ino);
	write_device(w, f->dev);
	lw_jw_cstr(w, LW_K("type"), type_of(f->mode));
	write_mode(w, f->mode);
	lw_jw_u64(w, LW_K("size"), f->size);
	if (f->nlink != 1)
		lw_jw_u64(w, LW_K("links"), f->nlink);
}

static void write_access(struct lw_jw *w, uint32_t access)
{
	lw_jw_arr(w, LW_K("access"));
	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		if (access & accesses[i].bit)
			lw_jw_cstr(w, LW_NOKEY, accesses[i].word);
	}
	lw_jw_end(w);
}

/* The second object of a change: a new name, or what a link leads to. */
static void write_target(struct lw_record *r, struct lw_jw *w)
{
	struct lw_span target = lw_ev_str(r->ev, LW_STR_TARGET);

	if (target.len)
		lw_jw_bytes(w, LW_K("target_path"), target.s, target.len);
}

/* What should be there and could not be learned. Not each call names a file. */
static void miss_paths(struct lw_record *r)
{
	const struct lw_ev *ev = r->ev;
	bool may_lack = lw_ev_is_call(ev) && !lw_ev_is_change(ev);

	if (!ev->str[LW_STR_PATH].len && (!may_lack || ev->flags & LW_EVF_NO_PATH))
		r->missing |= LW_MISS_PATH;
	if (!ev->str[LW_STR_NAME].len && ev->flags & LW_EVF_NO_NAME)
		r->missing |= LW_MISS_RAW;
}

static void write_paths(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	struct lw_span path = lw_ev_str(ev, LW_STR_PATH), name = lw_ev_str(ev, LW_STR_NAME);

	miss_paths(r);
	if (path.len)
		lw_jw_bytes(w, LW_K("path"), path.s, path.len);
	if (path.len && ev->flags & LW_EVF_PATH_IS_NAME)
		lw_jw_bool(w, LW_K("path_unverified"), true);
	if (name.len)
		lw_jw_bytes(w, LW_K("path_raw"), name.s, name.len);
}

/* Calls name files too: what is changed, mapped, mounted on. */
static void write_call_file(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_str *str = r->ev->str;

	if (!str[LW_STR_PATH].len && !str[LW_STR_NAME].len && !str[LW_STR_TARGET].len) {
		miss_paths(r);
		return;
	}
	lw_jw_obj(w, LW_K("file"));
	write_paths(r, w);
	write_target(r, w);
	lw_jw_end(w);
}

void lw_record_file(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	const struct lw_ev_file *f = &ev->file;
	bool evidence = ev->kind == LW_LOADER_START && ev->why == LW_WHY_EVIDENCE;

	if (lw_ev_is_call(ev)) {
		write_call_file(r, w);
		return;
	}
	if (!lw_ev_is_file(ev) && !evidence)
		return;
	lw_jw_obj(w, LW_K("file"));
	write_paths(r, w);
	if (!evidence && f->mode)
		write_inode(w, f);
	if (ev->kind == LW_FILE_OPEN)
		write_access(w, f->access);
	if (ev->flags & LW_EVF_CREATED)
		lw_jw_bool(w, LW_K("created"), true);
	if (ev->flags & LW_EVF_DELETED)
		lw_jw_bool(w, LW_K("deleted"), true);
	if (ev->flags & LW_EVF_SHARED_FILES)
		lw_jw_bool(w, LW_K("descriptor_shared"), true);
	lw_jw_end(w);
}

static bool has_ip(const struct lw_ev_net *n)
{
	return n->family == AF_INET || n->family == AF_INET6;
}

static bool is_v4(const struct lw_ev *ev)
{
	return ev->net.family == AF_INET || ev->flags & LW_EVF_V4MAPPED;
}

static const char *ip_text(const struct lw_ev *ev, char buf[static INET6_ADDRSTRLEN])
{
	/* Neither length nor family can be wrong here, so it cannot fail. */
	inet_ntop(is_v4(ev) ? AF_INET : AF_INET6, ev->net.addr, buf, INET6_ADDRSTRLEN);
	return buf;
}

static void write_endpoint(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;
	struct lw_span name = lw_ev_str(ev, LW_STR_NAME);
	char ip[INET6_ADDRSTRLEN];

	if (ev->kind == LW_NET_SOCKET || (!has_ip(&ev->net) && ev->net.family != AF_UNIX))
		return;
	if (ev->kind == LW_NET_CONNECT || ev->kind == LW_NET_SEND || lw_ev_is_dns(ev))
		lw_jw_obj(w, LW_K("destination"));
	else
		lw_jw_obj(w, LW_K("source"));
	if (has_ip(&ev->net)) {
		lw_jw_cstr(w, LW_K("ip"), ip_text(ev, ip));
		lw_jw_u64(w, LW_K("port"), ev->net.port);
		/* The host whose name has led here, where a rule names it. */
		if (name.len && !lw_ev_is_dns(ev))
			lw_jw_bytes(w, LW_K("domain"), name.s, name.len);
	} else {
		write_paths(r, w);
	}
	lw_jw_end(w);
}

static void write_net_type(struct lw_jw *w, const struct lw_ev *ev)
{
	char other[16];

	switch (ev->net.family) {
	case AF_INET:
	case AF_INET6:
		lw_jw_cstr(w, LW_K("type"), is_v4(ev) ? "ipv4" : "ipv6");
		return;
	case AF_UNIX:
		lw_jw_cstr(w, LW_K("type"), "unix");
		return;
	case AF_PACKET:
		lw_jw_cstr(w, LW_K("type"), "packet");
		return;
	case AF_NETLINK:
		lw_jw_cstr(w, LW_K("type"), "netlink");
		return;
	case AF_VSOCK:
		lw_jw_cstr(w, LW_K("type"), "vsock");
		return;
	default:
		snprintf(other, sizeof(other), "af-%u", ev->net.family);
		lw_jw_cstr(w, LW_K("type"), other);
	}
}

void lw_record_net(struct lw_record *r, struct lw_jw *w)
{
	const struct lw_ev *ev = r->ev;

	if (!lw_ev_is_net(ev) && !lw_ev_is_dns(ev))
		return;
	write_endpoint(r, w);
	lw_jw_obj(w, LW_K("network"));
	lw_jw_cstr(w, LW_K("transport"), lw_proto_name(ev->net.proto));
	if (lw_ev_is_dns(ev))
		lw_jw_cstr(w, LW_K("protocol"), "dns");
	write_net_type(w, ev);
	if (ev->net.protocol)
		write_quoted_u64(w, LW_K("iana_number"), ev->net.protocol);
	if (ev->flags & LW_EVF_V4MAPPED)
		lw_jw_bool(w, LW_K("v4_mapped"), true);
	lw_jw_end(w);
}

struct lw_span lw_record_object(const struct lw_ev *ev, char buf[static 64])
{
	struct lw_span path = lw_ev_str(ev, LW_STR_PATH);
	char ip[INET6_ADDRSTRLEN];
	int n;

	if (!path.len)
		path = lw_ev_str(ev, LW_STR_NAME);
	if (!lw_ev_is_net(ev) || (path.len && !has_ip(&ev->net)))
		return path;
	if (ev->kind == LW_NET_SOCKET || !has_ip(&ev->net))
		n = snprintf(buf, 64, "%s socket", lw_proto_name(ev->net.proto));
	else
		n = snprintf(buf, 64, is_v4(ev) ? "%s:%u" : "[%s]:%u", ip_text(ev, ip),
			     ev->net.port);
	return (struct lw_span){ buf, n };
}
