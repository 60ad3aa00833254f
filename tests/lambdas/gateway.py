"""API Gateway as one server in this process: HTTP in front, proxy events of the functions behind.

It plays what AWS promises: resources by literal before parameter, the authorizer, its own refusals as the program
declares them, bodies as text. It checks no body, so that a function has to stand on its own.
"""

from __future__ import annotations

import importlib
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lambdas.shared.operations import OPERATIONS, Operation

STAGE = "v1"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LOCK = threading.Lock()  # one execution environment serves one request at a time


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)) + r"\Z")


# Literal parts win over parameters, as among API Gateway's resources.
_RESOURCES = sorted({operation.path for operation in OPERATIONS}, key=lambda path: ("{" in path, path))
_PATTERNS = {path: _pattern(path) for path in _RESOURCES}
_OPERATIONS = {operation.key: operation for operation in OPERATIONS}


class Gateway(ThreadingHTTPServer):
    """The server. `subjects` are the signed-in people by token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.subjects: dict[str, str] = {}
        self.requests = 0

    @property
    def url(self) -> str:
        """Where the API is, its stage included."""
        return f"http://127.0.0.1:{self.server_address[1]}/{STAGE}"

    def token(self, subject: str | None = None) -> str:
        """A token of somebody, new by default."""
        token = uuid.uuid4().hex
        self.subjects[token] = subject or str(uuid.uuid4())
        return token


@contextmanager
def serving() -> Iterator[Gateway]:
    """A gateway for the length of the block."""
    with Gateway() as gateway:
        thread = threading.Thread(target=gateway.serve_forever, daemon=True)
        thread.start()
        try:
            yield gateway
        finally:
            gateway.shutdown()
            thread.join()


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Gateway

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """The functions log."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        path = parts.path.removeprefix(f"/{STAGE}")
        self.server.requests += 1
        found = _find(self.command, path)
        if found is None:
            return self._refuse(404, "No such operation", "Missing Authentication Token")
        operation, parameters = found
        subject = self.server.subjects.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if operation.login and subject is None:
            return self._refuse(401, "Sign in to do this", "Unauthorized")
        event = self._event(operation, path, parameters, parts.query, body)
        event["requestContext"]["authorizer"] = {"claims": _claims(subject)} if subject and operation.login else None
        with _LOCK:
            answer = importlib.import_module(f"lambdas.{operation.function}.handler").handler(event, None)
        return self._answer(answer["statusCode"], answer["headers"], answer["body"])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class's names
    do_HEAD = do_OPTIONS = do_TRACE = do_QUERY = do_CONNECT = _serve  # noqa: N815

    def _event(
        self, operation: Operation, path: str, parameters: dict[str, str], query: str, body: bytes
    ) -> dict[str, Any]:
        event = {
            "resource": operation.path,
            "path": unquote(path),
            "httpMethod": self.command,
            "headers": dict(self.headers.items()),
            "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
            "pathParameters": parameters or None,
            "body": body.decode("utf-8", "replace") if body else None,
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "stage": STAGE,
                "identity": {"sourceIp": self.client_address[0]},
            },
        }
        made: dict[str, Any] = json.loads(json.dumps(event))  # what is no JSON, no function ever sees
        return made

    def _refuse(self, status: int, title: str, detail: str) -> None:
        document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
        content = json.dumps(document | {"requestId": str(uuid.uuid4())})
        self._answer(status, {"Content-Type": "application/problem+json"}, content)

    def _answer(self, status: int, headers: dict[str, str], text: str) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)


def _find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    for resource in _RESOURCES:
        matched = _PATTERNS[resource].match(path)
        if matched:
            operation = _OPERATIONS.get((method, resource))
            if operation is None:
                return None
            return operation, {name: unquote(value) for name, value in matched.groupdict().items()}
    return None


def _claims(subject: str) -> dict[str, str]:
    return {"sub": subject, "token_use": "access", "username": subject}
