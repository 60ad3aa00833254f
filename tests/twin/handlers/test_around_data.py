"""Network ACLs, endpoints, flow logs and the backup vault, as the emulator holds them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.twin.account import Account
from twin.handlers import ledger


@pytest.fixture
def vpc(account: Account) -> str:
    return account.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16"}).id


def test_a_network_acl_holds_its_rules_until_it_is_deleted(account: Account, vpc: str) -> None:
    subnet = account.create("aws:ec2/subnet:Subnet", {"vpcId": vpc, "cidrBlock": "10.9.1.0/24"}).id
    rule = {"ruleNo": 100, "action": "allow", "protocol": "6", "cidrBlock": "10.9.0.0/16", "fromPort": 0, "toPort": 80}
    acl = account.create(
        "aws:ec2/networkAcl:NetworkAcl", {"vpcId": vpc, "subnetIds": [subnet], "ingress": [rule], "egress": []}
    )
    ec2 = account.cloud.client("ec2")
    (held,) = ec2.describe_network_acls(NetworkAclIds=[acl.id])["NetworkAcls"]
    (entry,) = [entry for entry in held["Entries"] if entry["RuleNumber"] == 100]
    assert (entry["Egress"], entry["CidrBlock"], entry["RuleAction"]) == (False, "10.9.0.0/16", "allow")
    account.delete(acl)
    remaining = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"]
    assert acl.id not in {other["NetworkAclId"] for other in remaining}


def test_an_endpoint_is_of_its_service_and_vpc(account: Account, vpc: str) -> None:
    inputs = {"vpcId": vpc, "serviceName": "com.amazonaws.ap-northeast-1.s3", "vpcEndpointType": "Gateway"}
    endpoint = account.create("aws:ec2/vpcEndpoint:VpcEndpoint", inputs)
    (held,) = account.cloud.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint.id])["VpcEndpoints"]
    assert (held["VpcId"], held["ServiceName"]) == (vpc, "com.amazonaws.ap-northeast-1.s3")


def test_a_flow_log_watches_its_vpc(account: Account, vpc: str) -> None:
    inputs = {
        "vpcId": vpc,
        "trafficType": "REJECT",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": "arn:aws:logs:ap-northeast-1:123456789012:log-group:flow",
        "iamRoleArn": "arn:aws:iam::123456789012:role/flow",
        "maxAggregationInterval": 60,
    }
    log = account.create("aws:ec2/flowLog:FlowLog", inputs)
    (held,) = account.cloud.client("ec2").describe_flow_logs(FlowLogIds=[log.id])["FlowLogs"]
    assert (held["ResourceId"], held["TrafficType"]) == (vpc, "REJECT")


def test_a_backup_vault_is_there_until_it_is_deleted(account: Account) -> None:
    vault = account.create("aws:backup/vault:Vault", {"name": "vault", "forceDestroy": True})
    backup: Any = account.cloud.client("backup")
    assert [held["BackupVaultArn"] for held in backup.list_backup_vaults()["BackupVaultList"]] == [vault.outputs["arn"]]
    account.delete(vault)
    assert backup.list_backup_vaults()["BackupVaultList"] == []


@pytest.mark.parametrize(
    "type_",
    [
        "aws:rds/proxy:Proxy",
        "aws:backup/plan:Plan",
        "aws:backup/selection:Selection",
        "aws:secretsmanager/secretRotation:SecretRotation",
    ],
)
def test_what_stands_on_paper_only_says_why(type_: str) -> None:
    assert ledger.reason(type_)


def test_the_proxy_s_endpoint_is_the_server_itself(account: Account) -> None:
    assert account.create("aws:rds/proxy:Proxy", {"name": "pool"}).outputs["endpoint"] == account.cloud.database_host
