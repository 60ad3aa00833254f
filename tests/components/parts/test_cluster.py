"""The database's cluster and its instances, to the details that no setting names."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.components.data import database
from tests.harness import only

INSTANCE = "aws:rds/clusterInstance:ClusterInstance"


def test_the_cluster_stands_in_its_own_subnets_and_is_tagged_in_its_snapshots(prod: Graph) -> None:
    cluster = only(prod, "aws:rds/cluster:Cluster").inputs
    subnets = only(prod, "aws:rds/subnetGroup:SubnetGroup").inputs["name"]
    group = only(prod, "aws:rds/clusterParameterGroup:ClusterParameterGroup").inputs
    assert cluster["dbSubnetGroupName"] == subnets
    assert (cluster["dbClusterParameterGroupName"], group["family"]) == (group["name"], "aurora-postgresql16")
    assert (cluster["engine"], cluster["engineMode"]) == ("aurora-postgresql", "provisioned")
    assert (cluster["databaseName"], cluster["masterUsername"]) == ("goal_mandala", "administrator")
    assert cluster["copyTagsToSnapshot"] is True


def test_an_instance_is_upgraded_by_a_deploy_and_is_never_public(prod: Graph) -> None:
    instances = prod.of_type(INSTANCE)
    assert len(instances) == 2
    for instance in instances:
        assert instance.inputs["autoMinorVersionUpgrade"] is False
        assert instance.inputs["publiclyAccessible"] is False
        assert instance.inputs["caCertIdentifier"] == "rds-ca-rsa2048-g1"
        assert instance.inputs["engine"] == "aurora-postgresql"
        assert instance.inputs["clusterIdentifier"] == only(prod, "aws:rds/cluster:Cluster").id


def test_the_first_reader_takes_over_before_the_others() -> None:
    engine = {"mode": "serverless_v2", "min_capacity": 0.5, "max_capacity": 4.0, "readers": 3}
    graph = database(engine=engine)
    tiers = {instance.name: instance.inputs["promotionTier"] for instance in graph.of_type(INSTANCE)}
    assert tiers == {
        "database-writer": 1,
        "database-reader-1": 1,
        "database-reader-2": 2,
        "database-reader-3": 2,
    }


def test_only_a_library_waits_for_the_next_start(prod: Graph) -> None:
    parameters = only(prod, "aws:rds/clusterParameterGroup:ClusterParameterGroup").inputs["parameters"]
    assert {p["name"]: (p["value"], p["applyMethod"]) for p in parameters} == {
        "rds.force_ssl": ("1", "immediate"),
        "log_min_duration_statement": ("1000", "immediate"),
        "shared_preload_libraries": ("pg_stat_statements,pgaudit", "pending-reboot"),
        "pgaudit.log": ("ddl,role", "immediate"),
    }


@pytest.mark.requirement(30)
def test_readers_are_counted_by_the_service_that_has_them() -> None:
    engine = {
        "mode": "provisioned",
        "instance_class": "db.t3.medium",
        "readers": 1,
        "reader_scaling": {"min_readers": 1, "max_readers": 3, "cpu_percent": 70},
    }
    graph = database(engine=engine)
    target = only(graph, "aws:appautoscaling/target:Target")
    policy = only(graph, "aws:appautoscaling/policy:Policy").inputs
    assert target.inputs["serviceNamespace"] == "rds"
    assert policy["policyType"] == "TargetTrackingScaling"
    for key in ("serviceNamespace", "resourceId", "scalableDimension"):
        assert policy[key] == target.inputs[key]
