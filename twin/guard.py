"""Runs one command that must not outlive whoever started it.

`python -I -S guard.py [options] -- command ...` keeps its standard input open to the starter. When that closes,
because the starter stopped, crashed or was killed, the command gets a signal and, after a grace period, its whole
process group is killed. Standard library only, and run by path, so that it starts in hundredths of a second.

A command that refuses to run as root (PostgreSQL) runs under another user id: in a user namespace, where the files
keep belonging to it wherever they are, or as `--user` where namespaces are forbidden.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_INNER_ID = 1000


class _Options(NamedTuple):
    grace: float
    stop_signal: int
    user_namespace: bool
    user: tuple[int, int] | None
    descriptors: list[int]
    command: list[str]


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def enter_user_namespace() -> None:
    """Become an ordinary user that owns what the present user owns; raises OSError where it is forbidden."""
    libc = _libc()
    user, group = os.geteuid(), os.getegid()
    if libc is None or libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not available")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{_INNER_ID} {user} 1"),
        ("gid_map", f"{_INNER_ID} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text)


def user_namespaces_work() -> bool:
    """Whether a child of this process could enter a user namespace; tries it in one."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            enter_user_namespace()
            os._exit(0)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _prepare(options: _Options) -> None:
    """In the child, before the command: ids first, since changing them forgets the death signal."""
    if options.user_namespace:
        enter_user_namespace()
    if options.user:
        os.setgroups([])
        os.setgid(options.user[1])
        os.setuid(options.user[0])
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _stop(process: subprocess.Popen[bytes], options: _Options) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(options.stop_signal)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(options.grace)


def _wait(process: subprocess.Popen[bytes], awake: int) -> None:
    """Until the command has ended, a stop was asked for, or the starter has gone."""
    while process.poll() is None:
        ready, _, _ = select.select([0, awake], [], [])
        if awake in ready and signal.SIGTERM in os.read(awake, 64):
            return
        if 0 in ready and not os.read(0, 4096):
            return


def run(options: _Options) -> int:
    """Run the command to its end and answer its exit status; 128 + n after a signal n."""
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    process = subprocess.Popen(  # noqa: S603 - the command is the twin's own
        options.command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=options.descriptors,
        preexec_fn=lambda: _prepare(options),  # noqa: PLW1509 - this process has one thread
    )
    for descriptor in options.descriptors:
        os.close(descriptor)
    _wait(process, awake)
    if process.poll() is None:
        _stop(process, options)
    _signal_group(process, signal.SIGKILL)
    code = process.wait()
    return code if code >= 0 else 128 - code


def parse(arguments: Sequence[str]) -> _Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("--grace", type=float, default=5.0, help="seconds between the stop signal and the kill")
    parser.add_argument("--stop-signal", default="TERM", help="name of the signal that asks the command to end")
    parser.add_argument("--user-namespace", action="store_true", help="run as an ordinary user of a user namespace")
    parser.add_argument("--user", help="run as this user, as UID:GID")
    parser.add_argument(
        "--descriptor", type=int, action="append", default=[], help="an open file that the command inherits"
    )
    parser.add_argument("command", nargs="+")
    values = parser.parse_args(arguments)
    user, _, group = (values.user or "").partition(":")
    return _Options(
        grace=values.grace,
        stop_signal=signal.Signals[f"SIG{values.stop_signal}"],
        user_namespace=values.user_namespace,
        user=(int(user), int(group)) if user else None,
        descriptors=values.descriptor,
        command=values.command,
    )


if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:])))
