"""CloudFront: the distribution and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plan.account import Created
from twin.handlers.handler import Handler, Order
from twin.handlers.mapped import Mapped, remove, tolerated

_HOSTED_ZONE = "Z2FDTNDATAQYW2"
_RENAMES = {
    "originId": "Id",
    "orderedCacheBehaviors": "CacheBehaviors",
    "cloudfrontDefaultCertificate": "CloudFrontDefaultCertificate",
    "cloudfrontAccessIdentityPath": "OriginAccessIdentity",
    "acmCertificateArn": "ACMCertificateArn",
    "sslSupportMethod": "SSLSupportMethod",
    "webAclId": "WebACLId",
    "isIpv6Enabled": "IsIPV6Enabled",
}


@dataclass(frozen=True, kw_only=True)
class Policy(Handler):
    """A named configuration that distributions refer to: `config` holds it, `thing` is its name in the API."""

    thing: str
    config: str
    arn: str
    calls: str

    def create(self, order: Order) -> Created:
        """Make it."""
        answer = order.call("cloudfront", f"create_{self.calls}", {self.config: self._config(order)}, renames=_RENAMES)
        id_ = answer[self.thing]["Id"]
        arn = order.arn("cloudfront", f"{self.arn}/{id_}", regional=False)
        return Created(id=id_, outputs={"arn": arn, "etag": answer["ETag"], "name": order.name()})

    def delete(self, order: Order, existing: Created) -> None:
        """Remove it."""
        remove(order, "cloudfront", f"delete_{self.calls}", Id=existing.id, IfMatch=existing.outputs["etag"])

    def _config(self, order: Order) -> dict[str, Any]:
        return {**order.declared(), "name": order.name()}


class CachePolicy(Policy):
    """What distinguishes cached answers and how long they stay."""

    def _config(self, order: Order) -> dict[str, Any]:
        """What Pulumi leaves to a default must be said to the API."""
        config = super()._config(order)
        key = "parametersInCacheKeyAndForwardedToOrigin"
        return {"minTtl": 0, **config, key: {"enableAcceptEncodingGzip": False, **config[key]}}


class Distribution(Handler):
    """A distribution; its domain name is one that a browser would reach on AWS."""

    def create(self, order: Order) -> Created:
        """Make the distribution."""
        declared = order.declared("tags", "retainOnDelete", "waitForDeployment")
        config = {**_distribution(declared), "callerReference": order.registration.urn}
        arguments = {"distributionConfig": config, "tags": {"items": order.inputs.get("tags") or {}}}
        whole = {"distributionConfigWithTags": arguments}
        answer = order.call("cloudfront", "create_distribution_with_tags", whole, renames=_RENAMES)
        made = answer["Distribution"]
        outputs = {
            "arn": made["ARN"],
            "domainName": made["DomainName"],
            "etag": answer["ETag"],
            "status": made["Status"],
            "hostedZoneId": _HOSTED_ZONE,
            "callerReference": config["callerReference"],
        }
        return Created(id=made["Id"], outputs=outputs)

    def delete(self, order: Order, existing: Created) -> None:
        """Disable the distribution, which AWS asks for, and remove it."""
        client = order.client("cloudfront")
        with tolerated():
            current = client.get_distribution_config(Id=existing.id)
            config = {**current["DistributionConfig"], "Enabled": False}
            answer = client.update_distribution(Id=existing.id, IfMatch=current["ETag"], DistributionConfig=config)
            client.delete_distribution(Id=existing.id, IfMatch=answer["ETag"])


def _distribution(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Pulumi's inputs in the API's nesting, with what Pulumi leaves to a default."""
    config = {"comment": "", **inputs}
    config["origins"] = [_origin(origin) for origin in inputs["origins"]]
    config["defaultCacheBehavior"] = _behavior(inputs["defaultCacheBehavior"])
    if inputs.get("orderedCacheBehaviors"):
        config["orderedCacheBehaviors"] = [_behavior(item) for item in inputs["orderedCacheBehaviors"]]
    restriction = (inputs.get("restrictions") or {}).get("geoRestriction")
    if restriction:
        places = {"restrictionType": restriction["restrictionType"], "items": restriction.get("locations") or []}
        config["restrictions"] = {"geoRestriction": places}
    logging = config.pop("loggingConfig", None)
    if logging:
        config["logging"] = {"enabled": True, "includeCookies": False, "prefix": "", **logging}
    return config


def _origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in origin.items() if key != "customHeaders"}
    headers = origin.get("customHeaders")
    if headers:
        pairs = [{"headerName": header["name"], "headerValue": header["value"]} for header in headers]
        result["customHeaders"] = pairs
    if "customOriginConfig" not in result and "s3OriginConfig" not in result:
        result["s3OriginConfig"] = {"originAccessIdentity": ""}
    return result


def _behavior(behavior: Mapping[str, Any]) -> dict[str, Any]:
    result = {key: value for key, value in behavior.items() if key not in {"allowedMethods", "cachedMethods"}}
    result["allowedMethods"] = {"items": behavior["allowedMethods"], "cachedMethods": behavior["cachedMethods"]}
    return result


HANDLERS: dict[str, Handler] = {
    "aws:cloudfront/originAccessControl:OriginAccessControl": Policy(
        thing="OriginAccessControl",
        config="originAccessControlConfig",
        arn="origin-access-control",
        calls="origin_access_control",
    ),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Policy(
        thing="ResponseHeadersPolicy",
        config="responseHeadersPolicyConfig",
        arn="response-headers-policy",
        calls="response_headers_policy",
    ),
    "aws:cloudfront/cachePolicy:CachePolicy": CachePolicy(
        thing="CachePolicy", config="cachePolicyConfig", arn="cache-policy", calls="cache_policy"
    ),
    "aws:cloudfront/distribution:Distribution": Distribution(),
    "aws:cloudfront/monitoringSubscription:MonitoringSubscription": Mapped(
        service="cloudfront",
        create_call="create_monitoring_subscription",
        id="{distributionId}",
        delete_call="delete_monitoring_subscription",
        delete_with={"DistributionId": "{id}"},
        put=True,
    ),
}
