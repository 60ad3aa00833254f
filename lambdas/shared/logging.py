"""One logger for all functions: JSON lines with the service's name, the level from LOG_LEVEL and a correlation id.

Log ids, counts and error names; never a person's words, name or e-mail address.

Written here, since the logger of Powertools for AWS Lambda takes half of what a small function needs to start: 35 ms
of a whole processor. The fields bear the names that it gives them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}


class Logger:
    """Writes lines to `stream`, or to the process's standard output as it is at that moment."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.correlation_id: str | None = None
        self._service = os.environ.get("POWERTOOLS_SERVICE_NAME", "")
        self._least = LEVELS.get(os.environ.get("LOG_LEVEL", "").upper(), LEVELS["INFO"])

    def debug(self, message: str, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON or str() can show
        """What helps while something is looked for."""
        self._write("DEBUG", message, fields)

    def info(self, message: str, **fields: Any) -> None:  # noqa: ANN401
        """What happened."""
        self._write("INFO", message, fields)

    def warning(self, message: str, *, exc_info: bool = False, **fields: Any) -> None:  # noqa: ANN401
        """What went wrong and was dealt with; with the error that is being handled, if asked."""
        self._write("WARNING", message, fields | (_error() if exc_info else {}))

    def error(self, message: str, **fields: Any) -> None:  # noqa: ANN401
        """What went wrong."""
        self._write("ERROR", message, fields)

    def exception(self, message: str, **fields: Any) -> None:  # noqa: ANN401
        """What went wrong, with the error that is being handled."""
        self._write("ERROR", message, fields | _error())

    def _write(self, level: str, message: str, fields: dict[str, Any]) -> None:
        if LEVELS[level] < self._least:
            return
        caller = sys._getframe(2)
        now = time.time()
        line = {
            "level": level,
            "location": f"{caller.f_code.co_name}:{caller.f_lineno}",
            "message": message,
            "timestamp": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03}Z",
            "service": self._service,
        }
        more = {"correlation_id": self.correlation_id, "xray_trace_id": _trace()}
        line |= {name: value for name, value in more.items() if value}
        stream = self.stream or sys.stdout
        stream.write(json.dumps(line | fields, default=str) + "\n")
        stream.flush()


logger = Logger()


def correlate(correlation_id: str | None) -> None:
    """Begin a unit of work: the id stands on every line that follows."""
    logger.correlation_id = correlation_id


def _error() -> dict[str, str]:
    """The error that is being handled."""
    import traceback  # only who fails waits for it

    kind = sys.exc_info()[0]
    return {} if kind is None else {"exception": traceback.format_exc(), "exception_name": kind.__name__}


def _trace() -> str | None:
    """The trace that X-Ray puts the invocation into, of `Root=1-...;Parent=...;Sampled=1`."""
    parts = os.environ.get("_X_AMZN_TRACE_ID", "").split(";")
    return next((part.removeprefix("Root=") for part in parts if part.startswith("Root=")), None)
