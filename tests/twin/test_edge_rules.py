"""What the edge enforces comes from what is deployed, whoever changed it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.twin.account import Account
from twin import edge_rules
from twin.edge_visit import Visit
from twin.edge_waf import Firewall, FirewallError

ACL, ASSOCIATION = "aws:wafv2/webAcl:WebAcl", "aws:wafv2/webAclAssociation:WebAclAssociation"
VISIBLE = {"cloudwatchMetricsEnabled": True, "metricName": "m", "sampledRequestsEnabled": True}


def web_acl(scope: str, limit: int, **more: Any) -> dict[str, Any]:
    custom = {"responseCode": 429, "customResponseBodyKey": "slow", "responseHeaders": [{"name": "A", "value": "b"}]}
    rate = {"limit": limit, "evaluationWindowSec": 120, "aggregateKeyType": "IP", **more}
    rule = {
        "name": "limit",
        "priority": 0,
        "statement": {"rateBasedStatement": rate},
        "action": {"block": {"customResponse": custom}},
        "visibilityConfig": VISIBLE,
    }
    return {
        "scope": scope,
        "defaultAction": {"allow": {}},
        "customResponseBodies": [{"key": "slow", "contentType": "TEXT_HTML", "content": "<p>Slowly"}],
        "rules": [rule],
        "visibilityConfig": VISIBLE,
        "region": "us-east-1" if scope == "CLOUDFRONT" else None,
    }


@pytest.fixture
def distribution(account: Account) -> str:
    acl = account.create(ACL, web_acl("CLOUDFRONT", 20))
    bucket = account.create("aws:s3/bucket:Bucket", {"bucket": "ruled"})
    behavior = {
        "targetOriginId": "bucket",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD"],
        "cachedMethods": ["GET", "HEAD"],
        "compress": False,
        "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    }
    page = {"errorCode": 403, "responseCode": 200, "responsePagePath": "/index.html"}
    inputs = {
        "enabled": True,
        "origins": [{"originId": "bucket", "domainName": bucket.outputs["bucketRegionalDomainName"]}],
        "defaultCacheBehavior": behavior,
        "orderedCacheBehaviors": [{**behavior, "pathPattern": "/assets/*", "compress": True}],
        "customErrorResponses": [page, {"errorCode": 500, "errorCachingMinTtl": 5}],
        "restrictions": {"geoRestriction": {"restrictionType": "whitelist", "locations": ["JP", "US"]}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
        "webAclId": acl.outputs["arn"],
    }
    return account.create("aws:cloudfront/distribution:Distribution", inputs).id


@pytest.fixture
def api(account: Account) -> str:
    made = account.create("aws:apigateway/restApi:RestApi", {"name": "ruled"})
    root = {"restApi": made.id, "resourceId": made.outputs["rootResourceId"], "httpMethod": "GET"}
    account.create("aws:apigateway/method:Method", {**root, "authorization": "NONE"})
    account.create("aws:apigateway/integration:Integration", {**root, "type": "MOCK"})
    deployment = account.create("aws:apigateway/deployment:Deployment", {"restApi": made.id})
    inputs = {"restApi": made.id, "deployment": deployment.id, "stageName": "v1"}
    account.create("aws:apigateway/stage:Stage", inputs)
    return made.id


def protect(account: Account, api: str, acl: dict[str, Any]) -> Any:
    made = account.create(ACL, acl)
    stage = f"arn:aws:apigateway:{account.cloud.region}::/restapis/{api}/stages/v1"
    account.create(ASSOCIATION, {"webAclArn": made.outputs["arn"], "resourceArn": stage})
    return made


def answers(acl: dict[str, Any], number: int) -> list[int]:
    firewall = Firewall(acl)
    refusals = [firewall.refusal(Visit()) for _ in range(number)]
    return [refused.status if refused else 200 for refused in refusals]


@pytest.mark.requirement(99, 103)
def test_the_distributions_rules_are_those_that_are_deployed(account: Account, distribution: str, api: str) -> None:
    site = edge_rules.read(account.cloud, distribution, api)["site"]
    assert (site["restriction"], site["countries"]) == ("whitelist", ["JP", "US"])
    assert site["pages"] == {"403": [200, "/index.html"]}
    assert site["compressed"] == [["/assets/*", True], ["*", False]]
    assert site["host"].endswith(".cloudfront.net")
    assert answers(site["web_acl"], 21) == [200] * 20 + [429]


@pytest.mark.requirement(75)
def test_the_apis_web_acl_is_the_one_that_stands_before_its_stage(
    account: Account, distribution: str, api: str
) -> None:
    assert edge_rules.read(account.cloud, distribution, api)["api"] == {"stage": "v1", "web_acl": None}
    made = protect(account, api, web_acl("REGIONAL", 10))
    acl = edge_rules.read(account.cloud, distribution, api)["api"]["web_acl"]
    assert acl["ARN"] == made.outputs["arn"]
    assert answers(acl, 11) == [200] * 10 + [429]
    firewall = Firewall(acl)
    refused = [firewall.refusal(Visit()) for _ in range(11)][-1]
    assert refused is not None
    assert (refused.body, refused.content_type, refused.headers) == ("<p>Slowly", "text/html", {"A": "b"})


def test_a_changed_web_acl_keeps_its_answers(account: Account, distribution: str, api: str) -> None:
    made = protect(account, api, web_acl("REGIONAL", 10))
    account.update(made, web_acl("REGIONAL", 12))
    acl = edge_rules.read(account.cloud, distribution, api)["api"]["web_acl"]
    assert answers(acl, 13) == [200] * 12 + [429]
    assert acl["CustomResponseBodies"] == {"slow": {"ContentType": "TEXT_HTML", "Content": "<p>Slowly"}}


def test_a_search_text_is_read_as_text(account: Account, distribution: str, api: str) -> None:
    scope = {
        "byteMatchStatement": {
            "fieldToMatch": {"uriPath": {}},
            "positionalConstraint": "STARTS_WITH",
            "searchString": "/v1/ai",
            "textTransformations": [{"priority": 0, "type": "NONE"}],
        }
    }
    protect(account, api, web_acl("REGIONAL", 10, scopeDownStatement=scope))
    firewall = Firewall(edge_rules.read(account.cloud, distribution, api)["api"]["web_acl"])
    assert not any(firewall.refusal(Visit(path="/v1/goals")) for _ in range(20))
    assert firewall.refusal(Visit(path="/v1/ai/tasks")) is None


def test_a_web_acl_that_the_edge_cannot_play_is_told_when_it_is_deployed(
    account: Account, distribution: str, api: str
) -> None:
    protect(account, api, web_acl("REGIONAL", 10, aggregateKeyType="CUSTOM_KEYS"))
    with pytest.raises(FirewallError, match="CUSTOM_KEYS"):
        edge_rules.read(account.cloud, distribution, api)
