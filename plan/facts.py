"""What is known of a resource before any cloud has answered: enough for ids, ARNs and names that look right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from plan.account import Registration

PARTITION = "aws"
Computed = Callable[["Facts"], dict[str, Any]]


class Facts:
    """What the computed outputs of one resource are made from."""

    def __init__(self, registration: Registration, region: str, account_id: str) -> None:
        self.inputs = registration.inputs
        self.region = self.inputs.get("region") or region
        self.account_id = account_id
        self.logical = registration.name
        self.hex = hashlib.sha256(registration.urn.encode()).hexdigest()
        self.name = str(self.inputs.get("name") or f"{registration.name}-{self.hex[:7]}")

    def arn(self, service: str, resource: str, *, region: bool = True, account: bool = True) -> str:
        """`arn:aws:<service>:<region>:<account>:<resource>`, region and account left out where the service does."""
        return (
            f"arn:{PARTITION}:{service}:{self.region if region else ''}:{self.account_id if account else ''}:{resource}"
        )

    def uuid(self) -> str:
        """A stable UUID of this resource."""
        return f"{self.hex[:8]}-{self.hex[8:12]}-4{self.hex[13:16]}-8{self.hex[17:20]}-{self.hex[20:32]}"
