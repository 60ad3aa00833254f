from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "examples"
FILES = sorted(FOLDER.glob("*.json"))
CELL = {"en": 28, "ja": 14}
CENTRE = {"en": 60, "ja": 30}


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Any:
    return json.loads(request.param.read_text(encoding="utf-8"))


def actions_of(example: Any) -> list[Any]:
    return [action for sub_goal in example["subGoals"] for action in sub_goal["actions"]]


def test_there_is_a_chart_in_each_language() -> None:
    assert {json.loads(path.read_text(encoding="utf-8"))["locale"] for path in FILES} == {"en", "ja"}


def test_a_chart_has_eight_sub_goals_of_eight_actions(example: Any) -> None:
    assert [len(sub_goal["actions"]) for sub_goal in example["subGoals"]] == [8] * 8


def test_every_field_is_filled_and_none_is_unknown(example: Any) -> None:
    assert set(example) == {"locale", "goal", "subGoals"}
    assert set(example["goal"]) == {"title", "description", "deadline", "background", "constraints"}
    date.fromisoformat(example["goal"]["deadline"])
    for sub_goal in example["subGoals"]:
        assert set(sub_goal) == {"title", "description", "actions"}
        for action in sub_goal["actions"]:
            assert set(action) == {"title", "description", "kind"}
            assert action["kind"] in {"execution", "habit"}
    for part in [example["goal"], *example["subGoals"], *actions_of(example)]:
        assert all(value == value.strip() != "" for value in part.values() if isinstance(value, str))


def test_titles_fit_their_cells(example: Any) -> None:
    locale = example["locale"]
    cells = [*example["subGoals"], *actions_of(example)]
    assert [cell["title"] for cell in cells if len(cell["title"]) > CELL[locale]] == []
    assert len(example["goal"]["title"]) <= CENTRE[locale]


def test_all_sixty_four_action_titles_differ(example: Any) -> None:
    assert len({action["title"] for action in actions_of(example)}) == 64


def test_descriptions_are_sentences(example: Any) -> None:
    end = "。" if example["locale"] == "ja" else (".", "?")
    for part in [example["goal"], *example["subGoals"], *actions_of(example)]:
        assert part["description"].endswith(end), part["description"]


def test_both_kinds_of_action_occur_in_a_chart(example: Any) -> None:
    kinds = [action["kind"] for action in actions_of(example)]
    assert min(kinds.count("habit"), kinds.count("execution")) >= 16
