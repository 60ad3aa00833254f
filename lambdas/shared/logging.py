"""One logger for all functions: JSON lines with the service's name, the level from LOG_LEVEL and a correlation id.

Log ids, counts and error names; never a person's words, name or e-mail address.
"""

from __future__ import annotations

import hashlib

from aws_lambda_powertools.logging import Logger

logger = Logger(utc=True, log_uncaught_exceptions=False)


def correlate(correlation_id: str | None) -> None:
    """Begin a unit of work: forget the keys of the one before, and put the id on every line that follows."""
    logger.clear_state()
    logger.set_correlation_id(correlation_id)


def pseudonym(subject: str) -> str:
    """A stable stand-in for a person in the logs, which leads back to nobody by itself."""
    return hashlib.sha256(subject.encode()).hexdigest()[:16]
