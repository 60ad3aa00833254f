"""The stand-in behind the functions' own clients of OpenAI and Gemini."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.shared import generated
from lambdas.shared.errors import ModelAccessDenied, ModelAnswerInvalid, ModelThrottled, ModelUnavailable
from lambdas.shared.models.choice import choose
from lambdas.shared.models.interface import Model, Prompt
from tests.twin.standins.conftest import Server
from twin.standins.model import model_app

PROMPT = Prompt(
    instructions="Make tasks.",
    text="<action_title>Tie a bowline</action_title><action_kind>execution</action_kind><language>en</language>",
    tool="hand_in_tasks",
    purpose="Hand in the tasks.",
)


@pytest.fixture(scope="module")
def played() -> Iterator[Server]:
    with Server(model_app) as server:
        yield server


@pytest.fixture(params=["openai", "gemini"])
def model(request: pytest.FixtureRequest, played: Server, monkeypatch: pytest.MonkeyPatch) -> Model:
    played.send("DELETE", "/_twin/faults")
    monkeypatch.setenv("OPENAI_API_URL", f"{played.url}/openai")
    monkeypatch.setenv("GEMINI_API_URL", f"{played.url}/gemini")
    monkeypatch.setattr("lambdas.shared.secrets.read", lambda _arn, **_: "any-key-will-do")
    return choose(request.param, "any-model", "arn:aws:ssm:eu-west-1:123456789012:parameter/key")


def ask(model: Model) -> list[dict[str, Any]]:
    return generated.plain(model.ask(PROMPT, generated.GeneratedTasks))


def test_the_answer_is_about_the_action_and_the_same_for_the_same_question(model: Model) -> None:
    tasks = ask(model)
    assert 3 <= len(tasks) <= 7
    assert any("bowline" in f"{task['title']} {task['description']}" for task in tasks)
    assert ask(model) == tasks


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "throttle"}, ModelThrottled),
        ({"kind": "error"}, ModelUnavailable),
        ({"kind": "error", "status": 404}, ModelAccessDenied),
        ({"kind": "malformed"}, ModelAnswerInvalid),
        ({"kind": "reset"}, ModelUnavailable),
    ],
)
def test_it_fails_as_it_is_told(model: Model, played: Server, fault: dict[str, Any], error: type[Exception]) -> None:
    assert played.send("POST", "/_twin/faults", {**fault, "contains": "bowline", "times": None}).status < 300
    with pytest.raises(error):
        ask(model)
    played.send("DELETE", "/_twin/faults")
    assert ask(model)
