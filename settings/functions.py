"""The functions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings.section import LogRetentionDays, Section

# Lambda's Python runtimes and the day AWS ends their support (Lambda documentation, runtimes).
RUNTIME_END_OF_LIFE = {
    "python3.11": "2027-06-30",
    "python3.12": "2028-10-31",
    "python3.13": "2029-06-30",
}
ENDED = {"python3.8": "2024-10-14", "python3.9": "2025-12-15", "python3.10": "2026-10-31"}
# Lambda keeps at least as many of the account's concurrent executions for functions without a reservation (Lambda
# documentation, reserved concurrency).
UNRESERVED = 100


def _supported_runtime(runtime: str) -> str:
    if runtime in RUNTIME_END_OF_LIFE:
        return runtime
    known = ", ".join(f"'{name}' (until {day})" for name, day in RUNTIME_END_OF_LIFE.items())
    if runtime in ENDED:
        raise ValueError(f"is a runtime whose support ended on {ENDED[runtime]}: take one of {known}")
    raise ValueError(f"should be one of {known}: the functions are written in Python")


class ProvisionedConcurrency(Section):
    """Environments that are kept warm for callers: `initial` at first, then as many as calls need, within bounds.

    Application Auto Scaling keeps the share of them in use near `target_utilization` (rows 52, 53).
    """

    initial: Annotated[int, Field(ge=1)]
    minimum: Annotated[int, Field(ge=1)]
    maximum: Annotated[int, Field(ge=1)]
    target_utilization: Annotated[float, Field(ge=0.1, le=0.9)]

    @model_validator(mode="after")
    def _ordered(self) -> ProvisionedConcurrency:
        if not self.minimum <= self.initial <= self.maximum:
            raise ValueError(
                f"initial ({self.initial}) must lie between minimum ({self.minimum}) and maximum ({self.maximum})"
            )
        return self


class FunctionSize(Section):
    """Memory in MB and time limit in seconds of one function, and how much of it may run at once when that is bounded.

    `reserved_concurrency` is a limit and a guarantee at once: no more run, and no other function takes their place.
    """

    memory_mb: Annotated[int, Field(ge=128, le=10240)]
    timeout_seconds: Annotated[int, Field(ge=1, le=900)]
    reserved_concurrency: Annotated[int, Field(ge=1)] | None = None
    provisioned_concurrency: ProvisionedConcurrency | None = None

    @model_validator(mode="after")
    def _provisioned_within_reserved(self) -> FunctionSize:
        provisioned, reserved = self.provisioned_concurrency, self.reserved_concurrency
        if provisioned and reserved is not None and provisioned.maximum > reserved:
            raise ValueError(
                f"provisioned_concurrency.maximum ({provisioned.maximum}) must not be above reserved_concurrency "
                f"({reserved}), which bounds it: raise the one or lower the other"
            )
        return self

    @property
    def claimed_concurrency(self) -> int:
        """How much of the account's concurrency the function keeps from all others."""
        if self.reserved_concurrency is not None:
            return self.reserved_concurrency
        return self.provisioned_concurrency.maximum if self.provisioned_concurrency else 0


class AllAtOnce(Section):
    """A new version serves every caller as soon as it is deployed."""

    mode: Literal["all_at_once"]


class Canary(Section):
    """A new version serves a tenth of the calls for some minutes, then all of them.

    CodeDeploy moves the calls and takes them back when the function fails `rollback_errors` times within a minute.
    """

    mode: Literal["canary"]
    minutes: Literal[5, 10, 15, 30]
    rollback_errors: Annotated[int, Field(ge=1)]


Deployment = Annotated[AllAtOnce | Canary, Field(discriminator="mode")]


class FunctionSettings(Section):
    """What all functions have in common, and the size of each kind (rows 46 to 55).

    `account_concurrency` is the account's limit in this region (Service Quotas, Lambda, concurrent executions).
    `insights_layer_arn` names AWS's extension for Lambda Insights, which measures memory (row 159).
    """

    runtime: Annotated[str, AfterValidator(_supported_runtime)]
    architecture: Literal["arm64", "x86_64"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    log_retention_days: LogRetentionDays
    account_concurrency: Annotated[int, Field(ge=10)]
    insights_layer_arn: (
        Annotated[str, Field(pattern=r"^arn:aws:lambda:[a-z0-9-]+:\d{12}:layer:LambdaInsightsExtension(-Arm64)?:\d+$")]
        | None
    )
    deployment: Deployment
    api: FunctionSize
    workflow: FunctionSize
    utility: FunctionSize
    sizes: dict[str, FunctionSize]

    @model_validator(mode="after")
    def _within_the_account(self) -> FunctionSettings:
        budget = self.account_concurrency - UNRESERVED
        claims = {name: size.claimed_concurrency for name, size in self.sizes.items() if size.claimed_concurrency}
        if sum(claims.values()) > max(budget, 0):
            parts = ", ".join(f"{name} {claim}" for name, claim in sorted(claims.items()))
            raise ValueError(
                f"sizes reserve {sum(claims.values())} concurrent executions ({parts}) and account_concurrency "
                f"({self.account_concurrency}) leaves {max(budget, 0)}, because Lambda keeps {UNRESERVED} unreserved: "
                f"reserve less, or have the account's quota raised and set it here"
            )
        return self

    @model_validator(mode="after")
    def _insights_for_the_architecture(self) -> FunctionSettings:
        if self.insights_layer_arn:
            arm = ":LambdaInsightsExtension-Arm64:" in self.insights_layer_arn
            if arm != (self.architecture == "arm64"):
                wanted = "LambdaInsightsExtension" + ("-Arm64" if self.architecture == "arm64" else "")
                raise ValueError(
                    f"insights_layer_arn ({self.insights_layer_arn}) is not for {self.architecture}: take the layer "
                    f"{wanted}"
                )
        return self
