"""The database: what protects the data, and what it costs when nobody is there."""

from __future__ import annotations

import json

import pytest

from plan.graph import Graph
from tests.components.data import database
from tests.harness import only

PROXY_TYPE = "aws:rds/proxy:Proxy"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroup{0}Rule:SecurityGroup{0}Rule"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
CLUSTER = "aws:rds/cluster:Cluster"
INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


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
    assert [i.inputs["availabilityZone"] for i in prod.of_type(INSTANCE)] == ["ap-northeast-1c", "ap-northeast-1a"]


@pytest.mark.parametrize("readers", [0, 1, 3])
def test_readers_are_added_beside_one_writer(readers: int) -> None:
    graph = database(engine_changes={"readers": readers})
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
    reached = {"application": only(prod, PROXY_TYPE), "administrator": only(prod, CLUSTER)}[role]
    assert secret["host"] == reached.outputs["endpoint"]
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
    assert len(secrets) >= 4
    assert all(secret.inputs["kmsKeyId"] == key for secret in secrets)


@pytest.mark.requirement(27)
def test_endpoints_and_secrets_are_exported(prod: Graph) -> None:
    cluster = only(prod, CLUSTER)
    assert prod.exports["database_endpoint"] == cluster.outputs["endpoint"]
    assert prod.exports["database_reader_endpoint"] == cluster.outputs["readerEndpoint"]
    assert ":secret:goal-mandala-production-database-application" in prod.exports["database_secret_arn"]


@pytest.mark.requirement(17, 30)
def test_a_provisioned_cluster_has_its_class_its_readers_and_their_scaling() -> None:
    engine = {
        "mode": "provisioned",
        "instance_class": "db.t3.medium",
        "readers": 1,
        "reader_scaling": {"min_readers": 1, "max_readers": 3, "cpu_percent": 70},
    }
    graph = database(engine=engine)
    cluster = only(graph, CLUSTER)
    assert "serverlessv2ScalingConfiguration" not in cluster.inputs
    assert {i.inputs["instanceClass"] for i in graph.of_type(INSTANCE)} == {"db.t3.medium"}
    assert [i.inputs["availabilityZone"] for i in graph.of_type(INSTANCE)] == ["ap-northeast-1c", "ap-northeast-1a"]
    target = only(graph, "aws:appautoscaling/target:Target").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (1, 3)
    assert target["resourceId"] == "cluster:example-production-database"
    assert target["scalableDimension"] == "rds:cluster:ReadReplicaCount"
    policy = only(graph, "aws:appautoscaling/policy:Policy").inputs["targetTrackingScalingPolicyConfiguration"]
    assert policy["targetValue"] == 70
    assert policy["predefinedMetricSpecification"] == {"predefinedMetricType": "RDSReaderAverageCPUUtilization"}


@pytest.mark.requirement(30)
def test_readers_are_not_scaled_unless_it_is_set(prod: Graph) -> None:
    assert prod.of_type("aws:appautoscaling/target:Target") == []


@pytest.mark.requirement(246)
def test_enhanced_monitoring_looks_every_60_seconds(prod: Graph) -> None:
    role = prod.named("aws:iam/role:Role", "database-monitoring")
    for instance in prod.of_type(INSTANCE):
        assert instance.inputs["monitoringInterval"] == 60
        assert instance.inputs["monitoringRoleArn"] == role.outputs["arn"]
    attached = prod.named("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "database-monitoring")
    assert attached.inputs["policyArn"] == "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    off = only(database(), INSTANCE)
    assert off.inputs["monitoringInterval"] == 0
    assert "monitoringRoleArn" not in off.inputs


@pytest.mark.requirement(25, 246)
def test_changes_of_schema_and_roles_are_audited(prod: Graph) -> None:
    assert parameters(prod)["pgaudit.log"] == "ddl,role"
    assert "pgaudit" in parameters(prod)["shared_preload_libraries"].split(",")
    assert "pgaudit.log" not in parameters(database(audited=[]))
    assert parameters(database(audited=["write"]))["pgaudit.log"] == "write"


@pytest.mark.requirement(25, 185)
def test_the_exported_log_is_the_stack_s_own(prod: Graph) -> None:
    logs = prod.named("aws:cloudwatch/logGroup:LogGroup", "database-logs")
    assert logs.inputs["name"] == "/aws/rds/cluster/goal-mandala-production-database/postgresql"
    assert logs.inputs["retentionInDays"] == 30
    assert logs.inputs["kmsKeyId"] == prod.named("aws:kms/key:Key", "encryption-logs").outputs["arn"]
    assert logs.urn in only(prod, CLUSTER).registration.dependencies
