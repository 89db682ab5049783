#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pythons.sh NAME
#
# Finds a Python interpreter for the tests, or fetches it, and prints "PROGRAM ROOT": what to run,
# and the directory to run it in by chroot ("-": none). Nothing of it is installed.
#
#   bullseye, trixie, sid   the newest of that Debian suite: statically linked; its packages with
#                           all that they need are kept in $LOADWARD_CACHE, in pythons/SUITE
#   shared                  the shared library of this machine's /usr/bin/python3, from its own
#                           distribution: PROGRAM is the library, kept in pythons/shared
#   3.8 ... 3.13            one that pyenv has built, with a shared library
#
# Exit status: 1 when it cannot be had; the message says why.
set -eu
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/apt.sh"

[ $# -eq 1 ] || { usage >&2 && exit 2; }
case $1 in -h | --help) usage && exit 0 ;; esac
deb=$(dpkg --print-architecture 2>/dev/null) || die "no dpkg: not a Debian"

# The newest pythonX.Y of a suite, with all that it needs.
fetch_suite() {
    local suite=$1 package

    own_apt_update "$tmp" "$deb" "deb [arch=$deb] $(debian_mirror) $suite main" ||
        die "$suite: the mirror cannot be read"
    package=$(own_apt "$tmp" "$deb" apt-cache pkgnames python3. | grep -E '^python3\.[0-9]+$' |
        sort -V | tail -1)
    [ -n "$package" ] || die "$suite has no Python"
    own_apt "$tmp" "$deb" apt-get -y --download-only --no-install-recommends install \
        "$package" >&2 || die "$suite: $package cannot be downloaded"
    unpack
    echo "/usr/bin/$package" >"$tmp/new/program"
}

fetch_shared() {
    local version

    version=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])') ||
        die "no /usr/bin/python3"
    mkdir -p "$tmp/archives"
    (cd "$tmp/archives" && apt-get -q download "libpython$version" >&2) ||
        die "libpython$version cannot be downloaded"
    unpack
    find "$tmp/new/root" -name "libpython$version.so.*" -type f -printf '%P\n' >"$tmp/new/program"
}

unpack() {
    local package

    mkdir -p "$tmp/new/root"
    # Where /lib is a link to /usr/lib, unpacked packages must not make a directory of it.
    (cd "$tmp/new/root" && mkdir -p usr/{bin,sbin,lib,lib64} && ln -s usr/{bin,sbin,lib,lib64} .)
    for package in "$tmp"/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tmp/new/root" --keep-directory-symlink
    done
}

# kept NAME FUNCTION: fetched once.
kept() {
    local name=$1

    pythons=$(cache_dir)/pythons || die "no directory to keep Pythons in; set LOADWARD_CACHE"
    mkdir -p "$pythons"
    exec 9>"$pythons/$name.lock"
    flock 9
    [ ! -s "$pythons/$name/program" ] || return 0
    tmp=$(mktemp -d "$pythons/tmp.XXXXXX")
    trap 'rm -rf "$tmp"' EXIT
    "$2" "$name"
    rm -rf "${pythons:?}/$name"
    mv "$tmp/new" "$pythons/$name"
}

case $1 in
bullseye | trixie | sid)
    kept "$1" fetch_suite
    printf '%s %s\n' "$(cat "$pythons/$1/program")" "$pythons/$1/root"
    ;;
shared)
    kept shared fetch_shared
    printf '%s -\n' "$pythons/shared/root/$(cat "$pythons/shared/program")"
    ;;
3.*)
    program=$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/$1.*/bin/python$1" 2>/dev/null |
        sort -V | tail -1)
    [ -n "$program" ] || die "pyenv has no Python $1"
    printf '%s -\n' "$program"
    ;;
*) usage >&2 && exit 2 ;;
esac
