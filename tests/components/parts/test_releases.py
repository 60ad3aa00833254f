"""Functions beyond the ordinary: kept warm, released in stages, measured by Lambda Insights, invoked asynchronously."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.parts.function import FailedEvents, Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.signal import Signal
from components.parts.statement import allow
from plan.graph import Graph
from plan.record import RecordError
from settings.functions import FunctionSettings
from tests.harness import KEYS, STACK, build, only, statements

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
GROUP = "aws:codedeploy/deploymentGroup:DeploymentGroup"
ALERTS = "arn:aws:sns:ap-northeast-1:123456789012:alerts"
INSIGHTS = "arn:aws:lambda:ap-northeast-1:580247275435:layer:LambdaInsightsExtension-Arm64:20"
WARM = {"initial": 10, "minimum": 5, "maximum": 50, "target_utilization": 0.7}
SETTINGS: dict[str, Any] = {
    "runtime": "python3.13",
    "architecture": "arm64",
    "log_level": "INFO",
    "log_retention_days": 30,
    "account_concurrency": 1000,
    "insights_layer_arn": None,
    "deployment": {"mode": "all_at_once"},
    "api": {"memory_mb": 1024, "timeout_seconds": 30},
    "workflow": {"memory_mb": 512, "timeout_seconds": 900},
    "utility": {"memory_mb": 256, "timeout_seconds": 30},
    "sizes": {},
}


def functions(
    *sources: str, signals: list[Signal] | None = None, failed_events: FailedEvents | None = None, **changes: Any
) -> Graph:
    """Functions of the API with these settings instead of the plain ones."""
    platform = Platform(
        settings=FunctionSettings.model_validate({**SETTINGS, **changes}),
        stack=STACK,
        layer_arn="arn:aws:lambda:ap-northeast-1:123456789012:layer:example:1",
        logs_key_arn=KEYS.logs,
        subnet_ids=["subnet-1"],
        security_group_id="sg-1",
        alerts_topic_arn=ALERTS,
    )

    def construct() -> None:
        for source in sources or ("goals",):
            made = Function(
                f"part-{source}",
                FunctionArgs(platform=platform, source=source, kind="api", failed_events=failed_events),
            )
            if signals is not None:
                signals.extend(made.signals())
        pulumi.export("done", "yes")

    return build(construct)


def size(**more: Any) -> dict[str, Any]:
    return {"memory_mb": 1024, "timeout_seconds": 30, **more}


@pytest.mark.requirement(48, 51)
def test_a_function_has_1024_mb_and_reserves_500_executions() -> None:
    inputs = only(functions(sizes={"goals": size(reserved_concurrency=500)}), FUNCTION).inputs
    assert (inputs["memorySize"], inputs["reservedConcurrentExecutions"]) == (1024, 500)


@pytest.mark.requirement(52, 53)
def test_ten_environments_are_warm_at_first_and_five_to_fifty_later() -> None:
    graph = functions(sizes={"goals": size(reserved_concurrency=500, provisioned_concurrency=WARM)})
    first = only(graph, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig")
    assert first.inputs["provisionedConcurrentExecutions"] == 10
    assert first.inputs["qualifier"] == "live"
    assert first.options["ignore_changes"] == ["provisionedConcurrentExecutions"]
    target = only(graph, "aws:appautoscaling/target:Target").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (5, 50)
    assert target["resourceId"] == "function:example-production-goals:live"
    assert target["scalableDimension"] == "lambda:function:ProvisionedConcurrency"
    policy = only(graph, "aws:appautoscaling/policy:Policy").inputs
    assert policy["policyType"] == "TargetTrackingScaling"
    tracking = policy["targetTrackingScalingPolicyConfiguration"]
    assert tracking["targetValue"] == 0.7
    assert tracking["predefinedMetricSpecification"] == {
        "predefinedMetricType": "LambdaProvisionedConcurrencyUtilization"
    }


@pytest.mark.requirement(161)
def test_the_use_of_warm_environments_is_signalled_between_0_and_1() -> None:
    signals: list[Signal] = []
    functions(signals=signals, sizes={"goals": size(provisioned_concurrency=WARM)})
    [use] = [signal for signal in signals if signal.kind == "function_provisioned_use"]
    assert (use.metrics[0].name, use.metrics[0].statistic) == ("ProvisionedConcurrencyUtilization", "Maximum")
    assert set(use.metrics[0].dimensions) == {"FunctionName", "Resource"}


@pytest.mark.requirement(51)
def test_functions_that_reserve_more_than_the_account_has_are_refused_together() -> None:
    with pytest.raises(RecordError, match=r"reserve 1000 concurrent executions \(goals 500, tasks 500\)"):
        functions("goals", "tasks", api=size(reserved_concurrency=500))


def test_functions_that_fit_into_the_account_are_made() -> None:
    graph = functions("goals", "tasks", api=size(reserved_concurrency=450))
    assert [f.inputs["reservedConcurrentExecutions"] for f in graph.of_type(FUNCTION)] == [450, 450]


@pytest.mark.requirement(159)
def test_lambda_insights_measures_memory_when_its_layer_is_named() -> None:
    signals: list[Signal] = []
    graph = functions(signals=signals, insights_layer_arn=INSIGHTS)
    assert only(graph, FUNCTION).inputs["layers"][-1] == INSIGHTS
    [writes] = [
        s for s in statements(only(graph, "aws:iam/rolePolicy:RolePolicy")) if "logs:CreateLogGroup" in s["Action"]
    ]
    assert writes["Resource"] == ["arn:aws:logs:ap-northeast-1:123456789012:log-group:/aws/lambda-insights:*"]
    [memory] = [signal for signal in signals if signal.kind == "function_memory"]
    assert (memory.metrics[0].namespace, memory.metrics[0].name) == ("LambdaInsights", "memory_utilization")
    assert set(memory.metrics[0].dimensions) == {"function_name"}


def test_what_is_not_measured_is_not_signalled() -> None:
    signals: list[Signal] = []
    graph = functions(signals=signals)
    assert not {"function_memory", "function_provisioned_use", "function_dropped_events"} & {s.kind for s in signals}
    assert len(only(graph, FUNCTION).inputs["layers"]) == 1


@pytest.mark.requirement(134)
def test_a_staged_release_moves_a_tenth_of_the_calls_and_takes_them_back_on_errors() -> None:
    graph = functions(deployment={"mode": "canary", "minutes": 5, "rollback_errors": 1})
    alias = only(graph, ALIAS)
    assert alias.options["ignore_changes"] == ["functionVersion", "routingConfig"]
    assert only(graph, "aws:codedeploy/application:Application").inputs["computePlatform"] == "Lambda"
    group = only(graph, GROUP).inputs
    assert group["deploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert group["deploymentStyle"] == {"deploymentOption": "WITH_TRAFFIC_CONTROL", "deploymentType": "BLUE_GREEN"}
    assert group["autoRollbackConfiguration"]["enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["autoRollbackConfiguration"]["events"]
    alarm = only(graph, ALARM)
    assert group["alarmConfiguration"] == {"enabled": True, "alarms": [alarm.outputs["name"]]}
    assert alarm.inputs["dimensions"] == {
        "FunctionName": "example-production-goals",
        "Resource": "example-production-goals:live",
    }
    assert (alarm.inputs["metricName"], alarm.inputs["threshold"], alarm.inputs["period"]) == ("Errors", 1, 60)
    assert alarm.inputs["alarmActions"] == [ALERTS]


@pytest.mark.requirement(134, 203)
def test_a_release_may_move_its_own_alias_and_nothing_else() -> None:
    graph = functions(deployment={"mode": "canary", "minutes": 30, "rollback_errors": 3})
    policy = graph.named("aws:iam/rolePolicy:RolePolicy", "part-goals-release-policy")
    allowed = {action: s["Resource"] for s in statements(policy) for action in s["Action"]}
    assert set(allowed) == {
        "cloudwatch:DescribeAlarms", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias",
    }  # fmt: skip
    function = "arn:aws:lambda:ap-northeast-1:123456789012:function:example-production-goals"
    assert allowed["lambda:UpdateAlias"] == [function, f"{function}:live"]


def test_a_release_at_once_moves_the_alias_with_the_update() -> None:
    graph = functions()
    assert only(graph, ALIAS).options.get("ignore_changes") in (None, [])
    assert graph.of_type(GROUP) == []


def test_events_that_nobody_could_handle_go_where_the_owner_says() -> None:
    queue = "arn:aws:sqs:ap-northeast-1:123456789012:failed"
    signals: list[Signal] = []
    graph = functions(
        signals=signals,
        failed_events=FailedEvents(
            destination_arn=queue, grant=Grant(statements=(allow("sqs:SendMessage", on=[queue]),)), retries=1
        ),
    )
    config = only(graph, "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig")
    assert config.inputs["destinationConfig"] == {"onFailure": {"destination": queue}}
    assert (config.inputs["qualifier"], config.inputs["maximumRetryAttempts"]) == ("live", 1)
    policy = only(graph, "aws:iam/rolePolicy:RolePolicy")
    assert {"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [queue]} in statements(policy)
    assert policy.urn in config.registration.dependencies
    assert {"function_dropped_events", "function_undelivered_events"} <= {s.kind for s in signals}


@pytest.mark.parametrize(("level", "lambda_level"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("ERROR", "INFO")])
@pytest.mark.requirement(186)
def test_lambda_s_own_lines_are_json_and_the_function_s_lines_are_not_judged_by_it(
    level: str, lambda_level: str
) -> None:
    inputs = only(functions(log_level=level), FUNCTION).inputs
    assert inputs["loggingConfig"]["logFormat"] == "JSON"
    assert inputs["loggingConfig"]["applicationLogLevel"] == lambda_level
    assert inputs["environment"]["variables"]["LOG_LEVEL"] == level
