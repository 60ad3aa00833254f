"""Proposals of the model: asked for by the ai function, made by the propose function, polled."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from lambdas.ai import handler as ai
from lambdas.propose import handler as propose
from lambdas.shared.errors import ModelAccessDenied, ModelThrottled
from lambdas.shared.models.interface import check, schema
from tests.lambdas import workflow

ARN = os.environ["PROPOSE_FUNCTION_NAME"]


def ask(person: Any, stub: Any, operation: str, body: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """Ask for a proposal: the answer, and what the function behind was given."""
    given: dict[str, str] = {}
    functions = stub("lambda")
    functions.add_response("invoke", {"StatusCode": 202})

    def keep(params: dict[str, Any], **_: object) -> None:
        assert (params["FunctionName"], params["InvocationType"]) == (ARN, "Event")
        given.update(json.loads(params["Payload"]))

    events = functions.client.meta.events
    events.register("provide-client-params.lambda.Invoke", keep)
    answer = person.call(operation, body=body)
    events.unregister("provide-client-params.lambda.Invoke", keep)
    return answer, given


class Model:
    """Answers as told, and keeps what it was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def ask(self, prompt: Any, shape: Any) -> Any:
        self.asked.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return check(answer, shape)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Any:
    def answering(*answers: object) -> Model:
        made = Model(*answers)
        monkeypatch.setattr(propose, "MODEL", made)
        monkeypatch.setattr("lambdas.propose.handler.time.sleep", lambda _: None)
        return made

    return answering


def sub_goals(word: str = "Sub-goal") -> dict[str, Any]:
    return {"sub_goals": [{"title": f"{word} {n}", "description": "Why"} for n in range(8)]}


def test_sub_goals_are_proposed_and_polled(person: Any, stub: Any, model: Any) -> None:
    goal = person.goal("Run <b>far</b>")["id"]
    person.chart(goal, 1, 0)
    answer, given = ask(person, stub, "proposeSubGoals", {"goalId": goal})
    assert (answer.status, answer.json["state"], answer.json["items"]) == (202, "pending", [])
    assert answer.headers["Location"] == f"/v1/ai/proposals/{answer.json['id']}"
    made = model(sub_goals())
    assert workflow.step("propose", given) == {"state": "completed"}
    assert "<goal_title>Run &lt;b&gt;far&lt;/b&gt;</goal_title>" in made.asked[0].text
    assert "<existing>Sub-goal 1</existing>" in made.asked[0].text
    shown = person.call("getProposal", {"proposalId": answer.json["id"]}).json
    assert (shown["state"], shown["kind"], shown["position"]) == ("completed", "sub_goals", None)
    assert shown["items"][7] == {"title": "Sub-goal 7", "description": "Why", "kind": None}
    assert len(shown["items"]) == 8
    assert workflow.step("propose", given) == {"state": "done"}
    assert len(person.call("getMandala", {"goalId": goal}).json["subGoals"]) == 1


def test_actions_are_proposed_for_one_sub_goal(person: Any, stub: Any, model: Any) -> None:
    goal = person.goal()["id"]
    person.chart(goal, 2, 1)
    answer, given = ask(person, stub, "proposeActions", {"goalId": goal, "position": 2})
    assert answer.json["position"] == 2
    made = model({"actions": [{"title": f"Act {n}", "description": "", "kind": "habit"} for n in range(8)]})
    assert workflow.step("propose", given) == {"state": "completed"}
    assert "<sub_goal_title>Sub-goal 2</sub_goal_title>" in made.asked[0].text
    assert "<existing>Action 2.1</existing>" in made.asked[0].text
    shown = person.call("getProposal", {"proposalId": answer.json["id"]}).json
    assert shown["items"][0] == {"title": "Act 0", "description": "", "kind": "habit"}
    assert person.call("proposeActions", body={"goalId": goal, "position": 3}).status == 404


def test_what_may_pass_is_tried_again_and_an_invalid_answer_is_asked_again(person: Any, stub: Any, model: Any) -> None:
    _, given = ask(person, stub, "proposeSubGoals", {"goalId": person.goal()["id"]})
    twice = {"sub_goals": [{"title": "Same", "description": ""}] * 8}
    made = model(ModelThrottled("wait"), twice, sub_goals())
    assert workflow.step("propose", given) == {"state": "completed"}
    assert len(made.asked) == 3


@pytest.mark.parametrize(("error", "times"), [(ModelAccessDenied("no"), 1), (ModelThrottled("wait"), 3)])
def test_a_proposal_that_cannot_be_made_has_failed(
    person: Any, stub: Any, model: Any, error: Exception, times: int
) -> None:
    answer, given = ask(person, stub, "proposeSubGoals", {"goalId": person.goal()["id"]})
    made = model(*[error] * times)
    assert workflow.step("propose", given) == {"state": "failed"}
    assert len(made.asked) == times
    shown = person.call("getProposal", {"proposalId": answer.json["id"]}).json
    assert (shown["state"], shown["error"]) == ("failed", type(error).__name__)


def test_a_lost_proposal_has_failed_and_an_old_one_is_gone(person: Any, stub: Any, database: Any) -> None:
    answer, _ = ask(person, stub, "proposeSubGoals", {"goalId": person.goal()["id"]})
    identifier = answer.json["id"]
    database.query("UPDATE proposals SET created_at = now() - interval '6 minutes' WHERE id = %s", identifier)
    shown = person.call("getProposal", {"proposalId": identifier}).json
    assert (shown["state"], shown["error"]) == ("failed", "Lost")
    database.query("UPDATE proposals SET expires_at = now() WHERE id = %s", identifier)
    assert person.call("getProposal", {"proposalId": identifier}).status == 404


def test_a_proposal_that_lambda_refuses_costs_nothing(person: Any, stub: Any, database: Any) -> None:
    goal = person.goal()["id"]
    stub("lambda").add_client_error("invoke", "TooManyRequestsException")
    call = {"body": {"goalId": goal}, "headers": {"Idempotency-Key": "p"}}
    assert person.call("proposeSubGoals", **call).status == 503
    assert database.query("SELECT calls FROM model_calls WHERE user_id = %s", person.user_id(database)) == [(0,)]
    stub("lambda").add_response("invoke", {"StatusCode": 202})
    first = person.call("proposeSubGoals", **call)
    assert (first.status, first.json["state"]) == (202, "pending")
    assert person.call("proposeSubGoals", **call).json["id"] == first.json["id"]


def test_a_person_has_the_model_asked_so_often_a_day(
    person: Any, other: Any, stub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ai, "DAILY_MODEL_CALLS", 3)
    goal = person.goal()["id"]
    person.chart(goal, 1, 3)
    ask(person, stub, "proposeSubGoals", {"goalId": goal})
    refused = person.call("startTaskGeneration", body={"goalId": goal})
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert person.call("getGoal", {"goalId": goal}).json["status"] == "draft"
    theirs = other.goal()["id"]
    other.chart(theirs, 1, 3)
    assert workflow.start(other, stub, theirs)["goalId"] == theirs


def test_the_model_is_told_that_there_are_eight() -> None:
    from lambdas.propose.logic import ProposedActions, ProposedSubGoals

    for shape, name in ((ProposedSubGoals, "sub_goals"), (ProposedActions, "actions")):
        found = schema(shape)["properties"][name]
        assert (found["minItems"], found["maxItems"]) == (8, 8)
