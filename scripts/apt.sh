# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# apt with lists, status and cache of its own, so that other suites and architectures can be read
# and the machine's sources stay as they are. Sourced after lib.sh.
#
#   own_apt_update DIR ARCH LINE...       makes DIR, with these lines as its sources
#   own_apt DIR ARCH TOOL ARGUMENT...     runs apt-get or apt-cache there; it sees no package as
#                                         installed unless OWN_APT_STATUS names a dpkg status file

# The mirror of Debian that the machine's own apt uses, or $DEBIAN_MIRROR.
debian_mirror() {
    local from

    from=${DEBIAN_MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        grep -oE '^[^#]*https?://[^ ]+/debian/?( |$)' | grep -oE 'https?://[^ ]+' | head -1)}
    [ -n "$from" ] || die "no Debian mirror among apt's sources; set DEBIAN_MIRROR"
    printf '%s\n' "${from%/}"
}

own_apt() {
    local dir=$1 arch=$2 tool=$3

    shift 3
    "$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/nonexistent \
        -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir" \
        -o Dir::State::status="${OWN_APT_STATUS:-/dev/null}" \
        -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=root \
        -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=600 "$@"
}

own_apt_update() {
    local dir=$1 arch=$2

    shift 2
    mkdir -p "$dir/lists/partial" "$dir/archives/partial"
    printf '%s\n' "$@" >"$dir/sources.list"
    own_apt "$dir" "$arch" apt-get update >&2
}
