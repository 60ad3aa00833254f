"""OpenAI's and Gemini's models: what they are asked, and what each failure is called."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lambdas.shared import generated
from lambdas.shared.errors import (
    ModelAccessDenied,
    ModelAnswerInvalid,
    ModelQuotaExceeded,
    ModelThrottled,
    ModelUnavailable,
)
from lambdas.shared.models.bedrock import BedrockModel
from lambdas.shared.models.choice import choose
from lambdas.shared.models.interface import Prompt, patience, schema
from tests.lambdas import workflow

PROMPT = Prompt(instructions="Be brief.", text="<a>b</a>", tool="hand_in", purpose="Hand it in.")
KEY = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:model"
TASKS = {"tasks": workflow.tasks(3)}


class Service(ThreadingHTTPServer):
    """Answers as it is told to, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.slow_seconds = 0.0
        self.answers: list[tuple[int, Any]] = []
        self.requests: list[tuple[str, dict[str, str], Any]] = []


class _Post(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        time.sleep(self.server.slow_seconds)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status, answer = self.server.answers.pop(0)
        content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, secrets: dict[str, str]) -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/base/"
        monkeypatch.setenv("OPENAI_API_URL", url)
        monkeypatch.setenv("GEMINI_API_URL", url)
        secrets[KEY] = "the-key\n"
        yield server
        server.shutdown()
        thread.join()


def openai(arguments: str, tool: str = "hand_in") -> dict[str, Any]:
    call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": arguments}}
    return {"choices": [{"finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [call]}}]}


def gemini(args: object, tool: str = "hand_in") -> dict[str, Any]:
    parts = [{"text": "Well."}, {"functionCall": {"name": tool, "args": args}}]
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


GOOD = {"openai": openai(json.dumps(TASKS)), "gemini": gemini(TASKS)}


def test_openai_is_forced_to_answer_in_the_shape(service: Service) -> None:
    service.answers = [(200, GOOD["openai"])]
    answer = choose("openai", "gpt-example", KEY).ask(PROMPT, generated.GeneratedTasks)
    assert generated.plain(answer) == TASKS["tasks"]
    ((path, headers, body),) = service.requests
    assert (path, headers["authorization"], body["model"]) == (
        "/base/chat/completions",
        "Bearer the-key",
        "gpt-example",
    )
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "<a>b</a>"},
    ]
    assert body["tools"][0]["function"]["parameters"] == schema(generated.GeneratedTasks)
    assert body["tool_choice"] == {"type": "function", "function": {"name": "hand_in"}}


def test_gemini_is_forced_to_answer_in_the_shape(service: Service) -> None:
    service.answers = [(200, GOOD["gemini"])]
    answer = choose("gemini", "gemini-example", KEY).ask(PROMPT, generated.GeneratedTasks)
    assert generated.plain(answer) == TASKS["tasks"]
    ((path, headers, body),) = service.requests
    assert (path, headers["x-goog-api-key"]) == ("/base/models/gemini-example:generateContent", "the-key")
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "<a>b</a>"}]}]
    assert body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"] == schema(generated.GeneratedTasks)
    assert body["toolConfig"]["functionCallingConfig"] == {"mode": "ANY", "allowedFunctionNames": ["hand_in"]}


QUOTA = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"quotaId": "GenerateRequestsPerDay"}]}}


@pytest.mark.requirement(251)
@pytest.mark.parametrize(
    ("provider", "status", "answer", "error"),
    [
        ("openai", 429, {"error": {"code": "rate_limit_exceeded"}}, ModelThrottled),
        ("openai", 429, {"error": {"code": "insufficient_quota"}}, ModelQuotaExceeded),
        ("openai", 403, {"error": {"code": "unsupported_country"}}, ModelAccessDenied),
        ("openai", 404, {"error": {"code": "model_not_found"}}, ModelAccessDenied),
        ("openai", 400, {"error": {"type": "invalid_request_error"}}, ModelAccessDenied),
        ("openai", 500, "<html>", ModelUnavailable),
        ("openai", 408, {}, ModelUnavailable),
        ("openai", 200, "<html>", ModelAnswerInvalid),
        ("openai", 200, {"choices": []}, ModelAnswerInvalid),
        ("openai", 200, openai("{"), ModelAnswerInvalid),
        ("openai", 200, openai("{}"), ModelAnswerInvalid),
        ("openai", 200, openai("{}", tool="other"), ModelAnswerInvalid),
        ("gemini", 429, {"error": {"status": "RESOURCE_EXHAUSTED"}}, ModelThrottled),
        ("gemini", 429, QUOTA, ModelQuotaExceeded),
        ("gemini", 404, {"error": {"status": "NOT_FOUND"}}, ModelAccessDenied),
        ("gemini", 503, {"error": {"status": "UNAVAILABLE"}}, ModelUnavailable),
        ("gemini", 200, {"candidates": []}, ModelAnswerInvalid),
        ("gemini", 200, {"candidates": [{"finishReason": "SAFETY"}]}, ModelAnswerInvalid),
        ("gemini", 200, gemini({"tasks": []}), ModelAnswerInvalid),
    ],
)
def test_each_failure_has_its_name(
    service: Service, provider: str, status: int, answer: object, error: type[Exception]
) -> None:
    service.answers = [(status, answer)] * 2
    with pytest.raises(error):
        choose(provider, "m", KEY).ask(PROMPT, generated.GeneratedTasks)


@pytest.mark.requirement(256)
@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_an_answer_is_waited_for_no_longer_than_there_is_time(service: Service, provider: str) -> None:
    service.answers, service.slow_seconds = [(200, GOOD[provider])], 1.5
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="TimeoutError"):
        choose(provider, "m", KEY).ask(PROMPT, generated.GeneratedTasks, within=1.2)
    assert 1 <= time.monotonic() - began < 1.4


@pytest.mark.parametrize(("within", "seconds"), [(0.2, 1), (7.9, 7), (99.9, 99), (100, 100), (720, 100)])
def test_an_answer_is_waited_for_whole_seconds_and_a_hundred_at_most(within: float, seconds: int) -> None:
    assert patience(within) == seconds


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_refused_key_is_read_anew_once(
    service: Service, provider: str, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.answers = [(401, {"error": {"code": "invalid_api_key"}}), (200, GOOD[provider])]
    choose(provider, "m", KEY).ask(PROMPT, generated.GeneratedTasks)
    assert len(service.requests) == 2
    service.answers = [(401, {}), (401, {})]
    with pytest.raises(ModelAccessDenied) as raised:
        choose(provider, "m", KEY).ask(PROMPT, generated.GeneratedTasks)
    assert "the-key" not in str(raised.value)


@pytest.mark.parametrize("provider", ["openai", "gemini"])
def test_a_service_that_cannot_be_reached_is_unavailable(
    provider: str, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets[KEY] = "k"
    monkeypatch.setenv(f"{provider.upper()}_API_URL", "http://127.0.0.1:9")
    with pytest.raises(ModelUnavailable, match="ConnectionRefusedError"):
        choose(provider, "m", KEY).ask(PROMPT, generated.GeneratedTasks)


def test_the_settings_choose_the_model() -> None:
    assert choose("bedrock", "m") == BedrockModel("m")
    with pytest.raises(ValueError, match="MODEL_KEY_ARN is not set"):
        choose("openai", "m")
    with pytest.raises(ValueError, match="there is only bedrock, gemini, openai"):
        choose("oracle", "m")
