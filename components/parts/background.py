"""Functions that another function invokes without waiting for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.parts.function import FailedEvents, Function, FunctionArgs, Platform
from components.parts.grant import Grant


@dataclass(frozen=True, kw_only=True)
class BackgroundFunction:
    """Which function invokes this one, and what this one uses."""

    invoked_by: str
    grant: Grant


class Background:
    """Functions for what takes longer than a caller of the API may wait; by folder name."""

    def __init__(
        self,
        name: str,
        functions: Mapping[str, BackgroundFunction],
        *,
        platform: Platform,
        failed_events: FailedEvents,
        parent: pulumi.Resource,
    ) -> None:
        self._declared = functions
        self.functions = {
            source: Function(
                f"{name}-{source.replace('_', '-')}",
                FunctionArgs(
                    platform=platform,
                    source=source,
                    kind="workflow",
                    grant=functions[source].grant,
                    runbook="api-function.md",
                    failed_events=failed_events,
                ),
                opts=pulumi.ResourceOptions(parent=parent),
            )
            for source in sorted(functions)
        }

    def invoked_by(self, caller: str) -> Grant:
        """What a function needs to invoke those that are its to invoke: `<NAME>_FUNCTION_NAME` is the alias's ARN."""
        grant = Grant()
        for source, function in self.functions.items():
            if self._declared[source].invoked_by == caller:
                name = f"{source.upper()}_FUNCTION_NAME"
                grant |= Grant(environment={name: function.alias_arn}, statements=(function.invokes(),))
        return grant
