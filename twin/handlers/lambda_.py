"""Lambda functions with their aliases, layers, permissions and event sources."""

from __future__ import annotations

from typing import Any

from plan.account import Created
from twin import layer
from twin.handlers.assets import archive_bytes
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove

_SEPARATE = (
    "code", "s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash", "reservedConcurrentExecutions", "skipDestroy",
    "replaceSecurityGroupsOnDestroy", "replacementSecurityGroupIds",
)  # fmt: skip


def invoke_arn(order: Order, function_arn: str) -> str:
    """The URI by which API Gateway calls a function."""
    return f"arn:aws:apigateway:{order.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _code(inputs: dict[str, Any]) -> dict[str, Any]:
    if inputs.get("code") is not None:
        return {"ZipFile": archive_bytes(inputs["code"])}
    members = {"s3Bucket": "S3Bucket", "s3Key": "S3Key", "s3ObjectVersion": "S3ObjectVersion"}
    return {member: inputs[key] for key, member in members.items() if inputs.get(key)}


class Function(Handler):
    """A function with its code; `publish` makes each change a version."""

    def create(self, order: Order) -> Created:
        """Make the function and bound its concurrency."""
        name = order.name()
        values = {**order.declared(*_SEPARATE, "namePrefix"), "name": name}
        answer = order.call(
            "lambda", "create_function", values, renames={"name": "FunctionName"}, Code=_code(order.inputs)
        )
        self._bound(order, name)
        return Created(id=name, outputs=self._outputs(order, answer))

    def update(self, order: Order, existing: Created) -> Created:
        """Change configuration, then code; the code's update publishes the version."""
        client = order.client("lambda")
        values = order.declared(*_SEPARATE, "name", "namePrefix", "publish", "architectures", "packageType", "tags")
        order.call("lambda", "update_function_configuration", values, FunctionName=existing.id)
        publish = bool(order.inputs.get("publish"))
        answer = client.update_function_code(FunctionName=existing.id, Publish=publish, **_code(order.inputs))
        self._bound(order, existing.id)
        return Created(id=existing.id, outputs=self._outputs(order, answer))

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the function with all its versions."""
        remove(order, "lambda", "delete_function", FunctionName=existing.id)

    def _bound(self, order: Order, name: str) -> None:
        reserved = order.inputs.get("reservedConcurrentExecutions")
        if reserved is not None and reserved >= 0:
            order.client("lambda").put_function_concurrency(
                FunctionName=name, ReservedConcurrentExecutions=int(reserved)
            )

    def _outputs(self, order: Order, answer: dict[str, Any]) -> dict[str, Any]:
        version = answer["Version"]
        arn = order.arn("lambda", f"function:{answer['FunctionName']}")
        return {
            "name": answer["FunctionName"],
            "arn": arn,
            "invokeArn": invoke_arn(order, arn),
            "qualifiedArn": f"{arn}:{version}",
            "qualifiedInvokeArn": invoke_arn(order, f"{arn}:{version}"),
            "version": version,
            "lastModified": answer["LastModified"],
            "codeSha256": answer["CodeSha256"],
            "sourceCodeSize": answer["CodeSize"],
        }


class Alias(Handler):
    """A name for a version, which callers use."""

    def create(self, order: Order) -> Created:
        """Make the alias."""
        values = {**order.declared(), "name": order.name()}
        arn = order.call("lambda", "create_alias", values)["AliasArn"]
        return Created(id=arn, outputs={"arn": arn, "invokeArn": invoke_arn(order, arn), "name": order.name()})

    def update(self, order: Order, existing: Created) -> Created:
        """Point it at another version."""
        order.call("lambda", "update_alias", order.declared())
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the alias."""
        remove(order, "lambda", "delete_alias", FunctionName=order.inputs["functionName"], Name=order.name())


class LayerVersion(Handler):
    """A layer of the same locked libraries, built for this machine: its interpreter runs the functions here."""

    def create(self, order: Order) -> Created:
        """Publish the host's build in place of the declared archive."""
        runtime = (order.inputs.get("compatibleRuntimes") or [layer.host_runtime()])[0]
        values = {**order.declared("code", "sourceCodeHash", "skipDestroy"), "layerName": order.name("layerName")}
        content = {"ZipFile": layer.build(runtime).read_bytes()}
        answer = order.call("lambda", "publish_layer_version", values, Content=content)
        arn = answer["LayerVersionArn"]
        outputs = {
            "arn": arn,
            "layerArn": answer["LayerArn"],
            "layerName": order.name("layerName"),
            "version": str(answer["Version"]),
            "createdDate": answer["CreatedDate"],
        }
        return Created(id=arn, outputs=outputs)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the version."""
        name, version = existing.outputs["layerName"], int(existing.outputs["version"])
        remove(order, "lambda", "delete_layer_version", LayerName=name, VersionNumber=version)


class EventInvokeConfig(Mapped):
    """What happens to asynchronous invocations that fail."""

    def create(self, order: Order) -> Created:
        """Put the configuration; its id is the function, with the qualifier if there is one."""
        created = super().create(order)
        qualifier = order.inputs.get("qualifier")
        return Created(id=f"{created.id}:{qualifier}" if qualifier else created.id)

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the configuration."""
        keys = {"FunctionName": order.inputs["functionName"], "Qualifier": order.inputs.get("qualifier")}
        present = {key: value for key, value in keys.items() if value}
        remove(order, "lambda", "delete_function_event_invoke_config", **present)


class Permission(Handler):
    """Lets an AWS service call a function."""

    def create(self, order: Order) -> Created:
        """Add the statement."""
        statement = order.name("statementId")
        values = order.declared("statementIdPrefix", "function") | {
            "statementId": statement,
            "functionName": order.inputs["function"],
        }
        order.call("lambda", "add_permission", values)
        return Created(id=statement, outputs={"statementId": statement})

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the statement."""
        keys = {"FunctionName": order.inputs["function"], "StatementId": existing.id}
        if order.inputs.get("qualifier"):
            keys["Qualifier"] = order.inputs["qualifier"]
        remove(order, "lambda", "remove_permission", **keys)


HANDLERS: dict[str, Handler] = {
    "aws:lambda/function:Function": Function(),
    "aws:lambda/alias:Alias": Alias(),
    "aws:lambda/layerVersion:LayerVersion": LayerVersion(),
    "aws:lambda/permission:Permission": Permission(),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": EventInvokeConfig(
        service="lambda", create_call="put_function_event_invoke_config", id="{functionName}", put=True
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": Mapped(
        service="lambda",
        create_call="put_provisioned_concurrency_config",
        without=("skipDestroy",),
        id="{functionName},{qualifier}",
        delete_call="delete_provisioned_concurrency_config",
        delete_with={"FunctionName": "{functionName}", "Qualifier": "{qualifier}"},
        put=True,
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": Mapped(
        service="lambda",
        create_call="create_event_source_mapping",
        id="{UUID}",
        outputs={
            "uuid": "{UUID}",
            "arn": "arn:aws:lambda:{region}:{account}:event-source-mapping:{UUID}",
            "functionArn": "{FunctionArn}",
            "state": "{State}",
        },
        delete_call="delete_event_source_mapping",
        delete_with={"UUID": "{id}"},
    ),
}
