"""A workflow: a state machine with the functions that are its steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.run_ending import RunEnding, RunEndingArgs
from components.parts.signal import Metric, Signal, rate
from components.parts.statement import allow, document, trust


@dataclass(frozen=True, kw_only=True)
class WorkflowArgs:
    """What the workflow is made from. `definition` turns the steps' alias ARNs by name into the state machine.

    `ending` is what the function may do that hears of runs which no step could end: without it there is none.
    """

    role: str
    platform: Platform
    steps: Mapping[str, Grant]
    definition: Callable[[Mapping[str, pulumi.Output[str]]], dict[str, Any]]
    log_retention_days: int
    runbook: str
    keys: Keys | None = None
    ending: Grant | None = None


class Workflow(pulumi.ComponentResource):
    """A piece of work in several steps that survives the failure of each: a state machine and its functions.

    It does not know what the steps do; the definition and the steps come from the caller.
    """

    state_machine_arn: pulumi.Output[str]
    state_machine_name: pulumi.Output[str]

    def __init__(self, name: str, args: WorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the functions, the role and the state machine."""
        super().__init__("mandala:components:Workflow", name, None, opts)
        self._name, self._args = name, args
        self._physical = args.platform.stack.naming.of("state_machine", f"{args.role}-workflow")
        self._functions = {source: self._function(source) for source in sorted(args.steps)}
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            # Log groups under this prefix do not use up the size limit of CloudWatch Logs' resource policies.
            name=f"/aws/vendedlogs/states/{self._physical}",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.platform.logs_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        machine = self._machine(logs)
        self._ending = self._hears_of_endings(machine)
        self.state_machine_arn = machine.arn
        self.state_machine_name = machine.name
        self.register_outputs(
            {"state_machine_arn": self.state_machine_arn, "state_machine_name": self.state_machine_name}
        )

    def starts(self) -> Grant:
        """What a function needs to start an execution, look at it and stop it."""
        executions = self.state_machine_arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:") + ":*")
        return Grant(
            environment={"STATE_MACHINE_ARN": self.state_machine_arn},
            statements=(
                allow("states:StartExecution", on=[self.state_machine_arn]),
                allow("states:DescribeExecution", "states:StopExecution", on=[executions]),
            ),
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the workflow (row 84)."""
        return {"state_machine_arn": self.state_machine_arn, "state_machine_name": self.state_machine_name}

    def signals(self) -> list[Signal]:
        """Failures, time-outs and the failure rate of executions, and the signals of the functions."""
        dimensions = {"StateMachineArn": self.state_machine_arn}

        def metric(name: str, id_: str = "m1", statistic: str = "Sum", unit: str = "Count") -> Metric:
            return Metric(
                namespace="AWS/States", name=name, statistic=statistic, dimensions=dimensions, unit=unit, id=id_
            )

        def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
            return Signal(
                kind=kind,
                subject=self._args.role,
                metrics=metrics,
                expression=expression,
                runbook=self._args.runbook,
                group="workflow",
            )

        pair, expression = rate(metric("ExecutionsFailed", "failed"), metric("ExecutionsStarted", "started"))
        own = [
            signal("workflow_failures", metric("ExecutionsFailed")),
            signal("workflow_timeouts", metric("ExecutionsTimedOut")),
            signal("workflow_failure_rate", *pair, expression=expression),
            signal("workflow_duration", metric("ExecutionTime", statistic="Maximum", unit="Milliseconds")),
            signal("workflow_started", metric("ExecutionsStarted")),
            signal("workflow_successes", metric("ExecutionsSucceeded")),
            signal("workflow_aborts", metric("ExecutionsAborted")),
        ]
        steps = [item for function in self._functions.values() for item in function.signals()]
        ending = self._ending.signals() if self._ending else []
        return own + [replace(item, group="workflow") for item in (*steps, *ending)]

    def _hears_of_endings(self, machine: aws.sfn.StateMachine) -> RunEnding | None:
        args = self._args
        if args.ending is None or args.keys is None:
            return None
        return RunEnding(
            f"{self._name}-ending",
            RunEndingArgs(
                role=args.role,
                platform=args.platform,
                keys=args.keys,
                grant=args.ending,
                state_machine_arn=machine.arn,
                runbook=args.runbook,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _function(self, source: str) -> Function:
        return Function(
            f"{self._name}-{source.replace('_', '-')}",
            FunctionArgs(
                platform=self._args.platform,
                source=source,
                kind="workflow",
                grant=self._args.steps[source],
                runbook=self._args.runbook,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _machine(self, logs: aws.cloudwatch.LogGroup) -> aws.sfn.StateMachine:
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        own_arn = pulumi.Output.concat(
            "arn:aws:states:",
            args.platform.stack.region,
            ":",
            args.platform.stack.account_id,
            ":stateMachine:",
            self._physical,
        )
        role = aws.iam.Role(
            f"{self._name}-role",
            name=args.platform.stack.naming.of("role", f"{args.role}-workflow"),
            description=f"What the state machine {self._physical} may do",
            assume_role_policy=document([trust("states.amazonaws.com", args.platform.stack.account_id, own_arn)]),
            opts=child,
        )
        statements = [
            allow("lambda:InvokeFunction", on=[function.alias_arn for function in self._functions.values()]),
            # X-Ray and log delivery know no narrower resource (Step Functions documentation, logging and tracing).
            allow("xray:PutTraceSegments", "xray:PutTelemetryRecords", on=["*"]),
            allow(
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
                on=["*"],
            ),
        ]
        policy = aws.iam.RolePolicy(f"{self._name}-policy", role=role.id, policy=document(statements), opts=child)
        definition = args.definition({source: function.alias_arn for source, function in self._functions.items()})
        return aws.sfn.StateMachine(
            f"{self._name}-machine",
            name=self._physical,
            role_arn=role.arn,
            definition=pulumi.Output.json_dumps(definition, sort_keys=True),
            logging_configuration={
                "level": "ALL",
                # What people wrote stays out of the logs (row 243).
                "include_execution_data": False,
                "log_destination": pulumi.Output.concat(logs.arn, ":*"),
            },
            tracing_configuration={"enabled": True},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
