"""The database."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import Section


class ServerlessV2(Section):
    """Aurora Serverless v2; capacity in Aurora capacity units (rows 15, 16)."""

    mode: Literal["serverless_v2"]
    min_capacity: Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
    max_capacity: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)]
    readers: Annotated[int, Field(ge=0, le=15)]

    @model_validator(mode="after")
    def _ordered(self) -> ServerlessV2:
        if self.min_capacity > self.max_capacity:
            raise ValueError(
                f"min_capacity ({self.min_capacity:g}) must not be above max_capacity ({self.max_capacity:g})"
            )
        return self


class DatabaseSettings(Section):
    """PostgreSQL on Aurora (rows 15 to 28, 246)."""

    engine: Annotated[ServerlessV2, Field(description="How the database runs.")]
    engine_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    database_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    administrator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
    application_user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    backup_retention_days: Annotated[int, Field(ge=1, le=35)]
    backup_window: Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
    maintenance_window: Annotated[str, Field(pattern=r"^[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d$")]
    deletion_protection: bool
    performance_insights: bool
    slow_query_ms: Annotated[int, Field(ge=1)]
