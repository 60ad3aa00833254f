"""A workflow: a state machine with the functions that are its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.run_ending import RunEnding, RunEndingArgs
from components.parts.schedule import Schedule, ScheduleArgs
from components.parts.signal import Metric, Signal, rate
from components.parts.statement import Statement, allow, document, trust
from components.parts.work import Work


@dataclass(frozen=True, kw_only=True)
class WorkflowArgs:
    """What the workflow is made from.

    `ending` is what the function may do that hears of runs which no step could end: without it there is none.
    """

    work: Work
    platform: Platform
    keys: Keys
    ending: Grant | None = None


class Workflow(pulumi.ComponentResource):
    """A piece of work in several steps that survives the failure of each: a state machine and its functions.

    It does not know what the steps do, which `Work` says; it may start by the clock.
    """

    state_machine_arn: pulumi.Output[str]
    state_machine_name: pulumi.Output[str]

    def __init__(self, name: str, args: WorkflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the functions, the role and the state machine."""
        super().__init__("mandala:components:Workflow", name, None, opts)
        self._name, self._args, self._work = name, args, args.work
        self._physical = args.platform.stack.naming.of("state_machine", f"{args.work.role}-workflow")
        self._functions = {source: self._function(source) for source in sorted(args.work.steps)}
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            # Log groups under this prefix do not use up the size limit of CloudWatch Logs' resource policies.
            name=f"/aws/vendedlogs/states/{self._physical}",
            retention_in_days=args.work.log_retention_days,
            kms_key_id=args.platform.logs_key_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        machine = self._machine(logs)
        self.state_machine_arn = machine.arn
        self.state_machine_name = machine.name
        self._ending = self._hears_of_endings()
        self._schedule = self._starts_by_itself()
        self.register_outputs(
            {"state_machine_arn": self.state_machine_arn, "state_machine_name": self.state_machine_name}
        )

    def starts(self) -> Grant:
        """What a function needs to start an execution, look at it and stop it."""
        executions = self.state_machine_arn.apply(lambda arn: arn.replace(":stateMachine:", ":execution:") + ":*")
        return Grant(
            environment={"STATE_MACHINE_ARN": self.state_machine_arn},
            statements=(
                self._start(),
                allow("states:DescribeExecution", "states:StopExecution", on=[executions]),
            ),
        )

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need to know of the workflow (row 84)."""
        name = self._work.exported_as
        return {f"{name}_arn": self.state_machine_arn, f"{name}_name": self.state_machine_name}

    def signals(self) -> list[Signal]:
        """Failures, time-outs and the failure rate of executions, and the signals of the functions."""
        dimensions = {"StateMachineArn": self.state_machine_arn}

        def metric(name: str, id_: str = "m1", statistic: str = "Sum") -> Metric:
            return Metric(namespace="AWS/States", name=name, statistic=statistic, dimensions=dimensions, id=id_)

        def signal(kind: str, *metrics: Metric, expression: str = "") -> Signal:
            return Signal(
                kind=kind,
                subject=self._work.role,
                metrics=metrics,
                expression=expression,
                runbook=self._work.runbook,
                group="workflow",
            )

        pair, expression = rate(metric("ExecutionsFailed", "failed"), metric("ExecutionsStarted", "started"))
        own = [
            signal("workflow_failures", metric("ExecutionsFailed")),
            signal("workflow_timeouts", metric("ExecutionsTimedOut")),
            signal("workflow_failure_rate", *pair, expression=expression),
            signal("workflow_duration", metric("ExecutionTime", statistic="Maximum")),
            signal("workflow_started", metric("ExecutionsStarted")),
            signal("workflow_successes", metric("ExecutionsSucceeded")),
            signal("workflow_aborts", metric("ExecutionsAborted")),
        ]
        steps = [item for function in self._functions.values() for item in function.signals()]
        around = [item for part in (self._ending, self._schedule) if part for item in part.signals()]
        return own + [replace(item, group="workflow") for item in (*steps, *around)]

    def _start(self) -> Statement:
        return allow("states:StartExecution", on=[self.state_machine_arn])

    def _starts_by_itself(self) -> Schedule | None:
        args, work = self._args, self._work
        if work.schedule is None:
            return None
        return Schedule(
            f"{self._name}-schedule",
            ScheduleArgs(
                settings=work.schedule,
                stack=args.platform.stack,
                keys=args.keys,
                role=work.role,
                target_arn=self.state_machine_arn,
                start=self._start(),
                runbook=work.runbook,
                group="workflow",
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _hears_of_endings(self) -> RunEnding | None:
        args = self._args
        if args.ending is None:
            return None
        return RunEnding(
            f"{self._name}-ending",
            RunEndingArgs(
                role=self._work.role,
                platform=args.platform,
                keys=args.keys,
                grant=args.ending,
                state_machine_arn=self.state_machine_arn,
                runbook=self._work.runbook,
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
                grant=self._work.steps[source],
                runbook=self._work.runbook,
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
            name=args.platform.stack.naming.of("role", f"{args.work.role}-workflow"),
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
        definition = args.work.definition({source: function.alias_arn for source, function in self._functions.items()})
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
