"""The auth function: the person, links to a goal, and the erasure of everything."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import time
from typing import Any

import pytest

from lambdas.auth.tokens import Grant, Signer
from lambdas.shared.errors import NotFound

ARN = os.environ["JWT_SECRET_ARN"]


def read(person: Any, token: str) -> Any:
    return person.call("getSharedMandala", {"token": token}, claims={})


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def forged(secret: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """A token made by hand."""
    signed = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)
    )
    signature = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_a_person_reads_and_changes_themselves(person: Any) -> None:
    me = person.call("getMe", headers={"Accept-Language": "ja-JP,ja;q=0.9"}).json
    assert (me["name"], me["locale"]) == (None, "ja")
    changed = person.call("updateMe", body={"name": "Aki", "locale": "en"})
    assert (changed.status, changed.json["name"], changed.json["locale"]) == (200, "Aki", "en")
    assert person.call("getMe").json == changed.json
    assert person.call("updateMe", body={}).status == 400


def test_a_link_shows_one_goal_without_signing_in_and_without_what_is_private(person: Any) -> None:
    goal = person.goal(background="45 years old", constraints="No money")
    person.chart(goal["id"], 1, 2)
    made = person.call("createShareLink", body={"goalId": goal["id"], "days": 1})
    assert made.status == 201
    assert made.headers["Location"] == f"/v1/auth/shared/{made.json['token']}"
    left = dt.datetime.fromisoformat(made.json["expiresAt"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(hours=23, minutes=59) < left <= dt.timedelta(days=1)
    shown = read(person, made.json["token"])
    assert shown.status == 200
    assert shown.json["goal"] == {
        "title": goal["title"],
        "description": "",
        "deadline": None,
        "status": "draft",
        "progress": 0,
    }
    assert len(shown.json["subGoals"][0]["actions"]) == 2
    assert "45 years" not in shown.text


def test_a_link_is_a_jwt_signed_with_hs256(person: Any, secrets: dict[str, str]) -> None:
    token = person.call("createShareLink", body={"goalId": person.goal()["id"]}).json["token"]
    header, claims, signature = token.split(".")
    assert decoded(header) | {"kid": ""} == {"alg": "HS256", "typ": "JWT", "kid": ""}
    expected = hmac.digest(secrets[ARN].encode(), f"{header}.{claims}".encode(), "sha256")
    assert base64.urlsafe_b64decode(signature + "=") == expected
    assert decoded(claims)["exp"] - time.time() == pytest.approx(7 * 86_400, abs=5)


def test_a_links_token_stands_in_no_log(person: Any, log: Any) -> None:
    token = person.call("createShareLink", body={"goalId": person.goal()["id"]}).json["token"]
    assert read(person, token).status == 200
    assert [line["path"] for line in log() if line["message"] == "request"][-1] == "/auth/shared/{token}"
    assert token not in json.dumps(log())


def test_what_is_not_a_link_of_ours_shows_nothing(person: Any, secrets: dict[str, str]) -> None:
    goal = person.goal()["id"]
    token = person.call("createShareLink", body={"goalId": goal}).json["token"]
    header, claims = (decoded(part) for part in token.split(".")[:2])
    secret = secrets[ARN]
    assert read(person, forged(secret, header, claims)).status == 200
    for bad in (
        forged("guessed", header, claims),
        forged(secret, header | {"alg": "none"}, claims),
        forged(secret, header | {"kid": "00000000"}, claims),
        forged(secret, {"alg": "HS256"}, claims),
        forged(secret, header, claims | {"exp": int(time.time()) - 1}),
        forged(secret, header, claims | {"aud": "api"}),
        forged(secret, header, {"aud": "share"}),
        token[:-3] + "AAA",
        "a.b.c",
        "nothing",
    ):
        assert read(person, bad).status == 404, bad
    person.call("deleteGoal", {"goalId": goal})
    assert read(person, token).status == 404


def test_a_link_outlives_one_replacement_of_the_secret_and_not_two(secrets: dict[str, str]) -> None:
    secrets[ARN] = "first"
    grant = Grant(user="u", goal="g", expires_at=int(time.time()) + 60)
    token = Signer(ARN).sign(grant)
    secrets |= {ARN: "second", f"{ARN}#AWSPREVIOUS": "first"}
    assert Signer(ARN).read(token) == grant
    assert Signer(ARN).read(Signer(ARN).sign(grant)) == grant
    secrets |= {ARN: "third", f"{ARN}#AWSPREVIOUS": "second"}
    with pytest.raises(NotFound):
        Signer(ARN).read(token)


def test_a_running_function_learns_of_a_new_secret(secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    secrets[ARN] = "first"
    running = Signer(ARN)
    grant = Grant(user="u", goal="g", expires_at=int(time.time()) + 60)
    running.sign(grant)
    secrets |= {ARN: "second", f"{ARN}#AWSPREVIOUS": "first"}
    token = Signer(ARN).sign(grant)
    monkeypatch.setattr(running, "_read_at", time.monotonic() - 2)
    assert running.read(token) == grant


def test_the_name_of_a_key_tells_nothing_about_it(secrets: dict[str, str]) -> None:
    secrets[ARN] = "secret"
    header = decoded(Signer(ARN).sign(Grant(user="u", goal="g", expires_at=1)).split(".")[0])
    assert header["kid"] not in hashlib.sha256(b"secret").hexdigest()


@pytest.mark.requirement(243)
def test_an_erased_person_leaves_nothing_but_an_id_in_the_audit_trail(person: Any, stub: Any, database: Any) -> None:
    goal = person.goal()["id"]
    person.chart(goal)
    person.call("updateMe", body={"name": "Aki"})
    person.call("createSource", body={"owner": "pulumi", "repo": "pulumi"})
    person.call("createReflection", {"goalId": goal}, body={"onDate": "2027-01-09"}, headers={"Idempotency-Key": "k"})
    user = person.user_id(database)
    expected = {"UserPoolId": os.environ["USER_POOL_ID"], "Username": "aki"}
    stub("cognito-idp").add_response("admin_delete_user", {}, expected)
    assert person.call("eraseMe", claims={"username": "aki"}).status == 204
    for table in ("goals", "data_sources", "proposals", "idempotency_keys"):
        assert database.query(f"SELECT * FROM {table} WHERE user_id = %s", user) == [], table
    ((subject, email, name, erased_at),) = database.query(
        "SELECT cognito_sub, email, name, erased_at FROM users WHERE id = %s", user
    )
    assert (subject, email, name) == (f"erased:{user}", None, None)
    assert erased_at is not None
    assert database.query("SELECT action, entity FROM audit_events WHERE entity_id = %s", user) == [("erase", "user")]
    assert person.call("listGoals").json["items"] == []


def test_an_erasure_that_the_user_pool_refuses_can_be_repeated(person: Any, stub: Any) -> None:
    person.goal()
    cognito = stub("cognito-idp")
    cognito.add_client_error("admin_delete_user", "TooManyRequestsException")
    refused = person.call("eraseMe")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert person.call("listGoals").json["items"] == []
    cognito.add_client_error("admin_delete_user", "UserNotFoundException")
    assert person.call("eraseMe").status == 204
