"""The stack's logs as one: error lines extracted to a log of their own, and the queries that answer an incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.queue import DEAD_LETTER_DAYS, dead_letter_signal, encrypted_queue, failed_events
from components.parts.signal import Metric, Signal
from components.parts.statement import allow
from settings.section import LogRetentionDays

RUNBOOK = "logs.md"
# What the function then looks at line by line: a filter pattern sees words, not the level of a JSON line.
ERROR_PATTERN = '?ERROR ?CRITICAL ?"Task timed out" ?"Runtime exited" ?"\\"status\\":\\"timeout\\""'
# CloudWatch Logs Insights, in the order in which an incident asks (row 192).
QUERIES: Mapping[str, str] = {
    "errors": "fields @timestamp, @logStream, message, error, exception_name, correlation_id\n"
    '| filter level in ["ERROR", "CRITICAL"] or @message like /Task timed out|Runtime exited/\n'
    "| sort @timestamp desc\n| limit 200",
    "one-request": "fields @timestamp, @log, level, message\n"
    "| filter correlation_id = 'the request id, or the execution id'\n"
    "| sort @timestamp asc\n| limit 1000",
    "slow-requests": 'fields @timestamp, method, path, status, ms, correlation_id\n| filter message = "request"\n'
    "| sort ms desc\n| limit 50",
    "requests-by-status": 'filter message = "request"\n'
    "| stats count(*) as requests, pct(ms, 95) as p95 by path, method, status\n| sort requests desc",
    "refused-requests": 'filter message = "request" and status in [401, 403, 429]\n'
    "| stats count(*) as requests by ip, status\n| sort requests desc\n| limit 50",
    "cold-starts": 'filter @type = "REPORT" and ispresent(@initDuration)\n'
    "| stats count(*) as starts, pct(@initDuration, 95) as p95 by @log\n| sort p95 desc",
    "memory": 'filter @type = "REPORT"\n'
    "| stats max(@maxMemoryUsed / @memorySize) * 100 as percent, max(@duration) as longest by @log\n"
    "| sort percent desc",
}


def function_log_groups(signals: Sequence[Signal]) -> dict[str, pulumi.Output[str]]:
    """The log group of every function that signals its errors, by subject: Lambda names it after the function."""
    return {
        signal.subject: pulumi.Output.concat("/aws/lambda/", signal.metrics[0].dimensions["FunctionName"])
        for signal in signals
        if signal.kind == "function_errors"
    }


@dataclass(frozen=True, kw_only=True)
class ErrorLogArgs:
    """What the error log is made from: the log groups by the subject that writes them."""

    platform: Platform
    keys: Keys
    retention_days: LogRetentionDays
    sources: Mapping[str, pulumi.Input[str]]


class ErrorLog(pulumi.ComponentResource):
    """Error lines of all functions in one log group, a stream for each function (rows 239, 274).

    Each log group hands lines that look like errors to a function, which copies those that are. A line may come twice,
    as CloudWatch Logs delivers at least once; batches that it could not copy wait in a dead-letter queue.
    """

    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: ErrorLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the log group, the function and a subscription for each source."""
        super().__init__("mandala:parts:ErrorLog", name, None, opts)
        self._name, self._args = name, args
        naming = args.platform.stack.naming
        group = aws.cloudwatch.LogGroup(
            f"{name}-errors",
            name=naming.of("log_group", "errors"),
            retention_in_days=args.retention_days,
            kms_key_id=args.platform.logs_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._letters = encrypted_queue(
            f"{name}-errors-dead-letters",
            parent=self,
            physical_name=naming.of("queue", "errors-dead-letters"),
            key_arn=args.keys.data,
            retention_days=DEAD_LETTER_DAYS,
        )
        self._extractor = self._function(group)
        self._subscribe()
        self.log_group_name = group.name
        self.register_outputs({"log_group_name": self.log_group_name})

    def signals(self) -> list[Signal]:
        """How many lines come, batches that were not copied, and the function's own signals."""
        lines = Metric(
            namespace="AWS/Logs",
            name="IncomingLogEvents",
            statistic="Sum",
            dimensions={"LogGroupName": self.log_group_name},
        )
        return [
            Signal(kind="error_lines", subject="errors", metrics=(lines,), runbook=RUNBOOK, group="functions"),
            dead_letter_signal(self._letters, "errors", runbook=RUNBOOK, group="functions"),
            *self._extractor.signals(),
        ]

    def _function(self, group: aws.cloudwatch.LogGroup) -> Function:
        platform = self._args.platform
        return Function(
            f"{self._name}-extract-errors",
            FunctionArgs(
                platform=platform,
                source="extract_errors",
                kind="utility",
                grant=Grant(
                    environment={"ERROR_LOG_GROUP": group.name},
                    statements=(
                        allow("logs:CreateLogStream", "logs:PutLogEvents", on=[pulumi.Output.concat(group.arn, ":*")]),
                    ),
                ),
                runbook=RUNBOOK,
                failed_events=failed_events(self._letters.arn, self._args.keys.data, platform.stack.region),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _subscribe(self) -> None:
        """One permission for all log groups of the stack's functions, one subscription for each."""
        stack = self._args.platform.stack
        sources = pulumi.Output.concat(
            "arn:aws:logs:", stack.region, ":", stack.account_id, f":log-group:/aws/lambda/{stack.naming.prefix}-*"
        )
        permission = self._extractor.permit("logs", "logs.amazonaws.com", sources)
        for subject in sorted(self._args.sources):
            aws.cloudwatch.LogSubscriptionFilter(
                f"{self._name}-errors-{subject}",
                name=stack.naming.of("log_filter", f"{subject}-errors"),
                log_group=self._args.sources[subject],
                destination_arn=self._extractor.alias_arn,
                filter_pattern=ERROR_PATTERN,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
            )


def saved_queries(
    name: str, naming_prefix: str, log_group_names: Sequence[pulumi.Input[str]], *, parent: pulumi.Resource
) -> None:
    """The queries as CloudWatch shows them, in a folder named after the stack."""
    for role, query in QUERIES.items():
        aws.cloudwatch.QueryDefinition(
            f"{name}-{role}",
            name=f"{naming_prefix}/{role}",
            log_group_names=list(log_group_names),
            query_string=query,
            opts=pulumi.ResourceOptions(parent=parent),
        )
