"""The settings of a stack: every key of every section, typed, checked all at once.

`load()` reads the stack's configuration and raises one `pulumi.RunError` that lists every fault with its key. What may
differ between environments, or should be seen to differ, has no default here. `python config.py` prints the JSON
schema that editors use for the stack files.
"""

from __future__ import annotations

import json
from typing import Any

import pulumi
from pydantic import ValidationError, model_validator

from settings.api import ApiSettings
from settings.artifacts import ArtifactSettings
from settings.audit import AuditSettings
from settings.database import DatabaseSettings, External
from settings.encryption import EncryptionSettings
from settings.frontend import FrontendSettings
from settings.functions import FunctionSettings
from settings.monitoring import MonitoringSettings
from settings.network import NetworkSettings
from settings.observability import ObservabilitySettings
from settings.retention import RetentionSettings
from settings.secrets import SecretsSettings
from settings.section import Section, Text
from settings.stack import StackSettings
from settings.workflow import KeyedModel, WorkflowSettings

PROJECT = "goal-mandala"


class Settings(Section):
    """All sections of a stack file, and the region from `aws:region`."""

    region: Text
    stack: StackSettings
    encryption: EncryptionSettings
    network: NetworkSettings
    database: DatabaseSettings
    secrets: SecretsSettings
    functions: FunctionSettings
    api: ApiSettings
    workflow: WorkflowSettings
    monitoring: MonitoringSettings
    retention: RetentionSettings
    frontend: FrontendSettings
    audit: AuditSettings
    artifacts: ArtifactSettings
    observability: ObservabilitySettings

    @model_validator(mode="after")
    def _zones_in_region(self) -> Settings:
        outside = [zone for zone in self.network.availability_zones if not zone.startswith(self.region)]
        if outside:
            raise ValueError(f"network.availability_zones: {outside} are not in aws:region '{self.region}'")
        return self

    @model_validator(mode="after")
    def _named_in_region(self) -> Settings:
        """What a setting names by its ARN and the API or its functions use must stand where they do."""
        domain, layer = self.api.domain, self.functions.insights_layer_arn
        if domain and domain.certificate_region != self.region:
            raise ValueError(
                f"api.domain.certificate_arn: is in {domain.certificate_region} and the API in aws:region "
                f"'{self.region}': a regional API takes a certificate of its own region only"
            )
        if layer and layer.split(":")[3] != self.region:
            raise ValueError(
                f"functions.insights_layer_arn: is in {layer.split(':')[3]} and the functions in aws:region "
                f"'{self.region}': a function uses layers of its own region only"
            )
        return self

    @model_validator(mode="after")
    def _named_entries_exist(self) -> Settings:
        """Keys of services outside are named in one section and kept in another."""
        model = self.workflow.model
        named = [("workflow.model.key", model.key)] if isinstance(model, KeyedModel) else []
        named += [
            ("monitoring.github_token", each.github_token) for each in self.monitoring.scheduled if each.github_token
        ]
        for key, entry in named:
            if entry not in self.secrets.external:
                raise ValueError(
                    f"{key}: '{entry}' is no entry of secrets.external ({', '.join(sorted(self.secrets.external))}): "
                    f"add it there with the store that holds it"
                )
        return self

    @model_validator(mode="after")
    def _services_outside_in_reach(self) -> Settings:
        """Without a NAT gateway functions reach AWS through endpoints, and nobody else."""
        model = self.workflow.model
        needs = [f"workflow.model.provider '{model.provider}'"] if isinstance(model, KeyedModel) else []
        needs += ["monitoring.mode 'scheduled'" for _ in self.monitoring.scheduled]
        if needs and self.network.nat == "none":
            raise ValueError(
                f"network.nat: is 'none', so that functions cannot reach the services outside AWS that "
                f"{' and '.join(needs)} {'needs' if len(needs) == 1 else 'need'}: choose 'single' or 'one_per_az'"
            )
        return self

    @model_validator(mode="after")
    def _external_database_in_reach(self) -> Settings:
        """Security groups follow the database's port by themselves; network ACLs are told what may leave."""
        acls, engine = self.network.network_acls, self.database.engine
        if acls and isinstance(engine, External) and engine.port not in acls.ports_out:
            raise ValueError(
                f"network.network_acls.ports_out: {acls.ports_out} lacks database.engine.port {engine.port}, so that "
                f"no function could reach the database: add it"
            )
        return self

    @model_validator(mode="after")
    def _maps_within_their_functions(self) -> Settings:
        """What a workflow starts at once must be allowed to run at once: what Lambda refuses is retried a few times."""
        workflow, functions = self.workflow, self.functions
        actions = workflow.batch_concurrency * workflow.action_concurrency
        started: list[tuple[str, int, tuple[str, ...]]] = [
            ("workflow.batch_concurrency x action_concurrency", actions, ("generate-tasks", "save-tasks"))
        ]
        for each in self.monitoring.scheduled:
            steps = ("detect-updates", "enqueue-activities", "mark-checked")
            started.append(("monitoring.source_concurrency", each.source_concurrency, steps))
            started.append(("monitoring.summary_concurrency", each.summary_concurrency, ("process-updates",)))
        for key, at_once, names in started:
            for name in names:
                reserved = functions.sizes.get(name, functions.workflow).reserved_concurrency
                if reserved is not None and reserved < at_once:
                    raise ValueError(
                        f"{key}: starts {name} {at_once} times at once and its reserved_concurrency is {reserved}, so "
                        f"that Lambda refuses the others: set it to {at_once} in functions.sizes, or lower the former"
                    )
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
        found = [_sentence(fault, values) for fault in error.errors()]
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


def _path(fault: Any, values: Any) -> list[str]:
    """The keys that lead to a fault; pydantic puts the names of alternatives in between, which no stack file has."""
    path = []
    for place, part in enumerate(fault["loc"], start=1):
        if part in values if isinstance(values, dict) else isinstance(values, list):
            values = values[part]
        elif place < len(fault["loc"]) or fault["type"] != "missing":
            continue
        path.append(str(part))
    return path


def _sentence(fault: Any, values: dict[str, Any]) -> tuple[str, str]:
    """The key of a fault, and the fault as one line."""
    path = _path(fault, values)
    key = f"{PROJECT}:{'.'.join(path)}" if path else PROJECT
    if fault["type"].startswith("union_tag_"):
        key = f"{key}.{fault['ctx']['discriminator'].strip(chr(39))}"
        if fault["type"] == "union_tag_not_found":
            return key, f"{key}: is missing"
        return key, f"{key}: should be {fault['ctx']['expected_tags']} (got '{fault['ctx']['tag']}')"
    if fault["type"] == "missing":
        return key, f"{key}: is missing"
    if fault["type"] == "extra_forbidden":
        return key, f"{key}: is not a known key: check its spelling, or remove it"
    message = (
        fault["msg"].removeprefix("Value error, ").removeprefix("String ").replace("Input should be ", "should be ")
    )
    if not path:  # a fault between sections, whose message starts with the key to blame
        return key, f"{key}:{message}"
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
