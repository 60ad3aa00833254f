"""A correction of WAF: a web ACL keeps the bodies of its own answers, which the emulator forgets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from twin.emulator.corrections import part, replace

_BODIES = "CustomResponseBodies"


def correct() -> None:
    """Apply it."""
    waf = part("services.waf")

    def create(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(name: str, scope: str, props: dict[str, Any]) -> Any:
            uid, arn, record = original(name, scope, props)
            record[_BODIES] = props.get(_BODIES, {})
            return uid, arn, record

        return call

    def update(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(data: dict[str, Any]) -> Any:
            answer = original(data)
            record = waf.web_acl_record(data.get("Id", ""), data.get("Scope", "REGIONAL"))
            if record and "NextLockToken" in json.loads(answer[2]):
                record[_BODIES] = data.get(_BODIES, {})
            return answer

        return call

    replace(waf, "create_web_acl_record", create)
    replace(waf, "_update_web_acl", update)
