/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LW_ENRICH_RESOLV_H
#define LW_ENRICH_RESOLV_H

#include <stdbool.h>
#include <stddef.h>

#include "lw_abi.h"

/** lw_resolver_parse() - the address of a name server; -EINVAL when @text is none. */
int lw_resolver_parse(const char *text, struct lw_resolver_key *ret_key);

/**
 * lw_resolv_read() - the name servers in a file as resolv.conf(5) has it.
 * @keys: gets at most @max addresses behind the first *@n; *@n is their number afterwards
 *
 * Return: whether it names any.
 */
bool lw_resolv_read(const char *path, struct lw_resolver_key *keys, size_t max, size_t *n);

/**
 * lw_resolv_system() - those of this machine: of /etc/resolv.conf, or 127.0.0.1 where that names
 * none, as the C library has it. Where it names the stub of systemd-resolved, the servers behind
 * that too: containers are told those.
 */
void lw_resolv_system(struct lw_resolver_key *keys, size_t max, size_t *n);

#endif
