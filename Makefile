# SPDX-License-Identifier: Apache-2.0
#
# make help tells what there is. Nothing is written outside $(BUILD):
#   bpf/ARCH/  BPF objects, the linked object and its skeleton (the same for every flavour)
#   release/   debug/ (ASan + UBSan)   fuzz/ (libFuzzer + ASan + UBSan)
#   triggers/  bench/  programs of the tests
#   loadward   -> release/loadward

VERSION := 0.1.0
BUILD ?= build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
ARCH ?= $(shell uname -m | sed -e s/x86_64/x86/ -e s/aarch64/arm64/)
FLAVOUR := $(if $(filter 1,$(DEBUG)),debug,release)
CLANG ?= clang
PYTHON ?= /usr/bin/python3
SECONDS ?= 60

# What to build and test less of, while a part is in the making:
#   make test-unit LIB_DIRS="base policy" T='test_policy*'
LIB_DIRS ?= base loop bpfctl decode enrich policy action forensic sinks
T ?= test_*

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# ------------------------------------------------------------------ what there is
SKEL := $(BUILD)/bpf/$(ARCH)/loadward.skel.h
SKEL_OLD := $(BUILD)/bpf/$(ARCH)/loadward_old.skel.h
BPF_SRC := $(wildcard bpf/*.bpf.c)
LIB_SRC := $(sort $(wildcard $(LIB_DIRS:%=user/%/*.c)))
CLI_SRC := $(sort $(wildcard user/cli/*.c))
SKEL_SRC := $(filter user/bpfctl/% user/cli/%,$(LIB_SRC) $(CLI_SRC))
# Unit tests and fuzzers need neither a kernel nor the skeleton.
CORE_SRC := $(filter-out user/bpfctl/%,$(LIB_SRC))

UNIT := $(basename $(notdir $(wildcard tests/unit/$(T).c)))
UNIT_HELP := $(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c))
BPFT := $(basename $(notdir $(wildcard tests/bpf/$(T).c)))
BPFT := $(filter-out %.bpf,$(BPFT))
BPFT_HELP := $(filter-out tests/bpf/test_% %.bpf.c,$(wildcard tests/bpf/*.c))
BPFT_SKEL := $(patsubst tests/bpf/%.bpf.c,$(BUILD)/bpf/$(ARCH)/tests/%.skel.h,\
	$(wildcard tests/bpf/*.bpf.c))
FUZZ := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))
TRIGGERS := $(basename $(notdir $(wildcard tests/triggers/*.c)))
BENCH_LIB := $(basename $(notdir $(wildcard tests/bench/bench_*.c)))
BENCH := $(filter-out $(BENCH_LIB),\
	$(basename $(notdir $(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))))
BENCH_BPF := $(basename $(notdir $(wildcard tests/bench/*.bpf.c)))

# ------------------------------------------------------------------ flags
PKGS := libbpf libelf zlib libcjson libsodium
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PKGS)))$(PKG_LIBS)

WARN := -Wall -Wextra -Wshadow -Werror
DEFS := -D_GNU_SOURCE= -DLW_VERSION='"$(VERSION)"' \
	-DLW_POLICY_DIR='"$(PREFIX)/share/loadward/policies"'
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# -isystem: the generated skeleton is not ours to keep free of warnings. -MD, not -MMD: so that a
# changed skeleton is seen all the same.
BASE_CFLAGS = -std=gnu17 $(WARN) $(DEFS) -Iinclude -Iuser -isystem $(BUILD)/bpf/$(ARCH) \
	$(PKG_CFLAGS) -MD -MP -pthread

cflags_release := -O2 -g -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
ldflags_release := -pie -Wl,-z,relro,-z,now
cc_release = $(CC)
cflags_debug := -O1 -g -fPIE $(SAN)
ldflags_debug := -pie $(SAN)
cc_debug = $(CC)
cflags_fuzz := -O1 -g -fsanitize=fuzzer-no-link $(SAN)
ldflags_fuzz := -fsanitize=fuzzer $(SAN)
cc_fuzz = $(CLANG)

BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Ivmlinux/$(ARCH) -Iinclude \
	-Ibpf -Wall -Werror -MD -MP
# For test objects that include <linux/bpf.h> instead of vmlinux.h.
BPF_SYS := -idirafter /usr/include/$(shell uname -m)-linux-gnu

# ------------------------------------------------------------------ main targets
.PHONY: help all bpf demo check check-static test-unit test-bpf test-e2e test-corpus triggers bench
.PHONY: test-vm test-vm-all test-vm-arm64 bench-vm bench-programs
.PHONY: fuzz fuzz-run fmt install uninstall clean

help:
	@echo 'all           build $(BUILD)/loadward; with DEBUG=1 $(BUILD)/debug/loadward'
	@echo 'demo          set up everything and show a model with malicious code being stopped'
	@echo 'check         set up everything and run all tests'
	@echo 'check-static  format, layers, names, policies: needs no root'
	@echo 'test-unit     unit tests with ASan and UBSan: no root; T=test_x picks some'
	@echo 'test-bpf      BPF programs in the running kernel: root'
	@echo 'test-e2e      the whole product against trigger programs and real loaders: root'
	@echo 'test-corpus   the corpus of attacking and benign model loads: root'
	@echo 'test-vm       the same on Debian 6.1 and 5.10, in QEMU; test-vm-all on all kernels'
	@echo 'test-vm-arm64 loads, attaches and self-tests on Debian 6.12 and 6.1 for arm64'
	@echo 'bench         overhead beside other monitors: root, a quiet machine'
	@echo 'bench-vm      cost of the rungs of enforcement on other kernels, as ratios, in QEMU'
	@echo 'fuzz          build the fuzzers; fuzz-run SECONDS=300 runs each that long'
	@echo 'fmt           clang-format all C files'
	@echo 'install       to DESTDIR, PREFIX ($(PREFIX)); uninstall removes it'
	@echo 'clean         remove $(BUILD)'
	@echo 'bpf           BPF objects and skeleton only; ARCH=arm64 for another architecture'
	@echo 'Settings: V=1 shows commands, DEBUG=1 adds sanitizers, BUILD=DIR, CC=clang'

all: $(BUILD)/$(FLAVOUR)/loadward $(if $(filter release,$(FLAVOUR)),$(BUILD)/loadward)

bpf: $(SKEL) $(SKEL_OLD)

demo:
	@scripts/demo.sh

check:
	@scripts/check.sh

check-static: all
	@tests/check/run.sh

# ------------------------------------------------------------------ BPF
$(BUILD)/bpf/$(ARCH)/%.o: bpf/%.bpf.c Makefile
	$(say) BPF $<
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(BUILD)/bpf/$(ARCH)/loadward.bpf.o: $(BPF_SRC:bpf/%.bpf.c=$(BUILD)/bpf/$(ARCH)/%.o)
	$(say) BPFLINK $@
	$(if $^,,$(error no bpf/*.bpf.c to link))
	$(Q)scripts/bpftool.sh gen object $@ $^

$(SKEL): $(BUILD)/bpf/$(ARCH)/loadward.bpf.o
	$(say) SKEL $@
	$(Q)scripts/bpftool.sh gen skeleton $< name loadward_bpf >$@

# The same for kernels before 5.17: see LW_OLD in bpf/compat.bpf.h. Of this skeleton only the object
# is used; programs, maps and variables are those of the first one.
$(BUILD)/bpf/$(ARCH)/old/%.o: bpf/%.bpf.c Makefile
	$(say) BPF '$< (old kernels)'
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -DLW_OLD -c $< -o $@

$(BUILD)/bpf/$(ARCH)/old/loadward.bpf.o: $(BPF_SRC:bpf/%.bpf.c=$(BUILD)/bpf/$(ARCH)/old/%.o)
	$(say) BPFLINK $@
	$(Q)scripts/bpftool.sh gen object $@ $^

$(SKEL_OLD): $(BUILD)/bpf/$(ARCH)/old/loadward.bpf.o
	$(say) SKEL $@
	$(Q)scripts/bpftool.sh gen skeleton $< name loadward_old >$@

$(BUILD)/bpf/$(ARCH)/tests/%.bpf.o: tests/bpf/%.bpf.c Makefile
	$(say) BPF $<
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_SYS) -c $< -o $@

$(BUILD)/bpf/$(ARCH)/tests/%.skel.h: $(BUILD)/bpf/$(ARCH)/tests/%.bpf.o
	$(say) SKEL $@
	$(Q)scripts/bpftool.sh gen skeleton $< name $* >$@

# ------------------------------------------------------------------ objects, library, programs
# flavour_rules,FLAVOUR
define flavour_rules
$(BUILD)/$(1)/%.o: %.c Makefile
	$$(say) CC $$<
	@mkdir -p $$(@D)
	$$(Q)$$(cc_$(1)) $$(BASE_CFLAGS) $$(cflags_$(1)) $$(obj_cflags) $$(CFLAGS) -c $$< -o $$@

# The archive is made anew: ar would keep the members of removed sources.
$(BUILD)/$(1)/libloadward.a: $(LIB_SRC:%.c=$(BUILD)/$(1)/%.o)
$(BUILD)/$(1)/libcore.a: $(CORE_SRC:%.c=$(BUILD)/$(1)/%.o)
$(BUILD)/$(1)/libloadward.a $(BUILD)/$(1)/libcore.a:
	$$(say) AR $$@
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && $$(AR) rcs $$@ $$^

# Those that include the skeleton must wait for it; afterwards the .d files know.
$(SKEL_SRC:%.c=$(BUILD)/$(1)/%.o): | $(SKEL) $(SKEL_OLD)
endef
$(foreach f,release debug fuzz,$(eval $(call flavour_rules,$(f))))

define link
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(cc_$(1)) $(ldflags_$(1)) $(LDFLAGS) -pthread -o $@ $(filter %.o %.a,$^) $(2) \
		$(PKG_LIBS)
endef

$(BUILD)/release/loadward: $(CLI_SRC:%.c=$(BUILD)/release/%.o) $(BUILD)/release/libloadward.a
	$(call link,release)

$(BUILD)/debug/loadward: $(CLI_SRC:%.c=$(BUILD)/debug/%.o) $(BUILD)/debug/libloadward.a
	$(call link,debug)

$(BUILD)/loadward: $(BUILD)/release/loadward
	@ln -sfn release/loadward $@

# ------------------------------------------------------------------ tests
UNIT_BIN := $(UNIT:%=$(BUILD)/debug/unit/%)
BPFT_BIN := $(BPFT:%=$(BUILD)/$(FLAVOUR)/bpft/%)

$(BUILD)/debug/tests/unit/%.o: obj_cflags := -Itests/unit
$(UNIT_BIN): $(BUILD)/debug/unit/%: $(BUILD)/debug/tests/unit/%.o \
		$(UNIT_HELP:%.c=$(BUILD)/debug/%.o) $(BUILD)/debug/libcore.a
	$(call link,debug,-lcmocka)

test-unit: $(UNIT_BIN)
	@scripts/run-tests.sh $(sort $^)

$(BUILD)/$(FLAVOUR)/tests/bpf/%.o: obj_cflags := -Itests/bpf -isystem $(BUILD)/bpf/$(ARCH)/tests
$(patsubst %,$(BUILD)/$(FLAVOUR)/tests/bpf/%.o,$(BPFT)) \
$(BPFT_HELP:%.c=$(BUILD)/$(FLAVOUR)/%.o): | $(SKEL) $(BPFT_SKEL)
$(BPFT_BIN): $(BUILD)/$(FLAVOUR)/bpft/%: $(BUILD)/$(FLAVOUR)/tests/bpf/%.o \
		$(BPFT_HELP:%.c=$(BUILD)/$(FLAVOUR)/%.o) $(BUILD)/$(FLAVOUR)/libloadward.a
	$(call link,$(FLAVOUR),-lcmocka)

test-bpf: $(BPFT_BIN)
	@scripts/run-tests.sh $(sort $^)

TRIGGER_BIN := $(TRIGGERS:%=$(BUILD)/triggers/%)
$(TRIGGER_BIN): $(BUILD)/triggers/%: tests/triggers/%.c Makefile
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O1 -g $(WARN) -D_GNU_SOURCE= -Iinclude -pthread -MD -MP -o $@ $<

triggers: $(TRIGGER_BIN)

test-e2e: all triggers
	@scripts/e2e.sh $(E2E_ARGS)

# On other kernels; VM_ARGS: guests and, after --, arguments for pytest.
test-vm test-vm-all: all triggers $(BPFT_BIN)

test-vm:
	@scripts/vm-test.sh --short $(VM_ARGS)

test-vm-all:
	@scripts/vm-test.sh all $(VM_ARGS)

test-vm-arm64:
	@scripts/vm-test.sh arm64

test-corpus: all
	@scripts/corpus.sh $(CORPUS_ARGS)

FUZZ_BIN := $(FUZZ:%=$(BUILD)/fuzz/%)
$(FUZZ_BIN): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/libcore.a
	$(call link,fuzz)

fuzz: $(FUZZ_BIN)

fuzz-run: fuzz
	@scripts/fuzz-run.sh $(SECONDS) $(FUZZ_BIN)

BENCH_BIN := $(BENCH:%=$(BUILD)/bench/%)
$(BENCH_BIN): $(BUILD)/bench/%: tests/bench/%.c Makefile
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARN) -D_GNU_SOURCE= -Iinclude -pthread -MD -MP -o $@ $< \
		-Wl,--as-needed -lbpf

$(BUILD)/bench/%.bpf.o: tests/bench/%.bpf.c Makefile
	$(say) BPF $<
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_SYS) -c $< -o $@

# Those that measure parts of the library.
BENCH_LIB_BIN := $(BENCH_LIB:%=$(BUILD)/bench/%)
$(BENCH_LIB_BIN): $(BUILD)/bench/%: $(BUILD)/release/tests/bench/%.o $(BUILD)/release/libcore.a
	$(call link,release)

bench-programs: $(BENCH_BIN) $(BENCH_LIB_BIN) $(BENCH_BPF:%=$(BUILD)/bench/%.o)

bench: all bench-programs
	@scripts/bench.sh $(BENCH_ARGS)

bench-vm: all $(BUILD)/bench/ops
	@scripts/vm-bench.sh $(VM_ARGS)

# ------------------------------------------------------------------ the rest
fmt:
	$(say) FMT 'bpf include user tests'
	$(Q)find bpf include user tests -name '*.[ch]' | xargs -r clang-format -i

MAN := $(wildcard docs/man/*.[1-8])

install: $(BUILD)/release/loadward
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/bin/loadward
	install -d $(DESTDIR)$(PREFIX)/share/loadward/policies
	install -m 644 policies/*.json $(DESTDIR)$(PREFIX)/share/loadward/policies
	$(foreach m,$(MAN),install -D -m 644 $(m) \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)) &&) :
	install -D -m 644 scripts/completion/loadward.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/loadward
	$(if $(wildcard completions/_loadward),install -D -m 644 completions/_loadward \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_loadward)
	@test -e $(DESTDIR)$(SYSCONFDIR)/loadward/policy.json || \
		install -D -m 644 policies/default.json $(DESTDIR)$(SYSCONFDIR)/loadward/policy.json

# The policy under $(SYSCONFDIR) is the administrator's and stays.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/loadward
	rm -rf $(DESTDIR)$(PREFIX)/share/loadward
	$(foreach m,$(MAN),rm -f \
		$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)) &&) :
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/loadward
	rm -f $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_loadward

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
