"""What stands around the data: endpoints, network ACLs, flow logs, the backup vault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plan.account import Created
from twin.handlers.ec2 import Tagged
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped


class NetworkAcl(Tagged):
    """A network ACL with its rules; which subnets are under it the emulator does not keep."""

    def create(self, order: Order) -> Created:
        """Make the list and add the rules."""
        created = super().create(order)
        ec2 = order.client("ec2")
        for egress, rules in ((False, order.inputs.get("ingress")), (True, order.inputs.get("egress"))):
            for rule in rules or []:
                ec2.create_network_acl_entry(
                    NetworkAclId=created.id,
                    Egress=egress,
                    RuleNumber=int(rule["ruleNo"]),
                    Protocol=str(rule["protocol"]),
                    RuleAction=rule["action"],
                    CidrBlock=rule["cidrBlock"],
                    PortRange={"From": int(rule["fromPort"]), "To": int(rule["toPort"])},
                )
        return created


class FlowLog(Tagged):
    """A flow log: the emulator keeps it and records no traffic."""

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The VPC is one of several kinds of resource to EC2."""
        values = super().values(order, facts)
        return values | {"resourceIds": [values.pop("vpcId")], "resourceType": "VPC"}


HANDLERS: dict[str, Handler] = {
    "aws:ec2/networkAcl:NetworkAcl": NetworkAcl(
        kind="network-acl",
        create_call="create_network_acl",
        without=("ingress", "egress", "subnetIds"),
        id="{NetworkAcl[NetworkAclId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:network-acl/{id}", "ownerId": "{account}"},
        delete_call="delete_network_acl",
        delete_with={"NetworkAclId": "{id}"},
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Tagged(
        kind="vpc-endpoint",
        create_call="create_vpc_endpoint",
        id="{VpcEndpoint[VpcEndpointId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}"},
        delete_call="delete_vpc_endpoints",
        delete_with={"VpcEndpointIds": ["{id}"]},
    ),
    "aws:ec2/flowLog:FlowLog": FlowLog(
        kind="vpc-flow-log",
        create_call="create_flow_logs",
        renames={"iamRoleArn": "DeliverLogsPermissionArn"},
        id="{FlowLogIds[0]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"},
        delete_call="delete_flow_logs",
        delete_with={"FlowLogIds": ["{id}"]},
    ),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Mapped(
        service="logs",
        create_call="put_resource_policy",
        id="{policyName}",
        delete_call="delete_resource_policy",
        delete_with={"policyName": "{id}"},
        put=True,
    ),
    "aws:backup/vault:Vault": Mapped(
        service="backup",
        create_call="create_backup_vault",
        named="name",
        renames={"name": "BackupVaultName", "kmsKeyArn": "EncryptionKeyArn", "tags": "BackupVaultTags"},
        without=("forceDestroy",),
        id="{name}",
        outputs={"arn": "{BackupVaultArn}"},
        delete_call="delete_backup_vault",
        delete_with={"BackupVaultName": "{id}"},
    ),
}
