"""Filter patterns of log subscriptions, as CloudWatch reads them."""

from __future__ import annotations

import pytest

from components.parts.log_groups import ERROR_PATTERN
from twin.emulator.log_filters import matches


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR boom", "an ERROR here", False),
        ("?ERROR ?boom", "only boom", True),
        ("?ERROR ?boom", "all is well", False),
        ('?"timed out"', "it timed out", True),
        ('?"timed out"', "timed it out", False),
        ("ERROR -health", "ERROR in health", False),
        ("-health", "ERROR in goals", True),
        ('?"\\"a\\":1"', '{"a":1}', True),
        ("ERROR ?boom", "boom", False),
    ],
)
def test_terms_are_required_alternative_or_forbidden(pattern: str, message: str, expected: bool) -> None:
    assert matches(pattern, message) is expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"level":"ERROR","message":"The request failed."}', True),
        ("2026-01-01 Task timed out after 3.00 seconds", True),
        ('{"type":"platform.report","record":{"status":"timeout"}}', True),
        ('{"level":"INFO","message":"request","status":200}', False),
    ],
)
def test_the_pattern_of_the_error_log_lets_errors_through(message: str, expected: bool) -> None:
    assert matches(ERROR_PATTERN, message) is expected
