"""What of the API is answered from API Gateway's cache."""

from __future__ import annotations

from typing import Any

import pulumi

from components.parts.openapi import Description, Operation
from settings.api import Cache


def cached_operations(description: Description, cache: Cache | None) -> list[Operation]:
    """The operations whose answers are kept for their reader; `pulumi.RunError` for one that must not be.

    The answer to one user is never another's (row 67): the key holds the access token, so what needs none is not
    cached. What answers with an ETag is about to be changed, and must be read as it is.
    """
    if cache is None:
        return []
    known = {operation.id: operation for operation in description.operations}
    may = sorted(o.id for o in known.values() if o.method == "GET" and o.signed_in and not o.versioned)
    if refused := sorted(set(cache.operations) - set(may)):
        raise pulumi.RunError(
            f"goal-mandala:api.cache.operations: {', '.join(refused)} cannot be cached: only GET operations for "
            f"signed-in users that answer without an ETag can, which are {', '.join(may)}"
        )
    return [known[id_] for id_ in sorted(set(cache.operations))]


def cached_method(cache: Cache) -> dict[str, Any]:
    """The settings of a method whose answers are kept, encrypted; only who may call it may have them made anew."""
    return {
        "caching_enabled": True,
        "cache_ttl_in_seconds": cache.ttl_seconds,
        "cache_data_encrypted": True,
        "require_authorization_for_cache_control": True,
        "unauthorized_cache_control_header_strategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }
