"""A correction of asynchronous invocation: what EventBridge hands to a function is tried again, then kept."""

from __future__ import annotations

import json
from collections.abc import Callable

from twin.emulator.corrections import part, replace, require


def correct() -> None:
    """Apply it."""
    retry_events()


def retry_events() -> None:
    """A rule's target function gets two more tries and then the failure destination of the alias that is called.

    The emulator calls it once and forgets. Its retries come after seconds and not, as Lambda's do, after minutes.
    """
    events, service = part("services.eventbridge"), part("services.lambda_svc")
    require(service, "_get_func_record_for_ref", "_get_base_func_record_for_ref", "_execution_record_for_config")
    require(service, "_event_invoke_config", "invoke_async_with_retry")

    def dispatch(original: Callable[[str, str], None]) -> Callable[[str, str], None]:
        def call(arn: str, payload: str) -> None:
            func, config, _ = service._get_func_record_for_ref(arn)
            if not func or not config:
                original(arn, payload)
                return
            record = service._execution_record_for_config(func, config)
            base = service._get_base_func_record_for_ref(arn)[0] or {}
            configured = service._event_invoke_config(base, ":".join(arn.split(":")[7:]) or None)
            if configured:
                record["event_invoke_config"] = configured
            service.invoke_async_with_retry(record, json.loads(payload))

        return call

    replace(events, "_dispatch_to_lambda", dispatch)
