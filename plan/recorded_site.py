"""Computed outputs of the site's neighbours: certificates, zones, log deliveries, the audit trail."""

from __future__ import annotations

from typing import Any

from plan.facts import Computed, Facts


def _certificate(f: Facts) -> dict[str, Any]:
    """ACM asks one question for each name; the names of the records are made up by AWS."""
    arn, domain = f.arn("acm", f"certificate/{f.uuid()}"), f.inputs["domainName"]
    question = {
        "domainName": domain,
        "resourceRecordName": f"_{f.hex[:32]}.{domain}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": f"_{f.hex[32:]}.acm-validations.aws.",
    }
    return {"id": arn, "arn": arn, "status": "PENDING_VALIDATION", "domainValidationOptions": [question]}


def _record(f: Facts) -> dict[str, Any]:
    zone, name, kind = f.inputs["zoneId"], str(f.inputs["name"]).removesuffix("."), f.inputs["type"]
    return {"id": f"{zone}_{name}_{kind}", "fqdn": name}


COMPUTED: dict[str, Computed] = {
    "aws:cloudfront/monitoringSubscription:MonitoringSubscription": lambda f: {"id": f.inputs["distributionId"]},
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": lambda f: {
        "id": f.name,
        "arn": f.arn("logs", f"delivery-source:{f.name}"),
    },
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": lambda f: {
        "id": f.name,
        "arn": f.arn("logs", f"delivery-destination:{f.name}"),
    },
    "aws:cloudtrail/trail:Trail": lambda f: {
        "id": f.arn("cloudtrail", f"trail/{f.name}"),
        "arn": f.arn("cloudtrail", f"trail/{f.name}"),
        "homeRegion": f.region,
    },
    "aws:acm/certificate:Certificate": _certificate,
    "aws:route53/record:Record": _record,
}
