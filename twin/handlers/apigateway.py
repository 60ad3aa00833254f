"""API Gateway: REST APIs, what they are made of, and their stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove

_API = {"restApi": "restApiId", "restApiId": "restApiId"}
_METHOD = {"restApiId": "{restApi}", "resourceId": "{resourceId}", "httpMethod": "{httpMethod}"}
# The path of each setting below a method's, as UpdateStage names it.
_SETTINGS = {
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
    "throttlingRateLimit": "throttling/rateLimit",
    "throttlingBurstLimit": "throttling/burstLimit",
    "cachingEnabled": "caching/enabled",
    "cacheTtlInSeconds": "caching/ttlInSeconds",
    "cacheDataEncrypted": "caching/dataEncrypted",
    "requireAuthorizationForCacheControl": "caching/requireAuthorizationForCacheControl",
    "unauthorizedCacheControlHeaderStrategy": "caching/unauthorizedCacheControlHeaderStrategy",
}


def _patch(values: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"op": "replace", "path": path, "value": str(value).lower() if isinstance(value, bool) else str(value)}
        for path, value in values.items()
        if value is not None
    ]


class Account(Handler):
    """The account's settings for API Gateway: the role that writes its logs."""

    def create(self, order: Order) -> Created:
        """Set the role."""
        patch = _patch({"/cloudwatchRoleArn": order.inputs.get("cloudwatchRoleArn")})
        answer = order.client("apigateway").update_account(patchOperations=patch)
        outputs = {"throttleSettings": [answer.get("throttleSettings", {})], "features": [], "apiKeyVersion": "4"}
        return Created(id="api-gateway-account", outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Set it anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """The account stays."""


class RestApi(Mapped):
    """A REST API, empty or from an OpenAPI document."""

    def create(self, order: Order) -> Created:
        """Make the API; a `body` is imported into it."""
        created = super().create(order)
        body = order.inputs.get("body")
        if body:
            mode = str(order.inputs.get("putRestApiMode") or "overwrite")
            order.client("apigateway").put_rest_api(restApiId=created.id, mode=mode, body=body.encode())
        return created


class Stage(Handler):
    """A deployment under a name; what CreateStage does not take is patched in."""

    def create(self, order: Order) -> Created:
        """Make the stage and set its access log."""
        values = order.declared("accessLogSettings", "clientCertificateId")
        renames = {**_API, "deployment": "deploymentId", "xrayTracingEnabled": "tracingEnabled"}
        order.call("apigateway", "create_stage", values, renames=renames)
        api, name = order.inputs["restApi"], order.inputs["stageName"]
        self._patch(order)
        outputs = {
            "arn": order.arn("apigateway", f"/restapis/{api}/stages/{name}", account=False),
            "executionArn": order.arn("execute-api", f"{api}/{name}"),
            "invokeUrl": f"https://{api}.execute-api.{order.region}.amazonaws.com/{name}",
            "webAclArn": "",
        }
        return Created(id=f"ags-{api}-{name}", outputs=outputs)

    def update(self, order: Order, existing: Created) -> Created:
        """Point the stage at its deployment and set the rest."""
        self._patch(
            order, {"/deploymentId": order.inputs["deployment"], "/description": order.inputs.get("description")}
        )
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the stage."""
        keys = {"restApiId": order.inputs["restApi"], "stageName": order.inputs["stageName"]}
        remove(order, "apigateway", "delete_stage", **keys)

    def _patch(self, order: Order, more: Mapping[str, Any] | None = None) -> None:
        log = order.inputs.get("accessLogSettings") or {}
        patch = _patch(
            {
                "/accessLogSettings/destinationArn": log.get("destinationArn"),
                "/accessLogSettings/format": log.get("format"),
                **(more or {}),
            }
        )
        if patch:
            order.client("apigateway").update_stage(
                restApiId=order.inputs["restApi"], stageName=order.inputs["stageName"], patchOperations=patch
            )


class MethodSettings(Handler):
    """Logging, metrics and throttling of a stage's methods."""

    def create(self, order: Order) -> Created:
        """Patch the settings into the stage."""
        inputs = order.inputs
        path = str(inputs["methodPath"])
        resource, _, method = path.rpartition("/")
        place = f"/{path}" if path == "*/*" else f"/{resource.strip('/').replace('/', '~1')}/{method}"
        settings = inputs["settings"]
        patch = _patch({f"{place}/{_SETTINGS[key]}": value for key, value in settings.items()})
        keys = {"restApiId": inputs["restApi"], "stageName": inputs["stageName"]}
        order.client("apigateway").update_stage(**keys, patchOperations=patch)
        return Created(id=f"{inputs['restApi']}-{inputs['stageName']}-{path}")

    def update(self, order: Order, existing: Created) -> Created:
        """Patch them anew."""
        return self.create(order)

    def delete(self, order: Order, existing: Created) -> None:
        """They go with the stage."""


def _child(create: str, id_: str, delete: str = "", **more: Any) -> Mapped:
    """A part of an API that one call makes and one removes."""
    renames = {**_API, **more.pop("renames", {})}
    return Mapped(service="apigateway", create_call=create, renames=renames, id=id_, delete_call=delete, **more)


HANDLERS: dict[str, Handler] = {
    "aws:apigateway/account:Account": Account(),
    "aws:apigateway/restApi:RestApi": RestApi(
        service="apigateway",
        create_call="create_rest_api",
        named="name",
        without=("body", "putRestApiMode", "failOnWarnings", "parameters"),
        id="{id}",
        outputs={
            "arn": "arn:aws:apigateway:{region}::/restapis/{id}",
            "executionArn": "arn:aws:execute-api:{region}:{account}:{id}",
            "rootResourceId": "{rootResourceId}",
            "createdDate": "{createdDate:%Y-%m-%dT%H:%M:%SZ}",
        },
        delete_call="delete_rest_api",
        delete_with={"restApiId": "{id}"},
    ),
    "aws:apigateway/resource:Resource": _child(
        "create_resource",
        "{id}",
        "delete_resource",
        outputs={"path": "{path}"},
        delete_with={"restApiId": "{restApi}", "resourceId": "{id}"},
    ),
    "aws:apigateway/method:Method": _child(
        "put_method",
        "agm-{restApi}-{resourceId}-{httpMethod}",
        "delete_method",
        renames={"authorization": "authorizationType"},
        delete_with=_METHOD,
    ),
    "aws:apigateway/integration:Integration": _child(
        "put_integration",
        "agi-{restApi}-{resourceId}-{httpMethod}",
        "delete_integration",
        renames={"timeoutMilliseconds": "timeoutInMillis"},
        delete_with=_METHOD,
        put=True,
    ),
    "aws:apigateway/methodResponse:MethodResponse": _child(
        "put_method_response",
        "agmr-{restApi}-{resourceId}-{httpMethod}-{statusCode}",
        "delete_method_response",
        delete_with={**_METHOD, "statusCode": "{statusCode}"},
    ),
    "aws:apigateway/integrationResponse:IntegrationResponse": _child(
        "put_integration_response",
        "agir-{restApi}-{resourceId}-{httpMethod}-{statusCode}",
        "delete_integration_response",
        delete_with={**_METHOD, "statusCode": "{statusCode}"},
        put=True,
    ),
    "aws:apigateway/authorizer:Authorizer": _child(
        "create_authorizer",
        "{id}",
        "delete_authorizer",
        named="name",
        outputs={"arn": "arn:aws:apigateway:{region}::/restapis/{restApi}/authorizers/{id}"},
        delete_with={"restApiId": "{restApi}", "authorizerId": "{id}"},
    ),
    "aws:apigateway/requestValidator:RequestValidator": _child(
        "create_request_validator",
        "{id}",
        "delete_request_validator",
        named="name",
        delete_with={"restApiId": "{restApi}", "requestValidatorId": "{id}"},
    ),
    "aws:apigateway/model:Model": _child(
        "create_model",
        "{id}",
        "delete_model",
        named="name",
        delete_with={"restApiId": "{restApi}", "modelName": "{name}"},
    ),
    "aws:apigateway/deployment:Deployment": _child(
        "create_deployment",
        "{id}",
        "delete_deployment",
        # Their change makes a new deployment; their value means nothing to API Gateway.
        without=("triggers",),
        outputs={"createdDate": "{createdDate:%Y-%m-%dT%H:%M:%SZ}"},
        delete_with={"restApiId": "{restApi}", "deploymentId": "{id}"},
    ),
    "aws:apigateway/response:Response": _child(
        "put_gateway_response",
        "aggr-{restApiId}-{responseType}",
        "delete_gateway_response",
        delete_with={"restApiId": "{restApiId}", "responseType": "{responseType}"},
        put=True,
    ),
    "aws:apigateway/domainName:DomainName": _child(
        "create_domain_name",
        "{domainName}",
        "delete_domain_name",
        outputs={
            "arn": "arn:aws:apigateway:{region}::/domainnames/{domainName}",
            "regionalDomainName": "{regionalDomainName}",
            "regionalZoneId": "{regionalHostedZoneId}",
        },
        delete_with={"domainName": "{domainName}"},
    ),
    "aws:apigateway/basePathMapping:BasePathMapping": _child(
        "create_base_path_mapping",
        "{domainName}/",
        "delete_base_path_mapping",
        renames={"stageName": "stage"},
        delete_with={"domainName": "{domainName}", "basePath": "(none)"},
    ),
    "aws:apigateway/stage:Stage": Stage(),
    "aws:apigateway/methodSettings:MethodSettings": MethodSettings(),
}
