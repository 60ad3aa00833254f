"""A correction of policy evaluation: the emulator's one address on loopback stands for AWS's TLS addresses."""

from __future__ import annotations

import contextvars
from collections.abc import Callable

from twin.emulator.corrections import part, replace


def correct() -> None:
    """Apply it."""
    count_requests_as_encrypted()


def count_requests_as_encrypted() -> None:
    """`aws:SecureTransport` is true.

    There is no TLS on loopback, and a policy that denies unencrypted requests, as every good one does, would deny
    everything: the distribution could not read its bucket.
    """
    evaluator = part("core.iam_evaluator")
    default: contextvars.ContextVar[tuple[str, bool]] = contextvars.ContextVar("origin", default=("127.0.0.1", True))

    def pin(original: Callable[..., None]) -> Callable[..., None]:
        def call(source_ip: str, secure_transport: bool) -> None:
            default.set((source_ip, True))

        return call

    replace(evaluator, "_request_origin", lambda original: default)
    replace(evaluator, "pin_request_origin", pin)
    replace(part("app"), "pin_request_origin", pin)
