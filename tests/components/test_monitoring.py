"""Repository monitoring: the second workflow, what starts it, and the queue that it fills."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.parts import states
from plan.graph import Graph
from tests.components.alarms import alarm, condition, measured
from tests.conftest import Stacks
from tests.harness import function_statements, statements

MACHINE = "aws:sfn/stateMachine:StateMachine"
QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
PREFIX = "goal-mandala-production"
STEPS = {"list-data-sources", "detect-updates", "enqueue-activities", "mark-checked", "summarize-run"}
ARN = "arn:aws:{}:ap-northeast-1:123456789012:{}"


@pytest.fixture(scope="session")
def definition(prod: Graph) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(prod.named(MACHINE, "monitoring-machine").inputs["definition"])
    return body


@pytest.fixture(scope="session")
def source(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The states that each source goes through."""
    found: dict[str, dict[str, Any]] = definition["States"]["LookAtSources"]["ItemProcessor"]["States"]
    return found


def names(state: dict[str, Any], key: str) -> list[str]:
    return [error for rule in state["Retry"] if rule.get(key) for error in rule["ErrorEquals"]]


@pytest.mark.requirement(85)
def test_sources_are_listed_looked_at_queued_remembered_and_summed_up(
    definition: dict[str, Any], source: dict[str, dict[str, Any]]
) -> None:
    assert definition["StartAt"] == "ListDataSources"
    assert [definition["States"][name]["Next"] for name in ("ListDataSources", "LookAtSources", "SummarizeRun")] == [
        "LookAtSources",
        "SummarizeRun",
        "Done",
    ]
    way = ["DetectUpdates"]
    while "Next" in source[way[-1]]:
        way.append(source[way[-1]]["Next"])
    assert way == ["DetectUpdates", "EnqueueActivities", "MarkChecked", "SourceDone"]
    called = {task["Parameters"]["FunctionName"] for _, task in states.tasks(definition)}
    assert called == {ARN.format("lambda", f"function:{PREFIX}-{step}:live") for step in STEPS}


@pytest.mark.requirement(260)
def test_five_sources_are_looked_at_side_by_side_for_five_minutes_each_at_most(
    definition: dict[str, Any], source: dict[str, dict[str, Any]]
) -> None:
    assert definition["States"]["LookAtSources"]["MaxConcurrency"] == 5
    assert source["DetectUpdates"]["TimeoutSeconds"] == 300


@pytest.mark.requirement(260, 262)
def test_a_source_that_fails_is_marked_and_the_others_go_on(source: dict[str, dict[str, Any]]) -> None:
    for name in ("DetectUpdates", "EnqueueActivities", "MarkChecked"):
        assert [(c["ErrorEquals"], c["Next"]) for c in source[name]["Catch"]] == [(["States.ALL"], "MarkFailed")]
    marked = source["MarkFailed"]
    assert marked["Parameters"]["FunctionName"] == source["MarkChecked"]["Parameters"]["FunctionName"]
    assert marked["Parameters"]["Payload"] == {"sourceId.$": "$.sourceId", "error.$": "$.error.Error"}
    assert [c["Next"] for c in marked["Catch"]] == ["SourceFailed"]
    assert source["SourceFailed"]["End"] is True
    assert source["SourceFailed"]["Parameters"] == {"sourceId.$": "$.sourceId", "error.$": "$.error.Error"}
    assert "Fail" not in {state["Type"] for state in source.values()}


@pytest.mark.requirement(262)
def test_a_source_is_remembered_as_checked_after_all_was_queued_only(source: dict[str, dict[str, Any]]) -> None:
    before = {name for name, state in source.items() if state.get("Next") == "MarkChecked"}
    assert before == {"EnqueueActivities"}
    for name in ("EnqueueActivities", "MarkChecked"):
        assert source[name]["Parameters"]["Payload.$"] == "$.detected.answer"


@pytest.mark.requirement(90, 263)
def test_what_would_fail_again_is_not_tried_again_and_a_limit_is_waited_for(source: dict[str, dict[str, Any]]) -> None:
    rules = source["DetectUpdates"]["Retry"]
    assert rules[0] == {"ErrorEquals": ["RepositoryNotFound", "GitHubAccessDenied"], "MaxAttempts": 0}
    [limited] = [rule for rule in rules if rule["ErrorEquals"] == ["GitHubRateLimited"]]
    assert (limited["IntervalSeconds"], limited["JitterStrategy"]) == (60, "FULL")
    assert limited["MaxAttempts"] >= 1


@pytest.mark.requirement(88, 90)
def test_every_step_is_tried_again_with_growing_jittered_waits_and_waits_for_a_free_place(
    definition: dict[str, Any],
) -> None:
    for name, task in states.tasks(definition):
        last = task["Retry"][-1]
        assert last["ErrorEquals"] == ["States.ALL"], name
        assert (last["IntervalSeconds"], last["MaxAttempts"], last["BackoffRate"]) == (2, 3, 2), name
        assert last["JitterStrategy"] == "FULL", name
        assert "Lambda.TooManyRequestsException" in names(task, "MaxAttempts"), name


def test_a_run_answers_with_its_summary(definition: dict[str, Any]) -> None:
    answered = definition["States"]["SummarizeRun"]["ResultSelector"]
    assert set(answered) == {"sources.$", "newActivities.$", "failedSources.$", "failures.$"}


def test_a_run_that_fails_as_a_whole_is_a_failed_execution(definition: dict[str, Any]) -> None:
    for name in ("ListDataSources", "LookAtSources", "SummarizeRun"):
        assert [c["Next"] for c in definition["States"][name]["Catch"]] == ["MonitoringFailed"]
    assert definition["States"]["MonitoringFailed"]["Type"] == "Fail"


@pytest.mark.requirement(83, 88, 243)
def test_executions_are_logged_without_what_they_carry_and_traced(prod: Graph) -> None:
    machine = prod.named(MACHINE, "monitoring-machine").inputs
    group = prod.named("aws:cloudwatch/logGroup:LogGroup", "monitoring-logs")
    assert machine["name"] == f"{PREFIX}-repository-monitoring-workflow"
    assert machine["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": False,
        "logDestination": f"{group.outputs['arn']}:*",
    }
    assert group.inputs["retentionInDays"] == 30
    assert machine["tracingConfiguration"] == {"enabled": True}


@pytest.mark.requirement(87)
def test_it_starts_every_day_at_five_in_the_afternoon_in_japan(prod: Graph) -> None:
    schedule = prod.named("aws:scheduler/schedule:Schedule", "monitoring-schedule").inputs
    assert schedule["scheduleExpression"] == "cron(0 17 * * ? *)"
    assert schedule["scheduleExpressionTimezone"] == "Asia/Tokyo"
    assert schedule["flexibleTimeWindow"] == {"mode": "OFF"}
    assert schedule["target"]["arn"] == prod.named(MACHINE, "monitoring-machine").id


@pytest.mark.requirement(86, 264)
def test_an_activity_that_fails_three_times_waits_in_the_dead_letter_queue(prod: Graph) -> None:
    queue, letters = prod.named(QUEUE, "activities-queue"), prod.named(QUEUE, "activities-dead-letters")
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": letters.outputs["arn"],
        "maxReceiveCount": 3,
    }
    assert letters.inputs["messageRetentionSeconds"] == 14 * 86_400
    assert {queue.inputs["name"], letters.inputs["name"]} == {
        f"{PREFIX}-activities",
        f"{PREFIX}-activities-dead-letters",
    }


@pytest.mark.requirement(204, 240)
def test_both_queues_are_encrypted_and_closed_to_requests_without_tls(prod: Graph) -> None:
    key = prod.named("aws:kms/key:Key", "encryption-data").outputs["arn"]
    for name in ("activities-queue", "activities-dead-letters", "monitoring-schedule-dead-letters"):
        assert prod.named(QUEUE, name).inputs["kmsMasterKeyId"] == key
        [refusal] = statements(prod.named("aws:sqs/queuePolicy:QueuePolicy", name))
        assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.requirement(86)
def test_a_message_stays_hidden_for_six_times_the_consumer_s_limit(graph: Graph) -> None:
    for mapping in graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping"):
        name = mapping.inputs["functionName"].split(":")[-2]
        [function] = [f for f in graph.of_type(FUNCTION) if f.inputs["name"] == name]
        [queue] = [q for q in graph.of_type(QUEUE) if q.outputs["arn"] == mapping.inputs["eventSourceArn"]]
        assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * function.inputs["timeout"], name


@pytest.mark.requirement(264)
def test_the_consumer_reports_single_failures_and_is_bounded(prod: Graph) -> None:
    mapping = prod.named("aws:lambda/eventSourceMapping:EventSourceMapping", "activities-queue").inputs
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["scalingConfig"] == {"maximumConcurrency": 5}
    assert mapping["functionName"] == ARN.format("lambda", f"function:{PREFIX}-process-updates:live")
    # A model answers within 100 s or not at all, so that a whole batch fits into the function's time.
    assert mapping["batchSize"] * 100 <= prod.named(FUNCTION, "activities-process-updates-function").inputs["timeout"]


@pytest.mark.requirement(203)
def test_only_queueing_sends_and_only_summarising_receives(prod: Graph) -> None:
    queue = prod.named(QUEUE, "activities-queue").outputs["arn"]
    users = {
        policy.name: sorted(a for s in statements(policy) if queue in s.get("Resource", []) for a in s["Action"])
        for policy in prod.of_type("aws:iam/rolePolicy:RolePolicy")
        if any(queue in s.get("Resource", []) for s in statements(policy))
    }
    assert users == {
        "monitoring-enqueue-activities-policy": ["sqs:SendMessage"],
        "activities-process-updates-policy": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
    }


@pytest.mark.requirement(41, 58)
def test_only_detecting_reads_github_s_token(prod: Graph) -> None:
    variable = prod.named(FUNCTION, "monitoring-detect-updates-function").inputs["environment"]["variables"]
    assert variable["GITHUB_TOKEN_ARN"] == prod.exports["github_token_secret_arn"]
    readers = {
        policy.name
        for policy in prod.of_type("aws:iam/rolePolicy:RolePolicy")
        if any(prod.exports["github_token_secret_arn"] in s.get("Resource", []) for s in statements(policy))
    }
    assert readers == {"monitoring-detect-updates-policy"}
    assert "sqs:SendMessage" not in {
        action for s in function_statements(prod, "monitoring-detect-updates") for action in s["Action"]
    }


@pytest.mark.requirement(173, 174, 175)
def test_failed_runs_missed_starts_and_dead_letters_alarm(prod: Graph) -> None:
    at_least = "GreaterThanOrEqualToThreshold"
    failures = alarm(prod, "repository-monitoring-failures")
    assert condition(failures) == (at_least, 1, 60, 1)
    assert measured(failures) == {("AWS/States", "ExecutionsFailed")}
    rate = alarm(prod, "repository-monitoring-failure-rate")
    assert condition(rate) == ("GreaterThanThreshold", 10, 300, 2)
    for subject in ("activities", "repository-monitoring-schedule", "retention-schedule"):
        letters = alarm(prod, f"{subject}-dead-letters")
        assert condition(letters) == (at_least, 1, 60, 1)
        assert measured(letters) == {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}
        assert letters["dimensions"] == {"QueueName": f"{PREFIX}-{subject}-dead-letters"}


@pytest.mark.requirement(84, 89)
def test_operators_are_told_where_the_machine_and_its_queues_are(prod: Graph) -> None:
    assert prod.exports["monitoring_state_machine_arn"] == prod.named(MACHINE, "monitoring-machine").id
    assert prod.exports["monitoring_state_machine_name"] == f"{PREFIX}-repository-monitoring-workflow"
    for name, role in (("activities_queue_url", "queue"), ("activities_dead_letter_queue_url", "dead-letters")):
        assert prod.exports[name] == prod.named(QUEUE, f"activities-{role}").outputs["url"]


def test_a_stack_may_do_without_it(stacks: Stacks) -> None:
    contrary = stacks("contrary")
    assert [m.name for m in contrary.of_type(MACHINE)] == ["generation-machine"]
    left = [r.name for r in contrary.resources if r.name.startswith(("monitoring", "activities"))]
    assert left == []
    assert not {"list_data_sources", "process_updates"} & {
        f.inputs["handler"].split(".")[1] for f in contrary.of_type(FUNCTION)
    }
