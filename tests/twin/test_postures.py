"""Every posture of the program, deployed whole: it answers, and its doors enforce what it declares."""

from __future__ import annotations

import http.client
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.twin.command import nothing_runs, run
from tests.twin.system import System, call
from twin.edge_visit import ADDRESS, COUNTRY, PROTOCOL
from twin.processes import ROOT

SLOWEST_SECONDS = 30
STACK_FILES = (*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("tests/stacks/*.yaml"))
POSTURES = {path.stem.removeprefix("Pulumi."): path for path in STACK_FILES}
# `local` is deployed by the tests of the whole twin, `contrary` and `prod` by those below.
ELSEWHERE = {"local", "contrary", "prod"}


def up(folder: Path, stack: str) -> System:
    answer = run("up", "--no-demo", "--stack", str(POSTURES[stack]), folder=folder, seconds=300)
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return System(folder)


def down(folder: Path) -> None:
    assert run("down", folder=folder).returncode == 0
    assert nothing_runs(folder)


def healthy(system: System, stack: str) -> None:
    """The deployed system reaches its database, and is the release that its stack file says."""
    declared = yaml.safe_load(POSTURES[stack].read_text(encoding="utf-8"))["config"]["goal-mandala:stack"]
    answer = call("GET", f"{system.state['api_url']}/health")
    assert (answer.status, answer.json["status"]) == (200, "ok")
    assert answer.json["version"] == declared["release"]
    page = call("GET", system.state["web_url"])
    assert (page.status, "<!doctype html>" in page.text) == (200, True)
    assert call("GET", f"{system.state['web_url']}/config.json").json["apiUrl"] == system.state["api_url"]


@pytest.mark.prove
@pytest.mark.parametrize("stack", sorted(POSTURES.keys() - ELSEWHERE))
def test_every_posture_is_deployed_in_half_a_minute_and_answers(stack: str, tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    try:
        system = up(folder, stack)
        healthy(system, stack)
        # On a machine that does nothing else; what waits for a processor here would wait for none there.
        waiting = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert system.state["timings"]["deploy"] <= SLOWEST_SECONDS * waiting
    finally:
        down(folder)


@pytest.fixture(scope="module")
def contrary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The posture that chooses otherwise than the others: own domains, web ACLs, a proxy, canaries."""
    folder = tmp_path_factory.mktemp("contrary") / "twin"
    yield up(folder, "contrary")
    down(folder)


@pytest.fixture(scope="module")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Goal Mandala's production."""
    folder = tmp_path_factory.mktemp("prod") / "twin"
    yield up(folder, "prod")
    down(folder)


def test_a_posture_that_chooses_otherwise_answers_under_its_own_domains(contrary: System) -> None:
    outputs = contrary.state["outputs"]
    assert (outputs["api_url"], outputs["site_url"]) == ("https://api.example.com", "https://goals.example.com")
    healthy(contrary, "contrary")


@pytest.mark.requirement(75)
def test_an_address_that_asks_too_often_is_told_so_and_others_are_served(contrary: System) -> None:
    url, viewer = f"{contrary.state['api_url']}/health", {ADDRESS: "192.0.2.1"}
    answers = [call("GET", url, headers=viewer) for _ in range(102)]
    assert [answer.status for answer in answers] == [200] * 100 + [429] * 2
    refused = answers[-1]
    assert refused.json["title"] == "Too many requests from this IP"
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("600", "application/json")
    assert call("GET", url, headers={ADDRESS: "192.0.2.2"}).status == 200
    # The site has a web ACL of its own, with a count of its own.
    assert call("GET", contrary.state["web_url"], headers=viewer).status == 200


@pytest.mark.requirement(75)
def test_the_site_counts_its_visitors_as_well(contrary: System) -> None:
    url, viewer = f"{contrary.state['web_url']}/favicon.svg", {ADDRESS: "192.0.2.3"}
    statuses = [call("GET", url, headers=viewer).status for _ in range(101)]
    assert statuses == [200] * 100 + [429]


def test_what_a_posture_declares_for_errors_is_what_a_visitor_sees(contrary: System) -> None:
    """Its page for 404 is not in the bucket, and of a 403 it says nothing."""
    assert call("GET", f"{contrary.state['web_url']}/goals/1").status == 403


def test_production_answers(prod: System) -> None:
    healthy(prod, "prod")


@pytest.mark.requirement(103)
def test_production_shows_its_site_in_japan_and_the_united_states_only(prod: System) -> None:
    script = next(word for word in call("GET", prod.state["web_url"]).text.split('"') if word.startswith("/assets/"))
    asset = prod.state["web_url"] + script
    for country in ("JP", "US"):
        allowed = call("GET", asset, headers={COUNTRY: country})
        assert (allowed.status, allowed.headers["x-cache"]) == (200, "Miss from cloudfront")
        assert "<!doctype html>" not in allowed.text
    for country in ("DE", "CN", "BR"):
        refused = call("GET", asset, headers={COUNTRY: country})
        # CloudFront's 403 is answered with the declared page, as every 403 of the distribution is.
        assert refused.headers["x-cache"] == "Error from cloudfront"
        assert "<!doctype html>" in refused.text


@pytest.mark.requirement(98)
def test_production_answers_unknown_paths_with_the_application(prod: System) -> None:
    page = call("GET", f"{prod.state['web_url']}/goals/1/mandala")
    assert (page.status, "<!doctype html>" in page.text) == (200, True)


@pytest.mark.requirement(99)
@pytest.mark.parametrize("path", ["/", "/goals/1", "/config.json", "/favicon.svg"])
def test_every_answer_of_productions_site_carries_the_security_headers(prod: System, path: str) -> None:
    headers = call("GET", prod.state["web_url"] + path).headers
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.requirement(105)
def test_productions_scripts_arrive_compressed(prod: System) -> None:
    script = next(word for word in call("GET", prod.state["web_url"]).text.split('"') if word.startswith("/assets/"))
    plain = call("GET", prod.state["web_url"] + script)
    assert "content-encoding" not in plain.headers
    request = urllib.request.Request(prod.state["web_url"] + script, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert len(answer.read()) < len(plain.text) / 2


@pytest.mark.requirement(96)
def test_production_sends_a_viewer_without_tls_to_tls(prod: System) -> None:
    connection = http.client.HTTPConnection(urlsplit(prod.state["web_url"]).netloc, timeout=30)
    connection.request("GET", "/goals", headers={PROTOCOL: "http"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert (answer.status, answer.headers["Location"]) == (301, f"{prod.state['web_url']}/goals")
