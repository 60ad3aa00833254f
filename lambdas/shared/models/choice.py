"""Which model answers is a setting: the provider's name and the model's id."""

from __future__ import annotations

from lambdas.shared.models.bedrock import BedrockModel
from lambdas.shared.models.interface import Model

PROVIDERS = {"bedrock": BedrockModel}


def choose(provider: str, model_id: str) -> Model:
    """The model that the settings name."""
    if provider not in PROVIDERS:
        raise ValueError(f"MODEL_PROVIDER is {provider!r}; there is only {', '.join(sorted(PROVIDERS))}.")
    return PROVIDERS[provider](model_id)
