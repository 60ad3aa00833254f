"""CHASE: repositories watched every day, rows in a database that stands elsewhere, keys in Parameter Store."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import (
    AT_LEAST,
    alarm,
    alarms_on,
    condition,
    function,
    having,
    key,
    log_group,
    may,
    measured,
    metrics,
    only,
    severity,
    topics,
)

FUNCTION = "aws:lambda/function:Function"
MACHINE = "aws:sfn/stateMachine:StateMachine"
PARAMETER = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/chase/prod/{}"


@pytest.mark.requirement(32)
def test_there_is_no_database_of_its_own(chase: Graph) -> None:
    assert [r.type for r in chase.resources if r.type.startswith(("aws:rds/", "aws:backup/"))] == []
    assert alarms_on(chase, "DatabaseConnections") == []
    assert "database_endpoint" not in chase.exports


@pytest.mark.requirement(32, 42)
def test_functions_read_the_connection_and_the_model_s_key_from_parameter_store(chase: Graph) -> None:
    variables = function(chase, "chase-prod-process-updates")["environment"]["variables"]
    assert variables["DATABASE_SECRET_ARN"] == PARAMETER.format("supabase")
    assert (variables["MODEL_PROVIDER"], variables["MODEL_KEY_ARN"]) == ("openai", PARAMETER.format("openai-api-key"))
    granted = may(chase, "chase-prod-process-updates")
    reads = [s["Resource"] for s in granted if s["Action"] == ["ssm:GetParameter"]]
    assert reads == [[PARAMETER.format("supabase")], [PARAMETER.format("openai-api-key")]]
    through = {"StringEquals": {"kms:ViaService": "ssm.ap-northeast-1.amazonaws.com"}}
    [decrypts] = [s for s in granted if s.get("Condition") == through]
    assert key(chase, decrypts["Resource"][0])["enableKeyRotation"] is True
    assert not [s for s in granted if "secretsmanager:GetSecretValue" in s["Action"]]


@pytest.mark.requirement(32)
def test_the_database_elsewhere_is_reached_at_its_address_and_port_alone(chase: Graph) -> None:
    ways = {
        (r.inputs["cidrIpv4"], r.inputs["fromPort"], r.inputs["toPort"])
        for r in chase.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
        if "cidrIpv4" in r.inputs
    }
    assert ways == {("203.0.113.0/24", 6543, 6543), ("0.0.0.0/0", 443, 443)}


@pytest.mark.requirement(90, 233)
def test_functions_together_hold_no_more_connections_than_the_database_grants(chase: Graph) -> None:
    connected = [
        f.inputs["reservedConcurrentExecutions"]
        for f in chase.of_type(FUNCTION)
        if "DATABASE_SECRET_ARN" in f.inputs["environment"]["variables"]
    ]
    assert len(connected) >= 20
    assert sum(connected) <= 200


@pytest.mark.requirement(9)
def test_there_are_endpoints_where_they_are_needed(chase: Graph) -> None:
    endpoints = {e.inputs["serviceName"]: e.inputs for e in chase.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    assert set(endpoints) == {"com.amazonaws.ap-northeast-1.s3", "com.amazonaws.ap-northeast-1.ssm"}
    assert endpoints["com.amazonaws.ap-northeast-1.s3"]["vpcEndpointType"] == "Gateway"
    assert endpoints["com.amazonaws.ap-northeast-1.ssm"]["privateDnsEnabled"] is True
    assert chase.of_type("aws:ec2/networkAcl:NetworkAcl") == []
    assert chase.of_type("aws:ec2/flowLog:FlowLog") == []


@pytest.mark.requirement(43)
def test_the_stage_is_prod(chase: Graph) -> None:
    assert {f.inputs["environment"]["variables"]["STAGE"] for f in chase.of_type(FUNCTION)} == {"prod"}


@pytest.mark.requirement(55, 184)
def test_functions_and_workflows_keep_their_logs_for_30_days(chase: Graph) -> None:
    assert len(chase.of_type(FUNCTION)) >= 25
    for made in chase.of_type(FUNCTION):
        assert log_group(chase, f"/aws/lambda/{made.inputs['name']}")["retentionInDays"] == 30
    for machine in chase.of_type(MACHINE):
        assert log_group(chase, f"/aws/vendedlogs/states/{machine.inputs['name']}")["retentionInDays"] == 30


@pytest.mark.requirement(134)
def test_a_release_serves_a_tenth_of_the_calls_for_five_minutes_and_is_taken_back_when_it_fails(chase: Graph) -> None:
    groups = chase.of_type("aws:codedeploy/deploymentGroup:DeploymentGroup")
    assert len(groups) == len(chase.of_type(FUNCTION))
    assert {g.inputs["deploymentConfigName"] for g in groups} == {"CodeDeployDefault.LambdaCanary10Percent5Minutes"}
    assert all("DEPLOYMENT_STOP_ON_ALARM" in g.inputs["autoRollbackConfiguration"]["events"] for g in groups)


@pytest.mark.requirement(156)
def test_every_function_warns_when_5_percent_or_more_fail(chase: Graph) -> None:
    assert len(chase.of_type(FUNCTION)) >= 25
    for made in chase.of_type(FUNCTION):
        inputs = alarm(chase, f"{made.inputs['name']}-error-rate")
        assert condition(inputs)[:2] == (AT_LEAST, 5)
        assert measured(inputs) == {("AWS/Lambda", "Errors"), ("AWS/Lambda", "Invocations")}
        assert {m["dimensions"]["FunctionName"] for m in metrics(inputs)} == {made.inputs["name"]}
        assert severity(inputs) == "warning"


@pytest.mark.requirement(173, 235)
def test_one_failed_run_alarms_at_once(chase: Graph) -> None:
    inputs = alarm(chase, "chase-prod-repository-monitoring-failures")
    assert condition(inputs) == (AT_LEAST, 1, 60, 1)
    assert measured(inputs) == {("AWS/States", "ExecutionsFailed")}
    assert inputs["dimensions"] == {"StateMachineArn": chase.exports["monitoring_state_machine_arn"]}
    assert topics(inputs) == {"ap-northeast-1:chase-prod-alerts", "ap-northeast-1:chase-prod-pages"}


@pytest.mark.requirement(175)
def test_one_dead_letter_warns_by_the_metric_that_sqs_has(chase: Graph) -> None:
    inputs = alarm(chase, "chase-prod-activities-dead-letters")
    assert condition(inputs)[:2] == (AT_LEAST, 1)
    assert measured(inputs) == {("AWS/SQS", "ApproximateNumberOfMessagesVisible")}
    assert inputs["dimensions"] == {"QueueName": "chase-prod-activities-dead-letters"}
    assert severity(inputs) == "warning"


@pytest.mark.requirement(176)
def test_what_the_account_costs_alarms_where_it_is_billed(chase: Graph) -> None:
    inputs = alarm(chase, "chase-prod-billing-charges")
    assert condition(inputs) == (AT_LEAST, 50, 21_600, 1)
    assert (inputs["region"], inputs["dimensions"]) == ("us-east-1", {"Currency": "USD"})
    assert only(chase, "aws:budgets/budget:Budget")["limitAmount"] == "50.00"


@pytest.mark.requirement(154, 192)
def test_there_is_a_dashboard_of_the_runs_and_saved_queries_over_the_logs(chase: Graph) -> None:
    body = having(chase, "aws:cloudwatch/dashboard:Dashboard", dashboardName="chase-prod-workflow-dashboard").inputs
    assert chase.exports["monitoring_state_machine_arn"] in body["dashboardBody"]
    queries = [q.inputs for q in chase.of_type("aws:cloudwatch/queryDefinition:QueryDefinition")]
    assert {q["name"] for q in queries} >= {"chase-prod/errors", "chase-prod/one-request"}
    assert all("/aws/lambda/chase-prod-detect-updates" in q["logGroupNames"] for q in queries)
    filters = chase.of_type("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter")
    assert "/aws/lambda/chase-prod-process-updates" in {f.inputs["logGroup"] for f in filters}


@pytest.mark.requirement(203)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("list-data-sources", {"supabase"}),
        ("detect-updates", {"supabase", "github-token"}),
        ("enqueue-activities", set()),
        ("mark-checked", {"supabase"}),
        ("process-updates", {"supabase", "openai-api-key"}),
        ("summarize-run", set()),
    ],
)
def test_a_function_reads_the_parameters_that_it_uses_and_no_other(
    chase: Graph, name: str, parameters: set[str]
) -> None:
    granted = may(chase, f"chase-prod-{name}")
    read = {arn for s in granted if s["Action"] == ["ssm:GetParameter"] for arn in s["Resource"]}
    assert read == {PARAMETER.format(parameter) for parameter in parameters}
    assert not [s for s in granted if "*" in s["Resource"] and not s["Action"][0].startswith(("xray:", "ec2:"))]
