"""Pulumi's names as Terraform's: types, properties, addresses.

pulumi-aws derives its names from Terraform's by rule, with exceptions that its provider plugin knows and its SDK does
not. Here the rule runs backwards against the Terraform provider's schema, so only what the schema cannot decide stands
in a table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

# Modules that Pulumi names otherwise than Terraform's prefix does.
MODULES = {
    "apigateway": ("api_gateway", "api_gateway_gateway"),
    "cfg": ("config", "config_config", "config_configuration"),
    "costexplorer": ("ce",),
    "rds": ("rds", "db"),
}
TYPES = {
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:codedeploy/application:Application": "aws_codedeploy_app",
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
}
# What only a later provider can say than the one that an export is for (5.100), and why; a stand-in says it there.
NEWER = {
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": "the type is unknown",
    "aws:cognito/riskConfiguration:RiskConfiguration": "notify_configuration is required",
}
STAND_IN = "terraform_data"  # built into Terraform: keeps any value, and has a random id
# Properties whose name no rule gives, by Terraform type: Pulumi's name -> Terraform's.
PROPERTIES = {
    "aws_api_gateway_base_path_mapping": {"restApi": "api_id"},
    "aws_lambda_function": {"code": "filename"},
    "aws_lambda_layer_version": {"code": "filename"},
}


def snake(name: str) -> str:
    """`serverlessv2ScalingConfiguration` -> `serverlessv2_scaling_configuration`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _singulars(name: str) -> Iterator[str]:
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("ices"):
        yield f"{name[:-4]}ex"
    if name.endswith("es"):
        yield name[:-2]
    if name.endswith("s"):
        yield name[:-1]


def terraform_type(token: str, known: Collection[str]) -> str:
    """The Terraform type of a token such as `aws:rds/subnetGroup:SubnetGroup`, out of the provider's types.

    What needs a newer provider gets the stand-in; LookupError when the rule finds none.
    """
    if token in NEWER:
        return STAND_IN
    if token in TYPES:
        return TYPES[token]
    package, path, _ = token.split(":")
    module, _, last = path.partition("/")
    word = snake(last)
    prefixes = [*MODULES.get(module, (module,)), ""]
    for prefix in prefixes:
        for candidate in (word, word.removesuffix("v2"), word.removesuffix("_v2")):
            name = "_".join(part for part in (package, prefix, candidate) if part)
            if name in known:
                return name
    raise LookupError(f"{token} has no Terraform type by rule: add it to TYPES in plan/terraform/names.py")


def terraform_property(name: str, known: Collection[str], type_: str) -> str | None:
    """The attribute or block that Pulumi calls `name`, out of those that the schema has at this place; or None.

    `type_` is the Terraform type: Pulumi shortens `function_name` to `name` on a function, `rest_api_id` to `restApi`
    everywhere.
    """
    if name in PROPERTIES.get(type_, {}):
        return PROPERTIES[type_][name]
    word = snake(name)
    for candidate in (word, *_singulars(word), f"{word}_id", f"{word}_arn", f"{word}_name"):
        if candidate in known:
            return candidate
    parts = type_.split("_")
    for start in range(1, len(parts)):
        candidate = "_".join((*parts[start:], word))
        if candidate in known:
            return candidate
    squashed = {other.replace("_", ""): other for other in sorted(known)}
    return squashed.get(word.replace("_", ""))


def label(name: str) -> str:
    """A logical name as a Terraform name: letters, digits, `_` and `-`, no digit first."""
    cleaned = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return cleaned if re.match(r"[A-Za-z_]", cleaned) else f"_{cleaned}"


def literal(text: str) -> str:
    """The text as a Terraform template that means exactly this text."""
    return text.replace("${", "$${").replace("%{", "%%{")
