"""Judges mutants in a copy of the tree: imports everything once, then forks for each mutant.

`python -m tests.mutation.worker`, in the copy. Reads mutants as JSON, one a line, and answers each with a verdict. The
process itself imports only what is not under test; each child meets the fault as a fresh process would.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import sys
import time
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from plan.record import record
from tests.mutation import judges

ROOT = Path(__file__).resolve().parents[2]
UNDER_TEST = {"components", "config", "lambdas", "settings"}
OURS = {*UNDER_TEST, "__main__", "conftest", "migrations", "plan", "tests", "twin"}
TEMPORARY = f"--basetemp={ROOT / '.build' / 'tests'}"
LOG = ROOT / ".build" / "mutation.log"
STACKS = ("prod", str(ROOT / "tests" / "stacks" / "contrary.yaml"))
CONTROL = ["tests/components/test_network.py", "tests/test_main.py"]
SET_ASIDE: set[str] = set()
SECONDS = 600.0
WHILE_IMPORTED = " (while it was imported)"
GREEN, RED, BROKEN, NOTHING_TO_RUN = 0, 1, 2, 5


class Judges:
    """Leaves out the tests that cannot see the mutant, and notes what failed first."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.first = ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what concerns the mutant."""
        if self.path:
            items[:] = [item for item in items if judges.concerns(item, self.path, ROOT)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that failed, or whose fixtures did."""
        if report.failed and not self.first:
            self.first = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that could not be read."""
        if report.failed and not self.first:
            self.first = f"{report.nodeid}{WHILE_IMPORTED}"


def main() -> int:
    """Import, then judge one mutant after the other."""
    _import_what_is_not_under_test()
    control = _in_child(CONTROL, "components/network.py")
    if control:
        raise SystemExit(f"a child without a fault fails in {control}, so no verdict would count: see {LOG}")
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        mutant = json.loads(line)
        print(json.dumps(_judged(mutant)), flush=True)
    return 0


def _judged(mutant: dict[str, str]) -> dict[str, Any]:
    """The verdict: killed and by what, or survived and whether the reviewed lists would show it."""
    started = time.monotonic()
    path = mutant["path"]
    failed = next(filter(None, (_first_failure(mutant, files, path) for files in judges.rounds(path, ROOT))), "")
    listed = not failed and bool(_first_failure(mutant, [judges.REVIEWED_LISTS], ""))
    seconds = round(time.monotonic() - started, 1)
    return {"failed": failed, "listed": listed, "red": sorted(SET_ASIDE), "seconds": seconds}


def _first_failure(mutant: dict[str, str], files: list[str], path: str) -> str:
    """The first of these tests that fails with the fault and is green without it; what is red anyway is set aside."""
    target = ROOT / mutant["path"]
    original = target.read_bytes()
    while True:
        target.write_text(mutant["text"], encoding="utf-8")
        try:
            failed = _in_child(files, path)
        finally:
            target.write_bytes(original)
        if not failed or _is_green(failed):
            return failed
        SET_ASIDE.add(failed)
        if not path:
            return ""


@cache
def _is_green(test: str) -> bool:
    """Whether the test passes on the tree as it is; an end of the process is no test, and counts."""
    return "/" not in test or not _in_child([test.partition("[")[0].partition(WHILE_IMPORTED)[0]], "")


def _in_child(files: list[str], path: str) -> str:
    """What failed first of these tests, run in a child of this process; with a path: of its judges among them.

    A child that hangs or ends by itself is a failure too.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _run(files, path, write)
    os.close(write)
    answer = _wait(child, read)
    if answer is None:
        return f"the time limit of {SECONDS:.0f} s"
    if not answer:
        return "the end of the process"
    found = json.loads(answer)
    if found["code"] not in {GREEN, RED, BROKEN, NOTHING_TO_RUN}:
        raise RuntimeError(f"pytest ended with code {found['code']} over {files}: see {LOG}")
    first: str = found["first"]
    return first or ("a test" if found["code"] in {RED, BROKEN} else "")


def _run(files: list[str], path: str, write: int) -> None:
    """In the child: run the tests, write the answer, and leave without cleaning up after the parent."""
    os.setsid()
    sys.dont_write_bytecode = True
    code, present = -1, Judges(path)
    try:
        with LOG.open("a", encoding="utf-8") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            spared = [*judges.deselected(path), *SET_ASIDE] if path else []
            chosen = [argument for test in spared for argument in ("--deselect", test)]
            options = ["-x", "-q", "--tb=line", "-p", "no:cacheprovider", TEMPORARY, "-m", "not prove and not twin"]
            code = int(pytest.main([*options, *chosen, *files], plugins=[present]))
    finally:
        os.write(write, json.dumps({"code": code, "first": present.first}).encode())
        os._exit(0)


def _wait(child: int, read: int) -> bytes | None:
    """The child's answer; None when it took too long and was ended."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        done, _ = os.waitpid(child, os.WNOHANG)
        if done:
            with os.fdopen(read, "rb") as pipe:
                return pipe.read()
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    return None


def _import_what_is_not_under_test() -> None:
    """Import here what the judges import, so that no child has to: found by collecting them in a child."""
    listing = ROOT / ".build" / "modules.json"
    child = os.fork()
    if child == 0:
        _collect(listing)
    _, status = os.waitpid(child, 0)
    if status:
        end = LOG.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise SystemExit(f"the tests cannot be collected, so they judge nothing:\n{end}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for stack in STACKS:
            record(stack)  # the SDK's packages import each other by halves: only using them imports them whole
        for name in json.loads(listing.read_text(encoding="utf-8")):
            if not name.startswith("pulumi"):
                with contextlib.suppress(ImportError):  # names that pytest gives to folders of tests
                    importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in UNDER_TEST]:
        del sys.modules[name]
    gc.freeze()


def _collect(listing: Path) -> None:
    """In the child: collect all judges, and write down the modules that they needed."""
    code = 1
    try:
        with LOG.open("a", encoding="utf-8") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            files = [file for files in judges.rounds("Pulumi.dev.yaml", ROOT) for file in files]
            code = int(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", TEMPORARY, *files]))
        names = [name for name in list(sys.modules) if name.partition(".")[0] not in OURS]
        listing.write_text(json.dumps(names), encoding="utf-8")
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
