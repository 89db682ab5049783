#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vmlinux.sh x86|arm64 [SUITE]
#
# Makes vmlinux/ARCH/vmlinux.h, the kernel's types as BPF programs see them; CO-RE adapts them to
# the kernel that runs. Without SUITE from the running kernel, which must be of that architecture;
# with SUITE (trixie, trixie-backports, ...) from the kernel package of that Debian suite: it is
# downloaded from the mirror that the machine's own apt uses (or $DEBIAN_MIRROR), not installed.
# Needs bpftool, python3, and for a package apt and xz.
set -eu
. "$(dirname "$0")/lib.sh"

arch=${1:-} suite=${2:-}
case $arch in
x86) deb=amd64 host=x86_64 ;;
arm64) deb=arm64 host=aarch64 ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# apt with lists, status and cache of its own, for a suite and an architecture of our choice.
foreign_apt() {
    local tool=$1

    shift
    "$tool" -q -o Dir::Etc::sourcelist="$tmp/sources.list" -o Dir::Etc::sourceparts=/nonexistent \
        -o Dir::State::lists="$tmp/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$tmp" \
        -o APT::Architecture="$deb" -o APT::Architectures="$deb" -o APT::Sandbox::User=root \
        -o Acquire::Languages=none "$@"
}

mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        grep -oE '^[^#]*https?://[^ ]+/debian/?( |$)' | grep -oE 'https?://[^ ]+' | head -1
}

# The current kernel image of the suite; from 7.2 on it lies in linux-binary-VERSION.
package_image() {
    local image from=${DEBIAN_MIRROR:-$(mirror)}

    [ -n "$from" ] || die "no Debian mirror among apt's sources; set DEBIAN_MIRROR"
    mkdir -p "$tmp/lists/partial" "$tmp/archives/partial" "$tmp/root"
    echo "deb [arch=$deb] $from $suite main" >"$tmp/sources.list"
    foreign_apt apt-get update >&2
    image=$(foreign_apt apt-cache depends "linux-image-$deb" |
        sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
    [ -n "$image" ] || die "$suite has no linux-image-$deb"
    if foreign_apt apt-cache show "${image/image/binary}" >/dev/null 2>&1; then
        image=${image/image/binary}
    fi
    (cd "$tmp" && foreign_apt apt-get download "$image" >&2)
    dpkg -x "$tmp"/linux-*.deb "$tmp/root"
    find "$tmp/root" -name 'vmlinuz*' -type f | head -1
}

if [ -n "$suite" ]; then
    image=$(package_image)
    [ -n "$image" ] || die "the package holds no kernel image"
    python3 "$ROOT/scripts/btf-extract.py" "$image" >"$tmp/btf"
    from="Debian $suite, $(basename "$tmp"/linux-*.deb _"$deb".deb | sed 's/%3a/:/; s/_/ /')"
else
    [ "$(uname -m)" = "$host" ] || die "this machine is no $host: name a suite"
    cp /sys/kernel/btf/vmlinux "$tmp/btf"
    from="the running kernel, $(uname -r | cut -d- -f1)"
fi

mkdir -p "$ROOT/vmlinux/$arch"
{
    echo "/* SPDX-License-Identifier: GPL-2.0-only */"
    echo "/* Made by scripts/vmlinux.sh $* from $from. */"
    "$ROOT/scripts/bpftool.sh" btf dump file "$tmp/btf" format c
} >"$tmp/vmlinux.h"
mv "$tmp/vmlinux.h" "$ROOT/vmlinux/$arch/vmlinux.h"
echo "vmlinux/$arch/vmlinux.h: $(wc -l <"$ROOT/vmlinux/$arch/vmlinux.h") lines from $from"
