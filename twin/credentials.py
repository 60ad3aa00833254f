"""Plays the operator of the deployed stack: puts in the credentials that the program leaves for a person to put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twin.cloud import Cloud

# The stand-ins take any.
VALUE = "any-key-will-do"  # a value, not a secret
_ENDING, _DATABASE = "_secret_arn", "database_"


def supply(cloud: Cloud, outputs: Mapping[str, object]) -> list[str]:
    """Give a value to every secret and parameter among the outputs that has none; answers their ARNs.

    The database's are somebody else's: their values say where the database is.
    """
    named = [str(arn) for name, arn in outputs.items() if name.endswith(_ENDING) and not name.startswith(_DATABASE)]
    return [arn for arn in named if _supply(cloud, arn)]


def _supply(cloud: Cloud, arn: str) -> bool:
    if arn.split(":")[2] == "ssm":
        client = cloud.client("ssm")
        try:
            client.put_parameter(Name=arn.partition(":parameter")[2], Value=VALUE, Type="SecureString")
        except client.exceptions.ParameterAlreadyExists:
            return False
        return True
    client = cloud.client("secretsmanager")
    try:
        # An empty secret has no version on AWS, and one without a value here.
        if client.get_secret_value(SecretId=arn).get("SecretString"):
            return False
    except client.exceptions.ResourceNotFoundException:
        pass
    client.put_secret_value(SecretId=arn, SecretString=VALUE)
    return True
