# SPDX-License-Identifier: Apache-2.0
"""btf-extract.py IMAGE: writes the BTF of a bootable kernel image (vmlinuz) to stdout.

The image is an ELF or raw file, or holds one compressed. BTF is found by its header: magic 0xeb9f,
version 1, header length 24, and sections that end within the file (linux/btf.h, struct btf_header).
"""

import lzma
import shutil
import struct
import subprocess
import sys
import zlib


def btf(data):
    """The largest BTF blob in data, or None."""
    best, at = b"", -1
    while (at := data.find(b"\x9f\xeb\x01\x00\x18\x00\x00\x00", at + 1)) >= 0:
        if at + 24 > len(data):
            break
        type_off, type_len, str_off, str_len = struct.unpack_from("<4I", data, at + 8)
        end = at + 24 + str_off + str_len
        if type_off == 0 and type_len == str_off and str_len > 0 and end <= len(data):
            best = max(best, data[at:end], key=len)
    return best or None


def gunzip(data):
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(data)


def unxz(data):
    return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(data)


def unzstd(data):
    if not shutil.which("zstd"):
        sys.exit("the image is compressed with zstd: install zstd")
    return subprocess.run(["zstd", "-dcqf"], input=data, capture_output=True, check=False).stdout


def unpacked(data):
    """The image itself, then what follows each magic number of a compressor."""
    yield data
    for magic, unpack in ((b"\x1f\x8b\x08", gunzip), (b"\xfd7zXZ\x00", unxz),
                          (b"\x28\xb5\x2f\xfd", unzstd)):
        at = -1
        while (at := data.find(magic, at + 1)) >= 0:
            try:
                out = unpack(data[at:])
            except (zlib.error, lzma.LZMAError):
                continue
            if len(out) > 1 << 20:
                yield out


def main():
    with open(sys.argv[1], "rb") as f:
        image = f.read()
    for data in unpacked(image):
        if blob := btf(data):
            sys.stdout.buffer.write(blob)
            return
    sys.exit(f"{sys.argv[1]}: no BTF in it")


main()
