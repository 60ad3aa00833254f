"""The twin's child processes: none outlives whoever started it.

Each runs under `guard.py`, which holds on to a pipe from its starter. `Emulator` is the emulated AWS; the database is
in `twin/postgres.py`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from twin import guard
from twin.errors import TwinError

ROOT = Path(__file__).parent.parent
EMULATOR = ROOT / "twin" / "emulator"
_START_SECONDS = 30.0
# How many functions run at once: each may hold a connection, and PostgreSQL (twin/postgres.py) takes 200.
ACCOUNT_CONCURRENCY = 180


class ProcessError(TwinError):
    """A part of the twin is missing, would not start, or stopped; the message says why and what to do."""


def port_of(listener: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(listener.getsockname()[1])


def reserve(requested: int, preferred: int, option: str) -> socket.socket:
    """A bound socket of 127.0.0.1: on the port asked for, else on the preferred one, else on any free one.

    ProcessError naming `option` when the port asked for is taken. Nothing else can take the port while it is held.
    """
    for port in [requested] if requested else [preferred, 0]:
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            held.bind(("127.0.0.1", port))
            # Two sockets may be bound to one port until one of them listens.
            held.listen(128)
            return held
        held.close()
    raise ProcessError(
        f"Port {requested} of 127.0.0.1 is taken by another program: choose another with `--{option}`, or leave the "
        "option out and any free one is used."
    )


def guarded(
    command: Sequence[str],
    *,
    log: Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    descriptors: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command that ends when this process does, or when its standard input is closed."""
    inherited = [word for descriptor in descriptors for word in ("--descriptor", str(descriptor))]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the twin's own commands
            [sys.executable, "-I", "-S", guard.__file__, *options, *inherited, "--", *command],
            pass_fds=descriptors,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes] | None) -> None:
    """End a guarded command and wait until it is gone."""
    if process:
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.wait()


def interpreter() -> Path:
    """The emulator's own Python; ProcessError when it is not installed."""
    python = EMULATOR / ".venv" / "bin" / "python"
    if not python.exists():
        raise ProcessError(f"The emulated AWS is not installed in {EMULATOR / '.venv'}: run `make install`.")
    return python


class Emulator:
    """The emulated AWS: one process on one port of 127.0.0.1, with everything it keeps in one folder.

    It inherits the listening socket, so that the port is never free for anybody else in between: `listener`, or one
    of any free port. Its functions inherit its environment, which holds nothing of this process's: only what is named
    here and `extra`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        account_id: str,
        region: str,
        extra: Mapping[str, str],
        listener: socket.socket | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port_of(listener) if listener else 0
        self.account_id = account_id
        self.region = region
        self.log_file = self.folder / "emulator.log"
        self._extra = dict(extra)
        self._listener = listener
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The address that AWS clients use as their endpoint."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process that stands for the emulator: ends when it ends, and ends it."""
        return self._process.pid if self._process else None

    def launch(self) -> None:
        """Start the process and return at once."""
        with self._listener or reserve(0, 0, "aws-port") as listener:
            self._start(listener)

    def _start(self, listener: socket.socket) -> None:
        self.port = port_of(listener)
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "TMPDIR": str(temporary),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "LISTENER": str(listener.fileno()),
            "MINISTACK_ACCOUNT_ID": self.account_id,
            "MINISTACK_REGION": self.region,
            "STATE_DIR": str(self.folder / "state"),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
            **self._extra,
        }
        command = [str(interpreter()), "-m", "twin.emulator.launch"]
        self._process = guarded(
            command,
            log=self.log_file,
            environment=environment,
            folder=ROOT,
            descriptors=[listener.fileno()],
        )

    def wait(self) -> None:
        """Until it answers; ProcessError with its last words when it stops instead."""
        limit = time.monotonic() + _START_SECONDS
        while time.monotonic() < limit:
            if self.poll() is not None:
                raise ProcessError(
                    f"The emulated AWS stopped while starting on port {self.port}: {last_line(self.log_file)}"
                )
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2),  # noqa: S310 - own http address
            ):
                return
            time.sleep(0.03)
        raise ProcessError(f"The emulated AWS did not answer on port {self.port}: see {self.log_file}.")

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Stop it and its functions; harmless when it does not run."""
        process, self._process = self._process, None
        stop(process)

    def poll(self) -> int | None:
        """The exit status once the emulator has ended, else None."""
        return self._process.poll() if self._process else None


def last_line(log: Path) -> str:
    """The last line of a log that says something, or where to look."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    return lines[-1].strip() if lines else f"see {log}"
