"""Random values, without a provider of their own.

A judge often has the AWS provider and nothing else, so a password is made of what is built into Terraform:
`terraform_data` has a random id that stays in the state. It is as long and as unpredictable as the Pulumi resource's;
only its alphabet is narrower.
"""

from __future__ import annotations

from typing import Any


def _hex(length: int) -> str:
    return f"substr(sha512({{id}}), 0, {length})"


def _outputs(token: str, inputs: dict[str, Any]) -> dict[str, str]:
    """Terraform expressions of the outputs, over `{id}`."""
    if token == "random:index/randomPassword:RandomPassword":  # noqa: S105  # a type token
        return {"result": f"sensitive({_hex(inputs['length'])})"}
    if token == "random:index/randomString:RandomString":  # noqa: S105  # a type token
        return {"result": _hex(inputs["length"])}
    if token == "random:index/randomBytes:RandomBytes":  # noqa: S105  # a type token
        digits = _hex(2 * inputs["length"])
        return {"hex": f"sensitive({digits})", "base64": f"sensitive(base64encode({_hex(inputs['length'])}))"}
    if token == "random:index/randomId:RandomId":  # noqa: S105  # a type token
        return {"hex": _hex(2 * inputs["byteLength"])}
    if token == "random:index/randomUuid:RandomUuid":  # noqa: S105  # a type token
        return {"result": "{id}"}
    raise LookupError(f"{token} has no translation: add it to plan/terraform/generated.py")


def expressions(token: str, inputs: dict[str, Any], address: str) -> dict[str, str]:
    """Each output's Terraform expression, by Pulumi's name of the output; LookupError for an unknown type."""
    return {name: text.format(id=f"{address}.id") for name, text in _outputs(token, inputs).items()}


def body(inputs: dict[str, Any]) -> dict[str, Any]:
    """The resource: a changed keeper makes a new value."""
    plain = {key: value for key, value in inputs.items() if key != "keepers"}
    return {"input": plain, **({"triggers_replace": inputs["keepers"]} if "keepers" in inputs else {})}
