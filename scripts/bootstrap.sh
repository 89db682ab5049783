#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bootstrap.sh [--bench] [--torch] [--help]
#
# Makes this machine ready to build, run and test loadward: installs what the distribution packages
# and mounts tracefs and bpffs. A second run finds everything in place and changes nothing.
#
#   --bench   also the monitors that `make bench` compares with
#   --torch   also the distribution's PyTorch, for the full tier of the tests (some 500 MB); on
#             Debian only: Ubuntu 24.04 has none, that of 22.04 is older than transformers accepts
#
# Debian 12, Ubuntu 22.04 and Ubuntu 24.04; elsewhere it lists what to install.
# Exit status: 0 ready; 1 something is missing and the message says what; 2 wrong usage;
# 3 this distribution is not known: install the printed list by hand.
set -u
. "$(dirname "$0")/lib.sh"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

want_bench=0
want_torch=0
for arg in "$@"; do
    case $arg in
    --bench) want_bench=1 ;;
    --torch) want_torch=1 ;;
    -h | --help) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done

# Each word is a package, or alternatives a|b of which the first that apt knows is taken.
common="make gcc libc6-dev clang llvm libbpf-dev libelf-dev zlib1g-dev libcjson-dev libcmocka-dev
    libsodium-dev pkg-config clang-format-14 shellcheck python3 python3-venv git strace busybox
    util-linux mount iproute2 procps ca-certificates"
bench="bpftrace libbpf-tools|bpfcc-tools auditd"
torch="python3-torch"

# ------------------------------------------------------------------ 1 rights and kernel
# Bits of CapEff, capability.h.
need_caps="12:CAP_NET_ADMIN 21:CAP_SYS_ADMIN 38:CAP_PERFMON 39:CAP_BPF"

check_rights() {
    local bad=0 eff c

    if [ "$(id -u)" -ne 0 ]; then
        echo "not root: loading BPF programs, mounting and installing need root; try: sudo $0"
        return 1
    fi
    eff=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    if [ -z "$eff" ]; then
        echo "/proc is not mounted: mount -t proc proc /proc"
        return 1
    fi
    for c in $need_caps; do
        if [ $(((0x$eff >> ${c%%:*}) & 1)) -eq 0 ]; then
            echo "root here lacks ${c#*:}: run on the machine itself or in a privileged container"
            bad=1
        fi
    done
    if [ ! -r /sys/kernel/btf/vmlinux ]; then
        echo "the kernel $(uname -r) shows no type information (/sys/kernel/btf/vmlinux):"
        echo "it needs CONFIG_DEBUG_INFO_BTF=y, as the stock kernels of Debian 11, Ubuntu 20.10"
        echo "and later have it; in a chroot or container mount sysfs on /sys"
        bad=1
    fi
    return "$bad"
}

# ------------------------------------------------------------------ 2 packages
installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# missing WORD...: of each word without an installed alternative the first that apt knows; where
# apt's lists are empty still, the first.
missing() {
    local w a pick

    for w in "$@"; do
        for a in ${w//|/ }; do
            installed "$a" && continue 2
        done
        pick=${w%%|*}
        case $w in
        *"|"*)
            for a in ${w//|/ }; do
                apt-cache show "$a" >/dev/null 2>&1 && pick=$a && break
            done
            ;;
        esac
        echo "$pick"
    done
}

# The sanitizers' and libFuzzer's run time of the default clang: a package of its own from
# clang 15 on and in Debian's 14; inside libclang-common-14-dev in Ubuntu's 14.
clang_rt() {
    local v

    v=$({ dpkg-query -W -f '${Depends}\n' clang || apt-cache depends clang; } 2>/dev/null |
        grep -o 'clang-[0-9][0-9]*' | head -1)
    v=${v#clang-}
    echo "libclang-rt-${v:-14}-dev|libclang-common-${v:-14}-dev"
}

# What differs: Debian has a bpftool package, Ubuntu puts it with the tools of each kernel, of which
# any will do. Ubuntu 22.04's libbpf and bpftool are too old: scripts/libbpf.sh builds the first
# from the newest kernel source there is, the second comes with the tools of its newer kernels.
distribution_packages() {
    case $ID:$VERSION_ID in
    ubuntu:22.04) echo "linux-tools-generic-hwe-22.04 linux-source-6.5.0 bzip2" ;;
    ubuntu:*) echo "linux-tools-common linux-tools-$(uname -r)|linux-tools-generic" ;;
    *) echo bpftool ;;
    esac
}

list() {
    local l

    l="$common $(distribution_packages) $(clang_rt)"
    [ "$want_bench" = 0 ] || l="$l $bench"
    [ "$want_torch:$ID" != 1:debian ] || l="$l $torch"
    echo "$l"
}

# A newcomer's machine may have empty lists, an image's may be out of date: so update once, when
# something is missing, and never otherwise.
install_packages() {
    apt-get -q update || echo "apt-get update failed; trying with the lists as they are"
    read_missing
    echo "installing: ${todo[*]}"
    apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confold install \
        "${todo[@]}" && return
    echo "the packages could not be installed: is the network reachable? On Ubuntu the component"
    echo "\"universe\" is needed (add-apt-repository universe)"
    return 1
}

read_missing() {
    # shellcheck disable=SC2046 # a list of words
    mapfile -t todo < <(missing $(list))
}

not_known() {
    cat >&2 <<LIST
bootstrap.sh: $NAME is none of Debian 12, Ubuntu 22.04, Ubuntu 24.04: nothing was installed.
Install these by the means of your system, then run scripts/demo.sh --no-bootstrap:
  build    make, gcc, clang 14 or later with its compiler-rt (sanitizers, libFuzzer),
           bpftool 7 or later, pkg-config, and the development files of libbpf 1.1 or
           later, libelf, zlib, cJSON (libcjson), libsodium
  tests    cmocka, clang-format 14, shellcheck, python3 with venv, git, strace, busybox,
           iproute2, util-linux (unshare, flock), procps
  mounts   mount -t tracefs tracefs /sys/kernel/tracing; mount -t bpf bpf /sys/fs/bpf
  kernel   5.10 or later with /sys/kernel/btf/vmlinux
LIST
    exit 3
}

# ------------------------------------------------------------------ 3 mounts
mount_one() {
    local type=$1 dir=$2

    [ "$(stat -f -c %T "$dir" 2>/dev/null)" != "$3" ] || return 0
    if [ ! -d "$dir" ]; then
        echo "$dir does not exist: the kernel lacks $type, or sysfs is not mounted on /sys"
        return 1
    fi
    mount -t "$type" "$type" "$dir" && echo "mounted $type on $dir"
}

mounts() {
    mount_one tracefs /sys/kernel/tracing tracefs && mount_one bpf /sys/fs/bpf bpf_fs
}

# ------------------------------------------------------------------ 4 what was installed works
check_tools() {
    local v

    "$ROOT/scripts/bpftool.sh" version || return 1
    clang -print-targets | grep -qw bpf || {
        echo "clang cannot compile for bpf"
        return 1
    }
    v=$(pkg-config --modversion libbpf) || return 1
    if ! pkg-config --atleast-version=1.1 libbpf; then
        echo "libbpf $v is too old: loadward needs 1.1 or later"
        [ "$ID:$VERSION_ID" = ubuntu:22.04 ] && "$ROOT/scripts/libbpf.sh"
    fi
}

# ------------------------------------------------------------------ main
ID='' VERSION_ID='' NAME=unknown
[ ! -r /etc/os-release ] || . /etc/os-release
case $ID:$VERSION_ID in
debian:12 | ubuntu:22.04 | ubuntu:24.04) ;;
*) NAME=${PRETTY_NAME:-$NAME} && not_known ;;
esac

STEPS=4
step_log
step "rights and kernel" check_rights || exit 1
read_missing
if [ "${#todo[@]}" -eq 0 ]; then
    step "packages: all there" true
else
    step "packages: installing ${#todo[@]} and what they need (minutes on a fresh machine)" \
        install_packages || exit 1
fi
step "tracefs and bpffs" mounts || exit 1
step "compiler, bpftool, libbpf" check_tools || exit 1
