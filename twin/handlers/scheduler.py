"""EventBridge Scheduler: schedules and what they start."""

from __future__ import annotations

from twin.handlers.handler import Handler
from twin.handlers.mapped import Mapped

HANDLERS: dict[str, Handler] = {
    "aws:scheduler/schedule:Schedule": Mapped(
        service="scheduler",
        create_call="create_schedule",
        named="name",
        id="{groupName}/{name}",
        outputs={"arn": "{ScheduleArn}"},
        delete_call="delete_schedule",
        delete_with={"GroupName": "{groupName}", "Name": "{name}"},
    ),
}
