"""Goal Mandala's production: PostgreSQL on Aurora, and the secrets around it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import having, key, log_group, may, only

CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105  # a type, no secret
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
APPLICATION = "goal-mandala-production-database-application"
ADMINISTRATOR = "goal-mandala-production-database-administrator"


def cluster(graph: Graph) -> dict[str, Any]:
    return having(graph, CLUSTER, clusterIdentifier="goal-mandala-production-database").inputs


def value(graph: Graph, secret: str) -> str:
    """The value that a secret, by its name, is made with."""
    owner = having(graph, SECRET, name=secret)
    text: str = having(graph, VERSION, secretId=owner.id).inputs["secretString"]
    return text


@pytest.mark.requirement(15)
def test_the_cluster_is_aurora_serverless_v2_of_half_to_two_capacity_units(prod: Graph) -> None:
    assert cluster(prod)["engine"] == "aurora-postgresql"
    assert cluster(prod)["serverlessv2ScalingConfiguration"] == {"minCapacity": 0.5, "maxCapacity": 2.0}
    assert {i.inputs["instanceClass"] for i in prod.of_type(INSTANCE)} == {"db.serverless"}


@pytest.mark.requirement(16, 234)
def test_writer_and_reader_stand_in_different_zones_and_either_can_take_over(prod: Graph) -> None:
    zones = {i.inputs["identifier"]: i.inputs["availabilityZone"] for i in prod.of_type(INSTANCE)}
    assert zones == {
        "goal-mandala-production-database-writer": "ap-northeast-1a",
        "goal-mandala-production-database-reader-1": "ap-northeast-1c",
    }
    assert {i.inputs["promotionTier"] for i in prod.of_type(INSTANCE)} == {1}


@pytest.mark.requirement(18, 202, 246)
def test_seven_days_can_be_restored_and_nothing_more_is_automated(prod: Graph) -> None:
    assert cluster(prod)["backupRetentionPeriod"] == 7
    assert cluster(prod)["preferredBackupWindow"] == "03:00-04:00"
    assert cluster(prod)["preferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert [r for r in prod.resources if r.type.startswith("aws:backup/")] == []


@pytest.mark.requirement(20, 240)
def test_the_storage_is_encrypted_with_a_key_of_the_stack_that_rotates(prod: Graph) -> None:
    assert cluster(prod)["storageEncrypted"] is True
    assert key(prod, cluster(prod)["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(21)
def test_the_cluster_is_protected_in_aws_and_in_the_program_and_leaves_a_last_snapshot(prod: Graph) -> None:
    assert cluster(prod)["deletionProtection"] is True
    assert having(prod, CLUSTER).options["protect"] is True
    assert cluster(prod)["skipFinalSnapshot"] is False
    assert cluster(prod)["finalSnapshotIdentifier"] == "goal-mandala-production-database-final"


@pytest.mark.requirement(22, 246)
def test_every_instance_has_performance_insights_and_is_measured_every_minute(prod: Graph) -> None:
    assert len(prod.of_type(INSTANCE)) == 2
    for instance in prod.of_type(INSTANCE):
        assert instance.inputs["performanceInsightsEnabled"] is True
        assert instance.inputs["performanceInsightsKmsKeyId"] == cluster(prod)["kmsKeyId"]
        assert instance.inputs["monitoringInterval"] == 60
        role = having(prod, "aws:iam/role:Role", name="goal-mandala-production-database-monitoring")
        assert instance.inputs["monitoringRoleArn"] == role.outputs["arn"]
        assert instance.inputs["publiclyAccessible"] is False


@pytest.mark.requirement(23, 25, 246)
def test_tls_is_forced_and_slow_and_audited_statements_are_logged(prod: Graph) -> None:
    group = having(prod, "aws:rds/clusterParameterGroup:ClusterParameterGroup").inputs
    assert cluster(prod)["dbClusterParameterGroupName"] == group["name"]
    assert {p["name"]: p["value"] for p in group["parameters"]} == {
        "rds.force_ssl": "1",
        "log_min_duration_statement": "1000",
        "shared_preload_libraries": "pg_stat_statements,pgaudit",
        "pgaudit.log": "ddl,role",
    }


@pytest.mark.requirement(24, 246)
def test_iam_may_sign_in_to_the_database(prod: Graph) -> None:
    assert cluster(prod)["iamDatabaseAuthenticationEnabled"] is True


@pytest.mark.requirement(25, 185, 246)
def test_the_database_s_log_is_exported_encrypted_and_kept_for_30_days(prod: Graph) -> None:
    assert cluster(prod)["enabledCloudwatchLogsExports"] == ["postgresql"]
    logs = log_group(prod, "/aws/rds/cluster/goal-mandala-production-database/postgresql")
    assert logs["retentionInDays"] == 30
    assert key(prod, logs["kmsKeyId"])["description"] == "goal-mandala-production: encrypts log groups"


@pytest.mark.requirement(26, 38)
def test_database_credentials_rotate_every_30_days_and_no_other_secret_does(prod: Graph) -> None:
    rotated = {r.inputs["secretId"]: r.inputs["rotationRules"] for r in prod.of_type(ROTATION)}
    ids = {s.inputs["name"]: s.id for s in prod.of_type(SECRET)}
    assert rotated == {
        ids[ADMINISTRATOR]: {"automaticallyAfterDays": 30},
        ids[APPLICATION]: {"automaticallyAfterDays": 30},
    }
    assert {ids["goal-mandala-production-jwt"], ids["goal-mandala-production-external-api"]}.isdisjoint(rotated)


@pytest.mark.requirement(27)
def test_endpoints_and_secret_are_outputs(prod: Graph) -> None:
    made = having(prod, CLUSTER).outputs
    assert prod.exports["database_endpoint"] == made["endpoint"]
    assert prod.exports["database_reader_endpoint"] == made["readerEndpoint"]
    assert made["endpoint"] != made["readerEndpoint"]
    assert prod.exports["database_secret_arn"] == having(prod, SECRET, name=APPLICATION).outputs["arn"]


@pytest.mark.requirement(28)
def test_postgresql_listens_on_5432(prod: Graph) -> None:
    assert cluster(prod)["port"] == 5432


@pytest.mark.requirement(167, 233)
def test_functions_share_the_connections_of_a_pool(prod: Graph) -> None:
    proxy = only(prod, "aws:rds/proxy:Proxy")
    assert (proxy["engineFamily"], proxy["requireTls"]) == ("POSTGRESQL", True)
    target = only(prod, "aws:rds/proxyTarget:ProxyTarget")
    assert target["dbClusterIdentifier"] == "goal-mandala-production-database"
    endpoint = having(prod, "aws:rds/proxy:Proxy").outputs["endpoint"]
    assert json.loads(value(prod, APPLICATION))["host"] == endpoint


@pytest.mark.requirement(34)
@pytest.mark.parametrize(("secret", "user"), [(APPLICATION, "goal_mandala_app"), (ADMINISTRATOR, "administrator")])
def test_the_database_secret_tells_all_that_is_needed_to_connect(prod: Graph, secret: str, user: str) -> None:
    told = json.loads(value(prod, secret))
    assert set(told) == {"username", "password", "host", "port", "dbname"}
    assert (told["username"], told["port"], told["dbname"]) == (user, 5432, "goal_mandala")
    drawn = [p.inputs for p in prod.of_type("random:index/randomPassword:RandomPassword")]
    assert drawn == [{"length": 40, "special": False}] * 2


@pytest.mark.requirement(35, 36)
def test_the_signing_secret_is_256_bits_as_64_hexadecimal_digits_and_its_arn_an_output(prod: Graph) -> None:
    assert only(prod, "random:index/randomBytes:RandomBytes") == {"length": 256 // 8}
    written = value(prod, "goal-mandala-production-jwt")
    assert written == having(prod, "random:index/randomBytes:RandomBytes").outputs["hex"]
    assert len(written) == 64
    jwt = having(prod, SECRET, name="goal-mandala-production-jwt")
    assert "HS256" in jwt.inputs["description"]
    assert prod.exports["jwt_secret_arn"] == jwt.outputs["arn"]


@pytest.mark.requirement(37)
def test_there_is_a_secret_for_the_services_outside_which_an_operator_fills(prod: Graph) -> None:
    secret = having(prod, SECRET, name="goal-mandala-production-external-api")
    assert [v for v in prod.of_type(VERSION) if v.inputs["secretId"] == secret.id] == []
    assert prod.exports["external_api_secret_arn"] == secret.outputs["arn"]


@pytest.mark.requirement(39, 204, 240)
def test_every_secret_is_encrypted_with_the_stack_s_key_for_secrets(prod: Graph) -> None:
    used = {s.inputs["kmsKeyId"] for s in prod.of_type(SECRET)}
    assert len(prod.of_type(SECRET)) >= 5
    assert {key(prod, arn)["description"] for arn in used} == {"goal-mandala-production: encrypts Secrets Manager"}


@pytest.mark.requirement(40)
def test_reads_of_secrets_and_failed_rotations_are_recorded_for_30_days(prod: Graph) -> None:
    for role in ("secret-reads", "secret-rotation-failures"):
        rule = having(prod, "aws:cloudwatch/eventRule:EventRule", name=f"goal-mandala-production-{role}").inputs
        assert json.loads(rule["eventPattern"])["source"] == ["aws.secretsmanager"]
        assert log_group(prod, f"/aws/events/goal-mandala-production-{role}")["retentionInDays"] == 30


@pytest.mark.requirement(41)
@pytest.mark.parametrize(
    ("function", "variable", "secret"),
    [
        ("goals", "DATABASE_SECRET_ARN", APPLICATION),
        ("auth", "DATABASE_SECRET_ARN", APPLICATION),
        ("auth", "JWT_SECRET_ARN", "goal-mandala-production-jwt"),
        ("generate-tasks", "DATABASE_SECRET_ARN", APPLICATION),
        ("notify-slack", "SLACK_WEBHOOK_SECRET_ARN", "goal-mandala-production-slack-webhook"),
    ],
)
def test_a_function_is_told_where_a_secret_is_and_not_what_it_is(
    prod: Graph, function: str, variable: str, secret: str
) -> None:
    made = having(prod, "aws:lambda/function:Function", name=f"goal-mandala-production-{function}")
    variables = made.inputs["environment"]["variables"]
    assert variables[variable] == having(prod, SECRET, name=secret).outputs["arn"]
    assert value(prod, secret) not in variables.values()
    reads = [s for s in may(prod, made.inputs["name"]) if s["Action"] == ["secretsmanager:GetSecretValue"]]
    assert [variables[variable]] in [s["Resource"] for s in reads]


@pytest.mark.requirement(44)
def test_the_slack_address_comes_from_an_encrypted_setting(prod: Graph) -> None:
    version = having(prod, VERSION, secretId=having(prod, SECRET, name="goal-mandala-production-slack-webhook").id)
    assert version.inputs["secretString"] == "secret-of-slack_webhook_url"  # noqa: S105  # what recording puts there
    assert "secretString" in version.registration.secrets
