"""Aurora: the control plane is the emulator's, the database is the twin's real PostgreSQL."""

from __future__ import annotations

import threading

from plan.account import Created
from twin.cloud import Cloud
from twin.handlers.handler import Handler, HandlerError, Order
from twin.handlers.mapped import Mapped, remove

# What protects data on AWS would only keep the twin from being taken down.
_PROTECTIONS = (
    "deletionProtection",
    "skipFinalSnapshot",
    "finalSnapshotIdentifier",
    "applyImmediately",
    "clusterMembers",
)
_ROLES = threading.Lock()


class Cluster(Handler):
    """An Aurora cluster whose endpoints are the real server's.

    Creating it makes the administrator and the database that it declares on that server, with the rights that
    Aurora's `rds_superuser` has here: to make roles and databases, not to be a superuser.
    """

    def create(self, order: Order) -> Created:
        """Make the cluster in the emulator and its administrator and database on the server."""
        inputs, cloud = order.inputs, order.cloud
        if inputs.get("engine") != "aurora-postgresql":
            raise HandlerError(
                f"engine '{inputs.get('engine')}' has no server on the twin: it runs aurora-postgresql only"
            )
        identifier = order.name("clusterIdentifier").lower()
        values = order.declared(*_PROTECTIONS, "clusterIdentifierPrefix")
        values["clusterIdentifier"] = identifier
        cluster = order.call("rds", "create_db_cluster", values, renames=_CLUSTER_NAMES)["DBCluster"]
        user, password = inputs.get("masterUsername"), inputs.get("masterPassword")
        if not user or not password:
            raise HandlerError(
                f"cluster '{identifier}' declares no masterUsername or masterPassword: the twin makes that role on its "
                "PostgreSQL, and the emulator manages no passwords"
            )
        with _ROLES:
            make_role(cloud, str(user), str(password))
            if inputs.get("databaseName"):
                make_database(cloud, str(inputs["databaseName"]), str(user))
        return Created(
            id=identifier,
            outputs={
                "clusterIdentifier": identifier,
                "arn": cluster["DBClusterArn"],
                "clusterResourceId": cluster["DbClusterResourceId"],
                "endpoint": cloud.database_host,
                "readerEndpoint": cloud.database_host,
                "port": cloud.database_port,
                "engineVersionActual": cluster["EngineVersion"],
                "hostedZoneId": "Z24O6O9L7SGTNB",
                "clusterMembers": [],
            },
        )

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the cluster; roles and data go with the server."""
        remove(order, "rds", "delete_db_cluster", DBClusterIdentifier=existing.id, SkipFinalSnapshot=True)


class ClusterInstance(Handler):
    """A writer or reader of a cluster: both are the one server."""

    def create(self, order: Order) -> Created:
        """Make the instance in the emulator."""
        identifier = order.name("identifier").lower()
        values = order.declared(*_PROTECTIONS, "identifierPrefix", "promotionTier")
        values["identifier"] = identifier
        instance = order.call("rds", "create_db_instance", values, renames=_INSTANCE_NAMES)["DBInstance"]
        return Created(
            id=identifier,
            outputs={
                "identifier": identifier,
                "arn": instance["DBInstanceArn"],
                "dbiResourceId": instance["DbiResourceId"],
                "endpoint": order.cloud.database_host,
                "port": order.cloud.database_port,
                "engineVersionActual": instance["EngineVersion"],
            },
        )

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the instance."""
        remove(order, "rds", "delete_db_instance", DBInstanceIdentifier=existing.id, SkipFinalSnapshot=True)


def make_role(cloud: Cloud, user: str, password: str) -> None:
    """The cluster's administrator on the server: made, or given the declared password.

    When it is the server's own administrator, `cloud` connects with the new password from then on.
    """
    from psycopg2 import sql

    connection = cloud.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,))
            verb = "ALTER" if cursor.fetchone() else "CREATE"
            statement = sql.SQL(verb + " ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}")
            cursor.execute(statement.format(sql.Identifier(user), sql.Literal(password)))
    finally:
        connection.close()
    if user == cloud.database_user:
        cloud.database_password = password


def make_database(cloud: Cloud, database: str, owner: str) -> None:
    """The cluster's first database, owned by its administrator."""
    from psycopg2 import sql

    connection = cloud.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            if cursor.fetchone() is None:
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                cursor.execute(statement.format(sql.Identifier(database), sql.Identifier(owner)))
    finally:
        connection.close()


def _group(kind: str, key: str, arn: str, renames: dict[str, str]) -> Mapped:
    """A named group of `kind` that instances refer to; `key` is its name in the API."""
    return Mapped(
        service="rds",
        create_call=f"create_db_{kind}_group",
        named="name",
        renames={"name": key, **renames},
        without=("parameters",),
        id="{name}",
        outputs={"arn": f"arn:aws:rds:{{region}}:{{account}}:{arn}:{{name}}"},
        delete_call=f"delete_db_{kind}_group",
        delete_with={key: "{id}"},
    )


class Parameters(Handler):
    """A parameter group with the parameters that it declares."""

    def __init__(self, kind: str, key: str, arn: str) -> None:
        self.group = _group(kind, key, arn, {"family": "DBParameterGroupFamily"})
        self.modify, self.key = f"modify_db_{kind}_group", key

    def create(self, order: Order) -> Created:
        """Make the group, then set the parameters."""
        created = self.group.create(order)
        self.update(order, created)
        return created

    def update(self, order: Order, existing: Created) -> Created:
        """Set the declared parameters."""
        parameters = [
            {
                "ParameterName": parameter["name"],
                "ParameterValue": str(parameter["value"]),
                "ApplyMethod": parameter.get("applyMethod", "immediate"),
            }
            for parameter in order.inputs.get("parameters") or []
        ]
        if parameters:
            getattr(order.client("rds"), self.modify)(**{self.key: existing.id}, Parameters=parameters)
        return existing

    def delete(self, order: Order, existing: Created) -> None:
        """Remove the group."""
        self.group.delete(order, existing)


_CLUSTER_NAMES = {
    "clusterIdentifier": "DBClusterIdentifier",
    "masterPassword": "MasterUserPassword",
    "dbClusterParameterGroupName": "DBClusterParameterGroupName",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "serverlessv2ScalingConfiguration": "ServerlessV2ScalingConfiguration",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
}
_INSTANCE_NAMES = {
    "identifier": "DBInstanceIdentifier",
    "clusterIdentifier": "DBClusterIdentifier",
    "instanceClass": "DBInstanceClass",
    "caCertIdentifier": "CACertificateIdentifier",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
}

HANDLERS: dict[str, Handler] = {
    "aws:rds/subnetGroup:SubnetGroup": _group(
        "subnet", "DBSubnetGroupName", "subgrp", {"description": "DBSubnetGroupDescription"}
    ),
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": Parameters(
        "cluster_parameter", "DBClusterParameterGroupName", "cluster-pg"
    ),
    "aws:rds/parameterGroup:ParameterGroup": Parameters("parameter", "DBParameterGroupName", "pg"),
    "aws:rds/cluster:Cluster": Cluster(),
    "aws:rds/clusterInstance:ClusterInstance": ClusterInstance(),
}
