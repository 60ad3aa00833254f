"""The functions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.section import LogRetentionDays, Section

# Lambda's Python runtimes and the day AWS ends their support (Lambda documentation, runtimes).
RUNTIME_END_OF_LIFE = {"python3.11": "2027-06-30", "python3.12": "2028-10-31", "python3.13": "2029-06-30"}


def _supported_runtime(runtime: str) -> str:
    if runtime not in RUNTIME_END_OF_LIFE:
        known = ", ".join(f"'{name}' (until {day})" for name, day in RUNTIME_END_OF_LIFE.items())
        raise ValueError(f"should be one of {known}")
    return runtime


class FunctionSize(Section):
    """Memory in MB and time limit in seconds of one function; reserved concurrency when it is bounded."""

    memory_mb: Annotated[int, Field(ge=128, le=10240)]
    timeout_seconds: Annotated[int, Field(ge=1, le=900)]
    reserved_concurrency: Annotated[int, Field(ge=1)] | None = None


class FunctionSettings(Section):
    """What all functions have in common, and the size of each kind (rows 46 to 55)."""

    runtime: Annotated[str, AfterValidator(_supported_runtime)]
    architecture: Literal["arm64", "x86_64"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    log_retention_days: LogRetentionDays
    api: FunctionSize
    workflow: FunctionSize
    utility: FunctionSize
    sizes: dict[str, FunctionSize]
