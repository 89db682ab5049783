#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-arm64.sh [-t SECONDS] [-a CMDLINE] [-o DIR] KERNEL_DIR
#
# Builds loadward for arm64, its BPF objects and a static binary (build/arm64), boots a kernel of
# `scripts/vm-kernel.sh --arm64` in QEMU, by software emulation, and runs `loadward doctor` there:
# its self-test loads and attaches every program, and lets a child do what a policy forbids. The
# guest has a first file system in memory and nothing else. On Debian, as root: the compiler is
# installed, what it links with is unpacked in $LOADWARD_CACHE (/var/cache/loadward-test).
#
#   -t   limit in seconds (600)
#   -a   words for the kernel's command line, such as lsm=lockdown,capability,yama,bpf
#   -o   where to leave doctor.json, doctor.err, kernel-release, lsm, console, and status: doctor's
#
# Environment: QEMU_CPU (cortex-a72) is the processor, an Armv8.0 one: the kernel takes note of
# accesses to pages itself, so fewer of them can be read by a hook.
# Exit status: 0 when doctor has run, whatever it said; 124 when the limit was reached, 125 when the
# guest ended and did not report (then the end of its console is printed), 1 when nothing was
# booted.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/apt.sh"

limit=600 append='' out=''
while getopts t:a:o:h option; do
    case $option in
    t) limit=$OPTARG ;;
    a) append=$OPTARG ;;
    o) out=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || { usage >&2 && exit 2; }
kernel=$1
[ -s "$kernel/vmlinuz" ] || die "$kernel holds no kernel of scripts/vm-kernel.sh --arm64"
work=$(mktemp -d)
qemu=''
trap 'rm -rf "$work"' EXIT
trap '[ -z "$qemu" ] || kill "$qemu"; exit 130' INT TERM HUP
out=${out:-$work/out}
mkdir -p "$out"
rm -f "$out"/{doctor.json,doctor.err,kernel-release,lsm,status}

# ------------------------------------------------------------------ the build
# shellcheck disable=SC1091
codename=$(. /etc/os-release && echo "${ID:-}:${VERSION_CODENAME:-}")
case $codename in
debian:?*) suite=${codename#debian:} ;;
*) die "not a Debian: loadward is built for arm64 with its packages" ;;
esac

compiler() {
    local packages=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross dpkg-dev)

    dpkg -s "${packages[@]}" >/dev/null 2>&1 && return
    [ "$(id -u)" -eq 0 ] || die "installing ${packages[*]} needs root"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update >&2
    apt-get -q -y -o DPkg::Lock::Timeout=600 --no-install-recommends install "${packages[@]}" >&2
}

# Debian has no static libcjson: it is one file, of the source package.
unpack_sysroot() {
    local dir=$1 mirror lib=usr/lib/aarch64-linux-gnu

    mirror=$(debian_mirror)
    own_apt_update "$work/apt" arm64 "deb [arch=arm64] $mirror $suite main" \
        "deb-src $mirror $suite main" || die "$suite: the mirror cannot be read"
    mkdir -p "$work/debs" "$dir"
    (cd "$work/debs" &&
        own_apt "$work/apt" arm64 apt-get download libbpf-dev libelf-dev zlib1g-dev libcjson-dev \
            libsodium-dev busybox-static >&2 &&
        own_apt "$work/apt" arm64 apt-get source cjson >&2) ||
        die "$suite: the packages of arm64 cannot be downloaded"
    for deb in "$work"/debs/*.deb; do
        dpkg -x "$deb" "$dir"
    done
    aarch64-linux-gnu-gcc -O2 -c "$work"/debs/cjson-*/cJSON.c -o "$work/cJSON.o"
    aarch64-linux-gnu-ar rcs "$dir/$lib/libcjson.a" "$work/cJSON.o"
}

sysroot() {
    local dir

    dir=$(cache_dir)/arm64-$suite || die "no directory to keep libraries in; set LOADWARD_CACHE"
    if [ ! -d "$dir" ]; then
        unpack_sysroot "$work/sysroot"
        mv "$work/sysroot" "$dir"
    fi
    printf '%s\n' "$dir"
}

build() {
    local lib=$1/usr/lib/aarch64-linux-gnu include=$1/usr/include

    make -C "$ROOT" BUILD=build/arm64 ARCH=arm64 CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar \
        PKG_CFLAGS="-I$include -I$include/aarch64-linux-gnu" LDFLAGS=-static-pie \
        PKG_LIBS="-L$lib -lbpf -lelf -lz -lcjson -lsodium" build/arm64/release/loadward >&2
}

# ------------------------------------------------------------------ the guest
initrd() {
    local root=$work/initrd.d

    mkdir -p "$root"/{bin,dev,proc,sys,tmp,out}
    cp "$1/bin/busybox" "$root/bin/"
    ln -s busybox "$root/bin/true"
    aarch64-linux-gnu-strip -o "$root/bin/loadward" "$ROOT/build/arm64/release/loadward"
    cp "$ROOT/tests/vm/mounts.sh" "$root/"
    cp "$ROOT/tests/vm/init-arm64.sh" "$root/init"
    (cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initrd"
}

# The first serial port is the console, the second takes what the guest reports.
boot() {
    timeout -k 10 "$limit" qemu-system-aarch64 -nodefaults -no-user-config \
        -machine virt,gic-version=3 -accel tcg,thread=multi -cpu "${QEMU_CPU:-cortex-a72}" \
        -smp 2 -m 2G -display none -no-reboot \
        -serial "file:$out/console" -serial "file:$work/report" \
        -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
        -append "console=ttyAMA0 panic=-1 loglevel=4 $append" </dev/null >"$work/qemu.log" 2>&1 &
    qemu=$!
    wait "$qemu"
}

"$ROOT/scripts/bootstrap.sh" >"$work/bootstrap.log" 2>&1 || {
    cat "$work/bootstrap.log" >&2
    die "this machine cannot build loadward"
}
# Several guests may be started at once.
mkdir -p "$(cache_dir)"
exec 9>"$(cache_dir)/arm64.lock"
flock 9
"$ROOT/scripts/vm-kernel.sh" --arm64 --tools
compiler
root=$(sysroot)
build "$root"
initrd "$root"
exec 9>&-
status=0
boot || status=$?
qemu=''
tar -x -C "$out" -f "$work/report" 2>"$work/tar.log" || :
[ ! -s "$out/status" ] || exit 0
[ "$status" -eq 124 ] || [ "$status" -eq 137 ] && status=124 || status=125
{
    echo "$PROG: the guest $([ "$status" = 124 ] && echo "reached $limit s" || echo ended) and" \
        "did not report"
    cat "$work/qemu.log" "$work/tar.log"
    tail -40 "$out/console"
} >&2
exit "$status"
