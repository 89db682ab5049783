#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The first process of a guest of scripts/vm-run.sh: puts the host's root, shared read-only, under a
# layer in memory, mounts what a system has, and runs the command. What it leaves in /out (shared
# with the host): boot, stdout, stderr, status.
b=/bin/busybox
. /mounts.sh

die() {
    echo "init: $*" >&2
    $b poweroff -f
}

$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for m in $($b cat /modules/order); do
    $b insmod "/modules/$m" || die "the module $m"
done
$b mount -t 9p -o ro,version=9p2000.L,trans=virtio,msize=131072,cache=loose root /lower ||
    die "the shared root"
$b mount -t 9p -o rw,version=9p2000.L,trans=virtio,msize=131072 out /out || die "the shared output"

# layer DIR: what the host has there, writable.
layer() {
    n=$((n + 1))
    $b mkdir -p "/upper/$n/u" "/upper/$n/w" "/root$1"
    $b mount -t overlay -o "lowerdir=/lower$1,upperdir=/upper/$n/u,workdir=/upper/$n/w" overlay \
        "/root$1" || die "the layer over $1"
}

n=0
$b mount -t tmpfs upper /upper
layer /
for dir in proc sys dev tmp run; do
    $b mkdir -p "/root/$dir"
done
mount_system /root
$b mkdir -p /root/dev/pts /root/dev/shm
$b mount -t devpts devpts /root/dev/pts
$b mount -t tmpfs shm /root/dev/shm
$b mount -t ext4 /dev/vda /root/tmp || die "the disk"
$b chmod 1777 /root/tmp
$b mount -t tmpfs -o mode=755 run /root/run
$b ln -s /proc/self/fd /root/dev/fd
$b mkdir -p /root/run/out
$b mount --bind /out /root/run/out
# Modules that the tests ask the kernel for.
read -r kernel </out/kernel
$b mkdir -p /root/lib/modules
$b mount -t tmpfs modules /root/lib/modules
$b mkdir "/root/lib/modules/$($b uname -r)"
$b mount --bind "/lower$kernel/lib/modules/$($b uname -r)" \
    "/root/lib/modules/$($b uname -r)" || die "the modules"
# A tree below /tmp or /run is hidden by those.
read -r directory </out/directory
case $directory in
/tmp/* | /run/*) layer "$directory" ;;
esac
$b ip link set lo up
$b hostname guest

echo "$($b uname -r), up after $($b cut -d' ' -f1 /proc/uptime) s" >/out/boot
$b cat >/root/run/command <<C
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
cd "\$(cat /run/out/directory)" || exit 126
eval "\$(cat /run/out/command)"
C
# The root of the mount namespace, not a chroot: for the tests both must be the same.
cd /root || die "the new root"
$b mount --move . /
$b chroot . /bin/bash /run/command </dev/null >/out/stdout 2>/out/stderr
echo $? >/out/status
$b sync
$b poweroff -f
