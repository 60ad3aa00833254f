"""Something that is started by the clock."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.queue import DEAD_LETTER_DAYS, dead_letter_signal, encrypted_queue, sends_to
from components.parts.signal import Signal
from components.parts.stack import Stack
from components.parts.statement import Statement, document, trust
from settings.schedule import ScheduleSettings

GROUP = "default"
# A start that fails is tried again for an hour; then it is too late to be of use, and somebody should know.
RETRIES, PATIENCE_SECONDS = 24, 3600


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """When, what is started, and what starting it takes (`start`).

    `role` names the schedule; its dead letters are a signal with `runbook`, in the dashboards' `group`.
    """

    settings: ScheduleSettings
    stack: Stack
    keys: Keys
    role: str
    target_arn: pulumi.Input[str]
    start: Statement
    runbook: str
    group: str


class Schedule(pulumi.ComponentResource):
    """A schedule of EventBridge Scheduler, which knows time zones, and a queue for starts that never succeeded.

    It hears whether its target was started, not how that ended.
    """

    def __init__(self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the queue, the role and the schedule."""
        super().__init__("mandala:parts:Schedule", name, None, opts)
        self._name, self._args = name, args
        naming = args.stack.naming
        self._letters = encrypted_queue(
            f"{name}-dead-letters",
            parent=self,
            physical_name=naming.of("queue", f"{args.role}-schedule-dead-letters"),
            key_arn=args.keys.data,
            retention_days=DEAD_LETTER_DAYS,
        )
        role, policy = self._role()
        aws.scheduler.Schedule(
            name,
            name=naming.of("schedule", args.role),
            group_name=GROUP,
            schedule_expression=args.settings.expression,
            schedule_expression_timezone=args.settings.time_zone,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": args.target_arn,
                "role_arn": role.arn,
                "input": "{}",
                "retry_policy": {
                    "maximum_event_age_in_seconds": PATIENCE_SECONDS,
                    "maximum_retry_attempts": RETRIES,
                },
                "dead_letter_config": {"arn": self._letters.arn},
            },
            # A schedule whose role may not start anything yet misses its first time.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """Starts that never succeeded."""
        args = self._args
        return [dead_letter_signal(self._letters, f"{args.role}-schedule", runbook=args.runbook, group=args.group)]

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """Whoever starts the target, on behalf of this account's schedules alone."""
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        # Scheduler names the group as whom it acts for, not the schedule (its user guide, confused deputy).
        group_arn = pulumi.Output.concat(
            "arn:aws:scheduler:", args.stack.region, ":", args.stack.account_id, f":schedule-group/{GROUP}"
        )
        role = aws.iam.Role(
            f"{self._name}-role",
            name=args.stack.naming.of("role", f"{args.role}-schedule"),
            description=f"What the schedule {args.role} may start",
            assume_role_policy=document([trust("scheduler.amazonaws.com", args.stack.account_id, group_arn)]),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.id,
            policy=document([args.start, *sends_to(self._letters.arn, args.keys.data, args.stack.region)]),
            opts=child,
        )
        return role, policy
