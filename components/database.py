"""The system's PostgreSQL."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.parts.backup import Backup, BackupArgs
from components.parts.cluster import PORT, Cluster, ClusterArgs
from components.parts.database_access import Doors
from components.parts.function import Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.proxy import Proxy, ProxyArgs
from components.parts.rotation import Rotation, RotationArgs
from components.parts.secret import empty_secret, secret_value
from components.parts.signal import Metric, Signal
from components.parts.statement import allow
from settings.database import (
    AuroraDatabase,
    AwsBackup,
    DatabaseSettings,
    ExternalDatabase,
    NoPooling,
    RdsProxy,
    ServerlessV2,
)

RECOVERY_WINDOW_DAYS = 7
# Aurora wakes up in about 15 seconds (user guide, auto-pause), and API Gateway waits for 29.
WAKE_SECONDS = 25


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What the database is made from; `zones` are those of the platform's subnets, in their order."""

    settings: DatabaseSettings
    platform: Platform
    keys: Keys
    vpc_id: pulumi.Input[str]
    zones: Sequence[str]


class Database(pulumi.ComponentResource):
    """The system's PostgreSQL: an encrypted Aurora cluster in the private subnets, or one that stands elsewhere.

    On Aurora it makes the administrator and the secret of the application's user. That user itself is made by the
    migrations: it owns nothing and may change rows only. Of a database that stands elsewhere it makes nothing but the
    way there: `secret_arn` is then the ARN of the SSM parameter that the operator writes.
    """

    secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the database, or the way to it."""
        super().__init__("mandala:components:Database", name, None, opts)
        self._name, self._args = name, args
        self._doors = Doors(name=name, parent=self, naming=args.platform.stack.naming, vpc_id=args.vpc_id)
        self._signals: list[Signal] = []
        self._exports: dict[str, pulumi.Output[str]] = {}
        if isinstance(args.settings, ExternalDatabase):
            self.secret_arn = self._external(args.settings)
        else:
            self.secret_arn = self._aurora(args.settings)
        self.register_outputs({"secret_arn": self.secret_arn})

    def connects(self) -> Grant:
        """What a function needs to reach the database: read what tells it how, decrypt it."""
        if isinstance(self._args.settings, ExternalDatabase):
            statements = (allow("ssm:GetParameter", on=[self.secret_arn]), self._args.keys.decrypts_parameters())
        else:
            read = allow("secretsmanager:GetSecretValue", on=[self.secret_arn])
            statements = (read, self._args.keys.decrypts_secrets())
        return Grant(
            environment={"DATABASE_SECRET_ARN": self.secret_arn, **_patience(self._args.settings)},
            statements=statements,
            connections=_granted(self._args.settings),
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the database."""
        return {**self._exports, "database_secret_arn": self.secret_arn}

    def signals(self) -> list[Signal]:
        """Load, connections, memory and replication of the cluster, rotation and backup; none of a foreign one."""
        return self._signals

    def _external(self, settings: ExternalDatabase) -> pulumi.Output[str]:
        platform, engine = self._args.platform, settings.engine
        for number, block in enumerate(engine.cidr_blocks, start=1):
            self._doors.leave(
                f"outside-{number}", platform.security_group_id, block, engine.port, "PostgreSQL that stands elsewhere"
            )
        stack = platform.stack
        return pulumi.Output.concat("arn:aws:ssm:", stack.region, ":", stack.account_id, ":parameter", engine.parameter)

    def _aurora(self, settings: AuroraDatabase) -> pulumi.Output[str]:
        args, platform = self._args, self._args.platform
        door = self._doors.group("database", "db-sg", "PostgreSQL: in from the functions only, no way out")
        administrator_password = self._password("administrator")
        cluster = Cluster(
            self._name,
            ClusterArgs(
                settings=settings,
                stack=platform.stack,
                keys=args.keys,
                zones=args.zones,
                subnet_ids=platform.subnet_ids,
                security_group_id=door,
                administrator_password=administrator_password,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        administrator, application = self._secret("administrator"), self._secret("application")
        host, direct = self._way_in(settings, cluster, application, door)
        connections = (
            ("administrator", administrator, settings.administrator, administrator_password, cluster.endpoint),
            ("application", application, settings.application_user, self._password("application"), host),
        )
        for role, secret, username, password, reached in connections:
            secret_value(
                f"{self._name}-{role}-secret",
                parent=self,
                secret=secret,
                value={
                    "username": username,
                    "password": password,
                    "host": reached,
                    "port": cluster.port,  # the proxy's too
                    "dbname": settings.database_name,
                },
                rotated=True,
            )
        self._exports = {
            "database_endpoint": cluster.endpoint,
            "database_reader_endpoint": cluster.reader_endpoint,
            "database_administrator_secret_arn": administrator.arn,
        }
        self._signals += _load(cluster.identifier)
        self._look_after(settings, cluster, direct, administrator.arn, application.arn)
        return application.arn

    def _way_in(
        self, settings: AuroraDatabase, cluster: Cluster, secret: aws.secretsmanager.Secret, door: pulumi.Input[str]
    ) -> tuple[pulumi.Output[str], Platform]:
        """The host that functions connect to, and the platform of the one function that needs the cluster itself."""
        platform = self._args.platform
        if not isinstance(settings.pooling, RdsProxy):
            self._doors.connect("functions", platform.security_group_id, door, PORT, "PostgreSQL from the functions")
            return cluster.endpoint, platform
        pool = self._doors.group("proxy", "db-proxy-sg", "RDS Proxy: in from the functions, out to PostgreSQL")
        self._doors.connect("functions", platform.security_group_id, pool, PORT, "PostgreSQL through the proxy")
        self._doors.connect("proxy", pool, door, PORT, "PostgreSQL from the proxy")
        proxy = Proxy(
            f"{self._name}-proxy",
            ProxyArgs(
                settings=settings.pooling,
                stack=platform.stack,
                keys=self._args.keys,
                log_retention_days=settings.log_retention_days,
                subnet_ids=platform.subnet_ids,
                security_group_id=pool,
                cluster_identifier=cluster.identifier,
                secret_arn=secret.arn,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        if settings.rotation_days is None:
            return proxy.endpoint, platform
        rotation = self._doors.group("rotation", "db-rotation-sg", "Rotation: out to PostgreSQL and Secrets Manager")
        self._doors.connect("rotation", rotation, door, PORT, "PostgreSQL from rotation")
        self._doors.leave("rotation-to-services", rotation, "0.0.0.0/0", 443, "Secrets Manager over HTTPS")
        return proxy.endpoint, dataclasses.replace(platform, security_group_id=rotation)

    def _look_after(
        self,
        settings: AuroraDatabase,
        cluster: Cluster,
        direct: Platform,
        administrator_secret_arn: pulumi.Output[str],
        application_secret_arn: pulumi.Output[str],
    ) -> None:
        """Rotation and backup, where they are set."""
        keys, child = self._args.keys, pulumi.ResourceOptions(parent=self)
        if settings.rotation_days is not None:
            rotation = Rotation(
                f"{self._name}-rotation",
                RotationArgs(
                    platform=direct,
                    keys=keys,
                    days=settings.rotation_days,
                    administrator_secret_arn=administrator_secret_arn,
                    application_secret_arn=application_secret_arn,
                ),
                child,
            )
            self._signals += rotation.signals()
        if isinstance(settings.backup, AwsBackup):
            backup = Backup(
                f"{self._name}-backup",
                BackupArgs(
                    settings=settings.backup,
                    stack=direct.stack,
                    keys=keys,
                    protected=settings.deletion_protection,
                    cluster_arn=cluster.arn,
                ),
                child,
            )
            self._signals += backup.signals()

    def _password(self, role: str) -> pulumi.Output[str]:
        """Letters and digits only: Aurora refuses some punctuation, connection strings need quoting for more."""
        return random.RandomPassword(
            f"{self._name}-{role}", length=40, special=False, opts=pulumi.ResourceOptions(parent=self)
        ).result

    def _secret(self, role: str) -> aws.secretsmanager.Secret:
        return empty_secret(
            f"{self._name}-{role}-secret",
            parent=self,
            physical_name=self._args.platform.stack.naming.of("secret", f"database-{role}"),
            description=f"How the {role} connects to PostgreSQL",
            key_arn=self._args.keys.secrets,
            recovery_window_days=RECOVERY_WINDOW_DAYS,
        )


def _granted(settings: DatabaseSettings) -> int | None:
    """How many connections all functions may hold together; None where the proxy keeps within what there is."""
    if isinstance(settings, ExternalDatabase):
        return settings.engine.max_connections
    return settings.pooling.max_connections if isinstance(settings.pooling, NoPooling) else None


def _patience(settings: DatabaseSettings) -> dict[str, str]:
    """How long functions wait for a connection where the database may be asleep; else their own seconds are right."""
    engine = settings.engine
    sleeps = isinstance(engine, ServerlessV2) and engine.min_capacity == 0
    return {"PGCONNECT_TIMEOUT": str(WAKE_SECONDS)} if sleeps else {}


def _load(cluster_identifier: pulumi.Output[str]) -> list[Signal]:
    def signal(kind: str, metric: str, statistic: str) -> Signal:
        measured = Metric(
            namespace="AWS/RDS",
            name=metric,
            statistic=statistic,
            dimensions={"DBClusterIdentifier": cluster_identifier},
        )
        return Signal(kind=kind, subject="database", metrics=(measured,), runbook="database.md", group="database")

    return [
        signal("database_cpu", "CPUUtilization", "Average"),
        signal("database_connections", "DatabaseConnections", "Maximum"),
        signal("database_memory", "FreeableMemory", "Minimum"),
        signal("database_replica_lag", "AuroraReplicaLag", "Maximum"),
    ]
