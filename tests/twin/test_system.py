"""The whole system as its users meet it: deployed from the program, called over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from lambdas.rotate_secret import logic as rotation
from tests.lambdas.conformance import DOCUMENT
from tests.twin.system import System, User, call, eventually

pytestmark = pytest.mark.twin
TWIN = str(Path(sys.executable).with_name("twin"))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for all tests of this file, with the demonstration in it."""
    folder = tmp_path_factory.mktemp("system") / "twin"
    command = [TWIN, "up", "--foreground", "--json", "--folder", str(folder)]
    # Its input is a pipe from here: when these tests are killed, it ends and takes everything with it.
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
    assert not folder.exists()


@pytest.fixture(scope="module")
def demo(system: System) -> User:
    """The demonstration user."""
    return system.sign_in(**system.state["user"])


@pytest.fixture(scope="module")
def user(system: System) -> User:
    """Somebody else."""
    return system.new_user("ada@example.com")


@pytest.fixture(autouse=True)
def _no_faults_left(system: System) -> Iterator[None]:
    yield
    system.clear_faults()


@pytest.mark.requirement(249, 259)
def test_the_demonstration_has_three_to_seven_different_tasks_for_each_of_64_actions(
    system: System, demo: User
) -> None:
    tasks = demo.tasks(system.state["goal_id"])
    per_action = Counter(task["actionId"] for task in tasks)
    assert len(per_action) == 64
    assert set(per_action.values()) <= set(range(3, 8))
    assert all(30 <= task["estimatedMinutes"] <= 60 for task in tasks)
    assert {task["status"] for task in tasks} == {"not_started"}
    assert len({task["title"] for task in tasks}) == len(tasks)


@pytest.mark.requirement(72, 74)
def test_a_call_without_a_valid_token_is_refused_as_a_problem(system: System) -> None:
    for headers in ({}, {"Authorization": "Bearer not-a-token"}):
        answer = call("GET", f"{system.state['api_url']}/goals", headers=headers)
        assert answer.status == 401
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json["status"] == 401


@pytest.mark.requirement(74)
def test_the_token_that_the_command_line_prints_is_accepted(system: System) -> None:
    printed = subprocess.run(
        [TWIN, "token", "--folder", str(system.folder)], capture_output=True, text=True, check=True, timeout=60
    )
    user = User(system.state["api_url"], printed.stdout.strip())
    assert system.state["goal_id"] in {goal["id"] for goal in user.call("GET", "/goals").json["items"]}


@pytest.mark.requirement(70)
def test_health_answers_without_a_token_with_version_and_latency(system: System) -> None:
    answer = call("GET", f"{system.state['api_url']}/health")
    assert answer.status == 200
    assert answer.json["status"] == "ok"
    assert answer.json["version"] == "0.1.0"
    assert 0 <= answer.json["databaseLatencyMs"] < 1000


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": 7}, {"title": "x", "unknown": 1}])
def test_an_invalid_body_is_a_problem_document(user: User, body: dict[str, object]) -> None:
    answer = user.call("POST", "/goals", body)
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["title"]
    assert answer.json["status"] == 400
    assert answer.json["requestId"]


@pytest.mark.requirement(206)
@pytest.mark.parametrize(
    ("status", "method", "path", "headers", "body"),
    [
        pytest.param(401, "GET", "/goals", {"Authorization": ""}, b"", id="no-token"),
        pytest.param(401, "GET", "/goals", {"Authorization": "Bearer a.b.c"}, b"", id="no-true-token"),
        pytest.param(404, "GET", "/nowhere", {}, b"", id="no-such-path"),
        pytest.param(404, "PUT", "/goals", {}, b"{}", id="no-such-method"),
        pytest.param(400, "POST", "/goals", {}, b'{"title": 7}', id="another-body"),
        pytest.param(400, "POST", "/goals", {}, b"{", id="no-json"),
        pytest.param(415, "POST", "/goals", {"Content-Type": "text/plain"}, b'{"title": "a"}', id="another-media-type"),
        pytest.param(413, "POST", "/goals", {}, b'{"title": "a"' + b" " * 7 * 2**20 + b"}", id="too-large"),
    ],
)
def test_whoever_refuses_says_so_in_a_whole_problem_document(
    system: System, user: User, status: int, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    site = {"Origin": system.state["web_url"], "Content-Type": "application/json"}
    given = {"Authorization": f"Bearer {user.token}", **site, **headers}
    given = {name: value for name, value in given.items() if value}
    request = urllib.request.Request(user.api_url + path, data=body or None, method=method, headers=given)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    with caught.value as answer:
        problem = json.loads(answer.read())
        assert (answer.code, problem["status"]) == (status, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Access-Control-Allow-Origin"] == system.state["web_url"]
    schema = {"$ref": "#/components/schemas/Problem", "components": json.loads(DOCUMENT.read_text())["components"]}
    jsonschema.validate(problem, schema)


def test_a_goal_is_created_and_read_back(user: User) -> None:
    made = user.call("POST", "/goals", {"title": "Sail round the island", "deadline": "2028-05-01"})
    assert made.status == 201
    goal = user.call("GET", f"/goals/{made.json['id']}")
    assert goal.status == 200
    assert (goal.json["title"], goal.json["deadline"]) == ("Sail round the island", "2028-05-01")
    assert goal.headers["etag"] == made.headers["etag"]


def test_another_users_goal_is_not_found(system: System, user: User) -> None:
    goal = f"/goals/{system.state['goal_id']}"
    for method, path, body in (
        ("GET", goal, None),
        ("PATCH", goal, {"title": "Mine now"}),
        ("DELETE", goal, None),
        ("GET", f"{goal}/mandala", None),
        ("PUT", f"{goal}/sub-goals/1", {"title": "Mine now"}),
        ("POST", "/ai/tasks", {"goalId": system.state["goal_id"]}),
        ("GET", f"/tasks?goalId={system.state['goal_id']}", None),
        ("GET", f"/ai/executions?goalId={system.state['goal_id']}", None),
        ("GET", f"{goal}/reflections", None),
    ):
        answer = user.call(method, path, body)
        assert answer.status == 404, f"{method} {path}: {answer.status} {answer.text}"


@pytest.mark.requirement(71)
def test_the_sites_own_origin_may_call_and_no_other(system: System) -> None:
    url = f"{system.state['api_url']}/goals"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    own = call("OPTIONS", url, headers={"Origin": system.state["web_url"], **asked})
    assert own.status in {200, 204}
    assert own.headers["access-control-allow-origin"] == system.state["web_url"]
    other = call("OPTIONS", url, headers={"Origin": "https://evil.example", **asked})
    assert other.headers.get("access-control-allow-origin") not in {"*", "https://evil.example"}


@pytest.mark.requirement(98, 99)
def test_the_site_answers_every_path_with_its_page_and_the_security_headers(system: System) -> None:
    for path in ("/", "/goals/anything"):
        page = call("GET", system.state["web_url"] + path)
        assert page.status == 200
        assert "<title>" in page.text
        assert page.headers["strict-transport-security"].startswith("max-age=31536000")
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "default-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.requirement(250, 251)
def test_a_model_call_that_fails_at_first_is_tried_again(system: System, user: User) -> None:
    goal = user.goal_with_actions(["Tie a bowline at night"])
    system.fault(contains="Tie a bowline at night", kind="throttle", times=1)
    execution = user.generate(goal)
    assert execution["status"] == "succeeded"
    assert execution["failedActions"] == []
    assert len(user.tasks(goal)) >= 3


@pytest.mark.requirement(252, 256)
def test_an_action_that_fails_for_ever_leaves_the_others_their_tasks(system: System, user: User) -> None:
    goal = user.goal_with_actions(["Reef the main", "Read the weather chart", "Anchor in sand"])
    system.fault(contains="Read the weather chart", kind="error", times=None)
    before = len(system.slack_messages())
    execution = user.generate(goal, within=90)
    assert execution["status"] == "partially_succeeded"
    assert [failed["title"] for failed in execution["failedActions"]] == ["Read the weather chart"]
    assert execution["failedActions"][0]["error"] == "ModelUnavailable"
    assert len({task["actionId"] for task in user.tasks(goal)}) == 2
    assert user.call("GET", f"/goals/{goal}").json["status"] == "active"
    eventually(lambda: len(system.slack_messages()) > before)


@pytest.mark.requirement(248)
def test_generation_started_twice_is_one_run(system: System, user: User) -> None:
    goal = user.goal_with_actions(["Sail to windward", "Jibe in a breeze"])
    system.fault(contains="Sail to windward", kind="throttle", times=1)  # long enough to start it again
    first = user.call("POST", "/ai/tasks", {"goalId": goal})
    second = user.call("POST", "/ai/tasks", {"goalId": goal})
    assert (first.status, second.status) == (202, 202)
    assert first.json["id"] == second.json["id"]
    path = f"/ai/executions/{first.json['id']}"
    eventually(lambda: user.call("GET", path).json["status"] == "succeeded", within=60)
    listed = user.call("GET", f"/ai/executions?goalId={goal}").json["items"]
    assert [execution["id"] for execution in listed] == [first.json["id"]]
    titles = [(task["actionId"], task["ordinal"]) for task in user.tasks(goal)]
    assert len(titles) == len(set(titles))


@pytest.mark.requirement(178, 179, 182)
def test_an_alarm_reaches_slack_once(system: System) -> None:
    name, reason = "goal-mandala-local-api-errors", "A deliberate error for the test"
    system.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)

    def arrived() -> list[str]:
        texts = [json.dumps(message, ensure_ascii=False) for message in system.slack_messages()]
        return [text for text in texts if reason in text]

    messages = eventually(arrived)
    assert name in messages[0]
    queue = system.client("sqs")
    url = queue.get_queue_url(QueueName="goal-mandala-local-notifications")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def emptied() -> bool:
        attributes = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return not any(int(attributes[key]) for key in names)

    eventually(emptied)
    assert len(arrived()) == 1


@pytest.mark.requirement(268)
def test_what_was_exported_exists(system: System) -> None:
    outputs = system.state["outputs"]
    assert system.client("s3").head_bucket(Bucket=outputs["site_bucket"])["ResponseMetadata"]["HTTPStatusCode"] == 200
    machine = system.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["state_machine_arn"])
    assert machine["status"] == "ACTIVE"
    pool = system.client("cognito-idp").describe_user_pool(UserPoolId=outputs["user_pool_id"])
    assert pool["UserPool"]["Id"] == outputs["user_pool_id"]


@pytest.mark.requirement(26, 38)
@pytest.mark.parametrize("secret", ["database_secret_arn", "database_administrator_secret_arn", "database_secret_arn"])
def test_rotated_credentials_are_used_by_the_functions_at_once(system: System, secret: str) -> None:
    manager, functions = system.client("secretsmanager"), system.client("lambda")
    arn, token = system.state["outputs"][secret], str(uuid.uuid4())
    current = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    # The emulator's RotateSecret calls no function, so that the pending version is made and the steps called here.
    pending = rotation.next_secret(current, alternate=secret == "database_secret_arn")  # noqa: S105 - an output's name
    manager.put_secret_value(
        SecretId=arn, ClientRequestToken=token, VersionStages=["AWSPENDING"], SecretString=json.dumps(pending)
    )
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        event = json.dumps({"Step": step, "SecretId": arn, "ClientRequestToken": token})
        answer = functions.invoke(FunctionName="goal-mandala-local-rotate-secret:live", Payload=event)
        assert "FunctionError" not in answer, answer["Payload"].read()
    now = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    assert now == pending
    assert call("GET", f"{system.state['api_url']}/health").status == 200
