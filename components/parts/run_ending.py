"""Hears of executions that ended without one of their own steps saying so."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.queue import DEAD_LETTER_DAYS, dead_letter_signal, encrypted_queue, failed_events, sends_for
from components.parts.signal import Signal

ENDINGS = ("ABORTED", "FAILED", "TIMED_OUT")
DELIVERY = "events.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class RunEndingArgs:
    """Whose executions, and what the function that records their end may do."""

    role: str
    platform: Platform
    keys: Keys
    grant: Grant
    state_machine_arn: pulumi.Input[str]
    runbook: str


class RunEnding(pulumi.ComponentResource):
    """A rule on the status of a machine's executions, and the function that records their end.

    A machine's time-out and an abort cannot be caught inside it; EventBridge sees them all the same. Events that could
    not be delivered or handled wait in a dead-letter queue.
    """

    def __init__(self, name: str, args: RunEndingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the rule, the function and the queue for what fails."""
        super().__init__("mandala:parts:RunEnding", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        stack = args.platform.stack
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=stack.naming.of("event_rule", f"{args.role}-ending"),
            description="Executions that ended without success",
            event_pattern=self._pattern(),
            opts=child,
        )
        self._letters = encrypted_queue(
            f"{name}-dead-letters",
            parent=self,
            physical_name=stack.naming.of("queue", f"{args.role}-ending-dead-letters"),
            key_arn=args.keys.data,
            retention_days=DEAD_LETTER_DAYS,
            senders=lambda arn: [sends_for(DELIVERY, [rule.arn], arn)],
        )
        self._function = Function(
            f"{name}-record",
            FunctionArgs(
                platform=args.platform,
                source="record_ending",
                kind="utility",
                grant=args.grant,
                failed_events=failed_events(self._letters.arn, args.keys.data, stack.region),
                runbook=args.runbook,
            ),
            opts=child,
        )
        permission = self._function.permit("rule", DELIVERY, rule.arn)
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=self._function.alias_arn,
            dead_letter_config={"arn": self._letters.arn},
            retry_policy={"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 24},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """Endings that were not recorded, and the function's own signals."""
        letters = dead_letter_signal(
            self._letters, f"{self._args.role}-ending", runbook=self._args.runbook, group="workflow"
        )
        return [letters, *self._function.signals()]

    def _pattern(self) -> pulumi.Output[str]:
        pattern = {
            "source": ["aws.states"],
            "detail-type": ["Step Functions Execution Status Change"],
            "detail": {"status": list(ENDINGS), "stateMachineArn": [self._args.state_machine_arn]},
        }
        return pulumi.Output.json_dumps(pattern, sort_keys=True)
