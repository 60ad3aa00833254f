"""Who gets the next password, and whether a step of a rotation has anything to do."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
CLONE = "_clone"
PASSWORD_LENGTH = 40
# Letters and digits only: nothing that a connection string would have to quote.
LETTERS = string.ascii_letters + string.digits

Secret = Mapping[str, Any]
Stages = Mapping[str, Sequence[str]]


class RotationRefused(Exception):  # noqa: N818 - Secrets Manager shows the name
    """A step that must not be done; the message says why. The credentials in use stay as they are."""


def other_user(username: str) -> str:
    """The one of the two users that is not in use: `app` and `app_clone` take turns."""
    return username.removesuffix(CLONE) if username.endswith(CLONE) else username + CLONE


def next_secret(current: Secret, *, alternate: bool) -> dict[str, Any]:
    """The secret after this rotation: a new password, for the other user when two take turns."""
    username = str(current["username"])
    password = "".join(secrets.choice(LETTERS) for _ in range(PASSWORD_LENGTH))
    return {**current, "username": other_user(username) if alternate else username, "password": password}


def is_done(stages: Stages, token: str) -> bool:
    """Whether the version `token` is current already; `RotationRefused` when it is no part of a running rotation."""
    if token not in stages:
        raise RotationRefused(f"version {token} is none of this secret's: nothing was changed")
    if CURRENT in stages[token]:
        return True
    if PENDING not in stages[token]:
        raise RotationRefused(f"version {token} is not pending any more: the rotation that it belongs to has ended")
    return False


def current_version(stages: Stages) -> str:
    """The version that everybody reads."""
    return next(version for version, labels in stages.items() if CURRENT in labels)


def check_turn(current: Secret, pending: Secret, *, alternate: bool) -> None:
    """Refuse a pending secret that is not the next one: its password would end up with a user that is in use."""
    expected = other_user(str(current["username"])) if alternate else current["username"]
    if pending["username"] != expected:
        raise RotationRefused(
            f"the pending version is for user '{pending['username']}' and it is the turn of '{expected}': remove the "
            f"label {PENDING} from it and rotate again"
        )
