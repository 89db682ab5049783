# SPDX-License-Identifier: Apache-2.0
"""bpf(2), as far as the tests need it to prepare what is pinned."""

import contextlib
import ctypes
import os
import platform
import struct

NR = {"x86_64": 321, "aarch64": 280}[platform.machine()]
MAP_CREATE, MAP_LOOKUP, MAP_UPDATE, OBJ_PIN, OBJ_GET = 0, 1, 2, 6, 7
HASH, ARRAY = 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def call(command, attr):
    buffer = ctypes.create_string_buffer(attr, 128)
    got = LIBC.syscall(NR, command, buffer, 128)
    if got < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return got


@contextlib.contextmanager
def closing(fd):
    try:
        yield fd
    finally:
        os.close(fd)


def get(path):
    name = ctypes.create_string_buffer(str(path).encode())
    return closing(call(OBJ_GET, struct.pack("=QII", ctypes.addressof(name), 0, 0)))


def pin_new(path, kind=HASH, key=4, value=8, entries=1):
    """A map of one's own under that name."""
    name = ctypes.create_string_buffer(str(path).encode())
    with closing(call(MAP_CREATE, struct.pack("=IIIII", kind, key, value, entries, 0))) as fd:
        call(OBJ_PIN, struct.pack("=QII", ctypes.addressof(name), fd, 0))


def patch(path, size, offset, data):
    """Changes bytes in the only element of the array that is pinned there; gives what they were."""
    key = ctypes.create_string_buffer(4)
    value = ctypes.create_string_buffer((size + 7) & ~7)
    with get(path) as fd:
        attr = struct.pack("=IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0)
        call(MAP_LOOKUP, attr)
        was = value.raw[offset:offset + len(data)]
        ctypes.memmove(ctypes.addressof(value) + offset, data, len(data))
        call(MAP_UPDATE, attr)
    return was
