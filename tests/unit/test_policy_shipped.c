// SPDX-License-Identifier: Apache-2.0
/* The shipped policies: what they hold and what stays silent. Run in the project's directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdbool.h>

#include "policies.h"

static struct lw_policy *strict, *dflt, *observe;

static int load_all(void **state)
{
	static const char *const files[] = { "policies/strict.json", "policies/default.json",
					     "policies/observe.json" };
	struct lw_policy **const to[] = { &strict, &dflt, &observe };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct lw_report report;

		if (lw_policy_load(files[i], &test_env, to[i], &report)) {
			print_report(&report);
			return -1;
		}
		lw_report_free(&report);
	}
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	lw_policy_free(strict);
	lw_policy_free(dflt);
	lw_policy_free(observe);
	return 0;
}

static enum lw_action act(const struct lw_policy *p, const char *path, struct lw_query q)
{
	return lw_policy_match_path(p, path, strlen(path), &q).action;
}

#define OPEN_READ  ((struct lw_query){ .kind = LW_FILE_OPEN, .access = LW_ACC_READ })
#define OPEN_WRITE ((struct lw_query){ .kind = LW_FILE_OPEN, .access = LW_ACC_WRITE })
#define OPEN_OTHER \
	((struct lw_query){ \
		.kind = LW_FILE_OPEN, .access = LW_ACC_READ, .cond = LW_COND_OTHER_PROC })
#define EXEC ((struct lw_query){ .kind = LW_PROCESS_EXEC })

static void each(const char *const *paths, struct lw_query q, enum lw_action s, enum lw_action d)
{
	size_t bad = 0;

	for (; *paths; paths++) {
		if (act(strict, *paths, q) == s && act(dflt, *paths, q) == d)
			continue;
		print_error("%s: strict %d, default %d\n", *paths, act(strict, *paths, q),
			    act(dflt, *paths, q));
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void test_credentials(void **state)
{
	static const char *const read[] = {
		"/root/.ssh/id_rsa",
		"/home/u/.ssh/keys/deep/k",
		"/home/u/.aws/credentials",
		"/home/u/.azure/msal_token_cache.json",
		"/home/u/.config/gcloud/application_default_credentials.json",
		"/home/u/.kube/config",
		"/home/u/.docker/config.json",
		"/home/u/.netrc",
		"/home/u/.git-credentials",
		"/home/u/.npmrc",
		"/home/u/.pypirc",
		"/home/u/.gnupg/private-keys-v1.d/k.key",
		"/home/u/.mozilla/firefox/x.default/logins.json",
		"/home/u/.config/google-chrome/Default/Login Data",
		"/home/u/.ethereum/keystore/UTC--k",
		"/home/u/.bitcoin/wallet.dat",
		"/srv/x/wallet.dat",
		"/home/u/.bash_history",
		"/root/.python_history",
		"/home/u/.pgpass",
		"/home/u/.password-store/a.gpg",
		"/home/u/.local/share/keyrings/login.keyring",
		"/home/u/.config/rclone/rclone.conf",
		"/home/u/.kaggle/kaggle.json",
		"/home/u/.modelscope/credentials/git_token",
		"/etc/shadow",
		"/etc/shadow-",
		"/etc/gshadow",
		"/etc/sudoers",
		"/etc/sudoers.d/x",
		"/etc/ssh/ssh_host_ed25519_key",
		"/etc/kubernetes/admin.conf",
		"/etc/ssl/private/k.pem",
		"/run/secrets/kubernetes.io/serviceaccount/token",
		"/run/secrets/kubernetes.io/serviceaccount/..data/token",
		"/var/run/secrets/kubernetes.io/serviceaccount/token",
		"/data/backup/id_ed25519",
		"/var/spool/cron/crontabs/root",
		"/proc/kcore",
		"/dev/mem",
		"/dev/sda1",
		NULL,
	};

	(void)state;
	each(read, OPEN_READ, LW_KILL, LW_KILL);
	each(read, OPEN_WRITE, LW_KILL, LW_KILL);
}

static void test_processes(void **state)
{
	static const char *const paths[] = { "/proc/77/environ",      "/proc/77/mem",
					     "/proc/77/maps",	      "/proc/1/environ",
					     "/proc/7/task/8/mem",    "/proc/7/task/8/environ",
					     "/proc/77/smaps_rollup", NULL };

	(void)state;
	each(paths, OPEN_OTHER, LW_KILL, LW_KILL);
	each(paths, OPEN_READ, LW_ALLOW, LW_ALLOW);
}

static void test_persistence(void **state)
{
	static const char *const paths[] = {
		"/root/.bashrc",
		"/home/u/.bashrc",
		"/home/u/.profile",
		"/home/u/.zshenv",
		"/home/u/.config/fish/config.fish",
		"/home/u/.config/autostart/x.desktop",
		"/home/u/.config/systemd/user/x.service",
		"/home/u/.local/bin/ls",
		"/home/u/.gitconfig",
		"/src/repo/.git/hooks/pre-commit",
		"/etc/ld.so.preload",
		"/etc/ld.so.conf.d/x.conf",
		"/etc/cron.d/upd",
		"/etc/profile.d/x.sh",
		"/etc/systemd/system/x.service",
		"/etc/passwd",
		"/etc/pam.d/su",
		"/etc/udev/rules.d/x.rules",
		"/etc/init.d/x",
		"/etc/rc.local",
		"/run/systemd/system/x.service",
		"/usr/bin/ls",
		"/usr/local/bin/ls",
		"/usr/lib/x86_64-linux-gnu/libc.so.6",
		"/usr/lib/systemd/system/x.service",
		"/venv/lib/python3.11/site-packages/x.pth",
		"/venv/lib/python3.11/site-packages/sitecustomize.py",
		"/usr/lib/python3/dist-packages/x.pth",
		"/venv/lib/python3.11/site-packages/torch/__init__.py",
		"/anywhere/usercustomize.py",
		"/proc/sys/kernel/core_pattern",
		"/sys/fs/cgroup/cgroup.procs",
		NULL,
	};

	(void)state;
	each(paths, OPEN_WRITE, LW_KILL, LW_KILL);
	/* Reading them is what shells, Python and libraries do. */
	each(paths, OPEN_READ, LW_ALLOW, LW_ALLOW);
}

/* What benign loads were seen to open. */
static void test_silent(void **state)
{
	static const char *const read[] = {
		"/home/u/.awsome/credentials.txt",
		"/home/u/data/id_rsa_notes.md",
		"/tmp/x/etc/shadow",
		"/tmp/x/.ssh.d/id_rsa.md",
		"/tmp/x/environ",
		"/home/u/.cache/huggingface/token",
		"/home/u/.cache/huggingface/hub/models--a--b/snapshots/1/config.json",
		"/home/u/.cache/huggingface/modules/transformers_modules/a/b/c.py",
		"/home/u/.keras/keras.json",
		"/home/u/.modelscope/credentials/session",
		"/etc/passwd",
		"/etc/hosts",
		"/etc/resolv.conf",
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/ssl/openssl.cnf",
		"/proc/cpuinfo",
		"/proc/sys/kernel/random/boot_id",
		"/proc/1/cgroup",
		"/sys/fs/cgroup/cpu.max",
		"/sys/devices/system/cpu/online",
		"/dev/urandom",
		"/dev/nvidia0",
		"/usr/lib/python3/dist-packages/distutils-precedence.pth",
		"/home/u/.aws",
		"/home/u/.ssh",
		NULL,
	};
	static const char *const write[] = {
		"/home/u/.cache/huggingface/hub/models--a--b/blobs/x.incomplete",
		"/home/u/.cache/huggingface/modules/transformers_modules/a/b/c.py",
		"/home/u/.cache/YAPF/0.40/Grammar3.11.pickle",
		"/home/u/.cache/Microsoft/DeveloperTools/.onnxruntime/onnxruntime.db",
		"/dev/shm/sem.x",
		"/dev/null",
		"/dev/nvidiactl",
		"/tmp/x",
		"/venv/lib/python3.11/site-packages/x/__pycache__/y.cpython-311.pyc",
		"/usr/lib/python3/dist-packages/__pycache__/y.cpython-311.pyc.1234",
		"/proc/77/comm",
		NULL,
	};

	(void)state;
	each(read, OPEN_READ, LW_ALLOW, LW_ALLOW);
	each(write, OPEN_WRITE, LW_ALLOW, LW_ALLOW);
}

static void test_programs(void **state)
{
	static const char *const probes[] = { "/usr/bin/uname",		 "/usr/bin/lscpu",
					      "/usr/bin/nproc",		 "/usr/sbin/ldconfig",
					      "/usr/sbin/ldconfig.real", NULL };
	static const char *const never[] = { "/usr/bin/dash",
					     "/usr/bin/bash",
					     "/usr/bin/curl",
					     "/usr/bin/perl",
					     "/usr/bin/busybox",
					     "/tmp/x/python3",
					     "/dev/shm/x",
					     "memfd:x",
					     "/usr/bin/sudo",
					     "/usr/bin/crontab",
					     NULL };
	static const char *const others[] = { "/usr/bin/touch", "/usr/bin/python3.11",
					      "/opt/conda/bin/curl", "/usr/bin/id", NULL };
	static const char *const any[] = { "/usr/bin/python3.11", "/tmp/venv/python3", NULL };
	struct lw_query self = EXEC;

	(void)state;
	each(probes, EXEC, LW_ALLOW, LW_ALLOW);
	each(never, EXEC, LW_KILL, LW_KILL);
	each(others, EXEC, LW_KILL, LW_ALERT);
	self.cond = LW_COND_SAME_EXE;
	each(any, self, LW_ALLOW, LW_ALLOW);
}

static enum lw_action peer(const struct lw_policy *p, const char *text, enum lw_kind kind,
			   uint16_t proto, uint16_t port)
{
	struct lw_query q = { .kind = kind, .proto = proto, .port = port };
	bool v6 = strchr(text, ':');
	unsigned char addr[16];

	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, text, addr), 1);
	return lw_policy_match_addr(p, addr, v6, &q).action;
}

static void test_network(void **state)
{
	static const char *const away[] = { "203.0.113.7",     "2001:db8::7",	  "10.0.0.1",
					    "169.254.169.254", "fd00:ec2::254",	  "100.100.100.200",
					    "0.0.0.0",	       "255.255.255.255", "::" };
	static const char *const here[] = { "127.0.0.1", "127.0.0.2", "::1" };

	(void)state;
	for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++) {
		assert_int_equal(peer(strict, away[i], LW_NET_CONNECT, LW_PROTO_TCP, 443), LW_DENY);
		assert_int_equal(peer(strict, away[i], LW_NET_SEND, LW_PROTO_UDP, 53), LW_DENY);
		assert_int_equal(peer(dflt, away[i], LW_NET_CONNECT, LW_PROTO_TCP, 443), LW_DENY);
		assert_int_equal(peer(dflt, away[i], LW_NET_SEND, LW_PROTO_UDP, 443), LW_DENY);
		assert_int_equal(peer(dflt, away[i], LW_NET_CONNECT, LW_PROTO_TCP, 53), LW_DENY);
	}
	/* What is asked there is judged by itself. */
	assert_int_equal(peer(dflt, away[0], LW_NET_SEND, LW_PROTO_UDP, 53), LW_ALLOW);
	assert_int_equal(peer(dflt, away[3], LW_NET_SEND, LW_PROTO_UDP, 53), LW_DENY);
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		assert_int_equal(peer(strict, here[i], LW_NET_CONNECT, LW_PROTO_TCP, 80), LW_DENY);
		assert_int_equal(peer(dflt, here[i], LW_NET_CONNECT, LW_PROTO_TCP, 80), LW_ALLOW);
		/* The IPv6 probe of urllib3 binds port 0; a server binds another and listens. */
		assert_int_equal(peer(strict, here[i], LW_NET_BIND, LW_PROTO_TCP, 0), LW_ALLOW);
		assert_int_equal(peer(strict, here[i], LW_NET_BIND, LW_PROTO_TCP, 4545), LW_DENY);
		assert_int_equal(peer(strict, here[i], LW_NET_LISTEN, LW_PROTO_TCP, 0), LW_KILL);
		assert_int_equal(peer(dflt, here[i], LW_NET_LISTEN, LW_PROTO_TCP, 80), LW_ALLOW);
	}
}

static void test_sockets(void **state)
{
	static const char *const runtime[] = { "/run/docker.sock",
					       "/var/run/docker.sock",
					       "/run/containerd/containerd.sock",
					       "/run/podman/podman.sock",
					       "/run/user/1000/podman/podman.sock",
					       "/run/crio/crio.sock",
					       "/tmp/ssh-abc/agent.1",
					       "/tmp/.X11-unix/X0",
					       NULL };
	static const char *const fine[] = { "/run/nscd/socket", "/tmp/pymp-x/listener-y",
					    "/var/run/nscd/socket", NULL };
	static const char *const local[] = { "/run/log.sock", "/srv/x.sock", "@x", NULL };
	struct lw_query con = { .kind = LW_NET_CONNECT, .proto = LW_PROTO_UNIX };
	static const uint16_t around[] = { LW_PROTO_RAW, LW_PROTO_PACKET };
	const struct lw_image *img = strict->image;

	(void)state;
	each(runtime, con, LW_DENY, LW_DENY);
	each(fine, con, LW_ALLOW, LW_ALLOW);
	each(local, con, LW_DENY, LW_ALLOW);
	for (size_t i = 0; i < 2; i++) {
		struct lw_query q = { .kind = LW_NET_SOCKET, .proto = around[i] };
		__u32 rule = lw_list_first(img, img->hdr.list_any[q.kind], &q);

		assert_int_equal(lw_verdict_of(img, rule, q.kind).action, LW_DENY);
		rule = lw_list_first(dflt->image, dflt->image->hdr.list_any[q.kind], &q);
		assert_int_equal(lw_verdict_of(dflt->image, rule, q.kind).action, LW_DENY);
	}
}

static bool evidence(const char *path)
{
	struct lw_query q = { .kind = LW_TAG_EVIDENCE, .access = LW_ACC_READ };

	return lw_policy_match_path(dflt, path, strlen(path), &q).rule != LW_RULE_NONE;
}

static enum lw_tag_state tag(const char *path)
{
	struct lw_query q = { .kind = LW_TAG_EXEC };
	unsigned int rule = lw_policy_match_path(dflt, path, strlen(path), &q).rule;

	return rule == LW_RULE_NONE ? LW_TAG_NONE : dflt->image->rules[rule].arg;
}

static void test_loaders(void **state)
{
	static const char *const yes[] = {
		"/root/.cache/huggingface/hub/models--a--b/snapshots/1/config.json",
		"/data/hub/models--a--b/refs/main",
		"/data/modules/transformers_modules/a/b/c.py",
		"/root/.cache/torch/hub/a_b_main/hubconf.py",
		"/root/.cache/modelscope/hub/models/a/b/config.json",
		"/root/.cache/modelscope/models/A--B/snapshots/master/x",
		"/root/.cache/csg/hub/a/b/config.json",
		"/data/m.safetensors",
		"/data/m.gguf",
		"/data/pytorch_model.bin",
		"/data/x.pth",
		"/data/m.pkl",
		"/data/e.npy",
		"/data/m.joblib.gz",
		"/v/lib/python3.11/site-packages/mmengine/config/config.py",
	};
	static const char *const no[] = {
		"/usr/lib/python3/dist-packages/distutils-precedence.pth",
		"/v/lib/python3.11/site-packages/x.pth",
		"/v/lib/python3.11/site-packages/sklearn/tests/data/x.pkl",
		"/usr/lib/python3.11/lib2to3/Grammar3.11.pickle",
		"/root/.cache/YAPF/0.40/Grammar3.11.pickle",
		"/etc/passwd",
		"/data/config.json",
		"/data/firmware.bin",
		"/usr/lib/python3.11/os.py",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!evidence(yes[i]))
			fail_msg("%s is evidence", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (evidence(no[i]))
			fail_msg("%s is no evidence", no[i]);
	assert_int_equal(tag("/usr/bin/python3.11"), LW_TAG_CANDIDATE);
	assert_int_equal(tag("/opt/venv/bin/python"), LW_TAG_CANDIDATE);
	assert_int_equal(tag("/usr/local/bin/ollama"), LW_TAG_LOADER);
	assert_int_equal(tag("/usr/bin/bash"), LW_TAG_NONE);
}

static void test_modes(void **state)
{
	(void)state;
	assert_int_equal(strict->mode, LW_MODE_ENFORCE);
	assert_int_equal(dflt->mode, LW_MODE_ENFORCE);
	assert_int_equal(observe->mode, LW_MODE_OBSERVE);
	/* observe judges as default does; it only records more. */
	assert_int_equal(act(observe, "/root/.ssh/id_rsa", OPEN_READ), LW_KILL);
	assert_int_equal(act(observe, "/root/x", OPEN_READ), LW_ALLOW);
	assert_int_equal(lw_policy_match_path(observe, "/root/x", 7, &OPEN_READ).record, 1);
	assert_int_equal(lw_policy_match_path(observe, "/lib/x", 6, &OPEN_READ).record, 0);
}

/* Whoever is stopped is told why. */
static void test_reasons(void **state)
{
	const struct lw_policy *all[] = { strict, dflt, observe };

	(void)state;
	for (int i = 0; i < 3; i++)
		for (unsigned int r = 0; r < all[i]->image->hdr.nrules; r++)
			if (!(all[i]->image->rules[r].on &
			      (LW_ON(LW_TAG_EXEC) | LW_ON(LW_TAG_EVIDENCE) |
			       LW_ON(LW_TAG_ARTEFACT))))
				assert_non_null(all[i]->rules[r].reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials), cmocka_unit_test(test_processes),
		cmocka_unit_test(test_persistence), cmocka_unit_test(test_silent),
		cmocka_unit_test(test_programs),    cmocka_unit_test(test_network),
		cmocka_unit_test(test_sockets),	    cmocka_unit_test(test_loaders),
		cmocka_unit_test(test_modes),	    cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, load_all, free_all);
}
