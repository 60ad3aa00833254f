"""The staged release of one function: CodeDeploy moves its callers, and takes them back on errors."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.stack import Stack
from components.parts.statement import allow, document, trust
from settings.functions import Canary

GROUP = "live"


@dataclass(frozen=True, kw_only=True)
class CanaryReleaseArgs:
    """Whose callers are moved. `alerts_topic_arn` hears when they are taken back."""

    settings: Canary
    stack: Stack
    role: str
    function_name: pulumi.Input[str]
    function_arn: pulumi.Input[str]
    alias_name: pulumi.Input[str]
    alias_arn: pulumi.Input[str]
    alerts_topic_arn: pulumi.Input[str]
    runbook: str


class CanaryRelease(pulumi.ComponentResource):
    """A CodeDeploy application named as the function, with one deployment group, `live` (row 134).

    The program publishes versions; a deployment, which the release makes in this group, moves the alias to one. Each
    function has an application of its own, so that a release of one neither waits for another nor stops it.
    """

    application_name: pulumi.Output[str]

    def __init__(self, name: str, args: CanaryReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the application, its group, role and alarm."""
        super().__init__("mandala:parts:CanaryRelease", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        application = aws.codedeploy.Application(
            name,
            name=args.stack.naming.of("function", args.role),
            compute_platform="Lambda",
            opts=self._child,
        )
        alarm = self._alarm()
        role, policy = self._role(alarm)
        aws.codedeploy.DeploymentGroup(
            name,
            app_name=application.name,
            deployment_group_name=GROUP,
            deployment_config_name=f"CodeDeployDefault.LambdaCanary10Percent{args.settings.minutes}Minutes",
            deployment_style={"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"},
            service_role_arn=role.arn,
            alarm_configuration={"enabled": True, "alarms": [alarm.name]},
            auto_rollback_configuration={
                "enabled": True,
                "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
            },
            # CodeDeploy moves nothing before it may read the alarm and write the alias.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.application_name = application.name
        self.register_outputs({"application_name": self.application_name})

    def _alarm(self) -> aws.cloudwatch.MetricAlarm:
        """Errors of what callers reach, old version and new: CodeDeploy looks at it while calls move."""
        args = self._args
        description = {
            "severity": "high",
            "signal": "function_errors",
            "subject": args.role,
            "runbook": f"runbooks/{args.runbook}",
        }
        return aws.cloudwatch.MetricAlarm(
            self._name,
            name=args.stack.naming.of("alarm", f"{args.role}-release"),
            alarm_description=json.dumps(description, sort_keys=True),
            namespace="AWS/Lambda",
            metric_name="Errors",
            dimensions={
                "FunctionName": args.function_name,
                "Resource": pulumi.Output.concat(args.function_name, ":", args.alias_name),
            },
            statistic="Sum",
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=args.settings.rollback_errors,
            period=60,
            evaluation_periods=1,
            datapoints_to_alarm=1,
            treat_missing_data="notBreaching",
            alarm_actions=[args.alerts_topic_arn],
            ok_actions=[args.alerts_topic_arn],
            opts=self._child,
        )

    def _role(self, alarm: aws.cloudwatch.MetricAlarm) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-role",
            name=args.stack.naming.of("role", f"{args.role}-release"),
            description=f"How CodeDeploy releases the function {args.role}",
            assume_role_policy=document([trust("codedeploy.amazonaws.com", args.stack.account_id)]),
            opts=self._child,
        )
        statements = [
            allow(
                "lambda:GetAlias",
                "lambda:GetProvisionedConcurrencyConfig",
                "lambda:UpdateAlias",
                on=[args.function_arn, args.alias_arn],
            ),
            allow("cloudwatch:DescribeAlarms", on=[alarm.arn]),
        ]
        policy = aws.iam.RolePolicy(f"{self._name}-policy", role=role.id, policy=document(statements), opts=self._child)
        return role, policy
