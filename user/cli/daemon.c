/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/control.h"

#define DEFAULT_LOG "/var/log/loadward"

static const char daemon_help[] =
	"Usage: loadward daemon [OPTIONS]\n\n"
	"Watches the machine: programs that the policy's \"loaders\" name become candidates, and "
	"a\n"
	"candidate that opens a model becomes a loader. Stays in the foreground (for a service "
	"manager).\n\n"
	"  -p, --policy FILE   policy (default: /etc/loadward/policy.json, else the shipped one)\n"
	"  -l, --log DIR       write records here (default: " DEFAULT_LOG ")\n"
	"  -c, --control PATH  socket for `status` and `mode` (default: " LW_CONTROL_SOCKET ")\n"
	"      --observe       alert only, whatever the policy says\n"
	"      --enforce       stop what the policy forbids, whatever its mode says\n"
	"      --no-fanotify   kill who opens what is forbidden, where the kernel could deny it "
	"first\n"
	"      --foreground    accepted, and always so\n"
	"      --pin-dir DIR   keep the kernel side here, in a bpffs, so that it outlives the "
	"daemon\n"
	"                      (default: " LW_PIN_DIR ")\n"
	"      --no-pin        the kernel side ends with the daemon\n"
	"      --on-stop keep|remove\n"
	"                      what a stop does to pins while loaders live (default: keep);\n"
	"                      without loaders they are removed\n"
	"      --hooks-always  attach the system call hooks without a loader, too: a loader that\n"
	"                      starts while no daemon runs is then watched in full\n"
	"      --pickle-audit  record the globals that pickles name\n"
	"  -h, --help\n\n"
	"SIGHUP reads the policy again (the old one stays on an error); SIGTERM and SIGINT stop.\n"
	"What is pinned stays in force when the daemon is killed; the next one takes it over.\n"
	"Exit status: 0 stopped, 1 could not start, 2 usage.\n";

static int on_signal(const struct signalfd_siginfo *si, void *arg)
{
	if (si->ssi_signo == SIGTSTP) {
		lw_monitor_pause(arg);
		return 0;
	}
	if (si->ssi_signo != SIGHUP)
		return 1;
	lw_monitor_reload(arg);
	return 0;
}

static void say_violation(const struct lw_violation *v, void *arg)
{
	(void)arg;
	lw_violation_line(v);
}

static int serve(struct lw_monitor *m, const char *control)
{
	_cleanup_close_ int fd = -1;
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTSTP);
	sigaddset(&mask, SIGTTOU); /* a line for the terminal is written all the same */
	r = lw_loop_add_signals(m->loop, &mask, on_signal, m);
	if (r < 0) {
		lw_error("cannot take signals: %s", strerror(-r));
		return r;
	}
	fd = lw_control_listen(m, control);
	if (fd < 0) {
		lw_error("%s: %s", control,
			 fd == -EADDRINUSE ? "a loadward daemon is running already"
					   : strerror(-fd));
		return fd;
	}
	r = lw_bpf_seed(m->bpf);
	if (r < 0)
		lw_warning("processes that already run are not tagged: %s", strerror(-r));
	lw_info("watching: policy %s (%s), mode %s", m->policy->name, m->policy->file,
		lw_bpf_settings(m->bpf)->mode == LW_MODE_ENFORCE ? "enforce" : "observe");
	r = lw_loop_run(m->loop);
	unlink(control);
	return r;
}

int lw_cmd_daemon(int argc, char **argv)
{
	static const struct option options[] = { { "policy", required_argument, NULL, 'p' },
						 { "log", required_argument, NULL, 'l' },
						 { "control", required_argument, NULL, 'c' },
						 { "observe", no_argument, NULL, 'o' },
						 { "enforce", no_argument, NULL, 'e' },
						 { "no-fanotify", no_argument, NULL, 'F' },
						 { "foreground", no_argument, NULL, 'f' },
						 { "pin-dir", required_argument, NULL, 'P' },
						 { "no-pin", no_argument, NULL, 'N' },
						 { "on-stop", required_argument, NULL, 'S' },
						 { "hooks-always", no_argument, NULL, 'H' },
						 { "pickle-audit", no_argument, NULL, 'A' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	struct lw_monitor_options mo = { .policy = lw_default_policy(),
					 .pins = LW_PIN_DIR,
					 .log = DEFAULT_LOG,
					 .mode = -1,
					 .tag_by_exec = true,
					 .on_violation = say_violation };
	const char *control = LW_CONTROL_SOCKET;
	struct lw_monitor *m;
	int c, r;

	while ((c = getopt_long(argc, argv, "p:l:c:h", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			mo.policy = optarg;
			break;
		case 'l':
			mo.log = optarg;
			break;
		case 'c':
			control = optarg;
			break;
		case 'o':
			mo.mode = LW_MODE_OBSERVE;
			break;
		case 'e':
			mo.mode = LW_MODE_ENFORCE;
			break;
		case 'F':
			mo.no_fanotify = true;
			break;
		case 'f':
			break;
		case 'P':
			mo.pins = optarg;
			break;
		case 'N':
			mo.pins = NULL;
			break;
		case 'S':
			if (strcmp(optarg, "keep") && strcmp(optarg, "remove")) {
				lw_error("daemon: --on-stop is keep or remove, not '%s'", optarg);
				return LW_EXIT_USAGE;
			}
			mo.on_stop = *optarg == 'k' ? LW_STOP_KEEP : LW_STOP_REMOVE;
			break;
		case 'H':
			mo.hooks_always = true;
			break;
		case 'A':
			mo.pickle_audit = true;
			break;
		case 'h':
			fputs(daemon_help, stdout);
			return LW_EXIT_OK;
		default:
			return LW_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		lw_error("daemon: unexpected argument '%s'", argv[optind]);
		return LW_EXIT_USAGE;
	}
	mo.socket = control;
	if (lw_monitor_new(&mo, &m) < 0)
		return LW_EXIT_FAILED;
	r = serve(m, control);
	lw_monitor_free(m);
	return r < 0 ? LW_EXIT_FAILED : LW_EXIT_OK;
}
