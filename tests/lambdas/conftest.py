"""The functions as AWS would call them, on a real PostgreSQL; AWS itself is boto3's own stub."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from botocore.stub import Stubber

# Handlers read their environment when they are imported.
os.environ |= {
    "STAGE": "test",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "GoalMandala",
    "AWS_DEFAULT_REGION": "ap-northeast-1",
    "AWS_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "DATABASE_SECRET_ARN": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:database",
    "SLACK_WEBHOOK_SECRET_ARN": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:slack",
    "CORS_ORIGINS": "https://app.example.com, https://other.example.com",
    "RELEASE": "v1.2.3",
    "STATE_MACHINE_ARN": "arn:aws:states:ap-northeast-1:123456789012:stateMachine:task-generation",
    "ALERTS_TOPIC_ARN": "arn:aws:sns:ap-northeast-1:123456789012:alerts",
    "JWT_SECRET_ARN": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:jwt",
    "USER_POOL_ID": "ap-northeast-1_Example",
    "PROPOSE_FUNCTION_NAME": "arn:aws:lambda:ap-northeast-1:123456789012:function:propose:live",
    "ACTIVITIES_QUEUE_URL": "https://sqs.ap-northeast-1.amazonaws.com/123456789012/activities",
    "ARCHIVE_BUCKET": "goal-mandala-archive",
    "MODEL_PROVIDER": "bedrock",
    "MODEL_ID": "anthropic.example-model-v1:0",
}

from lambdas.shared import aws  # noqa: E402 - after the environment
from lambdas.shared import secrets as secrets_manager  # noqa: E402
from lambdas.shared.errors import SecretUnavailable  # noqa: E402
from lambdas.shared.logging import logger  # noqa: E402
from lambdas.shared.operations import OPERATIONS  # noqa: E402
from lambdas.shared.repositories import users
from tests.twin.standins.conftest import Server  # noqa: E402
from twin.postgres import PostgresServer  # noqa: E402
from twin.standins.github import github_app  # noqa: E402

ROOT = Path(__file__).parents[2]
OPERATIONS_BY_ID = {operation.id: operation for operation in OPERATIONS}


@dataclass(frozen=True)
class Postgres:
    """A migrated database: the administrator's address and the application's secret."""

    url: str
    secret: dict[str, Any]

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """What the administrator sees."""
        with psycopg2.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One server for the session; tests keep apart by working as different people."""
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        role = {"APPLICATION_USERNAME": "application", "APPLICATION_PASSWORD": "p@ss word'"}
        subprocess.run(
            [sys.executable, "-m", "migrations", "up"],
            cwd=ROOT,
            check=True,
            env=os.environ | role | {"DATABASE_URL": server.url},
        )
        secret = {
            "username": role["APPLICATION_USERNAME"],
            "password": role["APPLICATION_PASSWORD"],
            "host": "127.0.0.1",
            "port": server.port,
            "dbname": "postgres",
        }
        os.environ["PGSSLROOTCERT"] = str(server.ca_file)
        yield Postgres(server.url, secret)
        del os.environ["PGSSLROOTCERT"]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What Secrets Manager holds, by ARN; the value before the present one by ARN and `#AWSPREVIOUS`."""
    values: dict[str, str] = {}

    def secret(arn: str, *, fresh: bool = False, stage: str = "AWSCURRENT") -> str:
        name = arn if stage == "AWSCURRENT" else f"{arn}#{stage}"
        if name not in values:
            raise SecretUnavailable(f"The secret {name} cannot be read: status 400, ResourceNotFoundException.")
        return values[name]

    monkeypatch.setattr(secrets_manager, "read", secret)
    return values


@pytest.fixture
def database(postgres: Postgres, secrets: dict[str, str]) -> Postgres:
    """The database as the functions find it: by their secret."""
    secrets[os.environ["DATABASE_SECRET_ARN"]] = json.dumps(postgres.secret)
    secrets[os.environ["JWT_SECRET_ARN"]] = "5a" * 32
    return postgres


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Stubber]]:
    """boto3's stub of a service: checks requests against the service's model, answers what it was told to."""
    stubbers: dict[str, Stubber] = {}
    made = aws.client

    def stubbed(service: str) -> Stubber:
        if service not in stubbers:
            client = made.__wrapped__(service)
            stubbers[service] = Stubber(client)
            stubbers[service].activate()
        return stubbers[service]

    def client(service: str, read_timeout: int = 5, attempts: int = 3) -> Any:  # noqa: ANN401 - as the original
        return stubbed(service).client

    monkeypatch.setattr(aws, "client", client)
    yield stubbed
    for stubber in stubbers.values():
        stubber.assert_no_pending_responses()


@contextmanager
def logging_to(stream: io.StringIO) -> Iterator[None]:
    """The functions' log lines go into the stream."""
    written = logger.registered_handler
    assert isinstance(written, logging.StreamHandler)
    before = written.setStream(stream)
    try:
        yield
    finally:
        written.setStream(before or sys.stdout)


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The log lines that were written since the test began, as CloudWatch gets them."""
    stream = io.StringIO()
    with logging_to(stream):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@dataclass
class Answer:
    """What a function answered to API Gateway."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body."""
        return json.loads(self.text)


@dataclass
class Person:
    """Somebody who is signed in and calls operations by their names."""

    subject: str = field(default_factory=lambda: str(uuid.uuid4()))

    def event(self, operation_id: str, path: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """The proxy event that API Gateway makes of a call."""
        operation = OPERATIONS_BY_ID[operation_id]
        parameters = {name: str(value) for name, value in (path or {}).items()}
        query = {name: [str(value)] for name, value in more.pop("query", {}).items()}
        body = more.pop("body", None)
        headers = {"Content-Type": "application/json", "Origin": "https://app.example.com"} | more.pop("headers", {})
        claims = {"sub": self.subject, "token_use": "access"} | more.pop("claims", {})
        event = {
            "resource": operation.path,
            "path": operation.path.format(**parameters),
            "httpMethod": operation.method,
            "headers": headers,
            "multiValueQueryStringParameters": query or None,
            "pathParameters": parameters or None,
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "stage": "v1",
                "identity": {"sourceIp": "192.0.2.7"},
                "authorizer": {"claims": claims} if operation.login else None,
            },
        }
        return event | more

    def call(self, operation_id: str, path: dict[str, Any] | None = None, **more: Any) -> Answer:  # noqa: ANN401
        """Call an operation and take its answer apart."""
        module = f"lambdas.{OPERATIONS_BY_ID[operation_id].function}.handler"
        __import__(module)
        answer = sys.modules[module].handler(self.event(operation_id, path, **more), None)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def goal(self, title: str = "Run a mountain ultra", **more: object) -> dict[str, Any]:
        """A new goal of this person."""
        answer = self.call("createGoal", body={"title": title, **more})
        assert answer.status == 201, answer.text
        goal: dict[str, Any] = answer.json
        return goal

    def chart(self, goal: str, sub_goals: int = 1, actions: int = 1) -> list[str]:
        """Sub-goals with actions; the actions' ids in the order of the chart."""
        identifiers = []
        for s in range(1, sub_goals + 1):
            path: dict[str, Any] = {"goalId": goal, "position": s}
            assert self.call("putSubGoal", path, body={"title": f"Sub-goal {s}"}).status == 200
            for a in range(1, actions + 1):
                body = {"title": f"Action {s}.{a}", "kind": "execution"}
                answer = self.call("putAction", path | {"actionPosition": a}, body=body)
                identifiers.append(answer.json["id"])
        return identifiers

    def user_id(self, database: Postgres) -> str:
        """The id of this person's row."""
        ((identifier,),) = database.query("SELECT id FROM users WHERE cognito_sub = %s", self.subject)
        return str(identifier)


@pytest.fixture(autouse=True)
def new_environment() -> None:
    """Nobody is recognised from an earlier test."""
    users.forget()


@pytest.fixture
def person(database: Postgres) -> Person:
    """Somebody nobody has seen before."""
    return Person()


@pytest.fixture
def other(database: Postgres) -> Person:
    """Somebody else."""
    return Person()


@pytest.fixture(scope="session")
def played() -> Iterator[Server]:
    with Server(github_app) as server:
        yield server


@pytest.fixture
def hub(played: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """GitHub without faults."""
    monkeypatch.setenv("GITHUB_API_URL", played.url)
    played.send("DELETE", "/_twin/faults")
    return played


@pytest.fixture
def repo() -> str:
    """A repository that nobody has looked at."""
    return f"r{uuid.uuid4().hex[:12]}"
