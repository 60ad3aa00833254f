"""An Aurora cluster with its instances, parameters, logs and monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import document, trust
from settings.database import AuroraDatabase, Provisioned, ServerlessV2

PORT = 5432
SERVERLESS_CLASS = "db.serverless"
MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """What the cluster is made from; `zones` are those of `subnet_ids`."""

    settings: AuroraDatabase
    stack: Stack
    keys: Keys
    zones: Sequence[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    administrator_password: pulumi.Input[str]


class Cluster(pulumi.ComponentResource):
    """PostgreSQL on Aurora: encrypted, TLS only, slow and audited statements in a log of its own.

    The writer stands in the first zone and every reader in the next, so that one reader makes the cluster Multi-AZ.
    """

    identifier: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    reader_endpoint: pulumi.Output[str]
    port: pulumi.Output[int]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the log group first, since Aurora would make one without key and retention, then the cluster."""
        super().__init__("mandala:parts:Cluster", name, None, opts)
        self._name, self._args = name, args
        self._physical = args.stack.naming.of("cluster", "database")
        logs = self._logs()
        cluster = self._cluster(logs)
        self._instances(cluster)
        self._scale_readers(cluster)
        self.identifier = cluster.cluster_identifier
        self.arn = cluster.arn
        self.endpoint = cluster.endpoint
        self.reader_endpoint = cluster.reader_endpoint
        self.port = cluster.port
        self.log_group_name = logs.name
        self.register_outputs(
            {
                "identifier": self.identifier,
                "arn": self.arn,
                "endpoint": self.endpoint,
                "reader_endpoint": self.reader_endpoint,
                "port": self.port,
                "log_group_name": self.log_group_name,
            }
        )

    def _logs(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/rds/cluster/{self._physical}/postgresql",
            retention_in_days=self._args.settings.log_retention_days,
            kms_key_id=self._args.keys.logs,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _cluster(self, logs: aws.cloudwatch.LogGroup) -> aws.rds.Cluster:
        args, settings = self._args, self._args.settings
        subnets = aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=self._physical,
            description="The private subnets",
            subnet_ids=args.subnet_ids,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return aws.rds.Cluster(
            f"{self._name}-cluster",
            cluster_identifier=self._physical,
            engine="aurora-postgresql",
            engine_mode="provisioned",  # what both ways of running are called in the API
            engine_version=settings.engine_version,
            serverlessv2_scaling_configuration=_capacity(settings.engine),
            database_name=settings.database_name,
            port=PORT,
            master_username=settings.administrator,
            master_password=args.administrator_password,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[args.security_group_id],
            db_cluster_parameter_group_name=self._parameters().name,
            storage_encrypted=True,
            kms_key_id=args.keys.data,
            iam_database_authentication_enabled=True,
            enabled_cloudwatch_logs_exports=["postgresql"],
            backup_retention_period=settings.backup.retention_days,
            preferred_backup_window=settings.backup.window,
            preferred_maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            # What is protected is never thrown away without a last snapshot.
            skip_final_snapshot=not settings.deletion_protection,
            final_snapshot_identifier=f"{self._physical}-final" if settings.deletion_protection else None,
            # Rotation changes the password later: an update must not put the first one back.
            opts=pulumi.ResourceOptions(
                parent=self, protect=settings.deletion_protection, ignore_changes=["masterPassword"], depends_on=[logs]
            ),
        )

    def _parameters(self) -> aws.rds.ClusterParameterGroup:
        settings = self._args.settings
        major = settings.engine_version.split(".")[0]
        values = {
            "rds.force_ssl": ("1", "immediate"),
            "log_min_duration_statement": (str(settings.slow_query_ms), "immediate"),
        }
        if settings.audited:
            values["shared_preload_libraries"] = ("pg_stat_statements,pgaudit", "pending-reboot")
            values["pgaudit.log"] = (",".join(settings.audited), "immediate")
        return aws.rds.ClusterParameterGroup(
            f"{self._name}-parameters",
            name=self._args.stack.naming.of("cluster", f"database-postgresql{major}"),
            family=f"aurora-postgresql{major}",
            description="TLS only, slow and audited statements logged",
            parameters=[
                aws.rds.ClusterParameterGroupParameterArgs(name=key, value=value, apply_method=method)
                for key, (value, method) in values.items()
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _instances(self, cluster: aws.rds.Cluster) -> None:
        """A writer and its readers, each in the zone after the one before: left to RDS, the zone would be random."""
        args, settings = self._args, self._args.settings
        interval = settings.monitoring_interval_seconds
        monitoring = self._monitoring_role() if interval else None
        roles = ["writer", *(f"reader-{number}" for number in range(1, settings.engine.readers + 1))]
        engine = settings.engine
        for number, role in enumerate(roles):
            aws.rds.ClusterInstance(
                f"{self._name}-{role}",
                identifier=args.stack.naming.of("cluster", f"database-{role}"),
                cluster_identifier=cluster.id,
                engine=aws.rds.EngineType.AURORA_POSTGRESQL,
                engine_version=cluster.engine_version,
                instance_class=engine.instance_class if isinstance(engine, Provisioned) else SERVERLESS_CLASS,
                availability_zone=args.zones[number % len(args.zones)],
                promotion_tier=1 if number < 2 else 2,
                publicly_accessible=False,
                auto_minor_version_upgrade=False,
                performance_insights_enabled=settings.performance_insights,
                performance_insights_kms_key_id=args.keys.data if settings.performance_insights else None,
                monitoring_interval=interval,
                monitoring_role_arn=monitoring.arn if monitoring else None,
                ca_cert_identifier="rds-ca-rsa2048-g1",
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _monitoring_role(self) -> aws.iam.Role:
        """What lets the instances write their operating system's figures (enhanced monitoring)."""
        stack = self._args.stack
        role = aws.iam.Role(
            f"{self._name}-monitoring",
            name=stack.naming.of("role", "database-monitoring"),
            description="Enhanced monitoring of the database's instances",
            assume_role_policy=document([trust("monitoring.rds.amazonaws.com", stack.account_id)]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicyAttachment(
            f"{self._name}-monitoring",
            role=role.name,
            policy_arn=MONITORING_POLICY,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role

    def _scale_readers(self, cluster: aws.rds.Cluster) -> None:
        scaling = self._args.settings.engine.reader_scaling
        if scaling is None:
            return
        target = aws.appautoscaling.Target(
            f"{self._name}-readers",
            service_namespace="rds",
            resource_id=pulumi.Output.concat("cluster:", cluster.id),
            scalable_dimension="rds:cluster:ReadReplicaCount",
            min_capacity=scaling.min_readers,
            max_capacity=scaling.max_readers,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.appautoscaling.Policy(
            f"{self._name}-readers",
            name=self._args.stack.naming.of("cluster", "database-readers"),
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": {"predefined_metric_type": "RDSReaderAverageCPUUtilization"},
                "target_value": scaling.cpu_percent,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


def _capacity(engine: ServerlessV2 | Provisioned) -> aws.rds.ClusterServerlessv2ScalingConfigurationArgs | None:
    if isinstance(engine, Provisioned):
        return None
    return aws.rds.ClusterServerlessv2ScalingConfigurationArgs(
        min_capacity=engine.min_capacity, max_capacity=engine.max_capacity
    )
