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
from settings.database import DatabaseSettings
from settings.encryption import EncryptionSettings
from settings.frontend import FrontendSettings
from settings.functions import FunctionSettings
from settings.network import NetworkSettings
from settings.observability import ObservabilitySettings
from settings.secrets import SecretsSettings
from settings.section import Section, Text
from settings.stack import StackSettings
from settings.workflow import WorkflowSettings

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


SECTIONS = tuple(name for name in Settings.model_fields if name != "region")
SECRETS = ("slack_webhook_url",)
# The names of alternatives, which stand in the path of a fault and in no stack file.
ALTERNATIVES = frozenset(
    ("aurora_database", "external_database", "serverless_v2", "provisioned", "external", "none", "rds_proxy")
    + ("aurora", "aws_backup", "secrets_manager", "parameter_store", "off", "regional", "cloudfront", "both")
    + ("all_at_once", "canary", "cognito_default", "ses", "audit_only", "enforced")
)


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
    path = [str(part) for part in fault["loc"] if part not in ALTERNATIVES]
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
    message = fault["msg"].removeprefix("Value error, ").replace("Input should be ", "should be ")
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
