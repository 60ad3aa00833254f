"""The API of the product: who may call it, what it offers, and the functions behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.openapi import read
from components.parts.rest_api import RestApi, RestApiArgs
from components.parts.signal import Metric, Signal, rate
from components.parts.statement import document, trust
from components.parts.user_pool import UserPool, UserPoolArgs
from settings.api import ApiSettings

# One JSON object a line; the names are what log queries use.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "operation": "$context.operationName",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "error": "$context.error.responseType",
    "userAgent": "$context.identity.userAgent",
    "trace": "$context.xrayTraceId",
}


@dataclass(frozen=True, kw_only=True)
class ApiLayerArgs:
    """What the API is made from. `functions` by folder name, as in the API's description."""

    settings: ApiSettings
    platform: Platform
    functions: Mapping[str, Grant]
    site_origin: pulumi.Input[str]


class ApiLayer(pulumi.ComponentResource):
    """The product's REST API with its users: Cognito in front, one function for each part of it behind.

    The API is not behind the site's distribution: error pages of the site must not hide answers of the API.
    """

    api_id: pulumi.Output[str]
    api_url: pulumi.Output[str]
    stage_arn: pulumi.Output[str]
    user_pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    sign_in_url: pulumi.Output[str]

    def __init__(self, name: str, args: ApiLayerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make users, functions, API and stage."""
        super().__init__("mandala:components:ApiLayer", name, None, opts)
        self._name, self._args = name, args
        self._api_name = args.platform.stack.naming.of("rest_api", "api")
        users = self._users()
        self._functions = {source: self._function(source) for source in sorted(args.functions)}
        api = RestApi(
            f"{name}-rest",
            RestApiArgs(
                description=read(),
                physical_name=self._api_name,
                functions=self._functions,
                user_pool_arn=users.arn,
                site_origin=args.site_origin,
                integration_timeout_ms=args.settings.integration_timeout_ms,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        stage = self._stage(api)
        self.api_id, self.api_url, self.stage_arn = api.api_id, stage.invoke_url, stage.arn
        self.user_pool_id, self.client_id = users.pool_id, users.client_id
        self.issuer, self.sign_in_url = users.issuer, users.sign_in_url
        self.register_outputs(
            {
                "api_id": self.api_id,
                "api_url": self.api_url,
                "stage_arn": self.stage_arn,
                "user_pool_id": self.user_pool_id,
                "client_id": self.client_id,
                "issuer": self.issuer,
                "sign_in_url": self.sign_in_url,
            }
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the API (row 77)."""
        return {
            "api_id": self.api_id,
            "api_url": self.api_url,
            "user_pool_id": self.user_pool_id,
            "client_id": self.client_id,
            "sign_in_url": self.sign_in_url,
        }

    def site_values(self) -> dict[str, pulumi.Input[str]]:
        """What the site must know to sign in and to call the API."""
        return {
            "region": self._args.platform.stack.region,
            "apiUrl": self.api_url,
            "userPoolId": self.user_pool_id,
            "clientId": self.client_id,
            "issuer": self.issuer,
            "signInUrl": self.sign_in_url,
        }

    def signals(self) -> list[Signal]:
        """Errors, their rates and latency of the API, and the signals of its functions."""
        dimensions = {"ApiName": self._api_name, "Stage": self._args.settings.stage_name}

        def metric(name: str, statistic: str, unit: str, id_: str = "m1") -> Metric:
            return Metric(
                namespace="AWS/ApiGateway", name=name, statistic=statistic, dimensions=dimensions, unit=unit, id=id_
            )

        def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
            return Signal(
                kind=kind, subject="api", metrics=metrics, expression=expression, runbook="api.md", group="api"
            )

        pair, expression = rate(
            metric("5XXError", "Sum", "Count", "errors"), metric("Count", "Sum", "Count", "requests")
        )
        own = [
            signal("api_5xx", metric("5XXError", "Sum", "Count")),
            signal("api_5xx_rate", *pair, expression=expression),
            signal("api_4xx", metric("4XXError", "Sum", "Count")),
            signal("api_latency", metric("Latency", "p95", "Milliseconds")),
            signal("api_requests", metric("Count", "Sum", "Count")),
        ]
        return own + [item for function in self._functions.values() for item in function.signals()]

    def _users(self) -> UserPool:
        return UserPool(
            f"{self._name}-users",
            UserPoolArgs(
                settings=self._args.settings.cognito,
                stack=self._args.platform.stack,
                site_urls=[pulumi.Output.concat(self._args.site_origin, "/")],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _function(self, source: str) -> Function:
        return Function(
            f"{self._name}-{source.replace('_', '-')}",
            FunctionArgs(
                platform=self._args.platform,
                source=source,
                kind="api",
                grant=self._args.functions[source],
                runbook="api-function.md",
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _stage(self, api: RestApi) -> aws.apigateway.Stage:
        settings, child = self._args.settings, pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-access-logs",
            name=f"/aws/apigateway/{self._api_name}",
            retention_in_days=self._args.platform.settings.log_retention_days,
            kms_key_id=self._args.platform.logs_key_arn,
            opts=child,
        )
        account = self._log_role() if settings.manage_account_log_role else None
        stage = aws.apigateway.Stage(
            f"{self._name}-stage",
            rest_api=api.api_id,
            deployment=api.deployment_id,
            stage_name=settings.stage_name,
            xray_tracing_enabled=True,
            access_log_settings={"destination_arn": logs.arn, "format": json.dumps(ACCESS_LOG)},
            # API Gateway refuses to log before the account has a role for it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account] if account else None),
        )
        aws.apigateway.MethodSettings(
            f"{self._name}-methods",
            rest_api=api.api_id,
            stage_name=stage.stage_name,
            method_path="*/*",
            settings={
                "logging_level": settings.execution_log_level,
                "metrics_enabled": settings.detailed_metrics,
                "data_trace_enabled": settings.data_trace,
                "throttling_rate_limit": settings.throttle.rate_limit,
                "throttling_burst_limit": settings.throttle.burst_limit,
            },
            opts=child,
        )
        return stage

    def _log_role(self) -> aws.apigateway.Account:
        """The one role of the account and region with which API Gateway writes logs; one stack a region makes it."""
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{self._name}-log-role",
            name=self._args.platform.stack.naming.of("role", "api-logs"),
            description="API Gateway writes its logs",
            assume_role_policy=document([trust("apigateway.amazonaws.com", self._args.platform.stack.account_id)]),
            opts=child,
        )
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-log-role",
            role=role.name,
            policy_arn="arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
            opts=child,
        )
        return aws.apigateway.Account(
            f"{self._name}-account",
            cloudwatch_role_arn=role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[attachment]),
        )
