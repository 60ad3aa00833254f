"""What a function needs to ask a model."""

from __future__ import annotations

from collections.abc import Callable

import pulumi

from components.parts.grant import Grant
from components.parts.stack import Stack
from components.parts.statement import Statement, allow
from settings.workflow import KeyedModel, ModelSettings


def asks_model(settings: ModelSettings, stack: Stack, *, reads: Callable[[str, str], Grant]) -> Grant:
    """Ask the model that the settings name.

    `reads` grants an entry of the secrets by its name, whose ARN then stands in the variable named.
    """
    named = Grant(environment={"MODEL_PROVIDER": settings.provider, "MODEL_ID": settings.id})
    if isinstance(settings, KeyedModel):
        return named | reads(settings.key, "MODEL_KEY_ARN")
    return named | Grant(statements=(_invokes(settings.id, stack.region, stack.account_id),))


def limits_model_calls(daily: int) -> Grant:
    """How often one person may have the model asked on one day, for the function that counts."""
    return Grant(environment={"DAILY_MODEL_CALLS": str(daily)})


def _invokes(model_id: str, region: str, account_id: pulumi.Input[str]) -> Statement:
    """Invoke one Bedrock model; an id such as `apac.anthropic...` is a cross-region profile of that model.

    A profile forwards to any region of its geography, so the model itself is allowed in every region.
    """
    geography, _, model = model_id.partition(".")
    if geography in {"apac", "eu", "jp", "us", "global"}:
        profile = pulumi.Output.concat("arn:aws:bedrock:", region, ":", account_id, f":inference-profile/{model_id}")
        return allow("bedrock:InvokeModel", on=[profile, f"arn:aws:bedrock:*::foundation-model/{model}"])
    return allow("bedrock:InvokeModel", on=[f"arn:aws:bedrock:{region}::foundation-model/{model_id}"])
