/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `loadward run`: daemon and loader in one command. The child waits for its tag before it executes
 * the command, so nothing of it is unwatched.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/program.h"
#include "cli/cli.h"
#include "cli/monitor.h"

#define POLL_MS	       100
#define VIOLATION_TEXT 8192 /* bytes */
#define SHOWN_MAX      50UL /* violations of one second: a reader of rings has no time for more */
#define NS_SECOND      1000000000LL
#define READ_MS	       1000 /* for the command's interpreter; else it is read when it runs */
#define WAITS_SAID     20   /* helpers of a Python that has ended need a moment */

struct run {
	struct lw_monitor *monitor;
	struct lw_sources *sources;
	pid_t child;
	__u64 tag;
	bool quiet;
	bool ended;	     /* the command itself; others of its tree may live */
	int status;	     /* exit code to pass on */
	int64_t second;	     /* of the last violation, CLOCK_REALTIME */
	unsigned long shown; /* violations of that second */
	int waits;	     /* looks at a tree that has outlived its command */
	sigset_t before;
};

static const char run_help[] =
	"Usage: loadward run [OPTIONS] [--] COMMAND [ARGS...]\n\n"
	"Runs COMMAND as a model loader: it and all that descend from it are judged by the "
	"policy.\n"
	"Ends when the last of them has ended, with the status of COMMAND.\n\n"
	"  -p, --policy FILE  policy (default: /etc/loadward/policy.json, else the shipped one)\n"
	"  -l, --log DIR      write records here (default: none are kept)\n"
	"      --observe      alert only, whatever the policy says\n"
	"      --enforce      stop what the policy forbids, whatever its mode says\n"
	"      --no-fanotify  kill who opens what is forbidden, where the kernel could deny it "
	"first\n"
	"      --pickle-audit record the globals that pickles name\n"
	"  -q, --quiet        nothing on stderr for a violation\n"
	"  -h, --help\n\n"
	"Exit status: COMMAND's; 128+N when signal N ended it (137: killed, by policy or not);\n"
	"125 loadward could not start, 126 COMMAND cannot be executed, 127 COMMAND not found.\n";

/* At the end of a second, and of the run. */
static void say_unshown(struct run *run)
{
	if (run->shown > SHOWN_MAX)
		lw_info("%lu more violations in one second are not shown here",
			run->shown - SHOWN_MAX);
	run->shown = 0;
}

static void print_violation(const struct lw_violation *v, void *arg)
{
	struct run *run = arg;
	char text[VIOLATION_TEXT];

	if (run->quiet)
		return;
	if (v->when / NS_SECOND != run->second)
		say_unshown(run);
	run->second = v->when / NS_SECOND;
	if (run->shown++ >= SHOWN_MAX)
		return;
	lw_log_text(text, lw_violation_text(v, run->sources, lw_log_colour(), text, sizeof(text)));
}

/*
 * The child's side: wait for the tag, then become the command. @go closes without a byte: give up.
 */
static void child_main(struct run *run, char **argv, int go, int report)
{
	char byte, found[PATH_MAX];
	const char *command = lw_program_find(argv[0], found, sizeof(found));
	int err;

	sigprocmask(SIG_SETMASK, &run->before, NULL);
	if (read(go, &byte, 1) != 1)
		_exit(LW_EXIT_MONITOR);
	execv(command, argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(LW_EXIT_MONITOR);
	_exit(err == ENOENT ? LW_EXIT_NOTFOUND : LW_EXIT_NOEXEC);
}

static int launch(struct run *run, char **argv, int *ret_report)
{
	_cleanup_close_ int go_r = -1, go_w = -1, rep_r = -1, rep_w = -1;
	char found[PATH_MAX];
	int go[2], report[2], r;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	go_r = go[0], go_w = go[1];
	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	rep_r = report[0], rep_w = report[1];
	run->child = fork();
	if (run->child < 0)
		return -errno;
	if (run->child == 0) {
		close(go_w);
		lw_fanotify_child(run->monitor->fanotify);
		child_main(run, argv, go_r, rep_w);
	}
	r = lw_bpf_tag(run->monitor->bpf, run->child, LW_WHY_RUN, &run->tag);
	if (r < 0) {
		lw_error("cannot tag the command: %s", strerror(-r));
		return r;
	}
	r = lw_monitor_heat(run->monitor);
	if (r < 0)
		return r;
	lw_python_program(run->monitor->python, lw_program_find(argv[0], found, sizeof(found)),
			  READ_MS);
	if (write(go_w, "g", 1) != 1)
		return -errno;
	*ret_report = lw_steal_fd(&rep_r);
	return 0;
}

/* Any process of the loader but the command that has ended? */
static int tree_lives(struct run *run)
{
	struct lw_tag tag;

	return lw_bpf_tag_get(run->monitor->bpf, run->tag, &tag) == 0 ? tag.tasks : 0;
}

/* Ends the loop (1) when the whole tree has ended. */
static int check_end(struct run *run)
{
	int left;

	if (!run->ended)
		return 0;
	left = tree_lives(run);
	if (!left)
		return 1;
	if (++run->waits == WAITS_SAID)
		lw_info("the command has ended; %d of its tasks live on and stay watched "
			"(Ctrl-C leaves them)",
			left);
	return 0;
}

static void reap(struct run *run)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->child)
			continue;
		run->ended = true;
		run->status = WIFSIGNALED(status) ? LW_EXIT_SIGNAL + WTERMSIG(status)
						  : WEXITSTATUS(status);
	}
}

static int on_signal(const struct signalfd_siginfo *si, void *arg)
{
	struct run *run = arg;

	if (si->ssi_signo == SIGTSTP) {
		lw_monitor_pause(run->monitor);
		return 0;
	}
	if (si->ssi_signo == SIGCHLD) {
		reap(run);
		return check_end(run);
	}
	if (run->ended) {
		int left = tree_lives(run);

		if (left)
			lw_warning("%d tasks of the loader live on and are no longer watched",
				   left);
		return 1;
	}
	/* From the terminal the command has had it too; one that was sent to us is passed on. */
	if (si->ssi_code != SI_KERNEL)
		kill(run->child, si->ssi_signo);
	return 0;
}

static int on_poll(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	return check_end(arg);
}

static int watch(struct run *run)
{
	int r = lw_loop_run(run->monitor->loop);

	if (r < 0) {
		lw_error("the event loop failed: %s", strerror(-r));
		return LW_EXIT_MONITOR;
	}
	return run->status;
}

/* The command could not be executed: its errno came through the pipe. */
static void say_exec_error(int report, const char *command)
{
	int err;

	if (read(report, &err, sizeof(err)) == sizeof(err))
		lw_error("%s: %s", command, strerror(err));
}

static int run_command(struct run *run, char **argv)
{
	_cleanup_close_ int report = -1;
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGTSTP);
	sigaddset(&mask, SIGTTOU); /* a line for the terminal is written all the same */
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_SETMASK, NULL, &run->before);
	r = lw_loop_add_signals(run->monitor->loop, &mask, on_signal, run);
	/* The last task of the tree may be no child of ours: its end is polled for. */
	if (r >= 0)
		r = lw_loop_add_timer(run->monitor->loop, POLL_MS, on_poll, run);
	if (r >= 0)
		r = launch(run, argv, &report);
	if (r < 0) {
		lw_error("cannot start %s: %s", argv[0], strerror(-r));
		return LW_EXIT_MONITOR;
	}
	r = watch(run);
	say_exec_error(report, argv[0]);
	return r;
}

int lw_cmd_run(int argc, char **argv)
{
	static const struct option options[] = { { "policy", required_argument, NULL, 'p' },
						 { "log", required_argument, NULL, 'l' },
						 { "observe", no_argument, NULL, 'o' },
						 { "enforce", no_argument, NULL, 'e' },
						 { "no-fanotify", no_argument, NULL, 'F' },
						 { "quiet", no_argument, NULL, 'q' },
						 { "pickle-audit", no_argument, NULL, 'P' },
						 { "help", no_argument, NULL, 'h' },
						 {} };
	struct run run = {};
	struct lw_monitor_options mo = { .policy = lw_default_policy(),
					 .mode = -1,
					 .on_violation = print_violation,
					 .arg = &run };
	int c, r;

	while ((c = getopt_long(argc, argv, "+p:l:qh", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			mo.policy = optarg;
			break;
		case 'l':
			mo.log = optarg;
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
		case 'P':
			mo.pickle_audit = true;
			break;
		case 'q':
			run.quiet = true;
			break;
		case 'h':
			fputs(run_help, stdout);
			return LW_EXIT_OK;
		default:
			return LW_EXIT_USAGE;
		}
	}
	if (optind >= argc) {
		lw_error("run: no command given; see loadward run --help");
		return LW_EXIT_USAGE;
	}
	r = lw_sources_new(&run.sources);
	if (r >= 0)
		r = lw_monitor_new(&mo, &run.monitor);
	r = r < 0 ? LW_EXIT_MONITOR : run_command(&run, argv + optind);
	lw_monitor_free(run.monitor);
	say_unshown(&run);
	lw_sources_free(run.sources);
	return r;
}
