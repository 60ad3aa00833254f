"""The CSR system's network, database and functions: what it demands, as it is registered."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.stacks.conformance.queries import function, having, key, log_group, may, only

FUNCTION = "aws:lambda/function:Function"
SERVING = ("ai", "auth", "goals", "reflections", "tasks")


@pytest.mark.requirement(13, 14)
def test_everything_stands_in_tokyo_under_the_systems_own_name(csr: Graph) -> None:
    assert only(csr, "pulumi:providers:aws")["region"] == "ap-northeast-1"
    names = [r.inputs["name"] for r in csr.of_type(FUNCTION)]
    assert len(names) > 20
    assert all(name.startswith("csr-prod-") for name in names)


@pytest.mark.requirement(11)
def test_network_lists_stand_around_all_subnets_beside_the_security_groups(csr: Graph) -> None:
    lists = [r.inputs for r in csr.of_type("aws:ec2/networkAcl:NetworkAcl")]
    guarded = [subnet for rules in lists for subnet in rules["subnetIds"]]
    assert sorted(guarded) == sorted(r.id for r in csr.of_type("aws:ec2/subnet:Subnet"))
    for rules in lists:
        outside = [rule for rule in rules["egress"] if rule["cidrBlock"] == "0.0.0.0/0"]
        assert [(rule["fromPort"], rule["toPort"], rule["protocol"]) for rule in outside] == [(443, 443, "6")]


@pytest.mark.requirement(12)
def test_all_traffic_of_the_network_is_recorded(csr: Graph) -> None:
    flow = only(csr, "aws:ec2/flowLog:FlowLog")
    assert flow["trafficType"] == "ALL"
    assert flow["maxAggregationInterval"] == 60
    assert flow["vpcId"] == having(csr, "aws:ec2/vpc:Vpc").id
    logs = log_group(csr, flow["logDestination"].rpartition("log-group:")[2])
    assert logs["retentionInDays"] == 90
    assert key(csr, logs["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(17)
def test_the_database_is_provisioned_with_a_replica_in_another_zone(csr: Graph) -> None:
    cluster = only(csr, "aws:rds/cluster:Cluster")
    assert "serverlessv2ScalingConfiguration" not in cluster
    instances = [r.inputs for r in csr.of_type("aws:rds/clusterInstance:ClusterInstance")]
    assert {i["identifier"]: (i["instanceClass"], i["availabilityZone"]) for i in instances} == {
        "csr-prod-database-writer": ("db.t3.medium", "ap-northeast-1a"),
        "csr-prod-database-reader-1": ("db.t3.medium", "ap-northeast-1c"),
    }


@pytest.mark.requirement(19, 20, 204)
def test_backups_reach_back_thirty_days_and_storage_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    cluster = only(csr, "aws:rds/cluster:Cluster")
    assert cluster["backupRetentionPeriod"] == 30
    assert cluster["storageEncrypted"] is True
    assert key(csr, cluster["kmsKeyId"])["enableKeyRotation"] is True


@pytest.mark.requirement(23, 25, 246)
def test_the_database_asks_for_tls_and_logs_what_is_slow_and_who_changes_what(csr: Graph) -> None:
    group = only(csr, "aws:rds/clusterParameterGroup:ClusterParameterGroup")
    assert {parameter["name"]: parameter["value"] for parameter in group["parameters"]} == {
        "rds.force_ssl": "1",
        "log_min_duration_statement": "1000",
        "shared_preload_libraries": "pg_stat_statements,pgaudit",
        "pgaudit.log": "ddl,role,write",
    }
    cluster = only(csr, "aws:rds/cluster:Cluster")
    assert (cluster["preferredBackupWindow"], cluster["preferredMaintenanceWindow"]) == (
        "18:00-19:00",
        "sat:19:30-sat:20:30",
    )


@pytest.mark.requirement(29)
def test_functions_share_connections_through_a_proxy(csr: Graph) -> None:
    proxy = having(csr, "aws:rds/proxy:Proxy").inputs
    assert proxy["requireTls"] is True
    assert proxy["engineFamily"] == "POSTGRESQL"
    pool = only(csr, "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup")["connectionPoolConfig"]
    assert pool["maxConnectionsPercent"] == 80
    target = only(csr, "aws:rds/proxyTarget:ProxyTarget")
    assert target["dbClusterIdentifier"] == "csr-prod-database"
    [door] = only(csr, "aws:rds/cluster:Cluster")["vpcSecurityGroupIds"]
    admitted = [
        r.inputs["referencedSecurityGroupId"]
        for r in csr.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if r.inputs["securityGroupId"] == door and r.inputs["fromPort"] == 5432
    ]
    groups = {r.id: r.inputs["name"] for r in csr.of_type("aws:ec2/securityGroup:SecurityGroup")}
    assert {groups[group] for group in admitted} == {"csr-prod-db-proxy-sg", "csr-prod-db-rotation-sg"}


@pytest.mark.requirement(30)
def test_the_number_of_readers_follows_their_load(csr: Graph) -> None:
    target = having(csr, "aws:appautoscaling/target:Target", serviceNamespace="rds").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (1, 3)
    assert target["resourceId"] == "cluster:csr-prod-database"
    assert target["scalableDimension"] == "rds:cluster:ReadReplicaCount"
    policy = having(csr, "aws:appautoscaling/policy:Policy", serviceNamespace="rds").inputs
    assert policy["targetTrackingScalingPolicyConfiguration"] == {
        "predefinedMetricSpecification": {"predefinedMetricType": "RDSReaderAverageCPUUtilization"},
        "targetValue": 70,
    }


@pytest.mark.requirement(39, 204)
def test_every_secret_is_encrypted_with_a_key_of_the_stack(csr: Graph) -> None:
    secrets = [r.inputs for r in csr.of_type("aws:secretsmanager/secret:Secret")]
    assert {s["name"] for s in secrets} >= {"csr-prod-database-application", "csr-prod-jwt", "csr-prod-slack-webhook"}
    assert all(key(csr, secret["kmsKeyId"])["enableKeyRotation"] for secret in secrets)


@pytest.mark.requirement(48, 49, 54)
def test_functions_have_a_gigabyte_and_those_of_the_api_half_a_minute(csr: Graph) -> None:
    functions = [r.inputs for r in csr.of_type(FUNCTION)]
    assert {f["memorySize"] for f in functions} == {1024}
    assert {f["tracingConfig"]["mode"] for f in functions} == {"Active"}
    for name in (*SERVING, "health", "sources"):
        assert function(csr, f"csr-prod-{name}")["timeout"] == 30


@pytest.mark.requirement(51)
def test_the_five_functions_of_the_api_reserve_500_executions_each(csr: Graph) -> None:
    reserved = {r.inputs["name"]: r.inputs.get("reservedConcurrentExecutions") for r in csr.of_type(FUNCTION)}
    assert {name: number for name, number in reserved.items() if number} == {f"csr-prod-{n}": 500 for n in SERVING}


@pytest.mark.requirement(52, 53)
def test_ten_environments_are_kept_warm_at_first_and_five_to_fifty_by_their_use(csr: Graph) -> None:
    for name in SERVING:
        warm = having(
            csr, "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", functionName=f"csr-prod-{name}"
        ).inputs
        assert (warm["provisionedConcurrentExecutions"], warm["qualifier"]) == (10, "live")
        resource = f"function:csr-prod-{name}:live"
        target = having(csr, "aws:appautoscaling/target:Target", resourceId=resource).inputs
        assert (target["minCapacity"], target["maxCapacity"]) == (5, 50)
        policy = having(csr, "aws:appautoscaling/policy:Policy", resourceId=resource).inputs
        assert policy["policyType"] == "TargetTrackingScaling"


@pytest.mark.requirement(159)
def test_memory_is_measured_in_every_function(csr: Graph) -> None:
    for resource in csr.of_type(FUNCTION):
        assert any(":layer:LambdaInsightsExtension-Arm64:" in layer for layer in resource.inputs["layers"])
        written = [s for s in may(csr, resource.inputs["name"]) if "/aws/lambda-insights:" in str(s["Resource"])]
        assert [s["Action"] for s in written] == [["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]]


@pytest.mark.requirement(203)
def test_no_function_may_do_anything_with_everything(csr: Graph) -> None:
    # What X-Ray and the network interfaces of a VPC function cannot be narrowed to.
    anywhere = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    anywhere |= {f"ec2:{verb}NetworkInterface" for verb in ("Create", "Delete")}
    anywhere |= {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
    anywhere |= {f"ec2:{verb}PrivateIpAddresses" for verb in ("Assign", "Unassign")}
    for resource in csr.of_type(FUNCTION):
        for statement in may(csr, resource.inputs["name"]):
            assert not any(action.endswith("*") for action in statement["Action"]), resource.name
            assert "*" not in statement["Resource"] or set(statement["Action"]) <= anywhere, resource.name
