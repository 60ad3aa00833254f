"""`twin down`: stops everything and removes the state folder, also a half-made or a crashed one."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from twin import state
from twin.state import Lock

_SECONDS = 15.0


def down(folder: Path) -> bool:
    """Stop and remove; False when there was nothing. StateError when the folder is not a twin's."""
    if not folder.exists():
        return False
    state.check_folder(folder)
    lock = Lock(folder)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if lock.held():
            _signal(lock, number)
            _wait(lock)
    lock.acquire()
    state.remove(folder)
    lock.release()
    return True


def _signal(lock: Lock, number: int) -> None:
    """To those who hold the folder: while it is held, they live."""
    for pid in reversed(lock.holders()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait(lock: Lock) -> None:
    limit = time.monotonic() + _SECONDS
    while lock.held() and time.monotonic() < limit:
        time.sleep(0.05)
