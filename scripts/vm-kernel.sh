#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-kernel.sh [--arm64] [--fresh] SUITE
# vm-kernel.sh [--arm64] --tools
#
# Makes a Debian suite's current kernel (linux-image-amd64) ready for scripts/vm-run.sh, unless it
# is there, and prints its directory (the only line on stdout); nothing of it is installed. It is
# kept in $LOADWARD_CACHE (/var/cache/loadward-test), in kernels/SUITE; --fresh fetches it again.
# --arm64: linux-image-arm64, in kernels/SUITE-arm64, for scripts/vm-arm64.sh: without modules.
#
#   bullseye 5.10   bookworm 6.1   trixie 6.12   trixie-backports 7.3, at the time of writing
#
#   DIR/release   its version            DIR/vmlinuz   the image
#   DIR/lib/modules/VERSION              those modules that a guest has use for
#
# --tools installs what boots it, where it is absent: QEMU 10 or later (7.2 makes guests crash),
# from bookworm-backports on Debian 12, cpio and kmod. The packages come from the mirror that the
# machine's own apt uses (or $DEBIAN_MIRROR), without a change to its sources.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/apt.sh"

QEMU_MIN=10
fresh=0 deb=amd64 emulator=qemu-system-x86_64 package=qemu-system-x86
[ "${1:-}" != --arm64 ] || {
    deb=arm64 emulator=qemu-system-aarch64 package=qemu-system-arm
    shift
}
case ${1:-} in
-h | --help) usage && exit 0 ;;
--fresh) fresh=1 && shift ;;
esac
[ $# -eq 1 ] || { usage >&2 && exit 2; }
[ "$(uname -m)" = x86_64 ] || die "guests are made on x86_64 only"

# ------------------------------------------------------------------ tools
qemu_version() {
    "$emulator" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p'
}

tools_there() {
    local v tool

    v=$(qemu_version)
    [ "${v:-0}" -ge "$QEMU_MIN" ] || return 1
    for tool in busybox cpio depmod modprobe mkfs.ext4; do
        command -v "$tool" >/dev/null || return 1
    done
}

install_tools() {
    local mirror codename sources=() others=(cpio kmod busybox e2fsprogs)

    [ "$(id -u)" -eq 0 ] || die "installing QEMU, cpio and kmod needs root"
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${ID:-}:${VERSION_CODENAME:-}")
    export DEBIAN_FRONTEND=noninteractive
    case $codename in
    debian:bookworm) ;;
    debian:*)
        apt-get -q -y --no-install-recommends install "$package" "${others[@]}" >&2
        ;;
    *) die "not a Debian: install QEMU $QEMU_MIN or later, busybox, cpio and kmod by hand" ;;
    esac
    ! tools_there || return 0
    [ "$codename" = debian:bookworm ] || die "QEMU is older than $QEMU_MIN: $(qemu_version)"
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
    mirror=$(debian_mirror)
    sources=("deb $mirror bookworm main" "deb $mirror bookworm-updates main"
        "deb $mirror-security bookworm-security main" "deb $mirror bookworm-backports main")
    own_apt_update "$tmp" amd64 "${sources[@]}"
    OWN_APT_STATUS=/var/lib/dpkg/status own_apt "$tmp" amd64 apt-get -y --no-install-recommends \
        -t bookworm-backports install "$package" >&2
    OWN_APT_STATUS=/var/lib/dpkg/status own_apt "$tmp" amd64 apt-get -y --no-install-recommends \
        install "${others[@]}" >&2
    tools_there || die "QEMU, cpio, kmod or busybox is missing after their installation"
}

if [ "$1" = --tools ]; then
    tools_there || install_tools
    exit 0
fi

# ------------------------------------------------------------------ kernel
# Names of packages that hold the image and its modules; from 7.2 on they are several.
packages_of() {
    local image=$1 version=${1#linux-image-}

    echo "$image"
    own_apt "$tmp" "$deb" apt-cache depends "$image" |
        sed -n 's/.*Depends: \(linux-\(binary\|modules\)-[^ ]*\)/\1/p' | grep -F -- "$version" || :
}

fetch() {
    local suite=$1 mirror image file sources=()

    mirror=$(debian_mirror)
    sources=("deb [arch=$deb] $mirror $suite main")
    # What only gets security updates still has an older kernel in its archive.
    [ "$suite" != bullseye ] ||
        sources+=("deb [arch=$deb] $mirror-security bullseye-security main")
    own_apt_update "$tmp" "$deb" "${sources[@]}" || die "$suite: the mirror cannot be read"
    image=$(own_apt "$tmp" "$deb" apt-cache depends "linux-image-$deb" |
        sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
    [ -n "$image" ] || die "$suite has no linux-image-$deb"
    mkdir -p "$tmp/debs" "$tmp/root"
    # shellcheck disable=SC2046 # a list of words
    (cd "$tmp/debs" && own_apt "$tmp" "$deb" apt-get download $(packages_of "$image") >&2) ||
        die "$suite: $image cannot be downloaded"
    for file in "$tmp"/debs/*.deb; do
        dpkg -x "$file" "$tmp/root"
    done
    release=${image#linux-image-}
}

# unpack DIR: what a guest needs of $tmp/root.
unpack() {
    local dir=$1

    mkdir -p "$dir/lib/modules"
    find "$tmp/root" -type f \( -name "vmlinuz-$release" -o -path "*/$release/vmlinuz" \) \
        -exec cp {} "$dir/vmlinuz" \;
    [ -s "$dir/vmlinuz" ] || die "no image of $release in its packages"
    [ "$deb" != amd64 ] || unpack_modules "$dir"
    echo "$release" >"$dir/release"
}

# The init of guests reads plain modules only.
unpack_modules() {
    local dir=$1 modules

    modules=$(find "$tmp/root" -type d -path "*/modules/$release" | head -1)
    [ -d "$modules/kernel" ] || die "no modules of $release in its packages"
    (cd "$modules/kernel" && rm -rf sound drivers/net/{wireless,ethernet} \
        drivers/{gpu,media,staging,infiniband,scsi,iio,usb,input})
    find "$modules" -name '*.ko.xz' -print0 | xargs -0r xz -d
    mv "$modules" "$dir/lib/modules/$release"
    depmod -b "$dir" "$release" 2>/dev/null
}

suite=$1 name=$1 tools=(--tools)
[ "$deb" = amd64 ] || name=$suite-$deb tools=("--$deb" --tools)
"$0" "${tools[@]}"
kernels=$(cache_dir)/kernels || die "no directory to keep kernels in; set LOADWARD_CACHE"
mkdir -p "$kernels"
exec 9>"$kernels/$name.lock"
flock 9
if [ "$fresh" = 1 ] || [ ! -s "$kernels/$name/release" ]; then
    tmp=$(mktemp -d "$kernels/tmp.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    fetch "$suite"
    unpack "$tmp/new"
    rm -rf "${kernels:?}/$name"
    mv "$tmp/new" "$kernels/$name"
fi
printf '%s\n' "$kernels/$name"
