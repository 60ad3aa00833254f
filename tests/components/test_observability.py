"""Alarms and the way from an alarm to a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph, Resource
from plan.record import RecordError, record
from tests.components.alarms import ALARM, COMPOSITE, alarm, condition, measured, metrics, severity
from tests.conftest import ROOT, Stacks
from tests.harness import only, statements

TOPIC = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-production-{}"
GLOBAL = "arn:aws:sns:us-east-1:123456789012:goal-mandala-production-{}"
QUEUE = "aws:sqs/queue:Queue"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def ruled(graph: Graph) -> list[Resource]:
    """The alarms that are made from rules; releases have alarms of their own."""
    return [a for a in graph.of_type(ALARM) if "$mandala:parts:Alarms$" in a.urn]


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


@pytest.mark.requirement(59)
@pytest.mark.parametrize("rule", ["error-rate", "duration", "throttles"])
def test_every_function_has_the_alarm(prod: Graph, rule: str) -> None:
    names = {f.inputs["name"] for f in prod.of_type("aws:lambda/function:Function")}
    alarms = {a.inputs["name"] for a in prod.of_type(ALARM)}
    asked = dict.fromkeys(("generate-tasks", "propose"), "long-duration")
    asked |= dict.fromkeys(("detect-updates", "process-updates", "enforce-retention"), "long-work")
    slow = {f"goal-mandala-production-{name}": longer for name, longer in asked.items()} if rule == "duration" else {}
    assert {f"{name}-{slow.get(name, rule)}" for name in names} <= alarms


@pytest.mark.requirement(170, 171)
def test_errors_of_the_site_alarm_where_cloudfront_is_measured(prod: Graph) -> None:
    inputs = alarm(prod, "site-5xx")
    assert condition(inputs) == ("GreaterThanThreshold", 0, 300, 2)
    assert measured(inputs) == {("AWS/CloudFront", "5xxErrorRate")}
    assert inputs["region"] == "us-east-1"
    assert inputs["dimensions"]["Region"] == "Global"
    assert condition(alarm(prod, "site-errors")) == ("GreaterThanOrEqualToThreshold", 5, 60, 5)


@pytest.mark.requirement(178)
def test_every_alarm_reaches_the_alerts_of_its_region_and_the_critical_ones_wake_somebody(prod: Graph) -> None:
    alarms = prod.of_type(ALARM)
    assert {severity(a) for a in alarms} == {"critical", "high", "medium", "warning"}
    assert {a.inputs.get("region") for a in alarms} == {None, "us-east-1"}
    for resource in alarms:
        topic = GLOBAL if resource.inputs.get("region") else TOPIC
        expected = [topic.format("alerts")] + ([topic.format("pages")] if severity(resource) == "critical" else [])
        assert resource.inputs["alarmActions"] == expected, resource.name
        assert resource.inputs["okActions"] == [topic.format("alerts")]


@pytest.mark.requirement(178)
def test_several_alarms_together_wake_somebody(prod: Graph) -> None:
    inputs = only(prod, COMPOSITE).inputs
    assert inputs["alarmName"] == "goal-mandala-production-api-degraded-by-database"
    assert inputs["alarmRule"] == (
        'ALARM("goal-mandala-production-api-error-rate") AND ALARM("goal-mandala-production-database-connections")'
    )
    assert inputs["alarmActions"] == [TOPIC.format("alerts"), TOPIC.format("pages")]
    for role in ("api-error-rate", "database-connections"):
        assert severity(next(r for r in prod.of_type(ALARM) if r.inputs is alarm(prod, role))) == "high"


@pytest.mark.requirement(177)
def test_what_is_unusual_alarms_by_a_band_that_cloudwatch_learns(prod: Graph) -> None:
    inputs = alarm(prod, "api-unusual-requests")
    assert inputs["comparisonOperator"] == "LessThanLowerOrGreaterThanUpperThreshold"
    assert inputs["thresholdMetricId"] == "band"
    assert "threshold" not in inputs
    band, seen = inputs["metricQueries"]
    assert band["expression"] == "ANOMALY_DETECTION_BAND(m1, 3)"
    assert (band["returnData"], seen["returnData"]) == (True, True)
    assert measured(inputs) == {("AWS/ApiGateway", "Count")}


@pytest.mark.requirement(194)
def test_alarms_notify_and_learn_only_where_that_is_switched_on(prod: Graph, stacks: Stacks) -> None:
    assert {a.inputs["actionsEnabled"] for a in prod.of_type(ALARM) + prod.of_type(COMPOSITE)} == {True}
    assert {a.inputs["actionsEnabled"] for a in ruled(stacks("contrary"))} == {False}
    learned = [a for a in stacks("dev").of_type(ALARM) if "thresholdMetricId" in a.inputs]
    assert learned == [], "detailed monitoring is off there"


def test_a_rule_may_have_a_statistic_of_its_own_and_a_choice_of_subjects(stacks: Stacks) -> None:
    alarms = {a.inputs["name"]: a.inputs for a in stacks("contrary").of_type(ALARM)}
    assert alarms["goal-mandala-contrary-goals-average-duration"]["statistic"] == "Average"
    assert [name for name in alarms if name.endswith("-warm-use")] == ["goal-mandala-contrary-goals-warm-use"]


@pytest.mark.requirement(176)
def test_charges_alarm_in_us_east_1(prod: Graph) -> None:
    inputs = alarm(prod, "billing-charges")
    assert condition(inputs) == ("GreaterThanOrEqualToThreshold", 100, 21_600, 1)
    assert measured(inputs) == {("AWS/Billing", "EstimatedCharges")}
    assert inputs["dimensions"] == {"Currency": "USD"}
    assert inputs["region"] == "us-east-1"


@pytest.mark.requirement(213)
def test_what_logs_take_in_is_watched_and_nothing_is_kept_for_ever(prod: Graph) -> None:
    inputs = alarm(prod, "logs-volume")
    assert measured(inputs) == {("AWS/Logs", "IncomingBytes")}
    assert condition(inputs) == ("GreaterThanOrEqualToThreshold", 1_073_741_824, 3600, 1)
    groups = prod.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert len(groups) > 20
    assert all(1 <= group.inputs["retentionInDays"] <= 400 for group in groups)


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
    source = prod.named("aws:lambda/eventSourceMapping:EventSourceMapping", "observability-notifications").inputs
    assert source["eventSourceArn"] == queue.outputs["arn"]
    assert source["functionName"].endswith(":goal-mandala-production-notify-slack:live")
    assert source["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert json.loads(queue.inputs["redrivePolicy"]) == {
        "deadLetterTargetArn": letters.outputs["arn"],
        "maxReceiveCount": 5,
    }


@pytest.mark.requirement(178, 179)
def test_alerts_of_both_regions_reach_the_one_queue(prod: Graph) -> None:
    queue = prod.named(QUEUE, "observability-notifications")
    found = {s.inputs["topic"]: s.inputs for s in prod.of_type(SUBSCRIPTION) if s.inputs["protocol"] == "sqs"}
    assert set(found) == {TOPIC.format("alerts"), GLOBAL.format("alerts")}
    assert {s["endpoint"] for s in found.values()} == {queue.outputs["arn"]}
    assert found[GLOBAL.format("alerts")]["region"] == "us-east-1"
    for topic, subscription in found.items():
        region = topic.split(":")[3]
        letters = f"arn:aws:sqs:{region}:123456789012:goal-mandala-production-notifications-dead-letters"
        assert json.loads(subscription["redrivePolicy"]) == {"deadLetterTargetArn": letters}
    policy = prod.named("aws:sqs/queuePolicy:QueuePolicy", "observability-notifications")
    let_in, _ = statements(policy)
    assert let_in["Condition"] == {"ArnEquals": {"aws:SourceArn": sorted(found)}}


@pytest.mark.requirement(240)
def test_every_queue_and_topic_refuses_what_does_not_come_over_tls(graph: Graph) -> None:
    queues, topics = graph.of_type(QUEUE), graph.of_type("aws:sns/topic:Topic")
    policies = {p.inputs["queueUrl"]: p for p in graph.of_type("aws:sqs/queuePolicy:QueuePolicy")}
    policies |= {p.inputs["arn"]: p for p in graph.of_type("aws:sns/topicPolicy:TopicPolicy")}
    assert len(queues) >= 2
    for resource in queues + topics:
        denied = [s for s in statements(policies[resource.id]) if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in denied] == [{"Bool": {"aws:SecureTransport": "false"}}], resource.urn


@pytest.mark.requirement(86)
def test_nothing_asynchronous_fails_unseen(graph: Graph) -> None:
    """Every dead-letter queue has an alarm; every queue with a consumer has one, and so has every subscription."""
    letters = {q.outputs["arn"] for q in graph.of_type(QUEUE) if "dead-letters" in q.name}
    fed = {m.inputs["eventSourceArn"] for m in graph.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")}
    for queue in graph.of_type(QUEUE):
        if queue.outputs["arn"] in fed:
            assert json.loads(queue.inputs["redrivePolicy"])["deadLetterTargetArn"] in letters, queue.urn
    for subscription in graph.of_type(SUBSCRIPTION):
        if subscription.inputs["protocol"] == "sqs":
            assert json.loads(subscription.inputs["redrivePolicy"])["deadLetterTargetArn"] in letters
    for target in graph.of_type("aws:cloudwatch/eventTarget:EventTarget"):
        if ":function:" in target.inputs["arn"]:
            assert target.inputs["deadLetterConfig"]["arn"] in letters


@pytest.mark.requirement(175)
@pytest.mark.parametrize("stack", ["prod", "dev", "local"])
def test_every_dead_letter_queue_has_an_alarm(stacks: Stacks, stack: str) -> None:
    graph = stacks(stack)
    watched = {
        (a.inputs.get("region"), a.inputs["dimensions"]["QueueName"])
        for a in graph.of_type(ALARM)
        if measured(a.inputs) == {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}
    }
    letters = {(q.inputs.get("region"), q.inputs["name"]) for q in graph.of_type(QUEUE) if "dead-letters" in q.name}
    assert len(letters) >= 4
    assert letters == watched


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
    functions = {f.inputs["name"] for f in prod.of_type("aws:lambda/function:Function")}
    own = {
        "FunctionName": functions,
        "ApiName": {"goal-mandala-production-api"},
        "Stage": {"v1"},
        "DBClusterIdentifier": {c.outputs["clusterIdentifier"] for c in prod.of_type("aws:rds/cluster:Cluster")},
        "StateMachineArn": {m.id for m in prod.of_type("aws:sfn/stateMachine:StateMachine")},
        "QueueName": {q.inputs["name"] for q in prod.of_type(QUEUE)},
        "DistributionId": {d.id for d in prod.of_type("aws:cloudfront/distribution:Distribution")},
        "Region": {"Global"},
        "Currency": {"USD"},
        "LogGroupName": {g.inputs["name"] for g in prod.of_type("aws:cloudwatch/logGroup:LogGroup")},
    }
    for resource in prod.of_type(ALARM):
        for metric in metrics(resource.inputs):
            for key, value in metric.get("dimensions", {}).items():
                assert value in own[key], f"{resource.name} measures {key}={value}"


@pytest.mark.requirement(180)
def test_pages_go_by_mail_where_an_address_is_set(stacks: Stacks) -> None:
    mail = stacks("contrary").named(SUBSCRIPTION, "observability-pages-email").inputs
    assert (mail["protocol"], mail["endpoint"]) == ("email", "operators@example.com")
    assert mail["topic"].endswith(":goal-mandala-contrary-pages")


def test_a_rule_about_nothing_is_refused_with_what_there_is(tmp_path: Any) -> None:
    stack = tmp_path / "Pulumi.wrong.yaml"
    text = (ROOT / "Pulumi.local.yaml").read_text()
    assert "signal: database_cpu" in text
    stack.write_text(text.replace("signal: database_cpu", "signal: databse_cpu"))
    with pytest.raises(RecordError) as raised:
        record(stack)
    assert "rule 'database-cpu' is about 'databse_cpu', which nothing in this stack signals" in str(raised.value)
    assert "database_connections" in str(raised.value)
