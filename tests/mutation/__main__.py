"""`python -m tests.mutation`: put faults into the program, one at a time, and see whether the tests notice.

Each worker has a copy of the tree in a temporary folder, so that the checkout is never touched. A
mutant costs seconds when a test notices it, and the whole of the judges when none does. Exit status 1 when fewer than
`--at-least` per cent were killed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.mutation import program, report, stack_files
from tests.mutation.mutant import Mutant, sampled
from tests.mutation.report import Verdict

ROOT = Path(__file__).resolve().parents[2]
PROGRAM, STACK_FILES = "components", "Pulumi.*.yaml"


def main() -> int:
    """Make the mutants, judge them, report."""
    options = _options()
    sample = sampled(all_mutants(ROOT), options.mutants, options.seed)
    before = report.SURVIVORS.read_text(encoding="utf-8") if report.SURVIVORS.exists() else ""
    chosen = [mutant for mutant in sample if mutant.path.startswith(tuple(options.only))]
    again = [mutant for mutant in chosen if not options.again or report.listed(mutant, before)]
    print(f"{len(again)} mutants, {options.workers} workers", flush=True)
    found_now = iter(judged(again, options.workers))
    verdicts = [next(found_now) if mutant in again else report.killed_before(mutant) for mutant in chosen]
    found = report.percent(verdicts)
    print(f"{found:.1f} % of {len(verdicts)} mutants killed")
    if options.write:
        said = f"--seed {options.seed} --mutants {options.mutants}"
        report.SURVIVORS.write_text(report.written(verdicts, said, before), encoding="utf-8")
        print(f"written: {report.SURVIVORS.relative_to(ROOT)}")
    return int(found < options.at_least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="which mutants of all (default 7)")
    parser.add_argument("--mutants", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--workers", type=int, default=2, help="how many are judged at a time (default 2)")
    parser.add_argument("--at-least", type=float, default=95, help="per cent that must be killed (default 95)")
    parser.add_argument("--only", nargs="+", default=[""], help="of the sample, those in these files or folders")
    parser.add_argument(
        "--again", action="store_true", help="judge those that the list has; the others were killed, by tests that stay"
    )
    parser.add_argument("--write", action="store_true", help=f"write {report.SURVIVORS.name}, keeping its reasons")
    return parser.parse_args()


def all_mutants(root: Path) -> Iterator[Mutant]:
    """Every mutant there is of the components and the stack files."""
    for file in sorted((root / PROGRAM).rglob("*.py")):
        yield from program.mutants(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    texts = {file.name: file.read_text(encoding="utf-8") for file in sorted(root.glob(STACK_FILES))}
    for name, text in texts.items():
        yield from stack_files.mutants(name, text, list(texts.values()))


def judged(mutants: list[Mutant], workers: int) -> list[Verdict]:
    """A verdict on each mutant, in their order; each is printed as it falls."""
    with ExitStack() as stack:
        idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        for process in [stack.enter_context(_worker()) for _ in range(min(workers, len(mutants)))]:
            _answer(process)
            idle.put(process)

        def judge(mutant: Mutant) -> Verdict:
            process = idle.get()
            try:
                _input(process, json.dumps({"path": mutant.path, "text": mutant.text()}))
                answer = _answer(process)
            finally:
                idle.put(process)
            verdict = Verdict(
                mutant=mutant,
                failed=answer["failed"],
                listed=answer.get("listed", False),
                seconds=answer["seconds"],
            )
            for test in answer["red"]:
                print(f"set aside, because it fails without a fault: {test}", flush=True)
            ending = f"killed by {verdict.failed}" if verdict.failed else "SURVIVED"
            print(f"{verdict.seconds:6.1f} s  {mutant.place}  {mutant.operator}: {mutant.change}  {ending}", flush=True)
            return verdict

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(judge, mutants))


@contextmanager
def _worker() -> Iterator[subprocess.Popen[str]]:
    """A worker in a copy of the tree; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="goal-mandala-mutation-") as folder:
        _copy(Path(folder))
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "tests.mutation.worker"]
        process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def _copy(folder: Path) -> None:
    """All that a commit would hold, and the layers, which take long to build."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.copytree(ROOT / ".build" / "layers", folder / ".build" / "layers")


def _input(process: subprocess.Popen[str], line: str) -> None:
    if process.stdin is None:
        raise RuntimeError("the worker has no input")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The worker's next line. RuntimeError when it ended instead."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError(f"a worker ended with code {process.wait()}: its last words stand above")
    answer: dict[str, Any] = json.loads(line)
    return answer


if __name__ == "__main__":
    sys.exit(main())
