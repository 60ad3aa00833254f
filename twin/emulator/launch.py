"""Starts the emulated AWS with its corrections: `python -m twin.emulator.launch`, in the emulator's own environment.

The environment variables are the emulator's (`GATEWAY_PORT`, `STATE_DIR`, ...); its functions inherit them.
"""

from __future__ import annotations

from importlib import import_module

from twin.emulator import functions, gateway, log_filters, transport, workflows


def main() -> None:
    """Correct, then serve until told to stop."""
    functions.correct()
    workflows.correct()
    gateway.correct()
    log_filters.correct()
    transport.correct()
    import_module("ministack.app").main()


if __name__ == "__main__":
    main()
