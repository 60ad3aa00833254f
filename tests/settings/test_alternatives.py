"""Every alternative of the settings is taken by a stack file, so that each is built, judged and compared."""

from __future__ import annotations

import pytest

from config import Settings
from settings.database import External, Provisioned, ServerlessV2
from settings.web_acl import WafOff, WafOn
from tests.conftest import POSTURES, ROOT
from tests.settings.alternatives import Choice, alternatives, taken

FILES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("Pulumi.*.yaml"), *ROOT.glob("tests/stacks/*.yaml"))
)


# In an order that is the same in every process, as tests on several workers must be collected.
ALTERNATIVES = sorted(alternatives(), key=lambda choices: sorted(repr(choice) for choice in choices))


def test_the_alternatives_of_the_settings_are_found() -> None:
    found = alternatives()
    assert len(found) >= 10
    assert (
        frozenset({Choice(WafOff, "off"), *(Choice(WafOn, tag) for tag in ("regional", "cloudfront", "both"))}) in found
    )
    assert frozenset({Choice(ServerlessV2, "serverless_v2"), Choice(Provisioned, "provisioned")}) in found
    assert External in {choice.section for file in FILES for choice in taken(file)}
    assert Settings.model_fields.keys() >= {"database", "monitoring"}


@pytest.mark.requirement(266)
@pytest.mark.parametrize(
    "choices",
    ALTERNATIVES,
    ids=lambda choices: "-".join(sorted({c.section.__name__ for c in choices})),
)
def test_each_alternative_is_taken_by_a_stack_file(choices: frozenset[Choice]) -> None:
    assert len(FILES) >= 6
    untaken = choices - {choice for file in FILES for choice in taken(file)}
    assert not untaken, f"no stack file says {sorted(f'{c.section.__name__} {c.tag}' for c in untaken)}"


@pytest.mark.requirement(266)
def test_the_cheapest_production_takes_what_no_other_production_takes_where_there_is_a_third() -> None:
    cheapest = taken(POSTURES["cheapest"])
    others = frozenset[Choice]().union(
        *(taken(file) for file in ("Pulumi.prod.yaml", *POSTURES.values()) if file != POSTURES["cheapest"])
    )
    for choices in alternatives():
        left = choices - others
        if len(choices) > 2 and left and cheapest & choices:
            assert cheapest & choices <= left, f"{sorted(c.tag for c in left)} would be left"
