"""The proxy before the database: who signs in to it and how, and what stands behind it."""

from __future__ import annotations

import pytest

from plan.graph import Graph
from tests.harness import only


@pytest.mark.requirement(23, 29)
def test_the_proxy_takes_tls_and_the_application_s_password_alone(prod: Graph) -> None:
    proxy = only(prod, "aws:rds/proxy:Proxy").inputs
    [auth] = proxy["auths"]
    assert auth == {
        "secretArn": prod.exports["database_secret_arn"],
        "authScheme": "SECRETS",
        "clientPasswordAuthType": "POSTGRES_SCRAM_SHA_256",
        "iamAuth": "DISABLED",
    }
    assert proxy["requireTls"] is True
    assert proxy["engineFamily"] == "POSTGRESQL"
    assert proxy["debugLogging"] is False, "the proxy's log would hold statements with their values"


@pytest.mark.requirement(29)
def test_the_proxy_pools_the_connections_of_the_cluster_in_private_subnets(prod: Graph) -> None:
    proxy = only(prod, "aws:rds/proxy:Proxy").inputs
    pool = only(prod, "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup").inputs
    target = only(prod, "aws:rds/proxyTarget:ProxyTarget").inputs
    functions = prod.named("aws:lambda/function:Function", "api-goals-function").inputs["vpcConfig"]
    assert proxy["vpcSubnetIds"] == functions["subnetIds"]
    assert proxy["idleClientTimeout"] == 1800
    assert pool["dbProxyName"] == target["dbProxyName"] == proxy["name"]
    assert pool["connectionPoolConfig"] == {"connectionBorrowTimeout": 5, "maxConnectionsPercent": 90}
    assert target["targetGroupName"] == "default"
    assert target["dbClusterIdentifier"] == only(prod, "aws:rds/cluster:Cluster").inputs["clusterIdentifier"]
