"""Puts the built web application into the site's bucket, with the headers that its distribution passes on."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from twin.errors import TwinError

# Where the build puts the files that have a content hash in their names; a browser asks for any other again each time.
_HASHED = "assets"
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
# The program itself puts the configuration there, since its values are outputs.
_NOT_OURS = frozenset({"config.json"})


class SiteError(TwinError):
    """The web application is not built; the message says how to build it."""


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Keys and files of the built application; SiteError when it is not built."""
    if not (folder / "index.html").is_file():
        raise SiteError(f"The web application is not built in {folder}: run `make install`.")
    for path in sorted(folder.rglob("*")):
        key = path.relative_to(folder).as_posix()
        if path.is_file() and key not in _NOT_OURS:
            yield key, path


def headers(path: Path) -> dict[str, str]:
    """The S3 arguments for one file: content type and caching."""
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    lasting = "public, max-age=31536000, immutable" if path.parent.name == _HASHED else "no-cache"
    return {"ContentType": kind, "CacheControl": lasting}


def publish(folder: Path, bucket: str, s3: Any) -> int:
    """Upload the application, its entry page last; answers the number of files."""
    found = sorted(files(folder), key=lambda item: item[0] == "index.html")

    def upload(item: tuple[str, Path]) -> None:
        key, path = item
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), **headers(path))

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(upload, found[:-1]))
    upload(found[-1])
    return len(found)
