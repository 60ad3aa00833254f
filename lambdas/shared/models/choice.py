"""Which model answers is a setting: the provider's name and the model's id."""

from __future__ import annotations

from lambdas.shared.models.bedrock import BedrockModel
from lambdas.shared.models.gemini import GeminiModel
from lambdas.shared.models.interface import Model
from lambdas.shared.models.openai import OpenAIModel

PROVIDERS = ("bedrock", "gemini", "openai")


def choose(provider: str, model_id: str, key_arn: str = "") -> Model:
    """The model that the settings name; `key_arn` is where the key lies that all but Bedrock need."""
    if provider not in PROVIDERS:
        raise ValueError(f"MODEL_PROVIDER is {provider!r}; there is only {', '.join(PROVIDERS)}.")
    if provider == "bedrock":
        return BedrockModel(model_id)
    if not key_arn:
        raise ValueError(f"MODEL_KEY_ARN is not set; the provider {provider} needs the ARN of the secret with its key.")
    return OpenAIModel(model_id, key_arn) if provider == "openai" else GeminiModel(model_id, key_arn)
