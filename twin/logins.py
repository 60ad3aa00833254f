"""How to reach the deployed system's database, from where the stack keeps it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.handlers.rds import make_database

if TYPE_CHECKING:
    from twin.cloud import Cloud

_PARAMETER = ":parameter"
# A database that stands elsewhere has the names that its owner gave it.
_DATABASE, _USER = "elsewhere", "application"


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The administrator's and the application's username and password, and the latter's host, port and dbname."""

    administrator: Mapping[str, Any]
    application: Mapping[str, Any]


def find(cloud: Cloud, outputs: Mapping[str, Any]) -> Logins:
    """Read both from Secrets Manager.

    Where the stack expects a database that stands elsewhere, this machine's PostgreSQL is that one: it is made, and
    the parameter written that the operator would write.
    """
    place = str(outputs["database_secret_arn"])
    if place.split(":")[2] == "ssm":
        return _elsewhere(cloud, place.partition(_PARAMETER)[2])
    administrator, application = (_secret(cloud, arn) for arn in (outputs["database_administrator_secret_arn"], place))
    return Logins(administrator=administrator, application=application)


def _elsewhere(cloud: Cloud, parameter: str) -> Logins:
    make_database(cloud, _DATABASE, cloud.database_user)
    application = {
        "username": _USER,
        "password": secrets.token_urlsafe(24),
        "host": cloud.database_host,
        "port": cloud.database_port,
        "dbname": _DATABASE,
    }
    value = json.dumps(application)
    cloud.client("ssm").put_parameter(Name=parameter, Value=value, Type="SecureString", Overwrite=True)
    administrator = {"username": cloud.database_user, "password": cloud.database_password}
    return Logins(administrator=administrator, application=application)


def _secret(cloud: Cloud, arn: str) -> dict[str, Any]:
    answer = cloud.client("secretsmanager").get_secret_value(SecretId=arn)
    value: dict[str, Any] = json.loads(answer["SecretString"])
    return value
