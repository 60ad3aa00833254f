"""What the twin puts in where the program leaves a value to the operator."""

from __future__ import annotations

from typing import Any

from tests.twin.account import Account
from twin import credentials

SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


def value(account: Account, arn: str) -> Any:
    return account.cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]


def test_an_empty_secret_gets_a_value_and_one_that_has_one_keeps_it(account: Account) -> None:
    empty, full = (account.create(SECRET, {"name": name}) for name in ("credentials-empty", "credentials-full"))
    account.create(VERSION, {"secretId": full.id, "secretString": "mine"})
    outputs = {"github_token_secret_arn": empty.id, "jwt_secret_arn": full.id, "site_url": "https://example.com"}
    assert credentials.supply(account.cloud, outputs) == [empty.id]
    assert value(account, empty.id) == "any-key-will-do"
    assert value(account, full.id) == "mine"
    assert credentials.supply(account.cloud, outputs) == []


def test_a_parameter_is_written_encrypted_unless_somebody_has(account: Account) -> None:
    arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/operator/openai"
    parameters = account.cloud.client("ssm")
    try:
        assert credentials.supply(account.cloud, {"openai_secret_arn": arn}) == [arn]
        written = parameters.get_parameter(Name="/operator/openai", WithDecryption=True)["Parameter"]
        assert (written["Type"], written["Value"]) == ("SecureString", "any-key-will-do")
        parameters.put_parameter(Name="/operator/openai", Value="mine", Type="SecureString", Overwrite=True)
        assert credentials.supply(account.cloud, {"openai_secret_arn": arn}) == []
        assert parameters.get_parameter(Name="/operator/openai", WithDecryption=True)["Parameter"]["Value"] == "mine"
    finally:
        parameters.delete_parameter(Name="/operator/openai")


def test_the_database_s_secrets_are_left_alone(account: Account) -> None:
    empty = account.create(SECRET, {"name": "credentials-database"})
    assert credentials.supply(account.cloud, {"database_secret_arn": empty.id}) == []
