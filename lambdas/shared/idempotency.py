"""Idempotency-Key: a call that is repeated with the same key has one effect and the same answer.

The key is written in the transaction of the effect, so that there is never one without the other; a second call at
the same moment waits for the first to end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from lambdas.shared.database import Session
from lambdas.shared.errors import Problem
from lambdas.shared.http import Request

T = TypeVar("T")


def once(session: Session, user: str, request: Request[Any, Any], shape: type[T], effect: Callable[[], T]) -> T:
    """What the effect answers, or answered to an earlier call of the last 24 hours with the same key.

    The same key for another request is a 422 problem. Without a key the effect simply happens.
    """
    key = request.idempotency_key
    if key is None:
        return effect()
    named = {"user": user, "key": key, "hash": request.fingerprint}
    claimed = session.one(
        "INSERT INTO idempotency_keys AS known (user_id, key, request_hash, expires_at)"
        " VALUES (%(user)s, %(key)s, %(hash)s, now() + interval '24 hours')"
        " ON CONFLICT (user_id, key) DO UPDATE SET request_hash = excluded.request_hash,"
        " expires_at = excluded.expires_at, response = NULL WHERE known.expires_at < now() RETURNING key",
        named,
    )
    if claimed is None:
        return _repeated(session, named, shape)
    answer = effect()
    session.run(
        "UPDATE idempotency_keys SET response = %(response)s WHERE user_id = %(user)s AND key = %(key)s",
        named | {"response": msgspec.json.encode(answer).decode()},
    )
    return answer


def forget(session: Session, user: str, request: Request[Any, Any]) -> None:
    """The call had no effect after all: the next one with its key is a first one."""
    session.run(
        "DELETE FROM idempotency_keys WHERE user_id = %(user)s AND key = %(key)s",
        {"user": user, "key": request.idempotency_key},
    )


def _repeated(session: Session, named: dict[str, str], shape: type[T]) -> T:
    known = session.one(
        "SELECT request_hash, response FROM idempotency_keys WHERE user_id = %(user)s AND key = %(key)s", named
    )
    if known is None or known["request_hash"] != named["hash"]:
        raise Problem(422, "The Idempotency-Key was used for another request; send a new key with a new request.")
    return msgspec.convert(known["response"], shape)
