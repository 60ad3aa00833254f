"""API Gateway's proxy events on one side, the table of operations on the other.

`Api` finds the operation, checks what came, calls the function that serves it, and answers in JSON: with the
operation's status, or with a problem document. No error leaves as a stack trace.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec

from lambdas.shared import checks, shapes
from lambdas.shared.errors import Problem
from lambdas.shared.logging import correlate, logger, pseudonym
from lambdas.shared.operation import Operation
from lambdas.shared.transactions import Transaction

Event = dict[str, Any]
B = TypeVar("B")
Q = TypeVar("Q")

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_KEY = re.compile("[!-~]{1,200}")
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    412: "Precondition Failed",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


@dataclass(frozen=True, kw_only=True)
class Request(Generic[B, Q]):
    """A checked request. `body` and `query` are the operation's structs, None where it has none."""

    subject: str
    path: Mapping[str, str]
    body: B
    query: Q
    headers: Mapping[str, str]
    request_id: str
    fingerprint: str = ""
    username: str = ""

    @property
    def idempotency_key(self) -> str | None:
        """The caller's name for this call; a 400 problem when it cannot be one."""
        key = self.headers.get("idempotency-key")
        if key is not None and not _KEY.fullmatch(key):
            detail = "Idempotency-Key is not 1 to 200 visible ASCII characters; send a UUID."
            raise Problem(400, detail, errors=[("Idempotency-Key", "not 1 to 200 visible ASCII characters")])
        return key

    @property
    def expected_version(self) -> int | None:
        """The version that If-Match names; None when any will do. A 412 problem when it cannot be one."""
        wanted = self.headers.get("if-match", "*").strip()
        if wanted == "*":
            return None
        number = wanted.strip('"')
        if wanted != f'"{number}"' or not number.isascii() or not number.isdigit() or len(number) > 9:
            raise Problem(412, f"If-Match is {wanted[:40]!r}, which is no version; send the ETag as it was answered.")
        return int(number)

    @property
    def locale(self) -> str:
        """The language the person's browser asks for, of those that there are."""
        return "ja" if self.headers.get("accept-language", "").strip().lower().startswith("ja") else "en"


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer of the operation's own status: JSON, or a CSV file with a name."""

    content: shapes.Answer | None = None
    csv: tuple[str, str] | None = None
    version: int | None = None
    location: str | None = None


Serve = Callable[[Request[Any, Any]], Response]
S = TypeVar("S", bound=Serve)


@dataclass
class Api:
    """The operations that one function serves: its own table, so that a package holds no other's."""

    operations: tuple[Operation, ...]
    origins: str = ""
    _operations: dict[tuple[str, str], Operation] = field(init=False)
    _allowed: frozenset[str] = field(init=False)
    _serving: dict[str, Serve] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._operations = {operation.key: operation for operation in self.operations}
        self._allowed = frozenset(origin.strip() for origin in self.origins.split(",") if origin.strip())

    def serves(self, operation_id: str) -> Callable[[S], S]:
        """The decorator that names the operation which a function serves."""
        known = [operation.id for operation in self.operations]
        if operation_id not in known:
            raise ValueError(f"There is no operation {operation_id!r} in the table: it has {', '.join(known)}.")

        def register(serve: S) -> S:
            self._serving[operation_id] = serve
            return serve

        return register

    def handle(self, event: Event) -> Event:
        """Answer one proxy event of API Gateway."""
        context = event["requestContext"]
        operation = self._operations.get((event["httpMethod"], event["resource"]))
        transaction = Transaction(operation.id if operation else "unknown")
        correlate(context["requestId"])
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        claims = (context.get("authorizer") or {}).get("claims") or {}
        try:
            answer = self._answer(event, headers, claims)
        except Problem as problem:
            if problem.status >= 500:
                logger.exception("The request could not be served.")
            answer = _problem(problem, context["requestId"])
        except Exception:
            logger.exception("The request failed.")
            detail = "The request failed; quote the request id when you report it."
            answer = _problem(Problem(500, detail), context["requestId"])
        answer["headers"] |= SECURITY_HEADERS | self._cors(headers.get("origin", ""))
        _log(event, claims, answer["statusCode"], transaction)
        return answer

    def _answer(self, event: Event, headers: Mapping[str, str], claims: Mapping[str, str]) -> Event:
        operation = self._operations.get((event["httpMethod"], event["resource"]))
        if operation is None or operation.id not in self._serving:
            raise Problem(404, f"There is no operation {event['httpMethod']} {event['resource']}.")
        request = _request(operation, event, headers, claims)
        response = self._serving[operation.id](request)
        answer_headers = {"Content-Type": "application/json"} if response.content is not None else {}
        if response.version is not None:
            answer_headers["ETag"] = f'"{response.version}"'
        if response.location is not None:
            answer_headers["Location"] = f"/{_stage(event)}{response.location}"
        if response.csv is not None:
            name, text = response.csv
            answer_headers["Content-Type"] = "text/csv; charset=utf-8"
            answer_headers["Content-Disposition"] = f'attachment; filename="{name}"'
            return _proxy(operation.status, answer_headers, text)
        content = "" if response.content is None else msgspec.json.encode(response.content).decode()
        return _proxy(operation.status, answer_headers, content)

    def _cors(self, origin: str) -> dict[str, str]:
        if not self._allowed:
            return {}
        if origin not in self._allowed:
            return {"Vary": "Origin"}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": "ETag, Location, Retry-After",
            "Vary": "Origin",
        }


def _stage(event: Event) -> str:
    """The stage's name, with which the public path of every resource begins."""
    return cast("str", event["requestContext"].get("stage", "v1"))


def _request(
    operation: Operation, event: Event, headers: Mapping[str, str], claims: Mapping[str, str]
) -> Request[Any, Any]:
    if operation.login and (not claims.get("sub") or claims.get("token_use", "access") != "access"):
        raise Problem(401, "Sign in first: the request carries no access token.")
    query: object = None
    if operation.query is not None:
        query = checks.query(event.get("multiValueQueryStringParameters") or {}, operation.query)
    body: object = None
    if operation.body is not None:
        content_type = headers.get("content-type", "")
        is_base64 = bool(event.get("isBase64Encoded"))
        body = checks.body(event.get("body"), is_base64, content_type, operation.body, operation.body_required)
    return Request(
        subject=claims.get("sub", ""),
        username=claims.get("username", ""),
        path=checks.path(event.get("pathParameters") or {}),
        body=body,
        query=query,
        headers=headers,
        request_id=event["requestContext"]["requestId"],
        fingerprint=_fingerprint(event),
    )


def _fingerprint(event: Event) -> str:
    text = f"{event['path']}\n{event.get('body') or ''}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _problem(problem: Problem, request_id: str) -> Event:
    document = shapes.Problem(
        type="about:blank",
        title=TITLES[problem.status],
        status=problem.status,
        detail=_sound(problem.detail),
        errors=[shapes.Fault(pointer=_sound(pointer), message=_sound(message)) for pointer, message in problem.errors],
        request_id=request_id,
    )
    headers = {"Content-Type": "application/problem+json"} | problem.headers
    return _proxy(problem.status, headers, msgspec.json.encode(document).decode())


def _sound(text: str) -> str:
    """A text that can be encoded: what a caller sent may hold half a character."""
    return text.encode("utf-8", "replace").decode()


def _proxy(status: int, headers: dict[str, str], body: str) -> Event:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _path(event: Event) -> str:
    """The request's path with its ids: a token would open what it belongs to, and other texts may be a person's."""
    path: str = event["resource"]
    for name, value in (event.get("pathParameters") or {}).items():
        if checks.may_be_logged(name, value):
            path = path.replace(f"{{{name}}}", value)
    return path


def _log(event: Event, claims: Mapping[str, str], status: int, transaction: Transaction) -> None:
    subject = claims.get("sub")
    record = transaction.record("failure" if status >= 500 else "success")
    logger.info(
        "request",
        method=event["httpMethod"],
        path=_path(event),
        ip=(event["requestContext"].get("identity") or {}).get("sourceIp"),
        status=status,
        ms=record["durationMs"],
        user=pseudonym(subject) if subject else None,
        transaction=record,
    )
