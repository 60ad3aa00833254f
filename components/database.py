"""The system's PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.secret import stored_secret
from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from components.parts.statement import allow
from settings.database import DatabaseSettings

PORT = 5432
RECOVERY_WINDOW_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What the database is made from."""

    settings: DatabaseSettings
    stack: Stack
    keys: Keys
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]


class Database(pulumi.ComponentResource):
    """The system's PostgreSQL: an encrypted Aurora cluster in the private subnets, TLS enforced.

    It makes the administrator and the secret of the application's user. That user itself is made by the migrations:
    it owns nothing and may change rows only.
    """

    cluster_identifier: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    reader_endpoint: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    administrator_secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the cluster, its instances and its secrets."""
        super().__init__("mandala:components:Database", name, None, opts)
        self._name, self._args = name, args
        administrator_password = self._password("administrator")
        cluster = self._cluster(administrator_password)
        self._instances(cluster)
        self.cluster_identifier = cluster.cluster_identifier
        self.endpoint = cluster.endpoint
        self.reader_endpoint = cluster.reader_endpoint
        self.administrator_secret_arn = self._secret(
            "administrator", args.settings.administrator, administrator_password, cluster
        )
        self.secret_arn = self._secret(
            "application", args.settings.application_user, self._password("application"), cluster
        )
        self.register_outputs(
            {
                "cluster_identifier": self.cluster_identifier,
                "endpoint": self.endpoint,
                "reader_endpoint": self.reader_endpoint,
                "secret_arn": self.secret_arn,
                "administrator_secret_arn": self.administrator_secret_arn,
            }
        )

    def connects(self) -> Grant:
        """What a function needs to reach the database: read the application's secret, decrypt it."""
        read = allow("secretsmanager:GetSecretValue", on=[self.secret_arn])
        return Grant(
            environment={"DATABASE_SECRET_ARN": self.secret_arn},
            statements=(read, self._args.keys.decrypts_secrets()),
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the database."""
        return {
            "database_endpoint": self.endpoint,
            "database_reader_endpoint": self.reader_endpoint,
            "database_secret_arn": self.secret_arn,
            "database_administrator_secret_arn": self.administrator_secret_arn,
        }

    def signals(self) -> list[Signal]:
        """Load, connections, memory and replication of the cluster."""

        def signal(kind: str, metric: str, statistic: str, unit: str) -> Signal:
            measured = Metric(
                namespace="AWS/RDS",
                name=metric,
                statistic=statistic,
                dimensions={"DBClusterIdentifier": self.cluster_identifier},
                unit=unit,
            )
            return Signal(kind=kind, subject="database", metrics=(measured,), runbook="database.md", group="database")

        return [
            signal("database_cpu", "CPUUtilization", "Average", "Percent"),
            signal("database_connections", "DatabaseConnections", "Maximum", "Count"),
            signal("database_memory", "FreeableMemory", "Minimum", "Bytes"),
            signal("database_replica_lag", "AuroraReplicaLag", "Maximum", "Milliseconds"),
        ]

    def _password(self, role: str) -> pulumi.Output[str]:
        """Letters and digits only: Aurora refuses some punctuation, connection strings need quoting for more."""
        return random.RandomPassword(
            f"{self._name}-{role}", length=40, special=False, opts=pulumi.ResourceOptions(parent=self)
        ).result

    def _cluster(self, administrator_password: pulumi.Output[str]) -> aws.rds.Cluster:
        settings, naming = self._args.settings, self._args.stack.naming
        child = pulumi.ResourceOptions(parent=self)
        subnets = aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=naming.of("cluster", "database"),
            description="The private subnets",
            subnet_ids=self._args.subnet_ids,
            opts=child,
        )
        identifier = naming.of("cluster", "database")
        return aws.rds.Cluster(
            f"{self._name}-cluster",
            cluster_identifier=identifier,
            engine="aurora-postgresql",
            engine_mode="provisioned",
            engine_version=settings.engine_version,
            serverlessv2_scaling_configuration={
                "min_capacity": settings.engine.min_capacity,
                "max_capacity": settings.engine.max_capacity,
            },
            database_name=settings.database_name,
            port=PORT,
            master_username=settings.administrator,
            master_password=administrator_password,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._args.security_group_id],
            db_cluster_parameter_group_name=self._parameters().name,
            storage_encrypted=True,
            kms_key_id=self._args.keys.data,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            backup_retention_period=settings.backup_retention_days,
            preferred_backup_window=settings.backup_window,
            preferred_maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            # What is protected is never thrown away without a last snapshot.
            skip_final_snapshot=not settings.deletion_protection,
            final_snapshot_identifier=f"{identifier}-final" if settings.deletion_protection else None,
            # Rotation changes the password later: an update must not put the first one back.
            opts=pulumi.ResourceOptions(
                parent=self, protect=settings.deletion_protection, ignore_changes=["masterPassword"]
            ),
        )

    def _parameters(self) -> aws.rds.ClusterParameterGroup:
        settings = self._args.settings
        major = settings.engine_version.split(".")[0]
        return aws.rds.ClusterParameterGroup(
            f"{self._name}-parameters",
            name=self._args.stack.naming.of("cluster", f"database-postgresql{major}"),
            family=f"aurora-postgresql{major}",
            description="TLS only, slow statements logged",
            parameters=[
                {"name": "rds.force_ssl", "value": "1", "apply_method": "immediate"},
                {
                    "name": "log_min_duration_statement",
                    "value": str(settings.slow_query_ms),
                    "apply_method": "immediate",
                },
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _instances(self, cluster: aws.rds.Cluster) -> None:
        """A writer and its readers; Aurora places them in different zones and promotes a reader when it must."""
        settings = self._args.settings
        roles = ["writer", *(f"reader-{number}" for number in range(1, settings.engine.readers + 1))]
        for role in roles:
            aws.rds.ClusterInstance(
                f"{self._name}-{role}",
                identifier=self._args.stack.naming.of("cluster", f"database-{role}"),
                cluster_identifier=cluster.id,
                engine=aws.rds.EngineType.AURORA_POSTGRESQL,
                engine_version=cluster.engine_version,
                instance_class="db.serverless",
                publicly_accessible=False,
                auto_minor_version_upgrade=False,
                performance_insights_enabled=settings.performance_insights,
                performance_insights_kms_key_id=self._args.keys.data if settings.performance_insights else None,
                ca_cert_identifier="rds-ca-rsa2048-g1",
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _secret(
        self, role: str, username: str, password: pulumi.Output[str], cluster: aws.rds.Cluster
    ) -> pulumi.Output[str]:
        value = {
            "username": username,
            "password": password,
            "host": cluster.endpoint,
            "port": cluster.port,
            "dbname": self._args.settings.database_name,
        }
        return stored_secret(
            f"{self._name}-{role}-secret",
            parent=self,
            physical_name=self._args.stack.naming.of("secret", f"database-{role}"),
            description=f"How the {role} connects to PostgreSQL",
            value=value,
            key_arn=self._args.keys.secrets,
            recovery_window_days=RECOVERY_WINDOW_DAYS,
            rotated=True,
        ).arn
