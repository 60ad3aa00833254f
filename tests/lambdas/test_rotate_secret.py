"""Rotation on a real PostgreSQL: at every instant, whatever is killed, repeated or late, the current secret logs in."""

from __future__ import annotations

import importlib
import json
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from botocore.exceptions import ClientError

from lambdas.shared import aws
from tests.lambdas.conftest import Postgres
from tests.lambdas.rotation import ADMINISTRATOR, APPLICATION, CLONE, FIRST, USER, System

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
# 100 for the full experiment; a sample of them otherwise, which takes seconds.
INTERLEAVINGS = int(os.environ.get("ROTATION_INTERLEAVINGS", "8"))


@pytest.fixture(scope="module")
def prepared(postgres: Postgres) -> System:
    system = System(postgres.url, postgres.secret)
    system.prepare()
    return system


@pytest.fixture
def system(prepared: System, monkeypatch: pytest.MonkeyPatch) -> System:
    prepared.reset()
    monkeypatch.setenv("ADMINISTRATOR_SECRET_ARN", ADMINISTRATOR)
    monkeypatch.setattr(aws, "client", lambda service: prepared.manager)
    return prepared


@pytest.fixture
def step(system: System) -> Callable[[str, str, str], None]:
    """Do one step as Secrets Manager would: (step, token, secret)."""
    module = importlib.import_module("lambdas.rotate_secret.handler")

    def do(name: str, token: str, secret: str = APPLICATION) -> None:
        module.handler({"Step": name, "SecretId": secret, "ClientRequestToken": token}, None)

    return do


def rotate(system: System, step: Callable[..., None], secret: str = APPLICATION) -> dict[str, Any]:
    token = system.manager.start(secret)
    for name in STEPS:
        step(name, token, secret)
    return system.manager.current(secret)


@pytest.mark.requirement(26, 38)
def test_two_users_take_turns_and_the_one_before_stays_valid(system: System, step: Callable[..., None]) -> None:
    first = system.manager.current(APPLICATION)
    second = rotate(system, step)
    assert (second["username"], second["host"], second["dbname"]) == (CLONE, first["host"], "rotating")
    assert system.run(second, "SELECT current_user") == [(CLONE,)]
    assert system.run(first, "SELECT current_user") == [(USER,)]
    third = rotate(system, step)
    assert third["username"] == USER
    assert system.run(third, "SELECT current_user") == [(USER,)]
    assert system.run(second, "SELECT current_user") == [(CLONE,)]
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        system.run(first, "SELECT 1")


@pytest.mark.requirement(26, 34)
def test_passwords_are_long_random_and_need_no_quoting(system: System, step: Callable[..., None]) -> None:
    passwords = {str(rotate(system, step)["password"]) for _ in range(3)}
    assert len(passwords) == 3
    assert all(len(password) == 40 and password.isascii() and password.isalnum() for password in passwords)


@pytest.mark.requirement(26)
def test_the_current_secret_logs_in_at_every_instant(system: System, step: Callable[..., None]) -> None:
    instants = 0

    def probe() -> None:
        nonlocal instants
        instants += 1
        system.run(system.manager.current(APPLICATION), "SELECT 1")

    for _ in range(3):
        token = system.manager.start(APPLICATION)
        system.manager.after_each = probe
        for name in STEPS:
            step(name, token)
            probe()
        system.manager.after_each = lambda: None
    assert instants > 40


@pytest.mark.parametrize("done", range(1, 5))
def test_a_rotation_killed_after_any_step_is_taken_up_from_the_start(
    done: int, system: System, step: Callable[..., None]
) -> None:
    token = system.manager.start(APPLICATION)
    for name in STEPS[:done]:
        step(name, token)
    system.run(system.manager.current(APPLICATION), "SELECT 1")
    kept = system.manager.values[APPLICATION].get(token)
    for name in STEPS:
        step(name, token)
    assert system.manager.values[APPLICATION][token] == kept
    assert system.manager.labels[APPLICATION]["AWSCURRENT"] == token
    assert system.run(system.manager.current(APPLICATION), "SELECT current_user") == [(CLONE,)]


@pytest.mark.parametrize("name", STEPS)
def test_a_step_killed_at_any_call_of_its_own_changes_nothing_for_the_application(
    name: str, system: System, step: Callable[..., None]
) -> None:
    class Killed(BaseException):
        pass

    token = system.manager.start(APPLICATION)
    for before in STEPS[: STEPS.index(name)]:
        step(before, token)
    survived = 0
    while True:
        left = survived + 1

        def kill() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        system.manager.after_each = kill
        try:
            step(name, token)
            break
        except Killed:
            survived += 1
            system.run(system.manager.current(APPLICATION), "SELECT 1")
    system.manager.after_each = lambda: None
    assert survived > 0
    for rest in STEPS[STEPS.index(name) :]:
        step(rest, token)
    assert system.manager.labels[APPLICATION]["AWSCURRENT"] == token


@pytest.mark.parametrize("seed", range(INTERLEAVINGS))
def test_in_any_order_and_repetition_of_steps_the_current_secret_logs_in(
    seed: int, system: System, step: Callable[..., None]
) -> None:
    order = random.Random(seed)
    tokens = [system.manager.start(APPLICATION)]
    for _ in range(24):
        if system.manager.labels[APPLICATION]["AWSCURRENT"] == tokens[-1] and order.random() < 0.5:
            tokens.append(system.manager.start(APPLICATION))
        try:
            # Stale rotations are repeated as well, the running one more often.
            step(order.choice(STEPS), order.choice([*tokens, tokens[-1], tokens[-1]]))
        except Exception as error:
            assert type(error).__name__ == "RotationRefused", error
        system.run(system.manager.current(APPLICATION), "SELECT 1")
    for name in STEPS:
        step(name, tokens[-1])
    assert system.manager.labels[APPLICATION]["AWSCURRENT"] == tokens[-1]
    system.run(system.manager.current(APPLICATION), "SELECT 1")


def test_a_rotation_started_twice_at_once_ends_with_one_secret_that_works(
    system: System, step: Callable[..., None]
) -> None:
    for _ in range(3):
        token = system.manager.start(APPLICATION)
        failures: list[BaseException] = []

        def work(token: str = token, failures: list[BaseException] = failures) -> None:
            for name in STEPS:
                try:
                    step(name, token)
                except ClientError as error:  # the second of two that store at once; Secrets Manager tries again
                    failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            system.run(system.manager.current(APPLICATION), "SELECT 1")
        for thread in threads:
            thread.join()
        for name in STEPS:
            step(name, token)
        assert system.manager.labels[APPLICATION]["AWSCURRENT"] == token
        system.run(system.manager.current(APPLICATION), "SELECT 1")


@pytest.mark.requirement(203)
def test_the_second_user_may_do_what_the_first_may_and_no_more(system: System, step: Callable[..., None]) -> None:
    second = rotate(system, step)
    assert system.run(second, "SELECT count(*) FROM goals") == [(0,)]
    for forbidden in ("CREATE TABLE public.own (id int)", "DELETE FROM audit_events", "SELECT 1 FROM alembic_version"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            system.run(second, forbidden)
    assert system.run(second, "SHOW statement_timeout") == [("10s",)]
    assert system.run(second, "SELECT rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user") == [
        (False, False)
    ]


def test_rights_that_a_migration_gave_or_took_follow_at_the_next_rotation(
    system: System, step: Callable[..., None]
) -> None:
    rotate(system, step)
    system.run(system.administrator, "CREATE TABLE later (id int)")
    system.run(system.administrator, f"GRANT SELECT ON later TO {CLONE}")
    system.run(system.administrator, f"REVOKE DELETE ON reflections FROM {CLONE}")
    try:
        third = rotate(system, step)
        assert third["username"] == USER
        assert system.run(third, "SELECT count(*) FROM later") == [(0,)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            system.run(third, "DELETE FROM reflections")
    finally:
        system.run(system.administrator, "DROP TABLE later")
        system.run(system.administrator, f"GRANT DELETE ON reflections TO {USER}")


@pytest.mark.requirement(38)
def test_the_administrator_rotates_and_the_application_can_in_the_midst_of_it(
    system: System, step: Callable[..., None]
) -> None:
    token = system.manager.start(ADMINISTRATOR)
    for name in STEPS[:2]:
        step(name, token, ADMINISTRATOR)
    assert rotate(system, step)["username"] == CLONE
    for name in STEPS:
        step(name, token, ADMINISTRATOR)
    administrator = system.manager.current(ADMINISTRATOR)
    assert administrator["username"] == "rotating_admin"
    assert administrator["password"] != "first-admin"
    assert system.run(administrator, "SELECT current_user") == [("rotating_admin",)]
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        system.run(system.administrator, "SELECT 1")


def refused(call: Callable[[], None]) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the class is the function's own
        call()
    assert type(raised.value).__name__ == "RotationRefused"
    return str(raised.value)


def test_a_pending_password_for_the_user_in_use_never_reaches_the_server(
    system: System, step: Callable[..., None]
) -> None:
    token = system.manager.start(APPLICATION)
    planted = system.application | {"password": "planted"}
    system.manager.values[APPLICATION][token] = json.dumps(planted)
    assert "it is the turn of 'rotated_app_clone'" in refused(lambda: step("setSecret", token))
    system.run(system.application, "SELECT 1")


def test_steps_out_of_turn_are_refused_and_say_why(system: System, step: Callable[..., None]) -> None:
    token = system.manager.start(APPLICATION)
    assert "has no value yet" in refused(lambda: step("setSecret", token))
    assert "is none of this secret's" in refused(lambda: step("createSecret", "unknown"))
    step("createSecret", token)
    assert "the server refuses user 'rotated_app_clone'" in refused(lambda: step("testSecret", token))
    assert "the server refuses user 'rotated_app_clone'" in refused(lambda: step("finishSecret", token))
    assert "there is no step 'dropSecret'" in refused(lambda: step("dropSecret", token))
    assert system.manager.labels[APPLICATION]["AWSCURRENT"] == FIRST


def test_before_the_first_migration_the_rotation_says_what_is_missing(
    system: System, step: Callable[..., None]
) -> None:
    ghost = system.application | {"username": "nobody_yet"}
    system.manager.values[APPLICATION] = {FIRST: json.dumps(ghost)}
    token = system.manager.start(APPLICATION)
    step("createSecret", token)
    assert "run the migrations first" in refused(lambda: step("setSecret", token))


def test_no_password_is_sent_in_clear_text(system: System, step: Callable[..., None]) -> None:
    system.as_superuser("rotating", "ALTER ROLE rotating_admin SET log_statement = 'all'")
    try:
        password = rotate(system, step)["password"]
    finally:
        system.as_superuser("rotating", "ALTER ROLE rotating_admin RESET log_statement")
    log = Path(os.environ["PGSSLROOTCERT"]).with_name("postgres.log").read_text(errors="replace")
    assert f'ALTER ROLE "{CLONE}" PASSWORD' in log
    assert password not in log
