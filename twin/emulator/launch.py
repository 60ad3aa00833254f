"""Starts the emulated AWS with its corrections: `python -m twin.emulator.launch`, in the emulator's own environment.

The environment variables are the emulator's (`GATEWAY_PORT`, `STATE_DIR`, ...); its functions inherit them. `LISTENER`
is the descriptor of the listening socket, which is this process's from its start.
"""

from __future__ import annotations

import asyncio
import os
import resource
from importlib import import_module
from typing import Any

from twin.emulator import (
    events,
    faults,
    functions,
    gateway,
    log_filters,
    second_factor,
    transport,
    users,
    web_acls,
    workflows,
)


def main() -> None:
    """Correct, then serve until told to stop."""
    functions.correct()
    workflows.correct()
    gateway.correct()
    events.correct()
    log_filters.correct()
    transport.correct()
    users.correct()
    second_factor.correct()
    web_acls.correct()
    faults.correct()
    _serve(import_module("ministack.app").app, int(os.environ.pop("LISTENER")))


def _serve(application: Any, listener: int) -> None:
    """As the emulator's own `main` does, which would bind a port of its own."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.keep_alive_timeout = 75
    asyncio.run(serve(application, config))


if __name__ == "__main__":
    main()
