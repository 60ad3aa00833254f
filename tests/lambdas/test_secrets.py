"""Reading a secret without boto3."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdas.shared import secrets
from lambdas.shared.errors import SecretUnavailable

ARN = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:example"


class Service(ThreadingHTTPServer):
    """Answers as it is told to, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.answers: list[tuple[int, str]] = []
        self.requests: list[tuple[dict[str, str], Any]] = []


class _Post(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((dict(self.headers), body))
        status, answer = self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service that AWS_ENDPOINT_URL leads to."""
    secrets._known.cache_clear()
    with Service() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    secrets._known.cache_clear()


@pytest.mark.parametrize("token", [None, "session/token+1="])
def test_the_signature_is_the_one_that_botocore_makes(monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    at = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: at.replace(tzinfo=None))
    host, body = "secretsmanager.ap-northeast-1.amazonaws.com", b'{"SecretId": "x"}'
    ours = secrets.sign(host, ("ap-northeast-1", "secretsmanager", "secretsmanager.GetSecretValue"), body, at)
    theirs = AWSRequest(
        "POST",
        f"https://{host}/",
        headers={"content-type": ours["content-type"], "x-amz-target": ours["x-amz-target"]},
        data=body,
    )
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    botocore.auth.SigV4Auth(credentials, "secretsmanager", "ap-northeast-1").add_auth(theirs)
    assert ours["x-amz-date"] == "20260102T030405Z" == theirs.headers["X-Amz-Date"]
    assert ours["authorization"] == theirs.headers["Authorization"]


@pytest.mark.requirement(40)
def test_a_secret_is_read_once_until_a_fresh_one_is_asked_for(service: Service) -> None:
    service.answers = [(200, '{"SecretString": "first"}'), (200, '{"SecretString": "second"}')]
    assert [secrets.read(ARN), secrets.read(ARN)] == ["first", "first"]
    assert [secrets.read(ARN, fresh=True), secrets.read(ARN)] == ["second", "second"]
    headers, body = service.requests[0]
    assert body == {"SecretId": ARN, "VersionStage": "AWSCURRENT"}
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=testing/")
    assert len(service.requests) == 2


def test_an_outage_is_tried_again_and_a_refusal_is_not(service: Service) -> None:
    service.answers = [(500, "oops"), (200, '{"SecretString": "there"}')]
    assert secrets.read(ARN) == "there"
    service.answers = [(400, '{"__type": "AccessDeniedException"}')]
    with pytest.raises(SecretUnavailable, match=r"secret:example cannot be read: status 400, AccessDeniedException"):
        secrets.read(ARN, fresh=True)
    assert len(service.requests) == 3
    service.answers = [(500, "oops")] * 2
    with pytest.raises(SecretUnavailable, match="status 500"):
        secrets.read(ARN, fresh=True)


def test_a_service_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    with pytest.raises(SecretUnavailable, match="ConnectionRefusedError"):
        secrets.read(ARN, fresh=True)


def test_a_parameter_is_read_from_parameter_store(service: Service) -> None:
    arn = "arn:aws:ssm:ap-northeast-1:123456789012:parameter/goal-mandala/key"
    service.answers = [(200, json.dumps({"Parameter": {"Name": "/goal-mandala/key", "Value": "v"}}))]
    assert secrets.read(arn) == "v"
    ((headers, body),) = service.requests
    assert body == {"Name": arn, "WithDecryption": True}
    assert headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert "/ap-northeast-1/ssm/aws4_request" in headers["authorization"]


def test_the_value_before_is_another_value(service: Service) -> None:
    service.answers = [(200, json.dumps({"SecretString": word})) for word in ("now", "before")]
    assert (secrets.read(ARN), secrets.read(ARN, stage="AWSPREVIOUS")) == ("now", "before")
    assert (secrets.read(ARN), secrets.read(ARN, stage="AWSPREVIOUS")) == ("now", "before")
    assert [body["VersionStage"] for _, body in service.requests] == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_version_without_a_text_is_no_secret(service: Service) -> None:
    service.answers = [(200, json.dumps({"ARN": ARN}))]
    with pytest.raises(SecretUnavailable, match="holds no text at AWSPREVIOUS"):
        secrets.read(ARN, stage="AWSPREVIOUS")
