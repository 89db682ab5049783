#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm-run.sh [-t SECONDS] [-a CMDLINE] [-o DIR] [-m MEMORY] KERNEL_DIR COMMAND...
#
# Boots a kernel of scripts/vm-kernel.sh in QEMU, by software emulation, and runs a command there,
# in the same directory, as root. The guest sees this machine's root file system, read-only with a
# layer in memory over it, /tmp and /run of its own, and no network but its loopback. What it writes
# to /run/out outlives it.
#
#   -t   limit in seconds (600)                     -m   memory (4G)
#   -a   words for the kernel's command line, such as lsm=lockdown,capability,yama,bpf
#   -o   directory of this machine that is the guest's /run/out; its stdout and stderr go there too,
#        while it runs
#
# Exit status: the command's; 124 when the limit was reached, 125 when the guest ended and did not
# report (then the end of its console is printed).
set -u
. "$(dirname "$0")/lib.sh"

limit=600 append='' out='' memory=4G
while getopts t:a:o:m:h option; do
    case $option in
    t) limit=$OPTARG ;;
    a) append=$OPTARG ;;
    o) out=$OPTARG ;;
    m) memory=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || { usage >&2 && exit 2; }
kernel=$(realpath "$1") || exit 2
shift
release=$(cat "$kernel/release") || die "$kernel holds no kernel of scripts/vm-kernel.sh"

work=$(mktemp -d) || exit 2
qemu=''
trap 'rm -rf "$work"' EXIT
trap '[ -z "$qemu" ] || kill "$qemu"; exit 130' INT TERM HUP
out=${out:-$work/out}
mkdir -p "$out" && out=$(realpath "$out") || exit 2
rm -f "$out/boot" "$out/status" "$out/stdout" "$out/stderr"
printf '%q ' "$@" >"$out/command"
pwd -P >"$out/directory"
echo "$kernel" >"$out/kernel"

# ------------------------------------------------------------------ the first file system
modules() {
    local m

    for m in virtio_pci 9pnet_virtio 9p overlay virtio_blk crc32c_generic ext4; do
        modprobe -d "$kernel" -S "$release" --show-depends "$m" 2>/dev/null |
            sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++'
}

initrd() {
    local root=$work/initrd.d n=10 file

    mkdir -p "$root"/{bin,proc,sys,dev,modules,lower,upper,out,root}
    cp "$(command -v busybox)" "$root/bin/busybox"
    while read -r file; do
        mkdir -p "$root${file%/*}"
        cp -L "$file" "$root$file"
    done < <(ldd "$root/bin/busybox" 2>/dev/null | grep -oE '/[^ ]+')
    cp "$ROOT/tests/vm/init.sh" "$root/init"
    cp "$ROOT/tests/vm/mounts.sh" "$root/"
    chmod 755 "$root/init"
    : >"$root/modules/order"
    while read -r file; do
        n=$((n + 1))
        cp "$file" "$root/modules/$n-${file##*/}"
        echo "$n-${file##*/}" >>"$root/modules/order"
    done < <(modules)
    (cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initrd"
}

# ------------------------------------------------------------------ the guest
# Five-level paging is off: not every kernel boots with it under emulation. Debian switches x32 off.
# Memory is not cleared when it is allocated: 5.10 takes two buffers of msize for each 9p request.
words="syscall.x32=y $append"
boot() {
    timeout -k 10 "$limit" "${QEMU:-qemu-system-x86_64}" -nodefaults -no-user-config \
        -machine q35 -accel tcg,thread=multi -cpu max,la57=off -smp 2 -m "$memory" \
        -display none -serial "file:$work/console" -no-reboot \
        -virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
        -virtfs "local,path=$out,mount_tag=out,security_model=none" \
        -drive "file=$work/disk,if=virtio,format=raw,cache=unsafe" \
        -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
        -append "console=ttyS0 panic=-1 loglevel=4 mitigations=off init_on_alloc=0 $words" \
        </dev/null >"$work/qemu.log" 2>&1 &
    qemu=$!
    wait "$qemu"
}

# /tmp is a file system of its own: a tmpfs has no extended attributes of users before 6.6.
disk() {
    truncate -s 8G "$work/disk" && mkfs.ext4 -q -F -O ^metadata_csum,^has_journal "$work/disk"
}

disk || die "cannot make the guest's disk"
initrd || die "cannot make the guest's first file system"
boot
status=$?
qemu=''
cat "$out/stdout" 2>/dev/null
cat "$out/stderr" >&2 2>/dev/null
if [ -s "$out/status" ]; then
    exit "$(cat "$out/status")"
fi
[ "$status" -eq 124 ] || [ "$status" -eq 137 ] && status=124 || status=125
{
    echo "$PROG: the guest $([ "$status" = 124 ] && echo "reached $limit s" || echo ended) and" \
        "did not report; $(cat "$out/boot" 2>/dev/null || echo "it did not reach its root")"
    cat "$work/qemu.log"
    tail -40 "$work/console"
} >&2
exit "$status"
