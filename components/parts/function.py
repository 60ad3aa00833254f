"""One Lambda function with everything that belongs to it, and what all functions of a stack share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.parts.grant import Grant
from components.parts.package import package
from components.parts.signal import Metric, Signal, rate
from components.parts.stack import Stack
from components.parts.statement import Statement, allow, document, trust
from settings.functions import FunctionSettings, FunctionSize

HANDLER = "lambdas.{}.handler.handler"
METRICS_NAMESPACE = "GoalMandala"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The surroundings that every function of the stack runs in."""

    settings: FunctionSettings
    stack: Stack
    layer_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]

    def size_of(self, role: str, kind: str) -> FunctionSize:
        """The size set for the function itself, else that of its kind (`api`, `workflow`, `utility`)."""
        size: FunctionSize = self.settings.sizes.get(role) or getattr(self.settings, kind)
        return size


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """One function: the folder under lambdas/ that holds it, what it is told, and what it may do."""

    platform: Platform
    source: str
    kind: Literal["api", "workflow", "utility"]
    grant: Grant = Grant()
    runbook: str = "function.md"


class Function(pulumi.ComponentResource):
    """A Lambda function with a role of its own, its log group and the alias `live` that callers use.

    It may do exactly what its statements say, and write its own logs and traces. Callers never use `$LATEST`.
    """

    alias_arn: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    function_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the function."""
        super().__init__("mandala:parts:Function", name, None, opts)
        self._name, self._args = name, args
        self._role_name = args.source.replace("_", "-")
        self._size = args.platform.size_of(self._role_name, args.kind)
        self._physical = args.platform.stack.naming.of("function", self._role_name)
        logs = self._log_group()
        role, policy = self._role(logs)
        function = self._function(role, policy, logs)
        alias = aws.lambda_.Alias(
            f"{name}-live",
            name="live",
            description="The version that callers use",
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._alias_name = alias.name
        self.alias_arn = alias.arn
        self.invoke_arn = alias.invoke_arn
        self.function_name = function.name
        self.log_group_name = logs.name
        self.register_outputs(
            {
                "alias_arn": self.alias_arn,
                "invoke_arn": self.invoke_arn,
                "function_name": self.function_name,
                "log_group_name": self.log_group_name,
            }
        )

    def invokes(self) -> Statement:
        """What a caller needs to invoke the function through its alias."""
        return allow("lambda:InvokeFunction", on=[self.alias_arn])

    def permit(self, role: str, principal: str, source_arn: pulumi.Input[str]) -> aws.lambda_.Permission:
        """Let an AWS service call the alias on behalf of one resource."""
        return aws.lambda_.Permission(
            f"{self._name}-{role}",
            action="lambda:InvokeFunction",
            function=self.function_name,
            qualifier=self._alias_name,
            principal=principal,
            source_arn=source_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def signals(self) -> list[Signal]:
        """Errors, their rate, duration, throttles and concurrency."""
        dimensions = {"FunctionName": self.function_name}

        def metric(name: str, statistic: str, unit: str, id_: str = "m1") -> Metric:
            return Metric(
                namespace="AWS/Lambda", name=name, statistic=statistic, dimensions=dimensions, unit=unit, id=id_
            )

        def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
            return Signal(
                kind=kind,
                subject=self._role_name,
                metrics=metrics,
                expression=expression,
                runbook=self._args.runbook,
                group="functions",
            )

        pair, expression = rate(
            metric("Errors", "Sum", "Count", "errors"), metric("Invocations", "Sum", "Count", "invocations")
        )
        return [
            signal("function_errors", metric("Errors", "Sum", "Count")),
            signal("function_error_rate", *pair, expression=expression),
            signal("function_duration", metric("Duration", "Maximum", "Milliseconds")),
            signal("function_throttles", metric("Throttles", "Sum", "Count")),
            signal("function_concurrency", metric("ConcurrentExecutions", "Maximum", "Count")),
            signal("function_invocations", metric("Invocations", "Sum", "Count")),
        ]

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        platform = self._args.platform
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/lambda/{self._physical}",
            retention_in_days=platform.settings.log_retention_days,
            kms_key_id=platform.logs_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(self, logs: aws.cloudwatch.LogGroup) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        platform = self._args.platform
        role = aws.iam.Role(
            f"{self._name}-role",
            name=platform.stack.naming.of("role", self._role_name),
            description=f"What the function {self._physical} may do",
            assume_role_policy=document([trust("lambda.amazonaws.com", platform.stack.account_id)]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        own = [
            allow("logs:CreateLogStream", "logs:PutLogEvents", on=[pulumi.Output.concat(logs.arn, ":*")]),
            # X-Ray and the network interfaces of a VPC function know no narrower resource (IAM service references).
            allow("xray:PutTraceSegments", "xray:PutTelemetryRecords", on=["*"]),
            allow(
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses",
                on=["*"],
            ),
        ]
        policy = aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.id,
            policy=document([*own, *self._args.grant.statements]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role, policy

    def _function(
        self, role: aws.iam.Role, policy: aws.iam.RolePolicy, logs: aws.cloudwatch.LogGroup
    ) -> aws.lambda_.Function:
        args, platform = self._args, self._args.platform
        settings = platform.settings
        environment = {
            "LOG_LEVEL": settings.log_level,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_SERVICE_NAME": self._role_name,
            "STAGE": platform.stack.stage,
            **args.grant.environment,
        }
        return aws.lambda_.Function(
            f"{self._name}-function",
            name=self._physical,
            role=role.arn,
            runtime=settings.runtime,
            architectures=[settings.architecture],
            handler=HANDLER.format(args.source),
            code=pulumi.FileArchive(package(args.source, settings.runtime)),
            layers=[platform.layer_arn],
            memory_size=self._size.memory_mb,
            timeout=self._size.timeout_seconds,
            reserved_concurrent_executions=self._size.reserved_concurrency,
            environment={"variables": environment},
            tracing_config={"mode": "Active"},
            vpc_config={"subnet_ids": platform.subnet_ids, "security_group_ids": [platform.security_group_id]},
            logging_config={"log_format": "Text", "log_group": logs.name},
            publish=True,
            # A function that starts before its policy is attached fails its first calls.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
