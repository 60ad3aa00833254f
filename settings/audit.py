"""The record of what happened in the account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.section import Days, LogRetentionDays, Section, Text

# S3 keeps nothing in Glacier for less time than this without charging for it (S3 documentation, storage classes).
GLACIER_MINIMUM_DAYS = 90
IA_MINIMUM_DAYS = 30


class ColdStorage(Section):
    """After how many days the record moves to cheaper storage classes (row 113)."""

    infrequent_access_days: Annotated[int, Field(ge=IA_MINIMUM_DAYS)]
    glacier_days: Annotated[int, Field(ge=2 * IA_MINIMUM_DAYS)]

    @model_validator(mode="after")
    def _stays_long_enough(self) -> ColdStorage:
        if self.glacier_days < self.infrequent_access_days + IA_MINIMUM_DAYS:
            raise ValueError(
                f"glacier_days ({self.glacier_days}) must be at least {IA_MINIMUM_DAYS} above infrequent_access_days "
                f"({self.infrequent_access_days}), the time that S3 charges for"
            )
        return self


class TrailSettings(Section):
    """CloudTrail: who called which API of AWS (rows 108 to 115, 208, 241)."""

    retention_days: Annotated[Days, Field(description="How long the record stays in its bucket.")]
    log_retention_days: Annotated[LogRetentionDays, Field(description="How long alarms and queries can look back.")]
    cold_storage: ColdStorage | None
    data_events: Annotated[
        list[Literal["s3_objects", "functions"]],
        Field(description="Beside the management events, which are always recorded. Each event is paid for."),
    ]
    notification_email: Annotated[Text | None, Field(description="Who gets a mail for every file of the record.")] = (
        None
    )
    retain: Annotated[bool, Field(description="Bucket and key outlive the stack.")]

    @model_validator(mode="after")
    def _cold_before_it_expires(self) -> TrailSettings:
        cold = self.cold_storage
        if cold is not None and self.retention_days < cold.glacier_days + GLACIER_MINIMUM_DAYS:
            raise ValueError(
                f"retention_days ({self.retention_days}) must be at least {GLACIER_MINIMUM_DAYS} above "
                f"cold_storage.glacier_days ({cold.glacier_days}), the time that Glacier charges for: keep the record "
                f"longer, or set cold_storage to null"
            )
        return self

    @model_validator(mode="after")
    def _said_once(self) -> TrailSettings:
        if len(set(self.data_events)) != len(self.data_events):
            raise ValueError(f"data_events {self.data_events} names an event twice")
        return self


class AuditSettings(Section):
    """The record of the account's use: CloudTrail, and each access to a bucket or the site (rows 94, 101)."""

    trail: Annotated[
        TrailSettings | None, Field(description="null where an organization's trail already records this account.")
    ]
    access_log_retention_days: Days
    retain_access_logs: bool
