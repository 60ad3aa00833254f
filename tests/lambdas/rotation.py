"""Secrets Manager in memory, and a database whose administrator is no superuser: what rotation works with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import botocore.session
import psycopg2
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from tests.lambdas.conftest import ROOT

ADMINISTRATOR = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:database-administrator"
APPLICATION = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:database-application"
FIRST = "00000000-0000-4000-8000-000000000001"
USER, CLONE = "rotated_app", "rotated_app_clone"
MODEL = botocore.session.get_session().get_service_model("secretsmanager")


class SecretsManager:
    """Versions and labels as Secrets Manager keeps them; requests are checked against the service's own model."""

    class exceptions:  # noqa: N801 - as boto3's clients have it
        class ResourceNotFoundException(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.values: dict[str, dict[str, str]] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.after_each: Callable[[], None] = lambda: None
        self._lock = threading.RLock()

    def start(self, secret: str) -> str:
        """What RotateSecret does before its first step: a pending version without a value."""
        token = str(uuid.uuid4())
        self.labels[secret]["AWSPENDING"] = token
        return token

    def current(self, secret: str) -> dict[str, Any]:
        return dict(json.loads(self.values[secret][self.labels[secret]["AWSCURRENT"]]))

    def describe_secret(self, **request: Any) -> dict[str, Any]:
        self._check("DescribeSecret", request)
        with self._lock:
            stages: dict[str, list[str]] = {}
            for label, version in self.labels[request["SecretId"]].items():
                stages.setdefault(version, []).append(label)
        self.after_each()
        return {"VersionIdsToStages": stages}

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        self._check("GetSecretValue", request)
        with self._lock:
            version = self.labels[request["SecretId"]].get(request["VersionStage"])
            value = self.values[request["SecretId"]].get(version or "")
        self.after_each()
        if value is None or request.get("VersionId", version) != version:
            raise self.exceptions.ResourceNotFoundException
        return {"SecretString": value}

    def put_secret_value(self, **request: Any) -> dict[str, Any]:
        self._check("PutSecretValue", request)
        with self._lock:
            version = request["ClientRequestToken"]
            held = self.values[request["SecretId"]].setdefault(version, request["SecretString"])
            if held != request["SecretString"]:
                raise ClientError({"Error": {"Code": "ResourceExistsException"}}, "PutSecretValue")
            for label in request["VersionStages"]:
                self.labels[request["SecretId"]][label] = version
        self.after_each()
        return {}

    def update_secret_version_stage(self, **request: Any) -> dict[str, Any]:
        self._check("UpdateSecretVersionStage", request)
        with self._lock:
            labels = self.labels[request["SecretId"]]
            if labels[request["VersionStage"]] != request["RemoveFromVersionId"]:
                raise ClientError({"Error": {"Code": "InvalidParameterException"}}, "UpdateSecretVersionStage")
            labels["AWSPREVIOUS"] = labels[request["VersionStage"]]
            labels[request["VersionStage"]] = request["MoveToVersionId"]
        self.after_each()
        return {}

    def _check(self, operation: str, request: dict[str, Any]) -> None:
        shape = MODEL.operation_model(operation).input_shape
        assert shape is not None
        validate_parameters(request, shape)


class System:
    """A database with an administrator who is no superuser, as on Aurora, and the secrets of both users."""

    def __init__(self, superuser: str, secret: dict[str, Any]) -> None:
        self.superuser = superuser
        self.manager = SecretsManager()
        self.administrator = {**secret, "username": "rotating_admin", "password": "first-admin", "dbname": "rotating"}
        self.application = {**self.administrator, "username": USER, "password": "first-app"}

    def prepare(self) -> None:
        """Everything as the first deployment and its migrations leave it."""
        self.as_superuser("postgres", "CREATE ROLE rotating_admin LOGIN CREATEROLE CREATEDB PASSWORD 'first-admin'")
        self.as_superuser("postgres", "CREATE DATABASE rotating OWNER rotating_admin")
        self.migrate()

    def migrate(self) -> None:
        """Run the migrations as the administrator, for the application's current user."""
        host = f"{self.administrator['host']}:{self.administrator['port']}"
        user, password = self.administrator["username"], quote(str(self.administrator["password"]))
        subprocess.run(
            [sys.executable, "-m", "migrations", "up"],
            cwd=ROOT,
            check=True,
            env=os.environ
            | {
                "DATABASE_URL": f"postgresql://{user}:{password}@{host}/rotating?sslmode=verify-full",
                "APPLICATION_USERNAME": str(self.application["username"]),
                "APPLICATION_PASSWORD": str(self.application["password"]),
            },
        )

    def as_superuser(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        connection = psycopg2.connect(self.superuser, dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def reset(self) -> None:
        """Back to the first passwords, and no clone."""
        if self.as_superuser("rotating", f"SELECT 1 FROM pg_roles WHERE rolname = '{CLONE}'"):
            self.as_superuser("rotating", f"DROP OWNED BY {CLONE}")
            self.as_superuser("rotating", f"DROP ROLE {CLONE}")
        self.as_superuser("rotating", f"ALTER ROLE {USER} PASSWORD 'first-app'")
        self.as_superuser("rotating", "ALTER ROLE rotating_admin PASSWORD 'first-admin'")
        self.manager = SecretsManager()
        for arn, secret in ((ADMINISTRATOR, self.administrator), (APPLICATION, self.application)):
            self.manager.values[arn] = {FIRST: json.dumps(secret)}
            self.manager.labels[arn] = {"AWSCURRENT": FIRST}

    def run(self, secret: dict[str, Any], sql: str) -> list[tuple[Any, ...]]:
        """Execute SQL as the user of a secret."""
        names = {"username": "user"}
        parameters = {names.get(key, key): value for key, value in secret.items()}
        connection = psycopg2.connect(**parameters, sslmode="verify-full")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()
