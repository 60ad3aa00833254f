"""Step Functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped


class StateMachine(Mapped):
    """A state machine; its definition, role and logging change in place."""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The log destination is one ARN to Pulumi, a list of groups to the API."""
        values = super().values(order, facts)
        logging = values.get("loggingConfiguration")
        if logging:
            destination = {"cloudWatchLogsLogGroup": {"logGroupArn": logging["logDestination"]}}
            kept = {key: value for key, value in logging.items() if key != "logDestination"}
            values["loggingConfiguration"] = {**kept, "destinations": [destination]}
        return values

    def update(self, order: Order, existing: Created) -> Created:
        """Change definition and role."""
        order.client("stepfunctions").update_state_machine(
            stateMachineArn=existing.id, definition=order.inputs["definition"], roleArn=order.inputs["roleArn"]
        )
        return existing


HANDLERS: dict[str, Handler] = {
    "aws:sfn/stateMachine:StateMachine": StateMachine(
        service="stepfunctions",
        create_call="create_state_machine",
        named="name",
        id="{stateMachineArn}",
        outputs={
            "arn": "{stateMachineArn}",
            "creationDate": "{creationDate:%Y-%m-%dT%H:%M:%SZ}",
            "status": "ACTIVE",
        },
        delete_call="delete_state_machine",
        delete_with={"stateMachineArn": "{id}"},
    ),
}
