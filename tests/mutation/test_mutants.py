"""The faults that mutation testing makes, how it chooses and reports them, and (in full) that the tests notice."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
import yaml

from tests.mutation import judges, program, report, stack_files
from tests.mutation.__main__ import all_mutants, judged
from tests.mutation.mutant import Mutant, sampled
from tests.mutation.report import Verdict

ROOT = Path(__file__).resolve().parents[2]
SOURCE = '''\
"""A door."""

Handle = dict[str, str] | None

def door(name: Literal["front"], width: int = 2, *, parent) -> list[str]:
    """Not a fault."""
    if width > 1 and not parent:
        raise DoorError(f"no door of {width + 1}")
    queue = sqs.Queue("bell", name="bell-queue", fifo=True, description="rings the bell of the front door")
    Child(f"{name}-child", opts=pulumi.ResourceOptions(parent=parent))
    return allow("sqs:SendMessage", on=[queue.arn, "ö"]) | when({"Effect": "Allow", "seconds": 60 * 2})
'''
STACK = """\
config:
  goal-mandala:network:
    nat: single
    zones: [a, b]
    acls: false
  goal-mandala:database: {capacity: 0.5, readers: 1}  # one
  goal-mandala:slack_webhook_url:
    secure: v1:abc
"""


def changes(mutants: list[Mutant]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for mutant in mutants:
        found.setdefault(mutant.operator, set()).add(mutant.change)
    return found


def made(source: str = SOURCE) -> list[Mutant]:
    return list(program.mutants("door.py", source))


@pytest.mark.parametrize(
    ("operator", "change"),
    [
        ("comparison", "width > 1 -> width >= 1"),
        ("number", "1 -> 2"),
        ("logic", "width > 1 and (not parent) -> width > 1 or not parent"),
        ("logic", "not parent -> parent"),
        ("text", "'bell-queue' -> 'bell-queuex'"),
        ("text", "'ö' -> 'öx'"),
        ("flag", "True -> False"),
        ("action", "'sqs:SendMessage' -> 'sqs:*'"),
        ("entry", "[queue.arn, 'ö'] -> ['ö']"),
        ("effect", "'Allow' -> 'Deny'"),
        ("arithmetic", "60 * 2 -> 60 // 2"),
        ("key", "{'Effect': 'Allow', 'seconds': 60 * 2} -> {'seconds': 60 * 2}"),
    ],
)
def test_a_fault_of_every_kind_is_made(operator: str, change: str) -> None:
    assert change in changes(made())[operator]


def test_a_grant_and_an_argument_can_be_forgotten() -> None:
    found = changes(made())
    assert any(change.endswith("-> allow('sqs:SendMessage', on=[queue.arn, 'ö'])") for change in found["union"])
    assert not any("Handle" in change or "None" in change for change in found["union"])
    assert any("fifo" not in change.partition(" -> ")[2] for change in found["argument"])


def test_what_is_for_people_or_an_identity_is_no_fault() -> None:
    whole = ast.unparse(ast.parse(SOURCE))
    spared = (
        "A door.",
        "Not a fault.",
        "Literal['front']",
        "no door of {width + 1}",
        "sqs.Queue('bell',",
        "{name}-child",
    )
    for text in spared:
        assert text in whole
        for mutant in made():
            assert text in ast.unparse(ast.parse(mutant.text())), mutant.change
    assert not [mutant for mutant in made() if "description=" in mutant.before and "description=" not in mutant.after]
    assert not [mutant for mutant in made() if "opts=" in mutant.before and "opts=" not in mutant.after]


def test_every_fault_is_one_change_that_parses() -> None:
    whole = ast.dump(ast.parse(SOURCE))
    texts = [mutant.text() for mutant in made()]
    assert len(texts) > 20
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert ast.dump(ast.parse(text)) != whole
        assert '"""Not a fault."""' in text


def test_a_fault_stands_where_it_is_said_to_stand() -> None:
    [mutant] = [mutant for mutant in made() if mutant.operator == "action"]
    assert mutant.place == "door.py:11"
    assert "sqs:*" in mutant.text().splitlines()[10]
    assert mutant.text().replace("('sqs:*')", '"sqs:SendMessage"') == SOURCE


def faulty_stacks() -> list[Mutant]:
    return list(stack_files.mutants("Pulumi.dev.yaml", STACK, [STACK.replace("single", "one_per_az")]))


@pytest.mark.parametrize(
    ("operator", "change"),
    [
        ("setting text", "'single' -> 'one_per_az'"),
        ("setting text", "'a' -> 'b'"),
        ("setting flag", "False -> True"),
        ("setting number", "0.5 -> 1.5"),
        ("setting entry", "network.zones.0: a -> removed"),
        ("setting key", "database.readers: 1 -> removed"),
        ("setting key", "network.nat: single -> removed"),
    ],
)
def test_a_setting_becomes_what_it_is_elsewhere_or_is_gone(operator: str, change: str) -> None:
    assert change in changes(faulty_stacks())[operator]


def test_a_fault_in_a_stack_file_changes_one_place() -> None:
    document = yaml.safe_load(STACK)
    for mutant in faulty_stacks():
        changed = yaml.safe_load(mutant.text())
        assert changed != document
        assert changed["config"]["goal-mandala:slack_webhook_url"] == {"secure": "v1:abc"}
    [readers] = [m for m in faulty_stacks() if m.operator == "setting number" and m.before == "1"]
    assert readers.text() == STACK.replace("readers: 1", "readers: 2")
    assert readers.place == "Pulumi.dev.yaml:6"


def test_the_same_seed_chooses_the_same_faults_and_every_kind_is_among_them() -> None:
    everything = list(all_mutants(ROOT))
    assert len(everything) > 4000
    chosen = sampled(everything, 60, seed=7)
    shuffled = random.Random(1).sample(everything, len(everything))
    assert len(chosen) == 60
    assert {mutant.operator for mutant in chosen} == {mutant.operator for mutant in everything}
    assert sampled(everything, 60, seed=7) == chosen
    assert sampled(everything, 60, seed=8) != chosen
    assert sampled(shuffled, 60, seed=7) == chosen
    gone = chosen[0]
    others = [mutant for mutant in everything if mutant != gone]
    assert len({*chosen} & {*sampled(others, 60, seed=7)}) == 59


def test_the_nearest_tests_judge_first_and_no_list_is_a_judge() -> None:
    own, near, far = judges.rounds("components/parts/user_pool.py", ROOT)
    assert own == ["tests/components/parts/test_user_pool.py"]
    assert "tests/components/test_api_alternatives.py" in near
    assert "tests/components/test_network.py" in far
    assert "tests/test_main.py" in far
    assert len({*own, *near, *far}) == len([*own, *near, *far])
    spared = judges.deselected("Pulumi.prod.yaml")
    for test in spared:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), f"{test} is gone, and would be a judge"
    assert set(judges.WITH_PRODUCTION) <= set(spared)
    assert not set(judges.WITH_PRODUCTION) & set(judges.deselected("Pulumi.staging.yaml"))


def test_the_report_keeps_the_reasons_that_people_wrote() -> None:
    killed, lives = made()[0], next(mutant for mutant in made() if mutant.operator == "union")
    verdicts = [
        Verdict(mutant=killed, failed="tests/test_door.py::test_a_door", listed=False, seconds=1),
        Verdict(mutant=lives, failed="", listed=True, seconds=2),
    ]
    assert report.percent(verdicts) == 50
    first = report.written(verdicts, "--seed 7 --mutants 2", "")
    assert "`python -m tests.mutation --seed 7 --mutants 2`: 1 of 2 mutants killed, 50.0 %" in first
    assert "| union | 1 | 0 |" in first
    assert f"| `door.py:11` | union | `{lives.change.replace('|', chr(92) + '|')}` | yes | {report.OPEN} |" in first
    judged_by_people = first.replace(report.OPEN, "the door has no other side")
    moved = judged_by_people.replace("door.py:11", "door.py:12")
    assert report.written(verdicts, "--seed 7 --mutants 2", moved) == judged_by_people
    assert [report.listed(mutant, moved) for mutant in (killed, lives)] == [False, True]


@pytest.mark.prove
def test_the_tests_notice_at_least_95_of_100_faults() -> None:
    """Seeded: what lives is in tests/mutation/survivors.md with its reason, written by the same command."""
    verdicts = judged(sampled(all_mutants(ROOT), 200, seed=7), workers=2)
    lives = [f"{verdict.mutant.place} {verdict.mutant.change}" for verdict in verdicts if not verdict.failed]
    assert report.percent(verdicts) >= 95, "\n".join(lives)
