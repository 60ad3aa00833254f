"""The API of the product: who may call it, what it offers, and the functions behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.api_signals import api_signals
from components.parts.background import Background, BackgroundFunction
from components.parts.cache import cached_method, cached_operations
from components.parts.cors import cross_origin
from components.parts.custom_domain import CustomDomain, CustomDomainArgs
from components.parts.function import FailedEvents, Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.openapi import read
from components.parts.rest_api import RestApi, RestApiArgs
from components.parts.signal import Signal
from components.parts.statement import document, trust
from components.parts.user_pool import UserPool, UserPoolArgs
from components.parts.web_acl import WebAcl, WebAclArgs
from settings.api import ApiSettings, Cache
from settings.web_acl import WafOn

# One JSON object a line; the names are what log queries use.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",  # with {names} for values: a share link's address is its key
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
    """What the API is made from. `functions` by folder name, as in the API's description.

    `background` are functions that one of those invokes without waiting.
    """

    settings: ApiSettings
    platform: Platform
    functions: Mapping[str, Grant]
    background: Mapping[str, BackgroundFunction]
    failed_events: FailedEvents
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
        self._description = read()
        self._cached = cached_operations(self._description, args.settings.cache)
        self._cross_origin = cross_origin(args.settings.cors, args.site_origin)
        users = self._users()
        self._background = Background(
            name, args.background, platform=args.platform, failed_events=args.failed_events, parent=self
        )
        # Who erases a person must end their sign-in too.
        self._own = {"auth": users.erases()}
        self._functions = {source: self._function(source) for source in sorted(args.functions)}
        api = RestApi(
            f"{name}-rest",
            RestApiArgs(
                description=self._description,
                physical_name=self._api_name,
                functions=self._functions,
                user_pool_arn=users.arn,
                cross_origin=self._cross_origin,
                integration_timeout_ms=args.settings.integration_timeout_ms,
                authorizer_cache_seconds=args.settings.authorizer_cache_seconds,
                cached=tuple(operation.id for operation in self._cached),
                has_own_domain=args.settings.domain is not None,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        stage = self._stage(api)
        self._trace_groups()
        self._web_acl = self._guard(stage)
        self.api_id, self.stage_arn = api.api_id, stage.arn
        self.api_url = self._url(api, stage)
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
            "release": self._args.platform.stack.release,
            "apiUrl": self.api_url,
            "userPoolId": self.user_pool_id,
            "clientId": self.client_id,
            "issuer": self.issuer,
            "signInUrl": self.sign_in_url,
        }

    def signals(self) -> list[Signal]:
        """Errors, their rates and latency of the API, what the web ACL refused, and the signals of the functions."""
        settings = self._args.settings
        own = api_signals(self._api_name, settings.stage_name, is_cached=settings.cache is not None)
        if self._web_acl:
            own += self._web_acl.signals()
        functions = self._functions | self._background.functions
        return own + [item for function in functions.values() for item in function.signals()]

    def _users(self) -> UserPool:
        return UserPool(
            f"{self._name}-users",
            UserPoolArgs(
                settings=self._args.settings.cognito,
                stack=self._args.platform.stack,
                site_urls=[pulumi.Output.concat(self._args.site_origin, "/")],
                logs_key_arn=self._args.platform.logs_key_arn,
                log_retention_days=self._args.platform.settings.log_retention_days,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _function(self, source: str) -> Function:
        grant = self._args.functions[source] | self._own.get(source, Grant()) | self._background.invoked_by(source)
        if any(operation.signed_in for operation in self._description.operations if operation.function == source):
            # Its answers go to browsers on other origins; what is open to all is read by machines.
            grant |= Grant(environment={"CORS_ORIGINS": self._cross_origin.joined()})
        return Function(
            f"{self._name}-{source.replace('_', '-')}",
            FunctionArgs(
                platform=self._args.platform,
                source=source,
                kind="api",
                grant=grant,
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
            cache_cluster_enabled=settings.cache is not None,
            cache_cluster_size=settings.cache.size_gb if settings.cache else None,
            # API Gateway refuses to log before the account has a role for it.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account] if account else None),
        )
        self._method_settings("methods", stage, "*/*", None)
        for operation in self._cached:
            # API Gateway writes the slashes of a path inside a key as ~1 (API reference, patch operations).
            path = f"{operation.path.replace('/', '~1')}/{operation.method}"
            self._method_settings(f"cached-{operation.id}", stage, path, settings.cache)
        return stage

    def _method_settings(self, role: str, stage: aws.apigateway.Stage, path: str, cache: Cache | None) -> None:
        """What holds for all methods, or for one: settings of one method replace those of all, they do not add."""
        settings = self._args.settings
        values: Any = {
            "logging_level": settings.execution_log_level,
            "metrics_enabled": settings.detailed_metrics,
            "data_trace_enabled": settings.data_trace,
            "throttling_rate_limit": settings.throttle.rate_limit,
            "throttling_burst_limit": settings.throttle.burst_limit,
        }
        if settings.cache:
            values |= cached_method(cache) if cache else {"caching_enabled": False}
        aws.apigateway.MethodSettings(
            f"{self._name}-{role}",
            rest_api=stage.rest_api,
            stage_name=stage.stage_name,
            method_path=path,
            settings=values,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _trace_groups(self) -> None:
        """X-Ray groups of what is worth a look: faults, and answers that take too long (row 232)."""
        slow = self._args.settings.slow_response_seconds
        service = f'service("{self._api_name}/{self._args.settings.stage_name}")'
        filters = {"fault": f"{service} {{ fault = true }}", "slow": f"{service} {{ responsetime > {slow:g} }}"}
        for role, expression in filters.items():
            aws.xray.Group(
                f"{self._name}-{role}-traces",
                group_name=self._args.platform.stack.naming.of("trace_group", role),
                filter_expression=expression,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _guard(self, stage: aws.apigateway.Stage) -> WebAcl | None:
        """The web ACL in front of the stage, where there is one (rows 68, 75, 205)."""
        settings, platform = self._args.settings.waf, self._args.platform
        if not isinstance(settings, WafOn) or not settings.in_front_of_api:
            return None
        acl = WebAcl(
            f"{self._name}-acl",
            WebAclArgs(
                settings=settings,
                stack=platform.stack,
                scope="REGIONAL",
                role="api",
                logs_key_arn=platform.logs_key_arn,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        acl.protect("stage", stage.arn)
        return acl

    def _url(self, api: RestApi, stage: aws.apigateway.Stage) -> pulumi.Output[str]:
        """Where the API is called: under its own name, or under API Gateway's."""
        if self._args.settings.domain is None:
            return stage.invoke_url
        return CustomDomain(
            f"{self._name}-domain",
            CustomDomainArgs(settings=self._args.settings.domain, api_id=api.api_id, stage_name=stage.stage_name),
            opts=pulumi.ResourceOptions(parent=self),
        ).url

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
