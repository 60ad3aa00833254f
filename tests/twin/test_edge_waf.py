"""The edge refuses what the deployed web ACLs refuse, as WAF would."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web

from tests.twin.edged import System, with_system
from twin.edge_visit import ADDRESS, COUNTRY, Visit
from twin.edge_waf import Firewall, FirewallError

MESSAGE = "Too many requests from this IP"
TOO_MANY = {
    "ResponseCode": 429,
    "CustomResponseBodyKey": "too-many",
    "ResponseHeaders": [{"Name": "Retry-After", "Value": "600"}],
}


def acl(*rules: dict[str, Any], default: str = "Allow") -> dict[str, Any]:
    numbered = [{"Name": f"rule-{number}", "Priority": number, **rule} for number, rule in enumerate(rules)]
    bodies = {"too-many": {"ContentType": "TEXT_PLAIN", "Content": MESSAGE}}
    return {"Name": "door", "Rules": numbered, "DefaultAction": {default: {}}, "CustomResponseBodies": bodies}


def limit(requests: int, seconds: int = 600, *, custom: bool = True, **more: Any) -> dict[str, Any]:
    rate = {"Limit": requests, "EvaluationWindowSec": seconds, "AggregateKeyType": "IP", **more}
    return {
        "Statement": {"RateBasedStatement": rate},
        "Action": {"Block": {"CustomResponse": TOO_MANY} if custom else {}},
    }


def block(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Statement": statement, "Action": {"Block": {}}}


def compared(field: dict[str, Any], constraint: str, text: str, *transformations: str) -> dict[str, Any]:
    ordered = [{"Priority": number, "Type": kind} for number, kind in enumerate(transformations or ("NONE",))]
    return {
        "ByteMatchStatement": {
            "FieldToMatch": field,
            "PositionalConstraint": constraint,
            "SearchString": text,
            "TextTransformations": ordered,
        }
    }


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def refused(firewall: Firewall, **visit: Any) -> bool:
    return firewall.refusal(Visit(**visit)) is not None


@pytest.mark.requirement(75)
def test_the_hundred_and_first_request_of_an_address_is_refused_with_the_declared_answer() -> None:
    async def scenario(system: System) -> None:
        for _ in range(100):
            async with system.client.get(f"{system.api}/v1/goals") as answer:
                assert answer.status == 200
        async with system.client.get(f"{system.api}/v1/goals") as answer:
            assert answer.status == 429
            assert await answer.text() == MESSAGE
            assert answer.headers["Retry-After"] == "600"
            assert answer.content_type == "text/plain"
        assert len(system.asked) == 100
        async with system.client.get(f"{system.api}/v1/goals", headers={ADDRESS: "192.0.2.7"}) as answer:
            assert answer.status == 200
        assert system.asked[-1].headers["X-Forwarded-For"] == "192.0.2.7"
        assert ADDRESS not in system.asked[-1].headers

    with_system(scenario, api_acl=acl(limit(100)))


@pytest.mark.requirement(75)
def test_the_sites_web_acl_stands_before_the_site_and_not_before_the_api() -> None:
    async def scenario(system: System) -> None:
        for expected in (200, 200, 429):
            async with system.client.get(f"{system.site}/") as answer:
                assert answer.status == expected
        async with system.client.get(f"{system.api}/v1/goals") as answer:
            assert answer.status == 200

    with_system(scenario, site={"web_acl": acl(limit(2))})


def test_a_rule_without_an_answer_of_its_own_is_answered_as_api_gateway_and_cloudfront_do() -> None:
    rules = acl(limit(1, custom=False))

    async def scenario(system: System) -> None:
        for origin in (system.api, system.site):
            async with system.client.get(f"{origin}/") as answer:
                assert answer.status == 200
        async with system.client.get(f"{system.api}/") as answer:
            assert (answer.status, await answer.json()) == (403, {"message": "Forbidden"})
        async with system.client.get(f"{system.site}/") as answer:
            assert (answer.status, answer.headers["X-Cache"]) == (403, "Error from cloudfront")
            assert "Request blocked." in await answer.text()

    with_system(scenario, site={"web_acl": rules}, api_acl=rules)


def test_the_declared_answer_is_not_replaced_by_the_page_for_its_status() -> None:
    forbidden = {**TOO_MANY, "ResponseCode": 403}
    rule = {**limit(1), "Action": {"Block": {"CustomResponse": forbidden}}}

    async def scenario(system: System) -> None:
        async with system.client.get(f"{system.site}/"):
            pass
        async with system.client.get(f"{system.site}/") as answer:
            assert (answer.status, await answer.text()) == (403, MESSAGE)

    with_system(scenario, site={"web_acl": acl(rule), "pages": {"403": [200, "/index.html"]}})


def test_announcing_the_rules_anew_counts_anew() -> None:
    async def scenario(system: System) -> None:
        rules = {"site": {}, "api": {"web_acl": acl(limit(1))}}
        for expected in (200, 429):
            async with system.client.get(f"{system.api}/") as answer:
                assert answer.status == expected
        system.edge.enforce(rules)
        async with system.client.get(f"{system.api}/") as answer:
            assert answer.status == 200

    with_system(scenario, api_acl=acl(limit(1)))


@pytest.mark.requirement(75)
def test_the_window_slides_and_blocked_requests_count() -> None:
    clock = Clock()
    firewall = Firewall(acl(limit(2, 60)), clock)
    assert [refused(firewall) for _ in range(4)] == [False, False, True, True]
    clock.now += 59
    assert refused(firewall)
    clock.now += 1  # the first four are out of the window, the fifth is in it
    assert [refused(firewall) for _ in range(2)] == [False, True]
    clock.now += 60
    assert not refused(firewall)


def test_without_a_window_requests_are_counted_over_five_minutes() -> None:
    clock, rule = Clock(), limit(1)
    del rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"]
    firewall = Firewall(acl(rule), clock)
    assert [refused(firewall) for _ in range(2)] == [False, True]
    clock.now += 299
    assert refused(firewall)
    clock.now += 300
    assert not refused(firewall)


def test_what_is_out_of_a_rate_rules_scope_is_neither_counted_nor_refused() -> None:
    scope = compared({"UriPath": {}}, "STARTS_WITH", "/v1/ai/")
    firewall = Firewall(acl(limit(1, ScopeDownStatement=scope)))
    assert not any(refused(firewall, path="/v1/goals") for _ in range(3))
    assert [refused(firewall, path="/v1/ai/tasks") for _ in range(2)] == [False, True]
    assert not refused(firewall, path="/v1/goals")


def test_a_constant_key_counts_everybody_together() -> None:
    firewall = Firewall(acl(limit(1, AggregateKeyType="CONSTANT")))
    assert [refused(firewall, address=address) for address in ("192.0.2.1", "192.0.2.2")] == [False, True]


def test_the_first_rule_that_blocks_or_allows_decides_and_one_that_counts_decides_nothing() -> None:
    everybody = compared({"UriPath": {}}, "STARTS_WITH", "/")
    allowed = {"Statement": compared({"UriPath": {}}, "EXACTLY", "/v1/health"), "Action": {"Allow": {}}}
    counted = {"Statement": everybody, "Action": {"Count": {}}}
    firewall = Firewall(acl(counted, allowed, block(everybody)))
    assert not refused(firewall, path="/v1/health")
    assert refused(firewall, path="/v1/goals")


def test_rules_are_asked_in_the_order_of_their_priority() -> None:
    document = acl(
        {"Statement": compared({"UriPath": {}}, "STARTS_WITH", "/"), "Action": {"Allow": {}}},
        block(compared({"UriPath": {}}, "STARTS_WITH", "/")),
    )
    document["Rules"].reverse()
    assert not refused(Firewall(document))


def test_a_web_acl_that_blocks_by_default_lets_only_through_what_a_rule_allows() -> None:
    allowed = {"Statement": {"GeoMatchStatement": {"CountryCodes": ["JP"]}}, "Action": {"Allow": {}}}
    firewall = Firewall(acl(allowed, default="Block"))
    assert not refused(firewall, country="JP")
    assert refused(firewall, country="US")


@pytest.mark.parametrize(
    ("statement", "hit", "missed"),
    [
        (compared({"Method": {}}, "EXACTLY", "DELETE"), {"method": "DELETE"}, {"method": "GET"}),
        (compared({"QueryString": {}}, "CONTAINS", "debug"), {"query": "a=1&debug=1"}, {"query": "a=1"}),
        (
            compared({"UriPath": {}}, "ENDS_WITH", ".php", "URL_DECODE", "LOWERCASE"),
            {"path": "/a%2EPHP"},
            {"path": "/a"},
        ),
        (
            compared({"SingleHeader": {"Name": "user-agent"}}, "CONTAINS", "bot", "LOWERCASE"),
            {"headers": {"user-agent": "SomeBot"}},
            {"headers": {}},
        ),
        ({"GeoMatchStatement": {"CountryCodes": ["KP", "DE"]}}, {"country": "DE"}, {"country": "JP"}),
        (
            {"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": ["JP"]}}}},
            {"country": "US"},
            {"country": "JP"},
        ),
        (
            {
                "AndStatement": {
                    "Statements": [
                        compared({"Method": {}}, "EXACTLY", "POST"),
                        {"GeoMatchStatement": {"CountryCodes": ["DE"]}},
                    ]
                }
            },
            {"method": "POST", "country": "DE"},
            {"method": "POST", "country": "JP"},
        ),
        (
            {
                "OrStatement": {
                    "Statements": [
                        compared({"Method": {}}, "EXACTLY", "POST"),
                        {"GeoMatchStatement": {"CountryCodes": ["DE"]}},
                    ]
                }
            },
            {"method": "POST", "country": "JP"},
            {"method": "GET", "country": "JP"},
        ),
    ],
)
def test_statements_match_what_they_say(statement: dict[str, Any], hit: Any, missed: Any) -> None:
    firewall = Firewall(acl(block(statement)))
    assert refused(firewall, **hit)
    assert not refused(firewall, **missed)


def test_a_managed_rule_group_lets_everything_through() -> None:
    group = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}}
    firewall = Firewall(acl({"Statement": group, "OverrideAction": {"None": {}}}))
    assert not refused(firewall, query="<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        (block({"RegexMatchStatement": {"RegexString": "a+"}}), "RegexMatchStatement"),
        (block(compared({"Body": {}}, "CONTAINS", "x")), "a look at Body"),
        (block(compared({"UriPath": {}}, "CONTAINS_WORD", "x")), "CONTAINS_WORD"),
        (block(compared({"UriPath": {}}, "CONTAINS", "x", "CMD_LINE")), "CMD_LINE"),
        (limit(100, AggregateKeyType="CUSTOM_KEYS"), "CUSTOM_KEYS"),
        ({"Statement": {"GeoMatchStatement": {"CountryCodes": ["JP"]}}, "Action": {"Captcha": {}}}, "Captcha"),
    ],
)
def test_what_the_edge_cannot_play_is_named_with_its_rule_and_where_to_add_it(rule: dict[str, Any], what: str) -> None:
    with pytest.raises(FirewallError) as caught:
        Firewall(acl(rule))
    assert what in str(caught.value)
    assert "web ACL 'door', rule 'rule-0'" in str(caught.value)
    assert "twin/edge_waf.py" in str(caught.value)


def test_a_country_can_be_told_by_a_request_of_this_machine_only() -> None:
    async def scenario(system: System) -> None:
        async with system.client.get(f"{system.api}/", headers={COUNTRY: "de"}) as answer:
            assert answer.status == 403
        async with system.client.get(f"{system.api}/") as answer:
            assert answer.status == 200

    with_system(scenario, api_acl=acl(block({"GeoMatchStatement": {"CountryCodes": ["DE"]}})))

    class Elsewhere:
        remote, method, path, query_string = "203.0.113.9", "GET", "/", ""
        headers = {COUNTRY: "DE", ADDRESS: "192.0.2.1"}

    visit = Visit.of(Elsewhere())  # type: ignore[arg-type]  # a request from another machine, which none here makes
    assert (visit.country, visit.address) == ("JP", "203.0.113.9")


def test_answers_of_the_emulator_pass_where_no_web_acl_stands() -> None:
    async def scenario(system: System) -> None:
        system.answer = lambda: web.Response(status=418, text="teapot")
        for origin in (system.api, system.site):
            async with system.client.get(f"{origin}/") as answer:
                assert (answer.status, await answer.text()) == (418, "teapot")

    with_system(scenario)
