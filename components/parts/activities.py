"""What happened in the followed repositories, queued until it is summarised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.parts.function import Function, FunctionArgs, Platform
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.queue import (
    DEAD_LETTER_DAYS,
    VISIBILITY_FACTOR,
    dead_letter_signal,
    delay_signal,
    encrypted_queue,
    receives,
    sends_to,
)
from components.parts.signal import Signal
from settings.monitoring import MonitoringScheduled

SOURCE = "process_updates"
KIND: Literal["workflow"] = "workflow"
# As many summaries, of 100 s at most each, as the function's time holds.
BATCH_SIZE = 5
RETENTION_DAYS = 4
RUNBOOK = "repository-monitoring.md"


@dataclass(frozen=True, kw_only=True)
class ActivitiesArgs:
    """What the queue and its consumer are made from; `grant` is what the consumer uses beside the queue."""

    settings: MonitoringScheduled
    platform: Platform
    keys: Keys
    grant: Grant


class Activities(pulumi.ComponentResource):
    """A queue of activities, the function that summarises them, and a queue for those that could not be (row 86).

    A message that fails comes again and the others of its batch do not; after its last attempt it waits in the
    dead-letter queue until somebody has mended the cause and moves it back (row 264).
    """

    queue_url: pulumi.Output[str]
    dead_letter_queue_url: pulumi.Output[str]

    def __init__(self, name: str, args: ActivitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Make the queues and the function."""
        super().__init__("mandala:parts:Activities", name, None, opts)
        self._name, self._args = name, args
        self._letters = self._dead_letters()
        self._queue = self._waiting()
        self._function = self._consumer()
        self.queue_url, self.dead_letter_queue_url = self._queue.url, self._letters.url
        self.register_outputs({"queue_url": self.queue_url, "dead_letter_queue_url": self.dead_letter_queue_url})

    def sends(self) -> Grant:
        """What a function needs to queue activities."""
        statements = sends_to(self._queue.arn, self._args.keys.data, self._args.platform.stack.region)
        return Grant(environment={"ACTIVITIES_QUEUE_URL": self.queue_url}, statements=statements)

    def exports(self) -> dict[str, pulumi.Output[str]]:
        """What operators' tools need in order to bring back activities that could not be summarised."""
        return {
            "activities_queue_url": self.queue_url,
            "activities_dead_letter_queue_url": self.dead_letter_queue_url,
        }

    def signals(self) -> list[Signal]:
        """Activities that could not be summarised or that wait too long, and the function's own signals."""
        letters = dead_letter_signal(self._letters, "activities", runbook=RUNBOOK, group="workflow")
        waiting = delay_signal(self._queue, "activities", runbook=RUNBOOK, group="workflow")
        return [letters, waiting, *self._function.signals()]

    def _dead_letters(self) -> aws.sqs.Queue:
        return encrypted_queue(
            f"{self._name}-dead-letters",
            parent=self,
            physical_name=self._args.platform.stack.naming.of("queue", "activities-dead-letters"),
            key_arn=self._args.keys.data,
            retention_days=DEAD_LETTER_DAYS,
        )

    def _waiting(self) -> aws.sqs.Queue:
        args = self._args
        limit = args.platform.size_of(SOURCE.replace("_", "-"), KIND).timeout_seconds
        redrive = {"deadLetterTargetArn": self._letters.arn, "maxReceiveCount": args.settings.max_receive_count}
        return encrypted_queue(
            f"{self._name}-queue",
            parent=self,
            physical_name=args.platform.stack.naming.of("queue", "activities"),
            key_arn=args.keys.data,
            retention_days=RETENTION_DAYS,
            visibility_timeout_seconds=limit * VISIBILITY_FACTOR,
            redrive_policy=pulumi.Output.json_dumps(redrive, sort_keys=True),
        )

    def _consumer(self) -> Function:
        args = self._args
        function = Function(
            f"{self._name}-{SOURCE.replace('_', '-')}",
            FunctionArgs(
                platform=args.platform,
                source=SOURCE,
                kind=KIND,
                grant=args.grant | receives(self._queue.arn, args.keys),
                runbook=RUNBOOK,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.lambda_.EventSourceMapping(
            f"{self._name}-queue",
            event_source_arn=self._queue.arn,
            function_name=function.alias_arn,
            batch_size=BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": args.settings.summary_concurrency},
            # Lambda refuses a mapping whose function may not receive from the queue.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function]),
        )
        return function
