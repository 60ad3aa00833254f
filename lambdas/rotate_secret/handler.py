"""Rotation of the database's credentials, in the four steps that Secrets Manager calls one by one.

The application's secret alternates between two users: the password of the user in use is never touched, so that the
current version logs in at every instant, and the version before it until the next rotation. The administrator has one
user, whose password changes in setSecret: from then until finishSecret its pending version is the one that logs in,
and `_administrator` tries both. Every step may be repeated, late, or killed half-way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lambdas.rotate_secret import logic, server
from lambdas.rotate_secret.logic import CURRENT, PENDING, RotationRefused
from lambdas.shared import aws, environment
from lambdas.shared.logging import logger
from lambdas.shared.transactions import recorded


@dataclass(frozen=True, kw_only=True)
class Env:
    """What the function is told at its start."""

    administrator_secret_arn: str


ENV = environment.read(Env)


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """One rotation: the secret, the version that is being made, and whether two users take turns."""

    secret_id: str
    token: str

    @property
    def alternate(self) -> bool:
        """Two users take turns for everybody but the administrator."""
        return self.secret_id != ENV.administrator_secret_arn

    def is_done(self) -> bool:
        """Whether the new version is current already."""
        return logic.is_done(_stages(self.secret_id), self.token)

    def pending(self) -> dict[str, Any]:
        """The version that is being made."""
        secret = _value(self.secret_id, PENDING, self.token)
        if secret is None:
            raise RotationRefused(f"version {self.token} has no value yet: createSecret comes first")
        return secret


@recorded
def handler(event: dict[str, str], context: object) -> None:
    """{"Step", "SecretId", "ClientRequestToken"}: do one step, or nothing when it has been done."""
    step, rotation = event["Step"], Rotation(secret_id=event["SecretId"], token=event["ClientRequestToken"])
    if step not in STEPS:
        raise RotationRefused(f"there is no step '{step}': Secrets Manager calls {', '.join(STEPS)}")
    if rotation.is_done():
        logger.info("The rotation has been done.", step=step, version=rotation.token)
        return
    STEPS[step](rotation)
    logger.info("The step is done.", step=step, version=rotation.token)


def create_secret(rotation: Rotation) -> None:
    """Store the new credentials as pending; a version that has a value keeps it."""
    if _value(rotation.secret_id, PENDING, rotation.token) is not None:
        return
    pending = logic.next_secret(_current(rotation.secret_id), alternate=rotation.alternate)
    aws.client("secretsmanager").put_secret_value(
        SecretId=rotation.secret_id,
        ClientRequestToken=rotation.token,
        SecretString=json.dumps(pending, sort_keys=True),
        VersionStages=[PENDING],
    )


def set_secret(rotation: Rotation) -> None:
    """Give the pending user its password on the server: the other user's, never that of the user in use."""
    administrator = _administrator()
    with server.connected(administrator, administrator["host"], int(administrator["port"])) as connection:
        server.lock(connection)
        # Read under the lock: of a repetition that was overtaken, nothing must reach the server.
        if rotation.is_done():
            return
        current, pending = _current(rotation.secret_id), rotation.pending()
        logic.check_turn(current, pending, alternate=rotation.alternate)
        if rotation.alternate:
            server.make_twin(connection, pending, model=str(current["username"]))
        else:
            server.set_password(connection, pending)


def test_secret(rotation: Rotation) -> None:
    """Log in with the pending credentials."""
    pending, administrator = rotation.pending(), _current(ENV.administrator_secret_arn)
    if not server.logs_in(pending, administrator["host"], int(administrator["port"])):
        raise RotationRefused(f"the server refuses user '{pending['username']}' of version {rotation.token}")


def finish_secret(rotation: Rotation) -> None:
    """Make the pending version current. It is tried once more: nothing untried is ever current."""
    test_secret(rotation)
    stages = _stages(rotation.secret_id)
    if logic.is_done(stages, rotation.token):
        return
    aws.client("secretsmanager").update_secret_version_stage(
        SecretId=rotation.secret_id,
        VersionStage=CURRENT,
        MoveToVersionId=rotation.token,
        RemoveFromVersionId=logic.current_version(stages),
    )


STEPS: dict[str, Callable[[Rotation], None]] = {
    "createSecret": create_secret,
    "setSecret": set_secret,
    "testSecret": test_secret,
    "finishSecret": finish_secret,
}


def _administrator() -> dict[str, Any]:
    """The administrator's credentials that log in: the current ones, or in the midst of its rotation the pending."""
    current = _current(ENV.administrator_secret_arn)
    if server.logs_in(current, current["host"], int(current["port"])):
        return current
    pending = _value(ENV.administrator_secret_arn, PENDING)
    if pending is not None and server.logs_in(pending, pending["host"], int(pending["port"])):
        return pending
    raise RotationRefused(
        f"the server refuses the administrator '{current['username']}' with the current and the pending password: set "
        "its password to that of the current version"
    )


def _stages(secret_id: str) -> dict[str, list[str]]:
    """The labels of every version."""
    answer = aws.client("secretsmanager").describe_secret(SecretId=secret_id)
    stages: dict[str, list[str]] = answer["VersionIdsToStages"]
    return stages


def _current(secret_id: str) -> dict[str, Any]:
    secret = _value(secret_id, CURRENT)
    if secret is None:
        raise RotationRefused(f"{secret_id} has no current version")
    return secret


def _value(secret_id: str, stage: str, version: str | None = None) -> dict[str, Any] | None:
    client = aws.client("secretsmanager")
    which = {"VersionId": version} if version else {}
    try:
        answer = client.get_secret_value(SecretId=secret_id, VersionStage=stage, **which)
    except client.exceptions.ResourceNotFoundException:
        return None
    value: dict[str, Any] = json.loads(answer["SecretString"])
    return value
