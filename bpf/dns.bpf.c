// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets of sockets that are marked: questions on their way out, which are judged and can be
 * stopped there, and answers on their way in, before they are queued to the socket. What is read
 * lies in the scratch (struct lw_dns_run); the messages are read by include/lw_dns.h.
 */
#include "dns.bpf.h"
#include "verdict.bpf.h"
#include <bpf/bpf_endian.h>

#define IPPROTO_TCP  6
#define IPPROTO_UDP  17
#define MINUTE_NS    60000000000ULL
#define LW_DNS_STEPS (2 * LW_DNS_PIECE) /* a byte, or what is passed over behind it */

/* The rules with `domain` in a list, into s->names. */
__weak int lw_names_mask(__u32 slot, __u32 profile, __u32 list)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	void *inner = bpf_map_lookup_elem(&lw_images, &profile);
	const struct lw_image *img;
	__u32 zero = 0;
	__u64 names = 0;

	if (!s || !inner)
		return 1;
	s->names = 0;
	img = bpf_map_lookup_elem(inner, &zero);
	if (!img)
		return 1;
	for (__u32 i = 0; list && i < LW_LIST_CHUNKS; i++)
		if (!lw_list_names(img, list + i * LW_LIST_CHUNK, &names))
			break;
	s->names = names;
	return 0;
}

/* The work of lw_names_of(). */
__weak int lw_names_find(__u32 slot, __u32 profile, __u64 tag, __u64 netns)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img = lw_image_get(profile);
	struct lw_addr_key key;
	struct lw_addr_name *n;

	if (!s || !img)
		return 1;
	lw_addr_of(&key, tag, netns, s->ev.net.family == AF_INET6);
	__builtin_memcpy(key.addr, s->ev.net.addr, sizeof(key.addr));
	n = bpf_map_lookup_elem(&lw_names, &key);
	if (!n)
		return 1;
	lw_host_attach(s, n->name, n->len);
	if (n->gen != img->hdr.gen) {
		lw_names_mask(slot, profile, lw_host_list(s, slot, img, profile));
		n->mask = s->names;
		n->gen = img->hdr.gen;
	}
	s->names = n->mask;
	return 0;
}

/* How many different names in this minute, about: by a hash, so two may count as one. */
static __always_inline int lw_dns_many(__u64 tag, __u32 hash)
{
	__u64 now = bpf_ktime_get_boot_ns() / MINUTE_NS, bit = 1ULL << (hash & 63);
	struct lw_dns_rate *r = bpf_map_lookup_elem(&lw_dns_rates, &tag);
	struct lw_dns_rate fresh = { .minute = now };
	__u64 *word;

	if (!r || r->minute != now) {
		bpf_map_update_elem(&lw_dns_rates, &tag, &fresh, BPF_ANY);
		r = bpf_map_lookup_elem(&lw_dns_rates, &tag);
		if (!r)
			return 0;
	}
	word = &r->seen[hash >> 6 & 7];
	if (!(*word & bit)) {
		*word |= bit;
		r->n++;
	}
	return r->n > LW_DNS_NAMES_MINUTE;
}

static __always_inline void lw_dns_fill(struct lw_scratch *s, __u32 kind)
{
	const struct lw_dns *d = &s->run.dns;
	struct lw_ev_dns *e = &s->ev.dns;

	s->ev.kind = kind;
	s->ev.cpu = bpf_get_smp_processor_id();
	s->ev.ts = bpf_ktime_get_boot_ns();
	e->net = s->run.server;
	e->id = d->id;
	e->type = d->qtype;
	e->flags = d->flags;
	e->bits = d->bits;
	e->answers = d->ancount;
}

/* A question: is it one that may be asked? */
static __always_inline void lw_dns_query(struct lw_scratch *s, __u32 slot, struct lw_tag *tag,
					 const struct lw_image *img)
{
	struct lw_power power = { LW_BE_CGROUP, 1, LW_OUT_DENIED };
	struct task_struct *task = lw_current();
	struct lw_dns_run *r = &s->run;
	struct lw_dns *d = &r->dns;
	struct lw_verdict v;

	if (d->named && lw_dns_many(r->tag, d->hash))
		d->bits |= LW_DNS_MANY;
	/* An answer that a loader sends is none of ours. */
	if (lw_dns_is_answer(d))
		d->bits |= LW_DNS_ODD;
	r->fresh[lw_mask(r->n_new, LW_DNS_ASKED)] = lw_dns_key(d);
	r->n_new++;
	s->q = (struct lw_query){ .kind = LW_DNS_QUERY,
				  .access = d->bits,
				  .proto = r->server.proto,
				  .phase = tag->phase,
				  .names = ~0ULL };
	if (d->named)
		v = lw_match_list(s, slot, img, tag->profile,
				  lw_host_list(s, slot, img, tag->profile));
	else
		v = lw_match_any(s, slot, img, tag->profile);
	if (v.action < LW_ALERT && !v.record)
		return;
	if (r->own)
		lw_event_init(s, task, tag, LW_DNS_QUERY);
	lw_dns_fill(s, LW_DNS_QUERY);
	if (!r->own)
		s->ev.py_state = LW_PY_ELSEWHERE;
	if (lw_enforce(s, tag, img, v, 0, power)) {
		r->drop = 1;
		r->kill |= v.action >= LW_KILL;
	}
	if (r->own)
		lw_report(s, slot, task, v);
	else
		lw_event_submit(s, s->ev.flags & LW_EVF_VIOLATION);
}

/* Has this socket asked for it? */
__weak int lw_dns_asked(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	__u32 key;

	if (!s)
		return 0;
	key = lw_dns_key(&s->run.dns);
	for (__u32 i = 0; i < LW_DNS_ASKED; i++)
		if (s->run.asked[i] == key)
			return 1;
	return 0;
}

/* From now on the addresses of an answer are those of its name. */
__weak int lw_dns_learn(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	struct lw_dns_run *r;
	__u64 mask;
	__u32 n;

	if (!s)
		return 1;
	r = &s->run;
	n = r->dns.n;
	mask = s->names;
	for (__u32 i = 0; i < LW_DNS_ANSWERS; i++) {
		const struct lw_dns_answer *a = &r->dns.answers[i];
		struct lw_addr_key key;
		struct lw_addr_name *old;

		if (i >= n)
			break;
		lw_addr_of(&key, r->tag, r->netns, a->type == LW_DNS_AAAA);
		__builtin_memcpy(key.addr, a->addr, sizeof(key.addr));
		old = bpf_map_lookup_elem(&lw_names, &key);
		/* Of all names that an address has had, each may be the one that is meant. */
		r->name.mask = mask | (old && old->gen == r->name.gen ? old->mask : 0);
		bpf_map_update_elem(&lw_names, &key, &r->name, BPF_ANY);
	}
	return 0;
}

/* An answer: whom does it name? */
static __always_inline void lw_dns_reply(struct lw_scratch *s, __u32 slot, struct lw_tag *tag,
					 const struct lw_image *img)
{
	struct lw_dns_run *r = &s->run;
	struct lw_dns *d = &r->dns;
	__u32 off, len;

	if (!r->foreign && lw_dns_usable(d) && img->hdr.ndomains && lw_dns_asked(slot)) {
		lw_names_mask(slot, tag->profile, lw_host_list(s, slot, img, tag->profile));
		if (s->names) {
			r->name.gen = img->hdr.gen;
			r->name.len = d->name_len;
			__builtin_memcpy(r->name.name, d->name, sizeof(r->name.name));
			lw_dns_learn(slot);
		}
	}
	if (!img->hdr.default_record[LW_DNS_ANSWER])
		return;
	off = s->used;
	len = d->n * sizeof(d->answers[0]);
	if (off < LW_DATA_MAX - LW_PATH_MAX && len && len <= sizeof(d->answers) &&
	    !bpf_probe_read_kernel(&s->data[off], len, d->answers)) {
		s->ev.str[LW_STR_TARGET].off = off;
		s->ev.str[LW_STR_TARGET].len = len;
		s->used = off + len;
	}
	lw_dns_fill(s, LW_DNS_ANSWER);
	s->ev.phase = tag->phase;
	s->ev.gen = img->hdr.gen;
	lw_event_submit(s, 0);
}

/* A message has ended: s->run.dns. */
__weak int lw_dns_message(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);
	const struct lw_image *img;
	struct lw_tag *tag;

	if (!s)
		return 1;
	tag = bpf_map_lookup_elem(&lw_tags, &s->run.tag);
	img = tag ? lw_image_get(tag->profile) : NULL;
	if (!img)
		return 1;
	lw_scratch_clear(s);
	bpf_probe_read_kernel(&s->ev, sizeof(s->ev), &s->run.who);
	lw_host_attach(s, s->run.dns.name, s->run.dns.name_len);
	if (s->run.foreign)
		s->run.dns.bits |= LW_DNS_FOREIGN;
	if (s->run.in)
		lw_dns_reply(s, slot, tag, img);
	else
		lw_dns_query(s, slot, tag, img);
	return 0;
}

/* Reads one byte; by itself, so that the verifier sees its cases once. Return: 1 to stop. */
__weak int lw_dns_one(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s || s->run.at >= s->run.end || s->run.dns.done)
		return 1;
	s->run.at =
		lw_dns_step(&s->run.dns, s->run.packet, LW_DNS_PIECE - 1, s->run.at, s->run.end);
	return 0;
}

/* Reads on until the message or the piece ends. */
__weak int lw_dns_read(__u32 slot)
{
	for (__u32 i = 0; i < LW_DNS_STEPS; i++)
		if (lw_dns_one(slot))
			break;
	return 0;
}

/* The next message of the packet. Return: 1 when there is none. */
static __always_inline int lw_dns_another(struct lw_dns_run *r)
{
	__u32 n = r->left;

	if (r->stream) {
		/* Where the next one would begin is not known any more. */
		r->lost = r->dns.bits & LW_DNS_MALFORMED;
		if (!r->lost)
			lw_dns_begin(&r->dns, 0, 1);
		return r->lost;
	}
	if (!n)
		return 1;
	if (r->segment && n > r->segment)
		n = r->segment;
	r->left -= n;
	lw_dns_begin(&r->dns, n, 0);
	return 0;
}

/* Reads run.packet[0 .. run.end). */
__weak int lw_dns_piece(__u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	for (__u32 i = 0; i < LW_DNS_MESSAGES; i++) {
		lw_dns_read(slot);
		if (!s->run.dns.done)
			return 0;
		lw_dns_message(slot);
		if (lw_dns_another(&s->run))
			return 0;
	}
	s->run.lost = 1;
	return 0;
}

/* The next piece of the packet. Return: 1 when there is none. */
static __noinline int lw_dns_load(struct __sk_buff *skb, struct lw_dns_run *r)
{
	__u32 off = r->off, n = r->limit - off;

	if (off >= r->limit || r->lost)
		return 1;
	if (n > LW_DNS_PIECE)
		n = LW_DNS_PIECE;
	n = lw_mask(n - 1, LW_DNS_PIECE) + 1;
	if (bpf_skb_load_bytes(skb, off, r->packet, n))
		return 1;
	r->at = 0;
	r->end = n;
	r->off = off + n;
	return 0;
}

/* Reads the bytes [run.off .. run.limit) of the packet. */
__weak int lw_dns_payload(struct __sk_buff *skb, __u32 slot)
{
	struct lw_scratch *s = bpf_map_lookup_elem(&lw_scratches, &slot);

	if (!s)
		return 1;
	for (__u32 i = 0; i < LW_DNS_PIECES; i++) {
		if (lw_dns_load(skb, &s->run))
			break;
		lw_dns_piece(slot);
	}
	if (s->run.off < s->run.limit)
		s->run.lost = 1;
	return 0;
}

/* What cannot be read is judged, too: a question without a name, which is malformed. */
static __always_inline void lw_dns_unread(struct lw_scratch *s, __u32 slot)
{
	if (s->run.in)
		return;
	lw_dns_begin(&s->run.dns, 0, 0);
	s->run.dns.bits |= LW_DNS_ODD;
	lw_dns_message(slot);
}

static __always_inline void lw_dns_datagram(struct __sk_buff *skb, struct lw_scratch *s, __u32 slot,
					    __u32 off)
{
	struct lw_dns_run *r = &s->run;

	if (skb->len <= off)
		return;
	r->left = skb->len - off;
	r->segment = skb->gso_size;
	r->off = off;
	r->limit = skb->len;
	lw_dns_another(r);
	lw_dns_payload(skb, slot);
	if (r->lost)
		lw_dns_unread(s, slot);
}

/*
 * A segment of a stream: the bytes that have not been seen are read on from where the last one
 * ended. One that comes too early would have to be kept: the stream is given up then, and nothing
 * that it says is believed.
 */
static __always_inline void lw_dns_segment(struct __sk_buff *skb, struct lw_scratch *s, __u32 slot,
					   struct lw_dns_stream *st, __u32 off, __u32 seq)
{
	struct lw_dns_run *r = &s->run;
	__s32 seen = st->next - seq;

	if (st->shut)
		r->drop = 1;
	if (st->lost || st->shut || (st->synced && seen >= (__s32)(skb->len - off)))
		return;
	if (!st->synced || seen < 0) {
		st->lost = 1;
		lw_dns_unread(s, slot);
	} else {
		bpf_probe_read_kernel(&r->dns, sizeof(r->dns), &st->dns);
		r->off = off + seen;
		r->limit = skb->len;
		lw_dns_payload(skb, slot);
		bpf_probe_read_kernel(&st->dns, sizeof(st->dns), &r->dns);
		st->next = seq + (skb->len - off);
		st->lost = !!r->lost;
	}
	st->shut = !!r->drop;
}

static __always_inline void lw_dns_stream(struct __sk_buff *skb, struct bpf_sock *sk,
					  struct lw_scratch *s, __u32 slot, __u32 off)
{
	struct lw_dns_streams *both = bpf_sk_storage_get(&lw_dns_tcp, sk, NULL, 0);
	struct lw_dns_stream *st;
	struct tcphdr th;
	__u32 seq;

	if (!both || bpf_skb_load_bytes(skb, off, &th, sizeof(th)))
		return;
	st = s->run.in ? &both->in : &both->out;
	seq = bpf_ntohl(th.seq);
	off += th.doff * 4;
	if (th.syn) {
		seq++;
		st->next = seq;
		st->synced = 1;
		st->lost = st->shut = 0;
		lw_dns_begin(&st->dns, 0, 1);
	}
	if (skb->len <= off)
		return;
	if (!lw_slot_take(&st->busy)) {
		st->lost = 1;
		return;
	}
	lw_dns_segment(skb, s, slot, st, off, seq);
	lw_slot_free(&st->busy);
}

/* What is the same for all messages of a packet. Return: offset of the transport header, or 0. */
static __always_inline __u32 lw_dns_start(struct __sk_buff *skb, struct bpf_sock *sk,
					  struct lw_scratch *s, const struct lw_dns_sock *m, int in)
{
	/* The context of these programs is the packet itself. */
	struct sk_buff *kernel = (struct sk_buff *)skb;
	struct lw_dns_run *r = &s->run;
	__u32 off = BPF_CORE_READ(kernel, transport_header) - BPF_CORE_READ(kernel, network_header);
	struct lw_resolver_key key = {};
	__u16 ports[2];
	__u8 first;

	off &= 0xffff;
	if (bpf_skb_load_bytes(skb, 0, &first, 1) || bpf_skb_load_bytes(skb, off, ports, 4) ||
	    ports[!in] != bpf_htons(LW_DNS_PORT))
		return 0;
	key.v6 = first >> 4 == 6;
	if (key.v6 ? bpf_skb_load_bytes(skb, in ? 8 : 24, key.addr, 16)
		   : bpf_skb_load_bytes(skb, in ? 12 : 16, key.addr, 4))
		return 0;
	r->in = in;
	r->drop = r->kill = r->lost = r->left = r->segment = r->n_new = 0;
	r->stream = sk->protocol == IPPROTO_TCP;
	r->tag = m->tag;
	r->netns = m->netns;
	bpf_probe_read_kernel(r->asked, sizeof(r->asked), m->asked);
	bpf_probe_read_kernel(&r->who, sizeof(r->who), &m->who);
	r->foreign = !bpf_map_lookup_elem(&lw_resolvers, &key);
	r->server = (struct lw_ev_net){ .family = key.v6 ? AF_INET6 : AF_INET,
					.type = sk->type,
					.protocol = sk->protocol,
					.proto = r->stream ? LW_PROTO_TCP : LW_PROTO_UDP,
					.port = LW_DNS_PORT,
					.fd = -1 };
	__builtin_memcpy(r->server.addr, key.addr, sizeof(key.addr));
	return off;
}

/* The queries of this packet are those that answers may come to. */
static __always_inline void lw_dns_remember(struct lw_dns_sock *m, const struct lw_dns_run *r)
{
	__u32 n = r->n_new;

	for (__u32 i = 0; i < LW_DNS_ASKED; i++) {
		if (i >= n)
			break;
		m->asked[lw_mask(lw_fetch_add(&m->n_asked, 1), LW_DNS_ASKED)] = r->fresh[i];
	}
}

/* Nothing can be judged: what goes out is stopped, what comes in is not believed. */
static __always_inline int lw_dns_closed(int in)
{
	return in || lw_cfg.mode == LW_MODE_OBSERVE;
}

/* A packet of a marked socket. Return: 1 to let it pass, 0 to drop it. */
static __always_inline int lw_dns_marked(struct __sk_buff *skb, struct bpf_sock *sk,
					 struct lw_dns_sock *m, int in)
{
	struct lw_tag *tag = bpf_map_lookup_elem(&lw_tags, &m->tag);
	struct lw_task *t = in ? NULL : lw_task_of(lw_current());
	struct lw_scratch *s;
	__u32 slot, off;
	int drop;

	if (!tag || tag->state != LW_TAG_LOADER)
		return 1;
	if (tag->doomed && !in)
		return lw_dns_closed(in);
	s = lw_scratch_get(&slot);
	if (!s)
		return lw_dns_closed(in);
	off = lw_dns_start(skb, sk, s, m, in);
	s->run.own = t && t->tag == m->tag && !s->run.stream;
	if (off && s->run.stream)
		lw_dns_stream(skb, sk, s, slot, off);
	else if (off)
		lw_dns_datagram(skb, s, slot, off + sizeof(struct udphdr));
	if (off && !in)
		lw_dns_remember(m, &s->run);
	drop = off && !in && s->run.drop;
	if (drop && s->run.kill && s->run.own && t)
		t->kill = 1;
	lw_scratch_put(s);
	return !drop;
}

static __always_inline int lw_dns_packet(struct __sk_buff *skb, int in)
{
	struct bpf_sock *sk = skb->sk;
	struct lw_dns_sock *m;

	if (!sk || !lw_in_force())
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	m = bpf_sk_storage_get(&lw_dns_socks, sk, NULL, 0);
	return m ? lw_dns_marked(skb, sk, m, in) : 1;
}

SEC("cgroup_skb/egress")
int lw_dns_egress(struct __sk_buff *skb)
{
	return lw_dns_packet(skb, 0);
}

SEC("cgroup_skb/ingress")
int lw_dns_ingress(struct __sk_buff *skb)
{
	return lw_dns_packet(skb, 1);
}
