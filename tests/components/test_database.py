"""The database: what protects the data, and what it costs when nobody is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.database import Database, DatabaseArgs
from plan.graph import Graph
from settings.database import DatabaseSettings
from tests.harness import KEYS, STACK, build, only

CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
SETTINGS: dict[str, Any] = {
    "engine": {"mode": "serverless_v2", "min_capacity": 0.5, "max_capacity": 4.0, "readers": 0},
    "engine_version": "16.8",
    "database_name": "example",
    "administrator": "admin1",
    "application_user": "app",
    "backup_retention_days": 3,
    "backup_window": "01:00-02:00",
    "maintenance_window": "mon:02:00-mon:03:00",
    "deletion_protection": False,
    "performance_insights": False,
    "slow_query_ms": 250,
}


def database(**changes: Any) -> Graph:
    settings = DatabaseSettings.model_validate(SETTINGS | changes)
    args = DatabaseArgs(
        settings=settings, stack=STACK, keys=KEYS, subnet_ids=["subnet-1", "subnet-2"], security_group_id="sg-1"
    )
    return build(lambda: Database("database", args))


def parameters(graph: Graph) -> dict[str, str]:
    group = only(graph, "aws:rds/clusterParameterGroup:ClusterParameterGroup")
    return {parameter["name"]: parameter["value"] for parameter in group.inputs["parameters"]}


@pytest.mark.requirement(15)
def test_production_scales_between_half_and_two_capacity_units(prod: Graph) -> None:
    cluster = only(prod, CLUSTER)
    assert cluster.inputs["serverlessv2ScalingConfiguration"] == {"minCapacity": 0.5, "maxCapacity": 2}
    assert cluster.inputs["engineMode"] == "provisioned"  # what Serverless v2 is called in the API
    assert {instance.inputs["instanceClass"] for instance in prod.of_type(INSTANCE)} == {"db.serverless"}


@pytest.mark.requirement(16)
def test_production_has_a_writer_and_a_reader_over_both_zones(prod: Graph) -> None:
    assert [instance.name for instance in prod.of_type(INSTANCE)] == ["database-reader-1", "database-writer"]
    group = only(prod, "aws:rds/subnetGroup:SubnetGroup")
    zones = {s.id: s.inputs["availabilityZone"] for s in prod.of_type("aws:ec2/subnet:Subnet")}
    assert {zones[id_] for id_ in group.inputs["subnetIds"]} == {"ap-northeast-1a", "ap-northeast-1c"}


@pytest.mark.parametrize("readers", [0, 1, 3])
def test_readers_are_added_beside_one_writer(readers: int) -> None:
    graph = database(engine=SETTINGS["engine"] | {"readers": readers})
    names = {instance.inputs["identifier"] for instance in graph.of_type(INSTANCE)}
    expected = {f"example-production-database-reader-{number}" for number in range(1, readers + 1)}
    assert names == expected | {"example-production-database-writer"}


@pytest.mark.requirement(18, 20, 24, 28, 204, 246)
def test_production_keeps_encrypts_and_authenticates_as_required(prod: Graph) -> None:
    inputs = only(prod, CLUSTER).inputs
    assert inputs["backupRetentionPeriod"] == 7
    assert inputs["preferredBackupWindow"] == "03:00-04:00"
    assert inputs["preferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert inputs["storageEncrypted"] is True
    assert inputs["kmsKeyId"] == prod.named("aws:kms/key:Key", "encryption-data").outputs["arn"]
    assert inputs["iamDatabaseAuthenticationEnabled"] is True
    assert inputs["engine"] == "aurora-postgresql"
    assert inputs["port"] == 5432


@pytest.mark.requirement(21)
def test_production_cannot_be_deleted_by_mistake(prod: Graph, dev: Graph) -> None:
    cluster = only(prod, CLUSTER)
    assert cluster.inputs["deletionProtection"] is True
    assert cluster.options["protect"] is True
    assert cluster.inputs["skipFinalSnapshot"] is False
    assert cluster.inputs["finalSnapshotIdentifier"] == "goal-mandala-production-database-final"
    disposable = only(dev, CLUSTER)
    assert disposable.inputs["deletionProtection"] is False
    assert disposable.options["protect"] is False
    assert disposable.inputs["skipFinalSnapshot"] is True


@pytest.mark.requirement(22)
def test_performance_insights_are_on_and_encrypted(prod: Graph) -> None:
    for instance in prod.of_type(INSTANCE):
        assert instance.inputs["performanceInsightsEnabled"] is True
        assert instance.inputs["performanceInsightsKmsKeyId"].startswith("arn:aws:kms:")
    switched_off = only(database(performance_insights=False), INSTANCE)
    assert switched_off.inputs["performanceInsightsEnabled"] is False
    assert "performanceInsightsKmsKeyId" not in switched_off.inputs


def test_instances_are_not_public(graph: Graph) -> None:
    assert all(instance.inputs["publiclyAccessible"] is False for instance in graph.of_type(INSTANCE))


@pytest.mark.requirement(23)
def test_connections_without_tls_are_refused(graph: Graph) -> None:
    assert parameters(graph)["rds.force_ssl"] == "1"
    group = only(graph, "aws:rds/clusterParameterGroup:ClusterParameterGroup")
    assert only(graph, CLUSTER).inputs["dbClusterParameterGroupName"] == group.inputs["name"]


@pytest.mark.requirement(25, 246)
def test_logs_are_exported_and_slow_statements_are_in_them(prod: Graph) -> None:
    assert only(prod, CLUSTER).inputs["enabledCloudwatchLogsExports"] == ["postgresql"]
    assert parameters(prod)["log_min_duration_statement"] == "1000"
    assert parameters(database(slow_query_ms=250))["log_min_duration_statement"] == "250"


def test_the_parameter_family_follows_the_engine_version() -> None:
    group = only(database(engine_version="17.5"), "aws:rds/clusterParameterGroup:ClusterParameterGroup")
    assert group.inputs["family"] == "aurora-postgresql17"
    assert group.inputs["name"] == "example-production-database-postgresql17"


@pytest.mark.requirement(34)
@pytest.mark.parametrize(("role", "user"), [("application", "goal_mandala_app"), ("administrator", "administrator")])
def test_a_secret_holds_the_five_keys_of_a_connection(prod: Graph, role: str, user: str) -> None:
    secret = json.loads(prod.named(VERSION, f"database-{role}-secret").inputs["secretString"])
    assert set(secret) == {"username", "password", "host", "port", "dbname"}
    assert secret["username"] == user
    assert secret["port"] == 5432
    assert secret["dbname"] == "goal_mandala"
    assert secret["host"] == only(prod, CLUSTER).outputs["endpoint"]
    assert (
        secret["password"]
        == prod.named("random:index/randomPassword:RandomPassword", f"database-{role}").outputs["result"]
    )


def test_an_update_leaves_a_rotated_password_alone(prod: Graph) -> None:
    assert only(prod, CLUSTER).options["ignore_changes"] == ["masterPassword"]
    for role in ("application", "administrator"):
        assert prod.named(VERSION, f"database-{role}-secret").options["ignore_changes"] == ["secretString"]


def test_application_and_administrator_have_different_passwords() -> None:
    graph = database()
    passwords = {r.outputs["result"] for r in graph.of_type("random:index/randomPassword:RandomPassword")}
    assert len(passwords) == 2
    secrets = [json.loads(version.inputs["secretString"]) for version in graph.of_type(VERSION)]
    assert {secret["password"] for secret in secrets} == passwords


@pytest.mark.requirement(39)
def test_secrets_are_encrypted_with_the_stack_s_own_key(graph: Graph) -> None:
    key = graph.named("aws:kms/key:Key", "encryption-secrets").outputs["arn"]
    secrets = graph.of_type("aws:secretsmanager/secret:Secret")
    assert len(secrets) == 3
    assert all(secret.inputs["kmsKeyId"] == key for secret in secrets)


@pytest.mark.requirement(27)
def test_endpoints_and_secrets_are_exported(prod: Graph) -> None:
    cluster = only(prod, CLUSTER)
    assert prod.exports["database_endpoint"] == cluster.outputs["endpoint"]
    assert prod.exports["database_reader_endpoint"] == cluster.outputs["readerEndpoint"]
    assert ":secret:goal-mandala-production-database-application" in prod.exports["database_secret_arn"]
