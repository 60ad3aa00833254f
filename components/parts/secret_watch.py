"""A log of who reads the stack's secrets and of rotations that fail, counted as metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from components.parts.statement import Statement, document
from settings.secrets import WatchSettings

# Read-only calls reach EventBridge only for rules in this state (EventBridge user guide, events from CloudTrail).
ALL_CALLS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
_DELIVERY = {"Service": ["delivery.logs.amazonaws.com", "events.amazonaws.com"]}


@dataclass(frozen=True, kw_only=True)
class SecretWatchArgs:
    """Whose secrets are watched: those whose names begin with the stack's prefix."""

    settings: WatchSettings
    stack: Stack
    keys: Keys


class SecretWatch(pulumi.ComponentResource):
    """Two EventBridge rules that write what they match to log groups of their own: reads, and failed rotations.

    The number of lines is the signal. Events come from CloudTrail, so that an account without a trail has none.
    """

    def __init__(self, name: str, args: SecretWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make rules, log groups and the policy that lets the one write to the others."""
        super().__init__("mandala:parts:SecretWatch", name, None, opts)
        self._name, self._args = name, args
        stack = args.stack
        where = ("arn:aws:secretsmanager:", stack.region, ":", stack.account_id, ":secret:", stack.naming.prefix, "-")
        own = [{"prefix": pulumi.Output.concat(*where)}]
        reads = {
            "eventName": ["GetSecretValue"],
            "eventSource": ["secretsmanager.amazonaws.com"],
            "requestParameters": {"secretId": [*own, {"prefix": f"{stack.naming.prefix}-"}]},
        }
        failures = {
            "eventName": ["RotationAbandoned", "RotationFailed"],
            "additionalEventData": {"SecretId": own},
        }
        self._groups = {
            "secret-reads": self._rule("secret-reads", "AWS API Call via CloudTrail", reads, ALL_CALLS),
            "secret-rotation-failures": self._rule(
                "secret-rotation-failures", "AWS Service Event via CloudTrail", failures, "ENABLED"
            ),
        }
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """How often secrets were read, and how often a rotation failed."""
        return [
            Signal(
                kind=role.replace("-", "_"),
                subject="secrets",
                metrics=(
                    Metric(
                        namespace="AWS/Logs",
                        name="IncomingLogEvents",
                        statistic="Sum",
                        dimensions={"LogGroupName": group},
                    ),
                ),
                runbook="secret-rotation.md",
                group="secrets",
            )
            for role, group in self._groups.items()
        ]

    def _rule(self, role: str, kind: str, detail: dict[str, Any], state: str) -> pulumi.Output[str]:
        """A rule whose events become lines of a log group; the group's name."""
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        name = args.stack.naming.of("event_rule", role)
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-{role}",
            name=f"/aws/events/{name}",
            retention_in_days=args.settings.log_retention_days,
            kms_key_id=args.keys.logs,
            opts=child,
        )
        pattern = {"source": ["aws.secretsmanager"], "detail-type": [kind], "detail": detail}
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-{role}",
            name=name,
            description=f"Writes {role.replace('-', ' ')} to a log of their own",
            event_pattern=pulumi.Output.json_dumps(pattern, sort_keys=True),
            state=state,
            opts=child,
        )
        policy = aws.cloudwatch.LogResourcePolicy(
            f"{self._name}-{role}",
            policy_name=name,
            policy_document=document(_written_by(logs.arn, rule.arn)),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-{role}",
            rule=rule.name,
            arn=logs.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        return logs.name


def _written_by(group_arn: pulumi.Output[str], rule_arn: pulumi.Output[str]) -> list[Statement]:
    """What EventBridge may do to a log group: write what one rule matched."""
    lines = (pulumi.Output.concat(group_arn, ":*"),)
    return [
        # A stream is made on nobody's behalf (EventBridge user guide, CloudWatch Logs permissions): it holds nothing.
        Statement(
            effect="Allow",
            actions=("logs:CreateLogStream",),
            resources=lines,
            principals=_DELIVERY,
            sid="DeliveryOpensStreams",
        ),
        Statement(
            effect="Allow",
            actions=("logs:PutLogEvents",),
            resources=lines,
            principals=_DELIVERY,
            conditions={"ArnEquals": {"aws:SourceArn": rule_arn}},
            sid="RuleWrites",
        ),
    ]
