#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libbpf.sh
#
# Builds libbpf out of a kernel source package and installs it, static, under /usr/local: for
# Ubuntu 22.04, whose own libbpf (0.5) is older than loadward can use (1.1). bootstrap.sh calls it
# where it is needed. To undo: rm -r /usr/local/include/bpf /usr/local/lib/libbpf.a
# /usr/local/lib/pkgconfig/libbpf.pc
set -eu
. "$(dirname "$0")/lib.sh"

case ${1:-} in
-h | --help) usage && exit 0 ;;
esac
! pkg-config --atleast-version=1.1 libbpf || exit 0
archive=$(find /usr/src -name 'linux-source-*.tar.*' | sort -V | tail -1)
[ -n "$archive" ] || die "no kernel source package (linux-source-6.5.0) is installed"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tar -xf "$archive" -C "$tmp" --strip-components=1 --wildcards \
    '*/tools/lib/bpf' '*/tools/include' '*/tools/arch' '*/tools/build' '*/tools/scripts' \
    '*/include/uapi' '*/scripts/bpf_doc.py'
make -s -C "$tmp/tools/lib/bpf" -j"$(ncpu)" OUTPUT="$tmp/" prefix=/usr/local \
    libdir=/usr/local/lib "$tmp/libbpf.a" "$tmp/libbpf.pc" install_headers
install -D -m 644 "$tmp/libbpf.a" /usr/local/lib/libbpf.a
install -D -m 644 "$tmp/libbpf.pc" /usr/local/lib/pkgconfig/libbpf.pc
pkg-config --atleast-version=1.1 libbpf || die "the libbpf of $archive is too old as well"
