"""The supervisor's starter: starts it, answers for it until the twin is ready, and undoes everything if it never is."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twin import processes, state
from twin.errors import TwinError
from twin.state import Lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from twin.report import Report
    from twin.supervisor import Running

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_SECONDS = 20.0


class Starter:
    """The supervisor, while this command still answers for it."""

    def __init__(self, folder: Path, report: Report) -> None:
        self.report = report
        self.lock = Lock(folder.absolute())
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self, *, region: str, account_id: str, ports: Mapping[str, int]) -> None:
        """Empty the folder and start the supervisor; returns at once."""
        folder = self.lock.folder
        for number in _SIGNALS:
            signal.signal(number, self._interrupted)
        self.lock.record(os.getpid())
        state.empty(folder)
        (folder / "logs").mkdir()
        command = [sys.executable, "-m", "twin.supervisor", "--folder", str(folder), "--region", region]
        command += ["--account-id", account_id, "--lock-descriptor", str(self.lock.descriptor)]
        command += [word for part, port in ports.items() if port for word in (f"--{part}-port", str(port))]
        with (folder / "logs" / "supervisor.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - this project's own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=processes.ROOT,
                pass_fds=[self.lock.descriptor],
                start_new_session=True,
            )
        self.lock.record(self.process.pid, os.getpid())

    def await_running(self) -> Running:
        """What the supervisor says once every part answers; TwinError when one would not start."""
        from twin.supervisor import Running

        line = self.process.stdout.readline() if self.process and self.process.stdout else b""
        if not line:
            log = self.lock.folder / "logs" / "supervisor.log"
            raise TwinError(f"The supervisor ended while starting: {processes.last_line(log)} (see {log}).")
        answer = json.loads(line)
        if "error" in answer:
            raise TwinError(answer["error"])
        return Running(**answer)

    def ready(self) -> None:
        """Let the supervisor live on without this command."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._tell("ready")
        self.lock.record(self.process.pid if self.process else 0)
        self.lock.release()

    def stay(self) -> None:
        """Until this command's standard input ends; then everything stops and nothing is left."""
        sys.stdin.buffer.read()
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self.process and self.process.stdin:
            self.process.stdin.close()
        self._await_end()
        state.remove(self.lock.folder)
        self.lock.release()

    def failed(self) -> None:
        """Stop everything; the logs stay, to be read."""
        self._tell("failed")
        self._await_end()
        state.empty(self.lock.folder, keep=("logs", state.STOPPED_FILE))
        if not self.process:
            state.remove(self.lock.folder)
        self.lock.release()

    def _tell(self, word: str) -> None:
        if self.process and self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.write(f"{word}\n".encode())
                self.process.stdin.close()

    def _await_end(self) -> None:
        if self.process:
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Undo everything at once, in whatever state this process's threads are, and end."""
        import psutil

        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        with contextlib.suppress(Exception):
            self.report.close()
        for child in psutil.Process().children():
            if not self.process or child.pid != self.process.pid:
                with contextlib.suppress(psutil.Error):
                    child.kill()
        if self.process and self.process.stdin:
            with contextlib.suppress(OSError):
                os.close(self.process.stdin.fileno())
        self._await_end()
        state.remove(self.lock.folder)
        os.write(2, f"Interrupted: everything was stopped and {self.lock.folder} was removed.\n".encode())
        os._exit(128 + number)
