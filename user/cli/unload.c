// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "bpfctl/pins.h"
#include "cli/cli.h"

static const char unload_help[] =
	"Usage: loadward unload [--pin-dir DIR]\n\n"
	"Removes what a daemon that is gone has left in force: programs, hooks and maps that are\n"
	"pinned in DIR (default: " LW_PIN_DIR "), of whatever version. Nothing is enforced\n"
	"afterwards, and loaders that live are none any more. It waits until no hook is left.\n"
	"Exit status: 0 nothing is pinned any more, 1 it could not be removed or a daemon lives\n"
	"(stop it first), 2 usage.\n";

int lw_cmd_unload(int argc, char **argv)
{
	static const struct option options[] = { { "pin-dir", required_argument, NULL, 'P' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	const char *dir = LW_PIN_DIR;
	struct lw_pins_look look;
	struct lw_bpf_error err;
	unsigned int links;
	int c, r;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'P') {
			dir = optarg;
		} else if (c == 'h') {
			fputs(unload_help, stdout);
			return LW_EXIT_OK;
		} else {
			return LW_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		lw_error("unload: unexpected argument '%s'", argv[optind]);
		return LW_EXIT_USAGE;
	}
	lw_pins_look(dir, &look);
	r = lw_pins_unload(dir, &links, &err);
	if (r == -ENOENT) {
		printf("nothing is pinned in %s\n", dir);
		return LW_EXIT_OK;
	}
	if (r < 0) {
		lw_error("%s", err.text);
		return LW_EXIT_FAILED;
	}
	printf("removed %s: %u hooks", dir, links);
	if (look.kind == LW_PINS_OURS)
		printf("; %u loaders live on unwatched", look.loaders);
	printf("\n");
	return LW_EXIT_OK;
}
