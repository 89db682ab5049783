# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# shellcheck disable=SC2154
# For the first process of a guest; $b is its busybox.

# mount_system ROOT: what a system has mounted.
mount_system() {
    $b mount -t proc proc "$1/proc"
    $b mount -t sysfs sys "$1/sys"
    $b mount -t devtmpfs dev "$1/dev"
    $b mount -t cgroup2 cgroup "$1/sys/fs/cgroup"
    $b mount -t bpf bpf "$1/sys/fs/bpf"
    $b mount -t debugfs debug "$1/sys/kernel/debug"
    $b mount -t tracefs trace "$1/sys/kernel/tracing"
    $b mount -t securityfs security "$1/sys/kernel/security"
}
