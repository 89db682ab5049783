#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# venv.sh light|torch|hubs|test
#
# Makes the Python environment of one tier, unless it is there, and prints its interpreter's path
# (the only line on stdout). The packages are pinned in scripts/requirements-TIER.txt, for Python
# 3.10 in requirements-TIER-py310.txt.
#
#   light   loaders without torch      torch   with the distribution's PyTorch
#   hubs    clients of hubs that want more than the others (OpenCSG)
#   test    pytest and what the tests need
#
# Kept outside the tree, in $LOADWARD_CACHE (/var/cache/loadward-test, or ~/.cache/loadward where
# that cannot be written), in a directory named after the hash of the list: a changed list makes a
# new environment. One that is half made is made anew. Callers may run at the same time.
set -u
. "$(dirname "$0")/lib.sh"

tier=${1:-}
case $tier in
light | torch | hubs | test) ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac
# The distribution's interpreter where there is one: python3-torch belongs to it, and what else
# is first in PATH differs from machine to machine.
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || die "no python3; run scripts/bootstrap.sh"

list=$ROOT/scripts/requirements-$tier.txt
older=${list%.txt}-py310.txt
if [ -e "$older" ] && ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    list=$older
fi

cache=$(cache_dir) || die "no directory to keep Python environments in; set LOADWARD_CACHE"
hash=$({ "$python" -VV && cat "$list"; } | sha256sum | cut -c1-12)
venv=$cache/$tier-$hash
stamp=$venv/complete

if [ ! -e "$stamp" ]; then
    exec 9>"$cache/$tier.lock" || die "cannot write to $cache"
    flock 9 || die "cannot lock $cache/$tier.lock"
fi

make_venv() {
    local options=() try

    case $tier in
    torch)
        "$python" -c 'import torch' 2>/dev/null ||
            die "no PyTorch: run scripts/bootstrap.sh --torch"
        options=(--system-site-packages)
        ;;
    esac
    rm -rf "$venv"
    "$python" -m venv "${options[@]}" "$venv" ||
        die "cannot make a virtual environment; run scripts/bootstrap.sh"
    # --no-deps: each list is complete, so that every machine gets the same.
    for try in 1 2 3; do
        "$venv/bin/python" -m pip -q --disable-pip-version-check install --no-deps \
            -r "$list" && break
        [ "$try" -lt 3 ] || die "pip could not install $list: is the network reachable?"
    done
    : >"$stamp"
    # Environments of other lists that nobody has used for a month.
    find "$cache" -maxdepth 2 -path "$cache/$tier-*/complete" -mtime +30 -printf '%h\0' |
        xargs -0r rm -rf
}

[ -e "$stamp" ] || make_venv >&2
touch "$stamp" 2>/dev/null
printf '%s\n' "$venv/bin/python"
