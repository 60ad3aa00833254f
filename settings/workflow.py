"""The workflows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import LogRetentionDays, Section, Text


class BedrockModel(Section):
    """A model of Amazon Bedrock; IAM lets the functions ask it."""

    provider: Literal["bedrock"]
    id: Text


class KeyedModel(Section):
    """A model of another company; `key` names the entry of `secrets.external` that holds its API key."""

    provider: Literal["openai", "gemini"]
    id: Text
    key: Text


ModelSettings = Annotated[BedrockModel | KeyedModel, Field(discriminator="provider")]


class WorkflowSettings(Section):
    """Task generation (rows 78 to 84, 248 to 259).

    From `deadline_seconds` after its start on, a run begins no further action. `step_timeout_seconds` is for each step
    before the actions, `closing_timeout_seconds` for saving and for each step after them: these must fit, with their
    retries, between the deadline and the machine's timeout. `daily_model_calls` is how often one person may have the
    model asked on one day.
    """

    timeout_seconds: Annotated[int, Field(ge=60)]
    deadline_seconds: Annotated[int, Field(ge=1)]
    batch_concurrency: Annotated[int, Field(ge=1, le=40)]
    action_concurrency: Annotated[int, Field(ge=1, le=40)]
    generate_timeout_seconds: Annotated[int, Field(ge=1)]
    step_timeout_seconds: Annotated[int, Field(ge=1)]
    closing_timeout_seconds: Annotated[int, Field(ge=1)]
    log_retention_days: LogRetentionDays
    daily_model_calls: Annotated[int, Field(ge=1)]
    model: ModelSettings

    @model_validator(mode="after")
    def _tasks_end_before_the_machine(self) -> WorkflowSettings:
        for key in ("generate_timeout_seconds", "step_timeout_seconds", "closing_timeout_seconds", "deadline_seconds"):
            if getattr(self, key) >= self.timeout_seconds:
                raise ValueError(
                    f"{key} ({getattr(self, key)}) must be below timeout_seconds ({self.timeout_seconds}): a machine's "
                    f"timeout cannot be caught, so no failure would be handled"
                )
        return self
