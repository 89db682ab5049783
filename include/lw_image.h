/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef LW_IMAGE_H
#define LW_IMAGE_H

/*
 * The compiled policy of one profile: a single, relocatable value. User space writes it once, the
 * kernel interprets it, `policy test` and replay interpret it too, all with include/lw_match.h.
 * It is swapped by one pointer (an inner map of lw_images), so a reader sees the old policy or
 * the new one, never a mixture.
 */

#include "lw_kinds.h"
#include "lw_limits.h"
#include "lw_types.h"

#define LW_IMAGE_MAGIC	 0x3149574cU /* "LWI1" */
#define LW_IMAGE_VERSION 4U

#define LW_RULE_NONE	   0xffffU /* ends a rule list; "no rule matched" */
#define LW_RULE_MORE	   0xfffdU /* lw_list_chunk(): the list goes on */
#define LW_RULE_UNRESOLVED 0xfffeU /* the object could not be resolved: always an alert */

enum lw_action {
	LW_ALLOW = 0,
	LW_ALERT,
	LW_DENY,
	LW_KILL,
	LW_KILL_LOADER,
};

enum lw_severity { LW_SEV_INFO = 0, LW_SEV_LOW, LW_SEV_MEDIUM, LW_SEV_HIGH, LW_SEV_CRITICAL };

/* How an object is used: `access` of a rule and of a query. */
#define LW_ACC_READ   (1U << 0)
#define LW_ACC_WRITE  (1U << 1) /* O_WRONLY, O_RDWR, O_APPEND; set with CREATE and TRUNC too */
#define LW_ACC_CREATE (1U << 2) /* O_CREAT (may create) */
#define LW_ACC_TRUNC  (1U << 3) /* O_TRUNC */
#define LW_ACC_PATH   (1U << 4) /* O_PATH: a handle, no data yet */

/* Transport of a network event: `protocol` of a rule. */
#define LW_PROTO_TCP	 (1U << 0)
#define LW_PROTO_UDP	 (1U << 1)
#define LW_PROTO_MPTCP	 (1U << 2)
#define LW_PROTO_RAW	 (1U << 3) /* SOCK_RAW of AF_INET, AF_INET6 */
#define LW_PROTO_PACKET	 (1U << 4) /* AF_PACKET */
#define LW_PROTO_UNIX	 (1U << 5)
#define LW_PROTO_VSOCK	 (1U << 6)
#define LW_PROTO_NETLINK (1U << 7)
#define LW_PROTO_OTHER	 (1U << 8)

/* Conditions that need more than the object's name: `flags` of a rule, `facts` of a query. */
#define LW_COND_SAME_EXE   (1U << 0) /* the file is the loader's own executable (inode) */
#define LW_COND_OTHER_PROC (1U << 1) /* it belongs to a process outside the loader's tree */
#define LW_COND_MONITOR	   (1U << 2) /* and that process is the monitor itself */

#define LW_RULE_RECORD	(1U << 0) /* write a telemetry record for what this rule allows */
#define LW_RULE_UNNAMED (1U << 1) /* it applies where its `domain` does not */

struct lw_rule {
	__u64 on;      /* LW_ON(kind) bits */
	__u16 access;  /* LW_ACC_*, or LW_BIT operations of the kind; 0: any */
	__u16 proto;   /* LW_PROTO_*; 0: any */
	__u16 cond;    /* LW_COND_* that must all hold */
	__u16 phase;   /* bit per enum lw_phase; 0: any */
	__u16 port_lo; /* host order, or LW_OP operation; inclusive; 0..65535: any */
	__u16 port_hi;
	__u8 action;   /* enum lw_action */
	__u8 severity; /* enum lw_severity */
	__u8 flags;    /* LW_RULE_* */
	__u8 arg;      /* LW_TAG_EXEC: enum lw_tag_state to enter; LW_TAG_ARTEFACT: its bits */
	__u8 domain;   /* 1 + its bit in lw_query.names; 0: any address */
	__u8 model;    /* 1 + its bit in lw_query.models; 0: whatever was loaded */
	__u8 reserved[6];
};

struct lw_image_hdr {
	__u32 magic;
	__u32 version;
	__u32 gen; /* generation: unique per load; keys the inode index */
	__u32 nrules;
	__u32 nstates;
	__u32 shift;	/* a DFA row has 1 << shift slots: no multiplication on the way of a byte */
	__u32 nclasses; /* columns of a DFA row, <= 256 */
	__u32 start;	/* DFA state before the first byte */
	__u32 start_tag;    /* the same for LW_TAG_*, which are walked apart */
	__u32 start_domain; /* the same for names of hosts */
	__u32 trie4;	    /* slot of the IPv4 root node in trie[] */
	__u32 trie6;
	__u8 mode;     /* enum lw_mode as the policy asks */
	__u8 ndomains; /* rules with `domain` on connections */
	__u8 nmodels;  /* rules with `model` */
	__u8 reserved[5];
	__u64 judged; /* LW_ON() of the kinds that a rule or the default may forbid */
	/* For each kind the list of its rules that name no object: for objects without a name. */
	__u16 list_any[LW_KIND_MAX];
	__u8 default_action[LW_KIND_MAX];
	__u8 default_record[LW_KIND_MAX]; /* 1: record what no rule judged */
	__u8 models[32];		  /* SHA-256 of what rules with `model` ask for */
	__u8 digest[32];		  /* SHA-256 of the image with gen and digest zeroed */
	__u8 byte_class[256];
};

/*
 * Trie slot: top bit set: a leaf, the low 16 bits are a list. Otherwise the slot index of a child
 * node (16 slots, one per nibble). Prefixes are pushed to the leaves, so a walk ends at one list
 * that holds every rule whose prefix covers the address, in file order.
 */
#define LW_TRIE_LEAF 0x80000000U

struct lw_image {
	struct lw_image_hdr hdr;
	struct lw_rule rules[LW_RULES_MAX];
	__u16 list[LW_LIST_MAX];     /* rule indexes in file order, each list ended by NONE;
					list 0 is the empty one */
	__u16 accept[LW_STATES_MAX]; /* DFA state -> list */
	__u32 trie[LW_TRIE_MAX];
	__u16 trans[LW_TRANS_MAX]; /* (state << shift) + class -> next state */
};

#endif
