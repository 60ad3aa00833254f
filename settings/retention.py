"""How long what people wrote is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings.schedule import ScheduleSettings
from settings.section import Days, Section


class RetentionSettings(Section):
    """When old rows are deleted and old executions archived (rows 258, 273), and how long the archive is kept.

    What is kept how long in the database is the application's own rule. `retain_archive` leaves the archive behind
    when the stack is removed.
    """

    schedule: ScheduleSettings
    archive_days: Annotated[Days | None, Field(description="After which an archived execution is deleted; null never.")]
    retain_archive: bool
