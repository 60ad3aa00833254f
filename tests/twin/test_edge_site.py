"""The edge does before and after the bucket what the deployed distribution declares."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from aiohttp import web

from tests.twin.edged import SITE, System, with_system
from twin.edge_visit import COUNTRY, PROTOCOL

ALLOWED = {"restriction": "whitelist", "countries": ["JP", "US"]}
FALLBACK = {"pages": {"403": [200, "/index.html"], "404": [200, "/index.html"]}}
PACKS = {"compressed": [["/assets/*", True], ["*", False]]}


@pytest.mark.requirement(103)
def test_the_site_is_shown_in_the_countries_that_are_allowed_and_in_no_other() -> None:
    async def scenario(system: System) -> None:
        for country, expected in (("JP", 200), ("US", 200), ("DE", 403), ("CN", 403)):
            async with system.client.get(f"{system.site}/", headers={COUNTRY: country}) as answer:
                assert answer.status == expected, country
                if expected == 403:
                    assert "block access from your country" in await answer.text()
                    assert answer.headers["X-Cache"] == "Error from cloudfront"
        async with system.client.get(f"{system.site}/") as answer:
            assert answer.status == 200
        assert len(system.asked) == 3
        assert COUNTRY not in system.asked[0].headers

    with_system(scenario, site=ALLOWED)


def test_a_list_of_countries_to_refuse_refuses_only_those() -> None:
    async def scenario(system: System) -> None:
        for country, expected in (("JP", 200), ("DE", 403)):
            async with system.client.get(f"{system.site}/", headers={COUNTRY: country}) as answer:
                assert answer.status == expected

    with_system(scenario, site={"restriction": "blacklist", "countries": ["DE"]})


@pytest.mark.requirement(103)
def test_the_restriction_is_the_distributions_and_not_the_apis() -> None:
    async def scenario(system: System) -> None:
        async with system.client.get(f"{system.api}/v1/goals", headers={COUNTRY: "DE"}) as answer:
            assert answer.status == 200

    with_system(scenario, site=ALLOWED)


@pytest.mark.requirement(103)
def test_with_a_page_for_403_a_refused_viewer_gets_that_page_and_nothing_else_and_it_counts_as_an_error() -> None:
    async def scenario(system: System) -> None:
        system.answer = lambda: web.Response(text="page of the site", headers={"X-Cache": "Miss from cloudfront"})
        for path in ("/", "/assets/app.js", "/config.json"):
            async with system.client.post(f"{system.site}{path}", headers={COUNTRY: "DE"}) as answer:
                assert (answer.status, await answer.text()) == (200, "page of the site")
                assert answer.headers["X-Cache"] == "Error from cloudfront"
        assert {(asked.method, asked.raw_path) for asked in system.asked} == {("GET", "/index.html")}

    with_system(scenario, site={**ALLOWED, **FALLBACK})


def test_a_page_for_an_error_that_is_not_there_is_answered_with_its_own_status() -> None:
    async def scenario(system: System) -> None:
        system.answer = lambda: web.Response(status=404, text="no such page")
        async with system.client.get(f"{system.site}/", headers={COUNTRY: "DE"}) as answer:
            assert answer.status == 404

    with_system(scenario, site={**ALLOWED, **FALLBACK})


@pytest.mark.requirement(105)
def test_what_a_behaviour_compresses_arrives_compressed_with_a_weak_tag() -> None:
    script = "export const words = 'the same, and the same again';\n" * 100

    async def scenario(system: System) -> None:
        headers = {"ETag": '"1a2b"', "Content-Type": "text/javascript"}
        system.answer = lambda: web.Response(body=script.encode(), headers=headers)
        accepted = {"Accept-Encoding": "br, gzip;q=0.8", "If-None-Match": 'W/"0f"'}
        async with system.client.get(f"{system.site}/assets/app.js", headers=accepted) as answer:
            packed = await answer.read()
            assert gzip.decompress(packed).decode() == script
            assert int(answer.headers["Content-Length"]) == len(packed) < len(script)
            assert answer.headers["Content-Encoding"] == "gzip"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["ETag"] == 'W/"1a2b"'
        assert system.asked[0].headers["If-None-Match"] == '"0f"'

    with_system(scenario, site=PACKS)


@pytest.mark.requirement(105)
@pytest.mark.parametrize(
    ("path", "accepted", "body", "kind"),
    [
        ("/app.js", "gzip", "x" * 5000, "text/javascript"),
        ("/assets/app.js", "br", "x" * 5000, "text/javascript"),
        ("/assets/app.js", "gzip", "x" * 999, "text/javascript"),
        ("/assets/logo.png", "gzip", "x" * 5000, "image/png"),
    ],
)
def test_what_cloudfront_does_not_compress_stays_as_it_is(path: str, accepted: str, body: str, kind: str) -> None:
    async def scenario(system: System) -> None:
        system.answer = lambda: web.Response(body=body.encode(), headers={"Content-Type": kind})
        async with system.client.get(f"{system.site}{path}", headers={"Accept-Encoding": accepted}) as answer:
            assert await answer.text() == body
            assert "Content-Encoding" not in answer.headers

    with_system(scenario, site=PACKS)


def test_a_large_script_is_compressed_as_well() -> None:
    script = b"const a = 1;\n" * 60_000

    async def scenario(system: System) -> None:
        system.answer = lambda: web.Response(body=script, headers={"Content-Type": "text/javascript"})
        async with system.client.get(f"{system.site}/assets/app.js", headers={"Accept-Encoding": "gzip"}) as answer:
            assert gzip.decompress(await answer.read()) == script

    with_system(scenario, site=PACKS)


@pytest.mark.requirement(96)
def test_a_viewer_without_tls_is_sent_where_the_distribution_sends_it() -> None:
    async def scenario(system: System) -> None:
        def redirected() -> web.Response:
            secure = system.asked[-1].headers["X-Forwarded-Proto"] == "https"
            moved: Any = {"status": 301, "headers": {"Location": f"{SITE}/goals"}}
            return web.Response(text="page") if secure else web.Response(**moved)

        system.answer = redirected
        url, insecure = f"{system.site}/goals", {PROTOCOL: "http"}
        async with system.client.get(url, headers=insecure, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (301, url)
        async with system.client.get(url) as answer:
            assert answer.status == 200

    with_system(scenario)
