"""A queue as all queues of the stack are: encrypted, over TLS only, open to the senders that are named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pulumi
import pulumi_aws as aws

from components.parts.function import FailedEvents
from components.parts.grant import Grant
from components.parts.keys import Keys
from components.parts.signal import Metric, Signal
from components.parts.statement import Statement, allow, allow_service, deny_insecure_transport, document

DAY = 86_400
# The longest that SQS keeps a message: what nobody could handle waits for somebody as long as possible.
DEAD_LETTER_DAYS = 14
# A message must stay hidden for six times the limit of the function that it feeds, or a slow batch is received twice
# (Lambda documentation, SQS event sources).
VISIBILITY_FACTOR = 6


def encrypted_queue(
    name: str,
    *,
    parent: pulumi.Resource,
    physical_name: str,
    key_arn: pulumi.Input[str],
    retention_days: int,
    senders: Callable[[pulumi.Output[str]], Sequence[Statement]] = lambda arn: (),
    visibility_timeout_seconds: int | None = None,
    redrive_policy: pulumi.Input[str] | None = None,
    region: str | None = None,
) -> aws.sqs.Queue:
    """The queue and its policy. `senders` turns the queue's ARN into the statements of who else may send to it.

    Identities of this account need no statement: their own policies say what they may do. `region` is set only for a
    queue that stands elsewhere than the stack; the key must be of that region.
    """
    queue = aws.sqs.Queue(
        name,
        name=physical_name,
        kms_master_key_id=key_arn,
        message_retention_seconds=retention_days * DAY,
        visibility_timeout_seconds=visibility_timeout_seconds,
        redrive_policy=redrive_policy,
        region=region,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    aws.sqs.QueuePolicy(
        name,
        queue_url=queue.url,
        policy=document([*senders(queue.arn), deny_insecure_transport("sqs:*", [queue.arn])]),
        region=region,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return queue


def sends_for(service: str, source_arns: Sequence[pulumi.Input[str]], queue_arn: pulumi.Input[str]) -> Statement:
    """Let an AWS service send to the queue on behalf of the resources named."""
    when = {"ArnEquals": {"aws:SourceArn": list(source_arns)}}
    sid = f"{service.partition('.')[0].capitalize()}Sends"
    return allow_service(service, "sqs:SendMessage", on=[queue_arn], when=when, sid=sid)


def sends_to(queue_arn: pulumi.Input[str], key_arn: pulumi.Input[str], region: str) -> tuple[Statement, ...]:
    """What an identity of this account needs to send to an encrypted queue."""
    via = {"StringEquals": {"kms:ViaService": f"sqs.{region}.amazonaws.com"}}
    return (
        allow("sqs:SendMessage", on=[queue_arn]),
        allow("kms:Decrypt", "kms:GenerateDataKey", on=[key_arn], when=via),
    )


def receives(queue_arn: pulumi.Input[str], keys: Keys) -> Grant:
    """What a function needs to be fed from an encrypted queue."""
    receive = allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", on=[queue_arn])
    return Grant(statements=(receive, keys.decrypts_queues()))


def failed_events(queue_arn: pulumi.Input[str], key_arn: pulumi.Input[str], region: str) -> FailedEvents:
    """Where a function that is invoked asynchronously leaves what it could not handle: an encrypted queue."""
    return FailedEvents(destination_arn=queue_arn, grant=Grant(statements=sends_to(queue_arn, key_arn, region)))


def dead_letter_signal(queue: aws.sqs.Queue, subject: str, *, runbook: str, group: str, region: str = "") -> Signal:
    """Messages that wait in a dead-letter queue, by the metric's real name (row 175)."""
    metric = _metric(queue, "ApproximateNumberOfMessagesVisible")
    return Signal(
        kind="queue_dead_letters", subject=subject, metrics=(metric,), runbook=runbook, group=group, region=region
    )


def delay_signal(queue: aws.sqs.Queue, subject: str, *, runbook: str, group: str) -> Signal:
    """How long the oldest message of a queue has been waiting."""
    metric = _metric(queue, "ApproximateAgeOfOldestMessage")
    return Signal(kind="queue_delay", subject=subject, metrics=(metric,), runbook=runbook, group=group)


def _metric(queue: aws.sqs.Queue, name: str) -> Metric:
    dimensions = {"QueueName": queue.name}
    return Metric(namespace="AWS/SQS", name=name, statistic="Maximum", dimensions=dimensions)
