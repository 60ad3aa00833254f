"""The enforce_retention function: how long each table keeps its rows, and the archive of executions."""

from __future__ import annotations

import gzip
import json
import os
from typing import Any

import psycopg2
import pytest
from botocore.stub import ANY

from lambdas.enforce_retention import handler as enforce_retention
from tests.lambdas import workflow


@pytest.fixture(autouse=True)
def nothing_else_is_old(database: Any) -> None:
    """Other tests of the session leave rows behind."""
    database.query("DELETE FROM workflow_executions WHERE finished_at < now() - interval '80 days'")


def enforce() -> dict[str, Any]:
    done: dict[str, Any] = workflow.step("enforce_retention", {})
    return done


def age(database: Any, table: str, column: str, days: int, where: str, value: object) -> None:
    database.query(f"UPDATE {table} SET {column} = now() - {days} * interval '1 day' WHERE {where} = %s", value)


@pytest.mark.requirement(243, 273)
def test_every_table_keeps_its_rows_for_its_time_and_no_longer(person: Any, stub: Any, database: Any) -> None:
    goal = person.goal()["id"]
    person.call("createGoal", body={"title": "x"}, headers={"Idempotency-Key": "old"})
    stub("lambda").add_response("invoke", {"StatusCode": 202})
    person.call("proposeSubGoals", body={"goalId": goal})
    source = person.call("createSource", body={"owner": "a", "repo": "b"}).json["id"]
    database.query(
        "INSERT INTO activities (data_source_id, kind, github_id, title, url, occurred_at)"
        " SELECT %s, 'issue', number, 't', 'u', now() FROM generate_series(1, 2) number",
        source,
    )
    user = person.user_id(database)
    counted = {
        "idempotency_keys": "user_id = %s",
        "proposals": "user_id = %s",
        "model_calls": "user_id = %s",
        "activities": "data_source_id IN (SELECT id FROM data_sources WHERE user_id = %s)",
    }

    def kept() -> dict[str, int]:
        return {
            table: database.query(f"SELECT count(*) FROM {table} WHERE {where}", user)[0][0]
            for table, where in counted.items()
        }

    database.query("UPDATE model_calls SET on_date = current_date - 34 WHERE user_id = %s", user)
    age(database, "activities", "created_at", 179, "data_source_id", source)
    enforce()
    assert kept() == {"idempotency_keys": 1, "proposals": 1, "model_calls": 1, "activities": 2}
    age(database, "idempotency_keys", "expires_at", 1, "user_id", user)
    age(database, "proposals", "expires_at", 1, "user_id", user)
    database.query("UPDATE model_calls SET on_date = current_date - 37 WHERE user_id = %s", user)
    age(database, "activities", "created_at", 181, "data_source_id", source)
    removed = enforce()["removed"]
    assert kept() == dict.fromkeys(counted, 0)
    assert removed["activities"] >= 2
    assert person.call("getGoal", {"goalId": goal}).status == 200


@pytest.mark.requirement(243, 273)
def test_a_person_who_has_not_been_seen_for_three_years_is_erased(person: Any, other: Any, database: Any) -> None:
    person.goal()
    other.goal()
    user = person.user_id(database)
    age(database, "users", "last_seen_at", 1096, "id", user)
    age(database, "users", "last_seen_at", 1094, "id", other.user_id(database))
    assert enforce()["erased"] == 1
    assert database.query("SELECT count(*) FROM goals WHERE user_id = %s", user) == [(0,)]
    assert len(other.call("listGoals").json["items"]) == 1
    assert database.query("SELECT action, detail FROM audit_events WHERE entity_id = %s", user) == [
        ("erase", {"reason": "inactive"})
    ]
    age(database, "users", "erased_at", 31, "id", user)
    assert enforce()["removed"]["users"] == 1


@pytest.mark.requirement(258)
def test_executions_older_than_ninety_days_are_archived_and_their_tasks_stay(
    person: Any, stub: Any, database: Any
) -> None:
    goal = person.goal()["id"]
    (action,) = person.chart(goal)
    runs = []
    for _ in range(2):
        run = workflow.begin(workflow.start(person, stub, goal))
        workflow.step("get_actions", {"run": run})
        workflow.finish(run, [workflow.save(run, action)])
        runs.append(run["executionId"])
    database.query("UPDATE workflow_executions SET reason = 'my own words' WHERE id = %s", runs[0])
    age(database, "workflow_executions", "finished_at", 91, "id", runs[0])
    age(database, "workflow_executions", "finished_at", 89, "id", runs[1])
    written: dict[str, Any] = {}
    expected = {"Bucket": os.environ["ARCHIVE_BUCKET"], "Key": ANY, "Body": ANY, "ContentType": "application/gzip"}
    stub("s3").add_response("put_object", {}, expected)
    stub("s3").client.meta.events.register(
        "provide-client-params.s3.PutObject", lambda params, **_: written.update(params)
    )
    assert enforce()["archived"] == 1
    assert written["Key"].startswith("workflow_executions/2")
    assert written["Key"].endswith(".jsonl.gz")
    (line,) = gzip.decompress(written["Body"]).decode().splitlines()
    assert (json.loads(line)["id"], json.loads(line)["status"]) == (runs[0], "succeeded")
    assert "my own words" not in line
    assert [e["id"] for e in person.call("listExecutions").json["items"]] == [runs[1]]
    assert len(person.call("listTasks").json["items"]) == 3
    assert enforce()["archived"] == 0


def test_an_archive_that_cannot_be_written_leaves_the_executions(person: Any, stub: Any, database: Any) -> None:
    goal = person.goal()["id"]
    person.chart(goal)
    execution = workflow.start(person, stub, goal)["executionId"]
    database.query("UPDATE workflow_executions SET status = 'failed', finished_at = now() WHERE id = %s", execution)
    age(database, "workflow_executions", "finished_at", 91, "id", execution)
    stub("s3").add_client_error("put_object", "SlowDown", http_status_code=503)
    with pytest.raises(Exception, match="SlowDown"):
        enforce()
    assert len(person.call("listExecutions").json["items"]) == 1


def test_a_run_ends_before_its_time_is_over(person: Any, database: Any) -> None:
    person.call("createGoal", body={"title": "x"}, headers={"Idempotency-Key": "old"})
    user = person.user_id(database)
    age(database, "idempotency_keys", "expires_at", 1, "user_id", user)

    class Late:
        def get_remaining_time_in_millis(self) -> int:
            return 15_000

    assert enforce_retention.handler({}, Late())["removed"]["idempotency_keys"] == 0
    assert enforce_retention.handler({}, None)["removed"]["idempotency_keys"] >= 1


@pytest.mark.requirement(243)
def test_audit_events_are_forgotten_after_their_time_and_by_no_other_way(database: Any) -> None:
    database.query("INSERT INTO audit_events (action, entity, at) VALUES ('old', 'x', now() - interval '401 days')")
    database.query("INSERT INTO audit_events (action, entity, at) VALUES ('kept', 'x', now() - interval '399 days')")
    assert enforce()["removed"]["audit_events"] == 1
    assert database.query("SELECT action FROM audit_events WHERE entity = 'x'") == [("kept",)]
    connection = psycopg2.connect(
        **{name: database.secret[name] for name in ("host", "port", "dbname", "password")},
        user=database.secret["username"],
        sslmode="require",
    )
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.RaiseException, match="365 days"):
        cursor.execute("SELECT forget_audit_events(now())")
    connection.close()
