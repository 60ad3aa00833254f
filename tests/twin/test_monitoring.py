"""Repository monitoring as its users meet it: followed through the API, fired, and read as summaries."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.twin.command import run
from tests.twin.system import System, User, call, eventually

pytestmark = [pytest.mark.twin, pytest.mark.slow]
TWIN = str(Path(sys.executable).with_name("twin"))
JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all tests of this file, without the demonstration."""
    folder = tmp_path_factory.mktemp("monitoring") / "twin"
    command = [TWIN, "up", "--foreground", "--no-demo", "--json", "--folder", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        said = process.stdout.readline()
        assert said.startswith("{"), said
        try:
            yield System(folder)
        finally:
            process.stdin.close()
            assert process.wait(60) == 0


@pytest.fixture(scope="module")
def user(system: System) -> User:
    return system.sign_in(**system.state["user"])


@pytest.fixture(autouse=True)
def _no_faults_left(system: System) -> Iterator[None]:
    yield
    system.clear_faults()
    call("DELETE", f"{system.state['github_url']}/_twin/faults")


def follow(user: User, repo: str, owner: str = "pulumi") -> str:
    made = user.call("POST", "/sources", {"owner": owner, "repo": repo})
    assert made.status == 201, made.text
    return str(made.json["id"])


def happen(system: System, repo: str, title: str, kind: str = "release") -> None:
    body = {"repository": f"pulumi/{repo}", "kind": kind, "title": title, "body": "What is new."}
    assert call("POST", f"{system.state['github_url']}/_twin/activities", body).status == 201


def fire(system: System, *, within: float = 60) -> dict[str, Any]:
    """Fire the schedule as a person does and wait for the run's end; its summary."""
    answer = run("fire", "repository-monitoring", "--json", folder=system.folder)
    assert answer.returncode == 0, answer.stderr
    arn, client = json.loads(answer.stdout)["started"], system.client("stepfunctions")

    def ended() -> Any:
        execution = client.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    execution = eventually(ended, within=within)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    summary: dict[str, Any] = json.loads(execution["output"])
    return summary


def activities(user: User, source: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = user.call("GET", f"/activities?sourceId={source}").json["items"]
    return found


def source(user: User, identifier: str) -> dict[str, Any]:
    return next(item for item in user.call("GET", "/sources").json["items"] if item["id"] == identifier)


def waiting(system: System, queue: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    url = system.state["outputs"][queue]
    attributes = system.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in attributes.values())


@contextmanager
def database(system: System) -> Iterator[Any]:
    """A cursor of the administrator's, committed at the end."""
    secrets, name = system.client("secretsmanager"), system.state["outputs"]["database_administrator_secret_arn"]
    values = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    values["user"] = values.pop("username")
    connection = psycopg2.connect(**values, sslmode="verify-full", sslrootcert=system.state["database_ca_file"])
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


@pytest.mark.requirement(85, 89, 260, 261, 264, 265)
def test_a_fired_run_ends_with_summaries_in_japanese_and_a_failing_source_stops_no_other(
    system: System, user: User
) -> None:
    seeded, gone = follow(user, "pulumi"), follow(user, "missing-for-ever")
    summary = fire(system)
    assert (summary["sources"], summary["newActivities"], summary["failedSources"]) == (2, 3, 1)
    assert summary["failures"] == [{"sourceId": gone, "error": "RepositoryNotFound"}]

    def summarised() -> list[dict[str, Any]]:
        found = activities(user, seeded)
        return found if {item["state"] for item in found} == {"completed"} else []

    found = eventually(summarised)
    assert {item["kind"] for item in found} == {"release", "issue", "pull_request"}
    assert all(JAPANESE.search(item["titleJa"]) and JAPANESE.search(item["summaryJa"]) for item in found)
    assert (source(user, gone)["lastError"], source(user, gone)["lastCheckedAt"]) == ("RepositoryNotFound", None)
    assert source(user, seeded)["lastCheckedAt"]
    assert fire(system)["newActivities"] == 0
    assert len(activities(user, seeded)) == 3


@pytest.mark.requirement(90, 262, 263)
def test_an_outage_of_github_fails_the_source_alone_and_the_next_run_makes_up_for_it(
    system: System, user: User
) -> None:
    troubled, well = follow(user, "troubled"), follow(user, "well")
    for repo in ("troubled", "well"):
        happen(system, repo, f"v1 of {repo}")
    # GitHub answers something that is no list: it counts as an outage and is tried again by the workflow.
    fault = {"contains": "/troubled/", "kind": "malformed", "times": None}
    assert call("POST", f"{system.state['github_url']}/_twin/faults", fault).status < 300
    failures = fire(system, within=120)["failures"]
    assert {"sourceId": troubled, "error": "GitHubUnavailable"} in failures
    assert well not in {failure["sourceId"] for failure in failures}
    assert source(user, troubled)["lastCheckedAt"] is None
    call("DELETE", f"{system.state['github_url']}/_twin/faults")
    assert fire(system)["newActivities"] == 1
    assert [item["title"] for item in activities(user, troubled)] == ["v1 of troubled"]
    assert source(user, troubled)["lastError"] is None


@pytest.mark.requirement(86, 89, 264)
def test_what_cannot_be_summarised_waits_in_the_dead_letter_queue_and_the_rest_is_done(
    system: System, user: User
) -> None:
    client, queue = system.client("sqs"), system.state["outputs"]["activities_queue_url"]
    client.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    watched = follow(user, "poisoned")
    for title in ("poison", "remedy"):
        happen(system, "poisoned", title)
    system.fault(contains="poison<", kind="error", times=None)
    fire(system)
    eventually(lambda: waiting(system, "activities_dead_letter_queue_url") == 1, within=60)
    states = {item["title"]: item["state"] for item in activities(user, watched)}
    assert states == {"poison": "failed", "remedy": "completed"}
    eventually(lambda: waiting(system, "activities_queue_url") == 0)


@pytest.mark.requirement(258, 273)
def test_retention_can_be_fired_and_archives_what_ended_long_ago(system: System, user: User) -> None:
    goal = user.goal_with_actions(["Splice a rope"])
    execution = user.generate(goal)["id"]
    with database(system) as cursor:
        cursor.execute(
            "UPDATE workflow_executions SET finished_at = now() - interval '91 days' WHERE id = %s", [execution]
        )
        assert cursor.rowcount == 1
    assert run("fire", "retention", folder=system.folder).returncode == 0
    bucket, store = system.state["outputs"]["archive_bucket"], system.client("s3")
    [archived] = eventually(lambda: store.list_objects_v2(Bucket=bucket).get("Contents"))
    assert archived["Key"].startswith("workflow_executions/")
    assert eventually(lambda: user.call("GET", f"/ai/executions/{execution}").status == 404)
    assert len(user.tasks(goal)) >= 3
