"""The list of requirements is whole, says only what is true, and its pages are the written ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Stacks
from tests.requirements import marks, page, rows
from tests.requirements.__main__ import pages
from tests.requirements.marks import Proof
from tests.requirements.page import OpenAgainError
from tests.requirements.rows import Live, Row, RowError

TYPE = re.compile(r"\b(?:awsx?|random):[\w/]+:\w+")
FILE = re.compile(r"\.?\b[\w-]+(?:/[\w.-]+)+|\b\w[\w.-]+\.(?:py|yaml|yml)\b")
KEY = re.compile(r"(?<![\w/.])(?!tests\b|__)([a-z_]+)\.([a-z_]+)")
STATED = rows.read()
PROOFS = marks.proofs()


def row(**changes: object) -> Row:
    values: dict[str, object] = {
        "number": 1,
        "section": "Doors",
        "text": "Doors are closed",
        "sources": ("B",),
        "checks": ("U",),
        "met": "",
        "missing": "",
        "waived": "",
        "live": None,
    }
    return Row(**(values | changes))  # type: ignore[arg-type]  # a row of any values, for a test


def test_every_requirement_is_stated_once_and_in_order() -> None:
    assert [row.number for row in STATED] == list(range(1, 275))
    assert all(row.text and row.sources and row.checks for row in STATED)


def test_every_mark_names_a_requirement_that_exists() -> None:
    unknown = {number: proofs for number, proofs in PROOFS.items() if not 1 <= number <= rows.COUNT}
    assert unknown == {}


@pytest.mark.parametrize("name", ["docs/requirements.md", "docs/live-account.md", "tests/open_requirements.txt"])
def test_the_pages_are_the_written_ones(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == pages()[name], "run 'make docs' and read what changed"


def test_open_requirements_only_become_fewer() -> None:
    before = "# At most 1: the list only becomes shorter\n2: Doors are closed\n"
    stated = [row(number=1), row(number=2), row(number=3)]
    proof = [Proof(file="tests/test_door.py", test="test_a_door_closes")]
    assert page.open_requirements(stated, {1: proof, 3: proof}, before).splitlines()[1].startswith("# At most 1:")
    assert (
        page.open_requirements(stated, {1: proof, 2: proof, 3: proof}, before).splitlines()[1].startswith("# At most 0")
    )
    with pytest.raises(
        OpenAgainError, match=r"2 requirements are open and 1 were: the tests that proved \[3\] are gone"
    ):
        page.open_requirements(stated, {1: proof}, before)


def test_what_is_met_says_how() -> None:
    silent = [row.number for row in STATED if PROOFS.get(row.number) and not (row.met or row.waived or row.live)]
    assert silent == [], "write 'met' in tests/requirements/rows/: the setting, resource or file that meets the row"


def test_whatever_needs_an_account_says_what_proves_everything_up_to_it() -> None:
    needing = [row for row in STATED if "L" in row.checks]
    assert len(needing) >= 10
    for row in needing:
        assert row.live, f"row {row.number} is checked on an account, and does not say what remains to be seen there"
        assert row.live.remains
        assert row.live.until, f"row {row.number} names nothing that proves it up to there"
        for path in row.live.until:
            text = (ROOT / path).read_text(encoding="utf-8")
            assert "def " in text, f"row {row.number} names {path}, which runs nothing"


def test_what_is_waived_is_not_also_proven() -> None:
    assert [row.number for row in STATED if row.waived and row.live] == []
    assert sum(bool(row.waived) for row in STATED) <= 6, "a decision to leave something out is made once, by a person"


def test_the_files_named_exist() -> None:
    checked = 0
    for row in STATED:
        for name in FILE.findall(TYPE.sub("", row.met)):
            places = [
                ROOT / name,
                *(ROOT / folder / name for folder in ("components/parts", "lambdas", "tests/components/parts")),
            ]
            is_file = "." in name or name.startswith(("lambdas/", "components/", "migrations/", "tests/"))
            assert not is_file or any(place.exists() for place in places), f"row {row.number} names {name}"
            checked += is_file
    assert checked > 50


def test_the_settings_named_exist() -> None:
    schema = json.loads((ROOT / "Pulumi.schema.json").read_text(encoding="utf-8"))
    sections = {key.removeprefix("goal-mandala:") for key in schema["properties"]["config"]["properties"]}
    known = set(re.findall(r'"([a-z_]+)":', json.dumps(schema)))
    checked = 0
    for row in STATED:
        for section, key in KEY.findall(row.met):
            if section in sections:
                assert key in known, f"row {row.number} names the setting {section}.{key}"
                checked += 1
    assert checked > 60


@pytest.mark.slow
def test_the_resources_named_are_registered(stacks: Stacks) -> None:
    registered = {resource.type for name in ("prod", "contrary") for resource in stacks(name).resources}
    named = {type_: row.number for row in STATED for type_ in TYPE.findall(row.met)}
    assert len(named) > 25
    assert {type_: number for type_, number in named.items() if type_ not in registered} == {}


def test_a_file_that_misspells_a_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "title: Doors\nrows:\n  - {row: 1, text: Doors are closed, source: B, check: U, mett: doors}\n"
    (tmp_path / "01-doors.yaml").write_text(text)
    monkeypatch.setattr(rows, "ROWS", tmp_path)
    with pytest.raises(RowError, match=r"01-doors.yaml: row 1 has \['mett'\], which mean nothing"):
        rows.read()


def test_a_source_that_nobody_knows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "title: Doors\nrows:\n  - {row: 1, text: Doors are closed, source: E, check: U}\n"
    (tmp_path / "01-doors.yaml").write_text(text)
    monkeypatch.setattr(rows, "ROWS", tmp_path)
    with pytest.raises(RowError, match=r"row 1 names \['E'\]"):
        rows.read()


@pytest.mark.parametrize(
    ("changes", "tests", "status"),
    [
        ({}, 0, "open"),
        ({}, 1, "met"),
        ({"missing": "the lock"}, 1, "open"),
        ({"waived": "nobody wants it"}, 0, "waived"),
        ({"checks": ("L",)}, 2, "live"),
        ({"checks": ("X", "L")}, 0, "open"),
        ({"checks": ("X", "L")}, 1, "met"),
    ],
)
def test_a_row_stands_as_its_tests_and_its_check_say(changes: dict[str, object], tests: int, status: str) -> None:
    assert row(**changes).status(tests) == status


def test_marks_are_found_at_tests_classes_parameters_and_files(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_one.py").write_text(
        "@pytest.mark.requirement(3)\n"
        "class TestDoor:\n"
        "    @pytest.mark.requirement(4, 5)\n"
        "    def test_closes(self): ...\n"
        "@pytest.mark.parametrize('n', [pytest.param(1, marks=pytest.mark.requirement(6)), 2])\n"
        "async def test_opens(n): ...\n"
        "def helper(): ...\n"
    )
    (folder / "test_two.py").write_text("pytestmark = [pytest.mark.requirement(6)]\ndef test_rings(): ...\n")
    closes, opens = (Proof(file="tests/test_one.py", test=name) for name in ("test_closes", "test_opens"))
    rings = Proof(file="tests/test_two.py", test="test_rings")
    assert marks.proofs(folder) == {3: [closes], 4: [closes], 5: [closes], 6: [opens, rings]}


def test_the_page_counts_links_and_keeps_the_table_whole() -> None:
    live = Live(remains="the lock", until=("tests/test_door.py",))
    stated = [
        row(text="Doors are closed | locked", met="door_lock"),
        row(number=2, checks=("X", "L"), live=live),
        row(number=3, section="Roof: new", waived="it does not rain"),
        row(number=4, section="Floor", met="wood", missing="stone"),
    ]
    floor = [Proof(file="tests/test_floor.py", test="test_wood")]
    found = {4: floor, 1: [Proof(file=f"tests/test_{n}.py", test="test_a_door_closes") for n in range(5)]}
    text = page.requirements(stated, found)
    assert "| [Doors](#doors) | 1 | 1 |  |  | 2 |" in text
    assert "| [Roof: new](#roof-new) |  |  |  | 1 | 1 |" in text
    assert "| **All** | 1 | 2 |  | 1 | 4 |" in text
    assert "| 1 | Doors are closed \\| locked | B | door\\_lock | [a door closes](../tests/test_0.py)<br>" in text
    assert "<br>and 2 more |" in text
    assert "| 2 | Doors are closed | B | **Open.** ([on an account](live-account.md)) |  |" in text
    assert "| 3 | Doors are closed | B | **Waived.** it does not rain |  |" in text
    assert "| 4 | Doors are closed | B | **Open.** wood Not yet: stone | [wood](../tests/test_floor.py) |" in text
    assert "| 2 | Doors are closed | the lock | [tests/test_door.py](../tests/test_door.py) |" in page.live_account(
        stated
    )
    assert page.open_requirements(stated, found, "").splitlines()[2:] == ["2: Doors are closed", "4: stone"]
