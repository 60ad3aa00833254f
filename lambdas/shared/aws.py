"""Clients of AWS services: made once for each execution environment, at their first use.

boto3 takes a quarter of a second to import, so only the call that needs it pays.
AWS_ENDPOINT_URL and its service-specific forms are honoured by boto3 itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def client(service: str, read_timeout: int = 5, attempts: int = 3) -> Any:  # noqa: ANN401 - boto3 clients are dynamic
    """The service's client. `attempts` counts all of them, the first included."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=read_timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=4,
    )
    return boto3.client(service, config=config)
