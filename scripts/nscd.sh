#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nscd.sh
#
# Prints the path of the distribution's nscd (the only line on stdout) for the tests that ask names
# through it. The package is unpacked into the cache and not installed: it would serve the machine.
set -u
. "$(dirname "$0")/lib.sh"

case ${1:-} in
-h | --help) usage && exit 0 ;;
esac
cache=$(cache_dir) || die "no directory to keep nscd in; set LOADWARD_CACHE"
dir=$cache/nscd
if [ ! -x "$dir/usr/sbin/nscd" ]; then
    exec 9>"$cache/nscd.lock" || die "cannot write to $cache"
    flock 9 || die "cannot lock $cache/nscd.lock"
    new=$(mktemp -d "$cache/nscd.XXXXXX") || die "cannot write to $cache"
    trap 'rm -rf "$new"' EXIT
    chmod 755 "$new" # apt's own user writes there
    (cd "$new" && apt-get -q -o APT::Sandbox::User=root download nscd >&2 &&
        dpkg -x nscd_*.deb .) ||
        die "the package nscd cannot be had"
    rm -rf "$dir"
    mv "$new" "$dir" || die "cannot write to $dir"
fi
echo "$dir/usr/sbin/nscd"
