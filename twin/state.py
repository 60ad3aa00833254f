"""The twin's state folder: who holds it, and what `state.json` says about the running system."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from twin.errors import TwinError

STATE_FILE = "state.json"
LOCK_FILE = "lock"
STOPPED_FILE = "stopped"
_OURS = frozenset({STATE_FILE, "state.partial", LOCK_FILE, STOPPED_FILE, "logs", "aws", "postgres"})
NEEDED_BYTES = 500 * 1024 * 1024


class StateError(TwinError):
    """The state folder cannot be used as asked; the message says why and what to do."""


@dataclass(kw_only=True)
class State:
    """What is running and how to reach it: the content of `state.json`.

    `outputs` are the stack's exports, exactly as on AWS. `timings` are seconds by step of `twin up`.
    """

    web_url: str
    api_url: str
    aws_endpoint: str
    region: str
    account_id: str
    database_url: str
    database_ca_file: str
    user: dict[str, str]
    slack_url: str
    github_url: str
    model_url: str
    control_url: str
    control_token: str
    pid: int
    sign_in_url: str
    stack: str
    goal_id: str | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)


def write(folder: Path, state: State) -> None:
    """Replace `state.json` in one step; only its owner can read it, since it holds passwords."""
    target = folder / STATE_FILE
    partial = target.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.chmod(0o600)
    partial.write_text(json.dumps(asdict(state), indent=2, sort_keys=True) + "\n")
    partial.replace(target)


def read(folder: Path) -> State:
    """The running twin's state; StateError when there is none."""
    file = folder / STATE_FILE
    try:
        return State(**json.loads(file.read_text()))
    except FileNotFoundError:
        raise StateError(f"No twin is running in {folder}: start one with `make up`.") from None
    except (TypeError, ValueError) as error:
        raise StateError(
            f"{file} is not readable as a twin's state ({error}): remove it with `twin down --folder {folder}`."
        ) from error


class Lock:
    """Holds a state folder for one twin, across the starting command and the daemon that inherits the lock.

    The operating system releases it when the last of them ends, however it ends.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / LOCK_FILE
        self.descriptor = -1

    def acquire(self, wait: float = 0.0) -> None:
        """Take the folder, making it; StateError naming the process that has it after `wait` seconds."""
        limit = time.monotonic() + wait
        while not self._try():
            if time.monotonic() >= limit:
                holders = ", ".join(str(pid) for pid in self.holders()) or "unknown"
                raise StateError(
                    f"A twin is already starting or running in {self.folder} (process {holders}): use it, stop it with "
                    f"`twin down --folder {self.folder}`, or start another with `--folder`."
                )
            time.sleep(0.05)

    def _try(self) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        # The folder may have been removed, or replaced, between the opening and the lock.
        if not self.file.exists() or self.file.stat().st_ino != os.fstat(descriptor).st_ino:
            os.close(descriptor)
            return False
        self.descriptor = descriptor
        return True

    def adopt(self, descriptor: int) -> None:
        """Go on holding a lock that the starting process acquired and passed on."""
        self.descriptor = descriptor
        os.set_inheritable(descriptor, False)

    def record(self, *pids: int) -> None:
        """Write down who holds the folder, the one to stop first."""
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, " ".join(str(pid) for pid in pids).encode(), 0)

    def holders(self) -> list[int]:
        """The processes written down; they are alive only while the lock is held."""
        with contextlib.suppress(OSError, ValueError):
            return [int(pid) for pid in self.file.read_text().split()]
        return []

    def held(self) -> bool:
        """Whether anybody, this process included, holds the folder."""
        if self.descriptor >= 0:
            return True
        if not self.file.exists():
            return False
        with self.file.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def release(self) -> None:
        """Let go of the folder."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def check_space(folder: Path, needed: int = NEEDED_BYTES) -> None:
    """StateError unless the disk of `folder` has room for a twin."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise StateError(
            f"The disk of {folder} has {free // 2**20} MB free and a twin needs {needed // 2**20} MB: "
            "free some space, or choose another disk with `--folder`."
        )


def check_folder(folder: Path) -> None:
    """StateError when the folder holds what no twin put there: nothing in it may ever be removed."""
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        if path.name not in _OURS:
            raise StateError(
                f"{folder} is not a twin's folder (it holds {path.name}): nothing was touched; name another with "
                "`--folder`."
            )


def empty(folder: Path, *, keep: tuple[str, ...] = ()) -> None:
    """Remove what an earlier twin left, but for the lock and what `keep` names."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.name in (LOCK_FILE, *keep):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Remove the folder with everything in it; its lock last, so that no other twin starts in between."""
    empty(folder)
    with contextlib.suppress(OSError):
        (folder / LOCK_FILE).unlink(missing_ok=True)
        folder.rmdir()


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Say in a sentence that the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StateError(
            f"The disk of {folder} is full ({error.strerror}): free some space, or choose another with `--folder`."
        ) from error
