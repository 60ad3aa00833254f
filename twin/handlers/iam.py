"""IAM roles and their policies."""

from __future__ import annotations

from dataclasses import dataclass

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped


@dataclass(frozen=True, kw_only=True)
class Document(Mapped):
    """A put of a whole policy document, which is also how it is changed."""

    service: str = "iam"
    put: bool = True


class Role(Mapped):
    """A role; its trust policy can change in place."""

    def update(self, order: Order, existing: Created) -> Created:
        """Replace the trust policy."""
        order.client("iam").update_assume_role_policy(
            RoleName=existing.id, PolicyDocument=order.inputs["assumeRolePolicy"]
        )
        return existing


HANDLERS: dict[str, Handler] = {
    "aws:iam/role:Role": Role(
        service="iam",
        create_call="create_role",
        named="name",
        renames={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        without=("forceDetachPolicies",),
        id="{name}",
        outputs={
            "arn": "{Role[Arn]}",
            "uniqueId": "{Role[RoleId]}",
            "createDate": "{Role[CreateDate]:%Y-%m-%dT%H:%M:%SZ}",
        },
        delete_call="delete_role",
        delete_with={"RoleName": "{id}"},
    ),
    "aws:iam/rolePolicy:RolePolicy": Document(
        create_call="put_role_policy",
        named="name",
        renames={"name": "PolicyName", "role": "RoleName", "policy": "PolicyDocument"},
        id="{role}:{name}",
        delete_call="delete_role_policy",
        delete_with={"RoleName": "{role}", "PolicyName": "{name}"},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Document(
        create_call="attach_role_policy",
        renames={"role": "RoleName"},
        id="{role}/{policyArn}",
        delete_call="detach_role_policy",
        delete_with={"RoleName": "{role}", "PolicyArn": "{policyArn}"},
    ),
}
