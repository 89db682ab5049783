/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hide_ways WAYS BASE: a loader makes itself look like somebody else and then reads the forbidden
 * BASE/WAY/object/file, or starts it ("...-exec"), which makes BASE/WAY/mark. BASE/WAY/scratch is a
 * directory with the program "true". "note" says what it looked like. LEAVE_TO in the environment
 * is a cgroup's directory.
 *
 * hide_ways stranger BASE PID: only reads BASE/stranger/object/file, as the process number PID.
 */
#include "place.h"

#include <dlfcn.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>

static char **own_argv;

static void use(void)
{
	before(path);
	after_open(open(path, O_RDONLY));
}

static void note_file(const char *file)
{
	int fd = open(file, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, truth->note, sizeof(truth->note) - 1) : -1;

	truth->note[n > 0 ? n : 0] = '\0';
	close(fd);
}

static void by_comm(void)
{
	must(prctl(PR_SET_NAME, "kworker/0:1"), "PR_SET_NAME");
	note_file("/proc/self/comm");
	use();
}

static void by_argv(void)
{
	memset(own_argv[0], 'k', strlen(own_argv[0]));
	note_file("/proc/self/cmdline");
	use();
}

static void by_setsid(void)
{
	must(setsid(), "setsid");
	use();
}

static void by_userns(void)
{
	must(unshare(CLONE_NEWUSER), "unshare");
	use();
}

static void by_cgroup(void)
{
	const char *dir = getenv("LEAVE_TO");
	char file[PATH_MAX];
	int fd;

	snprintf(file, sizeof(file), "%s/cgroup.procs", dir ? dir : "");
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(file);
	use();
}

/* A child that is numbered @pid. Return: as fork(). */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD,
				   .set_tid = (unsigned long)&pid,
				   .set_tid_size = 1 };

	return syscall(SYS_clone3, &args, sizeof(args));
}

static void use_as(pid_t pid)
{
	pid_t child = fork_as(pid);

	must(child, "clone3 with set_tid");
	if (child == 0) {
		use();
		_exit(0);
	}
	snprintf(truth->note, sizeof(truth->note), "%d", child == pid);
	must(waitpid(child, NULL, 0), "waitpid");
}

static void by_pid_reuse(void)
{
	pid_t pid = fork();

	must(pid, "fork");
	if (pid == 0)
		_exit(0);
	must(waitpid(pid, NULL, 0), "waitpid");
	use_as(pid);
}

static void *late(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	use();
	_exit(0);
}

/* The thread group's leader has ended; its number lives on as a zombie. */
static void by_leader_gone(void)
{
	static pthread_t leader;
	pthread_t t;

	leader = pthread_self();
	if (pthread_create(&t, NULL, late, &leader))
		die("pthread_create");
	pthread_exit(NULL);
}

/* ------------------------------------------------------------------ another /proc/self/exe */
struct become {
	long (*call)(long nr, ...);
	void *start[16];
	size_t len[16];
	int n;
	struct prctl_mm_map map; /* with a descriptor of the program to look like */
	int exec;
	char *argv[3];
	char path[PATH_MAX];
	char mark[PATH_MAX];
	char link[32], look[16];
	struct truth *truth;
};

extern const char __start_moved[], __stop_moved[];

/*
 * Runs from a copy, once the program itself is unmapped: the kernel lets nobody else take its place
 * in /proc/self/exe. It may use nothing but its argument.
 */
__attribute__((section("moved"), noinline, used)) static void become(struct become *b)
{
	struct truth *t = b->truth;
	long fd;

	for (int i = 0; i < b->n; i++)
		b->call(SYS_munmap, b->start[i], b->len[i]);
	if (b->call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &b->map, sizeof(b->map), 0))
		b->call(SYS_exit_group, 98);
	b->call(SYS_readlinkat, AT_FDCWD, b->link, t->note, sizeof(t->note) - 1);
	if (b->exec)
		t->ret = b->call(SYS_execve, b->path, b->argv, 0);
	fd = b->call(SYS_openat, AT_FDCWD, b->path, O_RDONLY, 0);
	t->got = fd >= 0 && b->call(SYS_read, fd, b->look, 1) == 1;
	t->done = 1;
	b->call(SYS_exit_group, 0);
}

/* The memory map as it is: what a change of one part starts from. */
static struct prctl_mm_map own_map(void)
{
	struct prctl_mm_map m = { .brk = (unsigned long)sbrk(0), .exe_fd = -1 };
	unsigned long long *field[52] = {
		[26] = &m.start_code, [27] = &m.end_code, [28] = &m.start_stack,
		[45] = &m.start_data, [46] = &m.end_data, [47] = &m.start_brk,
		[48] = &m.arg_start,  [49] = &m.arg_end,  [50] = &m.env_start,
		[51] = &m.env_end,
	};
	char line[2048], *save = NULL, *word;
	FILE *f = fopen("/proc/self/stat", "re");

	if (!f || !fgets(line, sizeof(line), f))
		die("/proc/self/stat");
	fclose(f);
	/* The name may hold blanks: count from the field after it. */
	word = strtok_r(strrchr(line, ')') + 1, " ", &save);
	for (int i = 3; word && i < 52; i++, word = strtok_r(NULL, " ", &save))
		if (field[i])
			*field[i] = strtoull(word, NULL, 10);
	return m;
}

/* What of this program is mapped, and where. */
static void find_self(struct become *b)
{
	char exe[PATH_MAX], line[PATH_MAX + 128];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	FILE *maps = fopen("/proc/self/maps", "re");

	if (n < 0 || !maps)
		die("/proc/self");
	exe[n] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char *name = strchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		if (!name || strcmp(name, exe) || b->n == 16 ||
		    sscanf(line, "%lx-%lx", &start, &end) != 2)
			continue;
		b->start[b->n] = (void *)start;
		b->len[b->n++] = end - start;
	}
	fclose(maps);
}

static void look_like(const char *program, int exec)
{
	size_t size = __stop_moved - __start_moved;
	struct become *b = mmap(NULL, sizeof(*b) + size, PROT_READ | PROT_WRITE | PROT_EXEC,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	union {
		void *data;
		void (*code)(struct become *b);
		long (*call)(long nr, ...);
	} u;

	if (b == MAP_FAILED)
		die("mmap");
	u.data = dlsym(RTLD_DEFAULT, "syscall"); /* the library's own, not our jump to it */
	b->call = u.call;
	b->map = own_map();
	b->map.exe_fd = open(program, O_RDONLY | O_CLOEXEC);
	must((int)b->map.exe_fd, program);
	b->exec = exec;
	b->truth = truth;
	strcpy(b->path, path);
	strcpy(b->mark, mark);
	strcpy(b->link, "/proc/self/exe");
	b->argv[0] = b->look;
	b->argv[1] = b->mark;
	find_self(b);
	memcpy(b + 1, __start_moved, size);
	before(path);
	u.data = (char *)(b + 1) + ((const char *)become - __start_moved);
	u.code(b);
}

static void by_set_mm_exe(void)
{
	look_like(in_scratch("true"), 0);
}

/* A rule that lets the loader start itself must not be fooled. */
static void by_set_mm_exec(void)
{
	look_like(path, 1);
}

static void by_set_mm_args(void)
{
	char *name = strdup("kworker");
	struct prctl_mm_map m = own_map();

	if (!name)
		die("strdup");
	m.arg_start = (unsigned long)name;
	m.arg_end = m.arg_start + strlen(name) + 1;
	must(prctl(PR_SET_MM, PR_SET_MM_MAP, &m, sizeof(m), 0), "PR_SET_MM_MAP");
	note_file("/proc/self/cmdline");
	use();
}

static const struct way ways[] = {
	{ "comm", "file.open", by_comm },
	{ "argv", "file.open", by_argv },
	{ "setsid", "file.open", by_setsid },
	{ "userns", "file.open", by_userns },
	{ "cgroup", "file.open", by_cgroup },
	{ "pid-reuse", "file.open", by_pid_reuse },
	{ "leader-gone", "file.open", by_leader_gone },
	{ "set-mm-args", "file.open", by_set_mm_args },
	{ "set-mm-exe", "file.open", by_set_mm_exe },
	{ "set-mm-exec", "process.exec", by_set_mm_exec },
};

#define N_WAYS (sizeof(ways) / sizeof(ways[0]))

static pid_t number;

static void by_stranger(void)
{
	use_as(number);
}

int main(int argc, char **argv)
{
	static const struct way stranger = { "stranger", "none", by_stranger };

	own_argv = argv;
	if (argc == 2 && !strcmp(argv[1], "list"))
		return run_ways(ways, N_WAYS, "list");
	if (argc == 4 && !strcmp(argv[1], "stranger")) {
		number = atoi(argv[3]);
		return run_placed(&stranger, 1, argv[1], argv[2]);
	}
	if (argc != 3) {
		fprintf(stderr, "usage: hide_ways list|WAY[,WAY...] BASE\n"
				"       hide_ways stranger BASE PID\n");
		return 2;
	}
	return run_placed(ways, N_WAYS, argv[1], argv[2]);
}
