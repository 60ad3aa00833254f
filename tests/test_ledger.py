"""What the twin deploys and what stands on paper there: every type that a stack declares is one or the other."""

from __future__ import annotations

from collections import defaultdict

import pytest

from plan.stack_file import ROOT
from tests.conftest import POSTURES, STACK_FILES, Stacks
from twin.handlers import ledger
from twin.handlers.registry import HANDLERS

_HEADING = "## What stands on paper only"


def table() -> str:
    """The ledger as `twin/README.md` shows it."""
    types = defaultdict(list)
    for type_ in ledger.HANDLERS:
        types[ledger.reason(type_)].append(f"`{type_}`")
    rows = [f"| {', '.join(sorted(found))} | {reason} |" for reason, found in types.items()]
    return "\n".join(["| Type | Why |", "|---|---|", *sorted(rows)])


def test_the_readme_lists_the_ledger_and_nothing_else() -> None:
    text = (ROOT / "twin" / "README.md").read_text(encoding="utf-8")
    assert _HEADING in text
    section = text.split(_HEADING)[1].split("\n## ")[0]
    shown = "\n".join(line for line in section.splitlines() if line.startswith("|"))
    assert shown == table(), f"twin/README.md, below '{_HEADING}', should say:\n{table()}"


@pytest.fixture(scope="module")
def declared(stacks: Stacks) -> set[str]:
    """The types that any stack or posture declares."""
    names = (*STACK_FILES, *POSTURES)
    registered = [resource.registration for name in names for resource in stacks(name).resources]
    return {registration.type for registration in registered if registration.custom}


def test_every_type_that_a_stack_declares_can_be_deployed_to_the_twin(declared: set[str]) -> None:
    assert declared - HANDLERS.keys() == set()


def test_nothing_stands_in_the_ledger_that_no_stack_declares(declared: set[str]) -> None:
    providers = {type_ for type_ in ledger.HANDLERS if type_.startswith("pulumi:providers:")}
    assert ledger.HANDLERS.keys() - declared - providers == set()
