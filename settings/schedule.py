"""When something is started by the clock."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from settings.section import Section

_RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_CRON_FIELDS = 6


def _expression(text: str) -> str:
    """What EventBridge Scheduler takes (user guide, schedule types): it refuses the five fields of Unix's cron."""
    cron = _CRON.fullmatch(text)
    fields = cron[1].split() if cron else []
    if cron and len(fields) != _CRON_FIELDS:
        raise ValueError(
            f"has {len(fields)} fields and EventBridge takes 6 (minutes, hours, day of month, month, day of week, "
            "year), such as cron(0 17 * * ? *)"
        )
    if cron and (fields[2] == "?") == (fields[4] == "?"):
        raise ValueError("must have '?' in one of day of month and day of week, such as cron(0 17 * * ? *)")
    if not cron and not _RATE.fullmatch(text):
        raise ValueError("should be cron(...) with six fields or rate(...), such as cron(0 17 * * ? *) or rate(1 day)")
    return text


def _time_zone(name: str) -> str:
    """A zone of the IANA database, where the machine has one to ask."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        if _machine_knows_zones():
            raise ValueError("is not a time zone of the IANA database, such as Asia/Tokyo or UTC") from None
    return name


def _machine_knows_zones() -> bool:
    try:
        ZoneInfo("Asia/Tokyo")
    except ZoneInfoNotFoundError:
        return False
    return True


class ScheduleSettings(Section):
    """When, as EventBridge Scheduler says it, and by which clock: it knows daylight saving time."""

    expression: Annotated[str, AfterValidator(_expression)]
    time_zone: Annotated[str, AfterValidator(_time_zone)]
