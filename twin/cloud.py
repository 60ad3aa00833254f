"""The twin's AWS account and its PostgreSQL, as those who deploy to them see them."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.config import Config
    from psycopg2.extensions import connection

    from twin.state import State

# What a deployment talks to first: their clients are made while Pulumi is still being imported.
WARM_SERVICES = (
    "ec2", "kms", "iam", "s3", "logs", "lambda", "sqs", "sns", "secretsmanager", "rds", "cloudwatch", "apigateway",
    "cognito-idp", "stepfunctions", "cloudfront",
)  # fmt: skip


@dataclass(kw_only=True)
class Cloud:
    """Where the emulated account and the database are, with one boto3 client for each service and region.

    Clients are thread-safe and share one botocore session: its loader parses each service's model once, which is
    most of what a client costs (15 clients: 0.4 s, against 1.2 s with a session each). `database_password` is the
    server administrator's.
    """

    endpoint: str
    region: str
    account_id: str
    database_host: str
    database_port: int
    database_password: str
    database_user: str = "postgres"
    database_ca_file: str | None = None
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _session: Any = field(default=None, repr=False)

    @classmethod
    def of(cls, running: State) -> Cloud:
        """The account of a running twin, without its database."""
        return cls(
            endpoint=running.aws_endpoint,
            region=running.region,
            account_id=running.account_id,
            database_host="127.0.0.1",
            database_port=0,
            database_password="",
        )

    def client(self, service: str, region: str | None = None) -> Any:
        """The boto3 client of a service, made on first use."""
        key = (service, region or self.region)
        client = self._clients.get(key)
        if client is None:
            # Making a client from a shared session is not thread-safe; using one is.
            with self._lock:
                client = self._clients.get(key) or self._make(*key)
                self._clients[key] = client
        return client

    def warm_up(self, services: tuple[str, ...] = WARM_SERVICES) -> Future[None]:
        """Make the clients of `services` in a thread of their own; the future tells when they are there."""
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="boto3")
        future = executor.submit(self._warm, services)
        executor.shutdown(wait=False)
        return future

    def connect(self, database: str = "postgres") -> connection:
        """An administrator's connection to PostgreSQL, in autocommit; its caller closes it."""
        import psycopg2

        settings: dict[str, Any] = {
            "host": self.database_host,
            "port": self.database_port,
            "user": self.database_user,
            "password": self.database_password,
            "dbname": database,
            "connect_timeout": 10,
            "sslmode": "verify-full" if self.database_ca_file else "require",
        }
        if self.database_ca_file:
            settings["sslrootcert"] = self.database_ca_file
        connected: connection = psycopg2.connect(**settings)
        connected.autocommit = True
        return connected

    def _warm(self, services: tuple[str, ...]) -> None:
        for service in services:
            self.client(service)

    def _make(self, service: str, region: str) -> Any:
        if self._session is None:
            import boto3

            self._session = boto3.session.Session(
                aws_access_key_id="test",  # noqa: S106 - the emulator's root key, on loopback only
                aws_secret_access_key="test",  # noqa: S106
                region_name=self.region,
            )
        return self._session.client(service, region_name=region, endpoint_url=self.endpoint, config=_config())


def _config() -> Config:
    from botocore.config import Config

    return Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=16,
        parameter_validation=True,
        s3={"addressing_style": "path"},
    )
