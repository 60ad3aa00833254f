"""Who hears of what goes wrong, and where people look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.parts.alarms import Alarms, AlarmsArgs
from components.parts.budget import Budget, BudgetArgs
from components.parts.cis_alarms import CisControls, CisControlsArgs
from components.parts.dashboards import Dashboards, DashboardsArgs
from components.parts.function import METRICS_NAMESPACE, Platform
from components.parts.keys import Keys
from components.parts.log_groups import ErrorLog, ErrorLogArgs, function_log_groups, saved_queries
from components.parts.notifications import Notifications, NotificationsArgs
from components.parts.signal import Metric, Signal
from components.parts.topics import Channels
from settings.observability import ObservabilitySettings

DETAILED_SECONDS, COARSE_SECONDS = 60, 300


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs:
    """What observability is made from. `signals` are those of all other components.

    `trail_log_group` is where the audit trail's events are, None where the stack has no trail; `tags` are those that
    every resource carries.
    """

    settings: ObservabilitySettings
    platform: Platform
    keys: Keys
    channels: Channels
    slack_webhook_url: pulumi.Input[str]
    signals: Sequence[Signal]
    tags: Mapping[str, str]
    trail_log_group: pulumi.Input[str] | None = None


class Observability(pulumi.ComponentResource):
    """Alarms on what the components signal, the way from an alarm to Slack, dashboards, the error log and the budget.

    It knows no other component: what can go wrong with one, and which runbook answers, comes as signals.
    """

    dead_letter_queue_url: pulumi.Output[str]
    notification_queue_url: pulumi.Output[str]

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the notifier, what else is watched, and last the alarms and dashboards on all of it."""
        super().__init__("mandala:components:Observability", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        notifications = self._notifications()
        signals = [*args.signals, *notifications.signals(), _log_volume(), *self._audit(), *self._costs()]
        signals += self._logs(signals)
        Alarms(
            name,
            AlarmsArgs(settings=args.settings, stack=args.platform.stack, channels=args.channels, signals=signals),
            self._child,
        )
        Dashboards(
            name,
            DashboardsArgs(
                names=args.settings.dashboards,
                stack=args.platform.stack,
                signals=signals,
                period_seconds=DETAILED_SECONDS if args.settings.enable_detailed_monitoring else COARSE_SECONDS,
                metrics_namespace=METRICS_NAMESPACE,
            ),
            self._child,
        )
        self.dead_letter_queue_url = notifications.dead_letter_queue_url
        self.notification_queue_url = notifications.queue_url
        self.register_outputs(
            {
                "dead_letter_queue_url": self.dead_letter_queue_url,
                "notification_queue_url": self.notification_queue_url,
            }
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need in order to bring back notifications that could not be delivered."""
        return {
            "notification_queue_url": self.notification_queue_url,
            "notification_dead_letter_queue_url": self.dead_letter_queue_url,
        }

    def _notifications(self) -> Notifications:
        args = self._args
        return Notifications(
            self._name,
            NotificationsArgs(
                settings=args.settings,
                platform=args.platform,
                keys=args.keys,
                channels=args.channels,
                slack_webhook_url=args.slack_webhook_url,
            ),
            self._child,
        )

    def _audit(self) -> list[Signal]:
        args = self._args
        if args.trail_log_group is None or not args.settings.audit_alarms:
            return []
        controls = CisControls(
            f"{self._name}-audit",
            CisControlsArgs(stack=args.platform.stack, trail_log_group=args.trail_log_group),
            self._child,
        )
        return controls.signals()

    def _costs(self) -> list[Signal]:
        args = self._args
        if args.settings.costs is None:
            return []
        budget = Budget(
            self._name,
            BudgetArgs(settings=args.settings.costs, stack=args.platform.stack, channels=args.channels, tags=args.tags),
            self._child,
        )
        return budget.signals()

    def _logs(self, signals: Sequence[Signal]) -> list[Signal]:
        """The error log of all functions that there are, and the queries over the same logs."""
        args = self._args
        sources = function_log_groups(signals)
        if args.settings.saved_queries:
            prefix = args.platform.stack.naming.prefix
            groups = [sources[subject] for subject in sorted(sources)]
            saved_queries(f"{self._name}-query", prefix, groups, parent=self)
        if args.settings.error_log_retention_days is None:
            return []
        log = ErrorLog(
            self._name,
            ErrorLogArgs(
                platform=args.platform,
                keys=args.keys,
                retention_days=args.settings.error_log_retention_days,
                sources=sources,
            ),
            self._child,
        )
        return log.signals()


def _log_volume() -> Signal:
    """What all log groups of the account take in, which is what CloudWatch Logs charges for (row 213)."""
    volume = Metric(namespace="AWS/Logs", name="IncomingBytes", statistic="Sum")
    return Signal(kind="log_volume", subject="logs", metrics=(volume,), runbook="costs.md", group="logs")
