"""The functions against their own OpenAPI document, by a tester that others wrote."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lambdas.shared import aws
from tests.lambdas import belongings, conformance
from tests.lambdas.account import Account
from tests.lambdas.conftest import logging_to
from tests.lambdas.gateway import serving


@pytest.fixture
def known(person: Any, database: Any) -> dict[str, str]:
    """What can be asked for by its id."""
    return belongings.one_of_everything(person, database)


def examine(person: Any, known: dict[str, str], folder: Path, *options: str) -> conformance.Found:
    """The functions, behind a gateway in this process, examined as two people."""
    with serving() as gateway:
        tokens = {"ada": gateway.token(person.subject), "grace": gateway.token()}
        return conformance.examine(gateway.url, tokens, known, folder, *options)


@pytest.fixture
def account(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Services that take any call, since nobody knows which will come; and a quiet log."""
    account = Account()
    monkeypatch.setattr(aws, "client", lambda *_, **__: account)
    with logging_to(io.StringIO()):
        yield account


@pytest.mark.prove
def test_five_thousand_requests_are_answered_as_the_document_says(
    known: dict[str, str], account: Account, person: Any, tmp_path: Path
) -> None:
    found = examine(person, known, tmp_path, "--max-examples", "100", "--seed", "1")
    assert found.status == 0, found.report
    assert found.cases >= 5000
