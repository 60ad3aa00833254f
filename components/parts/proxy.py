"""RDS Proxy: many clients share few connections to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.stack import Stack
from components.parts.statement import allow, document, trust
from settings.database import RdsProxy
from settings.section import LogRetentionDays


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    """What the proxy is made from; `secret_arn` holds the user that clients sign in as, and so does the proxy."""

    settings: RdsProxy
    stack: Stack
    keys: Keys
    log_retention_days: LogRetentionDays
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    cluster_identifier: pulumi.Input[str]
    secret_arn: pulumi.Input[str]


class Proxy(pulumi.ComponentResource):
    """The door to the database for functions: TLS only, passwords checked by SCRAM, connections pooled.

    It signs in with the same secret as its clients and follows its rotation by itself.
    """

    endpoint: pulumi.Output[str]

    def __init__(self, name: str, args: ProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the proxy, its pool and its target."""
        super().__init__("mandala:parts:Proxy", name, None, opts)
        self._name, self._args = name, args
        proxy = self._proxy()
        self._pool(proxy)
        self.endpoint = proxy.endpoint
        self.register_outputs({"endpoint": self.endpoint})

    def _proxy(self) -> aws.rds.Proxy:
        args = self._args
        physical = args.stack.naming.of("proxy", "database")
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/rds/proxy/{physical}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.keys.logs,
            opts=pulumi.ResourceOptions(parent=self),
        )
        role, policy = self._role()
        return aws.rds.Proxy(
            f"{self._name}-proxy",
            name=physical,
            engine_family="POSTGRESQL",
            auths=[
                {
                    "auth_scheme": "SECRETS",
                    "client_password_auth_type": "POSTGRES_SCRAM_SHA_256",
                    "iam_auth": "DISABLED",
                    "secret_arn": args.secret_arn,
                }
            ],
            require_tls=True,
            debug_logging=False,  # it would write statements with their values
            idle_client_timeout=args.settings.idle_client_timeout_seconds,
            role_arn=role.arn,
            vpc_subnet_ids=args.subnet_ids,
            vpc_security_group_ids=[args.security_group_id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs, policy]),
        )

    def _pool(self, proxy: aws.rds.Proxy) -> None:
        """How many connections the proxy may hold, and to which cluster."""
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        pool = aws.rds.ProxyDefaultTargetGroup(
            f"{self._name}-pool",
            db_proxy_name=proxy.name,
            connection_pool_config={
                "max_connections_percent": args.settings.max_connections_percent,
                "connection_borrow_timeout": args.settings.borrow_timeout_seconds,
            },
            opts=child,
        )
        aws.rds.ProxyTarget(
            f"{self._name}-target",
            db_proxy_name=proxy.name,
            target_group_name=pool.name,
            db_cluster_identifier=args.cluster_identifier,
            opts=child,
        )

    def _role(self) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-role",
            name=args.stack.naming.of("role", "database-proxy"),
            description="What the database's proxy may read",
            assume_role_policy=document([trust("rds.amazonaws.com", args.stack.account_id)]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-policy",
            role=role.id,
            policy=document(
                [allow("secretsmanager:GetSecretValue", on=[args.secret_arn]), args.keys.decrypts_secrets()]
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role, policy
