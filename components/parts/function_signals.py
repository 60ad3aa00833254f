"""What can be measured about a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.parts.signal import Metric, Signal, rate


@dataclass(frozen=True, kw_only=True)
class FunctionSubject:
    """The function that is measured, and what of it AWS measures beyond the ordinary.

    Memory needs Lambda Insights, the use of warm environments provisioned concurrency; a function without either has
    no such signal, and an alarm rule on it says so.
    """

    role: str
    function_name: pulumi.Input[str]
    alias_name: pulumi.Input[str]
    runbook: str
    measures_memory: bool
    is_kept_warm: bool
    is_asynchronous: bool


def function_signals(subject: FunctionSubject) -> list[Signal]:
    """The function's signals, units as CloudWatch has them: milliseconds, percent, and 0 to 1 for warm environments."""
    function = {"FunctionName": subject.function_name}

    def metric(name: str, statistic: str, id_: str = "m1") -> Metric:
        return _metric("AWS/Lambda", name, statistic, function, id_)

    def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
        return Signal(
            kind=kind,
            subject=subject.role,
            metrics=metrics,
            expression=expression,
            runbook=subject.runbook,
            group="functions",
        )

    pair, expression = rate(metric("Errors", "Sum", id_="errors"), metric("Invocations", "Sum", id_="invocations"))
    found = [
        signal("function_errors", metric("Errors", "Sum")),
        signal("function_error_rate", *pair, expression=expression),
        signal("function_duration", metric("Duration", "Maximum")),
        signal("function_throttles", metric("Throttles", "Sum")),
        signal("function_concurrency", metric("ConcurrentExecutions", "Maximum")),
        signal("function_invocations", metric("Invocations", "Sum")),
    ]
    if subject.measures_memory:
        dimensions = {"function_name": subject.function_name}
        memory = _metric("LambdaInsights", "memory_utilization", "Maximum", dimensions)
        found.append(signal("function_memory", memory))
    if subject.is_kept_warm:
        alias = pulumi.Output.concat(subject.function_name, ":", subject.alias_name)
        use = _metric("AWS/Lambda", "ProvisionedConcurrencyUtilization", "Maximum", {**function, "Resource": alias})
        found.append(signal("function_provisioned_use", use))
    if subject.is_asynchronous:
        found.append(signal("function_dropped_events", metric("AsyncEventsDropped", "Sum")))
        found.append(signal("function_undelivered_events", metric("DestinationDeliveryFailures", "Sum")))
    return found


def _metric(
    namespace: str,
    name: str,
    statistic: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    id_: str = "m1",
) -> Metric:
    return Metric(namespace=namespace, name=name, statistic=statistic, dimensions=dimensions, id=id_)
