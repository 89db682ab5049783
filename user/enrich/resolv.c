// SPDX-License-Identifier: Apache-2.0
#include "enrich/resolv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

#define SERVER "nameserver"
#define BLANKS " \t\r\n"

int lw_resolver_parse(const char *text, struct lw_resolver_key *ret_key)
{
	struct lw_resolver_key key = { .v6 = 0 };

	if (inet_pton(AF_INET, text, key.addr) != 1) {
		key.v6 = 1;
		if (inet_pton(AF_INET6, text, key.addr) != 1)
			return -EINVAL;
	}
	*ret_key = key;
	return 0;
}

static bool add(const char *text, struct lw_resolver_key *keys, size_t max, size_t *n)
{
	struct lw_resolver_key key;

	if (lw_resolver_parse(text, &key) < 0)
		return false;
	for (size_t i = 0; i < *n; i++)
		if (!memcmp(&keys[i], &key, sizeof(key)))
			return true;
	if (*n < max)
		keys[(*n)++] = key;
	return true;
}

static bool add_line(char *line, struct lw_resolver_key *keys, size_t max, size_t *n)
{
	char *save = NULL, *word = strtok_r(line, BLANKS, &save);

	if (!word || strcmp(word, SERVER))
		return false;
	word = strtok_r(NULL, BLANKS "%", &save); /* a link-local address may name its interface */
	return word && add(word, keys, max, n);
}

bool lw_resolv_read(const char *path, struct lw_resolver_key *keys, size_t max, size_t *n)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char line[512];
	bool found = false, whole = true;

	while (f && fgets(line, sizeof(line), f)) {
		/* What a long line goes on with is no line of its own. */
		if (whole)
			found |= add_line(line, keys, max, n);
		whole = strchr(line, '\n');
	}
	return found;
}

void lw_resolv_system(struct lw_resolver_key *keys, size_t max, size_t *n)
{
	static const struct lw_resolver_key stub = { .addr = { 127, 0, 0, 53 } };
	size_t first = *n;

	if (!lw_resolv_read("/etc/resolv.conf", keys, max, n))
		add("127.0.0.1", keys, max, n);
	for (size_t i = first; i < *n; i++) {
		if (memcmp(&keys[i], &stub, sizeof(stub)))
			continue;
		lw_resolv_read("/run/systemd/resolve/resolv.conf", keys, max, n);
		return;
	}
}
