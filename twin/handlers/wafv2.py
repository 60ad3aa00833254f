"""WAF: web ACLs and what stands behind them. The emulator keeps them, the edge refuses on their behalf."""

from __future__ import annotations

from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, tolerated


class WebAcl(Handler):
    """A web ACL; the bodies of its own answers have a key each."""

    def create(self, order: Order) -> Created:
        """Make it."""
        values = {**self._values(order), "name": order.name(), "scope": order.inputs["scope"]}
        made = order.call("wafv2", "create_web_acl", values)["Summary"]
        return Created(id=made["Id"], outputs={"arn": made["ARN"], "name": made["Name"], "capacity": 0})

    def update(self, order: Order, existing: Created) -> Created:
        """Replace its rules."""
        order.call("wafv2", "update_web_acl", self._values(order), **self._known(order, existing))
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove it."""
        with tolerated():
            order.client("wafv2").delete_web_acl(**self._known(order, existing))

    def _values(self, order: Order) -> dict[str, Any]:
        bodies = {body["key"]: body for body in order.inputs.get("customResponseBodies") or []}
        texts = {key: {name: body[name] for name in ("contentType", "content")} for key, body in bodies.items()}
        return {**order.declared("name", "namePrefix", "scope"), "customResponseBodies": texts or None}

    def _known(self, order: Order, existing: Created) -> dict[str, Any]:
        """What WAF asks for before it changes one: all of its names, and the token of its present state."""
        names = {"Name": existing.outputs["name"], "Scope": order.inputs["scope"], "Id": existing.id}
        return {**names, "LockToken": order.client("wafv2").get_web_acl(**names)["LockToken"]}


HANDLERS: dict[str, Handler] = {
    "aws:wafv2/webAcl:WebAcl": WebAcl(),
    "aws:wafv2/webAclAssociation:WebAclAssociation": Mapped(
        service="wafv2",
        create_call="associate_web_acl",
        id="{webAclArn},{resourceArn}",
        delete_call="disassociate_web_acl",
        delete_with={"ResourceArn": "{resourceArn}"},
        put=True,
    ),
}
