from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

MODEL = "anthropic.claude-sonnet-4-20250514-v1:0"
TASK: dict[str, Any] = {
    "type": "object",
    "required": ["title", "description", "estimatedMinutes", "kind"],
    "additionalProperties": False,
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "description": {"type": "string", "maxLength": 2000},
        "estimatedMinutes": {"type": "integer", "minimum": 30, "maximum": 60},
        "kind": {"enum": ["execution", "habit"]},
    },
}
TASKS = {
    "$ref": "#/$defs/Answer",
    "$defs": {
        "Answer": {
            "type": "object",
            "required": ["tasks"],
            "properties": {"tasks": {"type": "array", "minItems": 3, "maxItems": 7, "items": {"$ref": "#/$defs/Task"}}},
        },
        "Task": TASK,
    },
}
PROPOSALS = {
    "type": "object",
    "required": ["subGoals"],
    "properties": {
        "subGoals": {
            "type": "array",
            "minItems": 8,
            "maxItems": 8,
            "items": {
                "type": "object",
                "required": ["title", "description"],
                "properties": {"title": {"type": "string"}, "description": {"type": "string"}},
            },
        }
    },
}
SUMMARY = {
    "type": "object",
    "required": ["titleJa", "summaryJa"],
    "properties": {"titleJa": {"type": "string", "maxLength": 40}, "summaryJa": {"type": "string"}},
}
PROMPT = (
    "<goal_title>Swim &amp; smile</goal_title><sub_goal_title>Strong body</sub_goal_title>"
    "<action_title>Lift weights on Mondays</action_title><action_kind>habit</action_kind><language>en</language>"
)


def request(prompt: str = PROMPT, schema: Any = TASKS, **more: Any) -> dict[str, Any]:
    tools = [{"toolSpec": {"name": name, "inputSchema": {"json": schema}}} for name in ("other", "hand_in")]
    return {
        "modelId": MODEL,
        "system": [{"text": "Break the action in <action_title> into tasks."}],
        "messages": [{"role": "user", "content": [{"text": prompt}]}],
        "toolConfig": {"tools": tools, "toolChoice": {"tool": {"name": "hand_in"}}},
        **more,
    }


def used_input(answer: Any) -> Any:
    (block,) = answer["output"]["message"]["content"]
    return block["toolUse"]["input"]


def test_the_forced_tool_is_used_with_an_input_that_keeps_its_schema(bedrock: Any) -> None:
    answer = bedrock.converse(**request())
    (block,) = answer["output"]["message"]["content"]
    assert answer["stopReason"] == "tool_use"
    assert answer["output"]["message"]["role"] == "assistant"
    assert block["toolUse"]["name"] == "hand_in"
    assert block["toolUse"]["toolUseId"].startswith("tooluse_")
    tasks = block["toolUse"]["input"]["tasks"]
    assert 3 <= len(tasks) <= 7
    for task in tasks:
        assert set(task) == set(TASK["properties"])
        assert type(task["estimatedMinutes"]) is int
        assert "lift weights" in task["title"].lower() or "lifting weights" in task["title"]


def test_an_answer_counts_its_tokens_and_tells_its_request_id(bedrock: Any) -> None:
    answer = bedrock.converse(**request())
    usage = answer["usage"]
    written = json.dumps(used_input(answer), ensure_ascii=False)
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert usage["outputTokens"] == pytest.approx(len(written) / 4, abs=1)
    longer = bedrock.converse(**request(PROMPT + "word " * 400))["usage"]["inputTokens"]
    assert longer - usage["inputTokens"] == pytest.approx(500, abs=1)
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36
    assert answer["metrics"]["latencyMs"] >= 0


def test_the_same_prompt_has_the_same_answer_and_another_action_another_one(bedrock: Any) -> None:
    first, again = (used_input(bedrock.converse(**request())) for _ in range(2))
    other = used_input(bedrock.converse(**request(PROMPT.replace("Lift weights", "Read one poem"))))
    assert first == again
    assert not {task["title"] for task in first["tasks"]} & {task["title"] for task in other["tasks"]}


def test_all_actions_of_a_chart_get_different_tasks_in_its_language(bedrock: Any, chart: Any) -> None:
    titles: list[str] = []
    for sub_goal in chart["subGoals"]:
        for action in sub_goal["actions"]:
            tags = {
                "goal_title": chart["goal"]["title"],
                "sub_goal_title": sub_goal["title"],
                "action_title": action["title"],
                "action_description": action["description"],
                "action_kind": action["kind"],
                "language": chart["locale"],
            }
            prompt = "\n".join(f"<{name}>{value}</{name}>" for name, value in tags.items())
            titles += [task["title"] for task in used_input(bedrock.converse(**request(prompt)))["tasks"]]
    assert len(titles) >= 64 * 3
    assert len(set(titles)) == len(titles)


def test_a_prompt_without_tags_is_taken_for_the_action(bedrock: Any) -> None:
    tasks = used_input(bedrock.converse(**request("ギターを練習する")))["tasks"]
    assert all("ギター" in task["title"] for task in tasks)


def test_escaped_data_is_read_as_it_was_written(bedrock: Any) -> None:
    tasks = used_input(bedrock.converse(**request("<action_title>Sort tea &amp; coffee</action_title>")))["tasks"]
    assert any("tea & coffee" in task["title"] for task in tasks)
    assert not any("&amp;" in task["title"] for task in tasks)


def test_an_example_of_a_tag_before_the_data_does_not_hide_the_data(bedrock: Any) -> None:
    prompt = f"The action stands between <action_title> and its end.\n{PROMPT}"
    assert used_input(bedrock.converse(**request(prompt))) == used_input(bedrock.converse(**request()))


def test_limits_of_the_schema_are_kept(bedrock: Any) -> None:
    schema = json.loads(json.dumps(TASKS))
    schema["$defs"]["Answer"]["properties"]["tasks"].update(minItems=5, maxItems=5)
    schema["$defs"]["Task"]["properties"]["title"]["maxLength"] = 12
    schema["$defs"]["Task"]["properties"]["estimatedMinutes"].update(minimum=30, maximum=40, multipleOf=10)
    schema["$defs"]["Task"]["properties"]["extra"] = {"type": "boolean"}
    schema["$defs"]["Task"]["required"].append("extra")
    tasks = used_input(bedrock.converse(**request(schema=schema)))["tasks"]
    assert len(tasks) == 5
    assert {task["estimatedMinutes"] for task in tasks} <= {30, 40}
    assert all(len(task["title"]) <= 12 and task["extra"] is False for task in tasks)


def test_eight_different_sub_goals_are_proposed_for_a_goal(bedrock: Any) -> None:
    proposed = used_input(bedrock.converse(**request("<goal_title>Open a shop</goal_title>", PROPOSALS)))["subGoals"]
    assert len({each["title"] for each in proposed}) == 8
    assert all(set(each) == {"title", "description"} and "Open a shop" in each["description"] for each in proposed)


def test_a_release_is_summarised_in_japanese(bedrock: Any) -> None:
    prompt = (
        "<repository>o/r</repository><activity_kind>release</activity_kind><activity_title>v2.0</activity_title>"
        "<activity_body>- Faster start\n- Fix a leak</activity_body>"
    )
    summary = used_input(bedrock.converse(**request(prompt, SUMMARY)))
    assert summary["titleJa"] == "新しいリリース\uff1av2.0"
    assert "2項目" in summary["summaryJa"]
    assert "Faster start" in summary["summaryJa"]


def test_without_tools_the_answer_is_text(bedrock: Any) -> None:
    body = {key: value for key, value in request().items() if key != "toolConfig"}
    answer = bedrock.converse(**body)
    assert answer["stopReason"] == "end_turn"
    assert "lift weights" in answer["output"]["message"]["content"][0]["text"].lower()


def test_an_answer_longer_than_max_tokens_is_cut_off(bedrock: Any) -> None:
    answer = bedrock.converse(**request(inferenceConfig={"maxTokens": 20}))
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 20
    assert used_input(answer) == {}


def test_the_arn_of_an_inference_profile_is_a_model_id(bedrock: Any) -> None:
    profile = (
        "arn:aws:bedrock:ap-northeast-1:123456789012:inference-profile/apac.anthropic.claude-sonnet-4-20250514-v1:0"
    )
    assert bedrock.converse(**{**request(), "modelId": profile})["stopReason"] == "tool_use"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modelId": "no-such-model"}, "model identifier is invalid"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "assistant", "content": [{"text": "Hello"}]}]}, "start with a user message"),
        ({"messages": [{"role": "user", "content": [{"text": "  "}]}]}, "messages.0 has a blank text field"),
        ({"toolConfig": {**request()["toolConfig"], "toolChoice": {"tool": {"name": "absent"}}}}, "the tool absent"),
    ],
)
def test_a_request_that_bedrock_would_refuse_is_a_validation_exception(bedrock: Any, change: Any, message: str) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match=message) as refusal:
        bedrock.converse(**{**request(), **change})
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_request_without_a_signature_is_refused(model: Any) -> None:
    answer = model.send("POST", f"/model/{MODEL}/converse", request())
    assert answer.status == 403
    assert answer.headers["x-amzn-ErrorType"].startswith("MissingAuthenticationTokenException")


def test_another_operation_is_unknown_rather_than_answered(bedrock: Any) -> None:
    with pytest.raises(ClientError, match="UnknownOperationException"):
        bedrock.invoke_model(modelId=MODEL, body=b"{}")


def test_the_latency_is_kept_and_reported(serve: Any) -> None:
    from twin.standins.model import model_app

    with serve(lambda: model_app(latency_seconds=0.2)) as server:
        body = json.dumps(request()).encode()
        call = urllib.request.Request(f"{server.url}/model/{MODEL}/converse", data=body, method="POST")
        call.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=test")
        with urllib.request.urlopen(call, timeout=5) as response:
            assert json.load(response)["metrics"]["latencyMs"] >= 200


def test_the_latency_can_be_changed_while_it_runs(model: Any) -> None:
    body = request()
    try:
        assert model.send("PUT", "/_twin/latency", {"seconds": 0.2}).status == 200
        began = time.monotonic()
        call = urllib.request.Request(
            f"{model.url}/model/{MODEL}/converse",
            data=json.dumps(body).encode(),
            method="POST",
            headers={"Authorization": "AWS4-HMAC-SHA256 Credential=test"},
        )
        with urllib.request.urlopen(call, timeout=5) as response:
            assert response.status == 200
        assert time.monotonic() - began >= 0.2
    finally:
        model.send("PUT", "/_twin/latency", {"seconds": 0})


@pytest.mark.parametrize("seconds", [-1, 121, "soon", None, float("nan")])
def test_a_latency_that_is_none_is_refused(model: Any, seconds: Any) -> None:
    answer = model.send("PUT", "/_twin/latency", {"seconds": seconds})
    assert (answer.status, "seconds" in answer.text) == (400, True)
