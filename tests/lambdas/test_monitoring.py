"""Repository monitoring: its steps on a real database against a GitHub of our own."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from typing import Any

import pytest

from lambdas.detect_updates import github
from lambdas.enqueue_activities.handler import QueueingFailed
from tests.lambdas import workflow
from tests.lambdas.followed import detect, follow, happen
from tests.twin.standins.conftest import Server
from twin.standins.github import github_app


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without making them."""
    made: list[float] = []
    monkeypatch.setattr("lambdas.detect_updates.github.time.sleep", made.append)
    return made


def stored(database: Any, source: str) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = database.query(
        "SELECT kind, title FROM activities WHERE data_source_id = %s ORDER BY kind, title", source
    )
    return rows


@pytest.mark.requirement(260)
def test_only_enabled_sources_are_listed_the_longest_waiting_first(person: Any, database: Any) -> None:
    database.query("DELETE FROM data_sources")
    ids = [follow(person, f"r{number}") for number in range(3)]
    person.call("updateSource", {"sourceId": ids[1]}, body={"enabled": False})
    database.query("UPDATE data_sources SET last_checked_at = now() WHERE id = %s", ids[0])
    assert workflow.step("list_data_sources", {}) == {"sources": [{"sourceId": ids[2]}, {"sourceId": ids[0]}]}


@pytest.mark.requirement(260, 261)
def test_what_is_new_is_stored_once_and_named_for_the_queue(person: Any, database: Any, hub: Server, repo: str) -> None:
    source = follow(person, repo)
    assert detect(source)["new"] == 0  # all of the invented history is older than a week
    for kind in ("release", "issue", "pull_request"):
        happen(hub, repo, kind, f"A new {kind}")
    found = detect(source)
    assert stored(database, source) == [
        ("issue", "A new issue"),
        ("pull_request", "A new pull_request"),
        ("release", "A new release"),
    ]
    assert (found["new"], len(found["activityIds"])) == (3, 3)
    again = detect(source)
    assert (again["new"], sorted(again["activityIds"])) == (0, sorted(found["activityIds"]))
    assert len(stored(database, source)) == 3


@pytest.mark.requirement(261)
def test_every_page_is_read(person: Any, database: Any, hub: Server, repo: str) -> None:
    source = follow(person, repo)
    for number in range(205):
        happen(hub, repo, "issue", f"Issue {number}")
    assert detect(source)["new"] == 205


@pytest.mark.requirement(263)
def test_a_list_that_has_not_changed_costs_nothing(person: Any, hub: Server, repo: str) -> None:
    source = follow(person, repo)
    found = detect(source)
    assert set(found["etags"]) == {"releases", "issues"}
    workflow.step("mark_checked", found)
    remaining = hub.send("GET", f"/repos/pulumi/{repo}/releases").headers["X-RateLimit-Remaining"]
    again = detect(source)
    assert again["etags"] == found["etags"]
    now = hub.send("GET", f"/repos/pulumi/{repo}/issues").headers["X-RateLimit-Remaining"]
    assert int(remaining) - int(now) == 1
    happen(hub, repo, "release", "v9")
    assert detect(source)["new"] == 1


@pytest.mark.requirement(263)
def test_a_pause_that_github_asks_for_is_made(person: Any, hub: Server, repo: str, waits: list[float]) -> None:
    source = follow(person, repo)
    hub.send("POST", "/_twin/faults", {"contains": repo, "kind": "throttle", "times": 2})
    assert detect(source)["new"] == 0
    assert waits == [1.0, 1.0]


@pytest.mark.requirement(263)
def test_the_waits_for_one_source_have_an_end(person: Any, hub: Server, repo: str, waits: list[float]) -> None:
    source = follow(person, repo)
    hub.send("POST", "/_twin/faults", {"contains": repo, "kind": "throttle"})
    with pytest.raises(github.GitHubRateLimited, match="0 s are left"):
        detect(source)
    assert sum(waits) == 60


@pytest.mark.requirement(263)
def test_a_used_up_limit_is_waited_for_until_it_is_reset(
    person: Any, repo: str, monkeypatch: pytest.MonkeyPatch, waits: list[float], secrets: dict[str, str]
) -> None:
    with Server(lambda: github_app(hourly_requests=1)) as small:
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        with pytest.raises(github.GitHubRateLimited, match="pause of 3[56]"):
            detect(follow(person, repo))
    assert waits == []


@pytest.mark.requirement(263)
@pytest.mark.parametrize("fault", [{"kind": "error", "status": 502}, {"kind": "reset"}])
def test_a_failure_of_github_is_tried_again_and_then_fails_the_source(
    person: Any, hub: Server, repo: str, waits: list[float], fault: dict[str, Any]
) -> None:
    source = follow(person, repo)
    hub.send("POST", "/_twin/faults", {"contains": repo, "times": 3, **fault})
    assert detect(source)["new"] == 0
    assert waits == [1, 2, 4]
    hub.send("POST", "/_twin/faults", {"contains": repo, "times": 4, **fault})
    with pytest.raises(github.GitHubUnavailable, match="failed 4 times"):
        detect(source)


def test_a_repository_that_is_gone_is_not_tried_again(person: Any, hub: Server, waits: list[float]) -> None:
    with pytest.raises(github.RepositoryNotFound, match="404"):
        detect(follow(person, f"missing-{uuid.uuid4().hex[:8]}"))
    assert waits == []


def test_an_answer_that_is_no_list_fails_the_source(person: Any, hub: Server, repo: str) -> None:
    hub.send("POST", "/_twin/faults", {"contains": repo, "kind": "malformed", "times": 1})
    with pytest.raises(github.GitHubUnavailable, match="no list"):
        detect(follow(person, repo))


def test_the_token_goes_to_github_and_to_nobody_else(
    hub: Server, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets["arn"] = "token\n"
    client = github.GitHub("arn")
    assert client._headers("e")["Authorization"] == "Bearer token"
    assert "Authorization" not in github.GitHub()._headers(None)
    with pytest.raises(github.GitHubUnavailable, match="which is not"):
        client.get("https://elsewhere.example.com/repos/a/b/issues")


def test_a_source_that_was_given_up_meanwhile_has_nothing_new(database: Any) -> None:
    found = detect(str(uuid.uuid4()))
    assert (found["new"], found["activityIds"]) == (0, [])


@pytest.mark.requirement(262)
def test_the_last_check_moves_only_when_all_was_seen_and_queued(
    person: Any, database: Any, hub: Server, repo: str
) -> None:
    source = follow(person, repo)
    found = detect(source)
    assert person.call("listSources").json["items"][0]["lastCheckedAt"] is None
    failed = {"sourceId": source, "error": {"Error": "QueueingFailed", "Cause": "words"}}
    assert workflow.step("mark_checked", failed) == {"sourceId": source, "error": "QueueingFailed"}
    (shown,) = person.call("listSources").json["items"]
    assert (shown["lastCheckedAt"], shown["lastError"]) == (None, "QueueingFailed")
    assert workflow.step("mark_checked", found) == {"sourceId": source, "new": 0}
    (shown,) = person.call("listSources").json["items"]
    assert dt.datetime.fromisoformat(shown["lastCheckedAt"]) == dt.datetime.fromisoformat(found["checkedAt"])
    assert shown["lastError"] is None
    earlier = found | {"checkedAt": "2020-01-01T00:00:00+00:00"}
    workflow.step("mark_checked", earlier)
    assert person.call("listSources").json["items"][0]["lastCheckedAt"] == shown["lastCheckedAt"]


def sent(stub: Any, *failures: list[dict[str, Any]]) -> list[list[str]]:
    """What is sent to the queue, batch by batch; each answer fails as told."""
    batches: list[list[str]] = []
    sqs = stub("sqs")
    for failed in failures:
        sqs.add_response("send_message_batch", {"Successful": [], "Failed": failed})

    def keep(params: dict[str, Any], **_: object) -> None:
        assert params["QueueUrl"] == os.environ["ACTIVITIES_QUEUE_URL"]
        batches.append([json.loads(entry["MessageBody"])["activityId"] for entry in params["Entries"]])

    sqs.client.meta.events.register("provide-client-params.sqs.SendMessageBatch", keep)
    return batches


@pytest.mark.requirement(261)
def test_at_most_ten_activities_are_sent_at_a_time(stub: Any) -> None:
    ids = [str(number) for number in range(23)]
    batches = sent(stub, [], [], [])
    answer = workflow.step("enqueue_activities", {"sourceId": "s", "activityIds": ids})
    assert answer == {"sourceId": "s", "queued": 23}
    assert batches == [ids[:10], ids[10:20], ids[20:]]


def test_what_the_queue_did_not_take_is_sent_once_more_and_then_fails(stub: Any) -> None:
    refused = [{"Id": "1", "Code": "InternalError", "SenderFault": False}]
    batches = sent(stub, refused, [])
    workflow.step("enqueue_activities", {"sourceId": "s", "activityIds": ["a", "b"]})
    assert batches == [["a", "b"], ["b"]]
    sent(stub, refused, [{"Id": "0", "Code": "InternalError", "SenderFault": False}])
    with pytest.raises(QueueingFailed, match="1 activities were not queued: InternalError"):
        workflow.step("enqueue_activities", {"sourceId": "s", "activityIds": ["a", "b"]})


@pytest.mark.requirement(265)
def test_a_run_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    results = [
        {"sourceId": "a", "new": 2},
        {"sourceId": "b", "error": "GitHubUnavailable"},
        {"sourceId": "c", "new": 0},
    ]
    assert workflow.step("summarize_run", {"results": results}) == {
        "sources": 3,
        "newActivities": 2,
        "failedSources": 1,
        "failures": [{"sourceId": "b", "error": "GitHubUnavailable"}],
    }
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    values = {name: value for line in lines for name, value in line.items() if name.startswith("monitoring_")}
    assert values == {
        "monitoring_sources_total": 3,
        "monitoring_activities_total": 2,
        "monitoring_failures_total": 1,
    }
