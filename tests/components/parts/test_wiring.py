"""What functions, keys and logs are told about each other: a wrong address deploys well and fails at night."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.conftest import Stacks
from tests.harness import only

FUNCTION = "aws:lambda/function:Function"


def told(graph: Graph, function: str) -> dict[str, str]:
    variables: dict[str, str] = graph.named(FUNCTION, f"{function}-function").inputs["environment"]["variables"]
    return variables


def test_functions_are_told_the_addresses_of_what_they_call(prod: Graph) -> None:
    assert told(prod, "api-ai")["STATE_MACHINE_ARN"] == prod.exports["state_machine_arn"]
    assert told(prod, "api-auth")["USER_POOL_ID"] == prod.exports["user_pool_id"]
    propose = prod.named(FUNCTION, "api-propose-function")
    assert told(prod, "api-ai")["PROPOSE_FUNCTION_NAME"].startswith(propose.outputs["arn"])
    assert told(prod, "api-health")["RELEASE"] == "0.1.0"


@pytest.mark.requirement(61)
def test_the_release_that_health_tells_is_the_stack_file_s(stacks: Stacks) -> None:
    assert told(stacks("contrary"), "api-health")["RELEASE"] == "9.9.9"


def test_a_key_s_name_leads_to_the_key(prod: Graph) -> None:
    aliases = prod.of_type("aws:kms/alias:Alias")
    assert {alias.name for alias in aliases} == {key.name for key in prod.of_type("aws:kms/key:Key")}
    assert len(aliases) >= 3
    for alias in aliases:
        key = prod.named("aws:kms/key:Key", alias.name)
        assert alias.inputs["targetKeyId"] in {key.id, key.outputs.get("keyId")}, alias.name


def test_the_libraries_are_those_of_the_functions_platform(prod: Graph) -> None:
    layer = only(prod, "aws:lambda/layerVersion:LayerVersion")
    assert layer.inputs["compatibleArchitectures"] == ["arm64"]
    assert layer.inputs["compatibleRuntimes"] == ["python3.13"]
    for function in prod.of_type(FUNCTION):
        assert (function.inputs["runtime"], function.inputs["architectures"]) == ("python3.13", ["arm64"])
        assert layer.outputs["arn"] in function.inputs["layers"]


@pytest.mark.requirement(186)
def test_lambda_s_own_lines_are_json_too(prod: Graph) -> None:
    for function in prod.of_type(FUNCTION):
        config = function.inputs["loggingConfig"]
        assert config["logFormat"] == "JSON"
        assert config["systemLogLevel"] == "INFO"
        assert config["logGroup"] == f"/aws/lambda/{function.inputs['name']}"


@pytest.mark.requirement(12)
def test_all_of_the_network_s_traffic_is_logged_by_a_role_of_its_own(prod: Graph) -> None:
    flow = only(prod, "aws:ec2/flowLog:FlowLog").inputs
    assert flow["logDestinationType"] == "cloud-watch-logs"
    assert (flow["trafficType"], flow["maxAggregationInterval"]) == ("ALL", 600)
    role = prod.named("aws:iam/role:Role", "network-flow-role")
    assert flow["iamRoleArn"] == role.outputs["arn"]
    assert flow["vpcId"]


def test_an_alarm_rings_only_when_every_period_is_bad(prod: Graph) -> None:
    alarms = prod.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert len(alarms) > 60
    for alarm in alarms:
        assert alarm.inputs["datapointsToAlarm"] == alarm.inputs["evaluationPeriods"], alarm.name


def test_answers_are_compressed_from_a_kilobyte_on(prod: Graph) -> None:
    assert only(prod, "aws:apigateway/restApi:RestApi").inputs["minimumCompressionSize"] == "1024"


@pytest.mark.requirement(68)
def test_every_rule_of_the_firewall_is_counted_under_its_name(stacks: Stacks) -> None:
    acls = stacks("contrary").of_type("aws:wafv2/webAcl:WebAcl")
    assert acls
    for acl in acls:
        for rule in acl.inputs["rules"]:
            assert rule["visibilityConfig"] == {
                "metricName": rule["name"],
                "cloudwatchMetricsEnabled": True,
                "sampledRequestsEnabled": True,
            }
        assert acl.inputs["visibilityConfig"]["cloudwatchMetricsEnabled"] is True
        assert [rule["priority"] for rule in acl.inputs["rules"]] == list(range(len(acl.inputs["rules"])))
