"""The workflows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import LogRetentionDays, Section, Text


class ModelSettings(Section):
    """Which model generates the tasks."""

    provider: Literal["bedrock"]
    id: Text


class WorkflowSettings(Section):
    """Task generation (rows 78 to 84, 248 to 259)."""

    timeout_seconds: Annotated[int, Field(ge=60)]
    batch_concurrency: Annotated[int, Field(ge=1, le=40)]
    action_concurrency: Annotated[int, Field(ge=1, le=40)]
    generate_timeout_seconds: Annotated[int, Field(ge=1)]
    step_timeout_seconds: Annotated[int, Field(ge=1)]
    log_retention_days: LogRetentionDays
    model: ModelSettings

    @model_validator(mode="after")
    def _tasks_end_before_the_machine(self) -> WorkflowSettings:
        for key in ("generate_timeout_seconds", "step_timeout_seconds"):
            if getattr(self, key) >= self.timeout_seconds:
                raise ValueError(
                    f"{key} ({getattr(self, key)}) must be below timeout_seconds ({self.timeout_seconds}): a machine's "
                    f"timeout cannot be caught, so no failure would be handled"
                )
        return self
