"""What can go wrong with a part of the system, as data: the owner offers signals, Observability alarms on them.

A signal says what is measured and where; thresholds and severities are settings (`AlarmRule`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One CloudWatch metric. `id` names it in the signal's expression.

    It has no unit: an alarm that names one hears nothing of data that CloudWatch keeps under another.
    """

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    id: str = "m1"


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something measurable about one subject, such as the errors of the function `goals`.

    `kind` is what alarm rules refer to (`function_errors`), `subject` the thing measured, kebab-case. With more than
    one metric, `expression` is CloudWatch metric math over their ids. `runbook` is the file under runbooks/ that says
    what to do. `region` is where AWS measures it when that is not the stack's own region: alarms on it stand there.
    """

    kind: str
    subject: str
    metrics: tuple[Metric, ...]
    runbook: str
    expression: str = ""
    group: str = ""
    region: str = ""

    def __post_init__(self) -> None:
        """Refuse a signal whose expression and metrics do not belong together."""
        if (len(self.metrics) > 1) != bool(self.expression):
            raise ValueError(
                f"signal {self.kind} of {self.subject}: several metrics need an expression, one must have none"
            )


def rate(part: Metric, whole: Metric) -> tuple[tuple[Metric, ...], str]:
    """Metrics and expression for `part` as a percentage of `whole`, 0 when nothing happened."""
    return (part, whole), f"IF({whole.id} > 0, 100 * {part.id} / {whole.id}, 0)"
