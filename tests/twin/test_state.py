"""The state folder: held by one twin, written in one step, readable by its owner only."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import shutil
import stat
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from twin import state
from twin.state import Lock, State, StateError


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def example() -> State:
    texts: dict[str, Any] = {f.name: f.name for f in fields(State) if f.type == "str"}
    return State(**texts, user={"email": "a@example.com", "password": "p"}, pid=1)


def test_what_is_written_is_read_back_and_only_the_owner_can_read_it(tmp_path: Path) -> None:
    state.write(tmp_path, example())
    assert state.read(tmp_path) == example()
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_no_state_and_a_broken_state_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="No twin is running"):
        state.read(tmp_path)
    (tmp_path / "state.json").write_text('{"web_url": 1')
    with pytest.raises(StateError, match="twin down"):
        state.read(tmp_path)


def test_a_folder_is_held_by_one_and_the_other_is_told_by_whom(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "t"), Lock(tmp_path / "t")
    first.acquire()
    first.record(os.getpid())
    with pytest.raises(StateError, match=rf"process {os.getpid()}\b.*twin down"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def _hold(folder: Path, ready: Any) -> None:
    Lock(folder).acquire()
    ready.set()
    os._exit(9)


def test_a_lock_does_not_outlive_a_process_that_was_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(tmp_path / "t", ready))
    holder.start()
    assert ready.wait(20)
    holder.join()
    lock = Lock(tmp_path / "t")
    assert not lock.held()
    lock.acquire()
    lock.release()


def test_a_lock_on_a_removed_folder_holds_nothing(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "t"), Lock(tmp_path / "t")
    first.acquire()
    shutil.rmtree(tmp_path / "t")
    second.acquire()
    assert second.held()
    first.release()
    second.release()


def test_a_lock_file_removed_while_it_was_being_taken_is_not_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, take = Lock(tmp_path / "t"), fcntl.flock

    def remove_then_take(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", take)
        lock.file.unlink()
        take(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_then_take)
    lock.acquire(wait=2)
    assert Lock(tmp_path / "t").held()
    lock.release()


def test_too_little_disk_space_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def usage(path: Path) -> Usage:
        asked.append(path)
        return Usage(0, 0, 20 * 2**20)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    with pytest.raises(StateError, match=r"20 MB free.*500 MB.*--folder"):
        state.check_space(tmp_path / "not" / "made")
    assert asked == [tmp_path]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_told_in_a_sentence(tmp_path: Path, number: int) -> None:
    with pytest.raises(StateError, match="is full"), state.disk_errors(tmp_path):
        raise OSError(number, os.strerror(number))


def test_other_errors_of_the_disk_keep_their_own_words(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), state.disk_errors(tmp_path):
        raise PermissionError(errno.EACCES, "denied")


def test_emptying_a_folder_leaves_the_lock_and_removing_it_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    lock = Lock(folder)
    lock.acquire()
    (folder / "logs").mkdir()
    (folder / "logs" / "aws.log").write_text("x")
    (folder / "state.json").write_text("{}")
    state.empty(folder)
    assert [path.name for path in folder.iterdir()] == ["lock"]
    state.remove(folder)
    lock.release()
    assert not folder.exists()
