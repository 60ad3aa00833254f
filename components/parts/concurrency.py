"""How many executions of a function may run at once: what the account has for all, and what is kept warm for one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from settings.functions import UNRESERVED, FunctionSettings, FunctionSize, ProvisionedConcurrency

_WAYS_OUT = (
    "set a reserved_concurrency, or a smaller one, for the kinds api and workflow or in sizes, or let RDS Proxy pool "
    "the connections (database.pooling.mode 'rds_proxy')"
)


@dataclass(frozen=True, kw_only=True)
class ConcurrencyBudget:
    """What the stack's functions reserve of the account's concurrency, by function, as they are made.

    `connected` are the shares of those that hold a connection to the database for each execution.
    """

    claims: dict[str, int] = field(default_factory=dict)
    connected: dict[str, int] = field(default_factory=dict)

    def claim(self, role: str, size: FunctionSize, settings: FunctionSettings, connections: int | None) -> None:
        """Count a function's share; `pulumi.RunError` when the shares do not fit together.

        All shares must fit into the account, and those of functions that hold a connection to the database for each
        of their executions into its `connections`.
        """
        if connections is not None:
            self._connect(role, size, settings, connections)
        if not size.claimed_concurrency:
            return
        self.claims[role] = size.claimed_concurrency
        total, budget = sum(self.claims.values()), settings.account_concurrency - UNRESERVED
        if total > budget:
            parts = ", ".join(f"{name} {claim}" for name, claim in sorted(self.claims.items()))
            raise pulumi.RunError(
                f"goal-mandala:functions: the functions reserve {total} concurrent executions ({parts}) and "
                f"account_concurrency ({settings.account_concurrency}) leaves {max(budget, 0)}, because Lambda keeps "
                f"{UNRESERVED} unreserved: reserve less, or have the account's quota raised and set it there"
            )

    def _connect(self, role: str, size: FunctionSize, settings: FunctionSettings, limit: int) -> None:
        if settings.account_concurrency <= limit:
            return
        if size.reserved_concurrency is None:
            raise pulumi.RunError(
                f"goal-mandala:functions: '{role}' holds a connection to the database for each of its executions, "
                f"which nothing keeps below account_concurrency ({settings.account_concurrency}), and the database "
                f"grants {limit} (max_connections in the database section): {_WAYS_OUT}"
            )
        self.connected[role] = size.reserved_concurrency
        total = sum(self.connected.values())
        if total > limit:
            parts = ", ".join(f"{name} {share}" for name, share in sorted(self.connected.items()))
            raise pulumi.RunError(
                f"goal-mandala:functions: functions may hold {total} connections to the database at once ({parts}) and "
                f"it grants {limit} (max_connections in the database section): {_WAYS_OUT}"
            )


@dataclass(frozen=True, kw_only=True)
class WarmPoolArgs:
    """Whose environments are kept warm: the function, and the alias that callers use."""

    settings: ProvisionedConcurrency
    function_name: pulumi.Input[str]
    alias_name: pulumi.Input[str]


class WarmPool(pulumi.ComponentResource):
    """Provisioned concurrency of one alias, which Application Auto Scaling adapts to its use (rows 52, 53)."""

    def __init__(self, name: str, args: WarmPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Provide the first environments and say how their number follows."""
        super().__init__("mandala:parts:WarmPool", name, None, opts)
        settings = args.settings
        first = aws.lambda_.ProvisionedConcurrencyConfig(
            name,
            function_name=args.function_name,
            qualifier=args.alias_name,
            provisioned_concurrent_executions=settings.initial,
            # Application Auto Scaling writes the later numbers.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["provisionedConcurrentExecutions"]),
        )
        target = aws.appautoscaling.Target(
            name,
            service_namespace="lambda",
            scalable_dimension="lambda:function:ProvisionedConcurrency",
            resource_id=pulumi.Output.concat("function:", args.function_name, ":", args.alias_name),
            min_capacity=settings.minimum,
            max_capacity=settings.maximum,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[first]),
        )
        aws.appautoscaling.Policy(
            name,
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": {
                    "predefined_metric_type": "LambdaProvisionedConcurrencyUtilization"
                },
                "target_value": settings.target_utilization,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
