"""Messages to the alerts topic, from where they reach Slack and the mail."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lambdas.shared import aws


def publish(topic_arn: str, subject: str, message: Mapping[str, object]) -> None:
    """Send one message as JSON."""
    text = json.dumps(message, ensure_ascii=False)
    aws.client("sns").publish(TopicArn=topic_arn, Subject=subject[:100], Message=text)
