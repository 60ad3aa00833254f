"""Alarms and the way from an alarm to a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph, Resource
from plan.record import RecordError, record
from tests.conftest import ROOT, Stacks
from tests.harness import only, statements

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-{}"
QUEUE = "aws:sqs/queue:Queue"


def alarm(graph: Graph, role: str) -> dict[str, Any]:
    """The alarm of this name without the prefix."""
    found = [r for r in graph.of_type(ALARM) if r.inputs["name"] == f"goal-mandala-production-{role}"]
    assert len(found) == 1, f"{len(found)} alarms called {role}"
    return found[0].inputs


def severity(resource: Resource) -> str:
    text: str = json.loads(resource.inputs["alarmDescription"])["severity"]
    return text


def condition(inputs: dict[str, Any]) -> tuple[str, float, int, int]:
    """Comparison, threshold, seconds a period, periods."""
    queries = [query for query in inputs.get("metricQueries", []) if "metric" in query]
    period = queries[0]["metric"]["period"] if queries else inputs["period"]
    return inputs["comparisonOperator"], inputs["threshold"], period, inputs["evaluationPeriods"]


def measured(inputs: dict[str, Any]) -> set[tuple[str, str]]:
    """Namespaces and names of what the alarm looks at."""
    queries = [query["metric"] for query in inputs.get("metricQueries", []) if "metric" in query]
    return {(m["namespace"], m["metricName"]) for m in queries or [inputs]}


@pytest.mark.requirement(157)
@pytest.mark.parametrize("function", ["goals", "tasks", "ai", "health", "generate-tasks", "save-tasks", "notify-slack"])
def test_a_function_s_error_rate_above_five_percent_for_ten_minutes_alarms(prod: Graph, function: str) -> None:
    inputs = alarm(prod, f"{function}-error-rate")
    assert condition(inputs) == ("GreaterThanThreshold", 5, 300, 2)
    assert measured(inputs) == {("AWS/Lambda", "Errors"), ("AWS/Lambda", "Invocations")}
    dimensions = {str(q["metric"]["dimensions"]) for q in inputs["metricQueries"] if "metric" in q}
    assert dimensions == {str({"FunctionName": f"goal-mandala-production-{function}"})}


@pytest.mark.requirement(160)
def test_throttles_of_every_function_alarm(prod: Graph) -> None:
    throttled = [a.inputs for a in prod.of_type(ALARM) if ("AWS/Lambda", "Throttles") in measured(a.inputs)]
    assert len(throttled) == len(prod.of_type("aws:lambda/function:Function"))
    assert {condition(inputs) for inputs in throttled} == {("GreaterThanOrEqualToThreshold", 1, 60, 1)}


@pytest.mark.requirement(163)
def test_server_errors_above_five_percent_for_ten_minutes_alarm(prod: Graph) -> None:
    inputs = alarm(prod, "api-error-rate")
    assert condition(inputs) == ("GreaterThanThreshold", 5, 300, 2)
    assert measured(inputs) == {("AWS/ApiGateway", "5XXError"), ("AWS/ApiGateway", "Count")}
    [result] = [query for query in inputs["metricQueries"] if query["returnData"]]
    assert result["expression"] == "IF(requests > 0, 100 * errors / requests, 0)"


@pytest.mark.requirement(167)
def test_more_than_45_connections_for_ten_minutes_alarm(prod: Graph) -> None:
    inputs = alarm(prod, "database-connections")
    assert condition(inputs) == ("GreaterThanThreshold", 45, 300, 2)
    assert measured(inputs) == {("AWS/RDS", "DatabaseConnections")}
    assert inputs["dimensions"] == {"DBClusterIdentifier": "goal-mandala-production-database"}


@pytest.mark.requirement(173)
def test_a_failed_execution_alarms_within_a_minute(prod: Graph) -> None:
    inputs = alarm(prod, "task-generation-failures")
    assert condition(inputs) == ("GreaterThanOrEqualToThreshold", 1, 60, 1)
    assert measured(inputs) == {("AWS/States", "ExecutionsFailed")}


@pytest.mark.requirement(174)
def test_more_than_ten_percent_failed_executions_for_ten_minutes_alarm(prod: Graph) -> None:
    inputs = alarm(prod, "task-generation-failure-rate")
    assert condition(inputs) == ("GreaterThanThreshold", 10, 300, 2)
    assert measured(inputs) == {("AWS/States", "ExecutionsFailed"), ("AWS/States", "ExecutionsStarted")}


@pytest.mark.requirement(175)
def test_a_dead_letter_alarms_by_the_metric_that_sqs_has(prod: Graph) -> None:
    inputs = alarm(prod, "notifications-dead-letters")
    assert condition(inputs) == ("GreaterThanOrEqualToThreshold", 1, 60, 1)
    assert measured(inputs) == {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}
    assert inputs["dimensions"] == {"QueueName": "goal-mandala-production-notifications-dead-letters"}


@pytest.mark.requirement(178)
def test_every_alarm_reaches_the_alerts_and_the_critical_ones_wake_somebody(prod: Graph) -> None:
    alarms = prod.of_type(ALARM)
    assert {severity(a) for a in alarms} == {"critical", "high"}
    for resource in alarms:
        expected = [TOPIC.format("alerts")] + ([TOPIC.format("pages")] if severity(resource) == "critical" else [])
        assert resource.inputs["alarmActions"] == expected, resource.name
        assert resource.inputs["okActions"] == [TOPIC.format("alerts")]


@pytest.mark.requirement(178)
def test_both_topics_have_their_names_and_take_this_account_s_alarms_only(prod: Graph) -> None:
    names = {topic.inputs["name"] for topic in prod.of_type("aws:sns/topic:Topic")}
    assert names == {"goal-mandala-production-alerts", "goal-mandala-production-pages"}
    for policy in prod.of_type("aws:sns/topicPolicy:TopicPolicy"):
        let_in, refused = statements(policy)
        assert let_in["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
        assert let_in["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
        assert refused["Effect"] == "Deny"


@pytest.mark.requirement(235)
def test_every_critical_alarm_is_raised_within_five_minutes(prod: Graph) -> None:
    critical = [a.inputs for a in prod.of_type(ALARM) if severity(a) == "critical"]
    assert len(critical) >= 5
    for inputs in critical:
        _, _, period, periods = condition(inputs)
        assert period * periods <= 300, inputs["name"]


@pytest.mark.requirement(179)
def test_alerts_wait_in_a_queue_until_slack_has_them(prod: Graph) -> None:
    queue = prod.named(QUEUE, "observability-notifications")
    letters = prod.named(QUEUE, "observability-dead-letters")
    subscription = only(prod, "aws:sns/topicSubscription:TopicSubscription").inputs
    assert subscription["topic"] == TOPIC.format("alerts")
    assert (subscription["protocol"], subscription["endpoint"]) == ("sqs", queue.outputs["arn"])
    source = only(prod, "aws:lambda/eventSourceMapping:EventSourceMapping").inputs
    assert source["eventSourceArn"] == queue.outputs["arn"]
    assert source["functionName"].endswith(":goal-mandala-production-notify-slack:live")
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": letters.outputs["arn"],
        "maxReceiveCount": 5,
    }


def test_a_message_stays_hidden_six_times_as_long_as_the_function_may_run(graph: Graph) -> None:
    queue = graph.named(QUEUE, "observability-notifications")
    notifier = graph.named("aws:lambda/function:Function", "observability-notify-slack-function")
    assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * notifier.inputs["timeout"]


def test_dead_letters_outlive_the_messages_that_become_them(graph: Graph) -> None:
    letters = graph.named(QUEUE, "observability-dead-letters").inputs["messageRetentionSeconds"]
    assert letters > graph.named(QUEUE, "observability-notifications").inputs["messageRetentionSeconds"]


@pytest.mark.requirement(223)
def test_every_alarm_names_its_runbook(graph: Graph) -> None:
    for resource in graph.of_type(ALARM):
        described = json.loads(resource.inputs["alarmDescription"])
        assert described["runbook"].startswith("runbooks/")
        assert described["runbook"].endswith(".md")


def test_silence_is_not_an_alarm(graph: Graph) -> None:
    assert {a.inputs["treatMissingData"] for a in graph.of_type(ALARM)} == {"notBreaching"}


def test_every_alarm_measures_something_that_this_stack_has(prod: Graph) -> None:
    own = {
        "FunctionName": {f.inputs["name"] for f in prod.of_type("aws:lambda/function:Function")},
        "ApiName": {"goal-mandala-production-api"},
        "Stage": {"v1"},
        "DBClusterIdentifier": {c.outputs["clusterIdentifier"] for c in prod.of_type("aws:rds/cluster:Cluster")},
        "StateMachineArn": {m.id for m in prod.of_type("aws:sfn/stateMachine:StateMachine")},
        "QueueName": {q.inputs["name"] for q in prod.of_type(QUEUE)},
    }
    for resource in prod.of_type(ALARM):
        queries = [q["metric"] for q in resource.inputs.get("metricQueries", []) if "metric" in q]
        for metric in queries or [resource.inputs]:
            for key, value in metric["dimensions"].items():
                assert value in own[key], f"{resource.name} measures {key}={value}"


@pytest.mark.requirement(149, 150, 151, 153)
def test_the_dashboard_charts_what_operators_ask_for(prod: Graph) -> None:
    board = only(prod, "aws:cloudwatch/dashboard:Dashboard").inputs
    widgets = json.loads(board["dashboardBody"])["widgets"]
    charted = {(m[0], m[1]) for widget in widgets for m in widget["properties"]["metrics"]}
    assert charted >= {
        ("AWS/ApiGateway", "Count"),
        ("AWS/ApiGateway", "4XXError"),
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/ApiGateway", "Latency"),
        ("AWS/Lambda", "Invocations"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Duration"),
        ("AWS/Lambda", "ConcurrentExecutions"),
        ("AWS/RDS", "DatabaseConnections"),
        ("AWS/RDS", "CPUUtilization"),
        ("AWS/RDS", "FreeableMemory"),
        ("AWS/States", "ExecutionsStarted"),
        ("AWS/States", "ExecutionsFailed"),
        ("AWS/States", "ExecutionTime"),
    }
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places), "two charts in one place"


@pytest.mark.requirement(180)
def test_pages_go_by_mail_where_an_address_is_set(stacks: Stacks) -> None:
    mail = stacks("contrary").named("aws:sns/topicSubscription:TopicSubscription", "observability-pages-email").inputs
    assert (mail["protocol"], mail["endpoint"]) == ("email", "operators@example.com")
    assert mail["topic"].endswith(":goal-mandala-contrary-pages")
    assert stacks("contrary").of_type("aws:cloudwatch/dashboard:Dashboard") == []


def test_a_rule_about_nothing_is_refused_with_what_there_is(tmp_path: Any) -> None:
    stack = tmp_path / "Pulumi.wrong.yaml"
    text = (ROOT / "Pulumi.local.yaml").read_text()
    assert "signal: database_cpu" in text
    stack.write_text(text.replace("signal: database_cpu", "signal: databse_cpu"))
    with pytest.raises(RecordError) as raised:
        record(stack)
    assert "rule 'database-cpu' is about 'databse_cpu', which nothing in this stack signals" in str(raised.value)
    assert "database_connections" in str(raised.value)
