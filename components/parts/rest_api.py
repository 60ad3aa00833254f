"""An API Gateway REST API made from the API's description."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts import refusals
from components.parts.cors import CrossOrigin
from components.parts.function import Function
from components.parts.openapi import Description, Operation

DRAFT4 = "http://json-schema.org/draft-04/schema#"
# Access tokens of the hosted pages carry `openid`, those of SRP sign-in the other one.
SCOPES = ["aws.cognito.signin.user.admin", "openid"]


@dataclass(frozen=True, kw_only=True)
class RestApiArgs:
    """What the API is made from. `cached` are the ids of operations whose answers may be kept for their reader."""

    description: Description
    physical_name: str
    functions: Mapping[str, Function]
    user_pool_arn: pulumi.Input[str]
    cross_origin: CrossOrigin
    integration_timeout_ms: int
    authorizer_cache_seconds: int
    cached: tuple[str, ...] = ()
    has_own_domain: bool = False


class RestApi(pulumi.ComponentResource):
    """Resources, methods, models and answers of the API, ready to be deployed to a stage.

    Every method goes to a function as a proxy; bodies are checked against the operation's model before that; browsers'
    preflight requests are answered without a function.
    """

    api_id: pulumi.Output[str]
    execution_arn: pulumi.Output[str]
    deployment_id: pulumi.Output[str]

    def __init__(self, name: str, args: RestApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the API and one deployment of it."""
        super().__init__("mandala:parts:RestApi", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._api = aws.apigateway.RestApi(
            name,
            name=args.physical_name,
            description="Goals, tasks and their generation",
            endpoint_configuration={"types": "REGIONAL"},
            minimum_compression_size="1024",
            # With a name of its own, the API answers under no other.
            disable_execute_api_endpoint=args.has_own_domain,
            opts=self._child,
        )
        self._authorizer = self._make_authorizer()
        self._validator = aws.apigateway.RequestValidator(
            f"{name}-validator",
            name="body-and-parameters",
            rest_api=self._api.id,
            validate_request_body=True,
            validate_request_parameters=True,
            opts=self._child,
        )
        self._models = {key: self._model(key) for key in args.description.models}
        self._resources = self._make_resources()
        made = [*self._answers(), *self._preflights()]
        for operation in args.description.operations:
            made += self._operation(operation)
        self._permissions()
        self.api_id = self._api.id
        self.execution_arn = self._api.execution_arn
        self.deployment_id = self._deployment(made).id
        self.register_outputs(
            {"api_id": self.api_id, "execution_arn": self.execution_arn, "deployment_id": self.deployment_id}
        )

    def _make_authorizer(self) -> aws.apigateway.Authorizer:
        return aws.apigateway.Authorizer(
            f"{self._name}-authorizer",
            name="user-pool",
            rest_api=self._api.id,
            type="COGNITO_USER_POOLS",
            provider_arns=[self._args.user_pool_arn],
            identity_source="method.request.header.Authorization",
            authorizer_result_ttl_in_seconds=self._args.authorizer_cache_seconds,
            opts=self._child,
        )

    def _model(self, key: str) -> aws.apigateway.Model:
        return aws.apigateway.Model(
            f"{self._name}-{key}",
            name=key,
            rest_api=self._api.id,
            content_type="application/json",
            schema=json.dumps({"$schema": DRAFT4, **self._args.description.models[key]}, sort_keys=True),
            opts=self._child,
        )

    def _make_resources(self) -> dict[str, pulumi.Input[str]]:
        """Resource ids by path; a path's parents come before it."""
        ids: dict[str, pulumi.Input[str]] = {"": self._api.root_resource_id}
        for path in self._args.description.paths():
            parent, _, part = path.rpartition("/")
            ids[path] = aws.apigateway.Resource(
                f"{self._name}-{_slug(path)}",
                rest_api=self._api.id,
                parent_id=ids[parent],
                path_part=part,
                opts=self._child,
            ).id
        return ids

    def _operation(self, operation: Operation) -> list[pulumi.Resource]:
        name = f"{self._name}-{_slug(operation.path)}-{operation.method.lower()}"
        parameters = {f"method.request.path.{key}": True for key in operation.path_parameters}
        parameters |= {f"method.request.querystring.{key}": True for key in operation.query}
        key = self._cache_key(operation)
        parameters |= {name: False for name in key if name not in parameters}
        resource = self._resources[operation.path.strip("/")]
        method = aws.apigateway.Method(
            name,
            rest_api=self._api.id,
            resource_id=resource,
            http_method=operation.method,
            operation_name=operation.id,
            authorization="COGNITO_USER_POOLS" if operation.signed_in else "NONE",
            authorizer_id=self._authorizer.id if operation.signed_in else None,
            authorization_scopes=SCOPES if operation.signed_in else None,
            request_validator_id=self._validator.id,
            request_models=self._checked(operation),
            request_parameters=parameters or None,
            opts=self._child,
        )
        integration = aws.apigateway.Integration(
            name,
            rest_api=self._api.id,
            resource_id=resource,
            http_method=method.http_method,
            type="AWS_PROXY",
            integration_http_method="POST",
            uri=self._args.functions[operation.function].invoke_arn,
            timeout_milliseconds=self._args.integration_timeout_ms,
            cache_key_parameters=key or None,
            opts=self._child,
        )
        return [method, integration]

    def _checked(self, operation: Operation) -> dict[str, pulumi.Input[str]] | None:
        """By which model a body is checked. A model refuses a body that is left out, so then the function checks it."""
        if operation.body is None or operation.may_be_empty:
            return None
        return {"application/json": self._models[operation.body].name}

    def _cache_key(self, operation: Operation) -> list[str]:
        """What tells two requests to a cached operation apart: who asks, from which site, and for what.

        Without the site, the answer to a caller that is no browser, which has no CORS headers, would go to browsers.
        """
        if operation.id not in self._args.cached:
            return []
        key = [f"method.request.header.{name}" for name in ("Authorization", "Origin")]
        key += [f"method.request.path.{name}" for name in operation.path_parameters]
        key += [f"method.request.querystring.{name}" for name in (*operation.query, *operation.options)]
        return sorted(key)

    def _preflights(self) -> list[pulumi.Resource]:
        """OPTIONS of every path that has an operation, answered by API Gateway itself."""
        methods: dict[str, list[str]] = {}
        for operation in self._args.description.operations:
            methods.setdefault(operation.path.strip("/"), []).append(operation.method)
        return [made for path in sorted(methods) for made in self._preflight(path, methods[path])]

    def _preflight(self, path: str, methods: Sequence[str]) -> list[pulumi.Resource]:
        name = f"{self._name}-{_slug(path)}-options"
        allowed = self._args.cross_origin.preflight_headers([*sorted(methods), "OPTIONS"])
        headers = {f"method.response.header.{header}": value for header, value in allowed.items()}
        choice = self._args.cross_origin.preflight_template()
        where: dict[str, Any] = {"rest_api": self._api.id, "resource_id": self._resources[path]}
        method = aws.apigateway.Method(name, **where, http_method="OPTIONS", authorization="NONE", opts=self._child)
        integration = aws.apigateway.Integration(
            name,
            **where,
            http_method=method.http_method,
            type="MOCK",
            request_templates={"application/json": '{"statusCode": 204}'},
            opts=self._child,
        )
        response = aws.apigateway.MethodResponse(
            name,
            **where,
            http_method=method.http_method,
            status_code="204",
            response_parameters=dict.fromkeys(headers, False),
            opts=self._child,
        )
        answer = aws.apigateway.IntegrationResponse(
            name,
            **where,
            http_method=integration.http_method,
            status_code=response.status_code,
            response_parameters=headers,
            response_templates={"application/json": choice} if choice is not None else None,
            opts=self._child,
        )
        return [method, integration, response, answer]

    def _answers(self) -> list[pulumi.Resource]:
        cross_origin = self._args.cross_origin.refusal_headers()
        return [
            aws.apigateway.Response(
                f"{self._name}-{key}",
                rest_api_id=self._api.id,
                response_type=refusal.type,
                status_code=refusal.status,
                response_parameters=refusal.headers(cross_origin),
                response_templates={"application/json": refusal.template()},
                opts=self._child,
            )
            for key, refusal in refusals.REFUSALS.items()
        ]

    def _permissions(self) -> None:
        for key, function in self._args.functions.items():
            function.permit(f"from-{self._name}", "apigateway.amazonaws.com", self._source(key))

    def _source(self, key: str) -> pulumi.Output[str]:
        """The part of the API that calls the function: its first path segment, any stage and method."""
        first = {op.path.strip("/").split("/")[0] for op in self._args.description.operations if op.function == key}
        if len(first) != 1:
            return pulumi.Output.concat(self._api.execution_arn, "/*/*")
        return pulumi.Output.concat(self._api.execution_arn, f"/*/*/{first.pop()}*")

    def _deployment(self, made: Sequence[pulumi.Resource]) -> aws.apigateway.Deployment:
        """A snapshot of the API; a new one whenever its shape, its origin or its answers change."""
        return aws.apigateway.Deployment(
            f"{self._name}-deployment",
            rest_api=self._api.id,
            description="The API as described",
            triggers={
                "description": self._args.description.digest(),
                "origin": self._args.cross_origin.joined(),
                "credentials": str(self._args.cross_origin.credentials).lower(),
                "timeout": str(self._args.integration_timeout_ms),
                "authorizer": str(self._args.authorizer_cache_seconds),
                "cached": ",".join(sorted(self._args.cached)),
                "refusals": refusals.digest(),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(made)),
        )


def _slug(path: str) -> str:
    """`goals/{goalId}/sub-goals` as part of a logical name: `goals-goalId-sub-goals`."""
    return path.strip("/").replace("{", "").replace("}", "").replace("/", "-")
