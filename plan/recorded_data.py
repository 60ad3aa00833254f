"""Computed outputs on paper of what stands around the data: endpoints, proxy, backup."""

from __future__ import annotations

from typing import Any

from plan.facts import Computed, Facts


def _proxy(f: Facts) -> dict[str, Any]:
    return {
        "id": f.name,
        "name": f.name,
        "arn": f.arn("rds", f"db-proxy:prx-{f.hex[:17]}"),
        "endpoint": f"{f.name}.proxy-{f.hex[:12]}.{f.region}.rds.amazonaws.com",
    }


def _target_group(f: Facts) -> dict[str, Any]:
    return {
        "id": str(f.inputs["dbProxyName"]),
        "name": "default",
        "arn": f.arn("rds", f"target-group:prx-tg-{f.hex[:17]}"),
    }


def _vault(f: Facts) -> dict[str, Any]:
    return {"id": f.name, "name": f.name, "arn": f.arn("backup", f"backup-vault:{f.name}")}


def _endpoint(f: Facts) -> dict[str, Any]:
    id_ = f"vpce-{f.hex[:17]}"
    return {"id": id_, "arn": f.arn("ec2", f"vpc-endpoint/{id_}")}


COMPUTED: dict[str, Computed] = {
    "aws:rds/proxy:Proxy": _proxy,
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": _target_group,
    "aws:rds/proxyTarget:ProxyTarget": lambda f: {
        "id": f"{f.inputs['dbProxyName']}/default/TRACKED_CLUSTER/{f.inputs['dbClusterIdentifier']}"
    },
    "aws:backup/vault:Vault": _vault,
    "aws:backup/plan:Plan": lambda f: {"id": f.uuid(), "arn": f.arn("backup", f"backup-plan:{f.uuid()}")},
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2/networkAcl:NetworkAcl": lambda f: {"id": f"acl-{f.hex[:17]}"},
    "aws:ec2/flowLog:FlowLog": lambda f: {"id": f"fl-{f.hex[:17]}"},
    "aws:appautoscaling/target:Target": lambda f: {"id": str(f.inputs["resourceId"])},
    "aws:secretsmanager/secretRotation:SecretRotation": lambda f: {"id": str(f.inputs["secretId"])},
}
