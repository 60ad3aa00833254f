"""The network: VPC, subnets, routes, gateways and security groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove


@dataclass(frozen=True, kw_only=True)
class Tagged(Mapped):
    """EC2 takes tags with the kind of thing that they are for."""

    service: str = "ec2"
    kind: str

    def values(self, order: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs, tags as EC2 wants them."""
        values = super().values(order, facts)
        tags = values.pop("tags", None)
        if tags:
            values["tagSpecifications"] = [{"resourceType": self.kind, "tags": tags}]
        return values


class Vpc(Tagged):
    """A VPC; DNS attributes need calls of their own."""

    def create(self, order: Order) -> Created:
        """Make the VPC and set its DNS attributes; the group, table and ACL that came with it are outputs."""
        created = super().create(order)
        ec2 = order.client("ec2")
        for key, default in (("enableDnsSupport", True), ("enableDnsHostnames", False)):
            attribute = key[0].upper() + key[1:]
            ec2.modify_vpc_attribute(VpcId=created.id, **{attribute: {"Value": order.inputs.get(key, default)}})
        mine = [{"Name": "vpc-id", "Values": [created.id]}]
        table = ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]
        outputs = {
            **created.outputs,
            "mainRouteTableId": table,
            "defaultRouteTableId": table,
            "defaultSecurityGroupId": default_group(order, created.id),
        }
        return Created(id=created.id, outputs=outputs)


class InternetGateway(Tagged):
    """An internet gateway, attached to its VPC."""

    def create(self, order: Order) -> Created:
        """Make and attach."""
        created = super().create(order)
        if order.inputs.get("vpcId"):
            order.client("ec2").attach_internet_gateway(InternetGatewayId=created.id, VpcId=order.inputs["vpcId"])
        return created

    def delete(self, order: Order, existing: Created) -> None:
        """Detach and remove."""
        if order.inputs.get("vpcId"):
            keys = {"InternetGatewayId": existing.id, "VpcId": order.inputs["vpcId"]}
            remove(order, "ec2", "detach_internet_gateway", **keys)
        super().delete(order, existing)


class Subnet(Tagged):
    """A subnet; public addresses on launch are an attribute."""

    def create(self, order: Order) -> Created:
        """Make the subnet and set the attribute."""
        created = super().create(order)
        for key in ("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"):
            if order.inputs.get(key):
                attribute = {key[0].upper() + key[1:]: {"Value": True}}
                order.client("ec2").modify_subnet_attribute(SubnetId=created.id, **attribute)
        return created


class SecurityGroup(Tagged):
    """A security group without the rules that EC2 adds unasked: Pulumi's has only what is declared."""

    def create(self, order: Order) -> Created:
        """Make the group, take its default way out away, add rules declared in line."""
        created = super().create(order)
        _replace_rules(order, created.id)
        return created


class DefaultSecurityGroup(Handler):
    """The group that came with the VPC, taken over: only the declared rules stay."""

    def create(self, order: Order) -> Created:
        """Replace the rules of the group."""
        id_ = default_group(order, order.inputs["vpcId"])
        _replace_rules(order, id_)
        return Created(id=id_, outputs={"name": "default", "arn": order.arn("ec2", f"security-group/{id_}")})

    def delete(self, order: Order, existing: Created) -> None:
        """It goes with its VPC."""


@dataclass(frozen=True, kw_only=True)
class Rule(Handler):
    """One rule of a security group, with an id of its own."""

    direction: str

    def create(self, order: Order) -> Created:
        """Authorise one permission."""
        inputs = order.inputs
        arguments: dict[str, Any] = {"GroupId": inputs["securityGroupId"], "IpPermissions": [_permission(inputs)]}
        if inputs.get("tags"):
            tags = [{"Key": key, "Value": value} for key, value in inputs["tags"].items()]
            arguments["TagSpecifications"] = [{"ResourceType": "security-group-rule", "Tags": tags}]
        answer = getattr(order.client("ec2"), f"authorize_security_group_{self.direction}")(**arguments)
        id_ = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        arn = order.arn("ec2", f"security-group-rule/{id_}")
        return Created(id=id_, outputs={"securityGroupRuleId": id_, "arn": arn})

    def delete(self, order: Order, existing: Created) -> None:
        """Revoke the permission."""
        keys = {"GroupId": order.inputs["securityGroupId"], "SecurityGroupRuleIds": [existing.id]}
        remove(order, "ec2", f"revoke_security_group_{self.direction}", **keys)


def default_group(order: Order, vpc_id: str) -> str:
    """Id of the security group that came with a VPC."""
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
    return str(order.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi's flat rule as EC2's permission."""
    described = {"Description": rule["description"]} if rule.get("description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(rule["ipProtocol"])}
    for key, member in (("fromPort", "FromPort"), ("toPort", "ToPort")):
        if rule.get(key) is not None:
            permission[member] = int(rule[key])
    for key, member, item in (
        ("cidrIpv4", "IpRanges", "CidrIp"),
        ("cidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("prefixListId", "PrefixListIds", "PrefixListId"),
        ("referencedSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if rule.get(key):
            permission[member] = [{item: rule[key], **described}]
    return permission


def _inline(rule: Mapping[str, Any], group_id: str) -> list[dict[str, Any]]:
    """The permissions of a rule declared within its group, one for each source."""
    flat = {"ipProtocol": rule["protocol"], **{k: rule[k] for k in ("fromPort", "toPort", "description") if k in rule}}
    groups = [*(rule.get("securityGroups") or []), *([group_id] if rule.get("self") else [])]
    sources = [("cidrIpv4", item) for item in rule.get("cidrBlocks") or []]
    sources += [("cidrIpv6", item) for item in rule.get("ipv6CidrBlocks") or []]
    sources += [("prefixListId", item) for item in rule.get("prefixListIds") or []]
    sources += [("referencedSecurityGroupId", item) for item in groups]
    return [_permission({**flat, key: item}) for key, item in sources]


def _replace_rules(order: Order, group_id: str) -> None:
    ec2 = order.client("ec2")
    group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
    for direction, present in (("ingress", group["IpPermissions"]), ("egress", group["IpPermissionsEgress"])):
        if present:
            getattr(ec2, f"revoke_security_group_{direction}")(GroupId=group_id, IpPermissions=present)
        for rule in order.inputs.get(direction) or []:
            permissions = _inline(rule, group_id)
            getattr(ec2, f"authorize_security_group_{direction}")(GroupId=group_id, IpPermissions=permissions)


_GROUP_INPUTS = ("ingress", "egress", "revokeRulesOnDelete")

HANDLERS: dict[str, Handler] = {
    "aws:ec2/vpc:Vpc": Vpc(
        kind="vpc",
        create_call="create_vpc",
        without=("enableDnsSupport", "enableDnsHostnames"),
        id="{Vpc[VpcId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc/{id}", "ownerId": "{account}"},
        delete_call="delete_vpc",
        delete_with={"VpcId": "{id}"},
    ),
    "aws:ec2/internetGateway:InternetGateway": InternetGateway(
        kind="internet-gateway",
        create_call="create_internet_gateway",
        without=("vpcId",),
        id="{InternetGateway[InternetGatewayId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}", "ownerId": "{account}"},
        delete_call="delete_internet_gateway",
        delete_with={"InternetGatewayId": "{id}"},
    ),
    "aws:ec2/subnet:Subnet": Subnet(
        kind="subnet",
        create_call="create_subnet",
        without=("mapPublicIpOnLaunch", "assignIpv6AddressOnCreation"),
        id="{Subnet[SubnetId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:subnet/{id}", "ownerId": "{account}"},
        delete_call="delete_subnet",
        delete_with={"SubnetId": "{id}"},
    ),
    "aws:ec2/routeTable:RouteTable": Tagged(
        kind="route-table",
        create_call="create_route_table",
        id="{RouteTable[RouteTableId]}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:route-table/{id}", "ownerId": "{account}"},
        delete_call="delete_route_table",
        delete_with={"RouteTableId": "{id}"},
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Mapped(
        service="ec2",
        create_call="associate_route_table",
        id="{AssociationId}",
        delete_call="disassociate_route_table",
        delete_with={"AssociationId": "{id}"},
    ),
    "aws:ec2/route:Route": Mapped(
        service="ec2",
        create_call="create_route",
        id="r-{routeTableId}-{destinationCidrBlock}",
        outputs={"state": "active", "origin": "CreateRoute"},
        delete_call="delete_route",
        delete_with={"RouteTableId": "{routeTableId}", "DestinationCidrBlock": "{destinationCidrBlock}"},
    ),
    "aws:ec2/eip:Eip": Tagged(
        kind="elastic-ip",
        create_call="allocate_address",
        id="{AllocationId}",
        outputs={
            "allocationId": "{AllocationId}",
            "publicIp": "{PublicIp}",
            "arn": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}",
        },
        delete_call="release_address",
        delete_with={"AllocationId": "{id}"},
    ),
    "aws:ec2/natGateway:NatGateway": Tagged(
        kind="natgateway",
        create_call="create_nat_gateway",
        id="{NatGateway[NatGatewayId]}",
        delete_call="delete_nat_gateway",
        delete_with={"NatGatewayId": "{id}"},
    ),
    "aws:ec2/securityGroup:SecurityGroup": SecurityGroup(
        kind="security-group",
        create_call="create_security_group",
        named="name",
        renames={"name": "GroupName"},
        without=_GROUP_INPUTS,
        id="{GroupId}",
        outputs={"arn": "arn:aws:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}"},
        delete_call="delete_security_group",
        delete_with={"GroupId": "{id}"},
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": DefaultSecurityGroup(),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Rule(direction="ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Rule(direction="egress"),
}
