"""Snapshots by AWS Backup, in a vault that outlives what it protects."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.parts.keys import Keys
from components.parts.signal import Metric, Signal
from components.parts.stack import Stack
from components.parts.statement import document, trust
from settings.database import AwsBackup

_POLICIES = {
    "backups": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "restores": "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
}
START_MINUTES = 60
COMPLETION_MINUTES = 360


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """What is backed up: the cluster, by its ARN."""

    settings: AwsBackup
    stack: Stack
    keys: Keys
    protected: bool
    cluster_arn: pulumi.Input[str]


class Backup(pulumi.ComponentResource):
    """A snapshot of the database by schedule, kept in an encrypted vault.

    The cluster is selected by its ARN and not by tags: a selection by tag that matches nothing succeeds every night.
    """

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the vault, the plan and the selection."""
        super().__init__("mandala:parts:Backup", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        naming = args.stack.naming
        vault = aws.backup.Vault(
            f"{name}-vault",
            name=naming.of("backup_vault", "backup"),
            kms_key_arn=args.keys.data,
            force_destroy=not args.protected,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protected),
        )
        plan = aws.backup.Plan(
            f"{name}-plan",
            name=naming.of("backup_plan", "backup"),
            rules=[
                {
                    "rule_name": "scheduled",
                    "target_vault_name": vault.name,
                    "schedule": args.settings.schedule,
                    "start_window": START_MINUTES,
                    "completion_window": COMPLETION_MINUTES,
                    "lifecycle": {"delete_after": args.settings.snapshot_retention_days},
                }
            ],
            opts=child,
        )
        aws.backup.Selection(
            f"{name}-selection",
            name=naming.of("backup_plan", "database"),
            plan_id=plan.id,
            iam_role_arn=self._role(),
            resources=[args.cluster_arn],
            opts=child,
        )
        self._vault_name = vault.name
        self.register_outputs({})

    def signals(self) -> list[Signal]:
        """Backup jobs that failed."""
        failed = Metric(
            namespace="AWS/Backup",
            name="NumberOfBackupJobsFailed",
            statistic="Sum",
            dimensions={"BackupVaultName": self._vault_name},
        )
        return [
            Signal(
                kind="backup_failures", subject="database", metrics=(failed,), runbook="database.md", group="database"
            )
        ]

    def _role(self) -> pulumi.Output[str]:
        stack = self._args.stack
        role = aws.iam.Role(
            f"{self._name}-role",
            name=stack.naming.of("role", "backup"),
            description="What AWS Backup may do: take and restore snapshots",
            assume_role_policy=document([trust("backup.amazonaws.com", stack.account_id)]),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for kind, policy in _POLICIES.items():
            aws.iam.RolePolicyAttachment(
                f"{self._name}-{kind}", role=role.name, policy_arn=policy, opts=pulumi.ResourceOptions(parent=self)
            )
        return role.arn
