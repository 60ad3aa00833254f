"""Zip archives that are the same bytes on every machine: sorted names, fixed dates and modes, one locked encoder.

Python's zlib is whichever one the interpreter was built with, and two of them make different bytes of the same file.
The PyPI package `deflate` carries libdeflate compiled in, so that the lock file decides the bytes. `zipfile` takes no
encoder but its own; what an archive of small files needs of the format is written here.
"""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Mapping

import deflate

ENCODER = f"libdeflate of deflate {deflate.__version__}"
SMALLEST, QUICK = 12, 6

_VERSION = 20  # 2.0: deflated, in folders
_UNIX = 3 << 8  # what the mode is to be read as
_UTF8 = 0x800
_DEFLATED = 8
_MIDNIGHT, _FIRST_DAY = 0, 0x21  # 1980-01-01, before which the format has no dates
_MODE = 0o100644 << 16


def archive(entries: Mapping[str, bytes], level: int = SMALLEST) -> bytes:
    """A zip of `entries` (path to bytes), at most 65,535 of them and 4 GB."""
    files, directory = bytearray(), bytearray()
    for name in sorted(entries):
        content, path = entries[name], name.encode()
        packed = _smallest(content) if level == SMALLEST else deflate.deflate_compress(content, level)
        about = struct.pack(
            "<HHHHHIIIHH", _VERSION, _UTF8, _DEFLATED, _MIDNIGHT, _FIRST_DAY,
            zlib.crc32(content), len(packed), len(content), len(path), 0,
        )  # fmt: skip
        directory += b"PK\1\2" + struct.pack("<H", _UNIX | _VERSION) + about
        directory += struct.pack("<HHHII", 0, 0, 0, _MODE, len(files)) + path
        files += b"PK\3\4" + about + path + packed
    number = len(entries)
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, number, number, len(directory), len(files), 0)
    return bytes(files + directory + end)


@functools.cache
def _smallest(content: bytes) -> bytes:
    """Kept, since a module that many functions share is in all their packages."""
    return bytes(deflate.deflate_compress(content, SMALLEST))
