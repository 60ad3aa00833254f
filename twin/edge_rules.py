"""What the deployed system's doors enforce, read from the emulated account: nobody's settings, what is deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.edge_waf import Firewall

if TYPE_CHECKING:
    from twin.cloud import Cloud

_GLOBAL = "us-east-1"


def read(cloud: Cloud, distribution_id: str, api_id: str) -> dict[str, Any]:
    """The rules of the distribution and of the API's stage, as JSON for the edge.

    Raises `FirewallError` for a web ACL that the edge cannot play.
    """
    rules = {"site": _site(cloud, distribution_id), "api": _api(cloud, api_id)}
    for door in rules.values():
        if door["web_acl"]:
            Firewall(door["web_acl"])
    return rules


def _site(cloud: Cloud, distribution_id: str) -> dict[str, Any]:
    distribution = cloud.client("cloudfront").get_distribution(Id=distribution_id)["Distribution"]
    config = distribution["DistributionConfig"]
    restriction = config["Restrictions"]["GeoRestriction"]
    errors = (config.get("CustomErrorResponses") or {}).get("Items") or []
    ordered = (config.get("CacheBehaviors") or {}).get("Items") or []
    behaviors = [*((each["PathPattern"], each) for each in ordered), ("*", config["DefaultCacheBehavior"])]
    return {
        "host": distribution["DomainName"],
        "restriction": restriction["RestrictionType"],
        "countries": restriction.get("Items") or [],
        "pages": {
            str(error["ErrorCode"]): [int(error["ResponseCode"]), error["ResponsePagePath"]]
            for error in errors
            if error.get("ResponsePagePath")
        },
        "compressed": [[pattern, bool(behavior.get("Compress"))] for pattern, behavior in behaviors],
        "web_acl": _global_acl(cloud, config.get("WebACLId") or ""),
    }


def _api(cloud: Cloud, api_id: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    (stage,) = cloud.client("apigateway").get_stages(restApiId=api_id)["item"]
    arn = f"arn:aws:apigateway:{cloud.region}::/restapis/{api_id}/stages/{stage['stageName']}"
    try:
        acl = cloud.client("wafv2").get_web_acl_for_resource(ResourceArn=arn).get("WebACL")
    except ClientError as error:
        if error.response["Error"]["Code"] != "WAFNonexistentItemException":
            raise
        acl = None
    return {"stage": stage["stageName"], "web_acl": _plain(acl)}


def _global_acl(cloud: Cloud, arn: str) -> Any:
    """The web ACL of a distribution, which names it itself."""
    if not arn:
        return None
    *_, name, id_ = arn.split("/")
    answer = cloud.client("wafv2", _GLOBAL).get_web_acl(Name=name, Id=id_, Scope="CLOUDFRONT")
    return _plain(answer["WebACL"])


def _plain(value: Any) -> Any:
    """Search strings are bytes to the SDK."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
