from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from twin.standins.slack import slack_app

MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
SCHEMA = {
    "type": "object",
    "required": ["tasks"],
    "properties": {
        "tasks": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"title": {"type": "string"}, "estimatedMinutes": {"type": "integer"}},
            },
        }
    },
}


def ask(bedrock: Any, action: str = "Lift weights") -> Any:
    tool = {"name": "hand_in", "inputSchema": {"json": SCHEMA}}
    return bedrock.converse(
        modelId=MODEL,
        messages=[{"role": "user", "content": [{"text": f"<action_title>{action}</action_title>"}]}],
        toolConfig={"tools": [{"toolSpec": tool}], "toolChoice": {"tool": {"name": "hand_in"}}},
    )


def inject(server: Any, **fault: Any) -> None:
    assert server.send("POST", "/_twin/faults", fault).status == 201


def pending(server: Any) -> Any:
    return server.send("GET", "/_twin/faults").json["faults"]


def test_a_throttled_model_answers_again_after_its_times_are_used_up(model: Any, bedrock: Any) -> None:
    inject(model, kind="throttle", times=2)
    for _ in range(2):
        with pytest.raises(bedrock.exceptions.ThrottlingException) as refusal:
            ask(bedrock)
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert ask(bedrock)["stopReason"] == "tool_use"
    assert pending(model) == []


def test_a_fault_without_times_lasts_until_it_is_deleted(model: Any, bedrock: Any) -> None:
    inject(model, kind="error")
    for _ in range(3):
        with pytest.raises(bedrock.exceptions.InternalServerException):
            ask(bedrock)
    assert pending(model) == [{"kind": "error", "contains": None, "times": None, "status": None, "code": None}]
    assert model.send("DELETE", "/_twin/faults").status == 204
    assert ask(bedrock)["stopReason"] == "tool_use"


@pytest.mark.parametrize("text", ["腰痛予防", '"quoted"'])
def test_a_fault_strikes_only_requests_that_contain_its_text(model: Any, bedrock: Any, text: str) -> None:
    inject(model, kind="throttle", contains=text)
    with pytest.raises(ClientError, match="Throttling"):
        ask(bedrock, f"{text}の体操を続ける")
    assert ask(bedrock)["stopReason"] == "tool_use"


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ({"status": 503}, "ServiceUnavailableException", 503),
        ({"status": 403}, "AccessDeniedException", 403),
        ({"code": "ServiceQuotaExceededException"}, "ServiceQuotaExceededException", 400),
    ],
)
def test_an_error_has_the_status_or_name_that_was_asked_for(
    model: Any, bedrock: Any, fault: Any, code: str, status: int
) -> None:
    inject(model, kind="error", **fault)
    with pytest.raises(ClientError) as refusal:
        ask(bedrock)
    assert refusal.value.response["Error"]["Code"] == code
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_model_that_times_out_keeps_the_client_waiting(model: Any, impatient: Any) -> None:
    inject(model, kind="timeout", times=1)
    began = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        ask(impatient)
    assert 0.4 < time.monotonic() - began < 3
    assert ask(impatient)["stopReason"] == "tool_use"


def test_a_reset_closes_the_connection(model: Any, slack: Any, bedrock: Any) -> None:
    inject(model, kind="reset", times=1)
    with pytest.raises(ConnectionClosedError):
        ask(bedrock)
    inject(slack, kind="reset", times=1)
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        slack.send("POST", "/services/T000/B000/local", {"text": "Hello"})
    assert slack.send("GET", "/_twin/messages").json == {"messages": []}


def test_a_malformed_answer_of_the_model_breaks_the_schema_of_its_tool(model: Any, bedrock: Any) -> None:
    inject(model, kind="malformed", times=1)
    answer = ask(bedrock)
    assert answer["stopReason"] == "tool_use"
    assert answer["output"]["message"]["content"][0]["toolUse"]["input"] == {"tasks": "none"}
    assert isinstance(ask(bedrock)["output"]["message"]["content"][0]["toolUse"]["input"]["tasks"], list)


def test_slack_fails_in_each_way(slack: Any) -> None:
    path, message = "/services/T000/B000/local", {"text": "Goal finished"}
    inject(slack, kind="throttle", times=1)
    inject(slack, kind="error", times=1)
    inject(slack, kind="error", status=503, times=1)
    inject(slack, kind="malformed", times=1)
    throttled, failed, unavailable, malformed, good = (slack.send("POST", path, message) for _ in range(5))
    assert (throttled.status, throttled.headers["Retry-After"]) == (429, "1")
    assert (failed.status, unavailable.status) == (500, 503)
    assert malformed.status == 200
    assert malformed.text != "ok"
    assert (good.status, good.text) == (200, "ok")
    assert len(slack.send("GET", "/_twin/messages").json["messages"]) == 1


def test_a_silent_request_does_not_hold_up_the_end_of_the_application(serve: Any) -> None:
    with ThreadPoolExecutor(1) as pool:
        with serve(slack_app) as server:
            inject(server, kind="timeout")
            waiting = pool.submit(server.send, "POST", "/services/x", {"text": "Hello"}, timeout=30)
            time.sleep(0.3)
            assert not waiting.done()
            began = time.monotonic()
        assert time.monotonic() - began < 5
        with pytest.raises(OSError):
            waiting.result(5)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "flood"}, 'kind: should be one of throttle, error, timeout, reset, malformed (got "flood")'),
        ({"kind": "error", "times": 0}, "times: should be null or int of at least 1 (got 0)"),
        ({"kind": "error", "times": True}, "times: should be null or int of at least 1 (got true)"),
        ({"kind": "error", "status": 200}, "status: should be null or int of at least 400 (got 200)"),
        ({"kind": "error", "status": 700}, "status: should be 400 to 599 (got 700)"),
        ({"kind": "error", "contain": "x"}, "unknown field 'contain': a fault has code, contains, kind, status, times"),
        (["throttle"], "a fault is a JSON object with at least a 'kind', not [\"throttle\"]"),
    ],
)
def test_a_wrong_fault_is_refused_with_the_way_out(slack: Any, fault: Any, message: str) -> None:
    answer = slack.send("POST", "/_twin/faults", fault)
    assert (answer.status, answer.json) == (400, {"message": message})
    assert pending(slack) == []
