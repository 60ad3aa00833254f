"""The provider's default tags: AWS's provider puts them on every resource that takes tags, and so does the twin."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from plan.account import Created, Registration
from plan.monitor import declared_outputs

_PROVIDER = "pulumi:providers:aws"


@dataclass
class DefaultTags:
    """Remembers each provider's tags and merges them into the resources that it provides."""

    _by_provider: dict[str, dict[str, str]] = field(default_factory=dict)

    def note(self, registration: Registration) -> None:
        """Remember what a provider declares; its structured settings are JSON texts."""
        declared: Any = registration.inputs.get("defaultTags") if registration.type == _PROVIDER else None
        if isinstance(declared, str):
            declared = json.loads(declared)
        if declared:
            self._by_provider[registration.urn] = declared.get("tags") or {}

    def merged(self, registration: Registration) -> Registration:
        """The registration with its provider's tags below its own; unchanged if it takes none."""
        defaults = self._by_provider.get(registration.provider.rpartition("::")[0])
        if not defaults or "tagsAll" not in declared_outputs(registration.type):
            return registration
        tags = {**defaults, **(registration.inputs.get("tags") or {})}
        return replace(registration, inputs={**registration.inputs, "tags": tags})

    def answered(self, registration: Registration, merged: Registration, created: Created) -> Created:
        """The outputs as the provider gives them: `tags` as declared, `tagsAll` with the defaults."""
        if merged is registration:
            return created
        return replace(created, outputs={**created.outputs, "tagsAll": merged.inputs["tags"]})
