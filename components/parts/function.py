"""One Lambda function with everything that belongs to it, and what all functions of a stack share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.parts.canary import CanaryRelease, CanaryReleaseArgs
from components.parts.concurrency import ConcurrencyBudget, WarmPool, WarmPoolArgs
from components.parts.function_signals import FunctionSubject, function_signals
from components.parts.grant import Grant
from components.parts.package import package, sources
from components.parts.signal import Signal
from components.parts.stack import Stack
from components.parts.statement import Statement, allow, document, trust
from settings.functions import AllAtOnce, FunctionSettings, FunctionSize

HANDLER = "lambdas.{}.handler.handler"
METRICS_NAMESPACE = "GoalMandala"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The surroundings that every function of the stack runs in.

    `alerts_topic_arn` hears of releases that are taken back. `budget` counts what the functions reserve together.
    """

    settings: FunctionSettings
    stack: Stack
    layer_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    alerts_topic_arn: pulumi.Input[str]
    budget: ConcurrencyBudget = field(default_factory=ConcurrencyBudget)

    def __post_init__(self) -> None:
        """Refuse a size for a function that there is not: it would hold for nothing, and nobody would see it."""
        known = {source.replace("_", "-") for source in sources()}
        if unknown := sorted(self.settings.sizes.keys() - known):
            raise pulumi.RunError(
                f"goal-mandala:functions.sizes: there is no {' and no '.join(unknown)}; the functions are "
                f"{', '.join(sorted(known))}"
            )

    def size_of(self, role: str, kind: str) -> FunctionSize:
        """The size set for the function itself, else that of its kind (`api`, `workflow`, `utility`)."""
        size: FunctionSize = self.settings.sizes.get(role) or getattr(self.settings, kind)
        return size


@dataclass(frozen=True, kw_only=True)
class FailedEvents:
    """Where an event goes that an asynchronous invocation could not handle: the ARN of a queue, topic or function.

    `grant` is what sending there needs. Lambda tries `retries` times more, and gives up on an event of this age.
    """

    destination_arn: pulumi.Input[str]
    grant: Grant
    retries: int = 2
    maximum_age_seconds: int = 3600


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """One function: the folder under lambdas/ that holds it, what it is told, and what it may do.

    Whoever invokes it asynchronously says with `failed_events` where lost events go.
    """

    platform: Platform
    source: str
    kind: Literal["api", "workflow", "utility"]
    grant: Grant = Grant()
    runbook: str = "function.md"
    failed_events: FailedEvents | None = None


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
        args.platform.budget.claim(self._role_name, self._size, args.platform.settings, args.grant.connections)
        logs = self._log_group()
        role, policy = self._role(logs)
        function = self._function(role, policy, logs)
        alias = self._alias(function)
        self._failures(alias, policy)
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
        """Errors, their rate, duration, throttles and concurrency; memory and lost events where they are measured."""
        subject = FunctionSubject(
            role=self._role_name,
            function_name=self.function_name,
            alias_name=self._alias_name,
            runbook=self._args.runbook,
            measures_memory=self._args.platform.settings.insights_layer_arn is not None,
            is_kept_warm=self._size.provisioned_concurrency is not None,
            is_asynchronous=self._args.failed_events is not None,
        )
        return function_signals(subject)

    def _alias(self, function: aws.lambda_.Function) -> aws.lambda_.Alias:
        """The alias `live`, the way its version changes, and the environments that are kept warm behind it."""
        settings = self._args.platform.settings
        moved = None if isinstance(settings.deployment, AllAtOnce) else ["functionVersion", "routingConfig"]
        alias = aws.lambda_.Alias(
            f"{self._name}-live",
            name="live",
            description="The version that callers use",
            function_name=function.name,
            function_version=function.version,
            # CodeDeploy moves the alias when releases are staged: an update must not move it back.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=moved),
        )
        if not isinstance(settings.deployment, AllAtOnce):
            CanaryRelease(
                f"{self._name}-release",
                CanaryReleaseArgs(
                    settings=settings.deployment,
                    stack=self._args.platform.stack,
                    role=self._role_name,
                    function_name=function.name,
                    function_arn=function.arn,
                    alias_name=alias.name,
                    alias_arn=alias.arn,
                    alerts_topic_arn=self._args.platform.alerts_topic_arn,
                    runbook=self._args.runbook,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        if self._size.provisioned_concurrency:
            WarmPool(
                f"{self._name}-warm",
                WarmPoolArgs(
                    settings=self._size.provisioned_concurrency, function_name=function.name, alias_name=alias.name
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        return alias

    def _failures(self, alias: aws.lambda_.Alias, policy: aws.iam.RolePolicy) -> None:
        """Where events of asynchronous invocations go when all attempts have failed."""
        failed = self._args.failed_events
        if failed is None:
            return
        aws.lambda_.FunctionEventInvokeConfig(
            f"{self._name}-live",
            function_name=alias.function_name,
            qualifier=alias.name,
            maximum_retry_attempts=failed.retries,
            maximum_event_age_in_seconds=failed.maximum_age_seconds,
            destination_config={"on_failure": {"destination": failed.destination_arn}},
            # Lambda refuses a destination that the role may not send to.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

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
        if platform.settings.insights_layer_arn:
            own.append(_writes_insights(platform.stack))
        failed = self._args.failed_events
        granted = self._args.grant | failed.grant if failed else self._args.grant
        policy = aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.id,
            policy=document([*own, *granted.statements]),
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
            layers=[platform.layer_arn, *([settings.insights_layer_arn] if settings.insights_layer_arn else [])],
            memory_size=self._size.memory_mb,
            timeout=self._size.timeout_seconds,
            reserved_concurrent_executions=self._size.reserved_concurrency,
            environment={"variables": environment},
            tracing_config={"mode": "Active"},
            vpc_config={"subnet_ids": platform.subnet_ids, "security_group_ids": [platform.security_group_id]},
            logging_config={
                "log_format": "JSON",
                "log_group": logs.name,
                # The functions' logger keeps to LOG_LEVEL; Lambda would judge its lines by a time format of its own.
                "application_log_level": "DEBUG" if settings.log_level == "DEBUG" else "INFO",
                "system_log_level": "INFO",
            },
            publish=True,
            # A function that starts before its policy is attached fails its first calls.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )


def _writes_insights(stack: Stack) -> Statement:
    """What the extension for Lambda Insights needs: the account's log group of that name, whose metrics are read."""
    group = pulumi.Output.concat(
        "arn:aws:logs:", stack.region, ":", stack.account_id, ":log-group:/aws/lambda-insights:*"
    )
    return allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", on=[group])
