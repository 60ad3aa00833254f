"""Computed outputs of what stands around the API and its functions: web ACLs, names, traces, releases."""

from __future__ import annotations

from typing import Any

from plan.facts import Computed, Facts


def _web_acl(f: Facts) -> dict[str, Any]:
    scope = "global" if f.inputs["scope"] == "CLOUDFRONT" else "regional"
    return {"id": f.uuid(), "name": f.name, "arn": f.arn("wafv2", f"{scope}/webacl/{f.name}/{f.uuid()}")}


def _domain_name(f: Facts) -> dict[str, Any]:
    domain = f.inputs["domainName"]
    return {
        "id": domain,
        "arn": f.arn("apigateway", f"/domainnames/{domain}", account=False),
        "regionalDomainName": f"d-{f.hex[:10]}.execute-api.{f.region}.amazonaws.com",
        "regionalZoneId": f"Z{f.hex[:13].upper()}",
    }


def _trace_group(f: Facts) -> dict[str, Any]:
    arn = f.arn("xray", f"group/{f.inputs['groupName']}/{f.hex[:32].upper()}")
    return {"id": arn, "arn": arn}


COMPUTED: dict[str, Computed] = {
    "aws:apigateway/domainName:DomainName": _domain_name,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:xray/group:Group": _trace_group,
    "aws:codedeploy/application:Application": lambda f: {
        "id": f.uuid(),
        "applicationId": f.uuid(),
        "name": f.name,
        "arn": f.arn("codedeploy", f"application:{f.name}"),
    },
    "aws:codedeploy/deploymentGroup:DeploymentGroup": lambda f: {
        "id": f.uuid(),
        "deploymentGroupId": f.uuid(),
        "arn": f.arn("codedeploy", f"deploymentgroup:{f.inputs['appName']}/{f.inputs['deploymentGroupName']}"),
    },
    "aws:appautoscaling/policy:Policy": lambda f: {
        "id": f.name,
        "name": f.name,
        "arn": f.arn("autoscaling", f"scalingPolicy:{f.uuid()}:policyName/{f.name}"),
    },
}
