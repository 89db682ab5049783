/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_POLICY_POLICY_H
#define LW_POLICY_POLICY_H

/*
 * A policy file, from text to the compiled image. The image is what kernel and user space
 * interpret (include/lw_image.h, lw_match.h); what stays here is what a person reads: names,
 * reasons, and where in the file each rule stands.
 */

#include <stdbool.h>
#include <stddef.h>

#include "enrich/model.h"
#include "lw_match.h"

enum lw_problem_level { LW_PROBLEM_WARNING, LW_PROBLEM_ERROR };

/* One thing that is wrong with a policy file. All of them are reported at once. */
struct lw_problem {
	enum lw_problem_level level;
	char *pointer; /* JSON pointer (RFC 6901) of the offending value; "" is the document */
	int line;      /* from 1; 0 where there is no position */
	int column;    /* bytes, from 1 */
	char *message;
	char *hint; /* what to write instead; NULL: none */
};

struct lw_report {
	struct lw_problem *items;
	size_t n;
	size_t errors;
};

/* What a rule index of the image means to a person. */
struct lw_rule_info {
	char *id;     /* unique in the file; loaders: "loader:ID", evidence: "evidence:ID/SET" */
	char *reason; /* NULL: none given */
	char *pointer;
	enum lw_action action;
	enum lw_severity severity;
};

struct lw_policy {
	char *file; /* as given, or "<text>" */
	char *name;
	enum lw_mode mode;
	struct lw_rule_info *rules; /* image->hdr.nrules */
	struct lw_image *image;
	char digest[65];	/* SHA-256 of the image in hex */
	struct lw_named *named; /* path patterns of forbidding rules, for the inode index */
	size_t n_named;
	struct lw_resolver_key *resolvers; /* whose answers rules by domain believe */
	size_t n_resolvers;
	bool resolvers_system;	       /* and those of /etc/resolv.conf */
	struct lw_model_rules *models; /* of rules with `model`; NULL: there is none */
};

/*
 * What belongs to the monitor: forbidden to every loader by rules that stand in front of the file's
 * own (ids "self:log", "self:pins", "self:policy", "self:binary", "self:socket", "self:process",
 * "self:bpf").
 * Paths as given on the command line; NULL and 0: there is none.
 */
struct lw_policy_self {
	const char *log, *policy, *binary, *socket, *pins;
	int pid;
};

/*
 * Where `~` leads. homes == NULL: /root, /home/<any>, the password file's and $HOME.
 * self == NULL: the policy is not enforced by anybody now.
 */
struct lw_policy_env {
	const char *const *homes;
	size_t n_homes;
	const struct lw_policy_self *self;
};

/**
 * lw_policy_load() - read, check and compile a policy file.
 * @path: JSON file, at most LW_POLICY_FILE_MAX bytes
 * @env: NULL for the system's homes
 * @ret_policy: the policy, only when there was no error
 * @ret_report: all problems, errors and warnings; free with lw_report_free() in either case
 *
 * Return: 0; -EINVAL when the report holds errors; -errno when the file cannot be read (the report
 * then says so too); -ENOMEM.
 */
int lw_policy_load(const char *path, const struct lw_policy_env *env, struct lw_policy **ret_policy,
		   struct lw_report *ret_report);

/** lw_policy_parse() - the same from memory; @text need not end in NUL. @name is for messages. */
int lw_policy_parse(const char *text, size_t len, const char *name, const struct lw_policy_env *env,
		    struct lw_policy **ret_policy, struct lw_report *ret_report);

void lw_policy_free(struct lw_policy *policy);
void lw_report_free(struct lw_report *report);

/* What has no row in rules[] is named too: "unresolved", "default". */
const char *lw_policy_rule_id(const struct lw_policy *policy, unsigned int rule);
const char *lw_policy_rule_reason(const struct lw_policy *policy, unsigned int rule);

/**
 * lw_policy_match_path() - judge a path as the kernel would.
 * @policy: compiled policy
 * @path: resolved path
 * @len: bytes
 * @q: kind, access, conditions
 */
struct lw_verdict lw_policy_match_path(const struct lw_policy *policy, const char *path, size_t len,
				       const struct lw_query *q);

/**
 * lw_policy_hooks() - the groups of hooks that a policy has a use for, as lw_bpf_want() takes them.
 * @mode: enum lw_mode
 *
 * CALLS is one when a rule, a default or `record` says something about a kind of lw_calls.def that
 * no other hook sees. COMPAT is one when opens, execs or sockets are judged and the policy names
 * the use of a 32-bit or x32 entry, but does not end the process for it: as it says, or as the mode
 * does.
 * DNS is one when names of hosts are judged or recorded, or answers feed rules.
 */
unsigned int lw_policy_hooks(const struct lw_policy *policy, int mode);

/** lw_policy_match_addr() - judge an IP address; @v6: 16 bytes in @addr, else 4. */
struct lw_verdict lw_policy_match_addr(const struct lw_policy *policy, const unsigned char *addr,
				       bool v6, const struct lw_query *q);

/**
 * lw_policy_names() - the rules with `domain` that addresses of a host satisfy: lw_query.names.
 * @name: in lower case, without a dot at its end
 */
__u64 lw_policy_names(const struct lw_policy *policy, const char *name, size_t len);

/**
 * lw_policy_models() - the rules with `model` that a loader satisfies.
 * @models: what it has loaded
 * @n: of them
 * @all: those are all of its models
 * @ret_satisfied: lw_query.models
 * @ret_unsure: lw_query.unsure
 *
 * A rule that allows is satisfied when every model is what it asks for, one that forbids when any
 * is.
 */
void lw_policy_models(const struct lw_policy *policy, const struct lw_model *const *models,
		      size_t n, bool all, __u64 *ret_satisfied, __u64 *ret_unsure);

/** lw_policy_match_name() - judge the question for a name; @q: access has its LW_BIT operations. */
struct lw_verdict lw_policy_match_name(const struct lw_policy *policy, const char *name, size_t len,
				       const struct lw_query *q);

/**
 * lw_policy_walk_named() - the files and directories that exist now and that forbidding rules name.
 * @policy: compiled policy
 * @limit: give up after this many objects
 * @fn: called with the path as the rule names it (symlinks in it are the caller's to follow), and
 *	the DFA state after it: for a directory whose content is judged, after its '/'.
 * @arg: passed through
 *
 * A glob of all that lies below a directory gives the directory and what is in it now; others give
 * what matches now. A glob that starts with a wildcard component cannot be walked and is skipped,
 * as is /proc. Directories behind a symlink below the glob's literal part are not entered.
 *
 * Return: number of objects, or -E2BIG when @limit was hit (those up to it were reported), -errno.
 */
int lw_policy_walk_named(const struct lw_policy *policy, size_t limit,
			 int (*fn)(const char *path, bool is_dir, __u32 state, void *arg),
			 void *arg);

/**
 * lw_policy_walk_denied() - the same of rules that deny opens or starts.
 * @place: called with each directory where a name that such a rule knows may appear, more than once
 *	perhaps; not with those of a tree in which only starts are denied
 */
int lw_policy_walk_denied(const struct lw_policy *policy, size_t limit,
			  int (*fn)(const char *path, bool is_dir, __u32 state, void *arg),
			  void (*place)(const char *dir, void *arg), void *arg);

/**
 * lw_policy_denied() - what a rule denies of a file, whatever it is opened for.
 * @path: of the file
 * @below: of what lies in this directory instead
 *
 * Return: bits LW_ON() of LW_FILE_OPEN and LW_PROCESS_EXEC.
 */
__u64 lw_policy_denied(const struct lw_policy *policy, const char *path, bool below);

/**
 * lw_policy_denied() - what a rule denies of a file, whatever it is opened for.
 * @path: of the file
 * @below: of what lies in this directory instead
 *
 * The default does not count, since it names nothing.
 *
 * Return: bits LW_ON() of LW_FILE_OPEN and LW_PROCESS_EXEC.
 */
__u64 lw_policy_denied(const struct lw_policy *policy, const char *path, bool below);

#endif
