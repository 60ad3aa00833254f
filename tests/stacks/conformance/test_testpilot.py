"""TestPilot: backed up and verified, hardened, and measured under the names that its own metrics had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from plan.graph import Graph
from plan.record import RecordError, record
from tests.conftest import POSTURES, ROOT
from tests.stacks.conformance.queries import (
    AT_LEAST,
    alarm,
    condition,
    function,
    having,
    key,
    log_group,
    may,
    measured,
    of_bucket,
    only,
    severity,
)

CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
ACL = "aws:wafv2/webAcl:WebAcl"
POOL = "aws:cognito/userPool:UserPool"
KEY = "aws:secretsmanager/secret:Secret"


def dashboard(graph: Graph, name: str) -> str:
    body: str = having(
        graph, "aws:cloudwatch/dashboard:Dashboard", dashboardName=f"testpilot-prod-{name}-dashboard"
    ).inputs["dashboardBody"]
    return body


@pytest.mark.requirement(28)
def test_the_database_is_postgresql_15_on_5432_as_in_its_tests(testpilot: Graph) -> None:
    cluster = only(testpilot, CLUSTER)
    assert (cluster["engine"], cluster["port"]) == ("aurora-postgresql", 5432)
    assert cluster["engineVersion"].split(".")[0] == "15"
    assert only(testpilot, "aws:rds/clusterParameterGroup:ClusterParameterGroup")["family"] == "aurora-postgresql15"


@pytest.mark.requirement(45)
def test_the_gemini_key_is_a_secret_whose_place_alone_functions_are_told(testpilot: Graph) -> None:
    secret = having(testpilot, KEY, name="testpilot-prod-gemini")
    for name in ("testpilot-prod-generate-tasks", "testpilot-prod-propose"):
        variables = function(testpilot, name)["environment"]["variables"]
        assert (variables["MODEL_PROVIDER"], variables["MODEL_KEY_ARN"]) == ("gemini", secret.outputs["arn"])
        reads = [s["Resource"] for s in may(testpilot, name) if s["Action"] == ["secretsmanager:GetSecretValue"]]
        assert [secret.outputs["arn"]] in reads
    values = testpilot.of_type("aws:secretsmanager/secretVersion:SecretVersion")
    assert secret.id not in {v.inputs["secretId"] for v in values}, "an operator puts the key in"


@pytest.mark.requirement(75)
def test_an_address_makes_100_requests_in_ten_minutes_and_is_told_when_it_was_too_many(testpilot: Graph) -> None:
    acl = having(testpilot, ACL, name="testpilot-prod-api")
    assert acl.inputs["scope"] == "REGIONAL"
    [rule] = [r for r in acl.inputs["rules"] if "rateBasedStatement" in r["statement"]]
    assert rule["statement"]["rateBasedStatement"] == {
        "limit": 100,
        "evaluationWindowSec": 600,
        "aggregateKeyType": "IP",
    }
    assert rule["priority"] == 0
    refusal = rule["action"]["block"]["customResponse"]
    assert refusal["responseCode"] == 429
    [body] = [b for b in acl.inputs["customResponseBodies"] if b["key"] == refusal["customResponseBodyKey"]]
    assert json.loads(body["content"])["title"] == "Too many requests from this IP"
    stage = having(testpilot, "aws:apigateway/stage:Stage")
    assert only(testpilot, "aws:wafv2/webAclAssociation:WebAclAssociation") == {
        "resourceArn": stage.outputs["arn"],
        "webAclArn": acl.outputs["arn"],
    }


@pytest.mark.requirement(75)
def test_the_fifteen_minutes_that_waf_cannot_count_are_refused_with_what_it_can(tmp_path: Path) -> None:
    document = yaml.safe_load((ROOT / POSTURES["testpilot"]).read_text(encoding="utf-8"))
    document["config"]["goal-mandala:api"]["waf"]["per_ip_limit"]["window_seconds"] = 900
    file = tmp_path / "testpilot-prod.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(RecordError) as raised:
        record(file)
    assert "api.waf.per_ip_limit.window_seconds" in str(raised.value)
    assert "60, 120, 300, 600" in str(raised.value)
    assert "take 600" in str(raised.value)


@pytest.mark.requirement(76)
def test_every_request_is_logged_with_method_path_and_address(testpilot: Graph) -> None:
    access = only(testpilot, "aws:apigateway/stage:Stage")["accessLogSettings"]
    line = json.loads(access["format"])
    assert (line["method"], line["ip"]) == ("$context.httpMethod", "$context.identity.sourceIp")
    assert line["path"] == "$context.resourcePath"
    assert log_group(testpilot, "/aws/apigateway/testpilot-prod-api")["retentionInDays"] == 90


@pytest.mark.requirement(99)
def test_every_answer_of_the_site_carries_the_security_headers(testpilot: Graph) -> None:
    policy = having(testpilot, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    headers = policy.inputs["securityHeadersConfig"]
    assert headers["strictTransportSecurity"]["accessControlMaxAgeSec"] == 31_536_000
    assert headers["frameOptions"]["frameOption"] == "DENY"
    assert set(headers) >= {"contentTypeOptions", "referrerPolicy", "contentSecurityPolicy"}
    site = only(testpilot, "aws:cloudfront/distribution:Distribution")
    behaviors = [site["defaultCacheBehavior"], *site["orderedCacheBehaviors"]]
    assert {b["responseHeadersPolicyId"] for b in behaviors} == {policy.id}


@pytest.mark.requirement(154)
@pytest.mark.parametrize(
    ("name", "metric"),
    [
        pytest.param("workflow", "code_generation_total", marks=pytest.mark.requirement(187)),
        pytest.param("workflow", "code_generation_duration_seconds", marks=pytest.mark.requirement(188)),
        pytest.param("api", "active_sessions_total", marks=pytest.mark.requirement(189)),
    ],
)
def test_its_own_metrics_are_drawn_under_their_own_names(testpilot: Graph, name: str, metric: str) -> None:
    lines = [line for w in json.loads(dashboard(testpilot, name))["widgets"] for line in w["properties"]["metrics"]]
    searches = [line[0]["expression"] for line in lines if isinstance(line[0], dict)]
    assert [s for s in searches if s.startswith("SEARCH(") and f'MetricName="{metric}"' in s]


@pytest.mark.requirement(177)
def test_what_is_unusual_is_an_alarm(testpilot: Graph) -> None:
    unusual = {
        "testpilot-prod-api-unusual-requests": ("LessThanLowerOrGreaterThanUpperThreshold", "(m1, 3)", "Count"),
        "testpilot-prod-api-unusual-latency": ("GreaterThanUpperThreshold", "(m1, 3)", "Latency"),
        "testpilot-prod-errors-unusual-errors": ("GreaterThanUpperThreshold", "(m1, 2)", "IncomingLogEvents"),
    }
    for name, (operator, band, metric) in unusual.items():
        inputs = alarm(testpilot, name)
        assert inputs["comparisonOperator"] == operator
        [learned] = [q for q in inputs["metricQueries"] if q["id"] == inputs["thresholdMetricId"]]
        assert learned["expression"] == f"ANOMALY_DETECTION_BAND{band}"
        assert {m for _, m in measured(inputs)} == {metric}


@pytest.mark.requirement(186)
def test_functions_log_json_at_info(testpilot: Graph) -> None:
    functions = [f.inputs for f in testpilot.of_type("aws:lambda/function:Function")]
    assert {f["environment"]["variables"]["LOG_LEVEL"] for f in functions} == {"INFO"}
    assert {f["loggingConfig"]["logFormat"] for f in functions} == {"JSON"}
    assert all(f["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"] for f in functions)


@pytest.mark.requirement(191)
def test_the_database_s_performance_and_resources_are_watched(testpilot: Graph) -> None:
    assert len(testpilot.of_type(INSTANCE)) == 2
    for instance in testpilot.of_type(INSTANCE):
        assert instance.inputs["performanceInsightsEnabled"] is True
        assert instance.inputs["monitoringInterval"] == 60
    group = only(testpilot, "aws:rds/clusterParameterGroup:ClusterParameterGroup")
    parameters = {p["name"]: p["value"] for p in group["parameters"]}
    assert parameters["log_min_duration_statement"] == "500"
    assert condition(alarm(testpilot, "testpilot-prod-database-cpu")) == (AT_LEAST, 80, 60, 5)


@pytest.mark.requirement(191)
def test_what_users_experience_is_watched(testpilot: Graph) -> None:
    latency = alarm(testpilot, "testpilot-prod-api-latency")
    assert (latency["extendedStatistic"], latency["threshold"]) == ("p99", 2000)
    subscription = only(testpilot, "aws:cloudfront/monitoringSubscription:MonitoringSubscription")
    settings = subscription["monitoringSubscription"]["realtimeMetricsSubscriptionConfig"]
    assert settings == {"realtimeMetricsSubscriptionStatus": "Enabled"}
    assert "CacheHitRate" in dashboard(testpilot, "frontend")


@pytest.mark.requirement(197, 198)
def test_what_can_be_restored_to_the_second_reaches_back_7_days_and_system_backups_30(testpilot: Graph) -> None:
    assert only(testpilot, CLUSTER)["backupRetentionPeriod"] == 7
    [rule] = only(testpilot, "aws:backup/plan:Plan")["rules"]
    assert rule["lifecycle"] == {"deleteAfter": 30}
    assert rule["schedule"] == "cron(0 19 * * ? *)"


@pytest.mark.requirement(199, 204)
def test_backups_lie_encrypted_in_a_vault_of_their_own_and_a_failed_one_wakes_somebody(testpilot: Graph) -> None:
    vault = having(testpilot, "aws:backup/vault:Vault", name="testpilot-prod-backup")
    assert key(testpilot, vault.inputs["kmsKeyArn"])["enableKeyRotation"] is True
    assert vault.options["protect"] is True
    cluster = having(testpilot, CLUSTER)
    assert only(testpilot, "aws:backup/selection:Selection")["resources"] == [cluster.outputs["arn"]]
    failed = alarm(testpilot, "testpilot-prod-database-backups")
    assert condition(failed) == (AT_LEAST, 1, 60, 1)
    assert measured(failed) == {("AWS/Backup", "NumberOfBackupJobsFailed")}
    assert severity(failed) == "critical"


@pytest.mark.requirement(199)
def test_backups_may_be_restored_by_the_role_that_makes_them(testpilot: Graph) -> None:
    role = having(testpilot, "aws:iam/role:Role", name="testpilot-prod-backup")
    attached = {
        a.inputs["policyArn"].rpartition("/")[2]
        for a in testpilot.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if a.inputs["role"] == role.id
    }
    assert attached == {"AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"}


@pytest.mark.requirement(204)
def test_database_buckets_logs_and_secrets_are_encrypted(testpilot: Graph) -> None:
    assert key(testpilot, only(testpilot, CLUSTER)["kmsKeyId"])["enableKeyRotation"] is True
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    [rule] = of_bucket(testpilot, encryption, "testpilot-prod-frontend-123456789012")["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    encrypted: list[tuple[str, Any]] = [
        (group.name, group.inputs["kmsKeyId"]) for group in testpilot.of_type("aws:cloudwatch/logGroup:LogGroup")
    ]
    encrypted += [(secret.name, secret.inputs["kmsKeyId"]) for secret in testpilot.of_type(KEY)]
    assert len(encrypted) >= 30
    for name, arn in encrypted:
        assert key(testpilot, arn)["enableKeyRotation"] is True, name


@pytest.mark.requirement(205)
def test_known_attacks_are_refused_before_they_reach_the_api(testpilot: Graph) -> None:
    rules = having(testpilot, ACL, name="testpilot-prod-api").inputs["rules"]
    groups = [r["statement"].get("managedRuleGroupStatement", {}).get("name") for r in rules]
    assert groups == [
        None,
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
    ]
    assert log_group(testpilot, "aws-waf-logs-testpilot-prod-api")["retentionInDays"] == 90


@pytest.mark.requirement(206)
def test_signing_in_takes_a_second_factor_and_a_token_is_good_for_15_minutes(testpilot: Graph) -> None:
    pool = only(testpilot, POOL)
    assert pool["mfaConfiguration"] == "ON"
    assert pool["passwordPolicy"]["minimumLength"] == 12
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": True}
    client = only(testpilot, "aws:cognito/userPoolClient:UserPoolClient")
    assert (client["accessTokenValidity"], client["tokenValidityUnits"]["accessToken"]) == (15, "minutes")
    assert only(testpilot, "aws:apigateway/authorizer:Authorizer")["authorizerResultTtlInSeconds"] == 0
    guarded = {
        m.inputs["authorization"]
        for m in testpilot.of_type("aws:apigateway/method:Method")
        if m.inputs.get("operationName") in {"listGoals", "updateTask", "startTaskGeneration"}
    }
    assert guarded == {"COGNITO_USER_POOLS"}


@pytest.mark.requirement(11, 12, 206)
def test_the_network_refuses_twice_and_records_what_it_refused(testpilot: Graph) -> None:
    assert len(testpilot.of_type("aws:ec2/networkAcl:NetworkAcl")) == 2
    assert only(testpilot, "aws:ec2/flowLog:FlowLog")["trafficType"] == "REJECT"
