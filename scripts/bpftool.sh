#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bpftool.sh ARGS...: run the machine's bpftool, wherever the distribution put it.
#
# Ubuntu's /usr/sbin/bpftool is a wrapper that fails unless the tools of the *running* kernel are
# installed, though the binary of any kernel can link and dump objects; so each candidate is tried.
for b in "${BPFTOOL:-}" bpftool /usr/sbin/bpftool /usr/lib/linux-tools/*/bpftool \
    /usr/lib/linux-tools-*/bpftool; do
    [ -n "$b" ] || continue
    if "$b" version >/dev/null 2>&1; then
        exec "$b" "$@"
    fi
done
echo "bpftool.sh: no working bpftool found; run scripts/bootstrap.sh" >&2
exit 127
