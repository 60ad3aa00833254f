"""Where two systems demand the opposite of each other, both are said by stack files of the same program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plan.graph import Graph
from plan.record import RecordError, record
from tests.conftest import POSTURES, ROOT, Stacks
from tests.stacks.conformance.queries import ABOVE, AT_LEAST, alarm, condition, function, having, only

CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
METHODS = "aws:apigateway/methodSettings:MethodSettings"
STAGE = "aws:apigateway/stage:Stage"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def types(graph: Graph, service: str) -> set[str]:
    """The types of a service that the stack has resources of."""
    return {r.type.rpartition(":")[2] for r in graph.resources if r.type.startswith(f"aws:{service}/")}


def of_all_methods(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = having(graph, METHODS, methodPath="*/*").inputs["settings"]
    return found


@pytest.mark.requirement(15, 17, 32)
def test_capacity_that_follows_the_load_a_fixed_class_or_no_database_at_all(
    prod: Graph, csr: Graph, chase: Graph
) -> None:
    assert {i.inputs["instanceClass"] for i in prod.of_type(INSTANCE)} == {"db.serverless"}
    assert only(prod, CLUSTER)["serverlessv2ScalingConfiguration"] == {"minCapacity": 0.5, "maxCapacity": 2}
    assert {i.inputs["instanceClass"] for i in csr.of_type(INSTANCE)} == {"db.t3.medium"}
    assert "serverlessv2ScalingConfiguration" not in only(csr, CLUSTER)
    assert types(chase, "rds") == set()


@pytest.mark.requirement(18, 19, 198, 202)
def test_backups_of_7_or_30_days_with_and_without_a_vault(
    prod: Graph, csr: Graph, testpilot: Graph, dev: Graph
) -> None:
    days = [only(graph, CLUSTER)["backupRetentionPeriod"] for graph in (prod, csr, dev)]
    assert days == [7, 30, 1]
    assert types(prod, "backup") == types(csr, "backup") == set()
    assert types(testpilot, "backup") == {"Vault", "Plan", "Selection"}


@pytest.mark.requirement(65, 66, 75)
def test_throttles_of_the_whole_api_and_of_one_address(prod: Graph, csr: Graph, testpilot: Graph) -> None:
    rates = [
        (of_all_methods(graph)["throttlingRateLimit"], of_all_methods(graph)["throttlingBurstLimit"])
        for graph in (prod, csr)
    ]
    assert rates == [(1000, 2000), (500, 1000)]
    limits = [
        rule["statement"]["rateBasedStatement"]["limit"]
        for acl in testpilot.of_type("aws:wafv2/webAcl:WebAcl")
        for rule in acl.inputs["rules"]
        if "rateBasedStatement" in rule["statement"]
    ]
    assert limits == [100]


@pytest.mark.requirement(68)
def test_a_web_acl_nowhere_before_the_api_before_the_site_or_before_both(
    prod: Graph, csr: Graph, testpilot: Graph, cheapest: Graph
) -> None:
    def scopes(graph: Graph) -> set[str]:
        return {acl.inputs["scope"] for acl in graph.of_type("aws:wafv2/webAcl:WebAcl")}

    assert scopes(prod) == set()
    assert scopes(testpilot) == {"REGIONAL"}
    assert scopes(cheapest) == {"CLOUDFRONT"}
    assert scopes(csr) == {"REGIONAL", "CLOUDFRONT"}


@pytest.mark.requirement(67)
def test_an_api_with_and_without_a_cache(prod: Graph, csr: Graph) -> None:
    assert (only(prod, STAGE)["cacheClusterEnabled"], only(csr, STAGE)["cacheClusterEnabled"]) == (False, True)
    ages = {m.inputs["settings"].get("cacheTtlInSeconds") for m in csr.of_type(METHODS)}
    assert 300 in ages


@pytest.mark.requirement(47, 48, 51, 52)
def test_functions_small_and_unbounded_or_large_reserved_and_warm(prod: Graph, csr: Graph) -> None:
    small, large = function(prod, "goal-mandala-production-goals"), function(csr, "csr-prod-goals")
    assert (small["memorySize"], small.get("reservedConcurrentExecutions")) == (512, None)
    assert (large["memorySize"], large.get("reservedConcurrentExecutions")) == (1024, 500)
    warm = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
    assert prod.of_type(warm) == []
    assert {w.inputs["provisionedConcurrentExecutions"] for w in csr.of_type(warm)} == {10}


@pytest.mark.requirement(155, 156, 157)
def test_errors_counted_from_one_from_5_percent_on_or_above_5_percent(prod: Graph, csr: Graph, chase: Graph) -> None:
    assert condition(alarm(csr, "csr-prod-goals-errors"))[:2] == (AT_LEAST, 1)
    assert condition(alarm(chase, "chase-prod-goals-error-rate")) == (AT_LEAST, 5, 300, 2)
    assert condition(alarm(prod, "goal-mandala-production-goals-error-rate")) == (ABOVE, 5, 300, 2)


@pytest.mark.requirement(34, 42)
def test_a_key_in_secrets_manager_or_in_parameter_store(testpilot: Graph, chase: Graph) -> None:
    keys = [
        function(graph, f"{name}-generate-tasks")["environment"]["variables"]["MODEL_KEY_ARN"].split(":")[2]
        for graph, name in ((testpilot, "testpilot-prod"), (chase, "chase-prod"))
    ]
    assert keys == ["secretsmanager", "ssm"]


@pytest.mark.requirement(71)
def test_credentials_are_taken_from_named_sites_and_never_from_any(prod: Graph, tmp_path: Path) -> None:
    origins = function(prod, "goal-mandala-production-goals")["environment"]["variables"]["CORS_ORIGINS"]
    assert origins == prod.exports["site_url"]
    with pytest.raises(RecordError, match=re.escape("api.cors: origins ['*'] must not be combined with credentials")):
        with_setting(tmp_path, "api", "cors", {"origins": ["*"], "credentials": True})


@pytest.mark.requirement(102, 104)
def test_a_site_under_cloudfront_s_name_or_under_its_own_by_a_certificate_of_us_east_1(prod: Graph, csr: Graph) -> None:
    assert only(prod, DISTRIBUTION)["viewerCertificate"] == {"cloudfrontDefaultCertificate": True}
    own = only(csr, DISTRIBUTION)["viewerCertificate"]
    assert own["acmCertificateArn"].split(":")[3] == "us-east-1"
    assert own["minimumProtocolVersion"] == "TLSv1.2_2021"


@pytest.mark.requirement(9, 11, 12)
def test_endpoints_lists_and_flow_logs_each_by_itself(prod: Graph, csr: Graph, chase: Graph) -> None:
    kinds = {"VpcEndpoint", "NetworkAcl", "FlowLog"}
    assert types(prod, "ec2") & kinds == {"FlowLog"}
    assert types(csr, "ec2") & kinds == kinds
    assert types(chase, "ec2") & kinds == {"VpcEndpoint"}


@pytest.mark.requirement(49)
def test_a_function_of_30_seconds_is_waited_for_29(prod: Graph, tmp_path: Path) -> None:
    assert function(prod, "goal-mandala-production-goals")["timeout"] == 30
    waits = {
        i.inputs["timeoutMilliseconds"]
        for i in prod.of_type("aws:apigateway/integration:Integration")
        if i.inputs["type"] == "AWS_PROXY"
    }
    assert waits == {29_000}
    with pytest.raises(RecordError, match="must not be above 29000"):
        with_setting(tmp_path, "api", "integration_timeout_ms", 30_000)


@pytest.mark.requirement(50, 78)
def test_a_step_of_900_seconds_in_a_run_of_900_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="a machine's timeout cannot be caught"):
        with_setting(tmp_path, "workflow", "step_timeout_seconds", 900)


@pytest.mark.requirement(98)
@pytest.mark.parametrize(
    ("stack", "answers"),
    [
        ("prod", {403: (200, "/index.html"), 404: (200, "/index.html")}),
        ("contrary", {404: (404, "/not-found.html"), 500: (500, "/broken.html")}),
        ("chase", {}),
    ],
)
def test_errors_of_the_site_as_its_page_as_pages_of_their_own_or_as_they_are(
    stacks: Stacks, stack: str, answers: dict[int, tuple[int, str]]
) -> None:
    errors = only(stacks(stack), DISTRIBUTION)["customErrorResponses"]
    assert {e["errorCode"]: (e["responseCode"], e["responsePagePath"]) for e in errors} == answers


@pytest.mark.requirement(46)
def test_a_runtime_that_the_functions_are_not_written_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"functions\.runtime: should be one of 'python3\.11'"):
        with_setting(tmp_path, "functions", "runtime", "nodejs20.x")


@pytest.mark.requirement(44)
def test_no_account_and_no_address_of_slack_stands_in_a_stack_file() -> None:
    files = [*ROOT.glob("Pulumi.*.yaml"), *(ROOT / path for path in POSTURES.values())]
    assert len(files) >= 8
    for file in files:
        text = file.read_text(encoding="utf-8")
        # AWS's own layers stand in an account of AWS's.
        accounts = set(re.findall(r"\b\d{12}\b", text)) - {"123456789012", "580247275435"}
        assert accounts == set(), file.name
        assert "hooks.slack.com" not in text, file.name


@pytest.mark.requirement(63, 243)
def test_close_monitoring_is_one_switch_and_tracing_what_people_write_another(prod: Graph) -> None:
    bodies = [json.loads(d.inputs["dashboardBody"]) for d in prod.of_type("aws:cloudwatch/dashboard:Dashboard")]
    assert {w["properties"]["period"] for body in bodies for w in body["widgets"]} == {60}
    assert of_all_methods(prod)["metricsEnabled"] is True
    assert of_all_methods(prod)["dataTraceEnabled"] is False


def with_setting(folder: Path, section: str, name: str, value: object) -> None:
    """Record production with one setting changed."""
    document = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8"))
    document["config"][f"goal-mandala:{section}"][name] = value
    file = folder / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    record(file)
