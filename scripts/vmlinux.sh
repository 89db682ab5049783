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
. "$(dirname "$0")/apt.sh"

arch=${1:-} suite=${2:-}
case $arch in
x86) deb=amd64 host=x86_64 ;;
arm64) deb=arm64 host=aarch64 ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The current kernel image of the suite; from 7.2 on it lies in linux-binary-VERSION.
package_image() {
    local image

    own_apt_update "$tmp" "$deb" "deb [arch=$deb] $(debian_mirror) $suite main"
    image=$(own_apt "$tmp" "$deb" apt-cache depends "linux-image-$deb" |
        sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
    [ -n "$image" ] || die "$suite has no linux-image-$deb"
    if own_apt "$tmp" "$deb" apt-cache show "${image/image/binary}" >/dev/null 2>&1; then
        image=${image/image/binary}
    fi
    (cd "$tmp" && own_apt "$tmp" "$deb" apt-get download "$image" >&2)
    mkdir -p "$tmp/root"
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
