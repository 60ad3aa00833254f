"""Archives: whole, in order, and the same bytes on every machine."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.parts.archive import QUICK, SMALLEST, archive

ENTRIES = st.dictionaries(
    st.from_regex(r"[a-zé]{1,6}(/[a-z]{1,6})?", fullmatch=True), st.binary(max_size=400), max_size=6
)


@given(ENTRIES, st.sampled_from([QUICK, SMALLEST]))
def test_an_archive_does_not_depend_on_the_order_of_its_entries(entries: dict[str, bytes], level: int) -> None:
    backwards = dict(reversed(list(entries.items())))
    content = archive(entries, level)
    assert archive(backwards, level) == content
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        assert found.testzip() is None
        assert [info.filename for info in found.infolist()] == sorted(entries)
        assert {info.filename: found.read(info) for info in found.infolist()} == entries
        assert {info.date_time for info in found.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
        assert {(info.create_system, info.external_attr >> 16) for info in found.infolist()} <= {(3, 0o100644)}


@pytest.mark.requirement(130)
def test_the_bytes_are_those_of_the_locked_encoder_on_every_machine() -> None:
    """Another version of the encoder may pack otherwise: every function would be deployed anew, once."""
    text = "".join(f"def function_{number}(argument):\n    return argument * {number}\n" for number in range(500))
    digest = hashlib.sha256(archive({"lambdas/example.py": text.encode()})).hexdigest()
    assert digest == "ee57a154fe2937fa3ed90627407c75fe0587036a69047dd23f305fb4808c611f"


def test_the_interpreter_s_zlib_packs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("zlib was asked to pack")

    content = {"a.py": b"what has not been packed before\n" * 40}
    expected = archive(content, QUICK)
    for name in ("compress", "compressobj"):
        monkeypatch.setattr(zlib, name, refuse)
    assert archive(content, QUICK) == expected
    assert len(archive(content, SMALLEST)) < len(content["a.py"])
