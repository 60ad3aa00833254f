"""The settings of a stack: every key of every section, typed, checked all at once.

`load()` reads the stack's configuration and raises one `pulumi.RunError` that lists every fault with its key. What may
differ between environments, or should be seen to differ, has no default here. `python config.py` prints the JSON
schema that editors use for the stack files.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

PROJECT = "goal-mandala"


class Section(BaseModel):
    """A part of the settings: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Days = Annotated[int, Field(ge=1, le=3653)]
# The retention periods that CloudWatch Logs accepts (API reference, PutRetentionPolicy).
LogRetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
Text = Annotated[str, Field(min_length=1)]


class Tags(Section):
    """The tags that everything carries, beside Project and ManagedBy (row 245)."""

    environment: Text
    cost_center: Text
    owner: Text
    data_classification: Text


def tag_names(tags: Tags) -> dict[str, str]:
    """The tags under the names that AWS shows (`CostCenter`)."""
    return {"".join(part.title() for part in key.split("_")): value for key, value in tags.model_dump().items()}


class StackSettings(Section):
    """What the stack is called and which release it runs."""

    name_prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}[a-z0-9]$")]
    name_overrides: dict[str, Text]
    stage: Text
    release: Text
    tags: Tags


class EncryptionSettings(Section):
    """The customer-managed keys (rows 39, 110, 185, 204)."""

    deletion_window_days: Annotated[int, Field(ge=7, le=30)]
    protect: bool


class NetworkSettings(Section):
    """The VPC (rows 1 to 9)."""

    cidr_block: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+/(1[6-9]|2[0-4])$")]
    availability_zones: Annotated[list[Text], Field(min_length=2, max_length=3)]
    public_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    private_subnet_mask: Annotated[int, Field(ge=17, le=28)]
    nat: Literal["none", "single", "one_per_az"]


class ServerlessV2(Section):
    """Aurora Serverless v2; capacity in Aurora capacity units (rows 15, 16)."""

    mode: Literal["serverless_v2"]
    min_capacity: Annotated[float, Field(ge=0, le=256, multiple_of=0.5)]
    max_capacity: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)]
    readers: Annotated[int, Field(ge=0, le=15)]

    @model_validator(mode="after")
    def _ordered(self) -> ServerlessV2:
        if self.min_capacity > self.max_capacity:
            raise ValueError(
                f"min_capacity ({self.min_capacity:g}) must not be above max_capacity ({self.max_capacity:g})"
            )
        return self


class DatabaseSettings(Section):
    """PostgreSQL on Aurora (rows 15 to 28, 246)."""

    engine: Annotated[ServerlessV2, Field(description="How the database runs.")]
    engine_version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    database_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    administrator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
    application_user: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    backup_retention_days: Annotated[int, Field(ge=1, le=35)]
    backup_window: Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]
    maintenance_window: Annotated[str, Field(pattern=r"^[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d$")]
    deletion_protection: bool
    performance_insights: bool
    slow_query_ms: Annotated[int, Field(ge=1)]


# Lambda's Python runtimes and the day AWS ends their support (Lambda documentation, runtimes).
RUNTIME_END_OF_LIFE = {"python3.11": "2027-06-30", "python3.12": "2028-10-31", "python3.13": "2029-06-30"}


def _supported_runtime(runtime: str) -> str:
    if runtime not in RUNTIME_END_OF_LIFE:
        known = ", ".join(f"'{name}' (until {day})" for name, day in RUNTIME_END_OF_LIFE.items())
        raise ValueError(f"should be one of {known}")
    return runtime


class FunctionSize(Section):
    """Memory in MB and time limit in seconds of one function; reserved concurrency when it is bounded."""

    memory_mb: Annotated[int, Field(ge=128, le=10240)]
    timeout_seconds: Annotated[int, Field(ge=1, le=900)]
    reserved_concurrency: Annotated[int, Field(ge=1)] | None = None


class FunctionSettings(Section):
    """What all functions have in common, and the size of each kind (rows 46 to 55)."""

    runtime: Annotated[str, AfterValidator(_supported_runtime)]
    architecture: Literal["arm64", "x86_64"]
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    log_retention_days: LogRetentionDays
    api: FunctionSize
    workflow: FunctionSize
    utility: FunctionSize
    sizes: dict[str, FunctionSize]


class Throttle(Section):
    """Steady rate and burst of requests a second (row 65)."""

    rate_limit: Annotated[int, Field(ge=1)]
    burst_limit: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _burst_covers_rate(self) -> Throttle:
        if self.burst_limit < self.rate_limit:
            raise ValueError(f"burst_limit ({self.burst_limit}) must be at least rate_limit ({self.rate_limit})")
        return self


def _domain_prefix(prefix: str) -> str:
    """Cognito reserves these words (developer guide, user pool domains)."""
    for word in ("aws", "amazon", "cognito"):
        if word in prefix:
            raise ValueError(f"must not contain '{word}', which Cognito reserves")
    return prefix


class CognitoSettings(Section):
    """The user pool (rows 73, 247)."""

    domain_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"), AfterValidator(_domain_prefix)]
    mfa: Literal["off", "optional", "required"]
    deletion_protection: bool
    password_minimum_length: Annotated[int, Field(ge=8, le=99)]
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)]
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)]


class ApiSettings(Section):
    """The REST API and who may call it (rows 61 to 77)."""

    stage_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    throttle: Throttle
    integration_timeout_ms: Annotated[int, Field(ge=50)]
    execution_log_level: Literal["OFF", "ERROR", "INFO"]
    data_trace: bool
    detailed_metrics: bool
    manage_account_log_role: bool
    cognito: CognitoSettings

    @model_validator(mode="after")
    def _gateway_limit(self) -> ApiSettings:
        if self.integration_timeout_ms > 29_000:
            raise ValueError(
                f"integration_timeout_ms ({self.integration_timeout_ms}) must not be above 29000, API Gateway's limit: "
                f"answer 202 and let the caller poll for what takes longer"
            )
        return self


class ModelSettings(Section):
    """Which model generates the tasks."""

    provider: Literal["bedrock"]
    id: Text


class WorkflowSettings(Section):
    """Task generation (rows 78 to 84, 248 to 259)."""

    timeout_seconds: Annotated[int, Field(ge=60)]
    batch_concurrency: Annotated[int, Field(ge=1, le=40)]
    action_concurrency: Annotated[int, Field(ge=1, le=40)]
    generate_timeout_seconds: Annotated[int, Field(ge=1)]
    step_timeout_seconds: Annotated[int, Field(ge=1)]
    log_retention_days: LogRetentionDays
    model: ModelSettings

    @model_validator(mode="after")
    def _tasks_end_before_the_machine(self) -> WorkflowSettings:
        for key in ("generate_timeout_seconds", "step_timeout_seconds"):
            if getattr(self, key) >= self.timeout_seconds:
                raise ValueError(
                    f"{key} ({getattr(self, key)}) must be below timeout_seconds ({self.timeout_seconds}): a machine's "
                    f"timeout cannot be caught, so no failure would be handled"
                )
        return self


class SpaFallback(Section):
    """Which error of the bucket is answered with the application's page instead (row 98)."""

    error_code: Literal[403, 404, 500]
    response_code: Literal[200, 403, 404, 500]
    page: Annotated[str, Field(pattern=r"^/")]


class FrontendSettings(Section):
    """The site bucket and its distribution (rows 91 to 105)."""

    price_class: Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"]
    allowed_countries: list[Annotated[str, Field(pattern=r"^[A-Z]{2}$")]]
    spa_fallback: list[SpaFallback]
    hsts_max_age_seconds: Annotated[int, Field(ge=0)]
    noncurrent_version_days: Days
    abort_multipart_days: Days
    retain_bucket: bool


Severity = Literal["critical", "high", "medium", "warning"]


class AlarmRule(Section):
    """When a signal becomes an alarm. `threshold` is in the metric's own unit (milliseconds, percent, count)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    signal: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    comparison: Literal[">", ">=", "<", "<="]
    threshold: float
    period_seconds: Annotated[int, Field(ge=10)]
    periods: Annotated[int, Field(ge=1)]
    severity: Severity

    @model_validator(mode="after")
    def _cloudwatch_periods(self) -> AlarmRule:
        if self.period_seconds not in {10, 30} and self.period_seconds % 60:
            raise ValueError(f"period_seconds ({self.period_seconds}) must be 10, 30 or a multiple of 60")
        if self.period_seconds * self.periods > 86_400:
            raise ValueError(
                f"period_seconds x periods ({self.period_seconds * self.periods}) must not be above 86400, one day"
            )
        return self


class ObservabilitySettings(Section):
    """Alarms, dashboards and who hears of them (rows 148 to 183)."""

    alarms: list[AlarmRule]
    dashboard: bool
    notification_email: Text | None = None
    dead_letter_retention_days: Annotated[int, Field(ge=1, le=14)]
    notify_max_receive_count: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _names_are_unique(self) -> ObservabilitySettings:
        names = [rule.name for rule in self.alarms]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"alarms {twice} are named twice: each alarm rule needs a name of its own")
        return self


class Settings(Section):
    """All sections of a stack file, and the region from `aws:region`."""

    region: Text
    stack: StackSettings
    encryption: EncryptionSettings
    network: NetworkSettings
    database: DatabaseSettings
    functions: FunctionSettings
    api: ApiSettings
    workflow: WorkflowSettings
    frontend: FrontendSettings
    observability: ObservabilitySettings

    @model_validator(mode="after")
    def _zones_in_region(self) -> Settings:
        outside = [zone for zone in self.network.availability_zones if not zone.startswith(self.region)]
        if outside:
            raise ValueError(f"network.availability_zones {outside} are not in aws:region '{self.region}'")
        return self


SECTIONS = tuple(name for name in Settings.model_fields if name != "region")
SECRETS = ("slack_webhook_url",)


def load() -> Settings:
    """The settings of the current stack; `pulumi.RunError` with every fault when there is one."""
    config = pulumi.Config(PROJECT)
    faults = []
    values: dict[str, Any] = {"region": pulumi.Config("aws").get("region")}
    if values["region"] is None:
        faults.append("aws:region: is missing: name the region, such as ap-northeast-1")
    for section in SECTIONS:
        text = config.get(section)
        if text is None:
            faults.append(f"{PROJECT}:{section}: is missing: copy the section from Pulumi.dev.yaml and adapt it")
            continue
        try:
            values[section] = json.loads(text)
        except ValueError:
            faults.append(f"{PROJECT}:{section}: should be a mapping (got {_shown(text)})")
    faults += _unknown_keys()
    faults += [
        f"{PROJECT}:{name}: is missing: set it with 'pulumi config set --secret {name}'"
        for name in SECRETS
        if config.get(name) is None
    ]
    try:
        settings = Settings.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as error:
        missing = {f"{PROJECT}:{name}" for name in SECTIONS if name not in values}
        found = [_sentence(fault) for fault in error.errors()]
        faults += [text for key, text in found if key not in missing and key != f"{PROJECT}:region"]
    if faults:
        raise pulumi.RunError(_report(pulumi.get_stack(), faults))
    return settings


def _report(stack: str, faults: list[str]) -> str:
    count = "1 invalid setting" if len(faults) == 1 else f"{len(faults)} invalid settings"
    return "\n".join([f"Pulumi.{stack}.yaml has {count}:", *(f"  {fault}" for fault in sorted(faults))])


def _unknown_keys() -> list[str]:
    """Keys of ours in the stack file that no section has: most often a typo."""
    keys = {**pulumi.runtime.config.get_config_env(), **pulumi.runtime.config.CONFIG.get()}
    known = {f"{PROJECT}:{name}" for name in (*SECTIONS, *SECRETS)}
    unknown = [key for key in keys if key.startswith(f"{PROJECT}:") and key not in known]
    return [f"{key}: is not a known section: the sections are {', '.join((*SECTIONS, *SECRETS))}" for key in unknown]


def _sentence(fault: Any) -> tuple[str, str]:
    """The key of a fault, and the fault as one line."""
    path = [str(part) for part in fault["loc"] if part != "serverless_v2"]
    key = f"{PROJECT}:{'.'.join(path)}" if path else PROJECT
    if fault["type"] == "missing":
        return key, f"{key}: is missing"
    if fault["type"] == "extra_forbidden":
        return key, f"{key}: is not a known key: check its spelling, or remove it"
    message = fault["msg"].removeprefix("Value error, ").replace("Input should be ", "should be ")
    if fault["type"] == "value_error" and not isinstance(fault["input"], (str, int, float)):
        return key, f"{key}: {message}"
    return key, f"{key}: {message} (got {_shown(fault['input'])})"


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def schema() -> dict[str, Any]:
    """The JSON schema of a stack file, for editors."""
    generated = Settings.model_json_schema(ref_template="#/$defs/{model}")
    properties = {f"{PROJECT}:{name}": generated["properties"][name] for name in SECTIONS}
    secret = {"description": "An encrypted value.", "type": "object", "required": ["secure"]}
    properties |= {f"{PROJECT}:{name}": secret for name in SECRETS}
    properties["aws:region"] = {"type": "string"}
    config = {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "patternProperties": {f"^(?!{PROJECT}:)": {}},
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "goal-mandala stack file",
        "type": "object",
        "properties": {"config": config, "encryptionsalt": {"type": "string"}, "secretsprovider": {"type": "string"}},
        "required": ["config"],
        "$defs": generated["$defs"],
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, sort_keys=True))  # noqa: T201  # `python config.py > Pulumi.schema.json`
