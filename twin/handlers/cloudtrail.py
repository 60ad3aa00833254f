"""The audit trail: the emulator holds its configuration and records no events of its own in the bucket."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import remove

_RENAMES = {
    "enableLogFileValidation": "EnableLogFileValidation",
    "cloudWatchLogsGroupArn": "CloudWatchLogsLogGroupArn",
    "notEquals": "NotEquals",
    "notStartsWiths": "NotStartsWith",
    "startsWiths": "StartsWith",
    "endsWiths": "EndsWith",
    "notEndsWiths": "NotEndsWith",
    "fieldSelectors": "FieldSelectors",
}


class Trail(Handler):
    """A trail with its selectors; it records from the start unless told not to."""

    def create(self, order: Order) -> Created:
        """Make the trail, say what it records, start it."""
        name = order.name()
        values = order.declared("tags", "advancedEventSelectors", "eventSelectors", "insightSelectors", "enableLogging")
        tags = [{"Key": key, "Value": value} for key, value in (order.inputs.get("tags") or {}).items()]
        answer = order.call("cloudtrail", "create_trail", {**values, "name": name}, renames=_RENAMES, TagsList=tags)
        selectors = order.inputs.get("advancedEventSelectors")
        if selectors:
            chosen = {"trailName": name, "advancedEventSelectors": selectors}
            order.call("cloudtrail", "put_event_selectors", chosen, renames=_RENAMES)
        if order.inputs.get("enableLogging", True):
            order.client("cloudtrail").start_logging(Name=name)
        arn = answer["TrailARN"]
        return Created(id=arn, outputs={"arn": arn, "name": name, "homeRegion": order.region})

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the trail; what it wrote stays."""
        remove(order, "cloudtrail", "delete_trail", Name=existing.outputs["name"])


HANDLERS: dict[str, Handler] = {"aws:cloudtrail/trail:Trail": Trail()}
