"""Cognito: user pools, their clients and the domain of the hosted sign-in pages."""

from __future__ import annotations

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove

_POOL_INPUTS = ("name", "passwordPolicy", "signInPolicy", "softwareTokenMfaConfiguration", "webAuthnConfiguration")


class UserPool(Handler):
    """A user pool; a second factor by an authenticator app is a call of its own."""

    def create(self, order: Order) -> Created:
        """Make the pool with its policies."""
        name = order.name()
        policies = {key: order.inputs[key] for key in ("passwordPolicy", "signInPolicy") if order.inputs.get(key)}
        values = {**order.declared(*_POOL_INPUTS), "poolName": name}
        if policies:
            values["policies"] = policies
        # AWS refuses a pool that requires a factor before it has one: the factor comes with the second call.
        factor = values.pop("mfaConfiguration", "OFF")
        renames = {"tags": "UserPoolTags", "fromEmailAddress": "From"}
        pool = order.call("cognito-idp", "create_user_pool", values, renames=renames)["UserPool"]
        if factor != "OFF":
            token = bool((order.inputs.get("softwareTokenMfaConfiguration") or {}).get("enabled"))
            order.client("cognito-idp").set_user_pool_mfa_config(
                UserPoolId=pool["Id"], MfaConfiguration=factor, SoftwareTokenMfaConfiguration={"Enabled": token}
            )
        endpoint = f"cognito-idp.{order.region}.amazonaws.com/{pool['Id']}"
        return Created(id=pool["Id"], outputs={"arn": pool["Arn"], "endpoint": endpoint, "name": name})

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the pool with its users; the emulator holds no pool back for its deletion protection."""
        remove(order, "cognito-idp", "delete_user_pool", UserPoolId=existing.id)


class UserPoolClient(Mapped):
    """An application that signs users in; a client without a secret has an empty one."""

    def create(self, order: Order) -> Created:
        """Make the client."""
        created = super().create(order)
        outputs = dict(created.outputs)
        if order.inputs.get("generateSecret"):
            answer = order.client("cognito-idp").describe_user_pool_client(
                UserPoolId=order.inputs["userPoolId"], ClientId=created.id
            )
            outputs["clientSecret"] = answer["UserPoolClient"]["ClientSecret"]
        else:
            outputs["clientSecret"] = ""
        return Created(id=created.id, outputs=outputs)


HANDLERS: dict[str, Handler] = {
    "aws:cognito/userPool:UserPool": UserPool(),
    "aws:cognito/userPoolClient:UserPoolClient": UserPoolClient(
        service="cognito-idp",
        create_call="create_user_pool_client",
        named="name",
        renames={"name": "ClientName"},
        id="{UserPoolClient[ClientId]}",
        delete_call="delete_user_pool_client",
        delete_with={"UserPoolId": "{userPoolId}", "ClientId": "{id}"},
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": Mapped(
        service="cognito-idp",
        create_call="create_user_pool_domain",
        id="{domain}",
        outputs={
            "awsAccountId": "{account}",
            "cloudfrontDistribution": "",
            "cloudfrontDistributionArn": "",
            "s3Bucket": "",
        },
        delete_call="delete_user_pool_domain",
        delete_with={"Domain": "{domain}", "UserPoolId": "{userPoolId}"},
    ),
}
