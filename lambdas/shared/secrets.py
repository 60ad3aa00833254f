"""Secrets: of Secrets Manager (GetSecretValue), or SecureStrings of Parameter Store (GetParameter), told by the ARN.

Signed here (AWS Signature Version 4) and not by boto3, whose import is most of a cold start: 0.4 s of a whole
processor against 0.03 s, and a function of 512 MB has a third of one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import os
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from lambdas.shared.errors import SecretUnavailable

SECONDS = 3
ATTEMPTS = 2
_SECRET, _PARAMETER = "secretsmanager.GetSecretValue", "AmazonSSM.GetParameter"


def read(arn: str, *, fresh: bool = False, stage: str = "AWSCURRENT") -> str:
    """The value of a secret, kept until somebody asks for a fresh one; `stage` AWSPREVIOUS is the value before."""
    known = _known()
    if fresh or (arn, stage) not in known:
        known[arn, stage] = _get(arn, stage)
    return known[arn, stage]


@cache
def _known() -> dict[tuple[str, str], str]:
    return {}


def _get(arn: str, stage: str) -> str:
    is_parameter = arn.split(":")[2:3] == ["ssm"]
    wanted = {"Name": arn, "WithDecryption": True} if is_parameter else {"SecretId": arn, "VersionStage": stage}
    target, body = _PARAMETER if is_parameter else _SECRET, json.dumps(wanted).encode()
    reason = ""
    for _ in range(ATTEMPTS):
        try:
            status, answer = _post(target, body)
        except (OSError, HTTPException) as error:
            reason = type(error).__name__
            continue
        if status == 200:
            found = json.loads(answer)
            value = found["Parameter"]["Value"] if is_parameter else found.get("SecretString")
            if value is None:
                raise SecretUnavailable(f"The secret {arn} holds no text at {stage}.")
            return str(value)
        reason = f"status {status}, {_error_name(answer)}"
        if status < 500:
            break
    raise SecretUnavailable(f"The secret {arn} cannot be read: {reason}.")


def _error_name(answer: bytes) -> str:
    try:
        return str(json.loads(answer).get("__type", "no error name"))
    except (ValueError, AttributeError):
        return "no error name"


def _post(target: str, body: bytes) -> tuple[int, bytes]:
    region = os.environ["AWS_REGION"]
    service, variable = ("ssm", "SSM") if target == _PARAMETER else ("secretsmanager", "SECRETS_MANAGER")
    endpoint = (
        os.environ.get(f"AWS_ENDPOINT_URL_{variable}")
        or os.environ.get("AWS_ENDPOINT_URL")
        or f"https://{service}.{region}.amazonaws.com"
    )
    parts = urlsplit(endpoint)
    make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        now = dt.datetime.now(dt.UTC)
        connection.request("POST", "/", body, sign(parts.netloc, (region, service, target), body, now))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def sign(host: str, call: tuple[str, str, str], body: bytes, at: dt.datetime) -> dict[str, str]:
    """The headers of a signed request, with the credentials that Lambda puts into the environment.

    `call` is (region, service, operation).
    """
    region, service, target = call
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "host": host,
        "x-amz-date": stamp,
        "x-amz-target": target,
    }
    if token := os.environ.get("AWS_SESSION_TOKEN"):
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return headers
