"""Bytes of the assets and archives that the program declares."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pulumi

from plan.stack_file import ROOT
from twin.handlers.handler import HandlerError

_EPOCH = (1980, 1, 1, 0, 0, 0)


def asset_bytes(asset: Any) -> bytes:
    """The content of a file or text asset; paths are relative to the project's root."""
    if isinstance(asset, pulumi.StringAsset):
        return asset.text.encode()
    if isinstance(asset, pulumi.FileAsset):
        return _file(asset.path).read_bytes()
    raise HandlerError(f"{type(asset).__name__} is not an asset that the twin reads: use FileAsset or StringAsset")


def archive_bytes(archive: Any) -> bytes:
    """A zip: the file itself, or a folder or collection of assets put into one."""
    if isinstance(archive, pulumi.FileArchive):
        path = _file(archive.path)
        if path.is_file():
            return path.read_bytes()
        files = sorted(file for file in path.rglob("*") if file.is_file())
        return _zip({file.relative_to(path).as_posix(): file.read_bytes() for file in files})
    if isinstance(archive, pulumi.AssetArchive):
        return _zip({name: asset_bytes(asset) for name, asset in sorted(archive.assets.items())})
    raise HandlerError(
        f"{type(archive).__name__} is not an archive that the twin reads: use FileArchive or AssetArchive"
    )


def _file(path: str) -> Path:
    found = ROOT / path
    if not found.exists():
        raise HandlerError(f"the file '{path}' does not exist under {ROOT.name}/: was it built?")
    return found


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o100644 << 16
            target.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
