#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bpftool.sh ARGS...: run the machine's bpftool (7 or later), wherever the distribution put it.
#
# Ubuntu's /usr/sbin/bpftool is a wrapper that fails unless the tools of the *running* kernel are
# installed, though the binary of any kernel can link and dump objects; so each candidate is tried.
# Those that call themselves v5 carry a libbpf before 1.0.
for b in "${BPFTOOL:-}" bpftool /usr/sbin/bpftool /usr/lib/linux-tools/*/bpftool \
    /usr/lib/linux-tools-*/bpftool; do
    [ -n "$b" ] || continue
    case $("$b" version 2>/dev/null) in
    "bpftool v"[7-9].* | "bpftool v"[1-9][0-9].*) exec "$b" "$@" ;;
    *"/bpftool v"[7-9].* | *"/bpftool v"[1-9][0-9].*) exec "$b" "$@" ;;
    esac
done
echo "bpftool.sh: no working bpftool found; run scripts/bootstrap.sh" >&2
exit 127
