#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The first process of a guest of scripts/vm-arm64.sh: runs `loadward doctor`, and sends what came
# of it to the host by the second serial port, as a tar archive.
b=/bin/busybox
. /mounts.sh

mount_system ''
$b mount -t tmpfs tmp /tmp
$b ip link set lo up
export PATH=/bin LANG=C.UTF-8
$b uname -r >/out/kernel-release
$b cat /sys/kernel/security/lsm >/out/lsm
/bin/loadward doctor --json >/out/doctor.json 2>/out/doctor.err </dev/null
echo $? >/out/status
$b stty -F /dev/ttyAMA1 raw
$b tar -c -C /out -f /dev/ttyAMA1 .
$b poweroff -f
