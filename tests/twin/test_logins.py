"""Where the twin finds the deployed system's database, and what it makes where that stands elsewhere."""

from __future__ import annotations

import json

import psycopg2
import pytest

from tests.twin.account import Account
from twin import logins


def test_a_database_of_the_stack_is_reached_as_its_secrets_say(account: Account) -> None:
    client = account.cloud.client("secretsmanager")
    outputs = {}
    for role in ("administrator", "application"):
        value = json.dumps({"username": role, "password": f"of the {role}", "dbname": "goals"})
        arn = client.create_secret(Name=f"logins-{role}", SecretString=value)["ARN"]
        outputs["database_secret_arn" if role == "application" else "database_administrator_secret_arn"] = arn
    found = logins.find(account.cloud, outputs)
    assert (found.administrator["username"], found.administrator["password"]) == (
        "administrator",
        "of the administrator",
    )
    assert (found.application["username"], found.application["dbname"]) == ("application", "goals")


@pytest.mark.requirement(32)
def test_a_database_that_stands_elsewhere_is_this_machines_and_its_parameter_says_so(account: Account) -> None:
    arn = f"arn:aws:ssm:{account.cloud.region}:{account.cloud.account_id}:parameter/other/database"
    found = logins.find(account.cloud, {"database_secret_arn": arn})
    parameter = account.cloud.client("ssm").get_parameter(Name=arn, WithDecryption=True)["Parameter"]
    assert parameter["Type"] == "SecureString"
    assert json.loads(parameter["Value"]) == found.application
    connection = psycopg2.connect(
        host=found.application["host"],
        port=found.application["port"],
        dbname=found.application["dbname"],
        user=found.administrator["username"],
        password=found.administrator["password"],
        sslmode="verify-full",
        sslrootcert=account.cloud.database_ca_file,
    )
    connection.close()
